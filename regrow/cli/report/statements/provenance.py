"""The report as a provenance statement: an in-toto Statement v1 whose predicate is SLSA's provenance v1.

It says of each file that the build made (its SHA-256) which commands made it, of which sources, in which room, with which
packages. It is not signed: who hands it on signs it (`cosign attest-blob`, `in-toto`). What each field holds stands in
docs/provenance.md. The same report gives the same bytes. Needs the extra `sbom`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from google.protobuf.json_format import MessageToDict
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

from regrow.cli.report.statements.needed import contents_of, some_artefact
from regrow.cli.report.statements.package_urls import purl_of
from regrow.protocols.build_contents import BuildContents, InstalledPackage
from regrow.protocols.plan import StepPhase
from regrow.protocols.report import RunReport
from regrow.protocols.wire import JsonObject

__all__ = ["BUILDER_ID", "BUILD_TYPE", "PREDICATE_TYPE", "render_provenance"]

PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:regrow:documented-build:v1"
"""The build is what the documents of a project say, carried out in a clean room."""
BUILDER_ID: Final = "urn:regrow:verify:local"
"""regrow on a machine of the caller's own; it vouches for no more than whoever signs the statement."""

_BUILD_PHASES: Final = frozenset({StepPhase.SETUP, StepPhase.INSTALL, StepPhase.BUILD})


def render_provenance(report: RunReport) -> str:
    """Return the statement.

    Raises:
        RegrowError: E6010 the run has not passed, or it made nothing that a statement could be about.
    """
    contents = contents_of(report)
    some_artefact(report)
    subjects = [
        ResourceDescriptor(name=each.path, digest={"sha256": each.sha256}, annotations={"kind": each.kind.value}).pb
        for each in report.artefacts
    ]
    predicate = MessageToDict(_predicate(report, contents))
    statement = Statement(subjects, PREDICATE_TYPE, predicate)
    statement.validate()
    return json.dumps(MessageToDict(statement.pb), indent=2, sort_keys=True)


def _predicate(report: RunReport, contents: BuildContents) -> Provenance:
    said = Provenance()
    definition = said.build_definition
    definition.build_type = BUILD_TYPE
    definition.external_parameters.update(_asked(report))
    definition.internal_parameters.update({"environment": dict(report.environment)})
    for descriptor in (
        _source(report, contents),
        *_base(contents),
        *(_package(p, contents) for p in contents.packages),
    ):
        definition.resolved_dependencies.append(descriptor.pb)
    details = said.run_details
    details.builder.id = BUILDER_ID
    details.builder.version["regrow"] = report.environment.get("regrow", "unknown")
    details.metadata.invocation_id = report.run_id
    details.metadata.started_on.FromDatetime(report.finished_at - timedelta(milliseconds=report.duration_ms))
    details.metadata.finished_on.FromDatetime(report.finished_at)
    return said


def _asked(report: RunReport) -> JsonObject:
    """What was asked for and typed. Numbers are text: a protobuf Struct would make them fractions."""
    steps = [step for step in report.steps if step.phase is None or step.phase in _BUILD_PHASES]
    return {
        "target": report.target,
        "verdict": report.verdict.value,
        "commands": [
            {
                "command": step.command,
                "document": f"{step.file}:{step.line}" if step.file is not None else "",
                "deviates": step.deviates,
            }
            for step in steps
        ],
    }


def _source(report: RunReport, contents: BuildContents) -> ResourceDescriptor:
    digest = {"sha256": contents.source_digest}
    if contents.source_commit:
        digest["gitCommit"] = contents.source_commit
    return ResourceDescriptor(
        name=contents.source_name or report.target,
        uri=f"urn:regrow:source:sha256:{contents.source_digest}",
        digest=digest,
        annotations={"digestOf": "the sorted paths and contents of the files that were built"},
    )


def _base(contents: BuildContents) -> tuple[ResourceDescriptor, ...]:
    if contents.base_digest is None:
        return ()
    return (
        ResourceDescriptor(
            name=f"base root {contents.base}",
            uri=f"urn:regrow:base:{contents.base}",
            digest={"sha256": contents.base_digest},
            annotations={"digestOf": "the list of packages of the base root (dpkg's status file)"},
        ),
    )


def _package(package: InstalledPackage, contents: BuildContents) -> ResourceDescriptor:
    said = {"inBase": package.in_base, "place": package.place}
    if package.origin:
        said["origin"] = package.origin
    if package.integrity:
        said["integrity"] = package.integrity
    return ResourceDescriptor(name=package.name, uri=purl_of(package, contents).to_string(), annotations=said)
