"""Shell: answers `Verify`: runs the plan's test steps on what was built, counts the tests, and judges.

The last test step leaves no layer: what it wrote is looked at and dropped. Those before it, and what the documents put
between them (`cd ../b`, another installation), do, since the next one is typed into the same shell. A repeated verification
begins with what was built, whatever layers an earlier one left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from regrow.actors.verifier.absent_files import absent_file
from regrow.actors.verifier.claims import Tested, beside_services, check_promises, services_of
from regrow.actors.verifier.claims.services import SERVICES_FILE, outcomes_of
from regrow.actors.verifier.copy_checks import changed_tests, copy_checks, fell_back, may_compile
from regrow.actors.verifier.counting import ReporterFacts, TestedModule, count_output, read_reporter
from regrow.actors.verifier.counting.junit import count_junit
from regrow.actors.verifier.counting.several import added_up
from regrow.actors.verifier.doubting import Told, doubt_of
from regrow.actors.verifier.flaky import KnownFailing, Retester, may_repeat
from regrow.actors.verifier.instruments import (
    JUNIT_FILE,
    PYTEST_PLUGINS,
    REPORT_FILE,
    SEEN_FILE,
    Instrument,
    instrument,
    instrument_broke,
    prepared,
    without_reporter,
)
from regrow.actors.verifier.judging import Expectations, judge
from regrow.actors.verifier.preventing import write_prevention
from regrow.actors.verifier.reproducing import compare_builds
from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.core.orderly import cancelled_in_order
from regrow.core.progress import ProgressBoard
from regrow.core.project.evidence import Evidence, MissingModule, gather, missing_modules
from regrow.core.project.folder_tree import open_folder
from regrow.core.redaction import redact
from regrow.core.sandbox import CHECKOUT, BaseKind, CommandResult, Room
from regrow.core.workshop import StepRun, Workshop, chain_keys, open_workshop
from regrow.core.workshop.leavings import leavings_of
from regrow.core.workshop.phases import packages_to_unpack, split_plan
from regrow.core.workshop.rooms import Rooms
from regrow.core.workshop.shell_state import wrap
from regrow.core.workshop.step_spans import attributes_of, note_outcome
from regrow.core.workshop.workshop import STATE_FOLDER, TOOLS_FOLDER, WORK_FOLDER
from regrow.protocols.errors import RegrowError
from regrow.protocols.messages import NoState
from regrow.protocols.plan import PlanStep, StepOutcome, TestCounts
from regrow.protocols.prevention import PreventionTests, WritePrevention
from regrow.protocols.reproducibility import Reproducibility
from regrow.protocols.retests import RepeatedTest
from regrow.protocols.run_messages import CheckKind, CheckOutcome, Reproduce, RunProgress, Verify, VerifyReport
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildError, NetworkPolicy

__all__ = ["REPORTERS", "VerifierActor"]

REPORTERS = Path(__file__).parent / "in_room"
"""The reporters that are put into each room."""

REPRODUCED_ROOM = "reproduced"
"""In a run's folder: where its build is repeated."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """What one test step showed: the best count, that of its output, what the reporter saw, why a count is not believed."""

    best: TestCounts | None
    printed: TestCounts | None
    facts: ReporterFacts
    doubt: str = ""


@dataclass
class _Seen:
    """What the test steps of one verification showed. `counted` is by step, in their order."""

    outcomes: list[StepOutcome] = field(default_factory=list)
    counted: dict[str, _Counted] = field(default_factory=dict)
    missing: tuple[MissingModule, ...] = ()
    repeated: tuple[RepeatedTest, ...] = ()
    absent: tuple[str, ...] = ()
    fell_back: tuple[str, ...] = ()
    beside: dict[str, StepOutcome] = field(default_factory=dict)
    changed: CheckOutcome | None = None

    @property
    def counts(self) -> TestCounts | None:
        return added_up(each.best for each in self.counted.values())

    @property
    def printed(self) -> TestCounts | None:
        """The sum of what the runners printed; None when one of them printed none, since it would compare with nothing."""
        each_printed = [each.printed for each in self.counted.values()]
        return added_up(each_printed) if None not in each_printed else None

    @property
    def modules(self) -> tuple[TestedModule, ...] | None:
        """What the tests loaded; None when no reporter saw them."""
        facts = [each.facts for each in self.counted.values() if each.facts.counts is not None]
        return tuple(module for each in facts for module in each.modules) if facts else None

    @property
    def doubt(self) -> str:
        """Why the count of a step is not believed; empty when all are."""
        return next((each.doubt for each in self.counted.values() if each.doubt), "")

    @property
    def failures(self) -> tuple[tuple[str, str], ...]:
        """Failing test -> its complaint, as far as the reporter has seen them."""
        return tuple(failure for each in self.counted.values() for failure in each.facts.failures)

    @property
    def sessions(self) -> int:
        """How many sessions the reporter saw in the step that had most."""
        return max((each.facts.sessions for each in self.counted.values()), default=1)

    @property
    def complete(self) -> bool:
        return all(each.facts.complete for each in self.counted.values() if each.facts.counts is not None)


class VerifierActor(Actor[NoState]):
    """See the module.

    Args:
        runs_dir: The folder of the runs' folders.
        rooms: The sandbox and its base roots.
        board: Where progress is shown.
    """

    def __init__(self, runs_dir: Path, rooms: Rooms, board: ProgressBoard) -> None:
        self._runs_dir = runs_dir
        self._rooms = rooms
        self._board = board
        self._known_failing = KnownFailing()

    @handler
    async def verify(self, message: Verify) -> VerifyReport:
        """Test what was built, and judge."""
        build_steps, tests = split_plan(message.plan)
        if not any(step.counts_tests for step in tests):
            error = BuildError(code="E3005", message="no document says how to run the tests, so none was run")
            return VerifyReport(run_id=message.run_id, attempt=message.attempt, error=error)
        try:
            return await cancelled_in_order(partial(self._test, message, build_steps, tests))
        except RegrowError as error_raised:
            error = BuildError(code=error_raised.code, message=str(error_raised))
            return VerifyReport(run_id=message.run_id, attempt=message.attempt, error=error)

    @handler
    async def write_prevention(self, message: WritePrevention) -> PreventionTests:
        """Write tests that would have caught what was healed, and see them fail before the patch and pass after it."""
        prove = partial(write_prevention, message, self._rooms, self._runs_dir / message.run_id, self.ctx.world)
        return await cancelled_in_order(prove)

    @handler
    async def reproduce(self, message: Reproduce) -> Reproducibility:
        """Repeat the build, and say whether it gives the same and if not, why."""
        rooms, folder = self._rooms, self._runs_dir / message.run_id / REPRODUCED_ROOM
        compared = partial(compare_builds, message, rooms, folder, self.ctx.world.wall, partial(self._say, message))
        return await cancelled_in_order(compared)

    async def _test(self, message: Verify, build: Sequence[PlanStep], tests: Sequence[PlanStep]) -> VerifyReport:
        evidence = await self.ctx.world.run_blocking(_evidence, message)
        seen = _Seen()
        async with open_workshop(
            sandbox=await self._rooms.sandbox(),
            base=await self._rooms.base(
                message.analysis.ecosystem, offline=message.configuration.network is not NetworkPolicy.INSTALL
            ),
            folder=self._runs_dir / message.run_id / message.room,
            source=message.source,
            tools=self._rooms.tools,
            steps=build,
            actor="verifier",
            attempt=message.attempt,
            now=self.ctx.world.wall,
            configuration=message.configuration,
        ) as workshop:
            seen.outcomes.extend(workshop.done)
            keys = chain_keys(workshop.first_key, [*build, *tests])[len(build) :]
            for step, key in zip(tests, keys, strict=True):
                if step.service:
                    continue  # It is started beside each step after it.
                run = StepRun(step, key, "", keep=step is not tests[-1])
                outcome = await self._step(message, workshop, run, evidence, seen)
                seen.outcomes = [each for each in seen.outcomes if each.step_id not in seen.beside]
                seen.outcomes.extend([*seen.beside.values(), outcome])
                if not outcome.succeeded:
                    break
            if seen.outcomes and not seen.outcomes[-1].succeeded:
                seen.missing = await self.ctx.world.run_blocking(_not_found, message, seen.outcomes[-1], evidence)
                seen.absent = await self.ctx.world.run_blocking(_absent, message, seen)
                seen.repeated = await self._repeat(message, workshop, tests, seen, evidence)
            checks = await copy_checks(workshop.room, evidence, seen.modules, message)
            checks = (*checks, *((seen.changed,) if seen.changed is not None else ()))
            if await self.ctx.world.run_blocking(may_compile, message, evidence):
                seen.fell_back = await fell_back(workshop.room, evidence, build)
            tested = Tested(seen.counts, len(seen.counted), tuple(seen.outcomes))
            checks = (*checks, *await check_promises(workshop, message, evidence, tested))
            report = _report(message, seen, checks)
            # A replay makes the same once more; what failed has nothing to hand on.
            if report.error is None and not message.room:
                report = await _with_leavings(report, workshop, message)
        return report

    async def _repeat(
        self, message: Verify, workshop: Workshop, tests: Sequence[PlanStep], seen: _Seen, evidence: Evidence
    ) -> tuple[RepeatedTest, ...]:
        """Repeat the tests that failed, if chance may be why and nothing else is known to be."""
        outcome = seen.outcomes[-1]
        step = next((each for each in tests if each.step_id == outcome.step_id), None)
        counted = seen.counted.get(outcome.step_id)
        if (
            step is None
            or counted is None
            or seen.doubt
            or seen.missing
            or seen.absent
            or not may_repeat(counted.facts)
        ):
            return ()
        reports = f"{WORK_FOLDER}/reports/{step.step_id}"
        chosen = instrument(step.command, reporters=TOOLS_FOLDER, reports=reports, packages=evidence.packages)
        run = _tooled(StepRun(step, workshop.first_key, ""), chosen, reports)

        async def count() -> ReporterFacts:
            return read_reporter(await _text(workshop.room, f"{reports}/{REPORT_FILE}"))

        retester = Retester(
            room=workshop.room,
            script=run.script,
            environment=run.env,
            limits=workshop.limits_for(step),
            secrets=workshop.secrets_for(step),
            rules=message.configuration.retesting,
            count=count,
            tell=lambda what: self._say(message, what),
            source=Path(message.source.folder),
            network=message.configuration.network is not NetworkPolicy.NONE,
        )
        return await self._known_failing.repeat(message.run_id, retester, counted.facts)

    async def _step(
        self, message: Verify, workshop: Workshop, run: StepRun, evidence: Evidence, seen: _Seen
    ) -> StepOutcome:
        step = run.step
        self._show(message, step, "")
        packages = packages_to_unpack(step.command)
        if packages and workshop.base.kind is not BaseKind.HOST:
            return await workshop.install(run, packages)
        reports = f"{WORK_FOLDER}/reports/{step.step_id}"
        chosen = instrument(step.command, reporters=TOOLS_FOLDER, reports=reports, packages=evidence.packages)
        outcome = await self._once(message, workshop, _tooled(run, chosen, reports), reports, seen)
        if not outcome.succeeded and instrument_broke(outcome.output_tail):
            chosen = without_reporter(step.command, reporters=TOOLS_FOLDER, reports=reports)
            outcome = await self._once(message, workshop, _tooled(run, chosen, reports), reports, seen)
        return outcome

    async def _once(self, message: Verify, workshop: Workshop, run: StepRun, reports: str, seen: _Seen) -> StepOutcome:
        async def count(result: CommandResult, outcome: StepOutcome) -> StepOutcome:
            del result
            facts = read_reporter(await _text(workshop.room, f"{reports}/{REPORT_FILE}"))
            output = await self.ctx.world.run_blocking(Path(outcome.output_path or "").read_text, "utf-8", "replace")
            printed = count_output(output)
            junit = count_junit(await _text(workshop.room, f"{reports}/{JUNIT_FILE}"))
            best = facts.counts or junit or printed
            noted = await _text(workshop.room, f"{reports}/{SEEN_FILE}")
            voices = Told(best, facts, junit, printed, output, noted, PYTEST_PLUGINS in run.env)
            doubt = await doubt_of(workshop.room, run.step, voices)
            if best is not None and best.all_passed and run.step.counts_tests and seen.changed is None:
                seen.changed = await changed_tests(workshop.room, Path(message.source.folder))
            best = None if doubt else best
            if run.step.counts_tests or best is not None:
                seen.counted[run.step.step_id] = _Counted(best, printed, facts, doubt)
            for service, told in zip(
                services, outcomes_of(services, await _text(workshop.room, SERVICES_FILE)), strict=True
            ):
                seen.beside[service.step_id] = told
            return outcome.model_copy(update={"tests": best})

        _, tests = split_plan(message.plan)
        services = services_of(tests, run.step)
        run = beside_services(run, services)
        with self.ctx.span(f"step {run.step.name}", attributes_of(run.step)) as span:
            _, outcome = await workshop.run(run, lambda line: self._show(message, run.step, line), count)
            note_outcome(span, outcome)
        for service in services:
            await workshop.note(StepRun(service, run.key, ""), seen.beside[service.step_id])
        return outcome

    def _say(self, message: Reproduce | Verify, what: str) -> None:
        progress = RunProgress(
            run_id=message.run_id, status=BuildStatus.VERIFYING, attempt=message.attempt, step_name=redact(what)
        )
        self._board.publish(progress)

    def _show(self, message: Verify, step: PlanStep, line: str) -> None:
        self._board.publish(
            RunProgress(
                run_id=message.run_id,
                status=BuildStatus.VERIFYING,
                attempt=message.attempt,
                step_id=step.step_id,
                step_name=redact(step.name),
                last_output_line=line or None,
            )
        )


async def _with_leavings(report: VerifyReport, workshop: Workshop, message: Verify) -> VerifyReport:
    left = await leavings_of(workshop.room, workshop.base, message.source)
    return report.model_copy(update={"artefacts": left.artefacts, "contents": left.contents})


def _tooled(run: StepRun, chosen: Instrument, reports: str) -> StepRun:
    script = f"mkdir -p {reports}\n" + wrap(prepared(chosen.command, TOOLS_FOLDER), STATE_FOLDER, run.step.cwd)
    return StepRun(run.step, run.key, script, chosen.environment, keep=run.keep)


def _evidence(message: Verify) -> Evidence:
    return gather(open_folder(Path(message.source.folder)))


def _not_found(message: Verify, outcome: StepOutcome, evidence: Evidence) -> tuple[MissingModule, ...]:
    path = Path(outcome.output_path) if outcome.output_path is not None else None
    output = path.read_text("utf-8", "replace") if path is not None and path.is_file() else outcome.output_tail
    return missing_modules(open_folder(Path(message.source.folder)), evidence, output)


def _absent(message: Verify, seen: _Seen) -> tuple[str, ...]:
    """The files for want of which each failing test failed; none when one failed for anything else."""
    failures = seen.failures
    tree = open_folder(Path(message.source.folder))
    found = [absent_file(tree, reason, CHECKOUT) for _, reason in failures]
    return tuple(dict.fromkeys(found)) if all(found) else ()


async def _text(room: Room, path: str) -> str:
    try:
        return (await room.read_file(path, 64 * 1024 * 1024)).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _report(message: Verify, seen: _Seen, checks: tuple[CheckOutcome, ...]) -> VerifyReport:
    known = Expectations(
        plan=message.plan,
        checks=checks,
        printed=seen.printed,
        missing=seen.missing,
        failures=seen.failures,
        absent=seen.absent,
        repeated=seen.repeated,
        doubt=seen.doubt,
        fell_back=seen.fell_back,
        sessions=seen.sessions,
        count_is_complete=seen.complete,
    )
    judgement = judge(seen.outcomes, seen.counts, message.plan.all_deviations, known)
    error = judgement.causes[0] if judgement.causes else None
    assert (error is None) == (judgement.verdict in (Verdict.PASS, Verdict.HEALED))
    tests = CheckOutcome(
        kind=CheckKind.TESTS,
        name="tests",
        passed=seen.counts.all_passed if seen.counts is not None else None,
        detail="; ".join(judgement.notes),
    )
    return VerifyReport(
        run_id=message.run_id,
        attempt=message.attempt,
        outcomes=tuple(seen.outcomes),
        checks=(tests, *checks),
        tests=seen.counts,
        repeated=seen.repeated,
        layer_id=message.layer_id,
        error=error,
    )
