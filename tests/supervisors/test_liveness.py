"""Counters that stand still."""

from __future__ import annotations

import pytest

from regrow.supervisors.liveness import (
    HEARTBEAT_INTERVAL_S,
    MISSED_BEATS,
    PAUSE_INTERVALS,
    SWEEP_INTERVAL_S,
    Dead,
    HandlerReading,
    HeartbeatReading,
    LivenessState,
    Paused,
    Reading,
    Stuck,
    Verdict,
    sweep,
)


def sweeps(*rounds: tuple[float, list[Reading]]) -> list[tuple[Verdict, ...]]:
    """Sweep once a round at its time, an interval of one second; return what each said."""
    state, said = LivenessState(interval_s=1.0), []
    for now_s, readings in rounds:
        state, verdicts = sweep(state, now_s, readings)
        said.append(verdicts)
    return said


def busy(count: int, deadline_s: float = 2.0) -> list[Reading]:
    """One actor in the handler of its message number `count` + 1."""
    return [HandlerReading("a", count, True, deadline_s)]


def test_actor_in_one_message_for_longer_than_its_deadline_is_stuck_and_it_is_said_once() -> None:
    said = sweeps(*((float(second), busy(7)) for second in range(6)))
    assert said == [(), (), (), (Stuck("a", 7, 3.0),), (), ()]


def test_actor_is_not_stuck_while_its_counter_moves() -> None:
    assert sweeps(*((float(second), busy(second)) for second in range(9))) == [()] * 9


def test_actor_stuck_in_another_message_is_reported_again() -> None:
    said = sweeps(*((float(second), busy(second // 4)) for second in range(8)))
    assert said[3] == (Stuck("a", 0, 3.0),)
    assert said[7] == (Stuck("a", 1, 3.0),)


@pytest.mark.parametrize("idle", [[], [HandlerReading("a", 7, False, 2.0)]])
def test_actor_that_was_idle_in_between_is_not_stuck(idle: list[Reading]) -> None:
    assert sweeps((0.0, busy(7)), (1.0, busy(7)), (2.0, idle), (3.0, busy(7)), (4.0, busy(7))) == [()] * 5


def test_silence_of_more_than_three_beats_is_death_said_once() -> None:
    silent: list[Reading] = [HeartbeatReading("p", 5)]
    said = sweeps(*((float(second), silent) for second in range(6)))
    assert said == [(), (), (), (), (Dead("p", 4.0),), ()]


def test_beat_after_death_was_said_counts_as_life() -> None:
    rounds = [(float(second), [HeartbeatReading("p", beats)]) for second, beats in enumerate([1, 1, 1, 1, 1, 2, 2])]
    assert sweeps(*rounds)[4:] == [(Dead("p", 4.0),), (), ()]  # type: ignore[arg-type]  # a list of one kind


def test_limit_of_a_heartbeat_can_be_shorter() -> None:
    rounds = [(float(second), [HeartbeatReading("p", 1, 0.5)]) for second in range(2)]
    assert sweeps(*rounds)[1] == (Dead("p", 1.0),)  # type: ignore[arg-type]  # a list of one kind


def test_actor_and_process_of_one_key_are_told_apart() -> None:
    both: list[Reading] = [HandlerReading("a", 1, True, 9.0), HeartbeatReading("a", 1, 0.5)]
    assert sweeps((0.0, both), (1.0, both))[1] == (Dead("a", 1.0),)


def test_suspended_process_is_a_pause_of_everything_and_nobody_is_stuck_or_dead() -> None:
    both: list[Reading] = [*busy(7), HeartbeatReading("p", 5)]
    said = sweeps((0.0, both), (1.0, both), (11.0, both), (12.0, both))
    assert said == [(), (), (Paused(9.0),), (Stuck("a", 7, 3.0),)]


def test_gap_of_two_intervals_is_a_delay_and_no_pause() -> None:
    assert sweeps((0.0, busy(7)), (2.0, busy(7)), (4.0, busy(7))) == [(), (), (Stuck("a", 7, 4.0),)]


def test_gap_of_more_than_two_intervals_is_a_pause_at_any_interval() -> None:
    assert sweeps((0.0, busy(7)), (2.5, busy(7))) == [(), (Paused(1.5),)]
    quick, _ = sweep(LivenessState(interval_s=0.1), 40.0, busy(7))
    assert sweep(quick, 40.3, busy(7))[1] == (Paused(pytest.approx(0.2)),)  # type: ignore[arg-type]  # a matcher


def test_first_sweep_has_nothing_to_compare_with() -> None:
    assert sweep(LivenessState(interval_s=0.1), 40.0, busy(7))[1] == ()
    assert LivenessState().asleep_s == 0.0


def test_silence_is_counted_from_the_last_beat() -> None:
    rounds = [(float(10 + second), [HeartbeatReading("p", min(second, 3))]) for second in range(8)]
    assert sweeps(*rounds)[7] == (Dead("p", 4.0),)  # type: ignore[arg-type]  # a list of one kind


def test_clock_that_stands_or_goes_back_harms_nobody() -> None:
    assert sweeps((5.0, busy(7)), (5.0, busy(7)), (4.0, busy(7))) == [(), (), ()]


def test_one_of_ten_thousand_is_found_within_two_sweeps_of_its_deadline() -> None:
    state = LivenessState(interval_s=0.5)
    found: list[tuple[float, Verdict]] = []
    for number in range(8):
        now_s = number * 0.5
        readings = [HandlerReading(f"a{n}", 0 if n == 77 else number, True, 1.0) for n in range(10_000)]
        state, verdicts = sweep(state, now_s, readings)
        found += [(now_s, verdict) for verdict in verdicts]
    assert found == [(1.5, Stuck("a77", 0, 1.5))]


def test_counters_that_are_read_no_more_are_not_kept() -> None:
    state, _ = sweep(LivenessState(), 0.0, busy(1))
    state, _ = sweep(state, 0.5, [])
    assert not state.handlers


def test_defaults_find_a_dead_process_in_less_than_five_seconds() -> None:
    assert MISSED_BEATS * HEARTBEAT_INTERVAL_S + 2 * SWEEP_INTERVAL_S < 5
    assert (HEARTBEAT_INTERVAL_S, MISSED_BEATS, SWEEP_INTERVAL_S, PAUSE_INTERVALS) == (1.0, 3, 0.5, 2.0)
    assert LivenessState().interval_s == SWEEP_INTERVAL_S
    assert HeartbeatReading("p", 1).limit_s == 3.0


@pytest.mark.parametrize("interval_s", [0.0, -1.0, float("inf"), float("nan")])
def test_interval_that_is_none_is_refused(interval_s: float) -> None:
    with pytest.raises(ValueError, match="interval must be positive"):
        LivenessState(interval_s=interval_s)
