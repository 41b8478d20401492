"""pydantic-ai against a server of this machine that speaks as OpenAI's does."""

from __future__ import annotations

import json
import time

import pytest

from regrow.core.model import ModelUnavailable
from regrow.core.model.any_provider import AnyProvider, need_library
from regrow.protocols.errors import RegrowError
from regrow.protocols.model import ModelAnswer, ModelQuestion
from tests.core.model.openai_server import Said, serving

GOOD = json.dumps({"edits": [{"kind": "insert_before", "step": 1, "command": "sh a.sh", "why": "x"}], "reason": "r"})
QUESTION = ModelQuestion(model="tiny", instructions="Answer.", prompt="It failed.")

pytestmark = [pytest.mark.anyio, pytest.mark.leaves_things, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def _library() -> None:
    pytest.importorskip("pydantic_ai", reason="the extra 'model' is not installed")


async def asked(said: Said, limit_s: float = 20.0, tokens: int = 1000, key: str = "k3y") -> ModelAnswer:
    return await AnyProvider("tiny", said.url, key).propose(QUESTION, limit_s, tokens, 1.0)


async def test_an_answer_is_read_with_what_it_took() -> None:
    with serving(GOOD) as said:
        answer = await asked(said)
    assert [edit.command for edit in answer.proposal.edits] == ["sh a.sh"]
    assert (answer.requests, answer.input_tokens, answer.output_tokens) == (1, 100, 20)
    assert said.keys == ["Bearer k3y"]
    assert "It failed." in said.asked[0]


async def test_a_malformed_answer_is_asked_again() -> None:
    with serving("I think you should run make", GOOD) as said:
        assert (await asked(said)).requests == 2


@pytest.mark.parametrize(
    "answers", [("no JSON at all",), (400,), ('{"edits": [{"kind": "run", "step": 0, "command": ""}]}',)]
)
async def test_what_is_no_answer_is_said(answers: tuple[str | int, ...]) -> None:
    with serving(*answers) as said, pytest.raises(ModelUnavailable):
        await asked(said)
    assert len(said.asked) <= 3


async def test_a_slow_model_is_given_up() -> None:
    began = time.monotonic()
    with serving(GOOD, delay_s=3.0) as said, pytest.raises((ModelUnavailable, TimeoutError)):
        await asked(said, limit_s=0.5)
    assert time.monotonic() - began < 30


async def test_tokens_are_bounded() -> None:
    with serving("no JSON", GOOD) as said, pytest.raises(ModelUnavailable, match="UsageLimit"):
        await asked(said, tokens=110)
    assert len(said.asked) == 1


async def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(ModelUnavailable):
        await AnyProvider("tiny", "http://127.0.0.1:9/v1", "").propose(QUESTION, 5.0, 1000, None)


def test_without_the_library_it_is_said_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regrow.core.model.any_provider.find_spec", lambda _: None)
    with pytest.raises(RegrowError, match=r"E6007.*regrow\[model\]"):
        need_library()
