"""Shell: has the pattern learner keep what healed a run, before the run says that it is over."""

from __future__ import annotations

from typing import Final

from regrow.core.actor import Actor
from regrow.core.context import ActorContext
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, AskTimeout
from regrow.protocols.run_messages import LearnChain

__all__ = ["teach"]

TRIES: Final = 3
RETRY_DELAY_S: Final = 0.05
LIMIT_S: Final = 5.0
"""The learner writes one transaction; a run that is over waits no longer for it."""


async def teach(ctx: ActorContext, learner: str, lesson: LearnChain | None) -> None:
    """Have a lesson kept. Told again after a crash, it is kept once; no run fails for want of it."""
    if lesson is None:
        return
    for _ in range(TRIES):
        try:
            await ctx.ref(learner, Actor).ask(lesson, timeout_s=LIMIT_S)
        except (ActorRestarting, ActorStopped, LookupError):
            await ctx.world.sleep(RETRY_DELAY_S)
        except AskTimeout:
            return
        else:
            return
