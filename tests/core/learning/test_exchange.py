"""What is carried out comes in again the same; what somebody made up is refused with its line."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.learning.exchange import BadFile, export_lines, import_lines
from regrow.core.learning.records import followed, merged, settled
from regrow.protocols.patterns import KnownPattern
from regrow.protocols.run_messages import ChainLink
from tests.core.learning.test_book import NOW, known

LATER = NOW + dt.timedelta(days=1)


def learned(text: str = "it broke", *, good: int = 2, bad: int = 1) -> KnownPattern:
    found = known(text)
    for success in [True] * good + [False] * bad:
        found = settled(found, "python", "rule", NOW, success=success, cost_ms=30.0)
    link = ChainLink(
        pattern_id=found.pattern.pattern_id, rule="rule", effect="rule rule", code="E1", phase="p", evidence="x"
    )
    return followed(found, "python", link, None, NOW)


def lines(*patterns: KnownPattern) -> list[bytes]:
    return [line.encode() for line in export_lines(patterns)]


def test_what_was_carried_out_comes_in_the_same() -> None:
    patterns = [learned("a broke"), learned("b broke")]
    assert list(import_lines(lines(*patterns), NOW)) == patterns


def edited(change: Callable[[dict[str, object]], object]) -> list[bytes]:
    header, line = lines(learned())
    value = json.loads(line)
    change(value)
    return [header, json.dumps(value).encode()]


def put(*path: str | int) -> Callable[[object], Callable[[dict[str, object]], object]]:
    def with_value(value: object) -> Callable[[dict[str, object]], object]:
        def change(known: dict[str, object]) -> object:
            place: object = known
            for step in path[:-1]:
                place = place[step]  # type: ignore[index]  # a path into JSON
            place[path[-1]] = value  # type: ignore[index]
            return None

        return change

    return with_value


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("pattern", "patternId")("ab" * 32), "its id is abababababab"),
        (put("normalForm")("something else"), "what it says has the id"),
        (put("pattern", "lastSeen")("2999-01-01T00:00:00Z"), "yet to come"),
        (put("records", 0, "good")(50.0), "do not add up"),
        (put("records", 0, "successes")(50), "do not add up"),
        (put("records", 0, "good")(-1.0), "greater than or equal"),
        (put("pattern", "frequency")(-1), "greater than or equal"),
        (put("pattern", "errorMessage")("\x1b]0;owned\x07"), "control characters"),
        (put("version")(2), "version"),
        (put("surprise")(1), "surprise"),
        (put("records")([]), ""),
    ],
)
def test_line_that_may_not_be_taken_in_is_refused_with_the_reason(
    change: Callable[[dict[str, object]], object], said: str
) -> None:
    if not said:
        assert list(import_lines(edited(change), LATER))
        return
    with pytest.raises(BadFile, match="line 2: ") as caught:
        list(import_lines(edited(change), LATER))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ([], "empty"),
        ([b"hello\n"], "no export of patterns"),
        ([b'{"format":"regrow-patterns","version":99}\n'], "reads version 1"),
        ([b"[" * 100_000], "no export"),
        ([*lines(), b"{" + b"x" * 1_000_001], "longer than"),
        ([*lines(), b"\xff\xfe"], "line 2"),
        (lines(learned(), learned()), "stands twice"),
    ],
)
def test_file_that_is_none_is_refused(file: list[bytes], said: str) -> None:
    with pytest.raises(BadFile, match=said):
        list(import_lines(file, LATER))


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_nothing_but_a_sentence_comes_of_whatever_bytes(file: list[bytes]) -> None:
    with contextlib.suppress(BadFile):
        list(import_lines([*lines(), *file], LATER))


def test_counts_add_up_and_the_order_does_not_matter() -> None:
    one, two = learned(good=2, bad=1), learned(good=0, bad=3)
    both = merged(one, two)
    (record,) = both.records
    assert (record.attempts, record.successes, record.failures) == (6, 2, 4)
    assert both.pattern.frequency == 2
    assert both.follow_ups[0].weight == 2.0
    assert merged(two, one).records == both.records
