"""The deadline wheel: what is due expires in its order, never early, and the wheel knows how late it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from regrow.core.deadlines import TICK_S, DeadlineWheel, Entry


class Alarm:
    def __init__(self, at_s: float, callback: Callable[[], object]) -> None:
        self.at_s = at_s
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """A backend as far as a wheel needs one: its clock is set by hand."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.alarms: list[Alarm] = []

    def now_s(self) -> float:
        return self.time_s

    def call_at(self, at_s: float, callback: Callable[[], object]) -> Alarm:
        alarm = Alarm(at_s, callback)
        self.alarms.append(alarm)
        return alarm

    def go_to(self, time_s: float) -> None:
        """Let time pass in one jump, as when the loop is blocked meanwhile."""
        self.time_s = time_s
        for alarm in [alarm for alarm in self.alarms if alarm.at_s <= time_s and not alarm.cancelled]:
            self.alarms.remove(alarm)
            alarm.callback()


@pytest.fixture
def loop() -> Loop:
    return Loop()


def wheel_on(loop: Loop, raised: list[Exception] | None = None) -> DeadlineWheel:
    return DeadlineWheel(loop, (raised if raised is not None else []).append)  # type: ignore[arg-type]  # it needs two of a backend's methods


def test_nothing_expires_early_and_what_is_due_expires_in_the_order_of_its_setting(loop: Loop) -> None:
    wheel, order = wheel_on(loop), ""
    expired: list[str] = []
    for at_s, name in ((0.011, "b"), (0.004, "a"), (0.0149, "c"), (0.5, "late")):
        wheel.call_at(at_s, lambda name=name: expired.append(name))  # type: ignore[misc]
    for step in range(1, 11):
        loop.go_to(step * TICK_S / 2)
        order = "".join(expired)
        if step == 1:
            assert order == ""
    assert order == "abc"


def test_an_entry_that_is_taken_off_does_not_expire_even_by_another_of_the_same_tick(loop: Loop) -> None:
    wheel = wheel_on(loop)
    expired: list[str] = []
    entries: list[Entry] = []

    def first() -> None:
        expired.append("first")
        entries[1].cancel()

    entries.append(wheel.call_after(0.004, first))
    entries.append(wheel.call_after(0.004, lambda: expired.append("second")))
    loop.go_to(1.0)
    assert expired == ["first"]


def test_the_lag_is_that_of_the_last_tick_or_of_the_one_that_is_due(loop: Loop) -> None:
    wheel = wheel_on(loop)
    loop.time_s = 5.0
    assert wheel.lag_s() == 0.0, "nothing is due"
    wheel.call_after(1.0, lambda: None)
    loop.time_s = 5.9
    assert wheel.lag_s() == 0.0
    loop.time_s = 9.0  # the loop is blocked: another thread asks
    assert wheel.lag_s() == pytest.approx(3.0)
    loop.go_to(9.5)
    assert wheel.lag_s() == pytest.approx(3.5)
    wheel.call_after(1.0, lambda: None)
    loop.go_to(10.5)
    assert wheel.lag_s() == pytest.approx(0.0)


def test_a_call_that_raises_is_told_and_takes_nothing_of_its_tick_along(loop: Loop) -> None:
    raised: list[Exception] = []
    wheel = wheel_on(loop, raised)
    expired: list[str] = []

    def fail() -> None:
        raise ValueError("at fault")

    wheel.call_after(0.004, fail)
    wheel.call_after(0.004, lambda: expired.append("beside it"))
    wheel.call_after(0.5, lambda: expired.append("later"))
    loop.go_to(0.1)
    assert expired == ["beside it"]
    loop.go_to(1.0)
    assert expired == ["beside it", "later"]
    assert [str(error) for error in raised] == ["at fault"]


def test_a_closed_wheel_expires_nothing(loop: Loop) -> None:
    wheel = wheel_on(loop)
    expired: list[str] = []
    wheel.call_after(0.004, lambda: expired.append("x"))
    wheel.close()
    wheel.call_after(0.004, lambda: expired.append("y"))
    loop.go_to(1.0)
    assert expired == []
