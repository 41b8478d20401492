"""The guardian asks a model when no rule knows anything more, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow import ChildSpec, Supervisor, open_tree
from regrow.actors.guardian.actor import GuardianActor
from regrow.core.model import ModelBudget, ModelDesk, ModelUnavailable
from regrow.protocols.model import EditKind, ModelAnswer, ModelEdit, ModelProposal, ModelQuestion
from regrow.protocols.run_messages import Diagnose, RecoveryPlan
from tests.actors.guardian.test_guardian import Learner, diagnosis

pytestmark = pytest.mark.anyio

ODD = "app: calibration is stale\n"
KNOWN = "bash: line 1: pytest: command not found\n"


class Fake:
    """A model that always proposes the same, or nothing, or is down."""

    def __init__(self, command: str = "sh calibrate.sh", *, down: bool = False) -> None:
        self.asked: list[ModelQuestion] = []
        self._command, self._down = command, down

    async def propose(
        self, question: ModelQuestion, limit_s: float, tokens: int, cost_usd: float | None
    ) -> ModelAnswer:
        self.asked.append(question)
        if self._down:
            raise ModelUnavailable("it is down")
        edit = ModelEdit(kind=EditKind.INSERT_BEFORE, step=2, command=self._command)
        return ModelAnswer(proposal=ModelProposal(edits=(edit,)))


async def told(tmp_path: Path, fake: Fake, output: str, **more: object) -> RecoveryPlan:
    desk = ModelDesk(tmp_path / "runs", ModelBudget(5, 1000, 60.0), lambda _: fake, {})
    args = {"pattern_learner": "root/learner", "models": desk}
    children = [ChildSpec("learner", Learner, args={"answers": True}), ChildSpec("guardian", GuardianActor, args=args)]
    message = diagnosis(tmp_path, output).model_copy(update={"model": "tiny", **more})
    assert isinstance(message, Diagnose)
    async with open_tree(Supervisor("root", children=children)) as tree:
        answer: RecoveryPlan = await tree.ref("root/guardian", GuardianActor).ask(message, timeout_s=10)
        return answer


async def test_a_model_is_asked_when_no_rule_knows_more(tmp_path: Path) -> None:
    fake = Fake()
    plan = await told(tmp_path, fake, ODD)
    assert plan.plan is not None
    assert [step.command for step in plan.plan.steps] == ["pip install .", "sh calibrate.sh", "pytest"]
    assert plan.strategy is not None
    assert plan.strategy.strategy_id.startswith("by_model:")
    assert "calibration is stale" in fake.asked[0].prompt


async def test_a_rule_goes_before_a_model(tmp_path: Path) -> None:
    fake = Fake()
    plan = await told(tmp_path, fake, KNOWN)
    assert plan.strategy is not None
    assert not plan.strategy.strategy_id.startswith("by_model")
    assert fake.asked == []


async def test_without_a_name_none_is_asked(tmp_path: Path) -> None:
    fake = Fake()
    plan = await told(tmp_path, fake, ODD, model=None)
    assert (plan.strategy, fake.asked) == (None, [])


@pytest.mark.parametrize(
    ("fake", "why"),
    [
        (Fake(down=True), "it is down"),
        (Fake("make check || true"), "hides a fault"),
        (Fake("pytest"), "in the plan already"),
    ],
)
async def test_a_model_that_does_not_help_changes_nothing_and_is_told(tmp_path: Path, fake: Fake, why: str) -> None:
    plan = await told(tmp_path, fake, ODD)
    assert (plan.strategy, plan.plan) == (None, None)
    assert "the model tiny did not help: " in plan.reason
    assert why in plan.reason


async def test_what_was_tried_is_not_tried_again(tmp_path: Path) -> None:
    first = await told(tmp_path, Fake(), ODD)
    assert first.strategy is not None
    again = await told(tmp_path, Fake(), ODD, tried=(first.strategy.strategy_id,))
    assert again.strategy is None
    assert "proposes once more what was tried" in again.reason
