"""Whether what was printed is what the documents show, and with which tolerance. Pure.

The tolerance, in the order in which it is tried: the same text but for white space; an elision (`...`) for any text; the shown
lines in order among more; JSON by value; Python values by value; and last with times, dates, addresses, paths and versions
masked on both sides. What was needed is named, so that no report says more than was compared.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from regrow.core.workshop.escapes import without_escapes

__all__ = ["Agreement", "agree", "agree_json", "agree_values"]

_ELISION = re.compile(r"\[?(?:\.\.\.|…)\]?|<snip>|\[snip\]|\(snip\)")
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .{0,30}?\d{4}"
_ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_UNITS = r"(?:ms|µs|us|ns|s|secs?|seconds?|minutes?|mins?)"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_MASKS = (
    ("dates", re.compile(rf"\b{_ISO}|\b{_DAY}\b")),
    ("times", re.compile(rf"\b\d{{1,2}}:\d\d(?::\d\d(?:[.,]\d+)?)?\b|\b\d+(?:\.\d+)?\s?{_UNITS}\b")),
    ("addresses", re.compile(r"\b0x[0-9a-fA-F]{4,}\b")),
    ("identifiers", re.compile(rf"\b{_UUID}\b|\b(?=[a-f]*\d)[0-9a-f]{{12,}}\b")),
    ("paths", re.compile(r"(?<![\w.])(?:~|[A-Z]:)?[/\\](?:[\w.@+-]+[/\\])+[\w.@+-]*")),
    (
        "versions",
        re.compile(r"\bv?\d+\.\d+(?:\.\d+)+(?:[-+.]?[a-z]\w*(?:\.\d+)*)?|\b(?:version|Python|v)\s?\d+\.\d+\b"),
    ),
)
_VOLATILE_KEY = re.compile(
    r"(?i)(?:^|_|-)(?:id|uuid|date|time|timestamp|created|updated|modified|expires|token|host|origin|user.?agent|version|"
    r"url|uri|ip|port|uptime|elapsed|latency|duration|etag|hash|session|nonce|pid|hostname|path|at)(?:$|_|-)|(?:At|Id|Time|Date)$"
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether two texts agree.

    Attributes:
        same: They do, with the tolerance.
        masked: What had to be masked, or left out of the comparison.
        how: The tolerance that was needed, in words; "" for none.
        shape: They differ in how much there is (the length of a list), which depends on data that a reader has and we have not.
    """

    same: bool
    masked: tuple[str, ...] = ()
    how: str = ""
    shape: bool = False


def agree(expected: str, got: str, *, partly: bool = False) -> Agreement:
    """Compare what is shown with what was printed.

    >>> agree("a  b\\n", "a b").same, agree("x ... z", "x y z").how, agree("took 3 s", "took 5 s").masked
    (True, 'an elision stands for any text', ('times',))
    >>> agree("5", "6").same
    False
    """
    if (found := _plainly(_lines(expected), _lines(got), partly=partly)) is not None:
        return found
    if (found := _as_json(expected, got)) is not None and found.same:
        return found
    masked_expected, masked_got, names = _mask(expected, got)
    if names and (found := _plainly(_lines(masked_expected), _lines(masked_got), partly=partly)) is not None:
        return Agreement(True, names, found.how)
    return Agreement(False)


def _lines(text: str) -> tuple[str, ...]:
    cleaned = (re.sub(r"\s+", " ", line).strip() for line in without_escapes(text).replace("\r", "").split("\n"))
    return tuple(line for line in cleaned if line)


def _plainly(expected: Sequence[str], got: Sequence[str], *, partly: bool) -> Agreement | None:
    """Without masks; None when they differ."""
    if expected == got or " ".join(expected) == " ".join(got):
        return Agreement(True)
    if any(map(_ELISION.search, expected)):
        # A part that is left out at the ends needs no mark of its own where the words say that it is a part.
        pattern = r".*?".join(
            re.escape(part.strip()).replace(r"\ ", r"\s*") for part in _ELISION.split(" ".join(expected))
        )
        wide = rf".*{pattern}.*" if partly else rf"\s*{pattern}\s*"
        if re.fullmatch(wide.replace(r".*?", r"\s*.*?\s*"), " ".join(got), re.DOTALL):
            return Agreement(True, how="an elision stands for any text")
    wanted = [line for line in expected if not _ELISION.fullmatch(line)]
    rest = iter(got)
    if wanted and all(any(line == other for other in rest) for line in wanted):
        return Agreement(True, how="more is printed than is shown")
    return None


def _mask(expected: str, got: str) -> tuple[str, str, tuple[str, ...]]:
    """Both texts with what is volatile replaced, and the kinds of what was replaced in both."""
    names = []
    for name, pattern in _MASKS:
        if pattern.search(expected) and pattern.search(got):
            expected, got = (pattern.sub(f"<{name}>", text) for text in (expected, got))
            names.append(name)
    return expected, got, tuple(names)


def _as_json(expected: str, got: str) -> Agreement | None:
    try:
        one, other = json.loads(expected), json.loads(got)
    except ValueError:
        return None
    return agree_json(one, other) if isinstance(one, dict | list) else None


def agree_json(expected: JsonValue, got: JsonValue, key: str = "") -> Agreement:
    """Compare two JSON values: what is shown must be there; more may be. Values that differ by nature are masked, and named.

    >>> agree_json({"a": 1, "id": 7}, {"a": 1, "id": 9, "b": 2})
    Agreement(same=True, masked=('id',), how='more is answered than is shown', shape=False)
    >>> agree_json([1, 2], [1]).shape
    True
    """
    if isinstance(expected, dict) and isinstance(got, dict):
        missing = [name for name in expected if name not in got and not _ELISION.search(name)]
        if missing:
            return Agreement(False)
        each = [agree_json(value, got[name], name) for name, value in expected.items() if name in got]
        more = "more is answered than is shown" if got.keys() - expected.keys() else ""
        return _together(each, more)
    if isinstance(expected, list) and isinstance(got, list):
        elided = bool(expected) and isinstance(expected[-1], str) and _ELISION.fullmatch(expected[-1]) is not None
        wanted = expected[:-1] if elided else expected
        if len(wanted) != len(got) and not (elided and len(got) >= len(wanted)):
            return Agreement(False, shape=True)
        return _together([agree_json(one, other, key) for one, other in zip(wanted, got, strict=False)], "")
    if expected == got and type(expected) is type(got):
        return Agreement(True)
    if _is_number(expected) and _is_number(got) and math.isclose(float(str(expected)), float(str(got)), rel_tol=1e-9):
        return Agreement(True)
    if key and _VOLATILE_KEY.search(key) and type(expected) is type(got):
        return Agreement(True, (key,))
    if isinstance(expected, str) and isinstance(got, str):
        return agree(expected, got) if expected.strip() or got.strip() else Agreement(True)
    return Agreement(False)


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _together(each: Sequence[Agreement], how: str) -> Agreement:
    masked = tuple(dict.fromkeys(name for one in each for name in one.masked))
    wrong = [one for one in each if not one.same]
    shape = bool(wrong) and all(one.shape for one in wrong)
    return Agreement(not wrong, masked, how or next((one.how for one in each if one.how), ""), shape)


def agree_values(expected: str, got: str) -> Agreement:
    """Compare what an interpreter shows: as text, then by value where both are values (order of sets, prefixes, last digits).

    >>> agree_values("{1, 2}", "{2, 1}").same, agree_values("u'a'", "'a'").same, agree_values("0.333", "0.3333333333").same
    (True, True, True)
    >>> agree_values("4", "3").same
    False
    """
    plain = agree(expected, got)
    if plain.same and plain.how != "more is printed than is shown":
        return plain
    try:
        one, other = ast.literal_eval(expected.strip()), ast.literal_eval(got.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return Agreement(False)
    if one == other:
        return Agreement(True, how="compared by value")
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        digits = len(expected.strip().partition(".")[2])
        if digits and abs(one - other) <= 10**-digits:
            return Agreement(True, how="as many digits as are shown")
    return Agreement(False)
