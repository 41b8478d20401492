"""What is mended before it is seen: only what followed nearly always, by what it changes, and never an exchange."""

from __future__ import annotations

import datetime as dt

import pytest

from regrow.actors.guardian.anticipating import (
    EXPLORE,
    effect_of,
    explores,
    failure_of,
    likely_next,
    only_adds,
)
from regrow.core.project.plan_steps import Draft, added, assemble
from regrow.protocols.patterns import FollowUp
from regrow.protocols.plan import StepPhase

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
INSTALL = Draft("pip install .", "documented", StepPhase.INSTALL)
TEST = Draft("pytest", "documented", StepPhase.TEST, counts_tests=True)
PLAN = assemble([INSTALL, TEST])


def seen(rule: str, weight: float, effect: str = "", after: str = "first", **more: object) -> FollowUp:
    return FollowUp.model_validate(
        {
            "kind": "python",
            "after": after,
            "rule": rule,
            "effect": effect or (f"rule {rule}" if rule else ""),
            "next_pattern": "a" * 64 if rule else None,
            "weight": weight,
            "last_seen": NOW,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("follow_ups", "expected"),
    [
        ([], None),
        ([seen("b", 1)], "b"),
        ([seen("b", 1), seen("", 1)], None),
        ([seen("b", 2), seen("", 1.1)], None),
        ([seen("b", 6), seen("", 1)], "b"),
        ([seen("", 6), seen("b", 1)], None),
        ([seen("b", 2, after="other")], None),
        ([seen("b", 1, "packages gcc"), seen("c", 2, "packages gcc")], "c"),  # the same change in two ways
        ([seen("b", 1, "packages gcc"), seen("c", 1, "packages gcc"), seen("", 2)], None),
        ([seen("start_service", 9)], None),
        ([seen("b", 8, last_seen=NOW - dt.timedelta(days=450))], None),  # a quarter of a run is left of it
    ],
)
def test_next_is_told_when_it_nearly_always_was(follow_ups: list[FollowUp], expected: str | None) -> None:
    found = likely_next(follow_ups, "first", NOW)
    assert (found.rule if found is not None else None) == expected


def test_one_run_in_ten_looks_for_itself() -> None:
    share = sum(explores(0, number) for number in range(5_000)) / 5_000
    assert share == pytest.approx(EXPLORE, abs=0.02)
    assert explores(7, "x") is explores(7, "x")


def test_failure_is_put_at_the_step_where_it_would_be() -> None:
    tested = failure_of(PLAN, seen("b", 1, phase="verifying", exit_code=1, evidence="it broke", code="E3001"))
    assert (tested.step, tested.output, tested.code) == (PLAN.steps[1], "it broke", "E3001")
    assert failure_of(PLAN, seen("b", 1, phase="building", exit_code=1)).step == PLAN.steps[0]
    assert failure_of(PLAN, seen("b", 1, phase="verifying")).step is None


def test_effect_is_the_packages_or_the_rule() -> None:
    packages = Draft(
        "apt-get install -y zlib1g-dev gcc", "because", StepPhase.SETUP, None, added("add_packages", "adds", "say so")
    )
    more = assemble([packages, INSTALL, TEST])
    assert effect_of(PLAN, more, "add_packages") == "packages gcc zlib1g-dev"
    assert effect_of(more, more, "retry") == "rule retry"
    assert only_adds(PLAN, more)
    assert not only_adds(more, PLAN)
