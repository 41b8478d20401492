"""Patterns as lines of JSON, to be carried to another machine: written, and read with care. Pure.

The first line names the format and its version, each other line is one pattern. What comes in was written by nobody knows
whom: every line is validated as a whole, its id must be the digest of what it says, counts must add up, no moment may lie
ahead, and no text may hold what a terminal obeys. One bad line refuses the file, with its number; nothing is taken then.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import JsonValue, ValidationError

from regrow.core.learning.recognising import group_for, pattern_id
from regrow.core.learning.records import restored
from regrow.protocols.patterns import KnownPattern

__all__ = ["FORMAT", "VERSION", "BadFile", "export_lines", "import_lines"]

FORMAT: Final = "regrow-patterns"
VERSION: Final = 1

MAX_LINE_BYTES: Final = 1_000_000
MAX_LINES: Final = 200_000
"""Twice of what is kept."""

_AHEAD: Final = dt.timedelta(days=1)
"""Clocks differ; a moment that lies years ahead would never fade."""

_OBEYED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line end, and those that turn the direction of writing."""


class BadFile(ValueError):
    """It is not a file of patterns, or not one that may be taken in; the message says where and why."""


def export_lines(patterns: Iterable[KnownPattern]) -> Iterator[str]:
    """Return the lines of a file, each with its end."""
    yield export_header()
    for known in patterns:
        yield export_line(known)


def export_header() -> str:
    """Return the first line."""
    return json.dumps({"format": FORMAT, "version": VERSION}) + "\n"


def export_line(known: KnownPattern) -> str:
    """Return the line of one pattern."""
    return known.model_dump_json(by_alias=True) + "\n"


def import_lines(lines: Iterable[bytes], now: dt.datetime) -> Iterator[KnownPattern]:
    """Read a file, line by line.

    Raises:
        BadFile: At the first line that may not be taken in.
    """
    seen: set[str] = set()
    number = 0
    for number, line in enumerate(lines, 1):
        if number > MAX_LINES + 1:
            raise BadFile(f"line {number}: more than {MAX_LINES} patterns")
        if len(line) > MAX_LINE_BYTES:
            raise BadFile(f"line {number}: longer than {MAX_LINE_BYTES} bytes")
        if number == 1:
            _check_header(line)
            continue
        if not line.strip():
            continue
        known = _pattern(line, number)
        if why := _wrong(known, now):
            raise BadFile(f"line {number}: {why}")
        if known.pattern.pattern_id in seen:
            raise BadFile(f"line {number}: pattern {known.pattern.pattern_id[:12]} stands twice")
        seen.add(known.pattern.pattern_id)
        yield restored(known, group_for(known.pattern.error_type, known.normal_form))
    if number == 0:
        raise BadFile("the file is empty")


def _check_header(line: bytes) -> None:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise BadFile(f'line 1: expected {{"format": "{FORMAT}", "version": {VERSION}}}: this is no export of patterns')
    if header.get("version") != VERSION:
        raise BadFile(f"line 1: version {str(header.get('version'))[:20]}, this regrow reads version {VERSION}")


def _pattern(line: bytes, number: int) -> KnownPattern:
    try:
        return KnownPattern.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the line"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise BadFile(f"line {number}: {place}: {first['msg']}{more}") from None


def _wrong(known: KnownPattern, now: dt.datetime) -> str:
    """Why a pattern may not be taken in; "" when it may."""
    pattern = known.pattern
    expected = pattern_id(pattern.error_type, known.code, pattern.phase, known.normal_form)
    if pattern.pattern_id != expected:
        return f"its id is {pattern.pattern_id[:12]}, and what it says has the id {expected[:12]}"
    moments = [
        pattern.last_seen,
        *(one.last_used for one in known.records),
        *(one.last_seen for one in known.follow_ups),
    ]
    if max(moments) > now + _AHEAD:
        return f"it was last seen at {max(moments):%Y-%m-%d}, which is yet to come"
    for record in known.records:
        if record.successes + record.failures > record.attempts or record.good > record.successes + 0.001:
            return f"the counts of {record.rule[:60]} do not add up"
        if record.bad > record.failures + 0.001:
            return f"the counts of {record.rule[:60]} do not add up"
    if pattern.frequency < 1:
        return "it was never seen"
    text = next((text for text in _texts(known.model_dump(mode="json")) if _OBEYED.search(text)), None)
    return f"a text holds control characters: {text[:60]!r}" if text is not None else ""


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case dict():
            for name, each in value.items():
                yield name
                yield from _texts(each)
        case _:
            return
