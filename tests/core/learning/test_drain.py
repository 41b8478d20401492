"""Templates are mined as the paper says, the same each time, and no output makes them grow without bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.learning.drain import ANY, MAX_LINES, MAX_TEMPLATES, Drain, group_of, likeness, mine


def texts(lines: list[str]) -> list[tuple[str, int]]:
    return [(each.text, each.count) for each in mine(lines)]


def test_lines_that_differ_in_a_word_are_one_template() -> None:
    lines = ["building module alpha now", "building module beta now", "linking everything"]
    assert texts(lines) == [(f"building module {ANY} now", 2), ("linking everything", 1)]


def test_lines_of_another_length_or_beginning_are_apart() -> None:
    assert len(mine(["a b c", "a b", "x b c"])) == 3


def test_line_that_is_not_like_enough_is_a_template_of_its_own() -> None:
    assert len(mine(["one two three four five six", "one two x y z w"])) == 2


def test_template_keeps_its_first_line_and_where_it_stood() -> None:
    (found,) = mine(["", "took 3 s", "took 4 s"])
    assert (found.first, found.line, found.count) == ("took 3 s", 2, 2)


def test_blank_lines_are_none() -> None:
    assert Drain().add("   ") is None


def test_group_is_chosen_by_length_and_first_words_without_parameters() -> None:
    assert group_of("error: cannot open 'a.h' now") == group_of("error: cannot find 'b.c' ever")
    assert group_of("gcc12 cannot open 'a.h'") == f"4 {ANY} cannot"


@pytest.mark.parametrize(("depth", "similarity"), [(2, 0.5), (4, 0.0), (4, 1.1)])
def test_tree_that_makes_no_sense_is_refused(depth: int, similarity: float) -> None:
    with pytest.raises(ValueError, match="depth of at least 3"):
        Drain(depth=depth, similarity=similarity)


def test_long_output_is_read_at_both_ends() -> None:
    lines = ["first of all", *(f"line {n} x" for n in range(MAX_LINES * 2)), "last of all"]
    found = dict(texts(lines))
    assert sum(found.values()) == MAX_LINES
    assert {"first of all", "last of all"} <= found.keys() or f"{ANY} of all" in found


def test_templates_of_a_group_are_bounded_and_the_least_used_gives_way() -> None:
    tree = Drain(similarity=1.0)
    for letter in "ab":
        tree.add(f"one two {letter * 3}", 1)
        tree.add(f"one two {letter * 3}", 1)
    for number in range(MAX_TEMPLATES * 2):
        name = "".join(chr(97 + int(digit)) for digit in f"{number:04}")
        tree.add(f"one two {name}q", number)
    found = {each.text: each.count for each in tree.templates()}
    assert len(found) == MAX_TEMPLATES
    assert found["one two aaa"] == 2


@given(st.lists(st.text(alphabet="ab 1/'", max_size=12), max_size=40))
def test_every_line_is_counted_once_and_two_times_give_the_same(lines: list[str]) -> None:
    found = texts(lines)
    assert found == texts(lines)
    assert sum(count for _, count in found) == sum(bool(line.strip()) for line in lines)


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_likeness_is_a_share_and_the_same_both_ways(one: list[str], other: list[str]) -> None:
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
