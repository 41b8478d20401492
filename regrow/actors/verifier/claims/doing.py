"""Shell: does in the room what `planning` chose, twice where something differs, and hands the outcomes back.

One command of the room does all of it, so that a promise costs milliseconds; its results are read from a file that it writes
line by line, and what it wrote besides is thrown away. The second run has another hash seed: what then differs from the first
is no promise.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from regrow.actors.verifier.claims.addresses import Answer, Started, of_server
from regrow.actors.verifier.claims.examples import Statement, of_examples
from regrow.actors.verifier.claims.outcomes import CHANGES, Typed, of_output, of_refused
from regrow.actors.verifier.claims.planning import Work
from regrow.actors.verifier.claims.services import SPEC, packed
from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import describe
from regrow.core.project.shell_grammar import commands_of
from regrow.core.redaction import redact
from regrow.core.sandbox import CHECKOUT, Room, SandboxCommand, SandboxLimits
from regrow.core.workshop.shell_state import wrap
from regrow.core.workshop.workshop import STATE_FOLDER, TOOLS_FOLDER, WORK_FOLDER
from regrow.protocols.documents import Endpoint
from regrow.protocols.verification import CheckOutcome

__all__ = ["check_claims"]

TIME_LIMIT_S = 45.0
TIME_SHARE = 0.08
"""One pass over all promises of a project takes at most this long, and at most this share of the run: they come last, and must
not cost a run the verdict that its tests have earned."""
COMMAND_LIMIT_S = 10.0
EXAMPLES_LIMIT_S = 30.0
READY_LIMIT_S = 10.0
GRACE_S = 15.0
"""What the room gives the program that does them to stop servers and end."""
SPEC_LIMIT_BYTES = 100_000
"""One word of a command line holds 128 KiB (MAX_ARG_STRLEN of Linux)."""
RESULTS_LIMIT_BYTES = 8 * 1024 * 1024

_FOLDER = f"{WORK_FOLDER}/claims"
_RESULTS = f"{_FOLDER}/results.jsonl"
_INTERPRETERS = re.compile(r"^(?:python|node|bash|sh|perl|ruby|pypy)[\d.]*$")


@dataclass
class _Seen:
    """The lines of one pass, by the id of what was done."""

    facts: dict[str, dict[str, object]] = field(default_factory=dict)
    statements: dict[str, list[Statement]] = field(default_factory=lambda: defaultdict(list))


async def check_claims(
    room: Room, work: Work, packages: Sequence[str], log: Path, deadline_s: float
) -> tuple[CheckOutcome, ...]:
    """Do all that is to be done, and judge it.

    Args:
        room: Stands on what was built; it is left as it was.
        packages: Import names of the project.
        log: Where the room's own complaints are kept.
        deadline_s: The time of the whole run, of which this takes a share.
    """
    refused = of_refused(work.refused)
    if work.is_empty:
        return refused
    limit_s = min(TIME_LIMIT_S, TIME_SHARE * deadline_s)
    work = _that_fits(work)
    first = await _once(room, work, log, 1, limit_s)
    own = await _own(room, work, first, packages)
    found = _outcomes(work, first, own, packages)
    if any(CHANGES in each.detail for each in found):
        second = await _once(room, work, log, 2, limit_s)
        found = _outcomes(work, _with(first, second), own, packages)
    return (*found, *refused)


def _that_fits(work: Work) -> Work:
    """As much of it as one command can be handed: examples are the longest, and the last to matter."""
    while work.examples and len(packed(_spec(work))) > SPEC_LIMIT_BYTES:
        work = replace(work, examples=work.examples[:-1])
    while work.groups and len(packed(_spec(work))) > SPEC_LIMIT_BYTES:
        work = replace(work, groups=work.groups[:-1])
    return work


async def _once(room: Room, work: Work, log: Path, seed: int, limit_s: float) -> _Seen:
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {SPEC: packed(_spec(work, limit_s)), "PYTHONHASHSEED": str(seed), "COLUMNS": "80", "NO_COLOR": "1"}
    command = SandboxCommand(argv=("/usr/bin/python3", "-IS", f"{TOOLS_FOLDER}/regrow_claims.py"), env=environment)
    limits = SandboxLimits(deadline_s=limit_s + GRACE_S)
    await room.run(command, limits, output_path=log)
    try:
        text = (await room.read_file(_RESULTS, RESULTS_LIMIT_BYTES)).decode("utf-8", "replace")
    except FileNotFoundError:
        text = ""
    seen = _read(text)
    for number in range(len(work.examples)):
        try:
            rows = (await room.read_file(f"{_FOLDER}/examples-{number}.jsonl", RESULTS_LIMIT_BYTES)).decode(
                "utf-8", "replace"
            )
        except FileNotFoundError:
            continue
        for line in rows.splitlines():
            _take_statement(seen, line)
    await room.rollback()
    return seen


def _read(text: str) -> _Seen:
    seen = _Seen()
    for line in text.splitlines():
        try:
            fact = json.loads(line)
        except ValueError:
            continue  # A limit has cut it off.
        if isinstance(fact, dict) and isinstance(fact.get("id"), str):
            seen.facts[fact["id"]] = fact
    return seen


def _take_statement(seen: _Seen, line: str) -> None:
    try:
        row = json.loads(line)
        made = Statement(
            line=int(row["line"]),
            source=str(row["source"]),
            shown=row["shown"],
            mode=str(row["mode"]),
            got=redact(str(row["got"])),
            value=row["value"],
            error=str(row.get("error", "")),
            message=str(row.get("message", "")),
        )
        seen.statements[str(row["id"])].append(made)
    except (ValueError, KeyError, TypeError):
        return  # Cut off, or a block that cannot be read: nothing was done of it.


# --- what the room is told -----------------------------------------------------------------------------------------


def _spec(work: Work, limit_s: float = TIME_LIMIT_S) -> dict[str, object]:
    groups = [
        {
            "state": f"{_FOLDER}/shell-{number}",
            "files": {},
            "commands": [
                {"id": f"o{number}.{index}", "script": _typed(number, text), "limit_s": COMMAND_LIMIT_S}
                for index, (text, _) in enumerate(group.commands)
            ],
        }
        for number, group in enumerate(work.groups)
    ]
    for number, blocks in enumerate(work.examples):
        asked = [
            {"id": f"e{number}.{index}", "code": block.code, "session": block.session}
            for index, block in enumerate(blocks)
        ]
        path, state = f"{_FOLDER}/examples-{number}.json", f"{_FOLDER}/shell-e{number}"
        spec = {"results": f"{_FOLDER}/examples-{number}.jsonl", "blocks": asked}
        script = f'"$(command -v python || command -v python3)" {TOOLS_FOLDER}/regrow_examples.py {path}'
        command = {"id": f"e{number}", "script": wrap(script, state), "limit_s": EXAMPLES_LIMIT_S}
        groups.append({"state": state, "files": {path: json.dumps(spec)}, "commands": [command]})
    return {
        "folder": _FOLDER,
        "state": STATE_FOLDER,
        "results": _RESULTS,
        "limit_s": limit_s,
        "groups": groups,
        "servers": [
            {
                "id": f"s{number}",
                "state": f"{_FOLDER}/shell-s{number}",
                "script": wrap(asked.server.command, f"{_FOLDER}/shell-s{number}"),
                "port": asked.server.port,
                "limit_s": READY_LIMIT_S,
                "calls": [_call(f"s{number}.{index}", endpoint) for index, endpoint in enumerate(asked.endpoints)],
            }
            for number, asked in enumerate(work.servers)
        ],
    }


def _typed(group: int, text: str) -> str:
    """A command, after a line that says where its program lies."""
    program = _program(text)
    where = f"type -P -- {shlex.quote(program)} > {_FOLDER}/program 2> /dev/null\n" if program else ""
    return wrap(where + text, f"{_FOLDER}/shell-{group}")


def _program(text: str) -> str:
    """The program of a command that may be the project's: the first one that is no interpreter and no tool that is known."""
    commands = [command for command in commands_of(text) if command.words]
    named = [command.program for command in commands if describe(command).role in {Role.RUN, Role.OTHER}]
    return next((name for name in named if not _INTERPRETERS.match(name)), "")


def _call(name: str, endpoint: Endpoint) -> dict[str, object]:
    given = [*endpoint.headers]
    if endpoint.user is not None:
        given.append(_basic(endpoint.user))
    proves = re.compile(r"(?i)(?:authorization|x-api-key|api-key|x-auth-token|x-token|cookie)\s*:")
    return {
        "id": name,
        "method": endpoint.method,
        "path": endpoint.path,
        "port": endpoint.port,
        "headers": given,
        "bare": [header for header in given if not proves.match(header)],
        "body": endpoint.body,
        "prove": endpoint.authenticated and endpoint.method in {"GET", "HEAD"},
    }


def _basic(user: str) -> str:
    return f"Authorization: Basic {base64.b64encode(user.encode()).decode()}"


# --- what it has written -------------------------------------------------------------------------------------------


async def _own(room: Room, work: Work, seen: _Seen, packages: Sequence[str]) -> frozenset[str]:
    """Ids of the commands whose program is the project's own."""
    found = set[str]()
    for number, group in enumerate(work.groups):
        for index, (text, output) in enumerate(group.commands):
            name = f"o{number}.{index}"
            if output is not None and name in seen.facts:
                program = str(seen.facts[name].get("program", ""))
                if await _is_own(room, _program(text), program, packages):
                    found.add(name)
    return frozenset(found)


async def _is_own(room: Room, word: str, path: str, packages: Sequence[str]) -> bool:
    if not word:
        return True  # An interpreter, started on a file or a module of the project: planned only then.
    if "/" in word or path.startswith((CHECKOUT, "/usr/local/", "/opt/")):
        return True
    try:
        text = (await room.read_file(path, 4096)).decode("utf-8", "replace") if path.startswith("/") else ""
    except (FileNotFoundError, ValueError):
        return False
    return any(re.search(rf"^\s*(?:from|import)\s+{re.escape(name)}\b", text, re.MULTILINE) for name in packages)


def _with(first: _Seen, second: _Seen) -> _Seen:
    """The first pass, each line with what the second gave."""
    facts = {name: {**fact, "second": second.facts.get(name)} for name, fact in first.facts.items()}
    statements = defaultdict[str, list[Statement]](list)
    for name, each in first.statements.items():
        others = second.statements.get(name, [])
        statements[name] = [
            replace(one, again=others[index].result if index < len(others) else None) for index, one in enumerate(each)
        ]
    return _Seen(facts, statements)


def _outcomes(work: Work, seen: _Seen, own: frozenset[str], packages: Sequence[str]) -> tuple[CheckOutcome, ...]:
    found: list[CheckOutcome] = []
    for number, asked in enumerate(work.servers):
        answers = [_answer(seen.facts.get(f"s{number}.{index}")) for index in range(len(asked.endpoints))]
        found.extend(of_server(asked, _started(seen.facts.get(f"s{number}")), answers))
    for number, group in enumerate(work.groups):
        for index, (_, output) in enumerate(group.commands):
            if output is not None:
                name = f"o{number}.{index}"
                found.append(of_output(output, _command(seen.facts.get(name), name in own)))
    for number, blocks in enumerate(work.examples):
        done = [seen.statements.get(f"e{number}.{index}", []) for index in range(len(blocks))]
        found.extend(of_examples(blocks, done, packages))
    return tuple(found)


def _command(fact: Mapping[str, object] | None, own: bool) -> Typed | None:
    if fact is None:
        return None
    code, second = fact.get("exit"), fact.get("second")
    again = redact(str(second.get("output", ""))) if isinstance(second, dict) else None
    return Typed(code if isinstance(code, int) else None, redact(str(fact.get("output", ""))), own, again)


def _started(fact: Mapping[str, object] | None) -> Started | None:
    if fact is None:
        return None
    ports, code = fact.get("listens"), fact.get("exit")
    listens = tuple(port for port in ports if isinstance(port, int)) if isinstance(ports, list) else ()
    return Started(
        fact.get("ready") is True, listens, code if isinstance(code, int) else None, redact(str(fact.get("output", "")))
    )


def _answer(fact: Mapping[str, object] | None) -> Answer | None:
    if fact is None:
        return None
    status, without, second = fact.get("status"), fact.get("without"), fact.get("second")
    again = None
    if isinstance(second, dict):
        code = second.get("status")
        again = (code if isinstance(code, int) else None, redact(str(second.get("body", ""))))
    return Answer(
        status if isinstance(status, int) else None,
        redact(str(fact.get("body", ""))),
        str(fact.get("error", "")),
        without if isinstance(without, int) else None,
        again,
    )
