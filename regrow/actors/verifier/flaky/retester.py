"""Shell: runs failing tests again, alone, in the room in which they failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.actors.verifier.counting import ReporterFacts
from regrow.actors.verifier.flaky.repeating import begin, go_on, passed_again, repeated, take
from regrow.actors.verifier.flaky.variations import KIT_PACKAGES, Variation, variations
from regrow.actors.verifier.flaky.wording import fails_inside
from regrow.core.sandbox import Room, SandboxCommand
from regrow.core.sandbox.folders.trees import entries
from regrow.core.workshop.allowances import sandbox_limits
from regrow.protocols.errors import RegrowError
from regrow.protocols.plan import StepLimits, TestCounts
from regrow.protocols.retests import RepeatedKind, RepeatedTest, Retesting

__all__ = ["ONLY", "KnownFailing", "Retester"]

ONLY = "REGROW_ONLY"
"""The variable by which our reporters are told which tests to run, a name on a line."""

VARIED_RUNS = 2
"""A test passes in a surrounding when it does so this often in a row: a flaky one that was taken for failing is not."""

Count = Callable[[], Awaitable[ReporterFacts]]


@dataclass
class Retester:
    """See the module.

    Attributes:
        room: On the layers on which the step was run, nothing written since.
        script, environment, limits: Of the step, with its reporter.
        rules: How often, and within which time.
        count: Reads what the reporter has written in the room.
        tell: Shows what is going on.
        source: The project as it came.
        network: Whether a variation may be granted the network.
        secrets: Variables that the step sees; a variation with the network gets none, since it could carry them away.
    """

    room: Room
    script: str
    environment: Mapping[str, str]
    limits: StepLimits
    rules: Retesting
    count: Count
    tell: Callable[[str], object]
    source: Path
    network: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict)
    _names: tuple[str, ...] = field(default=(), init=False)

    async def repeat(
        self, counts: TestCounts, failures: Mapping[str, str], python: str | None
    ) -> tuple[RepeatedTest, ...]:
        """Repeat the failing tests until it is known what they are; () when they cannot be repeated.

        Args:
            counts: Of the step that failed.
            failures: Failing test -> its complaint.
            python: The version of the interpreter that ran them.
        """
        self._names = counts.failing
        tallies = begin(counts)
        end_s = anyio.current_time() + self.rules.time_s
        number, longest_s = 0, 0.0
        while go_on(tallies, self.rules) and anyio.current_time() + longest_s < end_s:
            number += 1
            what = self._names[0] if len(self._names) == 1 else f"{len(self._names)} failing tests"
            self.tell(f"{what} once more, to tell chance from failure: repetition {number}")
            began_s = anyio.current_time()
            passed = await self._once(Variation(""))
            longest_s = max(longest_s, anyio.current_time() - began_s)
            if passed is None:
                break
            tallies = take(tallies, passed)
        if not any(tally.trials for tally in tallies.values()):
            return ()
        found = repeated(tallies, self.rules)
        found = tuple(
            each.model_copy(update={"inside": fails_inside(failures.get(each.name, ""), python)})
            if each.kind is RepeatedKind.FAILING
            else each
            for each in found
        )
        return await self._varied(found) if self.rules.vary else found

    async def _once(self, variation: Variation) -> dict[str, bool] | None:
        """Run the tests once; None when it does not show each of them. What they wrote is dropped."""
        limits = variation.limits or self.limits
        secrets = {} if variation.network else self.secrets
        command = SandboxCommand(
            script=variation.before + self.script,
            env={**secrets, **self.environment, **variation.environment, ONLY: "\n".join(self._names)},
            network=variation.network,
        )
        result = await self.room.run(command, sandbox_limits(limits))
        facts = await self.count()
        await self.room.rollback()
        # A run that its room has ended shows nothing of the tests.
        return passed_again(self._names, facts.counts, complete=facts.complete and result.exit_code is not None)

    # -- other surroundings ----------------------------------------------------------------------------------------

    async def _varied(self, found: tuple[RepeatedTest, ...]) -> tuple[RepeatedTest, ...]:
        """Name for each failing test the surroundings in which it passes."""
        left = {each.name for each in found if each.kind is RepeatedKind.FAILING}
        if not left:
            return found
        self._names = tuple(sorted(left))
        released_on = await anyio.to_thread.run_sync(_newest_day, self.source)
        clock = await self._add_kit()
        when: dict[str, str] = {}
        for variation in variations(self.limits, released_on, clock or "", network=self.network):
            if variation.kit and clock is None:
                continue
            self.tell(f"{len(self._names)} failing tests with {variation.name}")
            passing = set(self._names)
            for _ in range(VARIED_RUNS):
                passed = await self._once(variation) if passing else {}
                passing &= {name for name, did in (passed or {}).items() if did}
            when |= {name: variation.name for name in passing if name not in when}
        if clock is not None:
            await self.room.rollback(1)
        return tuple(each.model_copy(update={"passes_when": when.get(each.name, "")}) for each in found)

    async def _add_kit(self) -> str | None:
        """Unpack what variations need; return where the clock lies, "" without one, None without a kit."""
        if not self.network:
            return None
        try:
            await self.room.install_packages(KIT_PACKAGES, "kit-of-variations")
        except RegrowError:
            return None
        for folder in await self.room.list_folder("/usr/lib"):
            path = f"/usr/lib/{folder}/faketime/libfaketime.so.1"
            if folder.endswith("-linux-gnu") and await self.room.find(path) is not None:
                return path
        return ""


class KnownFailing:
    """What was found to fail for certain in the run that was served last: it is not repeated after each of its recoveries.

    It is a saving and nothing else: an actor that is restarted finds it out again.
    """

    def __init__(self) -> None:
        self._run_id = ""
        self._known: dict[str, RepeatedTest] = {}

    async def repeat(self, run_id: str, retester: Retester, facts: ReporterFacts) -> tuple[RepeatedTest, ...]:
        """Repeat the tests that failed, or say what is known of them."""
        counts = facts.counts
        if counts is None or retester.rules.time_s == 0:
            return ()
        if run_id != self._run_id:
            self._run_id, self._known = run_id, {}
        if all(name in self._known for name in counts.failing):
            return tuple(self._known[name] for name in counts.failing)
        found = await retester.repeat(counts, dict(facts.failures), facts.python)
        self._known |= {each.name: each for each in found if each.kind is RepeatedKind.FAILING}
        return found


def _newest_day(source: Path) -> str:
    newest = max((entry.stat(follow_symlinks=False).st_mtime for entry in entries(source)), default=0.0)
    return dt.datetime.fromtimestamp(newest, dt.UTC).strftime("%Y-%m-%d")
