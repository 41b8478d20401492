"""Commands that do not return but answer on a port: found by the program, by `&`, and by what is said of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from regrow.actors.doc_analyzer.blocks import BlockKind, Document
from regrow.actors.doc_analyzer.choice.on_the_way import left_running, needed_by_tests, runs_beside
from regrow.actors.doc_analyzer.claims.curl import parse_call
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import Role
from regrow.core.project.placeholders import placeholder_in, usage_line
from regrow.protocols.plan import Server, Shell

__all__ = ["port_of", "servers_in"]

LIMIT_SERVERS = 20
_SAID = re.compile(
    r"(?i)\b(?:start|run|launch|bring up|boot)\w*\b[^.]{0,40}\b(?:server|service|api|daemon|web ?app\w*|backend)\b|"
    r"\b(?:serves?|listens?|listening|available|running|reachable)\b[^.]{0,40}\b(?:port|localhost|127\.0\.0\.1|http://)"
)
_TITLE = re.compile(
    r"(?i)\b(?:run|running|start|starting|launch\w*|serv\w+)\b[^.]{0,30}\b(?:server|service|api|app)\b|^server$"
)
_PORT_OPTION = re.compile(
    r"(?:--?(?:http-?)?port[= ]|\bPORT=|(?:^|\s)-p[= ]?|--bind[= ]\S*:|--listen[= ]\S*:)(\d{2,5})\b", re.IGNORECASE
)
_PORT_WORD = re.compile(r"(?i)\bport[ :=`]+(\d{2,5})\b|(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):(\d{2,5})\b")
_LAST_NUMBER = re.compile(r"(?:^|[\s:])(\d{4,5})$")
_NOT_ONE = frozenset(
    "watch ping yes ptw pytest-watch sleep tail jupyter jupyter-lab celery supervisord watchmedo webpack tsc npm-run-all".split()
)
"""They never return, and answer nobody; or they are an environment of their own."""


def servers_in(
    documents: Sequence[Document], mentions: Iterable[Mention], required: Iterable[bool]
) -> tuple[Server, ...]:
    """The servers that a reader starts, each once.

    Args:
        required: For each mention, whether the tests come after it on the reader's way (`leaving_out`).
    """
    found: dict[str, Server] = {}
    for mention, needed in zip(mentions, required, strict=True):
        confidence = _confidence(documents[mention.document], mention)
        if not confidence or mention.typed.shell is not Shell.POSIX or not mention.typed.valid:
            continue
        command = mention.typed.text.removesuffix("&").strip()
        if placeholder_in(command) or usage_line(command) or mention.platform not in {"any", "debian"}:
            continue
        server = Server(
            command=command,
            port=port_of(command) or _said_port(documents[mention.document], mention),
            for_tests=needed and (left_running(mention) or needed_by_tests(mention)),
            ref=mention.ref,
            confidence=confidence,
        )
        known = found.get(command)
        if known is None or (server.for_tests and not known.for_tests):
            found[command] = server
    return tuple(found.values())[:LIMIT_SERVERS]


def port_of(command: str) -> int | None:
    """The port that a command names.

    >>> [port_of(c) for c in ("flask run --port 5001", "python -m http.server 8123", "PORT=80 x", "uvicorn a:b", "./s :9000")]
    [5001, 8123, 80, None, 9000]
    """
    match = _PORT_OPTION.search(command) or _LAST_NUMBER.search(command)
    return _valid(match[1]) if match is not None else None


def _valid(text: str) -> int | None:
    return int(text) if 1 <= int(text) <= 65535 else None


def _confidence(document: Document, mention: Mention) -> float:
    if mention.role in {Role.CONTAINER, Role.TEST, Role.FETCH, Role.RELEASED, Role.CHECKOUT, Role.SYSTEM}:
        return 0.0
    commands = mention.typed.commands
    if not commands or any(parse_call(command.words) for command in commands) or mention.main.manager in _NOT_ONE:
        return 0.0
    if mention.role is Role.SERVE:
        return 0.9
    if mention.role not in {Role.RUN, Role.OTHER}:
        return 0.0
    if runs_beside(mention):
        return 0.9
    innermost = mention.headings[-1] if mention.headings else ""
    if _SAID.search(mention.lead) or _SAID.search(mention.typed.comment) or _TITLE.search(innermost):
        return 0.8
    return 0.7 if not mention.inline and _SAID.search(_after(document, mention)) else 0.0


def _after(document: Document, mention: Mention) -> str:
    """The sentence right below a block."""
    following = document.blocks[mention.block + 1 : mention.block + 2]
    return following[0].text if following and following[0].kind is BlockKind.TEXT else ""


def _said_port(document: Document, mention: Mention) -> int | None:
    """A port that the words right around a command name; none when they name several."""
    text = f"{mention.lead} {mention.typed.comment} {mention.typed.output} {_after(document, mention)}"
    ports = {port for match in _PORT_WORD.finditer(text) if (port := _valid(match[1] or match[2])) is not None}
    return ports.pop() if len(ports) == 1 else None
