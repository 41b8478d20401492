"""Provenance and bill of materials, read back by others: the official schemas, the protobuf messages, purl's own parser."""

from __future__ import annotations

import base64
import datetime as dt
import importlib.util
import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import referencing
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from packageurl import PackageURL

from regrow.cli.endings import end_of_report
from regrow.cli.report.outputs import Output, parse_output, render, write_outputs
from regrow.protocols.build_contents import BuildContents, InstalledPackage, PackageKind
from regrow.protocols.errors import RegrowError
from regrow.protocols.plan import Ended, StepPhase
from regrow.protocols.report import ReportStep, RunReport
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import Artefact, ArtefactKind
from regrow.protocols.wire import JsonObject

P = PackageKind
DIGEST = "ab" * 32
SHA512 = "sha512-" + base64.b64encode(bytes(64)).decode()
PACKAGES = (
    InstalledPackage(
        kind=P.PYTHON, name="demo", version="1.0", place="/v/demo", own=True, origin="file:///build/checkout"
    ),
    InstalledPackage(kind=P.PYTHON, name="idna", version="3.20", place="/v/idna", licence="BSD-3-Clause"),
    InstalledPackage(kind=P.PYTHON, name="odd", version="1!2+local", place="/v/odd", licence="Apache-2.0 OR MIT"),
    InstalledPackage(kind=P.PYTHON, name="idna", version="3.20", place="/w/idna", licence="See the file LICENSE <x>"),
    InstalledPackage(kind=P.NODE, name="@types/node", version="20.0.0", place="/n", integrity=f"{SHA512} md5-??? x"),
    InstalledPackage(kind=P.DEBIAN, name="gcc", version="4:12.2.0-3", place="/s", architecture="amd64"),
    InstalledPackage(kind=P.DEBIAN, name="bash", version="5.2", place="/s", architecture="amd64", in_base=True),
)
ARTEFACTS = (
    Artefact(path="dist/demo-1.0.whl", size_bytes=5, sha256=DIGEST, kind=ArtefactKind.WHEEL),
    Artefact(path="src/größe", size_bytes=5, sha256="cd" * 32, kind=ArtefactKind.PROGRAM),
)


def a_report(**more: object) -> RunReport:
    contents = BuildContents(
        source_name="demo",
        source_digest="ef" * 32,
        source_commit="c0ffee",
        base="b4",
        base_digest="12" * 32,
        distribution=("debian", "12"),
        packages=PACKAGES,
    )
    step = ReportStep(
        step_id="1", command="pip install .", phase=StepPhase.INSTALL, succeeded=True, exit_code=0, ended=Ended.EXITED,
        duration_ms=9, file="README.md", line=3,
    )  # fmt: skip
    test = step.model_copy(update={"step_id": "2", "command": "pytest", "phase": StepPhase.TEST})
    values: dict[str, object] = {
        "run_id": "0b5c8a52-7d0e-4b6a-9c41-0a1b2c3d4e5f", "target": "pypi:demo", "verdict": Verdict.PASS,
        "status": BuildStatus.COMPLETED, "reason": "", "duration_ms": 65_000, "folder": "/r", "steps": (step, test),
        "finished_at": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "environment": {"regrow": "0.1.0"},
        "artefacts": ARTEFACTS, "contents": contents, **more,
    }  # fmt: skip
    return RunReport.model_validate(values)


# -- provenance ---------------------------------------------------------------------------------------------------


def test_the_statement_is_read_back_without_a_field_that_the_messages_do_not_have() -> None:
    said = json.loads(render(a_report(), "provenance"))
    statement = json_format.ParseDict(said, statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    provenance = json_format.ParseDict(said["predicate"], provenance_pb2.Provenance())
    assert (said["_type"], said["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/provenance/v1",
    )
    assert {each["name"]: each["digest"] for each in said["subject"]} == {
        "dist/demo-1.0.whl": {"sha256": DIGEST},
        "src/größe": {"sha256": "cd" * 32},
    }
    details, definition = provenance.run_details, provenance.build_definition
    assert details.metadata.invocation_id == a_report().run_id
    assert details.metadata.finished_on.ToDatetime(dt.UTC) == a_report().finished_at
    took = details.metadata.finished_on.ToDatetime() - details.metadata.started_on.ToDatetime()
    assert took == dt.timedelta(seconds=65)
    assert [each["command"] for each in definition.external_parameters["commands"]] == ["pip install ."]
    assert definition.external_parameters["target"] == "pypi:demo"


def test_the_statement_names_what_the_build_stood_on() -> None:
    definition = json.loads(render(a_report(), "provenance"))["predicate"]["buildDefinition"]
    source, base, *packages = definition["resolvedDependencies"]
    assert source["digest"] == {"sha256": "ef" * 32, "gitCommit": "c0ffee"}
    assert base["digest"] == {"sha256": "12" * 32}
    read = [PackageURL.from_string(each["uri"]) for each in packages]
    assert [(each.type, each.namespace, each.name, each.version) for each in read] == [
        ("pypi", None, "demo", "1.0"),
        ("pypi", None, "idna", "3.20"),
        ("pypi", None, "odd", "1!2+local"),
        ("pypi", None, "idna", "3.20"),
        ("npm", "@types", "node", "20.0.0"),
        ("deb", "debian", "gcc", "4:12.2.0-3"),
        ("deb", "debian", "bash", "5.2"),
    ]
    assert read[-1].qualifiers == {"arch": "amd64", "distro": "debian-12"}
    assert [each["annotations"]["inBase"] for each in packages] == [False] * 6 + [True]


# -- bill of materials --------------------------------------------------------------------------------------------


def check_against_the_official_schema(said: JsonObject) -> None:
    """As any other program would: jsonschema and the published files, not the library that wrote the bill."""
    folder = Path(str(files("cyclonedx.schema") / "_res"))
    schema = json.loads((folder / "bom-1.6.SNAPSHOT.schema.json").read_text("utf-8"))
    place = schema["$id"].rpartition("/")[0]
    resources = [
        (f"{place}/{name}", referencing.Resource.from_contents(json.loads((folder / name).read_text("utf-8"))))
        for name in ("spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
    ]
    registry = referencing.Registry().with_resources(resources)
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    jsonschema.Draft7Validator(schema, registry=registry, format_checker=checker).validate(said)


def test_the_bill_fits_the_official_schema_and_a_broken_one_does_not() -> None:
    said = json.loads(render(a_report(), "sbom"))
    check_against_the_official_schema(said)
    said["components"][0]["type"] = "thing"
    with pytest.raises(jsonschema.ValidationError, match="thing"):
        check_against_the_official_schema(said)


def test_the_bill_holds_what_was_made_and_what_was_installed() -> None:
    said = json.loads(render(a_report(), "sbom"))
    root = said["metadata"]["component"]
    assert (root["name"], root["version"], root["purl"]) == ("demo", "1.0", "pkg:pypi/demo@1.0")
    assert {each["name"]: each["hashes"] for each in root["components"]} == {
        "dist/demo-1.0.whl": [{"alg": "SHA-256", "content": DIGEST}],
        "src/größe": [{"alg": "SHA-256", "content": "cd" * 32}],
    }
    urls = sorted(each["purl"] for each in said["components"] if "purl" in each)
    assert [url.partition("@")[0] for url in urls if "npm" not in url] == [
        "pkg:deb/debian/bash", "pkg:deb/debian/gcc", "pkg:pypi/idna", "pkg:pypi/idna", "pkg:pypi/odd",
    ]  # fmt: skip
    (node,) = (each for each in said["components"] if each.get("group") == "@types")
    assert node["hashes"] == [{"alg": "SHA-512", "content": "00" * 64}]
    assert said["serialNumber"] == f"urn:uuid:{a_report().run_id}"
    (own,) = (each for each in said["dependencies"] if each["ref"] == "project")
    assert len(own["dependsOn"]) == len(said["components"]) == len(PACKAGES)  # the project is not; the base is


@pytest.mark.parametrize("kind", ["provenance", "sbom"])
def test_the_same_report_gives_the_same_bytes(kind: str) -> None:
    assert render(a_report(), kind) == render(a_report(), kind)


# -- what cannot be stated ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "more"), [
    ("provenance", {"contents": None, "verdict": Verdict.FAIL}),
    ("sbom", {"contents": None, "verdict": Verdict.FAIL}),
    ("provenance", {"artefacts": ()}),
])  # fmt: skip
def test_nothing_is_stated_of_what_was_not_built(kind: str, more: dict[str, object]) -> None:
    with pytest.raises(RegrowError, match="E6010"):
        render(a_report(**more), kind)


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.PASS, 1), (Verdict.FAIL, 1), (Verdict.UNDECIDED, 4)])
def test_the_verdict_stands_when_there_is_nothing_to_state(verdict: Verdict, code: int, tmp_path: Path) -> None:
    report = a_report(verdict=verdict, contents=None, artefacts=(), folder=str(tmp_path))
    outputs = [Output("provenance", "-"), Output("json", str(tmp_path / "x.json"))]
    unwritten = write_outputs(report, outputs, json_out=True, events=False)
    assert unwritten is not None
    assert (tmp_path / "x.json").is_file()
    assert end_of_report(report, unwritten, accept_healed=False).exit_code == code


def test_a_missing_library_is_said_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr("regrow.cli.report.statements.needed.find_spec", lambda _: None)
    with pytest.raises(RegrowError, match=r"E6007.*regrow\[sbom\]"):
        parse_output("sbom=x.json")
    assert parse_output("html=x.html") == Output("html", "x.html")
