"""Shell: builds one of the projects in the sandbox, as a verification does after a pass."""

from __future__ import annotations

from pathlib import Path

import anyio

from regrow.actors.verifier.reproducing import Site, reproduce
from regrow.core.sandbox import BaseKind, Sandbox
from regrow.protocols.plan import PlanStep, StepPhase
from regrow.protocols.reproducibility import Reproducibility
from tests.reproducibility.projects import Project


async def build_repeatedly(
    sandbox: Sandbox, project: Project, folder: Path, *, limit_s: float = 300.0
) -> Reproducibility:
    """Build a project until the cause of what differs is known."""
    source = folder / "source"
    for name, text in project.files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, "utf-8")
    step = PlanStep(
        step_id="s1", name=project.build, command=project.build, phase=StepPhase.BUILD, reason="the project's own"
    )
    site = Site(
        sandbox=sandbox,
        base=await sandbox.base_root(BaseKind.C),
        folder=folder / "reproduced",
        source=source,
        steps=[step],
        ecosystem=project.ecosystem,
        network=True,
        tell=lambda _: None,
    )
    end_s = anyio.current_time() + limit_s
    try:
        return await reproduce(site, 2, lambda: end_s - anyio.current_time())
    finally:
        await sandbox.discard(site.folder)
