"""What a build left behind: what it installed, and what it stood on. What it made is `Artefact` of `verification.py`.

From these values a provenance statement and a bill of materials are written, also long after the room is gone.
"""

from __future__ import annotations

from enum import StrEnum

from regrow.protocols.wire import Count, NonEmpty, Sha256, WireModel

__all__ = ["BuildContents", "InstalledPackage", "PackageKind"]


class PackageKind(StrEnum):
    """Whose package it is: the type of its package URL."""

    PYTHON = "pypi"
    NODE = "npm"
    DEBIAN = "deb"


class InstalledPackage(WireModel):
    """One package that lies in the room.

    Attributes:
        place: Where in the room it says so: its metadata, `package.json`, or dpkg's status file.
        architecture: Of a Debian package.
        licence: As the package itself says it, an expression or a name; "" for none.
        origin: Where it was installed from where its installer says so, without credentials.
        integrity: A digest of what was downloaded, as npm says it (`sha512-...`).
        in_base: Whether it was there before the first step.
        own: Whether it is the project itself.
    """

    kind: PackageKind
    name: NonEmpty
    version: NonEmpty
    place: NonEmpty
    architecture: str = ""
    licence: str = ""
    origin: str = ""
    integrity: str = ""
    in_base: bool = False
    own: bool = False


class BuildContents(WireModel):
    """What a build installed, and what it stood on.

    Attributes:
        source_name: Of the project, as its archive or folder is called.
        source_digest: Over the sorted paths and contents of what was built.
        source_commit: Of a git target.
        base: Names the base root; the same name, the same packages.
        base_digest: SHA-256 of the base root's list of packages (dpkg's status file); None without one.
        distribution: `ID` and `VERSION_ID` of the base's os-release, such as debian and 12.
        packages: By kind and name.
        more_artefacts: How many artefacts there are besides those that are listed.
    """

    source_name: str
    source_version: str | None = None
    source_digest: Sha256
    source_commit: str | None = None
    base: NonEmpty
    base_digest: Sha256 | None = None
    distribution: tuple[str, str] = ("", "")
    packages: tuple[InstalledPackage, ...] = ()
    more_artefacts: Count = 0
