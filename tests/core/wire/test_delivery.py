"""Acknowledged delivery over a wire that loses, doubles, delays and reorders."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regrow.core.wire.delivery import (
    Accept,
    Acknowledge,
    Acknowledged,
    Drop,
    DropReason,
    Due,
    GiveUp,
    Repetition,
    Resolve,
    Send,
    Sending,
    Window,
    begin,
    step,
)

FATE = st.lists(st.floats(0.0, 3.0), max_size=3)
"""What the wire does with one packet: lost (empty), delayed, doubled."""


@dataclass
class World:
    """One sender, one receiver and the wire between them, in virtual time."""

    data: st.DataObject
    capacity: int
    now_s: float = 0.0
    queue: list[tuple[float, int, str, str]] = field(default_factory=list)
    sendings: dict[str, Sending] = field(default_factory=dict)
    outcomes: dict[str, Resolve | GiveUp] = field(default_factory=dict)
    settled_at_s: dict[str, float] = field(default_factory=dict)
    handed_on: Counter[str] = field(default_factory=Counter)
    committed: Counter[str] = field(default_factory=Counter)
    serial: int = 0

    def __post_init__(self) -> None:
        self.window = Window(self.capacity)

    def later(self, delay_s: float, what: str, message_id: str) -> None:
        self.at(self.now_s + delay_s, what, message_id)

    def at(self, moment_s: float, what: str, message_id: str) -> None:
        self.serial += 1
        heapq.heappush(self.queue, (moment_s, self.serial, what, message_id))

    def on_wire(self, what: str, message_id: str) -> None:
        for delay_s in self.data.draw(FATE):
            self.later(delay_s, what, message_id)

    def run(self) -> None:
        while self.queue:
            self.now_s, _, what, message_id = heapq.heappop(self.queue)
            getattr(self, what)(message_id)
            assert len(self.window) <= self.capacity

    def due(self, message_id: str) -> None:
        self.sender_hears(message_id, Due(self.now_s, self.data.draw(st.floats(0, 1, exclude_max=True))))

    def acknowledgement(self, message_id: str) -> None:
        self.sender_hears(message_id, Acknowledged(durable=True))

    def sender_hears(self, message_id: str, event: Due | Acknowledged) -> None:
        state, commands = step(self.sendings[message_id], event)
        self.sendings[message_id] = state
        for command in commands:
            assert message_id not in self.outcomes, "settled, and yet something is to be done"
            if isinstance(command, Send):
                assert self.now_s < state.deadline_s
                self.on_wire("packet", message_id)
                assert state.next_s is not None
                self.at(state.next_s, "due", message_id)
            else:
                self.outcomes[message_id] = command
                self.settled_at_s[message_id] = self.now_s

    def packet(self, message_id: str) -> None:
        deadline_s = self.sendings[message_id].deadline_s
        verdict = self.window.receive(message_id, deadline_s, self.now_s)
        if isinstance(verdict, Accept):
            assert self.now_s < deadline_s
            self.handed_on[message_id] += 1
            self.later(
                self.data.draw(st.floats(0, 2)), self.data.draw(st.sampled_from(["commit", "refuse"])), message_id
            )
        elif isinstance(verdict, Acknowledge):
            assert verdict.repeated
            assert self.committed[message_id] == 1
            self.on_wire("acknowledgement", message_id)

    def commit(self, message_id: str) -> None:
        self.committed[message_id] += 1
        for _ in self.window.accepted(message_id, durable=True):
            self.on_wire("acknowledgement", message_id)

    def refuse(self, message_id: str) -> None:
        self.window.refused(message_id)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.lists(st.floats(0.1, 8.0), min_size=1, max_size=4), st.integers(1, 4))
def test_each_message_is_accepted_at_most_once_and_its_sender_learns_no_untruth(
    data: st.DataObject, deadlines_s: list[float], capacity: int
) -> None:
    world = World(data, capacity)
    for number, deadline_s in enumerate(deadlines_s):
        world.sendings[str(number)] = begin(deadline_s, 0.0)
        world.later(0.0, "due", str(number))
    world.run()
    assert set(world.outcomes) == set(world.sendings), "a sender was told nothing"
    for message_id, outcome in world.outcomes.items():
        assert world.committed[message_id] <= 1
        if isinstance(outcome, Resolve):
            assert world.committed[message_id] == 1
        else:
            assert world.settled_at_s[message_id] == world.sendings[message_id].deadline_s
    world.window.forget_expired(max(deadlines_s))
    assert len(world.window) == 0


@given(st.integers(0, 5), st.floats(0, 1, exclude_max=True))
def test_a_wire_that_comes_back_before_the_deadline_delivers(losses: int, chance: float) -> None:
    state, window, now_s = begin(deadline_s=60.0, now_s=0.0), Window(), 0.0
    for _ in range(losses + 1):
        assert state.next_s is not None
        now_s = state.next_s
        state, commands = step(state, Due(now_s, chance))
        assert [type(command) for command in commands] == [Send]
    assert window.receive("m", 60.0, now_s) == Accept()
    assert window.accepted("m", durable=False) == (Acknowledge(durable=False, repeated=False),)
    assert step(state, Acknowledged(durable=False))[1] == (Resolve(durable=False),)


def test_pauses_grow_to_their_maximum() -> None:
    state = begin(100.0, 0.0, Repetition(first_s=1.0, maximum_s=4.0))
    sent_s = []
    while state.next_s is not None and state.next_s < 20:
        sent_s.append(state.next_s)
        state, _ = step(state, Due(state.next_s, chance=0.0))
    assert sent_s == [0.0, 0.5, 1.5, 3.5, 5.5, 7.5, 9.5, 11.5, 13.5, 15.5, 17.5, 19.5]


def test_the_sender_sends_nothing_before_it_is_due_and_gives_up_at_the_deadline() -> None:
    state, _ = step(begin(1.0, 0.0), Due(0.0, 0.0))
    assert step(state, Due(0.05, 0.0)) == (state, ())
    given_up, commands = step(state, Due(1.0, 0.0))
    assert commands == (GiveUp(attempts=1),)
    assert step(given_up, Acknowledged(durable=True)) == (given_up, ())


def test_a_message_that_is_late_already_is_never_sent() -> None:
    assert step(begin(deadline_s=1.0, now_s=2.0), Due(2.0, 0.0))[1] == (GiveUp(attempts=0),)


def test_a_clock_that_is_set_back_revives_no_message() -> None:
    window = Window()
    window.receive("m", 10.0, 5.0)
    window.accepted("m", durable=True)
    window.forget_expired(10.0)
    assert window.receive("m", 10.0, 6.0) == Drop(DropReason.EXPIRED)


def test_a_full_window_refuses_new_messages_and_knows_the_old_ones() -> None:
    window = Window(capacity=1)
    assert window.receive("a", 10.0, 0.0) == Accept()
    assert window.receive("a", 10.0, 1.0) == Drop(DropReason.IN_HAND)
    assert window.receive("b", 20.0, 1.0) == Drop(DropReason.FULL)
    window.accepted("a", durable=False)
    assert window.receive("a", 10.0, 2.0) == Acknowledge(durable=False, repeated=True)
    assert window.receive("b", 20.0, 10.0) == Accept()


def test_what_was_refused_may_come_again() -> None:
    window = Window()
    window.receive("m", 10.0, 0.0)
    window.refused("m")
    assert window.receive("m", 10.0, 1.0) == Accept()
    window.accepted("m", durable=True)
    window.refused("m")
    assert window.receive("m", 10.0, 2.0) == Acknowledge(durable=True, repeated=True)


def test_what_was_committed_in_an_earlier_life_is_not_accepted_again() -> None:
    window = Window(accepted=[("m", 10.0), ("m", 10.0)])
    assert window.receive("m", 10.0, 1.0) == Acknowledge(durable=True, repeated=True)
    window.forget_expired(10.0)
    assert len(window) == 0


@pytest.mark.parametrize("fields", [{"first_s": 0.0}, {"first_s": 6.0}, {"factor": 0.9}, {"maximum_s": float("inf")}])
def test_impossible_pauses_are_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="repetition"):
        Repetition(**fields)
