"""Which recovery comes next: the rules' own order, corrected by what earlier runs have seen. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from regrow.core.failure_signatures import failure_signs
from regrow.core.learning.posterior import Posterior, draw
from regrow.core.learning.records import gives_way, posterior_of, rule_of
from regrow.core.project.recovery.exchanging import with_exchanged
from regrow.core.project.recovery.interpreters import with_interpreter
from regrow.core.project.recovery.model import Failure, FoundPackages, NeedsSystemPackages, Recovery
from regrow.core.project.recovery.rules import with_packages
from regrow.core.project.recovery.system_files import development_package, packages_of
from regrow.protocols.patterns import StrategyRecord
from regrow.protocols.plan import Plan

__all__ = ["Memory", "Ranked", "amended", "from_table", "in_order", "same_cause"]

NEUTRAL = 0.5
"""What is expected of a rule that was never tried for this pattern: such rules keep their own order."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier runs have seen, as far as a choice needs it.

    Attributes:
        kind: The kind of project.
        records: Of the failure's pattern; of another that is nearly the same where `near` says so.
        seed: What draws depend on: the run's seed, the source, the pattern, the attempt.
    """

    kind: str
    records: Sequence[StrategyRecord]
    now: dt.datetime
    near: bool = False
    seed: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A proposal with what is believed of its rule: the mean, what was drawn, and in words."""

    proposal: Recovery
    expected: float = NEUTRAL
    drawn: float = NEUTRAL
    why: str = "the first rule that applies; nothing is known of any"


def in_order(proposals: Sequence[Recovery], memory: Memory | None, plan: Plan | None = None) -> list[Ranked]:
    """Order proposals by draws from their records (Thompson sampling); those without one keep the rules' order.

    A record never moves a proposal that exchanges a step of the plan before one that leaves all steps as they are, nor
    the other way round: what is missing is added first whatever other runs have seen, or the verdict would hang on them.
    A rule that has failed too often in a row is the last of its sort.
    """
    ranked = [_ranked(proposal, memory) for proposal in proposals]
    exchanging = [_exchanges(each.proposal, plan) for each in ranked]
    sorts = {
        sort: iter(
            sorted(
                (each for each, one in zip(ranked, exchanging, strict=True) if one is sort),
                key=lambda each: (_gives_way(each.proposal, memory), -each.drawn),
            )
        )
        for sort in (False, True)
    }
    return [next(sorts[sort]) for sort in exchanging]


def _ranked(proposal: Recovery, memory: Memory | None) -> Ranked:
    if memory is None:
        return Ranked(proposal, why="the first rule that applies; no memory is used")
    rule = rule_of(proposal.strategy_id)
    posterior = posterior_of(memory.records, memory.kind, rule, memory.now, near=memory.near)
    if posterior == Posterior():
        return Ranked(proposal)
    expected, drawn = posterior.mean, draw(posterior, *memory.seed, memory.kind, rule)
    whose = "a pattern that is nearly the same" if memory.near else "this pattern"
    helped = f"{posterior.good:.1f} of {posterior.good + posterior.bad:.1f} times"
    told = f"{rule} helped {helped} against {whose}, recent ones counted more"
    late = "; it failed ten times in a row, so it comes last" if _gives_way(proposal, memory) else ""
    return Ranked(proposal, expected, drawn, f"{told}: expected {expected:.2f}, drawn {drawn:.2f}{late}")


def _gives_way(proposal: Recovery, memory: Memory | None) -> bool:
    return memory is not None and gives_way(memory.records, memory.kind, rule_of(proposal.strategy_id))


def same_cause(now: Failure, before: Failure) -> bool:
    """Whether a failure shows the same thing missing as an earlier one: what was done in between did not help."""
    here, there = (failure_signs(each.output, each.exit_code)[:1] for each in (now, before))
    return bool(here and there and here[0].subject) and (here[0].kind, here[0].subject) == (
        there[0].kind,
        there[0].subject,
    )


def _exchanges(proposal: Recovery, plan: Plan | None) -> bool:
    if plan is None or proposal.plan is None:
        return False
    kept = {step.step_id for step in proposal.plan.steps}
    return any(step.step_id not in kept for step in plan.steps)


def from_table(needs: NeedsSystemPackages, why: str = "") -> FoundPackages:
    """Answer a request without the distribution's index; `why` it cannot be had."""
    libraries = tuple(map(development_package, needs.libraries))
    note = f"by a table, since the package index cannot be had ({why})" if why else ""
    return FoundPackages(needs.names or libraries or packages_of(needs.files), note=note)


def amended(plan: Plan, proposal: Recovery, found: FoundPackages) -> Plan | None:
    """Return the plan with a proposal carried out; None when it asks for what no package is known for.

    Args:
        plan: The plan that failed.
        proposal: What may help.
        found: The answer to `proposal.packages`; empty where nothing is asked for.
    """
    if proposal.packages is None:
        return proposal.plan
    after = proposal.plan or plan
    if found.instead:
        after = with_exchanged(after, proposal, found.instead)
    if found.interpreter:
        return with_interpreter(after, proposal, found.interpreter)
    after = with_packages(after, proposal, found.names) if found.names else after
    if not (found.instead or found.names):
        return None
    return after if after.plan_id != plan.plan_id else None
