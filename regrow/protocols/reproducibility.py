"""Whether builds of one source give the same artefacts, and if not, what differs, why, and what mends it.

A build is repeated with everything varied that should not matter; what differs then is traced to its cause by builds that
vary one thing each. So `shown_by` names the build that shows a cause: it is never guessed from the look of a difference,
but for `time_stamp` and `random`, which no two builds have alike.
"""

from __future__ import annotations

from enum import StrEnum

from regrow.protocols.wire import Count, NonEmpty, Sha256, SpecModel, WireModel

__all__ = [
    "Artefact",
    "ArtefactKind",
    "Aspect",
    "BuildDifference",
    "DifferenceCause",
    "PartKind",
    "ProvedRemedy",
    "RepeatedBuild",
    "Reproducibility",
]


class ArtefactKind(StrEnum):
    """What a file is that a build made. `packed` is for handing on too (npm's archive, a jar); `installed` is the list of
    files (RECORD) of the project as it was installed, where nothing else was made.
    """

    WHEEL = "wheel"
    SDIST = "sdist"
    PACKED = "packed"
    PROGRAM = "program"
    SHARED_LIBRARY = "shared_library"
    STATIC_LIBRARY = "static_library"
    INSTALLED = "installed"
    OTHER = "other"


class Artefact(SpecModel):
    """A file that the build made. `path` is relative to the project's root; absolute for one that was put elsewhere."""

    path: NonEmpty
    size_bytes: Count
    sha256: Sha256
    kind: ArtefactKind = ArtefactKind.OTHER


class Aspect(StrEnum):
    """What is varied between two builds, and should not matter."""

    TIME = "time"
    FOLDER = "folder"
    TIME_ZONE = "time_zone"
    LOCALE = "locale"
    USER = "user"
    UMASK = "umask"
    FILE_ORDER = "file_order"
    HASH_SEED = "hash_seed"
    JOBS = "jobs"


class DifferenceCause(StrEnum):
    """Why artefacts differ."""

    TIME_STAMP = "time_stamp"
    PATH = "path"
    TIME_ZONE = "time_zone"
    LOCALE = "locale"
    USER = "user"
    UMASK = "umask"
    FILE_ORDER = "file_order"
    HASH_SEED = "hash_seed"
    PARALLEL_ORDER = "parallel_order"
    BUILD_ID = "build_id"
    RANDOM = "random"
    UNKNOWN = "unknown"


class PartKind(StrEnum):
    """Which property of a part of an artefact differs."""

    CONTENT = "content"
    TIME_STAMP = "time_stamp"
    PERMISSIONS = "permissions"
    OWNER = "owner"
    ORDER = "order"
    PRESENCE = "presence"
    BUILD = "build"


class BuildDifference(WireModel):
    """One thing that differs between two builds.

    Attributes:
        artefact: The file, from the project's root on; "" when a build failed as a whole.
        part: What in it: a member of an archive, a section of a program, lines of a text. "" for the whole file.
        kind: Which property.
        detail: What it was in the first build and in the other, shortened.
        cause: Why.
        shown_by: The build that shows the cause.
        fix: What to do.
        count: How many parts of this artefact differ in the same way; `part` and `detail` are of the first of them.
    """

    artefact: str
    part: str = ""
    kind: PartKind
    detail: str = ""
    cause: DifferenceCause
    shown_by: str = ""
    fix: str = ""
    count: Count = 1


class RepeatedBuild(WireModel):
    """One build: what was varied, whether it ended well, and what it made. `failure` says how it failed."""

    name: NonEmpty
    varied: tuple[Aspect, ...] = ()
    failure: str = ""
    duration_ms: Count = 0
    artefacts: tuple[Artefact, ...] = ()


class ProvedRemedy(WireModel):
    """Settings with which two builds were made again, everything varied. `same` says that their artefacts were equal.

    `rest` are the aspects that were left alone, since no setting of the environment mends them.
    """

    environment: dict[str, str]
    same: bool
    rest: tuple[Aspect, ...] = ()


class Reproducibility(WireModel):
    """What the repetition of a build has shown.

    Attributes:
        reproducible: None when it could not be said: there are no artefacts, or too few builds were made. `reason` says so.
        differences: Some exactly when it is false.
        builds: All that were made, the first is the one that the others are compared with.
        packed_by: The command that was added to pack the project, as no step of the documents does; "" when none was.
        notes: What could not be varied here, and what was left out.
    """

    reproducible: bool | None
    reason: NonEmpty
    builds: tuple[RepeatedBuild, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    differences: tuple[BuildDifference, ...] = ()
    remedy: ProvedRemedy | None = None
    packed_by: str = ""
    notes: tuple[str, ...] = ()
