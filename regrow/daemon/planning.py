"""Shell: fetches a target, reads its documents and makes the plan, and runs nothing of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import anyio.to_thread

from regrow.actors.builder.plan_making import make_plan
from regrow.actors.doc_analyzer.analysis import analyze
from regrow.actors.doc_analyzer.lint import lint, open_target
from regrow.actors.run.project_reading import read_project
from regrow.core.fetch import FetchedTarget, FetchLimits, fetch
from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.core.project.folder_tree import open_folder
from regrow.core.redaction import redact_model
from regrow.core.workshop.allowances import limits_of
from regrow.daemon.reading import score_of
from regrow.protocols.plan import DocumentationScore, PlannedTarget, StepLimits

__all__ = ["plan_of"]


async def plan_of(target: str, *, network: bool = True) -> PlannedTarget:
    """Return what a verification of `target` would do. What was fetched for it is gone afterwards.

    Raises:
        RegrowError: The target cannot be had.
    """
    with tempfile.TemporaryDirectory(prefix="regrow-plan-") as folder:
        fetched = await fetch(target, Path(folder) / "source", limits=FetchLimits(network=network))
        return redact_model(await anyio.to_thread.run_sync(_plan, fetched))


def _plan(fetched: FetchedTarget) -> PlannedTarget:
    project, folder = read_project(fetched.root)
    tree = open_folder(folder)
    analysis = analyze(tree, project.documents if project is not None else (), fetched.name)
    plan = make_plan(analysis, gather(tree))
    if project is not None:
        bounded = [
            step.model_copy(update={"limits": limits_of(step.limits, StepLimits(), project.limits)})
            for step in plan.steps
        ]
        plan = plan.model_copy(update={"steps": tuple(bounded)})
    return PlannedTarget(
        target=fetched.target,
        name=fetched.name,
        version=fetched.version,
        notes=fetched.notes,
        analysis=analysis,
        documentation=_score(tree),
        plan=plan,
    )


def _score(tree: FileTree) -> DocumentationScore:
    return score_of(lint(open_target(tree)))
