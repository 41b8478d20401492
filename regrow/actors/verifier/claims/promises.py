"""Shell: everything that the documents promise, looked at once the tests have passed on what was built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from regrow.actors.verifier.claims.doing import check_claims
from regrow.actors.verifier.claims.planning import Work, plan_work
from regrow.actors.verifier.claims.statements import of_statements
from regrow.core.project.evidence import Evidence
from regrow.core.project.folder_tree import open_folder
from regrow.core.workshop import Workshop
from regrow.protocols.documents import DocAnalysis
from regrow.protocols.plan import StepOutcome, TestCounts
from regrow.protocols.run_messages import Verify
from regrow.protocols.verification import CheckOutcome

__all__ = ["check_promises"]

LIMIT_CHECKS = 300


@dataclass(frozen=True, slots=True)
class Tested:
    """What the tests came to. `sessions` is how many test commands they were counted in."""

    counts: TestCounts | None
    sessions: int
    outcomes: tuple[StepOutcome, ...]

    @property
    def passed(self) -> bool:
        """Whether tests were counted and passed, and no step failed."""
        ended_well = all(outcome.succeeded for outcome in self.outcomes)
        return ended_well and self.counts is not None and self.counts.all_passed


async def check_promises(
    workshop: Workshop, message: Verify, evidence: Evidence, tested: Tested
) -> tuple[CheckOutcome, ...]:
    """Look at the statements of the documents, and, when the tests passed, at what they show.

    Where a test fails, that is the news; and an address or an output that fails too is most likely its consequence. A replay is
    of steps alone: nothing is looked at again.
    """
    if message.room:
        return ()
    found: list[CheckOutcome] = []
    if tested.passed:
        work = await anyio.to_thread.run_sync(_plan, message.analysis, evidence, Path(message.source.folder))
        log, deadline_s = workshop.logs / "promises.txt", message.configuration.deadline_s
        found.extend(await check_claims(workshop.room, work, evidence.packages, log, deadline_s))
    found.extend(of_statements(message.analysis.claims, tested.counts, tested.sessions))
    return tuple(found[:LIMIT_CHECKS])


def _plan(analysis: DocAnalysis, evidence: Evidence, folder: Path) -> Work:
    return plan_work(analysis, evidence.packages, open_folder(folder).files)
