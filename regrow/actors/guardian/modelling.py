"""Shell: asks the run's language model, when it has one and no rule knows anything more."""

from __future__ import annotations

from pathlib import Path

from regrow.core.model import ModelDesk, ModelUnavailable
from regrow.core.model.proposing import question_about, recovery_of
from regrow.core.project.evidence import gather
from regrow.core.project.folder_tree import open_folder
from regrow.core.project.recovery.model import Case, Failure, Recovery
from regrow.core.world import World
from regrow.protocols.model import ModelQuestion
from regrow.protocols.plan import Plan
from regrow.protocols.run_messages import Diagnose

__all__ = ["ask_model"]


async def ask_model(
    desk: ModelDesk | None, message: Diagnose, plan: Plan, problem: Failure, world: World
) -> tuple[Recovery | None, str]:
    """Return what the model proposes, if that may be tried; else what is to be said of it, "" when none was asked."""
    if desk is None or message.model is None:
        return None, ""
    case, question = await world.run_blocking(_question, message, plan, problem, message.model)
    try:
        proposal = await desk.propose(message.run_id, question)
    except ModelUnavailable as error:
        return None, f"the model {message.model} did not help: {error}"
    recovery, why = recovery_of(proposal, case, message.model)
    if recovery is not None and recovery.strategy_id in message.tried:
        recovery, why = None, "it proposes once more what was tried"
    return recovery, f"the model {message.model} did not help: {why}" if recovery is None else ""


def _question(message: Diagnose, plan: Plan, problem: Failure, model: str) -> tuple[Case, ModelQuestion]:
    tree = open_folder(Path(message.source.folder))
    case = Case(plan, problem, gather(tree))
    documents = [each.file for each in message.analysis.documents] if message.analysis is not None else []
    return case, question_about(model, case, tree, documents, message.tried)
