"""Shell: everything that the documents promise, looked at once the tests have passed on what was built."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread

from regrow.actors.verifier.claims.doing import check_claims
from regrow.actors.verifier.claims.planning import Work, plan_work
from regrow.actors.verifier.claims.statements import of_statements
from regrow.core.project.evidence import Evidence
from regrow.core.project.folder_tree import open_folder
from regrow.core.workshop import Workshop
from regrow.protocols.documents import DocAnalysis
from regrow.protocols.plan import TestCounts
from regrow.protocols.run_messages import SourceTree
from regrow.protocols.verification import CheckOutcome

__all__ = ["check_promises"]

LIMIT_CHECKS = 300


async def check_promises(
    workshop: Workshop,
    analysis: DocAnalysis,
    evidence: Evidence,
    source: SourceTree,
    counts: TestCounts | None,
    sessions: int,
    *,
    tested: bool,
) -> tuple[CheckOutcome, ...]:
    """Look at the statements of the documents, and, when the tests passed, at what they show.

    Where a test fails, that is the news; and an address or an output that fails too is most likely its consequence.
    """
    found: list[CheckOutcome] = []
    if tested:
        work = await anyio.to_thread.run_sync(_plan, analysis, evidence, Path(source.folder))
        found.extend(await check_claims(workshop.room, work, evidence.packages, workshop.logs / "promises.txt"))
    found.extend(of_statements(analysis.claims, counts, sessions))
    return tuple(found[:LIMIT_CHECKS])


def _plan(analysis: DocAnalysis, evidence: Evidence, folder: Path) -> Work:
    return plan_work(analysis, evidence.packages, open_folder(folder).files)
