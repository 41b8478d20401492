"""Steps and plans as values: their ids, their limits, and the ways in which a plan is amended.

Ids depend on content alone (the command, and how many equal ones stand before it), so that a step that a recovery
leaves as it was keeps its id and is not done again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import describe
from regrow.core.project.shell_grammar import commands_of
from regrow.protocols.plan import (
    Candidate,
    Deviation,
    DeviationKind,
    DocRef,
    LeftOutCommand,
    Plan,
    PlanStep,
    StepLimits,
    StepPhase,
)

__all__ = [
    "Draft",
    "added",
    "assemble",
    "changed",
    "draft_of",
    "needs_network",
    "phase_of",
    "roles_of",
    "system_packages_of",
]

_LIMITS: dict[StepPhase, StepLimits] = {
    StepPhase.SETUP: StepLimits(time_s=300.0),
    StepPhase.INSTALL: StepLimits(time_s=600.0, cpu_s=1200.0),
    StepPhase.BUILD: StepLimits(time_s=600.0, cpu_s=1200.0),
    StepPhase.TEST: StepLimits(time_s=600.0, cpu_s=1200.0),
}
"""A run has its own deadline; these stop one step from taking all of it. lxml's build takes 145 s on two cores."""

_PHASES: dict[Role, StepPhase] = {
    Role.CHECKOUT: StepPhase.INSTALL,
    Role.RELEASED: StepPhase.INSTALL,
    Role.REQUIREMENTS: StepPhase.INSTALL,
    Role.SYSTEM: StepPhase.SETUP,
    Role.ENVIRONMENT: StepPhase.SETUP,
    Role.SHELL: StepPhase.SETUP,
    Role.SUBMODULE: StepPhase.SETUP,
    Role.CONFIGURE: StepPhase.BUILD,
    Role.COMPILE: StepPhase.BUILD,
    Role.SYSTEM_WIDE: StepPhase.INSTALL,
    Role.TEST: StepPhase.TEST,
}
_BUILDS_ENVIRONMENT = re.compile(
    r"(?:^|[\s;&|/])(tox|nox|hatch|uv|uvx|pipx|pdm|poetry|npx|pipenv|rye|mvnw?|gradlew?)(?=\s|$)|setup\.py|"
    r"(?:^|[\s;&|/])(?:cargo|go)\s+(?:build|test|run|check|vet|mod|generate|nextest)\b"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A step before it has an id."""

    command: str
    reason: str
    phase: StepPhase
    ref: DocRef | None = None
    deviation: Deviation | None = None
    counts_tests: bool = False
    service: bool = False
    port: int | None = None
    interpreter: str = ""

    @property
    def documented(self) -> DocRef | None:
        """The sentence of the documents that this step stands for; None when they have none."""
        return self.ref if self.deviation is None else self.deviation.corrects


def roles_of(command: str) -> frozenset[Role]:
    """What the simple commands of a line are for."""
    return frozenset(describe(simple).role for simple in commands_of(command))


def phase_of(command: str) -> StepPhase:
    """The phase of a command, by the part of it that comes last in a plan."""
    phases = [_PHASES.get(role, StepPhase.SETUP) for role in roles_of(command)]
    order = list(StepPhase)
    return max(phases, key=order.index, default=StepPhase.SETUP)


def needs_network(command: str, phase: StepPhase) -> bool:
    """Whether a step may reach package hosts: one that installs, or a wrapper that makes its environment when it
    runs.
    """
    return (
        phase is StepPhase.INSTALL
        or bool(roles_of(command) & {Role.SYSTEM, Role.CHECKOUT, Role.RELEASED, Role.REQUIREMENTS, Role.SUBMODULE})
        or bool(_BUILDS_ENVIRONMENT.search(command))
    )


def system_packages_of(command: str) -> tuple[str, ...]:
    """Names of Debian packages that a command installs, for the room's owner, who unpacks them from outside.

    >>> system_packages_of("sudo apt-get update && sudo apt-get install -y gcc make"), system_packages_of("make")
    (('gcc', 'make'), ())
    """
    facts = [describe(simple) for simple in commands_of(command)]
    return tuple(
        name for fact in facts if fact.role is Role.SYSTEM and fact.platform == "debian" for name in fact.names
    )


def draft_of(step: PlanStep) -> Draft:
    """A step as a draft, to be put into another plan; an equal command at the same place gets the same id again."""
    return Draft(
        step.command,
        step.reason,
        step.phase,
        step.ref,
        step.deviation,
        step.counts_tests,
        service=step.service,
        port=step.port,
        interpreter=step.interpreter,
    )


def assemble(
    drafts: Iterable[Draft],
    alternatives: Sequence[tuple[str, Draft]] = (),
    dropped: Sequence[Deviation] = (),
    left_out: Sequence[LeftOutCommand] = (),
) -> Plan:
    """A plan of these steps.

    Args:
        drafts: In the order in which they are typed.
        alternatives: `(command that it replaces, draft)`; those whose command is no step are left out.
        dropped: Deviations that no step carries.
        left_out: Documented commands that are no steps.
    """
    seen: dict[str, int] = {}
    steps = tuple(_step(draft, seen) for draft in drafts)
    by_command = {step.command: step.step_id for step in steps}
    candidates = tuple(
        Candidate(replaces=by_command[command], step=_step(draft, seen))
        for command, draft in alternatives
        if command in by_command
    )
    literal = not dropped and all(step.deviation is None for step in steps)
    digest = hashlib.sha256("\n".join(step.step_id for step in steps).encode()).hexdigest()[:16]
    return Plan(
        plan_id=f"plan-{digest}",
        steps=steps,
        literal=literal,
        candidates=candidates,
        deviations=tuple(dropped),
        left_out=tuple(left_out),
    )


def _step(draft: Draft, seen: dict[str, int]) -> PlanStep:
    count = seen[draft.command] = seen.get(draft.command, 0) + 1
    digest = hashlib.sha256(f"{count}\n{draft.command}".encode()).hexdigest()[:12]
    first = draft.command.split("\n")[0]
    return PlanStep(
        step_id=f"{draft.phase.value}-{digest}",
        name=first if len(first) <= 80 else first[:77] + "...",
        command=draft.command,
        network=needs_network(draft.command, draft.phase),
        phase=draft.phase,
        reason=draft.reason,
        ref=draft.ref,
        deviation=draft.deviation,
        limits=_LIMITS[draft.phase],
        counts_tests=draft.counts_tests,
        service=draft.service,
        port=draft.port,
        interpreter=draft.interpreter,
    )


def added(strategy: str, description: str, sentence: str, corrects: DocRef | None = None) -> Deviation:
    """A step that the documents lack."""
    return Deviation(
        strategy_id=strategy,
        kind=DeviationKind.ADDED_STEP,
        description=description,
        corrects=corrects,
        sentence=sentence,
    )


def changed(strategy: str, description: str, sentence: str, corrects: DocRef | None) -> Deviation:
    """A command that the documents have in another form."""
    return Deviation(
        strategy_id=strategy,
        kind=DeviationKind.CHANGED_COMMAND,
        description=description,
        corrects=corrects,
        sentence=sentence,
    )
