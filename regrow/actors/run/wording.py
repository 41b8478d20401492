"""What came back of a phase, in words and as good or bad: for the log and for the run's spans. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from regrow.actors.run.step import DeadlinePassed, Fact, Fetch, PhaseLost
from regrow.protocols.run_messages import AnalyzeDocs, Build, BuildResult, Diagnose, RecoveryPlan, Verify, VerifyReport
from regrow.protocols.verification import BuildError, Component

__all__ = ["component_of", "has_failed", "say"]

_COMPONENTS: Mapping[type, Component] = {
    Fetch: Component.FETCH,
    AnalyzeDocs: Component.ANALYSIS,
    Build: Component.BUILD,
    Verify: Component.VERIFY,
    Diagnose: Component.RECOVERY,
}


def has_failed(fact: Fact) -> bool:
    """Whether it is no success."""
    if isinstance(fact, BuildResult | VerifyReport):
        return fact.error is not None
    return isinstance(fact, BuildError | DeadlinePassed | PhaseLost)


def say(fact: Fact) -> str:
    """Return what a log says of it."""
    match fact:
        case BuildResult(error=error) | VerifyReport(error=error):
            return "done" if error is None else f"{error.code} {error.message}"
        case RecoveryPlan(reason=reason):
            return reason
        case BuildError(code=code, message=text):
            return f"{code} {text}"
        case PhaseLost(why=why):
            return why
        case DeadlinePassed(step=step):
            return f"the deadline has passed{f', in step `{step}`' if step else ''}"
        case _:
            return "done"


def component_of(command: object, *, proving: bool) -> Component:
    """Return the component that a command of a run belongs to."""
    return Component.PROOF if proving else _COMPONENTS.get(type(command), Component.PROOF)
