"""The report as a CycloneDX bill of materials: what the build made, what it installed, and what it stood on.

The root component is the project as it was fetched, by the digest of its files; what the build made are its parts. The same
report gives the same bytes: serial number and time are the run's. Needs the extra `sbom`.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterable
from typing import Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6

from regrow.cli.report.statements.needed import contents_of
from regrow.cli.report.statements.package_urls import purl_of
from regrow.protocols.build_contents import BuildContents, InstalledPackage
from regrow.protocols.report import RunReport
from regrow.protocols.verification import Artefact, ArtefactKind

__all__ = ["render_sbom"]

_LICENCES: Final = LicenseFactory()
_LIBRARIES: Final = frozenset({ArtefactKind.WHEEL, ArtefactKind.SHARED_LIBRARY, ArtefactKind.STATIC_LIBRARY})
_ALGORITHMS: Final = {"sha1": HashAlgorithm.SHA_1, "sha256": HashAlgorithm.SHA_256, "sha512": HashAlgorithm.SHA_512}
"""Those that npm writes and CycloneDX has names for."""


def render_sbom(report: RunReport) -> str:
    """Return the bill as JSON of CycloneDX 1.6.

    Raises:
        RegrowError: E6010 the run has not passed, so that nothing was looked at.
    """
    contents = contents_of(report)
    root = _root(report, contents)
    packages = [package for package in contents.packages if not package.own]
    parts = [_package(package, contents, number) for number, package in enumerate(packages)]
    system, release = contents.distribution
    base = Component(
        name=system or contents.base,
        version=release or None,
        type=ComponentType.OPERATING_SYSTEM,
        bom_ref=f"base:{contents.base}",
        properties=[Property(name="regrow:base", value=contents.base)],
    )
    metadata = BomMetaData(
        component=root,
        timestamp=report.finished_at,
        tools=ToolRepository(components=[_tool(report)]),
        properties=[
            Property(name="regrow:run", value=report.run_id),
            Property(name="regrow:target", value=report.target),
            Property(name="regrow:verdict", value=report.verdict.value),
        ],
    )
    bom = Bom(serial_number=uuid.UUID(report.run_id), metadata=metadata, components=[base, *parts])
    bom.register_dependency(root, [base, *parts])
    for part in parts:
        bom.register_dependency(part)
    bom.register_dependency(base)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _root(report: RunReport, contents: BuildContents) -> Component:
    own = next((package for package in contents.packages if package.own), None)
    said = [Property(name="regrow:source-digest", value=f"sha256:{contents.source_digest}")]
    if contents.source_commit:
        said.append(Property(name="regrow:git-commit", value=contents.source_commit))
    return Component(
        name=own.name if own is not None else contents.source_name,
        version=(own.version if own is not None else contents.source_version) or None,
        type=ComponentType.APPLICATION,
        bom_ref="project",
        purl=purl_of(own, contents) if own is not None else None,
        components=[_made(artefact) for artefact in report.artefacts],
        properties=said,
    )


def _made(artefact: Artefact) -> Component:
    return Component(
        name=artefact.path,
        type=ComponentType.LIBRARY if artefact.kind in _LIBRARIES else ComponentType.FILE,
        bom_ref=f"made:{artefact.path}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=artefact.sha256)],
        properties=[Property(name="regrow:kind", value=artefact.kind.value)],
    )


def _package(package: InstalledPackage, contents: BuildContents, number: int) -> Component:
    url = purl_of(package, contents)
    place = {"regrow:place": package.place, "regrow:origin": package.origin}
    return Component(
        name=url.name,
        group=url.namespace if package.kind.value == "npm" else None,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{number}:{url.to_string()}",  # a package may lie in two folders
        purl=url,
        scope=None if package.in_base else ComponentScope.REQUIRED,
        hashes=list(_hashes(package.integrity)),
        licenses=[_LICENCES.make_from_string(package.licence)] if package.licence else [],
        properties=[Property(name=name, value=value) for name, value in place.items() if value]
        + [Property(name="regrow:in-base", value="true")] * package.in_base,
    )


def _hashes(integrity: str) -> Iterable[HashType]:
    """Read npm's `sha512-BASE64`; several are separated by blanks."""
    for each in integrity.split():
        name, _, digest = each.partition("-")
        try:
            content = base64.b64decode(digest, validate=True).hex()
        except binascii.Error:
            continue
        if name in _ALGORITHMS and content:
            yield HashType(alg=_ALGORITHMS[name], content=content)


def _tool(report: RunReport) -> Component:
    return Component(name="regrow", version=report.environment.get("regrow"), type=ComponentType.APPLICATION)
