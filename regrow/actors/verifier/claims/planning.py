"""What is done about each promise of the documents, and what is not, with the reason. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from regrow.core.project.command_facts import WHY_NOT_RUN, Role
from regrow.core.project.command_lines import describe
from regrow.core.project.command_tables import known_program
from regrow.core.project.shell_grammar import SimpleCommand, commands_of
from regrow.protocols.documents import DocAnalysis, Endpoint, Example, ExpectedOutput, Server, Shell

__all__ = ["Asked", "Refused", "TypedGroup", "Work", "plan_work"]

LIMIT_COMMANDS = 40
LIMIT_SERVERS = 4
LIMIT_CALLS = 60
LIMIT_BLOCKS = 120
SURE = 0.9
"""From here on a promise is meant for certain, and one that is broken costs the verdict."""

_REFUSED = frozenset(
    {
        Role.PUBLISH, Role.INTERACTIVE, Role.CONTAINER, Role.SERVE, Role.FETCH, Role.RELEASED, Role.SYSTEM, Role.CHECKOUT,
        Role.REQUIREMENTS, Role.SUBMODULE, Role.REVISION, Role.TEST, Role.BENCHMARK, Role.STYLE, Role.DOCUMENTS, Role.PACKAGE,
        Role.SYSTEM_WIDE, Role.CONFIGURE, Role.COMPILE,
    }
)  # fmt: skip
_DONE_BEFORE = frozenset(
    {Role.CHECKOUT, Role.RELEASED, Role.REQUIREMENTS, Role.CONFIGURE, Role.COMPILE, Role.ENVIRONMENT, Role.FETCH}
)
"""What the build has done already, and a block may repeat above the command that it shows."""
_INTERPRETERS = re.compile(r"^(?:python|node|bash|sh|perl|ruby|pypy)[\d.]*$")
_PLACEHOLDER = re.compile(
    r"<[A-Za-z][\w .:/|-]*>|\bpath/to\b|\bYOUR[_A-Z]+\b|(?:^|\s)(?:\.\.\.|…)(?:\s|$)|\$\{?[A-Z_]*(?:KEY|TOKEN|SECRET|PASSWORD)"
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A promise that is not looked at, and why."""

    what: ExpectedOutput | Endpoint | Example | Server
    why: str


@dataclass(frozen=True, slots=True)
class TypedGroup:
    """Commands that are typed one after the other; of those with an output the result is compared."""

    commands: tuple[tuple[str, ExpectedOutput | None], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A server, and the addresses that are asked of it."""

    server: Server
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What is done in the room."""

    groups: tuple[TypedGroup, ...] = ()
    servers: tuple[Asked, ...] = ()
    examples: tuple[tuple[Example, ...], ...] = ()
    refused: tuple[Refused, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do in the room."""
        return not (self.groups or self.servers or self.examples)


def plan_work(analysis: DocAnalysis, packages: Sequence[str], files: Iterable[str]) -> Work:
    """Choose what is done.

    Args:
        packages: Import names of the project.
        files: Its files.
    """
    refused: list[Refused] = []
    groups = _groups(analysis.expected_outputs, frozenset(packages), frozenset(files), refused)
    servers = _servers(analysis, refused)
    examples = _examples(analysis.examples, packages, refused)
    return Work(groups, servers, examples, tuple(refused))


# --- commands ------------------------------------------------------------------------------------------------------


def _groups(
    outputs: Sequence[ExpectedOutput], packages: frozenset[str], files: frozenset[str], refused: list[Refused]
) -> tuple[TypedGroup, ...]:
    groups: list[list[tuple[str, ExpectedOutput | None]]] = []
    above: tuple[str, ...] = ()
    count = 0
    for output in outputs:
        why = next((reason for text in output.before if (reason := _why_not_before(text))), "") or _why_not(
            output, packages, files
        )
        if not why and count >= LIMIT_COMMANDS:
            why = f"only {LIMIT_COMMANDS} outputs of a project are compared"
        if why:
            refused.append(Refused(output, why))
            continue
        count += 1
        goes_on = bool(groups) and above != () and output.before[: len(above)] == above
        new = output.before[len(above) :] if goes_on else output.before
        if not goes_on:
            groups.append([])
        groups[-1].extend((text, None) for text in new if not _done_before(text))
        groups[-1].append((output.command, output))
        above = (*output.before, output.command)
    return tuple(TypedGroup(tuple(group)) for group in groups)


def _done_before(text: str) -> bool:
    roles = {describe(command).role for command in commands_of(text)}
    return bool(roles) and roles <= _DONE_BEFORE


def _why_not_before(text: str) -> str:
    """Why a command above the one whose output is shown cannot be typed."""
    roles = {describe(command).role for command in commands_of(text)}
    if not roles or _PLACEHOLDER.search(text):
        return f"`{text[:60]}` above it cannot be typed as it stands"
    stopping = (roles & _REFUSED) - _DONE_BEFORE
    return f"`{text[:60]}` above it is not done: {WHY_NOT_RUN.get(min(stopping), 'not here')}" if stopping else ""


def _why_not(output: ExpectedOutput, packages: frozenset[str], files: frozenset[str]) -> str:
    commands = commands_of(output.command)
    if not commands or _PLACEHOLDER.search(output.command):
        return "the command holds a placeholder, or is none"
    roles = {describe(command).role for command in commands}
    if stopping := roles & _REFUSED:
        return WHY_NOT_RUN.get(min(stopping), "it installs, builds or tests")
    if not any(_may_be_own(command, packages, files) for command in commands):
        return "the output is that of another program"
    missing = [word for command in commands for word in _files_of(command) if word not in files]
    if missing:
        return f"{missing[0]} is not in the source"
    if re.search(r"https?://(?!localhost|127\.)", output.command):
        return "it asks another machine"
    return ""


def _may_be_own(command: SimpleCommand, packages: frozenset[str], files: frozenset[str]) -> bool:
    """Whether a command may start a program of the project; whether it does is seen in the room."""
    words = command.words
    if not words:
        return False
    if _INTERPRETERS.match(words[0]):
        if len(words) > 2 and words[1] == "-m":
            return words[2].partition(".")[0] in packages
        if len(words) > 2 and words[1] in {"-c", "-e", "-p"}:
            return any(re.search(rf"\b{re.escape(package)}\b", words[2]) for package in packages)
        return len(words) > 1 and words[1].removeprefix("./") in files
    return "/" in words[0] or (describe(command).role in {Role.RUN, Role.OTHER} and not known_program(words[0]))


def _files_of(command: SimpleCommand) -> list[str]:
    """Words of a command that name files which it reads: they have to be there."""
    named = [word for word in command.words[1:] if re.fullmatch(r"(?:[\w.-]+/)*[\w-]+\.[a-z]{1,4}\d?", word)]
    named = [
        word
        for word in named
        if not word.startswith("-") and not re.fullmatch(r"[\d.]+|.*\.(?:com|org|net|io|dev)", word)
    ]
    made = set(command.writes)
    return [word.removeprefix("./") for word in named if word not in made]


# --- servers -------------------------------------------------------------------------------------------------------


def _servers(analysis: DocAnalysis, refused: list[Refused]) -> tuple[Asked, ...]:
    servers = sorted(analysis.servers, key=lambda server: -server.confidence)
    usable = [server for server in servers if server.confidence >= 0.7][:LIMIT_SERVERS]
    asked: dict[int, list[Endpoint]] = {index: [] for index in range(len(usable))}
    for endpoint in analysis.endpoints:
        place = _server_for(endpoint, usable)
        if place is None:
            refused.append(Refused(endpoint, "no document says how to start what answers it"))
        elif why := _why_not_called(endpoint):
            refused.append(Refused(endpoint, why))
        elif sum(map(len, asked.values())) >= LIMIT_CALLS:
            refused.append(Refused(endpoint, f"only {LIMIT_CALLS} addresses of a project are called"))
        else:
            asked[place].append(endpoint)
    return tuple(Asked(server, tuple(asked[index])) for index, server in enumerate(usable))


def _why_not_called(endpoint: Endpoint) -> str:
    if re.search(r"[{}<>*]|/:\w", endpoint.path):
        return "a part of the address stands for something else"
    if not endpoint.called and endpoint.method not in {"GET", "HEAD", "OPTIONS"}:
        return "it is listed without what has to be sent"
    if not endpoint.called and endpoint.authenticated:
        return "it is listed without what proves who calls"
    return ""


def _server_for(endpoint: Endpoint, servers: Sequence[Server]) -> int | None:
    """The server above an address in its document, best one that is on its port; else the first one."""
    if not servers:
        return None

    def distance(place: int) -> tuple[bool, bool, bool, int]:
        server = servers[place]
        other_port = endpoint.port is not None and server.port is not None and endpoint.port != server.port
        same = server.ref.file == endpoint.ref.file
        below = server.ref.line > endpoint.ref.line
        return other_port, not same, below, abs(endpoint.ref.line - server.ref.line) if same else 0

    return min(range(len(servers)), key=distance)


# --- examples ------------------------------------------------------------------------------------------------------


def _examples(
    examples: Sequence[Example], packages: Sequence[str], refused: list[Refused]
) -> tuple[tuple[Example, ...], ...]:
    """Those of one document and language together, if it imports the project at all."""
    by_document: dict[str, list[Example]] = {}
    for example in examples[:LIMIT_BLOCKS]:
        if example.language is Shell.PYTHON:
            by_document.setdefault(example.ref.file, []).append(example)
        else:
            refused.append(Refused(example, "only examples in Python are run"))
    refused.extend(Refused(example, f"only {LIMIT_BLOCKS} examples are run") for example in examples[LIMIT_BLOCKS:])
    found = []
    for blocks in by_document.values():
        text = "\n".join(block.code for block in blocks)
        if any(
            re.search(rf"^\s*(?:>>> |\.\.\. )?\s*(?:import|from)\s+{re.escape(name)}\b", text, re.MULTILINE)
            for name in packages
        ):
            found.append(tuple(blocks))
        else:
            refused.extend(Refused(block, "it does not import the project") for block in blocks)
    return tuple(found)
