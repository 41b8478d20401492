"""The steps of a report: those of the plan that was carried out last, where each was done."""

import datetime as dt

from regrow.core.project.plan_steps import Draft, assemble
from regrow.core.workshop.ledger import LedgerEntry
from regrow.daemon.reporting import steps_of
from regrow.protocols.plan import Ended, StepOutcome, StepPhase

PLAN = assemble(
    [
        Draft("pip install .", "", StepPhase.INSTALL),
        Draft("apt-get install -y --no-install-recommends postgresql", "", StepPhase.SETUP),
        Draft("pg_virtualenv pytest", "", StepPhase.TEST, counts_tests=True),
    ]
)


def entry(step_id: str, command: str, duration_ms: int = 1) -> LedgerEntry:
    outcome = StepOutcome(step_id=step_id, exit_code=0, ended=Ended.EXITED, duration_ms=duration_ms)
    return LedgerEntry(at=dt.datetime.now(dt.UTC), by="builder", key="k", attempt=0, command=command, outcome=outcome)


def test_step_that_only_the_proof_has_done_is_told_from_there() -> None:
    install, packages, test = PLAN.steps
    run = [entry(install.step_id, install.command, 5), entry("test-old", "pytest"), entry(install.step_id, "x", 6)]
    proved = [
        entry(install.step_id, install.command, 7),
        entry("setup-all", "apt-get install -y gcc postgresql", 8),
        entry(test.step_id, test.command, 9),
    ]
    found = list(steps_of(run, PLAN, proved))
    assert [(each.step_id, each.duration_ms, each.attempts) for each in found] == [
        (install.step_id, 6, 2),
        (packages.step_id, 8, 1),
        (test.step_id, 9, 1),
    ]
    assert [each.command for each in found][1:] == [packages.command, test.command]


def test_step_that_was_done_nowhere_is_not_told() -> None:
    assert [each.step_id for each in steps_of([entry(PLAN.steps[0].step_id, "x")], PLAN)] == [PLAN.steps[0].step_id]
