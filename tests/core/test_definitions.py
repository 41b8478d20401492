"""What cannot work is refused where it is written: classes in their own statement, specs before anything starts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from regrow import Actor, ChildSpec, Message, Supervisor, handler, open_tree
from regrow.protocols.actor_errors import DefinitionError, SpecError


class Go(Message):
    pass


class Plain(Actor):
    @handler
    async def go(self, message: Go) -> None:
        """Handle it."""


def test_a_handler_that_yields_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"Yields\.go yields: nobody would run it"):

        class Yields(Actor):
            @handler
            async def go(self, message: Go) -> AsyncIterator[int]:
                yield 1

    with pytest.raises(DefinitionError, match="yields"):

        class YieldsPlainly(Actor):
            @handler
            def go(self, message: Go) -> Iterator[int]:
                yield 1


def test_a_handler_without_an_annotation_is_refused_by_that_word() -> None:
    with pytest.raises(DefinitionError, match="'message' has no annotation"):

        class Silent(Actor):
            @handler
            async def go(self, message) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
                """Say nothing of it."""


def test_a_hook_that_takes_something_else_than_it_is_given_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"Forgets\.on_stop is called as on_stop\(reason\)"):

        class Forgets(Actor):
            async def on_stop(self) -> None:  # type: ignore[override]
                """Clean up."""

    with pytest.raises(DefinitionError, match=r"Wants\.on_start is called as on_start\(\)"):

        class Wants(Actor):
            async def on_start(self, more: int) -> None:  # type: ignore[override]
                """Start."""


def test_handler_with_parentheses_is_handler() -> None:
    class Called(Actor):
        @handler()
        async def go(self, message: Go) -> None:
            """Handle it."""

    assert Called.__handlers__.keys() == Plain.__handlers__.keys() == {Go}


@pytest.mark.parametrize("given", [Go, "go", classmethod(lambda _: None)])
def test_handler_of_something_else_than_a_method_says_what_to_write(given: object) -> None:
    with pytest.raises(DefinitionError, match=r"write `@handler`, not `@handler\("):
        handler(given)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", ["on_start", "on_stop", "on_restart"])
def test_a_hook_that_is_not_async_is_refused(name: str) -> None:
    with pytest.raises(DefinitionError, match=rf"Hasty\.{name} must be `async def`"):
        type("Hasty", (Actor,), {name: lambda *_: None})


def test_an_actor_owns_a_state_or_nothing() -> None:
    with pytest.raises(DefinitionError, match="owns int, which is no subclass of State"):

        class Counts(Actor[int]):  # type: ignore[type-var]
            """Counts."""


def problems_of(*children: Any) -> str:
    with pytest.raises(SpecError) as caught:
        open_tree(Supervisor("r", children=children))
    return str(caught.value)


def test_every_problem_of_a_tree_is_named_with_its_place_at_once() -> None:
    found = problems_of(
        "nope",
        ChildSpec("a", Plain, mailbox=5),  # type: ignore[arg-type]
        ChildSpec("b", Plain, start_limit_s="5"),  # type: ignore[arg-type]
        ChildSpec("c", Plain, restart="foo"),  # type: ignore[arg-type]
        ChildSpec("d", Plain, args=[1]),  # type: ignore[arg-type]
        ChildSpec("e", Plain, checkpoint="yes"),  # type: ignore[arg-type]
        ChildSpec("f", Plain, args={"wrong": 1}),
        Supervisor("g", children=[ChildSpec("h", Plain, start_limit_s=-1.0)]),
    )
    for expected in (
        "r: a child must be a ChildSpec or a Supervisor, got 'nope'",
        "r/a: mailbox must be a MailboxSpec, got 5",
        "r/b: start_limit_s must be a number of seconds or None, got '5'",
        "r/c: restart must be permanent, transient, temporary, got 'foo'",
        "r/d: args must be a mapping of keyword arguments, got [1]",
        "r/e: checkpoint must be True, False or a CheckpointPolicy, got 'yes'",
        "r/f: Plain takes no arguments, got ['wrong']",
        "r/g/h: start_limit_s must be positive or None, got -1.0",
    ):
        assert expected in found


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"strategy": "all"}, "r/g: strategy must be one_for_one, one_for_all, rest_for_one, dynamic, got 'all'"),
        ({"auto_shutdown": "any"}, "r/g: auto_shutdown must be never, any_significant, all_significant, got 'any'"),
        ({"max_restarts": "3"}, "r/g: max_restarts must be a whole number, at least 0, got '3'"),
        ({"max_restarts": -1}, "r/g: max_restarts must be a whole number, at least 0, got -1"),
        ({"period_s": 0}, "r/g: period_s must be positive, got 0"),
        ({"period_s": float("inf")}, "r/g: period_s must be a number of seconds, got inf"),
        ({"period_s": None}, "r/g: period_s must be a number of seconds, got None"),
        ({"max_children": "2"}, "r/g: max_children must be a whole number, or None for no limit, got '2'"),
        ({"max_children": 0}, "r/g: max_children must be at least 1, or None for no limit, got 0"),
        ({"restart": "often"}, "r/g: restart must be permanent, transient, temporary, got 'often'"),
        ({"significant": 1}, "r/g: significant must be True or False, got 1"),
        ({"backoff": 3}, "r/g: backoff must be a Backoff or None, got 3"),
        (
            {"children": ChildSpec("a", Plain)},
            "r/g: children must be a list of ChildSpec and Supervisor, got ChildSpec 'a'",
        ),
        ({"children": [Plain]}, "r/g: a child must be a ChildSpec or a Supervisor, got"),
        ({"children": [ChildSpec(["a"], Plain)]}, "r/g/['a']: a child needs a name, got ['a']"),  # type: ignore[arg-type]
    ],
)
def test_a_supervisor_that_cannot_work_is_refused_with_what_would(fields: dict[str, Any], expected: str) -> None:
    assert expected in problems_of(Supervisor("g", **fields))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"on_stuck": "explode"}, "on_stuck must be 'report' or 'restart', got 'explode'"),
        ({"name": 5}, "name must be a word that the whole tree knows the actor by, or None, got 5"),
        ({"backoff": 3}, "backoff must be a Backoff or None, got 3"),
        ({"kill_grace_s": None}, "kill_grace_s must be a number of seconds, got None"),
        ({"shutdown_limit_s": -1}, "shutdown_limit_s must be at least 0 or None, got -1"),
        ({"start_limit_s": float("nan")}, "start_limit_s must be a number of seconds or None, got nan"),
        ({"dispatch": "each"}, "dispatch must be 'task' or 'shared', got 'each'"),
        ({"placement": []}, "placement must be 'task', got []"),
    ],
)
def test_a_child_that_cannot_work_is_refused_with_what_would(fields: dict[str, Any], expected: str) -> None:
    right = ChildSpec("a", Plain)
    assert problems_of(right, ChildSpec("b", Plain, **fields)) == f"E6102 r/b: {expected}"
    # The same once more, out of the memory of kinds.
    assert problems_of(right, ChildSpec("b", Plain, **fields)) == f"E6102 r/b: {expected}"


@pytest.mark.parametrize("root", [ChildSpec("a", Plain), "a", None])
def test_the_root_of_a_tree_is_a_supervisor(root: Any) -> None:
    with pytest.raises(SpecError, match="the root of a tree must be a Supervisor, got"):
        open_tree(root)


@pytest.mark.anyio
async def test_a_supervisor_is_not_mistaken_for_an_actor() -> None:
    async with open_tree(Supervisor("r", children=[ChildSpec("a", Plain)])) as tree:
        with pytest.raises(LookupError, match=r"'r' is a supervisor.*tree\.supervisor\('r'\)"):
            tree.ref("r", Plain)
        assert repr(tree.dead_letters) == "<DeadLetters: 0>"
