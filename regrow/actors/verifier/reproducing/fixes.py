"""What mends each cause of a difference, as it is to be typed, and which of it can be tried here. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from regrow.actors.verifier.reproducing.comparing import Found
from regrow.protocols.reproducibility import Aspect, BuildDifference, DifferenceCause, PartKind

__all__ = ["environment_for", "fix_of", "rest_for"]

C = DifferenceCause

_GENERAL: Final[Mapping[DifferenceCause, str]] = {
    C.TIME_STAMP: "write no time of the build: take SOURCE_DATE_EPOCH where it is set",
    C.PATH: "write paths relative to the project, not from the root of the machine on",
    C.TIME_ZONE: "write times in UTC (`date -u`, `TZ=UTC`)",
    C.LOCALE: "set LC_ALL=C.UTF-8 where the build sorts or formats text",
    C.USER: "leave the names of user, home and machine out of what is built",
    C.UMASK: "set the permissions of what is packed or installed (`install -m 644`), or begin the build with `umask 022`",
    C.FILE_ORDER: "sort what a folder lists: `sorted(...)`, `$(sort $(wildcard ...))`, `ls | LC_ALL=C sort`",
    C.HASH_SEED: "sort sets before they are written, or build with PYTHONHASHSEED=0",
    C.PARALLEL_ORDER: "let each rule write a file of its own, and join them in a fixed order; declare what needs what",
    C.BUILD_ID: "link with -Wl,--build-id=sha1, which is a digest of the program, or without a build id",
    C.RANDOM: "give the generator a fixed seed, or derive the value from what is built",
    C.UNKNOWN: "compare two builds with diffoscope: no single variation shows it",
}

_ENVIRONMENT: Final[Mapping[DifferenceCause, Mapping[str, str]]] = {
    C.PATH: {"CFLAGS": "-ffile-prefix-map={checkout}=.", "CXXFLAGS": "-ffile-prefix-map={checkout}=."},
    C.LOCALE: {"LC_ALL": "C.UTF-8"},
    C.TIME_ZONE: {"TZ": "UTC"},
    C.HASH_SEED: {"PYTHONHASHSEED": "0"},
}
_NO_SETTING: Final[Mapping[DifferenceCause, Aspect]] = {
    C.USER: Aspect.USER,
    C.UMASK: Aspect.UMASK,
    C.FILE_ORDER: Aspect.FILE_ORDER,
    C.PARALLEL_ORDER: Aspect.JOBS,
}


def fix_of(cause: DifferenceCause, artefact: str, found: Found) -> str:
    """Return what to do about a difference, for this kind of artefact.

    >>> fix_of(C.PATH, "demo", Found("section .debug_str", PartKind.CONTENT))
    'compile with -ffile-prefix-map=$(pwd)=. in CFLAGS and CXXFLAGS'
    """
    if found.kind is PartKind.BUILD:
        return f"mend the build where {_OTHERWISE.get(cause, 'the surroundings are otherwise')}"
    in_program = "section ." in found.part
    match cause:
        case C.PATH if in_program:
            return "compile with -ffile-prefix-map=$(pwd)=. in CFLAGS and CXXFLAGS"
        case C.TIME_STAMP if in_program:
            return "leave __DATE__ and __TIME__ out, or set SOURCE_DATE_EPOCH, which gcc and clang take for them"
        case C.TIME_STAMP if artefact.endswith((".whl", ".egg", ".zip", ".jar")):
            return "set SOURCE_DATE_EPOCH, for instance to `git log -1 --format=%ct`"
        case C.TIME_STAMP if found.part == "time in the header":
            return "pack with `gzip -n`, or set SOURCE_DATE_EPOCH where the packer takes it"
        case C.TIME_STAMP if ".tar" in artefact or artefact.endswith((".tgz", ".txz")):
            return "pack with `tar --mtime=@$SOURCE_DATE_EPOCH`, or set SOURCE_DATE_EPOCH where the packer takes it"
        case C.TIME_STAMP if artefact.endswith(".a"):
            return "make the archive with `ar rcsD`, which writes no times"
        case C.FILE_ORDER if ".tar" in artefact or artefact.endswith((".tgz", ".txz")):
            return "pack with `tar --sort=name`, or sort the names before they are packed"
        case C.USER if found.kind is PartKind.OWNER:
            return "pack with `tar --owner=0 --group=0 --numeric-owner`"
        case C.UMASK if artefact.endswith((".whl", ".egg")):
            return "build with `umask 022` on a checkout that was made with it: this back-end packs permissions as they are"
        case _:
            return _GENERAL[cause]


_OTHERWISE: Final[Mapping[DifferenceCause, str]] = {
    C.TIME_STAMP: "the clock is a day and a half ahead and all files of the source are new",
    C.PATH: "the project lies in another folder",
    C.TIME_ZONE: "the time zone is another",
    C.LOCALE: "the language is French",
    C.USER: "the user and the home folder are called otherwise",
    C.UMASK: "the umask is 077",
    C.FILE_ORDER: "folders list their files in another order",
    C.HASH_SEED: "hashes have another seed",
    C.PARALLEL_ORDER: "make runs several jobs at a time",
    C.RANDOM: "nothing is otherwise: it fails some of the time",
}


def environment_for(differences: Sequence[BuildDifference], epoch: int) -> dict[str, str]:
    """Return the variables that should make builds equal; {} when there is a cause that none mends.

    Args:
        differences: With their causes.
        epoch: Seconds since 1970 for SOURCE_DATE_EPOCH.
    """
    causes = {each.cause for each in differences}
    if not causes.isdisjoint({C.RANDOM, C.UNKNOWN, C.BUILD_ID}) or any(d.kind is PartKind.BUILD for d in differences):
        return {}
    found: dict[str, str] = {}
    if C.TIME_STAMP in causes:
        found["SOURCE_DATE_EPOCH"] = str(epoch)
    for cause in causes & _ENVIRONMENT.keys():
        found |= _ENVIRONMENT[cause]
    return dict(sorted(found.items()))


def rest_for(differences: Sequence[BuildDifference]) -> tuple[Aspect, ...]:
    """Return the aspects whose causes no variable mends."""
    return tuple(dict.fromkeys(_NO_SETTING[each.cause] for each in differences if each.cause in _NO_SETTING))
