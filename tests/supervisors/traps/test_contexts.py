"""Trap 21, without telemetry: nothing that an incarnation leaves in its task is there for the next one."""

from __future__ import annotations

import asyncio
import sys
from contextvars import ContextVar

import pytest

from regrow import Actor, ChildSpec, Message, Request, Supervisor, handler, open_tree

pytestmark = pytest.mark.anyio

MARK: ContextVar[str] = ContextVar("mark", default="none")


def this_task() -> object:
    """Return the task that runs now, of either loop."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return trio.lowlevel.current_task()
    return asyncio.current_task()


class Leave(Message):
    mark: str | None


class Look(Request[tuple[str, int]]):
    """Asks for the mark, and for how many tasks its incarnations have had."""


class Leaver(Actor):
    """Leaves something behind, or nothing, and crashes."""

    def __init__(self, tasks: list[object]) -> None:
        self.tasks = tasks

    async def on_start(self) -> None:
        if this_task() not in self.tasks:
            self.tasks.append(this_task())

    @handler
    async def leave(self, message: Leave) -> None:
        if message.mark is not None:
            MARK.set(message.mark)
        raise RuntimeError("told to crash")

    @handler
    async def look(self, message: Look) -> tuple[str, int]:
        return MARK.get(), len(self.tasks)


async def crash_and_look(*marks: str | None) -> tuple[str, int]:
    tasks: list[object] = []
    spec = ChildSpec("a", Leaver, args={"tasks": tasks})
    async with open_tree(Supervisor("s", children=[spec], max_restarts=1000)) as tree:
        ref = tree.ref("s/a", Leaver)
        for mark in marks:
            await ref.tell(Leave(mark=mark))
        return await ref.ask(Look())


async def test_trap_21_a_context_variable_does_not_reach_the_next_incarnation() -> None:
    assert await crash_and_look("mine") == ("none", 2)


async def test_a_crash_that_leaves_nothing_hands_its_task_on() -> None:
    assert await crash_and_look(None) == ("none", 1)


async def test_an_actor_whose_every_message_crashes_it_lets_others_run() -> None:
    assert await crash_and_look(*[None] * 20) == ("none", 3)


async def test_trap_21_the_callers_context_is_not_that_of_the_actors() -> None:
    tasks: list[object] = []
    async with open_tree(Supervisor("s", children=[ChildSpec("a", Leaver, args={"tasks": tasks})])) as tree:
        MARK.set("the caller's")
        assert await tree.ref("s/a", Leaver).ask(Look()) == ("none", 1)
