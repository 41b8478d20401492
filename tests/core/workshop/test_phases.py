"""What is said of a step that did not succeed."""

import pytest

from regrow.core.project.refused_hosts import say_missing, say_refused
from regrow.core.workshop.phases import error_of
from regrow.protocols.plan import Ended, PlanStep, StepOutcome, StepPhase

GONE = "ERROR: No matching distribution found for a\n"


def code_of(output: str, ended: Ended = Ended.EXITED) -> str:
    step = PlanStep(step_id="s", name="s", command="pip install a", reason="r", phase=StepPhase.INSTALL, network=True)
    exit_code = 1 if ended is Ended.EXITED else None
    outcome = StepOutcome(
        step_id="s", exit_code=exit_code, ended=ended, output_tail=output, duration_ms=1, output_path="log"
    )
    return error_of(step, outcome).code


@pytest.mark.parametrize(
    ("output", "ended", "code"),
    [
        (GONE, Ended.EXITED, "E2004"),
        (GONE + say_missing(["https://i.example/simple/a/"]), Ended.EXITED, "E5003"),
        (GONE + say_missing(["https://i.example/simple/a/"]), Ended.DEADLINE, "E2005"),
        ("403 from c.example\n" + say_refused(["c.example:443"]), Ended.EXITED, "E5003"),
        ("syntax error\n" + say_refused(["c.example:443"]), Ended.EXITED, "E2004"),
    ],
)
def test_what_the_cache_of_an_offline_run_lacks_says_nothing_about_the_project(
    output: str, ended: Ended, code: str
) -> None:
    assert code_of(output, ended) == code
