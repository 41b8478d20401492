"""How long a run took: the time in which it was worked on, and no more once it is over."""

from __future__ import annotations

import datetime as dt

import pytest

from regrow.actors.run.record import RunRecord

BEGAN = dt.datetime(2026, 1, 2, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("ended_s", "waited_s", "now_s", "took_s"),
    [
        (None, 0.0, 7, 7),  # under way
        (None, 5.0, 7, 2),  # gone on with after a pause
        (3, 0.0, 500, 3),  # looked at long after its end
        (30, 20.0, 500, 10),
        (None, 0.0, -4, 0),  # the clock was set back
    ],
)
def test_a_run_took_what_it_was_worked_on(ended_s: int | None, waited_s: float, now_s: int, took_s: int) -> None:
    ended_at = BEGAN + dt.timedelta(seconds=ended_s) if ended_s is not None else None
    record = RunRecord(started_at=BEGAN, waited_s=waited_s, ended_at=ended_at)
    assert record.took(BEGAN + dt.timedelta(seconds=now_s)).total_seconds() == took_s
