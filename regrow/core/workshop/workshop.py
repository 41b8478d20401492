"""Shell: a run's room, its ledger and its logs: where plan steps are carried out, and each is done once.

One workshop is open for a run at a time: the builder's, then the verifier's, on the same folder. Output is redacted
before it is kept; the raw file does not outlive the step.
"""

from __future__ import annotations

import datetime as dt
import os
import posixpath
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from regrow.core.project.refused_hosts import say_missing, say_refused
from regrow.core.redaction import Redactor, redact, redact_model
from regrow.core.sandbox import (
    CHECKOUT,
    BaseRoot,
    CommandEnd,
    CommandResult,
    Room,
    Sandbox,
    SandboxCommand,
    SandboxLimits,
)
from regrow.core.sandbox.bases.interpreters import HostPython, copy_interpreter
from regrow.core.workshop.allowances import limits_of, sandbox_limits, secrets_of
from regrow.core.workshop.chain import StepKey, chain_keys, layer_id_of, source_key
from regrow.core.workshop.escapes import without_escapes
from regrow.core.workshop.ledger import Ledger, LedgerEntry
from regrow.core.workshop.told_logs import LIMIT_LOG_BYTES, end_of, logs_named
from regrow.protocols.errors import EnvironmentFault, RegrowError
from regrow.protocols.plan import NO_LIMITS, Ended, PlanStep, StepLimits, StepOutcome
from regrow.protocols.run_messages import SourceTree
from regrow.protocols.verification import BuildConfig, NetworkPolicy

__all__ = ["STATE_FOLDER", "TOOLS_FOLDER", "WORK_FOLDER", "StepRun", "Workshop", "open_workshop"]

WORK_FOLDER = "/build/regrow"
"""What is ours in the room, beside the checkout."""

STATE_FOLDER = f"{WORK_FOLDER}/shell"
"""Where the shell of the steps keeps its folder and variables."""

TOOLS_FOLDER = f"{WORK_FOLDER}/tools"
"""Where the reporters lie that count tests."""

_FULL_BYTES = 64 * 1024**2
"""With less than this a step that failed may have failed for want of room on this machine's disk."""
TOLD_TAIL = 8_192
"""So many characters of the logs that a test runner names are shown with the end of a step's output."""

_TRIES_PYTHON = "import ctypes, ensurepip, hashlib, ssl, venv, zlib"
"""What pip cannot do without: modules that want libraries which the room may not have."""

_ENDED = {
    CommandEnd.EXITED: Ended.EXITED,
    CommandEnd.SIGNALLED: Ended.SIGNALLED,
    CommandEnd.DEADLINE: Ended.DEADLINE,
    CommandEnd.CPU: Ended.DEADLINE,
    CommandEnd.MEMORY: Ended.MEMORY,
    CommandEnd.OUTPUT: Ended.OUTPUT,
    CommandEnd.DISK: Ended.DISK,
    CommandEnd.PROCESSES: Ended.PROCESSES,
    CommandEnd.CANCELLED: Ended.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class StepRun:
    """How one step is run.

    Attributes:
        step: The step.
        key: Its place in the chain.
        script: What bash is given.
        env: Added to the room's environment.
        keep: Whether what it wrote becomes a layer when it succeeds.
    """

    step: PlanStep
    key: StepKey
    script: str
    env: Mapping[str, str] = field(default_factory=dict)
    keep: bool = True


@dataclass
class Workshop:
    """See the module. Made by `open_workshop`.

    Attributes:
        room: The open room.
        first_key: The key of the untouched source.
        done: Outcomes of the steps whose layers the room stands on, in order.
        secret_values: Variables that steps without network get, by name.
        network: Whether the steps that ask for the network get it.
        offline: Whether they get what was downloaded earlier, and nothing else.
        limits: Those of the operator's settings.
        project_limits: What the project lowers them to.
    """

    room: Room
    base: BaseRoot
    first_key: StepKey
    done: tuple[StepOutcome, ...]
    ledger: Ledger
    logs: Path
    actor: str
    attempt: int
    now: Callable[[], dt.datetime]
    secret_values: Mapping[str, str] = field(default_factory=dict)
    network: bool = True
    offline: bool = False
    limits: StepLimits = field(default_factory=StepLimits)
    project_limits: StepLimits = NO_LIMITS

    @property
    def secrets(self) -> tuple[str, ...]:
        """What is taken out of all that is kept."""
        return tuple(self.secret_values.values())

    def limits_for(self, step: PlanStep) -> StepLimits:
        """Those that are in force for a step."""
        return limits_of(step.limits, self.limits, self.project_limits)

    def secrets_for(self, step: PlanStep) -> dict[str, str]:
        """The variables that a step sees, by name."""
        return secrets_of(step, self.secret_values)

    async def run(
        self,
        run: StepRun,
        on_line: Callable[[str], object] | None = None,
        finish: Callable[[CommandResult, StepOutcome], Awaitable[StepOutcome]] | None = None,
    ) -> tuple[CommandResult, StepOutcome]:
        """Run one step to its end and write it into the ledger.

        Args:
            run: The step.
            on_line: Told the last line of output, redacted.
            finish: Completes the outcome (tests counted) while the room still shows what the step wrote.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        number = len(list(self.logs.glob("*.log"))) + 1
        log = self.logs / f"{number:03d}-{run.step.step_id}.log"
        raw = log.with_suffix(".raw")
        tail = _LastLine(on_line, self.secrets)
        network = run.step.network and self.network
        env = {**self.secrets_for(run.step), **run.env}
        command = SandboxCommand(run.script, env=env, network=network, offline=network and self.offline, in_turn=True)
        result = await self.room.run(command, sandbox_limits(self.limits_for(run.step)), tail, output_path=raw)
        refused = [f"{entry.host}:{entry.port}" for entry in result.network if not entry.allowed]
        missing = [entry.missing for entry in result.network if entry.missing]
        full = "" if result.succeeded else await anyio.to_thread.run_sync(_says_full, self.logs)
        said = "" if result.succeeded else full or say_missing(missing) or say_refused(refused)
        await anyio.to_thread.run_sync(_redact_file, raw, log, self.secrets, said)
        outcome = StepOutcome(
            step_id=run.step.step_id,
            exit_code=result.exit_code if result.ended is CommandEnd.EXITED else None,
            ended=_ENDED[result.ended],
            output_tail=redact(without_escapes(result.output_tail), self.secrets) + (f"\n{said}\n" if said else ""),
            output_path=str(log),
            duration_ms=result.wall_ms,
            cpu_ms=result.cpu_ms,
            peak_memory_bytes=result.peak_memory_bytes,
            bytes_read=result.bytes_read,
            bytes_written=result.bytes_written,
        )
        if finish is not None:
            outcome = await finish(result, outcome)
            outcome = redact_model(outcome, self.secrets) if self.secrets else outcome
        if not result.succeeded:
            outcome = await self._with_logs(run.step, outcome, log)
        # From here on the step has ended: what follows must not be cut in half by a cancellation.
        with anyio.CancelScope(shield=True):
            outcome = await self._record(run, outcome)
        return result, outcome

    async def _with_logs(self, step: PlanStep, outcome: StepOutcome, log: Path) -> StepOutcome:
        """Add the logs that a test runner names in place of what its tests printed; its tests are counted by now."""
        output = await anyio.to_thread.run_sync(log.read_text, "utf-8", "replace")
        told = ""
        for path in logs_named(output, (posixpath.join(CHECKOUT, step.cwd), CHECKOUT), CHECKOUT):
            with suppress(FileNotFoundError):
                data = await self.room.read_file(path, LIMIT_LOG_BYTES)
                told += "\n" + end_of(path, redact(without_escapes(data.decode("utf-8", "replace")), self.secrets))
        if not told:
            return outcome
        await anyio.to_thread.run_sync(log.write_text, output + told, "utf-8")
        return outcome.model_copy(update={"output_tail": outcome.output_tail + told[-TOLD_TAIL:]})

    async def install(self, run: StepRun, packages: Sequence[str]) -> StepOutcome:
        """Carry out a step that installs system packages: they are unpacked into the room from outside.

        Raises:
            RegrowError: They cannot be downloaded, or may not be. A name that is not known is a step that failed.
        """
        if not self.network:
            what = f"the system packages {' '.join(packages)} would have to be downloaded"
            raise EnvironmentFault(
                "E5003", what, remedy="run where other machines may be asked, or have them in the base"
            )
        began = anyio.current_time()
        layer_id = layer_id_of(run.key)
        said = f"unpacked into the room, with what they depend on: {' '.join(packages)}\n"
        exit_code = 0
        await self.ledger.note_pending(self._entry(run, _installed(run, 0, said, 0, layer_id)))
        try:
            await self.room.install_packages(packages, layer_id, offline=self.offline)
        except RegrowError as error:
            if error.code != UNKNOWN_PACKAGE:
                raise
            exit_code, said = APT_FAILED, f"{error}\n"
        duration_ms = int((anyio.current_time() - began) * 1000)
        outcome = _installed(run, exit_code, said, duration_ms, layer_id if exit_code == 0 else None)
        with anyio.CancelScope(shield=True):
            await self.ledger.append(self._entry(run, outcome))
        return outcome

    async def note(self, run: StepRun, outcome: StepOutcome) -> None:
        """Write into the ledger how a step did that another one ran beside itself: a server."""
        await self.ledger.append(self._entry(run, outcome))

    async def provide(self, run: StepRun, python: HostPython | None) -> StepOutcome:
        """Carry out a step that asks for a Python of this machine: a copy is put into the room, and tried there.

        Args:
            python: None where this machine has none of that series (any more): a step that failed.
        """
        began = anyio.current_time()
        layer_id = layer_id_of(run.key)
        exit_code, said = 127, f"this machine has no Python {run.step.interpreter} to offer\n"
        if python is not None:
            said = f"Python {python.release} of this machine, copied into the room\n"
            await self.ledger.note_pending(self._entry(run, _installed(run, 0, said, 0, layer_id)))
            await self.room.add_layer(layer_id, partial(copy_interpreter, python))
            program = f"/usr/local/bin/python{python.version}"
            self.logs.mkdir(parents=True, exist_ok=True)
            command = SandboxCommand(argv=(program, "-I", "-c", _TRIES_PYTHON), cwd="/")
            log = self.logs / f"python-{python.version}.txt"
            tried = await self.room.run(command, SandboxLimits(deadline_s=60.0), output_path=log)
            exit_code, said = (0, said) if tried.succeeded else (1, f"{said}{tried.output_tail}\n")
            await self.room.rollback(0 if tried.succeeded else 1)
        duration_ms = int((anyio.current_time() - began) * 1000)
        outcome = _installed(run, exit_code, said, duration_ms, layer_id if exit_code == 0 else None)
        with anyio.CancelScope(shield=True):
            await self.ledger.append(self._entry(run, outcome))
        return outcome

    def _entry(self, run: StepRun, outcome: StepOutcome) -> LedgerEntry:
        return LedgerEntry(
            at=self.now(),
            by=self.actor,
            key=run.key,
            attempt=self.attempt,
            command=redact(run.step.command, self.secrets),
            outcome=outcome,
        )

    async def _record(self, run: StepRun, outcome: StepOutcome) -> StepOutcome:
        keeps = run.keep and outcome.succeeded
        layer_id = layer_id_of(run.key) if keeps else None
        outcome = outcome.model_copy(update={"layer_id": layer_id})
        entry = self._entry(run, outcome)
        if layer_id is not None:
            await self.ledger.note_pending(entry)
            await self.room.freeze(layer_id)
        else:
            await self.room.rollback()
        await self.ledger.append(entry)
        return outcome


@asynccontextmanager
async def open_workshop(
    *,
    sandbox: Sandbox,
    base: BaseRoot,
    folder: Path,
    source: SourceTree,
    tools: Path,
    steps: Sequence[PlanStep],
    actor: str,
    attempt: int,
    now: Callable[[], dt.datetime],
    configuration: BuildConfig,
) -> AsyncIterator[Workshop]:
    """Open the run's room on the last good layer of these steps.

    Args:
        folder: The run's folder.
        tools: Copied into the room as `TOOLS_FOLDER`.
        steps: All steps up to where the work goes on; those at the front that are done already are not in the way.
        actor: Who writes into the ledger.
        configuration: Network, limits, and the names of secrets, which are taken from this process' environment.
    """
    room_folder = folder / "room"
    ledger = Ledger(folder)
    first = source_key(base.key, source.digest)
    layers = room_folder / "layers"

    def has_layer(key: StepKey) -> bool:
        return (layers / layer_id_of(key)).is_dir()

    await ledger.adopt(has_layer)
    await anyio.to_thread.run_sync(_drop_raw, folder / "logs")
    entries = {entry.key: entry for entry in await ledger.entries() if entry.outcome.layer_id is not None}
    done: list[StepOutcome] = []
    tools_layer = f"{layer_id_of(first)}-tools"
    begun = has_layer(first) and (layers / tools_layer).is_dir()
    ids: list[str] = [layer_id_of(first), tools_layer] if begun else []
    for step, key in zip(steps, chain_keys(first, steps), strict=True):
        entry = entries.get(key)
        if entry is None or not ids or not has_layer(key):
            break
        done.append(entry.outcome.model_copy(update={"step_id": step.step_id}))
        ids.append(layer_id_of(key))
    async with sandbox.open_room(base, ids, room_folder) as room:
        if not ids:
            await room.copy_in(Path(source.folder), layer_id=layer_id_of(first))
            await room.copy_in(tools, TOOLS_FOLDER, layer_id=tools_layer)
        logs = folder / "logs"
        yield Workshop(
            room, base, first, tuple(done), ledger, logs, actor, attempt, now,
            secret_values={name: os.environ[name] for name in configuration.secrets if os.environ.get(name)},
            network=configuration.network is not NetworkPolicy.NONE,
            offline=configuration.network is NetworkPolicy.OFFLINE,
            limits=configuration.limits,
            project_limits=configuration.project_limits,
        )  # fmt: skip


UNKNOWN_PACKAGE = "E2011"
APT_FAILED = 100
"""What apt-get itself exits with."""


def _installed(run: StepRun, exit_code: int, said: str, duration_ms: int, layer_id: str | None) -> StepOutcome:
    return StepOutcome(
        step_id=run.step.step_id,
        exit_code=exit_code,
        ended=Ended.EXITED,
        output_tail=said,
        duration_ms=duration_ms,
        layer_id=layer_id,
    )


class _LastLine:
    """Keeps the last line of what a step prints, and tells it, redacted."""

    def __init__(self, tell: Callable[[str], object] | None, secrets: tuple[str, ...]) -> None:
        self._tell = tell
        self._secrets = secrets
        self._rest = ""

    def __call__(self, text: str) -> None:
        if self._tell is None:
            return
        lines = (self._rest + text).splitlines(keepends=True)
        self._rest = lines.pop() if lines and not lines[-1].endswith(("\n", "\r")) else ""
        shown = next((line.strip() for line in reversed(lines) if line.strip()), "")
        if shown:
            self._tell(redact(shown, self._secrets))


def _says_full(folder: Path) -> str:
    """What is said of a disk with no room left, in the words by which a full disk is recognised; "" for one with room.

    Programs hide it: `python -m venv` says no more than that a command of its own has failed.
    """
    free = shutil.disk_usage(folder).free
    return (
        f"regrow: No space left on device: {free // 1024**2} MiB are free below {folder}" if free < _FULL_BYTES else ""
    )


def _drop_raw(logs: Path) -> None:
    """Remove what a process that was killed had not redacted yet."""
    for path in logs.glob("*.raw"):
        path.unlink(missing_ok=True)


def _redact_file(raw: Path, log: Path, secrets: tuple[str, ...], said: str) -> None:
    redactor = Redactor(secrets)
    with raw.open("r", encoding="utf-8", errors="replace") as source, log.open("w", encoding="utf-8") as target:
        while chunk := source.read(65536):
            target.write(redactor.feed(chunk))
        target.write(redactor.finish())
        target.write(f"\n{said}\n" if said else "")
    raw.unlink()
