"""One report for other programs: golden files of awkward text, and what each program's own rules demand.

`REGROW_GOLDEN=write` writes the golden files anew; look at the difference before you commit it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import regrow
from regrow.cli.report.findings import Replacement, findings_of, replacements_of
from regrow.cli.report.formats.escaping import code_block, code_span, plain, workflow_data, xml_text
from regrow.cli.report.formats.github import render_github
from regrow.cli.report.formats.junit import render_junit
from regrow.cli.report.formats.markdown import LIMIT_CHARS, MARKER, render_markdown
from regrow.cli.report.formats.sarif import render_sarif
from regrow.cli.report.outputs import KINDS, Output, asked_outputs, outputs_for, render, unpatched, write_outputs
from regrow.cli.report.statements.needed import STATEMENTS
from regrow.protocols.documents import Severity
from regrow.protocols.errors import RegrowError
from regrow.protocols.plan import Deviation, DeviationKind, DocRef, DocumentationScore, Ended, StepPhase
from regrow.protocols.report import ReadFinding, ReportStep, RunReport
from regrow.protocols.status import BuildStatus
from regrow.protocols.verification import BuildError

GOLDEN = Path(__file__).parent / "golden"
AWKWARD = "a | b `c` ```d``` ]]> <b>&amp; 100%0A ::error::no\nsecond \x1b[31mred\x07 größer 語 @someone [x](y)"
PATCH = (
    "--- a/docs/in stall.md\n+++ b/docs/in stall.md\n@@ -1,4 +1,5 @@\n # Install\n-pip install demo\n"
    "+pip install -e .\n+pip install pytest\n \n last\n"
)


def a_step(number: int, command: str, *, good: bool = True, **more: object) -> ReportStep:
    values: dict[str, object] = {
        "step_id": str(number), "command": command, "phase": StepPhase.BUILD, "succeeded": good,
        "exit_code": 0 if good else 1, "ended": Ended.EXITED, "duration_ms": 1234, **more,
    }  # fmt: skip
    return ReportStep.model_validate(values)


def a_report(verdict: str, **more: object) -> RunReport:
    values: dict[str, object] = {
        "run_id": "0b5c", "target": "pypi:de*mo", "verdict": verdict, "status": BuildStatus.COMPLETED,
        "reason": "because " + AWKWARD, "duration_ms": 65_000, "folder": "/tmp/r",
        "finished_at": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), **more,
    }  # fmt: skip
    return RunReport.model_validate(values)


def deviation(kind: DeviationKind, ref: DocRef | None) -> Deviation:
    return Deviation(
        strategy_id="x", kind=kind, description="changes " + AWKWARD, corrects=ref, sentence="Say `this | that`."
    )


REF = DocRef(file="docs/in stall.md", line=2, end_line=2, text="pip install demo | " + AWKWARD)
STEPS = (
    a_step(1, "python3 -m venv v"),
    a_step(
        2, "make `all` | tee x\nmore", good=False, file="docs/in stall.md", line=2, says=AWKWARD, output_tail=AWKWARD
    ),
)
REPORTS = {
    "pass": a_report("pass", steps=STEPS[:1], tests_run=3, tests_passed=3, tests_skipped=1),
    "healed": a_report(
        "healed", steps=STEPS[:1], tests_run=2, tests_passed=2, docs_patch=PATCH,
        deviations=(deviation(DeviationKind.CHANGED_COMMAND, REF), deviation(DeviationKind.ADDED_STEP, None)),
    ),
    "fail": a_report(
        "fail", steps=STEPS, tests_run=3, tests_passed=1, tests_failed=2, failing_tests=("t::a", AWKWARD),
        errors=(BuildError(code="E2004", message="E2004 step '2' " + AWKWARD, step="2", file="docs/in stall.md", line=2),),
    ),
    "undecided": a_report("undecided", errors=(BuildError(code="E5003", message="E5003 no network"),)),
}  # fmt: skip


@pytest.mark.parametrize("verdict", REPORTS)
@pytest.mark.parametrize(("kind", "end"), [("junit", "xml"), ("sarif", "json"), ("github", "txt"), ("markdown", "md")])
def test_each_format_is_as_it_was(verdict: str, kind: str, end: str) -> None:
    path = GOLDEN / f"{verdict}.{kind}.{end}"
    told = render(REPORTS[verdict], kind).replace(f'"{regrow.__version__}"', '"VERSION"') + "\n"
    if os.environ.get("REGROW_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, "utf-8", errors="replace")
    assert told.encode("utf-8", "replace") == path.read_bytes()


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind not in (*STATEMENTS, "patch")]
)  # which only a build can have
@pytest.mark.parametrize("verdict", REPORTS)
def test_each_format_can_be_written_for_each_verdict(kind: str, verdict: str, tmp_path: Path) -> None:
    report = REPORTS[verdict].model_copy(update={"folder": str(tmp_path)})
    assert write_outputs(report, [Output(kind, str(tmp_path / "out"))], json_out=True, events=False) is None
    assert (tmp_path / "out").stat().st_size > 10


# -- JUnit --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", REPORTS)
def test_junit_counts_what_is_in_it_and_its_readers_find_the_places(verdict: str) -> None:
    root = ET.fromstring(render_junit(REPORTS[verdict]))
    (suite,) = root.findall("testsuite")
    cases = suite.findall("testcase")
    for name, found in (
        ("tests", cases),
        ("failures", [case for case in cases if case.find("failure") is not None]),
        ("errors", [case for case in cases if case.find("error") is not None]),
    ):
        assert root.get(name) == suite.get(name) == str(len(found))
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)
    assert (suite.get("failures"), suite.get("errors")) == {
        "pass": ("0", "0"), "healed": ("1", "0"), "fail": ("3", "0"), "undecided": ("0", "1"),
    }[verdict]  # fmt: skip


def test_junit_has_a_case_for_each_step_and_the_projects_tests_as_counts() -> None:
    root = ET.fromstring(render_junit(REPORTS["fail"]))
    steps = root.findall(".//testcase[@classname='regrow.steps']")
    assert [(case.get("file"), case.get("line")) for case in steps] == [(None, None), ("docs/in stall.md", "2")]
    assert root.find(".//testcase[@name='3 tests of the project, 2 failed, 0 skipped']/failure") is not None
    assert (steps[1].findtext("system-out") or "") == AWKWARD.replace("\x1b", "�").replace("\x07", "�").replace(
        "\ud800", "�"
    )


def test_a_step_that_the_room_ended_is_an_error_and_not_a_failure() -> None:
    step = a_step(1, "sleep 9", good=False, exit_code=None, ended=Ended.DEADLINE)
    root = ET.fromstring(render_junit(a_report("undecided", steps=(step,))))
    assert root.find(".//testcase[@classname='regrow.steps']/error[@type='deadline']") is not None


# -- SARIF --------------------------------------------------------------------------------------------------------


def sarif(report: RunReport, prefix: str = "") -> dict[str, object]:
    (run,) = json.loads(render_sarif(report, prefix))["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("verdict", REPORTS)
def test_sarif_results_name_rules_that_are_there(verdict: str) -> None:
    run = json.loads(json.dumps(sarif(REPORTS[verdict])))
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        for location in result.get("locations", ()):
            region = location["physicalLocation"]["region"]
            assert 1 <= region["startLine"] <= region["endLine"]
    assert run["invocations"][0]["executionSuccessful"] is (verdict != "undecided")


def test_sarif_mends_the_lines_that_the_patch_mends() -> None:
    first, second = json.loads(json.dumps(sarif(REPORTS["healed"], "sub/")))["results"]
    (fix,) = first["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "sub/docs/in%20stall.md"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 3, "endColumn": 1},
            "insertedContent": {"text": "pip install -e .\npip install pytest\n"},
        }
    ]
    assert "fixes" not in second
    assert "locations" not in second


def test_what_no_sentence_says_stands_where_the_patch_says_it() -> None:
    missing = Deviation(
        strategy_id="x", kind=DeviationKind.ADDED_STEP, description="tests", sentence="To test: `pytest -q`."
    )
    patch = "--- a/R.md\n+++ b/R.md\n@@ -3,1 +3,4 @@\n last\n+```sh\n+pytest -q\n+```\n"
    (finding,) = findings_of(a_report("healed", deviations=(missing,), docs_patch=patch))
    assert (finding.file, finding.line) == ("R.md", 4)
    assert finding.fixes == (Replacement("R.md", 4, 0, "```sh\npytest -q\n```\n"),)


def test_a_sentence_that_moves_is_the_same_finding() -> None:
    moved = REF.model_copy(update={"line": 9, "end_line": 9})
    one, two = (
        json.loads(render_sarif(a_report("healed", deviations=(deviation(DeviationKind.REORDERED, ref),))))
        for ref in (REF, moved)
    )
    assert one["runs"][0]["results"][0]["partialFingerprints"] == two["runs"][0]["results"][0]["partialFingerprints"]


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ("", []),
        ("no diff\n+at all\n", []),
        ("--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+++ b/y\n+z\n", [Replacement("x", 1, 1, "++ b/y\nz\n")]),
        ("--- /dev/null\n+++ b/NEW.md\n@@ -0,0 +1,2 @@\n+one\n+two\n", [Replacement("NEW.md", 1, 0, "one\ntwo\n")]),
        ("--- a/x\n+++ b/x\n@@ -5,0 +6 @@\n+six\n", [Replacement("x", 6, 0, "six\n")]),
        ("--- a/x\n+++ b/x\n@@ -2,2 +1,0 @@\n-a\n--- b\n", [Replacement("x", 2, 2, "")]),
        (
            "--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n-a\n+A\n b\n c\n-d\n+D\n e\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-q\n+r\n",
            [Replacement("x", 1, 1, "A\n"), Replacement("x", 4, 1, "D\n"), Replacement("y", 1, 1, "r\n")],
        ),
    ],
)
def test_a_unified_diff_is_read_as_replacements_of_lines(patch: str, found: list[Replacement]) -> None:
    assert list(replacements_of(patch)) == found


# -- GitHub -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", REPORTS)
def test_each_workflow_command_is_one_line_and_nothing_printed_becomes_one(verdict: str) -> None:
    for line in render_github(REPORTS[verdict], "sub/").splitlines():
        assert re.fullmatch(r"::(error|warning|notice) [a-zA-Z]+=[^:]*::[^\r\n]*", line)
    assert "file=sub/docs/in stall.md,line=2," in render_github(REPORTS["fail"], "sub/")


def test_what_github_would_not_show_is_counted() -> None:
    many = a_report("healed", deviations=tuple(deviation(DeviationKind.ADDED_STEP, None) for _ in range(25)))
    lines = render_github(many).splitlines()
    assert sum(line.startswith("::warning") for line in lines) == 10
    assert "15 more findings" in lines[-2]


def test_the_summary_of_a_job_is_added_to_and_never_grows_over_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    report = REPORTS["fail"].model_copy(update={"folder": str(tmp_path)})
    for _ in range(2):
        write_outputs(report, [Output("github", "-")], json_out=False, events=False)
    assert capsys.readouterr().out.startswith("::error file=")
    assert summary.read_text().startswith("before\n" + MARKER)
    assert summary.read_text().count(MARKER) == 2
    summary.write_text("x" * 999_900)
    write_outputs(report, [Output("github", "-")], json_out=False, events=False)
    assert summary.stat().st_size == 999_900


def test_a_project_below_the_checkout_is_named_from_the_checkout_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    for target, prefix in ((tmp_path / "a" / "b", "a/b/"), (tmp_path, ""), (tmp_path.parent, "")):
        report = REPORTS["fail"].model_copy(update={"target": str(target)})
        assert f"file={prefix}docs/in stall.md," in render(report, "github")


# -- Markdown -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", REPORTS)
def test_markdown_is_begun_by_its_marker_and_every_row_has_its_cells(verdict: str) -> None:
    text = render_markdown(REPORTS[verdict])
    assert text.startswith(MARKER)
    for row in (line for line in text.splitlines() if line.startswith("| ")):
        assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert text.count("<details>") == text.count("</details>")


def test_ten_megabytes_of_output_are_cut_in_every_format() -> None:
    steps = tuple(
        a_step(number, "x" * 10_000, good=False, output_tail="`]]>%\n" * (10 * 1024 * 1024 // 6)) for number in range(3)
    )
    report = a_report("fail", steps=steps)
    assert len(render_markdown(report)) <= LIMIT_CHARS + 10
    assert len(render_junit(report)) < 400_000
    assert len(render_github(report)) < 100_000
    assert len(render_sarif(report)) < 100_000


# -- escaping -----------------------------------------------------------------------------------------------------


def test_code_is_fenced_by_more_than_stands_in_it() -> None:
    assert code_span("`") == "`` ` ``"
    assert code_block("a\n````\nb").splitlines()[0] == "`````"
    assert "\n" not in plain("a\nb")
    assert workflow_data("%0A\r\n") == "%250A%0D%0A"
    assert ET.fromstring("<a/>").tag == "a"
    for number in [*range(0x20), 0xD800, 0xFFFE, 0xFFFF]:
        element = ET.Element("a")
        element.text = xml_text(f"<{chr(number)}>")
        assert ET.fromstring(ET.tostring(element)).tag == "a"


def a_read_finding(line: int, **more: object) -> ReadFinding:
    values: dict[str, object] = {
        "rule": "missing-file", "about": "File that is not there", "severity": Severity.ERROR, "file": "docs/in stall.md",
        "line": line, "message": "x.txt is not in the source", "evidence": "no such file", "says": "pip install -r x.txt",
    }  # fmt: skip
    return ReadFinding.model_validate({**values, **more})


def test_what_the_run_and_reading_say_of_one_line_is_one_finding() -> None:
    ref = DocRef(file="docs/in stall.md", line=2, end_line=2, text="pip install -r x.txt")
    deviation = Deviation(
        kind=DeviationKind.CHANGED_COMMAND, description="another command", corrects=ref, strategy_id="s", sentence="say"
    )
    report = a_report("healed", deviations=(deviation,), read_findings=(a_read_finding(2), a_read_finding(9)))
    found = [each for each in findings_of(report) if each.file == "docs/in stall.md"]
    assert [(each.rule, each.line) for each in found] == [("deviation/changed_command", 2), ("lint/missing-file", 9)]
    assert "found by reading too: x.txt is not in the source" in found[0].message
    assert found[1].message.startswith("found by reading: x.txt is not in the source (no such file)")


def test_what_reading_alone_finds_is_never_an_error() -> None:
    found = findings_of(a_report("pass", read_findings=(a_read_finding(3), a_read_finding(4, severity=Severity.NOTE))))
    assert [each.level for each in found] == ["warning", "note"]


def test_a_line_that_reading_would_replace_is_a_fix() -> None:
    found = findings_of(a_report("pass", read_findings=(a_read_finding(3, replacement="pip install ."),)))
    assert found[0].fixes == (Replacement("docs/in stall.md", 3, 1, "pip install .\n"),)


# -- the patch ----------------------------------------------------------------------------------------------------


DIFF = "--- a/README.md\n+++ b/README.md\n@@ -1 +1,2 @@\n make\n+make check\n"


def test_a_patch_is_written_as_it_is_and_stands_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = a_report("healed", docs_patch=DIFF, folder=str(tmp_path / "run"))
    outputs = asked_outputs(None, patch=str(tmp_path / "new" / "docs.patch"))
    assert write_outputs(report, (*outputs, *asked_outputs(["patch"])), json_out=True, events=False) is None
    assert (tmp_path / "new" / "docs.patch").read_text() == DIFF == capsys.readouterr().out
    assert unpatched(report, outputs) is None


@pytest.mark.parametrize("verdict", ["pass", "healed", "fail", "undecided"])
def test_where_there_is_no_patch_it_is_said_and_the_file_of_an_earlier_run_stays(verdict: str, tmp_path: Path) -> None:
    before = tmp_path / "docs.patch"
    before.write_text("of an earlier run")
    outputs = asked_outputs(None, patch=str(before))
    report = a_report(verdict, folder=str(tmp_path / "run"))
    assert write_outputs(report, outputs, json_out=True, events=False) is None
    assert before.read_text() == "of an earlier run"
    told = unpatched(report, outputs)
    assert told is not None
    assert (told.startswith("no patch: "), told.endswith(f"; nothing is written to {before}")) == (True, True)
    assert unpatched(report, ()) is None


def test_each_of_several_targets_has_a_patch_of_its_own() -> None:
    runs = [("/srv/one", "1"), ("pypi:two", "2")]
    with pytest.raises(RegrowError, match=r"option --patch docs\.patch .*for instance docs-\{name\}\.patch"):
        outputs_for(asked_outputs(None, patch="docs.patch"), runs)
    found = outputs_for(asked_outputs(None, patch="docs-{name}.patch"), runs)
    assert [output.path for (output,) in found] == ["docs-one.patch", "docs-pypi-two.patch"]


@pytest.mark.parametrize("kind", ["text", "html", "markdown", "json"])
@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_the_documentation_score_stands_in_each_report_with_what_a_newcomer_lacks(kind: str, verdict: str) -> None:
    score = DocumentationScore(total=70, lacks=("tests (20)", "help <(10)>"))
    told = " ".join(render(a_report(verdict, documentation=score), kind).split())
    assert "tests (20)" in told
    assert ('"total": 70' if kind == "json" else "core 70 of 100; a newcomer lacks:") in told
    assert "<(10)>" not in told or kind not in {"html", "markdown"}
    assert "newcomer" not in render(a_report(verdict), kind)
