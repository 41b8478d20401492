"""Decisions of a supervisor: the truth table of restarts, the rules one by one, and every state of small groups."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regrow.supervisors import strategies as s
from regrow.supervisors.strategies import (
    RESTARTS,
    AutoShutdown,
    Backoff,
    Exited,
    ExitKind,
    GiveUpKind,
    GroupPolicy,
    Intensity,
    Phase,
    Restart,
    StartChild,
    Strategy,
    check_policy,
    initial,
    restarts,
    step,
)
from regrow.supervisors.strategies.child import After
from tests.supervisors import exploration
from tests.supervisors.otp_rules import Watcher
from tests.supervisors.plain_policy import PlainPolicy

NORMAL, SHUTDOWN, CRASH = ExitKind.NORMAL, ExitKind.SHUTDOWN, ExitKind.CRASH
PERMANENT: Restart = "permanent"
TRANSIENT: Restart = "transient"
TEMPORARY: Restart = "temporary"


class Group:
    """A group whose children do what they are told, unless a test keeps them from it."""

    def __init__(self, strategy: Strategy, *children: PlainPolicy, limit: int = 3, **policy: object) -> None:
        group = GroupPolicy(strategy, Intensity(limit, 5.0), **policy)  # type: ignore[arg-type]  # keywords of a test
        assert check_policy(group, children) == ()
        self.state = initial(group, children)
        self.now_s = 0.0
        self.chance = 0.5

    def feed(self, event: s.Event) -> list[str]:
        """Feed one event; return its commands in short."""
        self.state, commands = step(self.state, event, self.now_s, self.chance)
        self.commands = commands
        return [_short(command) for command in commands]

    def up(self) -> Group:
        """Start, and let every child become ready."""
        todo = self.feed(s.Start())
        while todo:
            verb, name = todo.pop(0).split(" ", 1)
            if verb == "start":
                todo += self.feed(s.Started(name, self.life(name)))
        return self

    def life(self, name: str) -> int:
        """Return the present incarnation of a child."""
        child = self.state.children.get(name)
        assert child is not None
        return child.incarnation

    def started(self, name: str) -> list[str]:
        """A child is ready."""
        return self.feed(s.Started(name, self.life(name)))

    def start_failed(self, name: str, kind: ExitKind = ExitKind.START_FAILED) -> list[str]:
        """A child did not start."""
        return self.feed(s.StartFailed(name, self.life(name), kind))

    def exited(self, name: str, kind: ExitKind = CRASH) -> list[str]:
        """A child ended by itself."""
        return self.feed(Exited(name, self.life(name), kind))

    def stopped(self, name: str, kind: ExitKind = SHUTDOWN) -> list[str]:
        """A child obeyed."""
        return self.feed(s.Stopped(name, self.life(name), kind))

    def phase(self, name: str) -> Phase | None:
        """Return where a child is in its life, None when it is no member."""
        child = self.state.children.get(name)
        return child and child.phase


def _short(command: s.Command) -> str:
    match command:
        case StartChild(name, _, delay_s):
            return f"start {name} in {delay_s:g}" if delay_s else f"start {name}"
        case s.StopChildCommand(name):
            return f"stop {name}"
        case s.ForgetChild(name):
            return f"forget {name}"
        case s.GiveUp(reason, unstopped):
            return " ".join(["give up", reason.kind.value, *([reason.child_id] if reason.child_id else []), *unstopped])
        case s.Answer(request, name, outcome):
            return f"answer {request} {name} {outcome.value}"
        case s.Report(_, name, _, kind):
            return f"report {name} {kind.value}"


def of(*names: str, restart: Restart = PERMANENT) -> list[PlainPolicy]:
    """Return plain children."""
    return [PlainPolicy(name, restart) for name in names]


# -- the table ---------------------------------------------------------------------------------------------------------

TABLE = [
    (kind, restart, kind not in (NORMAL, SHUTDOWN) if restart is TRANSIENT else restart is PERMANENT)
    for kind in (NORMAL, SHUTDOWN, CRASH, ExitKind.CANCELLED, ExitKind.KILLED, ExitKind.START_FAILED)
    for restart in RESTARTS
]


@pytest.mark.parametrize(("kind", "restart", "again"), TABLE)
def test_an_exit_restarts_a_child_as_the_table_says(kind: ExitKind, restart: Restart, again: bool) -> None:
    assert restarts(restart, kind) is again
    group = Group(Strategy.ONE_FOR_ONE, PlainPolicy("a", restart)).up()
    assert group.exited("a", kind) == (["start a"] if again else ["forget a"] if restart is TEMPORARY else [])
    assert group.phase("a") is (Phase.STARTING if again else None if restart is TEMPORARY else Phase.DOWN)


def test_the_table_of_the_docstring_is_the_table() -> None:
    rows = [line.split("|")[1:5] for line in (restarts.__doc__ or "").splitlines() if line.strip().startswith("|")][2:]
    for row in rows:
        kind = ExitKind(row[0].strip())
        for restart, cell in zip(RESTARTS, row[1:], strict=True):
            if kind is not ExitKind.UNSTOPPED:
                assert cell.strip() == ("restart" if restarts(restart, kind) else "ends")
    assert len(rows) == len(ExitKind)


def test_new_child_has_not_lived() -> None:
    child = s.Child(PlainPolicy("a"), 0)
    assert child == s.Child(PlainPolicy("a"), 0, Phase.WAITING, 0, After.DOWN, False, 0, 0.0, 0.0, ())


# -- starting ----------------------------------------------------------------------------------------------------------


def test_children_start_in_order_each_after_the_one_before_is_ready() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b", "c"))
    assert group.feed(s.Start()) == ["start a"]
    assert group.started("a") == ["start b"]
    assert group.started("b") == ["start c"]
    assert group.started("c") == []
    assert group.feed(s.Start()) == []


def test_first_start_that_fails_stops_what_has_started_in_reverse_and_names_the_child() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b", "c", "d"))
    group.feed(s.Start()), group.started("a"), group.started("b")
    assert group.start_failed("c") == ["stop b"]
    assert group.stopped("b") == ["stop a"]
    assert group.stopped("a") == ["give up start_failed c"]


def test_restart_that_fails_to_start_costs_one_unit_and_stops_nobody() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b"), limit=2).up()
    assert group.exited("a") == ["start a"]
    assert group.start_failed("a", ExitKind.START_TIMEOUT) == ["start a"]
    assert group.start_failed("a") == ["stop b"]
    assert group.stopped("b") == ["give up intensity a"]


def test_sibling_restarts_while_another_starts_slowly() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b", "c"))
    group.feed(s.Start()), group.started("a")
    assert group.exited("a") == ["start a"]
    assert group.start_failed("a") == ["start a"]
    assert group.started("b") == ["start c"]


def test_member_that_crashes_while_its_group_starts_begins_the_start_again() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a", "b", "c"))
    group.feed(s.Start()), group.started("a")
    assert group.exited("a") == ["stop b"]
    assert group.stopped("b") == ["start a"]
    assert group.started("a") == ["start b"]
    assert group.start_failed("b") == ["stop a"]
    assert group.stopped("a") == ["give up start_failed b"]


# -- the window --------------------------------------------------------------------------------------------------------


def test_window_slides_and_only_time_empties_it() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a")).up()
    for group.now_s in (0.0, 2.0, 4.0, 5.1, 7.1):
        assert group.exited("a") == ["start a"]
        group.started("a")
    hasty = Group(Strategy.ONE_FOR_ONE, *of("a")).up()
    for hasty.now_s in (0.0, 1.0, 2.0):
        assert hasty.exited("a") == ["start a"]
        hasty.started("a")
    hasty.now_s = 3.0
    assert hasty.exited("a") == ["give up intensity a"]


def test_clock_that_goes_back_is_taken_as_standing_still() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a")).up()
    group.now_s = 9.0
    group.exited("a"), group.started("a")
    group.now_s = 8.0
    assert group.exited("a") == ["start a"]
    assert group.state.restarts == (9.0, 9.0)


def test_group_restart_costs_one_unit_however_many_restart() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a", "b", "c"), limit=1).up()
    group.exited("b"), group.stopped("c")
    assert group.stopped("a") == ["start a"]
    assert len(group.state.restarts) == 1


# -- groups ------------------------------------------------------------------------------------------------------------


def test_one_for_all_stops_all_in_reverse_and_starts_all_in_order() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a", "b", "c")).up()
    assert group.exited("b") == ["stop c"]
    assert group.stopped("c") == ["stop a"]
    assert group.stopped("a") == ["start a"]
    assert group.started("a") == ["start b"]
    assert group.started("b") == ["start c"]


def test_rest_for_one_leaves_those_before_alone() -> None:
    group = Group(Strategy.REST_FOR_ONE, *of("a", "b", "c")).up()
    assert group.exited("b") == ["stop c"]
    assert group.stopped("c") == ["start b"]
    assert group.started("b") == ["start c"]
    assert group.phase("a") is Phase.UP


def test_earlier_sibling_that_crashes_during_a_restart_widens_it_for_one_more_unit() -> None:
    group = Group(Strategy.REST_FOR_ONE, *of("a", "b", "c")).up()
    group.exited("b")
    assert group.exited("a") == []
    assert len(group.state.restarts) == 2
    assert group.stopped("c") == ["start a"]


def test_sibling_that_crashes_while_the_group_stops_is_reported_and_not_restarted_again() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a", "b", "c")).up()
    group.exited("a")
    assert group.exited("b") == ["report b crash"]
    assert group.stopped("c", CRASH) == ["report c crash", "start a"]
    assert len(group.state.restarts) == 1


def test_temporary_child_is_stopped_with_the_group_and_forgotten() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a"), PlainPolicy("t", TEMPORARY)).up()
    assert group.exited("a") == ["stop t"]
    assert group.stopped("t") == ["forget t", "start a"]


def test_child_that_is_down_starts_again_with_its_group() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a"), PlainPolicy("b", TRANSIENT)).up()
    assert group.exited("b", NORMAL) == []
    assert group.exited("a") == ["start a"]
    assert group.started("a") == ["start b"]


# -- significant children ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("auto", [AutoShutdown.ANY_SIGNIFICANT, AutoShutdown.ALL_SIGNIFICANT])
def test_significant_child_counts_only_when_it_ends_by_itself(auto: AutoShutdown) -> None:
    significant = PlainPolicy("b", TRANSIENT, significant=True)
    group = Group(Strategy.ONE_FOR_ALL, *of("a"), significant, auto_shutdown=auto).up()
    group.exited("a")
    assert group.stopped("b", NORMAL) == ["start a"]
    group.started("a"), group.started("b")
    assert group.exited("b", NORMAL) == ["stop a"]
    assert group.stopped("a") == ["give up auto_shutdown b"]


def test_last_significant_child_of_all_ends_the_group() -> None:
    children = [PlainPolicy(name, TEMPORARY, significant=True) for name in "ab"]
    group = Group(Strategy.ONE_FOR_ONE, *children, auto_shutdown=AutoShutdown.ALL_SIGNIFICANT).up()
    assert group.exited("a") == ["forget a"]
    assert group.exited("b") == ["forget b", "give up auto_shutdown b"]


def test_stop_by_hand_is_no_end_of_a_significant_child() -> None:
    child = PlainPolicy("a", TRANSIENT, significant=True)
    group = Group(Strategy.ONE_FOR_ONE, child, auto_shutdown=AutoShutdown.ANY_SIGNIFICANT).up()
    group.feed(s.StopChild("a", 7))
    assert group.stopped("a", NORMAL) == ["answer 7 a ok"]


# -- stopping ----------------------------------------------------------------------------------------------------------


def test_group_stops_in_reverse_order_one_at_a_time() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b", "c")).up()
    assert group.feed(s.StopAll("bye", GiveUpKind.START_TIMEOUT)) == ["stop c"]
    assert group.feed(s.StopAll("again")) == []
    assert group.stopped("c") == ["stop b"]
    assert group.exited("a") == ["report a crash"]
    assert group.stopped("b") == ["give up start_timeout"], "the first reason stays"
    assert isinstance(group.commands[-1], s.GiveUp)
    assert group.commands[-1].reason.text == "bye"


def test_dynamic_children_are_stopped_together() -> None:
    group = Group(Strategy.DYNAMIC, *of("a", "b", "c")).up()
    assert group.feed(s.StopAll()) == ["stop c", "stop b", "stop a"]
    assert group.stopped("a") == ["forget a"] or group.phase("a") is None
    group.stopped("c")
    assert group.stopped("b")[-1] == "give up asked"


def test_dynamic_child_that_starts_is_stopped_with_the_others() -> None:
    group = Group(Strategy.DYNAMIC, *of("a", "b")).up()
    group.feed(s.AddChild(PlainPolicy("c"), 1))
    assert group.feed(s.StopAll()) == ["stop c", "stop b", "stop a"]


@pytest.mark.parametrize("strategy", list(Strategy))
def test_order_to_stop_says_why(strategy: Strategy) -> None:
    group = Group(strategy, *of("a", "b")).up()
    group.feed(s.StopAll())
    assert {getattr(command, "reason", None) for command in group.commands} == {s.StopReason.GROUP_STOP}
    group = Group(strategy, *of("a", "b")).up()
    if group.exited("a") == ["stop b"]:
        assert getattr(group.commands[0], "reason", None) is s.StopReason.GROUP_RESTART


@pytest.mark.parametrize("kind", [NORMAL, CRASH])
def test_dynamic_child_that_ends_for_good_is_forgotten(kind: ExitKind) -> None:
    group = Group(Strategy.DYNAMIC, PlainPolicy("a", TRANSIENT)).up()
    assert group.exited("a", kind) == (["forget a"] if kind is NORMAL else ["start a"])


def test_stop_wins_over_a_restart_in_its_delay_and_over_a_group_restart() -> None:
    child = PlainPolicy("a", backoff=Backoff(initial_s=4.0))
    group = Group(Strategy.ONE_FOR_ONE, child).up()
    assert group.exited("a") == ["start a in 2"]
    assert group.feed(s.StopAll()) == ["give up asked"]
    assert group.feed(s.BackoffOver("a", 2)) == []
    group = Group(Strategy.ONE_FOR_ALL, *of("a", "b", "c")).up()
    group.exited("b")
    assert group.feed(s.StopAll()) == []
    assert group.stopped("c") == ["stop a"]
    assert group.stopped("a") == ["give up asked"]


def test_child_that_cannot_be_stopped_keeps_its_name_and_escalates() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b")).up()
    group.feed(s.StopChild("b", 1))
    assert group.feed(s.Unstopped("b", 1)) == ["answer 1 b unstopped", "stop a"]
    assert group.feed(s.AddChild(PlainPolicy("b"), 2)) == ["answer 2 b stopping"]
    assert group.stopped("a") == ["give up unstopped b b"]
    assert group.phase("b") is Phase.UNSTOPPED
    assert group.exited("b") == []


def test_child_that_gives_in_while_the_others_stop_is_not_named_as_unstopped() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b")).up()
    group.feed(s.StopAll()), group.feed(s.Unstopped("b", 1))
    assert group.feed(s.Stopped("b", 1, ExitKind.UNSTOPPED)) == []
    assert group.exited("b", ExitKind.CANCELLED) == []
    assert group.stopped("a") == ["give up asked"]


def test_child_starts_again_by_its_restart_type_or_by_what_it_was_told_and_never_where_the_group_ends() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a", "b"), *of("c", restart=TRANSIENT), PlainPolicy("d", TEMPORARY)).up()
    again = {name: [s.starts_again(group.state, name, kind) for kind in (NORMAL, CRASH)] for name in "abcd?"}
    assert again == {"a": [True] * 2, "b": [True] * 2, "c": [False, True], "d": [False] * 2, "?": [False] * 2}
    group.exited("a")  # the others are stopped with it, newest first: d and c are, b is still up
    group.stopped("d"), group.feed(s.StopChild("b"))
    assert [s.starts_again(group.state, name, SHUTDOWN) for name in "abcd"] == [True, False, True, False]
    group.feed(s.StopAll())
    assert not any(s.starts_again(group.state, name, CRASH) for name in "abcd")


@pytest.mark.parametrize("kind", list(GiveUpKind))
def test_reason_to_give_up_says_how_the_supervisor_ends(kind: GiveUpKind) -> None:
    ends = {
        GiveUpKind.ASKED: SHUTDOWN,
        GiveUpKind.AUTO_SHUTDOWN: SHUTDOWN,
        GiveUpKind.START_FAILED: ExitKind.START_FAILED,
        GiveUpKind.START_TIMEOUT: ExitKind.START_TIMEOUT,
    }
    assert s.GiveUpReason(kind).exit_kind is ends.get(kind, CRASH)


# -- late facts and odd ones -------------------------------------------------------------------------------------------


def test_exit_of_an_older_incarnation_changes_nothing() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a")).up()
    group.exited("a"), group.started("a")
    before = group.state
    assert group.feed(Exited("a", 1, CRASH)) == []
    assert group.state is before
    assert group.feed(Exited("unknown", 1, CRASH)) == []


def test_namesake_of_a_forgotten_child_takes_no_late_fact() -> None:
    group = Group(Strategy.DYNAMIC, *of("a", restart=TEMPORARY)).up()
    group.exited("a")
    assert group.feed(s.AddChild(PlainPolicy("a"), 1)) == ["start a"]
    assert group.life("a") == 2
    assert group.feed(Exited("a", 1, CRASH)) == []


def test_child_that_ends_well_before_it_is_ready_has_lived() -> None:
    group = Group(Strategy.ONE_FOR_ONE, PlainPolicy("a", TRANSIENT), PlainPolicy("b"))
    group.feed(s.Start())
    assert group.exited("a", NORMAL) == ["start b"]
    assert group.phase("a") is Phase.DOWN


def test_permanent_child_that_ends_well_before_it_is_ready_restarts_and_is_no_first_start_any_more() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b"))
    group.feed(s.Start())
    assert group.exited("a", SHUTDOWN) == ["start a"]
    assert group.start_failed("a") == ["start a"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (ExitKind.START_TIMEOUT, ExitKind.START_TIMEOUT),
        (ExitKind.START_FAILED, ExitKind.START_FAILED),
        (NORMAL, ExitKind.START_FAILED),
    ],
)
def test_reason_to_give_up_carries_the_exit_of_the_child(kind: ExitKind, told: ExitKind) -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a"))
    group.feed(s.Start()), group.start_failed("a", kind)
    assert group.commands == (s.GiveUp(s.GiveUpReason(GiveUpKind.START_FAILED, "a", told)),)


def test_child_that_cannot_be_stopped_while_it_starts_ends_the_request_and_the_group() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a")).up()
    group.feed(s.AddChild(PlainPolicy("b"), 1))
    assert group.feed(s.Unstopped("b", 1)) == ["answer 1 b stopping", "stop a"]
    group.stopped("a")
    assert group.commands == (s.GiveUp(s.GiveUpReason(GiveUpKind.UNSTOPPED, "b", ExitKind.UNSTOPPED), ("b",)),)


def test_start_that_comes_again_changes_nothing_whatever_is_under_way() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a", "b", "c")).up()
    group.exited("a")
    for busy in ("restart", "stop"):
        before = group.state
        assert group.feed(s.Start()) == []
        assert group.state is before, busy
        group.feed(s.StopAll())


def test_start_that_failed_with_an_orderly_exit_is_a_failed_start() -> None:
    group = Group(Strategy.ONE_FOR_ONE, PlainPolicy("a", TRANSIENT))
    group.feed(s.Start())
    assert group.start_failed("a", NORMAL) == ["give up start_failed a"]


# -- backoff -----------------------------------------------------------------------------------------------------------


def test_delay_grows_with_failures_in_a_row_and_is_forgotten_after_a_stable_time() -> None:
    backoff = Backoff(initial_s=1.0, maximum_s=30.0, factor=2.0, reset_after_s=60.0)
    group = Group(Strategy.ONE_FOR_ONE, PlainPolicy("a", backoff=backoff), limit=100).up()
    group.now_s, group.chance = 1.0, 0.5
    assert group.exited("a") == ["start a in 0.5"]
    assert group.feed(s.BackoffOver("a", 2)) == ["start a"]
    assert group.state.children.ordered()[0].delay_s == 0.0
    assert group.start_failed("a") == ["start a in 1"]
    assert group.feed(s.BackoffOver("a", 3)) == ["start a"]
    group.started("a")
    group.now_s = 60.9
    assert group.exited("a") == ["start a in 2"]
    group.started("a")  # a shell that keeps the delay itself may say so at once
    assert group.phase("a") is Phase.UP
    group.now_s = 120.9
    assert group.exited("a") == ["start a in 0.5"]


@pytest.mark.parametrize("kind", [NORMAL, CRASH])
def test_child_is_stable_when_it_was_up_for_exactly_the_reset_time(kind: ExitKind) -> None:
    child = PlainPolicy("a", backoff=Backoff(initial_s=1.0, reset_after_s=60.0))
    group = Group(Strategy.ONE_FOR_ONE, child).up()
    assert group.exited("a") == ["start a in 0.5"]
    group.now_s = 1.0
    group.feed(s.BackoffOver("a", 2)), group.started("a")
    group.now_s = 61.0
    assert group.exited("a", kind) == ["start a in 0.5"]


def test_without_chance_there_is_no_delay() -> None:
    group = Group(Strategy.ONE_FOR_ONE, PlainPolicy("a", backoff=Backoff())).up()
    group.chance = 0.0
    assert group.exited("a") == ["start a"]


def test_in_a_group_the_child_that_failed_waits_when_its_turn_comes() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a"), PlainPolicy("b", backoff=Backoff(initial_s=4.0))).up()
    group.exited("b")
    assert group.stopped("a") == ["start a"]
    assert group.started("a") == ["start b in 2"]


# -- live changes ------------------------------------------------------------------------------------------------------


def test_added_child_starts_at_the_end_and_is_answered_when_it_is_ready() -> None:
    group = Group(Strategy.REST_FOR_ONE, *of("a"), max_children=2).up()
    assert group.feed(s.AddChild(PlainPolicy("b"), 1)) == ["start b"]
    assert group.feed(s.AddChild(PlainPolicy("b"), 2)) == ["answer 2 b already_present"]
    assert group.feed(s.AddChild(PlainPolicy("c"), 3)) == ["answer 3 c max_children"]
    assert group.started("b") == ["answer 1 b ok"]
    assert group.exited("a") == ["stop b"]


def test_added_child_that_cannot_start_is_forgotten_and_costs_nothing() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a"), limit=0).up()
    group.feed(s.AddChild(PlainPolicy("b"), 1))
    assert group.start_failed("b") == ["answer 1 b start_failed", "forget b"]
    assert group.state.restarts == ()


def test_significant_child_is_refused_where_it_means_nothing() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a")).up()
    wrong = PlainPolicy("a", TRANSIENT, significant=True)
    assert group.feed(s.ReplaceChild(wrong, 1)) == ["answer 1 a invalid"]
    assert group.feed(s.AddChild(PlainPolicy("b", TRANSIENT, significant=True), 2)) == ["answer 2 b invalid"]


def test_child_is_added_in_its_turn_while_the_group_starts() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b"))
    assert group.feed(s.AddChild(PlainPolicy("c"), 1)) == []
    group.feed(s.Start())
    assert group.feed(s.AddChild(PlainPolicy("d"), 2)) == []
    group.feed(s.StopChild("b", 3)), group.feed(s.RemoveChild("b", 4))
    assert group.feed(s.AddChild(PlainPolicy("b"), 5)) == []
    assert group.started("a") == ["start c"]
    assert group.started("c") == ["answer 1 c ok", "start d"]
    assert group.started("d") == ["answer 2 d ok", "start b"]


@pytest.mark.parametrize("make", [s.RemoveChild, s.StopChild, s.RestartChild])
def test_request_about_an_unknown_child_is_not_found(make: type[s.RemoveChild]) -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a")).up()
    assert group.feed(make("b", 1)) == ["answer 1 b not_found"]


def _in_phase(phase: Phase) -> Group:
    if phase is Phase.WAITING:
        group = Group(Strategy.ONE_FOR_ONE, *of("z"), PlainPolicy("a"))
        group.feed(s.Start())
        return group
    group = Group(Strategy.ONE_FOR_ONE, PlainPolicy("a", backoff=Backoff(initial_s=4.0))).up()
    if phase is Phase.BACKOFF:
        group.exited("a")
    elif phase is Phase.STARTING:
        group.exited("a"), group.feed(s.BackoffOver("a", 2))
    elif phase in (Phase.STOPPING, Phase.DOWN):
        group.feed(s.StopChild("a", 9))
        if phase is Phase.DOWN:
            group.stopped("a")
    return group


CHANGES = [
    (Phase.WAITING, s.RemoveChild, ["answer 1 a restarting"]),
    (Phase.WAITING, s.StopChild, ["answer 1 a ok"]),
    (Phase.WAITING, s.RestartChild, ["answer 1 a restarting"]),
    (Phase.WAITING, s.ReplaceChild, []),
    (Phase.BACKOFF, s.RemoveChild, ["answer 1 a restarting"]),
    (Phase.BACKOFF, s.StopChild, ["answer 1 a ok"]),
    (Phase.BACKOFF, s.RestartChild, ["answer 1 a restarting"]),
    (Phase.BACKOFF, s.ReplaceChild, ["start a"]),
    (Phase.STARTING, s.RemoveChild, ["answer 1 a restarting"]),
    (Phase.STARTING, s.StopChild, ["stop a"]),
    (Phase.STARTING, s.RestartChild, ["answer 1 a restarting"]),
    (Phase.STARTING, s.ReplaceChild, ["stop a"]),
    (Phase.UP, s.RemoveChild, ["answer 1 a running"]),
    (Phase.UP, s.StopChild, ["stop a"]),
    (Phase.UP, s.RestartChild, ["answer 1 a running"]),
    (Phase.UP, s.ReplaceChild, ["stop a"]),
    (Phase.STOPPING, s.RemoveChild, ["answer 1 a restarting"]),
    (Phase.STOPPING, s.StopChild, []),
    (Phase.STOPPING, s.RestartChild, ["answer 1 a restarting"]),
    (Phase.STOPPING, s.ReplaceChild, ["answer 1 a stopping"]),
    (Phase.DOWN, s.RemoveChild, ["answer 1 a ok", "forget a"]),
    (Phase.DOWN, s.StopChild, ["answer 1 a ok"]),
    (Phase.DOWN, s.RestartChild, ["start a"]),
    (Phase.DOWN, s.ReplaceChild, ["start a"]),
]


@pytest.mark.parametrize(("phase", "make", "expected"), CHANGES)
def test_live_change_does_what_the_table_says(
    phase: Phase, make: type[s.RemoveChild | s.StopChild | s.RestartChild | s.ReplaceChild], expected: list[str]
) -> None:
    group = _in_phase(phase)
    assert group.phase("a") is phase
    request = s.ReplaceChild(PlainPolicy("a"), 1) if issubclass(make, s.ReplaceChild) else make("a", 1)
    assert group.feed(request) == expected


def test_every_request_is_answered_when_the_group_ends() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b"))
    (
        group.feed(s.Start()),
        group.feed(s.ReplaceChild(PlainPolicy("b"), 1)),
        group.feed(s.ReplaceChild(PlainPolicy("a"), 2)),
    )
    assert group.feed(s.StopAll()) == ["answer 1 b stopping"]
    assert group.stopped("a") == ["answer 2 a stopping", "give up asked"]
    assert group.feed(s.AddChild(PlainPolicy("c"), 3)) == ["answer 3 c stopping"]


def test_replaced_child_starts_at_its_place_by_its_new_policy() -> None:
    group = Group(Strategy.REST_FOR_ONE, *of("a", "b")).up()
    assert group.feed(s.ReplaceChild(PlainPolicy("a", TRANSIENT), 1)) == ["stop a"]
    assert group.feed(s.ReplaceChild(PlainPolicy("a", TEMPORARY), 2)) == []
    assert group.stopped("a") == ["start a"]
    assert group.started("a") == ["answer 1 a ok", "answer 2 a ok"]
    assert [child.id for child in group.state.children.ordered()] == ["a", "b"]
    assert group.exited("a") == ["forget a"]


def test_stop_calls_off_the_restart_of_one_child_of_a_group() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a", "b", "c")).up()
    group.exited("a")
    assert group.feed(s.StopChild("c", 1)) == []
    assert group.feed(s.StopChild("a", 2)) == ["answer 2 a ok"]
    assert group.feed(s.RestartChild("a", 3)) == []
    assert group.stopped("c") == ["answer 1 c ok", "stop b"]
    assert group.stopped("b") == ["start a"]
    assert group.started("a") == ["answer 3 a ok", "start b"]
    assert group.started("b") == []


def test_replaced_child_waits_for_its_turn_when_its_group_restarts_meanwhile() -> None:
    group = Group(Strategy.ONE_FOR_ALL, *of("a", "b", "c")).up()
    assert group.feed(s.ReplaceChild(PlainPolicy("b"), 1)) == ["stop b"]
    assert group.exited("a") == ["stop c"]
    assert group.stopped("b") == []
    assert group.stopped("c") == ["start a"]
    assert group.started("a") == ["start b"]
    assert group.started("b") == ["answer 1 b ok", "start c"]


def test_replaced_child_begins_with_no_failures() -> None:
    child = PlainPolicy("a", backoff=Backoff(initial_s=1.0))
    group = Group(Strategy.ONE_FOR_ONE, child).up()
    assert group.exited("a") == ["start a in 0.5"]
    assert group.feed(s.ReplaceChild(child, 1)) == ["start a"]
    group.started("a")
    assert group.exited("a") == ["start a in 0.5"]


def test_added_children_stop_in_reverse_of_the_order_they_were_added_in() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a")).up()
    for number, name in enumerate("zyx"):
        group.feed(s.AddChild(PlainPolicy(name), number)), group.started(name)
    assert group.feed(s.StopAll()) == ["stop x"]
    assert group.stopped("x") == ["stop y"]
    assert group.stopped("y") == ["stop z"]


def test_added_child_that_is_stopped_before_its_turn_ends_both_requests() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a"))
    group.feed(s.Start()), group.feed(s.AddChild(PlainPolicy("b"), 1))
    assert group.feed(s.StopChild("b", 2)) == ["answer 1 b stopping", "answer 2 b ok"]


def test_order_to_stop_one_child_says_why() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a", "b")).up()
    group.feed(s.StopChild("a", 1))
    assert group.commands == (s.StopChildCommand("a", 1, s.StopReason.ASKED),)
    group.feed(s.ReplaceChild(PlainPolicy("b"), 1))
    assert group.commands == (s.StopChildCommand("b", 1, s.StopReason.REPLACED),)


def test_restart_by_hand_that_fails_leaves_the_child_down() -> None:
    group = Group(Strategy.ONE_FOR_ONE, *of("a"), limit=0).up()
    group.feed(s.StopChild("a", 1)), group.stopped("a"), group.feed(s.RestartChild("a", 2))
    assert group.start_failed("a") == ["answer 2 a start_failed"]
    assert group.phase("a") is Phase.DOWN


# -- specs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "children", "about"),
    [
        (GroupPolicy(), [PlainPolicy("a", TRANSIENT, significant=True)], "auto_shutdown is 'never'"),
        (
            GroupPolicy(auto_shutdown=AutoShutdown.ANY_SIGNIFICANT),
            [PlainPolicy("a", significant=True)],
            "significant and permanent",
        ),
        (GroupPolicy(), of("a", "b", "a"), "unique, got 'a'"),
        (GroupPolicy(max_children=0), [], "at least 1"),
        (GroupPolicy(max_children=1), of("a", "b"), "the spec has 2 children"),
    ],
)
def test_specs_that_do_not_fit_together_are_refused(
    group: GroupPolicy, children: list[PlainPolicy], about: str
) -> None:
    (problem,) = check_policy(group, children)
    assert about in problem


def test_repeated_ids_are_named_and_no_others() -> None:
    assert check_policy(GroupPolicy(), of("a", "b", "a")) == ("child ids must be unique, got 'a'",)


def test_defaults_are_those_of_the_docs() -> None:
    assert GroupPolicy() == GroupPolicy(Strategy.ONE_FOR_ONE, Intensity(3, 5.0), AutoShutdown.NEVER, None)
    assert PlainPolicy("a") == PlainPolicy("a", PERMANENT, significant=False, backoff=None)
    assert s.StartFailed("a", 1).kind is ExitKind.START_FAILED
    assert s.Stopped("a", 1).kind is SHUTDOWN
    requests = (s.RemoveChild("a"), s.StopChild("a"), s.RestartChild("a"))
    assert {request.request for request in requests} == {0}
    assert s.AddChild(PlainPolicy("a")).request == s.ReplaceChild(PlainPolicy("a")).request == 0


def test_specs_that_fit_are_accepted() -> None:
    group = GroupPolicy(auto_shutdown=AutoShutdown.ALL_SIGNIFICANT, max_children=2)
    assert check_policy(group, [PlainPolicy("a", TEMPORARY, significant=True), PlainPolicy("b")]) == ()


# -- all states --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("children", [1, 2])
def test_serial_behaviour_is_otps_in_every_state_of_a_small_group(children: int) -> None:
    sample = list(exploration.mixes(children))[:: 1 if children == 1 else 5]
    total = sum((exploration.explore_serial(mix, failing_starts=2) for mix in sample), exploration.Counts())
    assert total.transitions > 1000


@pytest.mark.parametrize("backoff", [False, True])
def test_no_order_of_facts_breaks_a_rule_in_any_state_of_a_small_group(backoff: bool) -> None:
    sample = [*exploration.mixes(1), *list(exploration.mixes(2))[::23], *list(exploration.mixes(3))[::501]]
    for mix in sample:
        exploration.explore_interleaved(exploration.with_backoff(mix) if backoff else mix)


def test_no_order_of_requests_and_facts_breaks_a_rule() -> None:
    for mix in list(exploration.mixes_for_requests())[::5]:
        exploration.explore_interleaved(mix, requests=True, most=800)


@settings(max_examples=60, deadline=None)
@given(strategy=st.sampled_from(list(Strategy)), count=st.integers(4, 9), seed=st.integers(0, 2**32))
def test_larger_groups_keep_the_rules(strategy: Strategy, count: int, seed: int) -> None:
    chance = random.Random(seed)
    group = GroupPolicy(strategy, Intensity(chance.randrange(6), 5.0), AutoShutdown.ALL_SIGNIFICANT)
    kinds = [(PERMANENT, False), (TRANSIENT, False), (TRANSIENT, True), (TEMPORARY, True), (TEMPORARY, False)]
    children = [PlainPolicy(f"c{n}", *chance.choice(kinds)) for n in range(count)]
    state, watcher = initial(group, children), Watcher(group, {child.id: child for child in children})
    for _ in range(120):
        possible = [
            (event, wait_s)
            for event, wait_s in exploration.possible(state, watcher, requests=False)
            if not isinstance(event, s.StopAll | s.Unstopped) or chance.random() < 0.02
        ]
        if not possible:
            break
        state, watcher = exploration.advance(state, watcher, *chance.choice(possible))


# -- the map -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 700)), max_size=400))
@settings(max_examples=15, deadline=None)
def test_child_map_is_a_dict_that_is_never_changed(moves: list[tuple[bool, int]]) -> None:
    children, known, older = s.ChildMap(), dict[str, s.Child](), []
    grow, shrink = [(True, n) for n in range(600)], [(False, n) for n in range(590)]
    for add, number in [*grow, *moves, *shrink, *moves]:
        child = s.Child(PlainPolicy(f"c{number}"), number)
        if add:
            older.append((children, len(children)))
            children, known[child.id] = children.with_child(child), child
        elif child.id in known:
            older.append((children, len(children)))
            children = children.without(child.id)
            del known[child.id]
        assert len(children) == len(known)
        assert children.get(child.id) == known.get(child.id)
    assert children.ordered() == sorted(known.values(), key=lambda child: child.place)
    assert children == s.ChildMap(known.values())
    assert children != known
    assert all(len(list(map_)) == count for map_, count in older[-20:])


@given(st.integers(0, 2**32 - 1), st.sampled_from(Strategy))
def test_owned_children_lead_to_the_same_decisions(seed: int, strategy: Strategy) -> None:
    chance = random.Random(seed)
    group = GroupPolicy(strategy, Intensity(2, 5.0), AutoShutdown.ANY_SIGNIFICANT)
    children = [
        PlainPolicy("a", "permanent"),
        PlainPolicy("b", "transient", significant=chance.random() < 0.3),
        PlainPolicy("c", "temporary", backoff=None),
    ]
    frozen, owned = s.initial(group, children), s.initial(group, children, owned=True)
    event: s.Event = s.Start()
    for number in range(60):
        now_s = number * 1.3
        frozen, commands = s.step(frozen, event, now_s, 0.5)
        owned, same = s.step(owned, event, now_s, 0.5)
        assert same == commands
        assert owned.children.ordered() == frozen.children.ordered()
        assert owned._replace(children=frozen.children, restarts=tuple(owned.restarts)) == frozen
        event = _some_event(chance, frozen)


def _some_event(chance: random.Random, state: s.GroupState) -> s.Event:
    members = state.children.ordered()
    if not members or chance.random() < 0.2:
        policy = PlainPolicy(chance.choice("abcd"), chance.choice(RESTARTS))
        return chance.choice((s.AddChild(policy, 1), s.ReplaceChild(policy, 2), s.RemoveChild(policy.id, 3)))
    child = chance.choice(members)
    events: tuple[s.Event, ...] = (
        s.Started(child.id, child.incarnation),
        s.StartFailed(child.id, child.incarnation),
        s.Exited(child.id, child.incarnation, chance.choice((ExitKind.CRASH, ExitKind.NORMAL))),
        s.Stopped(child.id, child.incarnation),
        s.Unstopped(child.id, child.incarnation),
        s.StopChild(child.id, 4),
        s.RestartChild(child.id, 5),
    )
    return chance.choices(events, weights=(8, 2, 4, 6, 0.2, 1, 1))[0]
