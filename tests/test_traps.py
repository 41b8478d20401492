"""docs/traps.md names for each trap tests that exist, and no test that is named for a trap is missing there."""

from __future__ import annotations

import re

import pytest

from tests.source_tree import ROOT, modules

TRAPS = range(1, 26)
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.*?) \|$", re.MULTILINE)
PAGE = (ROOT / "docs/traps.md").read_text(encoding="utf-8")


def named_by_row() -> dict[int, set[str]]:
    return {int(number): set(re.findall(r"`([^`]+)`", tests)) for number, _, tests, _ in ROW.findall(PAGE)}


def all_tests() -> set[str]:
    return {
        f"{source.path.removeprefix('tests/')}::{name}"
        for source in modules("tests")
        for name, _ in source.functions()
        if name.startswith("test_") and "." not in name
    }


def test_there_is_a_row_for_each_trap_in_their_order() -> None:
    assert list(named_by_row()) == list(TRAPS)


@pytest.mark.parametrize("trap", TRAPS)
def test_every_test_of_a_row_exists_and_one_is_named_for_the_trap(trap: int) -> None:
    named = named_by_row()[trap]
    assert named - all_tests() == set()
    assert [test for test in named if f"::test_trap_{trap:02d}_" in test]


def test_every_test_that_is_named_for_a_trap_stands_in_its_row() -> None:
    rows = named_by_row()
    stray = {
        test
        for test in all_tests()
        if (found := re.search(r"::test_trap_(\d\d)_", test)) and test not in rows.get(int(found[1]), set())
    }
    assert stray == set()
