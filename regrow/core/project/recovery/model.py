"""What went wrong and what could be done about it, as values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from regrow.core.failure_signatures import FailureSign
from regrow.core.project.evidence import Evidence
from regrow.core.project.plan_steps import Draft, assemble, draft_of
from regrow.protocols.plan import Deviation, Plan, PlanStep

__all__ = [
    "Case",
    "Failure",
    "FoundPackages",
    "NeedsSystemPackages",
    "PackageFinder",
    "Recovery",
    "hides_fault",
]

_HIDES = re.compile(
    r"\|\|\s*(?:true|:)(?:\s|$)|--deselect|--ignore(?:-glob)?[= ]|-W ?ignore|--exitfirst 0|-k ['\"]?not |"
    r";\s*true\s*$|set \+e|--no-verify"
)


def hides_fault(command: str) -> bool:
    """Whether a command makes a failure look like a success, or leaves tests out: never allowed as a repair (trap 15).

    >>> hides_fault("pytest || true"), hides_fault("pytest --deselect tests/x.py"), hides_fault("pytest -q")
    (True, True, False)
    """
    return _HIDES.search(command) is not None


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed, or a whole that did not do.

    Attributes:
        step: The step, None when no step failed but something is missing.
        output: The end of what it printed.
        exit_code: None when it did not exit by itself.
        code: The error's code (`E3005` no tests, `E3007` wrong copy tested), or empty.
        tests_passed: How many tests were counted as passed before it failed.
    """

    step: PlanStep | None
    output: str = ""
    exit_code: int | None = None
    code: str = ""
    tests_passed: int = 0


@dataclass(frozen=True, slots=True)
class NeedsSystemPackages:
    """A request to the room's owner, who has the index of packages and of the files in them.

    Attributes:
        names: Packages known by name.
        files: Patterns of paths (`*/include/zlib.h`, `usr/bin/cmake`), the best first; one package that has a file of one
            of them is wanted.
        libraries: Libraries that a sentence names; the package with the headers of each is wanted.
        interpreter: Bounds of the Python of this machine that is wanted (`>=3.12`).
        instead_of: Packages that the distribution does not have; what it has in the place of each is wanted.
    """

    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()
    interpreter: str = ""


@dataclass(frozen=True, slots=True)
class FoundPackages:
    """The answer to a request.

    Attributes:
        names: Packages to install; none when nothing is known.
        instead: `(name that the distribution does not have, name that it has in its place)`; only those that are clear.
        interpreter: Series of a Python of this machine (`3.13`); empty when there is none.
        note: How they were found, where that was not the way that a reader expects.
    """

    names: tuple[str, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()
    interpreter: str = ""
    note: str = ""


class PackageFinder(Protocol):
    """The room's owner, as far as recoveries ask it."""

    async def find_packages(self, needs: NeedsSystemPackages, *, network: bool) -> FoundPackages:
        """Return the packages that are asked for.

        Args:
            needs: What is asked for.
            network: Whether the index may be fetched.

        Raises:
            RegrowError: E5003 there is no index, and it cannot be had.
        """
        ...


@dataclass(frozen=True, slots=True)
class Recovery:
    """One thing that may help.

    Attributes:
        strategy_id: The rule that proposes it, with what it is about (`add_packages:zlib.h`): tried at most once.
        reason: The line of output that led to it, or a sentence.
        plan: The amended plan; None when packages must be found first (`with_packages`).
        packages: What the room must have before the plan can go on.
        delay_s: How long to wait before, for what may pass by itself.
        before: The id of the step before which packages are installed.
    """

    strategy_id: str
    reason: str
    plan: Plan | None = None
    packages: NeedsSystemPackages | None = None
    delay_s: float = 0.0
    before: str | None = None


def _plain(command: str) -> str:
    """A command without the ways of spelling pip that do the same."""
    return re.sub(r"^(?:python[\d.]* -m )?pip[\d.]* ", "pip ", command)


@dataclass(frozen=True)
class Case:
    """A failure with all that a rule may look at, and the edits that rules are made of."""

    plan: Plan
    failure: Failure
    evidence: Evidence
    sign: FailureSign | None = None
    drafts: tuple[Draft, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "drafts", tuple(map(draft_of, self.plan.steps)))

    @property
    def command(self) -> str:
        """The failed command, or the empty string."""
        return self.failure.step.command if self.failure.step else ""

    @property
    def index(self) -> int:
        """Where the failed step stands; the end when none failed."""
        ids = [step.step_id for step in self.plan.steps]
        return (
            ids.index(self.failure.step.step_id) if self.failure.step and self.failure.step.step_id in ids else len(ids)
        )

    def insert(self, *new: Draft, at: int | None = None) -> Plan | None:
        """The plan with steps put before the failed one; None when they are all there already."""
        present = {_plain(draft.command) for draft in self.drafts}
        fresh = [draft for draft in new if _plain(draft.command) not in present]
        if not fresh:
            return None
        where = self.index if at is None else at
        return self.rebuilt([*self.drafts[:where], *fresh, *self.drafts[where:]])

    def replace(self, new: Draft, at: int | None = None) -> Plan | None:
        """The plan with another step in place of the failed one; None when it is the same command."""
        where = self.index if at is None else at
        if where >= len(self.drafts) or self.drafts[where].command == new.command:
            return None
        return self.rebuilt([*self.drafts[:where], new, *self.drafts[where + 1 :]])

    def rebuilt(self, drafts: list[Draft], dropped: tuple[Deviation, ...] = ()) -> Plan:
        """A plan of these steps with the candidates and deviations of the old one."""
        commands = {step.step_id: step.command for step in self.plan.steps}
        kept = [(commands[c.replaces], draft_of(c.step)) for c in self.plan.candidates if c.replaces in commands]
        return assemble(drafts, kept, (*self.plan.deviations, *dropped), self.plan.left_out)
