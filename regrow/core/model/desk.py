"""Shell: the one door to a language model: masks what is asked, keeps to the budget of the run, and records each call.

The budget is of a whole run and is read from the run's own record, so neither a crash nor a resumed run renews it. A call
that fails takes its time from the budget too. What a model costs is known only for models whose price the library knows;
with a limit of cost set, one whose price is not known is asked within the other limits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio
import anyio.to_thread

from regrow.core.model.recorded import Calls, digest_of
from regrow.core.redaction import redact, secret_values
from regrow.core.world import World
from regrow.protocols.model import ModelAnswer, ModelCall, ModelProposal, ModelQuestion

__all__ = ["CALLS_FILE", "Model", "ModelBudget", "ModelDesk", "ModelUnavailable"]

CALLS_FILE = "model.jsonl"
"""In the run's folder."""


class ModelUnavailable(Exception):
    """The model was not asked, or has not answered; the text says why. Nothing else depends on it."""


class Model(Protocol):
    """A language model."""

    async def propose(
        self, question: ModelQuestion, limit_s: float, tokens: int, cost_usd: float | None
    ) -> ModelAnswer:
        """Return what the model proposes.

        Args:
            question: What is asked; nothing of it is secret.
            limit_s: Seconds that may be taken.
            tokens: How many may be used, of both kinds together.
            cost_usd: What may be spent; None for no limit.

        Raises:
            ModelUnavailable: There is no answer, or none that can be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class ModelBudget:
    """What the model may take of one run, all calls together."""

    calls: int
    tokens: int
    seconds: float
    cost_usd: float | None = None


class ModelDesk:
    """See the module.

    Args:
        runs_dir: Each run has a folder in it.
        budget: Of each run.
        open_model: Makes the model of a name, on the first question.
        environment: Whose secret values no question holds.
        world: The clock.
    """

    def __init__(
        self,
        runs_dir: Path,
        budget: ModelBudget,
        open_model: Callable[[str], Model],
        environment: Mapping[str, str],
        world: World | None = None,
    ) -> None:
        self._runs_dir = runs_dir
        self._budget = budget
        self._open_model = open_model
        self._secrets = secret_values(environment)
        self._world = world or World()
        self._models: dict[str, Model] = {}

    async def propose(self, run_id: str, question: ModelQuestion) -> ModelProposal:
        """Return the model's proposal for a run.

        Raises:
            ModelUnavailable: The budget is spent, or the model has not answered.
        """
        asked = question.model_copy(update={"prompt": redact(question.prompt, self._secrets)})
        calls = Calls(self._runs_dir / run_id / CALLS_FILE)
        done = await anyio.to_thread.run_sync(calls.read)
        digest = digest_of(asked)
        known = next((call.answer for call in done if call.digest == digest and call.answer is not None), None)
        if known is not None:
            return known.proposal
        limit_s, tokens, cost = self._left(done)
        began, answer, failure, timed_out = self._world.now_s(), None, "", False
        try:
            with anyio.fail_after(limit_s):
                answer = await self._model(asked.model).propose(asked, limit_s, tokens, cost)
        except TimeoutError:
            failure = f"it has not answered within {limit_s:.0f} s"
            timed_out = True
        except ModelUnavailable as error:
            failure = redact(str(error), self._secrets)
        took_ms = (self._world.now_s() - began) * 1000
        # A loop may wake a little early: the time that was given is spent all the same.
        took_ms = max(took_ms, limit_s * 1000) if timed_out else took_ms
        call = ModelCall(
            digest=digest, at=self._world.wall(), question=asked, answer=answer, failure=failure, took_ms=took_ms
        )
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(calls.append, call)
        if answer is None:
            raise ModelUnavailable(failure)
        return answer.proposal

    def _model(self, name: str) -> Model:
        if name not in self._models:
            self._models[name] = self._open_model(name)
        return self._models[name]

    def _left(self, done: list[ModelCall]) -> tuple[float, int, float | None]:
        """What is left of the budget: seconds, tokens, cost."""
        answers = [call.answer for call in done if call.answer is not None]
        seconds = self._budget.seconds - sum(call.took_ms for call in done) / 1000
        tokens = self._budget.tokens - sum(each.input_tokens + each.output_tokens for each in answers)
        cost = self._budget.cost_usd
        left = None if cost is None else cost - sum(each.cost_usd or 0.0 for each in answers)
        spent = {
            f"{self._budget.calls} calls": len(done) >= self._budget.calls,
            f"{self._budget.tokens} tokens": tokens <= 0,
            f"{self._budget.seconds:g} s": seconds <= 0,
            f"{cost} USD": left is not None and left <= 0,
        }
        for what, over in spent.items():
            if over:
                raise ModelUnavailable(f"the run's budget of {what} is spent; raise it in [model]")
        return seconds, tokens, left
