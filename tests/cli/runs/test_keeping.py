"""What is kept: so many, so long, so large; whatever is worked on."""

from __future__ import annotations

import dataclasses
import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from regrow.cli.runs.keeping import KeptBase, KeptRun, bases_to_give_up, runs_to_give_up
from regrow.config import GcSettings

NOW = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)


def a_run(run_id: str, days: float, *, finished: bool = True, busy: bool = False) -> KeptRun:
    return KeptRun(run_id, NOW - dt.timedelta(days=days), finished, busy)


def test_the_oldest_go_first_by_number_and_by_age_each_with_its_reason() -> None:
    runs = [a_run("a", 1), a_run("b", 2), a_run("c", 3), a_run("old", 31)]
    limits = GcSettings(runs_kept=2, run_age_days=30)
    assert runs_to_give_up(runs, limits, NOW) == [("old", "more than 2 are kept"), ("c", "more than 2 are kept")]
    assert runs_to_give_up(runs, GcSettings(runs_kept=9), NOW) == [("old", "older than 30 days")]


def test_quick_runs_take_no_unfinished_work_away() -> None:
    runs = [a_run(f"f{number}", number) for number in range(5)] + [a_run("u", 9, finished=False)]
    gone = [run_id for run_id, _ in runs_to_give_up(runs, GcSettings(runs_kept=2), NOW)]
    assert gone == ["f4", "f3", "f2"]


@given(
    st.lists(
        st.builds(a_run, st.uuids().map(str), st.floats(0, 90), finished=st.booleans(), busy=st.booleans()), max_size=30
    ),
    st.integers(1, 10),
    st.floats(0.5, 60),
)
def test_what_is_left_is_within_the_limits_and_what_is_busy_stays(
    runs: list[KeptRun], number: int, days: float
) -> None:
    limits = GcSettings(runs_kept=number, run_age_days=days)
    gone = {run_id for run_id, _ in runs_to_give_up(runs, limits, NOW)}
    assert not [run for run in runs if run.busy and run.run_id in gone]
    for finished in (True, False):
        left = [run for run in runs if run.finished is finished and not run.busy and run.run_id not in gone]
        assert len(left) <= number
        assert all((NOW - run.begun_at).total_seconds() <= days * 86400 + 1 for run in left)


def test_the_oldest_base_roots_go_until_the_rest_fits_and_the_newest_stays() -> None:
    bases = [KeptBase(name, NOW - dt.timedelta(days=age), 10) for name, age in (("a", 3), ("b", 2), ("c", 1))]
    for limit, gone in ((30, []), (29, ["a"]), (10, ["a", "b"]), (1, ["a", "b"])):
        assert [name for name, _ in bases_to_give_up(bases, GcSettings(cache_limit_bytes=limit))] == gone


def sized(run_id: str, days: float, size_bytes: int, *, finished: bool = True, busy: bool = False) -> KeptRun:
    return dataclasses.replace(a_run(run_id, days, finished=finished, busy=busy), size_bytes=size_bytes)


def test_the_oldest_finished_runs_go_until_the_rest_fits() -> None:
    runs = [
        sized("new", 0, 40), sized("b", 2, 10), sized("c", 3, 10), sized("held", 5, 10, busy=True), sized("d", 6, 10),
        sized("young", 4, 10, finished=False), sized("stale", 8, 10, finished=False),
    ]  # fmt: skip
    for limit, gone in (
        (100, []),
        (99, ["d"]),
        (80, ["d", "c"]),
        (70, ["d", "c", "b"]),
        (69, ["stale", "d", "c", "b"]),
        (1, ["stale", "d", "c", "b"]),  # what is worked on, what is young and the newest stay, however large
    ):
        found = runs_to_give_up(runs, GcSettings(runs_limit_bytes=limit), NOW)
        assert [run_id for run_id, _ in found] == gone
        assert all("bytes" in why for _, why in found)


def test_what_goes_by_number_is_not_counted_twice() -> None:
    runs = [sized("a", 1, 10), sized("b", 2, 10), sized("c", 3, 50)]
    found = runs_to_give_up(runs, GcSettings(runs_kept=2, runs_limit_bytes=20), NOW)
    assert found == [("c", "more than 2 are kept")]


@given(
    st.lists(
        st.builds(
            sized,
            st.uuids().map(str),
            st.floats(0, 30),
            st.integers(0, 100),
            finished=st.booleans(),
            busy=st.booleans(),
        ),
        max_size=30,
    ),
    st.integers(1, 2000),
)
def test_by_size_nothing_goes_that_somebody_still_needs(runs: list[KeptRun], limit: int) -> None:
    gone = {run_id for run_id, _ in runs_to_give_up(runs, GcSettings(runs_limit_bytes=limit), NOW)}
    assert not [run for run in runs if run.run_id in gone and run.busy]
    left = [run for run in runs if run.run_id not in gone]
    done = [run for run in left if run.finished and not run.busy and run.size_bytes]
    newest = max((run.begun_at for run in runs if run.finished), default=NOW)
    assert sum(run.size_bytes for run in left) <= limit or all(run.begun_at == newest for run in done)
