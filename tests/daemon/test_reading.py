"""What reading finds beside what a run showed: joined by line, and never in the way of a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.daemon.reading import Reading, join_with_run, read_documents
from regrow.protocols.documents import Severity
from regrow.protocols.plan import Deviation, DeviationKind, DocRef, Ended
from regrow.protocols.report import ReadFinding, ReportStep
from regrow.protocols.verification import BuildError

README = "# Demo\n\nIt needs Python 2.7.\n\n```sh\npip instal demo\n```\n"
METADATA = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.9"\n'


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(README, encoding="utf-8")
    (folder / "pyproject.toml").write_text(METADATA, encoding="utf-8")


def a_finding(line: int) -> ReadFinding:
    return ReadFinding(
        rule="missing-file", about="File", severity=Severity.ERROR, file="README.md", line=line, message="not there"
    )


def test_the_files_of_a_run_are_read_where_they_were_fetched(tmp_path: Path) -> None:
    write(tmp_path / "source")
    reading = read_documents(tmp_path / "source")
    found = reading.findings
    assert [(each.line, each.rule) for each in found] == [(3, "python-version"), (6, "misspelt-command")]
    assert (found[1].says, found[1].replacement) == ("pip instal demo", "pip install demo")
    assert reading.score is not None
    assert (reading.score.total, "tests (20)" in reading.score.lacks) == (20, True)


@pytest.mark.parametrize("below", ["demo-1.0", "unpacked/content/demo-1.0"])
def test_the_folder_of_an_archive_is_the_project(tmp_path: Path, below: str) -> None:
    write(tmp_path / "source" / below)
    assert [each.file for each in read_documents(tmp_path / "source").findings] == ["README.md", "README.md"]


def test_files_that_are_gone_are_no_failure_of_a_report(tmp_path: Path) -> None:
    assert read_documents(tmp_path / "source") == Reading()


def test_what_the_run_showed_of_a_line_stands_with_what_reading_found() -> None:
    step = ReportStep(
        step_id="1", command="pip install -r x", succeeded=False, exit_code=1, ended=Ended.EXITED, duration_ms=1,
        file="README.md", line=5, says="pip install -r x",
    )  # fmt: skip
    ref = DocRef(file="README.md", line=7, end_line=8, text="make")
    deviation = Deviation(
        kind=DeviationKind.CHANGED_COMMAND, description="another", corrects=ref, strategy_id="s", sentence="say"
    )
    error = BuildError(code="E2001", message="it failed", file="docs/other.md", line=5)
    found = join_with_run([a_finding(5), a_finding(8), a_finding(9)], [step], [deviation], [error])
    assert found[0].shown == ("'pip install -r x' failed in the run: exit code 1",)
    assert found[1].shown == ("the run had to deviate: another",)
    assert found[2].shown == ()


def test_a_step_that_succeeded_shows_nothing() -> None:
    step = ReportStep(
        step_id="1", command="true", succeeded=True, exit_code=0, ended=Ended.EXITED, duration_ms=1, file="README.md",
        line=5,
    )  # fmt: skip
    assert join_with_run([a_finding(5)], [step], [], [])[0].shown == ()
