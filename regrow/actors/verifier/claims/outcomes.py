"""What was seen in the room as one `CheckOutcome` a promise: kept, broken, or not judged and why. Pure.

A broken promise costs the verdict only where there is no doubt on either side: the documents mean it (`SURE`), the program is
the project's own, nothing that it needs is missing, and a second run shows the same. All else is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regrow.actors.verifier.claims.comparing import Agreement, agree
from regrow.actors.verifier.claims.planning import SURE, Refused
from regrow.core.project.shell_grammar import commands_of
from regrow.protocols.documents import DocRef, Endpoint, Example, ExpectedOutput, Server
from regrow.protocols.verification import CheckKind, CheckOutcome

__all__ = ["CHANGES", "Typed", "cut", "named", "of_output", "of_refused", "sensitive"]

LIMIT_SHOWN = 600
CHANGES = "something else each time"
"""What is said of a difference that a second run does not show in the same way; so also before there was one."""

NOT_FOUND = 127
NOT_EXECUTABLE = 126
_HELP = re.compile(r"(?:^|\s)(?:--help|-h|help|--usage)(?:\s|$)")
_LACKS = re.compile(
    r"(?i)No such file|not found|No module named|Cannot find module|ModuleNotFoundError|ImportError|Connection refused|"
    r"Name or service|name resolution|Network is unreachable|ECONNREFUSED|ENOTFOUND|Permission denied|ENOENT|KeyError: '[A-Z_]+'|"
    r"environment variable|credentials?|api[_ ]key|not (?:set|configured|logged in)|EOFError|not a (?:tty|terminal)|isatty"
)
"""Complaints about what a reader has and a room has not: nothing is said of the project then."""
_TELLS = frozenset({"echo", "printf", "true", "cd"})
"""What may stand in a pipe with a program of the project without adding anything of its own."""
_VOLATILE = re.compile(
    r"(?i)\b(?:date|now|today|time|random|shuffle|uuid\w*|whoami|hostname|pwd|uname|env|getpid|locale|benchmark|bench|"
    r"perf|profile|timeit)\b"
)


@dataclass(frozen=True, slots=True)
class Typed:
    """How a typed command ended. `own` says that its program is the project's; `exit` is None when it did not end."""

    exit: int | None
    output: str
    own: bool
    again: str | None = None


def cut(text: str) -> str:
    """As much of a text as a report shows."""
    text = text.strip()
    return text if len(text) <= LIMIT_SHOWN else text[: LIMIT_SHOWN - 1] + "…"


def named(text: str) -> str:
    """A promise's name: its first line."""
    first = (text.strip().splitlines() or [""])[0]
    return first if len(first) <= 80 else first[:79] + "…"


def sensitive(text: str) -> bool:
    """Whether what comes of it is of the moment or of the machine."""
    return _VOLATILE.search(text) is not None


def tolerance(found: Agreement) -> str:
    """The tolerance that was needed, in words."""
    masked = f"not compared: {', '.join(found.masked)}" if found.masked else ""
    return "; ".join(part for part in (found.how, masked) if part)


def of_output(promise: ExpectedOutput, seen: Typed | None) -> CheckOutcome:
    """The outcome of an output."""
    name = f"`{named(promise.command)}`"

    def said(passed: bool | None, detail: str, *, decides: bool = False) -> CheckOutcome:
        return CheckOutcome(
            kind=CheckKind.OUTPUT,
            name=name,
            passed=passed,
            detail=detail,
            ref=promise.ref,
            expected=cut(promise.text),
            got=cut(seen.output) if seen is not None else "",
            decides=decides,
        )

    if seen is None:
        return said(None, "not done: a command above it did not end, or the time for this was over")
    if seen.exit is None:
        return said(None, "it did not end within its limit")
    found = agree(promise.text, seen.output, partly=promise.partly)
    if found.same:
        return said(True, tolerance(found))
    if seen.exit in {NOT_FOUND, NOT_EXECUTABLE}:
        return said(None, "its program is not installed here")
    if not seen.own:
        return said(None, "the program is not the project's own")
    if (lack := _LACKS.search(seen.output)) and not _LACKS.search(promise.text):
        return said(None, f"it ended with exit status {seen.exit} for want of something: {lack.group()}")
    if seen.again is None or not agree(seen.output, seen.again).same:
        return said(None, f"it prints {CHANGES}")
    why = _why_told_only(promise)
    detail = f"other output than shown (exit status {seen.exit})" if seen.exit else "other output than shown"
    return said(False, f"{detail}{f'; told only, since {why}' if why else ''}", decides=not why)


def _why_told_only(promise: ExpectedOutput) -> str:
    if _HELP.search(promise.command) or re.match(r"\s*usage:", promise.text, re.IGNORECASE):
        return "help texts change with the interpreter's version"
    if promise.partly or promise.confidence < SURE:
        return "the documents do not promise the exact text"
    commands = commands_of(promise.command)
    if len([each for each in commands if each.program not in _TELLS]) != 1:
        return "other programs take part in it"
    if any(_of_the_reader(word) for each in commands for word in each.words[1:]):
        return "it reads files that a reader has"
    if sensitive(promise.command):
        return "it is of the moment or of the machine"
    return ""


def _of_the_reader(word: str) -> bool:
    """Whether an argument names a folder, or files by a pattern; one file by its name was found in the source before."""
    if re.fullmatch(r"(?:[\w.-]+/)*[\w-]+\.[a-z]{1,4}\d?", word.removeprefix("./")) or re.search(r"[\s({\[]", word):
        return False
    return word in {".", ".."} or "*" in word or "~" in word or bool(re.search(r"(?:^|\w)/", word))


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip()[:200] for line in reversed(text.splitlines()) if line.strip()), "it printed nothing")


_KINDS: Mapping[type, CheckKind] = {
    ExpectedOutput: CheckKind.OUTPUT,
    Endpoint: CheckKind.ENDPOINT,
    Server: CheckKind.ENDPOINT,
    Example: CheckKind.EXAMPLE,
}


def of_refused(refused: Sequence[Refused]) -> tuple[CheckOutcome, ...]:
    """The outcomes of what was not looked at."""
    return tuple(
        CheckOutcome(
            kind=_KINDS[type(each.what)],
            name=_name(each.what),
            passed=None,
            detail=each.why,
            ref=_ref(each.what),
            decides=False,
        )
        for each in refused
    )


def _ref(what: ExpectedOutput | Endpoint | Example | Server) -> DocRef:
    return what.ref


def _name(what: ExpectedOutput | Endpoint | Example | Server) -> str:
    match what:
        case Endpoint():
            return f"{what.method} {what.path}"
        case Example():
            return f"example at {what.ref}"
        case _:
            return f"`{named(what.command)}`"
