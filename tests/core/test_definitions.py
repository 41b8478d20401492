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


@pytest.mark.anyio
async def test_a_supervisor_is_not_mistaken_for_an_actor() -> None:
    async with open_tree(Supervisor("r", children=[ChildSpec("a", Plain)])) as tree:
        with pytest.raises(LookupError, match=r"'r' is a supervisor.*tree\.supervisor\('r'\)"):
            tree.ref("r", Plain)
        assert repr(tree.dead_letters) == "<DeadLetters: 0>"
