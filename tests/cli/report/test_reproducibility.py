"""How repeated builds are told: on a terminal, on the page, and by the exit code."""

import datetime as dt

import pytest

from regrow.cli.endings import end_of_report
from regrow.cli.report.page import render_page
from regrow.cli.report.text import render_text
from regrow.protocols.report import RunReport
from regrow.protocols.reproducibility import (
    Aspect,
    BuildDifference,
    DifferenceCause,
    PartKind,
    ProvedRemedy,
    RepeatedBuild,
    Reproducibility,
)
from regrow.protocols.retests import RepeatedKind, RepeatedTest
from regrow.protocols.status import BuildStatus, Verdict

DIFFERS = Reproducibility(
    reproducible=False,
    reason="hello differs between two builds: path",
    builds=(RepeatedBuild(name="first"), RepeatedBuild(name="folder", varied=(Aspect.FOLDER,), failure="<b>no</b>")),
    differences=(
        BuildDifference(
            artefact="hello", part="section .debug_str", kind=PartKind.CONTENT, detail="/a / <script>", count=3,
            cause=DifferenceCause.PATH, shown_by="folder", fix="compile with it",
        ),
    ),
    remedy=ProvedRemedy(environment={"CFLAGS": "-x"}, same=True, rest=(Aspect.UMASK,)),
    packed_by="npm pack",
    notes=("the locale was not varied",),
)  # fmt: skip
SAME = Reproducibility(reproducible=True, reason="2 builds gave the same artefact")
UNKNOWN = Reproducibility(reproducible=None, reason="there are no artefacts")


def report(found: Reproducibility | None, verdict: Verdict = Verdict.PASS, *repeated: RepeatedTest) -> RunReport:
    return RunReport(
        run_id="r", target="demo", verdict=verdict, status=BuildStatus.COMPLETED, reason="it is", duration_ms=1,
        finished_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), folder="/runs/r", reproducibility=found,
        repeated_tests=repeated,
    )  # fmt: skip


def test_the_part_the_cause_the_fix_and_the_proof_are_told() -> None:
    text = render_text(report(DIFFERS), 200)
    for said in (
        "not reproducible (E3008): hello differs", "path: hello, section .debug_str and 2 more: /a / <script>",
        "fix: compile with it", "with CFLAGS=-x, umask left alone: two more builds were the same", "npm pack",
        "the locale was not varied",
    ):  # fmt: skip
        assert said in text
    assert "reproducible: 2 builds gave the same artefact" in render_text(report(SAME))
    assert "reproducib" not in render_text(report(None))


def test_the_page_has_it_escaped() -> None:
    page = render_page(report(DIFFERS))
    assert "<h2>Reproducibility</h2>" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "<b>no</b>" not in page
    assert "Reproducibility" not in render_page(report(None))


def test_the_page_lists_failing_tests_that_were_run_again() -> None:
    test = RepeatedTest(
        name="t.<x>", kind=RepeatedKind.FLAKY, runs=20, failed=5, rate=0.25, rate_low=0.1, rate_high=0.5
    )
    page = render_page(report(None, Verdict.UNDECIDED, test))
    assert "<code>t.&lt;x&gt;</code> flaky" in page
    assert "failed in 5 of 20 repetitions, 25 % (10 to 50 %)" in page


@pytest.mark.parametrize(
    ("found", "verdict", "required", "code"),
    [
        (DIFFERS, Verdict.PASS, False, 0),
        (DIFFERS, Verdict.PASS, True, 1),
        (SAME, Verdict.PASS, True, 0),
        (UNKNOWN, Verdict.PASS, True, 4),
        (None, Verdict.PASS, True, 4),
        (SAME, Verdict.FAIL, True, 1),
        (DIFFERS, Verdict.UNDECIDED, True, 4),
    ],
)
def test_only_when_it_is_required_a_difference_costs_the_exit_code(
    found: Reproducibility | None, verdict: Verdict, required: bool, code: int
) -> None:
    end = end_of_report(report(found, verdict), None, accept_healed=False, require_reproducible=required)
    assert end.exit_code == code
    assert (end.error is not None and end.error.code == "E3008") is (required and verdict is Verdict.PASS and code != 0)
