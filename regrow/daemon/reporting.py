"""Shell: puts the report of a finished run together from how it ended and from its ledger."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from regrow.actors.run.actor import PLAN_FILE
from regrow.core.project.plan_steps import system_packages_of
from regrow.core.redaction import redact_model
from regrow.core.workshop.ledger import Ledger, LedgerEntry
from regrow.daemon.components import components_of
from regrow.daemon.reading import join_with_run, read_documents
from regrow.protocols.plan import DeviationKind, Plan, PlanStep, TestCounts
from regrow.protocols.report import ReportStep, RunReport, TimelineRow
from regrow.protocols.run_messages import RunFinished, StartRun

__all__ = ["build_report", "steps_of"]

SAYS_CHARS = 2_000


def build_report(
    start: StartRun, finished: RunFinished, folder: Path, timeline: tuple[TimelineRow, ...] = (), version: str = ""
) -> RunReport:
    """Return the report. `version` is that of regrow. Reads the ledger; blocking."""
    tests = finished.results.tests
    plan_file = folder / PLAN_FILE
    plan = Plan.model_validate_json(plan_file.read_bytes()) if plan_file.exists() else None
    steps = tuple(steps_of(Ledger(folder).read(), plan, _proved(folder)))
    reading = read_documents(folder / "source")
    report = RunReport(
        run_id=finished.run_id,
        target=start.configuration.target,
        notes=finished.results.notes,
        verdict=finished.verdict,
        status=finished.status,
        reason=finished.results.reason,
        tests_run=tests.run if tests is not None else 0,
        tests_passed=tests.passed if tests is not None else 0,
        tests_failed=tests.failed + tests.errors if tests is not None else 0,
        tests_skipped=tests.skipped if tests is not None else 0,
        tests_deselected=tests.deselected if tests is not None else 0,
        tests_source=tests.source.value if tests is not None else "none",
        failing_tests=_failing(tests),
        steps=steps,
        deviations=finished.results.deviations,
        accepted=finished.results.accepted,
        checks=finished.results.checks,
        left_out=plan.left_out if plan is not None else (),
        errors=finished.errors,
        attempts=finished.results.attempts,
        learned=finished.results.learned,
        recoveries=finished.results.recoveries,
        timeline=timeline,
        docs_patch=finished.results.patch or "",
        artefacts=finished.results.artefacts,
        contents=finished.results.contents,
        components=components_of(finished.results.components, Ledger(folder).read(), _proved(folder)),
        prevention=finished.results.prevention,
        reproducibility=finished.results.reproducibility,
        repeated_tests=finished.results.repeated,
        read_findings=join_with_run(reading.findings, steps, finished.results.deviations, finished.errors),
        documentation=reading.score,
        environment=_environment(start, version),
        duration_ms=finished.duration_ms,
        finished_at=finished.ended_at or dt.datetime.now(dt.UTC),
        folder=str(folder),
    )
    return redact_model(report)


def _proved(folder: Path) -> list[LedgerEntry]:
    """The steps of the rooms beside the run's own: each has a ledger in a folder of its own."""
    return [entry for path in sorted(folder.glob("*/ledger.jsonl")) for entry in Ledger(path.parent).read()]


def _environment(start: StartRun, version: str) -> dict[str, str]:
    configuration = start.configuration
    unsafe = " (steps may have run without a sandbox)" if configuration.unsafe_no_sandbox else ""
    return {
        "regrow": version or "of unknown version",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}{unsafe}",
        "python of regrow": platform.python_version(),
        "network": configuration.network.value,
        "memory of earlier runs": configuration.memory.value,
        "seed of draws": str(configuration.seed),
        "time limit": f"{configuration.deadline_s:g} s",
        "recoveries at most": str(configuration.max_recoveries),
        **({"language model": configuration.model} if configuration.model is not None else {}),
    }


def _failing(tests: TestCounts | None) -> tuple[str, ...]:
    return tests.failing if tests is not None else ()


def steps_of(
    entries: Iterable[LedgerEntry], plan: Plan | None, proved: Sequence[LedgerEntry] = ()
) -> Iterable[ReportStep]:
    """The steps of the plan that was carried out last, each as it ended last.

    Where what healed the run was put in a plainer way for the documents, some were done in the room of the proof alone.
    """
    planned = {step.step_id: step for step in plan.steps} if plan is not None else {}
    last: dict[str, LedgerEntry] = {}
    attempts: dict[str, int] = {}
    for entry in entries:
        step_id = entry.outcome.step_id
        attempts[step_id] = attempts.get(step_id, 0) + 1
        last[step_id] = entry
    for step in plan.steps if plan is not None else ():
        done = next((each for each in reversed(proved) if _does(each, step)), None)
        if step.step_id not in last and done is not None:
            outcome = done.outcome.model_copy(update={"step_id": step.step_id})
            last[step.step_id] = done.model_copy(update={"outcome": outcome, "command": step.command})
            attempts[step.step_id] = 1
    order = [step_id for step_id in planned if step_id in last] or list(last)
    for step_id in order:
        yield _step(last[step_id], planned.get(step_id), attempts[step_id])


def _does(entry: LedgerEntry, step: PlanStep) -> bool:
    """Whether what was done is a step, or installed the system packages of one beside others."""
    packages = set(system_packages_of(step.command))
    return entry.outcome.step_id == step.step_id or bool(
        packages and packages <= set(system_packages_of(entry.command))
    )


def _step(entry: LedgerEntry, step: PlanStep | None, attempts: int) -> ReportStep:
    outcome = entry.outcome
    ref = step.ref if step is not None else None
    deviation = step.deviation if step is not None else None
    return ReportStep(
        step_id=outcome.step_id,
        command=entry.command,
        phase=step.phase if step is not None else None,
        succeeded=outcome.succeeded,
        exit_code=outcome.exit_code,
        ended=outcome.ended,
        duration_ms=outcome.duration_ms,
        attempts=attempts,
        peak_memory_bytes=outcome.peak_memory_bytes,
        reason=step.reason if step is not None else "",
        file=ref.file if ref is not None else None,
        line=ref.line if ref is not None else None,
        says=ref.text.strip()[:SAYS_CHARS] if ref is not None else "",
        deviates=deviation is not None and deviation.kind is not DeviationKind.REORDERED,
        output_tail=outcome.output_tail[-4000:],
        log=outcome.output_path,
    )
