"""Shell: the model of a name, through pydantic-ai: any provider that it knows, or a server of one's own that speaks as
OpenAI's does. Needs the extra `model`; nothing of it is imported before a model is asked.

pydantic-ai runs on asyncio alone. A call therefore has a thread and a loop of its own, whatever runs here; one that is
cancelled is left to its end, which its own limit of time brings about.
"""

from __future__ import annotations

import asyncio
import warnings
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from importlib.util import find_spec

import anyio.to_thread

from regrow.core.model.desk import ModelUnavailable
from regrow.protocols.errors import regrow_error
from regrow.protocols.model import ModelAnswer, ModelProposal, ModelQuestion

__all__ = ["AnyProvider", "need_library"]

REQUESTS_A_QUESTION = 3
"""An answer that is not what was asked for is sent back with what is wrong about it, twice."""


def need_library() -> None:
    """See that a model can be asked here, before a long run and not in its middle.

    Raises:
        RegrowError: E6007 the library is not installed.
    """
    if find_spec("pydantic_ai") is None:
        raise regrow_error(
            "E6007",
            "needs the extra 'model'",
            where="a language model (--model, [model] name)",
            got="the module pydantic_ai is not installed",
            remedy="pip install 'regrow[model]'; in a checkout: REGROW_EXTRAS=model ./run ...",
        )


@dataclass(frozen=True, slots=True)
class AnyProvider:
    """One model.

    Attributes:
        name: As pydantic-ai names it, `provider:model`; of a server of one's own, what that calls it.
        base_url: Where such a server is; "" for the provider of the name.
        key: For it; a local one seldom wants one.
    """

    name: str
    base_url: str = ""
    key: str = ""

    async def propose(
        self, question: ModelQuestion, limit_s: float, tokens: int, cost_usd: float | None
    ) -> ModelAnswer:
        """Ask; see `Model.propose`."""
        ask = partial(self._ask, question, limit_s, tokens, cost_usd)
        return await anyio.to_thread.run_sync(ask, abandon_on_cancel=True)

    def _ask(self, question: ModelQuestion, limit_s: float, tokens: int, cost_usd: float | None) -> ModelAnswer:
        from pydantic_ai.exceptions import AgentRunError, UserError

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of prices that are not known
                return asyncio.run(self._answer(question, limit_s, tokens, cost_usd))
        except (AgentRunError, UserError, OSError) as error:
            raise ModelUnavailable(f"{type(error).__name__}: {error}") from None

    async def _answer(
        self, question: ModelQuestion, limit_s: float, tokens: int, cost_usd: float | None
    ) -> ModelAnswer:
        from pydantic_ai import Agent, PromptedOutput, UsageLimits
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        provider = OpenAIProvider(base_url=self.base_url, api_key=self.key or "none") if self.base_url else None
        model = OpenAIChatModel(self.name, provider=provider) if provider is not None else self.name
        # By the prompt, since not every server has tools or schemas of answers.
        agent = Agent(
            model,
            output_type=PromptedOutput(ModelProposal),
            instructions=question.instructions,
            retries=REQUESTS_A_QUESTION - 1,
            model_settings={"temperature": 0.0, "timeout": limit_s},
        )
        limits = UsageLimits(
            request_limit=REQUESTS_A_QUESTION,
            total_tokens_limit=tokens,
            cost_limit=None if cost_usd is None else Decimal(str(cost_usd)),
        )
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(limit_s):
            result = await agent.run(question.prompt, usage_limits=limits)
        used = result.usage
        return ModelAnswer(
            proposal=result.output,
            requests=used.requests,
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            cost_usd=None if used.cost is None else float(used.cost),
            took_ms=(asyncio.get_running_loop().time() - began) * 1000,
        )
