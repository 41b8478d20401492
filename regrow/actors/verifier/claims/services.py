"""How a step is run beside the servers that the documents start for it, and what became of them. Pure."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from regrow.core.workshop import StepRun
from regrow.core.workshop.shell_state import wrap
from regrow.core.workshop.workshop import STATE_FOLDER, TOOLS_FOLDER, WORK_FOLDER
from regrow.protocols.plan import Ended, PlanStep, StepOutcome

__all__ = ["READY_LIMIT_S", "SERVICES_FILE", "beside_services", "outcomes_of", "packed", "services_of"]

READY_LIMIT_S = 20.0
"""A server that listens on nothing by then is not waited for: the step beside it says what it lacks."""

_FOLDER = f"{WORK_FOLDER}/services"
SERVICES_FILE = f"{_FOLDER}/services.json"
SPEC = "REGROW_SPEC"


def packed(spec: Mapping[str, object]) -> str:
    """A specification as one word of the environment."""
    return base64.b64encode(zlib.compress(json.dumps(spec).encode("utf-8"), 9)).decode("ascii")


def services_of(steps: Sequence[PlanStep], step: PlanStep) -> tuple[PlanStep, ...]:
    """The servers that run beside a step: those that are started before it."""
    before = steps[: steps.index(step)]
    return tuple(each for each in before if each.service)


def beside_services(run: StepRun, services: Sequence[PlanStep]) -> StepRun:
    """The same run, beside servers: they are started, awaited until they listen, and stopped with all that they started.

    Each runs in a copy of the shell's state of its own, since a server does not end and so leaves no state.
    """
    if not services:
        return run
    spec = {
        "folder": _FOLDER,
        "script": run.script,
        "servers": [
            {"script": _copied(number, service), "port": service.port, "limit_s": READY_LIMIT_S}
            for number, service in enumerate(services)
        ],
    }
    script = f"exec /usr/bin/python3 -IS {TOOLS_FOLDER}/regrow_services.py"
    return replace(run, script=script, env={**run.env, SPEC: packed(spec)})


def _copied(number: int, service: PlanStep) -> str:
    state = f"{_FOLDER}/shell-{number}"
    copy = f"mkdir -p {_FOLDER} && {{ [ ! -d {STATE_FOLDER} ] || cp -r {STATE_FOLDER} {state}; }}\n"
    return copy + wrap(service.command, state, service.cwd)


def outcomes_of(services: Sequence[PlanStep], told: str) -> tuple[StepOutcome, ...]:
    """How each server did, by what the room wrote of it; a server that listened has done what it was started for."""
    try:
        rows = json.loads(told)
    except ValueError:
        rows = []
    return tuple(
        _outcome(service, rows[number] if number < len(rows) else {}) for number, service in enumerate(services)
    )


def _outcome(service: PlanStep, row: Mapping[str, object]) -> StepOutcome:
    ports = row.get("listens")
    shown = ", ".join(map(str, ports)) if isinstance(ports, list) else ""
    runs = row.get("ready") or (bool(row) and row.get("exit") is None)
    if row.get("ready"):
        said = f"listened on port {row.get('port')} beside the tests, and was stopped after them\n"
    elif isinstance(row.get("exit"), int):
        said = f"ended by itself with exit status {row.get('exit')}\n"
    else:
        said = (
            f"did not listen{f' on port {service.port} but on {shown}' if shown else ''} within {READY_LIMIT_S:g} s\n"
        )
    # One that does not return has done what is said of it; where it should have listened elsewhere, the tests will tell.
    code = 0 if runs else row.get("exit") or 1
    return StepOutcome(
        step_id=service.step_id,
        exit_code=code if isinstance(code, int) else 1,
        ended=Ended.EXITED,
        output_tail=f"{said}{row.get('output', '')}",
        duration_ms=0,
    )
