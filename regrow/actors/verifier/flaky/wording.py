"""What repetitions have shown, in sentences. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from regrow.protocols.retests import RepeatedKind, RepeatedTest

__all__ = ["all_by_chance", "fails_inside", "say_repeated"]

LIMIT_SAID = 5

_STANDARD_LIBRARY = re.compile(
    r"^(?P<path>/\S*?/lib(?:64)?/python3[^/]*/(?P<file>(?!site-packages/|dist-packages/|unittest/)[\w./-]+\.py)):(?P<line>\d+): "
    r"(?P<error>AttributeError|NameError|UnboundLocalError|AssertionError|SystemError|TypeError|DeprecationWarning)\b"
)
_INTERNAL = re.compile(r"^(?:SystemError|RecursionError: .*C stack|Fatal Python error)")


def all_by_chance(found: Sequence[RepeatedTest]) -> bool:
    """Whether each of the failing tests has passed with nothing changed."""
    return bool(found) and all(each.kind in (RepeatedKind.FLAKY, RepeatedKind.PASSES_ALONE) for each in found)


def fails_inside(complaint: str, python: str | None) -> str:
    """Where outside of the project a test fails, by the deepest frame of its complaint; "" when it is not known to.

    Only errors that the library itself makes count: one that it raises for what it was given is the caller's.

    >>> fails_inside("/usr/lib/python3.11/fileinput.py:300: AttributeError: 'NoneType' object", "3.11.2")
    'the standard library of Python 3.11.2 (fileinput.py, line 300)'
    >>> fails_inside("/build/checkout/tests/test_a.py:3: AssertionError", "3.11.2")
    ''
    """
    name = f"Python {python}" if python else "Python"
    if _INTERNAL.search(complaint):
        return f"the interpreter, {name}"
    found = _STANDARD_LIBRARY.search(complaint)
    return f"the standard library of {name} ({found['file']}, line {found['line']})" if found else ""


def say_repeated(found: Sequence[RepeatedTest]) -> list[str]:
    """Say what was found, a sentence a kind: flaky ones by name with their rate."""
    told = []
    for each in [one for one in found if one.kind is RepeatedKind.FLAKY][:LIMIT_SAID]:
        told.append(
            f"{each.name} is flaky: it failed in {each.failed} of {each.runs} repetitions, {100 * each.rate:.0f} % "
            f"({100 * each.rate_low:.0f} to {100 * each.rate_high:.0f} %)"
        )
    for each in [one for one in found if one.kind is RepeatedKind.PASSES_ALONE][:LIMIT_SAID]:
        told.append(
            f"{each.name} passed in all of {each.runs} repetitions alone: it fails by the tests around it, by load, or seldom"
        )
    failing = [each for each in found if each.kind is RepeatedKind.FAILING]
    if failing:
        runs = min(each.runs for each in failing)
        which = failing[0].name if len(failing) == 1 else f"{len(failing)} tests"
        told.append(f"{which} failed in each of {runs} repetitions")
    told += [f"{each.name} passes with {each.passes_when}" for each in found if each.passes_when][:LIMIT_SAID]
    inside: dict[str, list[str]] = {}
    for each in found:
        if each.inside:
            inside.setdefault(each.inside, []).append(each.name)
    for place, names in list(inside.items())[:LIMIT_SAID]:
        told.append(f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''} fails inside of {place}")
    return told
