"""The door to a model: masked, within the budget of the run, recorded, and never asked the same twice."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest

from regrow.core.model import Calls, ModelBudget, ModelDesk, ModelUnavailable, ReplayedModel
from regrow.core.model.desk import CALLS_FILE
from regrow.protocols.model import EditKind, ModelAnswer, ModelEdit, ModelProposal, ModelQuestion

pytestmark = pytest.mark.anyio

ANSWER = ModelAnswer(
    proposal=ModelProposal(edits=(ModelEdit(kind=EditKind.INSERT_BEFORE, step=1, command="sh a.sh"),)),
    input_tokens=100,
    output_tokens=20,
    cost_usd=0.4,
)
BUDGET = ModelBudget(calls=3, tokens=1000, seconds=60.0, cost_usd=5.0)


class Fake:
    """Answers at once, fails, or never does."""

    def __init__(self, *, fails: str = "", sleeps: bool = False) -> None:
        self.asked: list[tuple[ModelQuestion, float, int, float | None]] = []
        self._fails, self._sleeps = fails, sleeps

    async def propose(
        self, question: ModelQuestion, limit_s: float, tokens: int, cost_usd: float | None
    ) -> ModelAnswer:
        self.asked.append((question, limit_s, tokens, cost_usd))
        if self._sleeps:
            await anyio.sleep_forever()
        if self._fails:
            raise ModelUnavailable(self._fails)
        return ANSWER


def question(prompt: str) -> ModelQuestion:
    return ModelQuestion(model="tiny", instructions="do", prompt=prompt)


def desk(folder: Path, fake: Fake, budget: ModelBudget = BUDGET, **environment: str) -> ModelDesk:
    return ModelDesk(folder, budget, lambda _: fake, environment)


async def test_a_call_is_recorded_and_the_same_question_is_not_asked_again(tmp_path: Path) -> None:
    fake = Fake()
    assert await desk(tmp_path, fake).propose("run", question("a")) == ANSWER.proposal
    # As after a crash: another desk, the same run.
    assert await desk(tmp_path, fake).propose("run", question("a")) == ANSWER.proposal
    assert await desk(tmp_path, fake).propose("other", question("a")) == ANSWER.proposal
    assert len(fake.asked) == 2
    (call,) = Calls(tmp_path / "run" / CALLS_FILE).read()
    assert (call.answer, call.question.prompt, call.failure) == (ANSWER, "a", "")


async def test_no_secret_leaves(tmp_path: Path) -> None:
    fake = Fake()
    text = "token ghp_" + "a" * 36 + " and hunter2hunter2"
    await desk(tmp_path, fake, MY_PASSWORD="hunter2hunter2").propose("run", question(text))
    written = (tmp_path / "run" / CALLS_FILE).read_text("utf-8")
    for told in (fake.asked[0][0].prompt, written):
        assert "ghp_a" not in told
        assert "hunter2" not in told


@pytest.mark.parametrize(
    ("budget", "allowed", "why"),
    [
        (ModelBudget(2, 10_000, 60.0), 2, "2 calls"),
        (ModelBudget(9, 240, 60.0), 2, "240 tokens"),
        (ModelBudget(9, 10_000, 60.0, 1.0), 3, "1.0 USD"),
    ],
)
async def test_the_budget_is_of_the_run_and_outlives_a_desk(
    tmp_path: Path, budget: ModelBudget, allowed: int, why: str
) -> None:
    fake = Fake()
    for number in range(allowed):
        await desk(tmp_path, fake, budget).propose("run", question(str(number)))
    with pytest.raises(ModelUnavailable, match=why):
        await desk(tmp_path, fake, budget).propose("run", question("one more"))
    assert len(fake.asked) == allowed
    assert fake.asked[1][2] == budget.tokens - 120


async def test_a_model_that_does_not_answer_is_given_up_and_its_time_is_spent(tmp_path: Path) -> None:
    fake = Fake(sleeps=True)
    budget = ModelBudget(9, 1000, 0.05)
    with pytest.raises(ModelUnavailable, match="has not answered within"):
        await desk(tmp_path, fake, budget).propose("run", question("a"))
    with pytest.raises(ModelUnavailable, match=r"budget of 0.05 s is spent"):
        await desk(tmp_path, fake, budget).propose("run", question("b"))
    assert len(fake.asked) == 1


async def test_a_failure_is_recorded_and_counts_as_a_call(tmp_path: Path) -> None:
    fake = Fake(fails="the server says 500 with MY hunter2hunter2")
    one = desk(tmp_path, fake, MY_SECRET="hunter2hunter2")
    for _ in range(3):
        with pytest.raises(ModelUnavailable, match="says 500"):
            await one.propose("run", question("a"))
    with pytest.raises(ModelUnavailable, match="3 calls"):
        await one.propose("run", question("a"))
    assert "hunter2" not in (tmp_path / "run" / CALLS_FILE).read_text("utf-8")


async def test_what_is_recorded_can_be_replayed_and_nothing_else(tmp_path: Path) -> None:
    await desk(tmp_path, Fake()).propose("run", question("a"))
    path = tmp_path / "run" / CALLS_FILE
    with path.open("ab") as file:
        file.write(path.read_bytes()[:40])  # a crash cut the last line
    replayed = ReplayedModel(Calls(path).read())
    assert await replayed.propose(question("a"), 1.0, 1, None) == ANSWER
    with pytest.raises(LookupError, match="no answer is recorded"):
        await replayed.propose(question("b"), 1.0, 1, None)
    await desk(tmp_path, Fake()).propose("run", question("b"))
    assert [call.question.prompt for call in Calls(path).read()] == ["a", "b"]
    assert json.loads(path.read_bytes().splitlines()[0])["answer"]["inputTokens"] == 100
