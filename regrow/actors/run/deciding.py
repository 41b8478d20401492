"""Which of a run's failures decides when nothing helps, and what the recoveries after it have come to. Pure.

A recovery may fail itself: the package that it installs does not exist, the other test command finds no tests. That says
nothing of the project. What decides is the last failure of a step that the documents say, or of a recovery whose tests came
further than any before; what was tried after it is told apart.
"""

from __future__ import annotations

from typing import Final

from regrow.actors.run.record import RunRecord
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.patterns import RecoveryStrategy
from regrow.protocols.plan import Plan, TestCounts
from regrow.protocols.run_messages import PhaseFailure, RecoveryPlan
from regrow.protocols.status import BuildStatus
from regrow.protocols.verification import RecoveryAttempt

__all__ = ["advice_on", "attempt_of", "failed_itself", "weigh"]

LIMIT_TAIL = 4_000
"""Characters that are kept of what a recovery printed that did not help."""

_NOTHING_TO_RUN: Final = frozenset({ErrorCode.VERIFY_NO_TESTS, ErrorCode.DOC_INCOMPLETE})


def weigh(record: RunRecord, failure: PhaseFailure) -> None:
    """Take a failure in: as the one that decides, or as the end of the recovery that was under way."""
    verifying = record.status is BuildStatus.VERIFYING
    tests = record.report.tests if verifying and record.report is not None else None
    if _decides(record, failure, tests):
        record.decisive, record.decisive_plan, record.decisive_tests = failure, record.plan, tests
        record.decisive_repeated = record.report.repeated if verifying and record.report is not None else ()
        record.attempts = ()
    elif record.attempts and record.attempts[-1].error is None:
        outcome, step = failure.outcome, failure.step
        ended = {
            "error": failure.error,
            "command": step.command if step is not None else None,
            "output_tail": outcome.output_tail[-LIMIT_TAIL:] if outcome is not None else "",
        }
        record.attempts = (*record.attempts[:-1], record.attempts[-1].model_copy(update=ended))


def advice_on(record: RunRecord, advice: str) -> str:
    """What to do when nothing helps: where the tests are, if there is nothing to run here and that is known, else `advice`.

    A sentence in a document, or another command, brings no tests into an archive that holds none.
    """
    found = record.decisive.error.code if record.decisive is not None else ""
    untested = record.source.untested if record.source is not None else ""
    return untested if untested and found in _NOTHING_TO_RUN else advice


def attempt_of(before: Plan | None, plan: RecoveryPlan, strategy: RecoveryStrategy) -> RecoveryAttempt:
    """The recovery that begins: what its plan has that the one before it has not."""
    known = before.all_deviations if before is not None else ()
    new = plan.plan.all_deviations if plan.plan is not None else ()
    told = "; ".join(each.description for each in new if each not in known)
    return RecoveryAttempt(strategy_id=strategy.strategy_id, description=told or strategy.description or plan.reason)


def failed_itself(record: RunRecord) -> bool:
    """Whether the last recovery ended with a failure of its own, which decides nothing."""
    return bool(record.attempts) and record.attempts[-1].error is not None


def _decides(record: RunRecord, failure: PhaseFailure, tests: TestCounts | None) -> bool:
    known = record.decisive
    if known is None:
        return True
    documented = failure.step is None or failure.step.deviation is None
    passed, before = (each.passed if each is not None else 0 for each in (tests, record.decisive_tests))
    if known.phase is failure.phase and passed != before:
        return passed > before
    ran = failure.error.code == ErrorCode.VERIFY_NOT_COUNTED or (tests is not None and tests.run > 0)
    if known.error.code in _NOTHING_TO_RUN and ran:
        return True  # Tests that ran, and failed or cannot be counted, say more than that there were none.
    # The same failure once more says that the recovery did not help.
    return documented and failure.error.message != known.error.message
