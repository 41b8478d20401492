"""Package URLs (purl) of what is installed, by the library that the bill of materials uses too. Needs the extra `sbom`."""

from __future__ import annotations

from packageurl import PackageURL

from regrow.protocols.build_contents import BuildContents, InstalledPackage, PackageKind

__all__ = ["purl_of"]


def purl_of(package: InstalledPackage, contents: BuildContents) -> PackageURL:
    """Return the package URL. Source: the purl specification, types `pypi`, `npm` and `deb`."""
    match package.kind:
        case PackageKind.PYTHON:
            return PackageURL("pypi", None, package.name, package.version)
        case PackageKind.NODE:
            scope, _, name = package.name.rpartition("/")
            return PackageURL("npm", scope or None, name, package.version)
        case PackageKind.DEBIAN:
            system, release = contents.distribution
            qualifiers = {"arch": package.architecture, "distro": f"{system}-{release}" if release else ""}
            given = {name: value for name, value in qualifiers.items() if value}
            return PackageURL("deb", system or "debian", package.name, package.version, qualifiers=given)
