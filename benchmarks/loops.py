"""Shell: runs a program on asyncio, on asyncio with uvloop, or on trio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Literal, TypeVar

import trio

__all__ = ["Loop", "run_on"]

T = TypeVar("T")
Loop = Literal["asyncio", "uvloop", "trio"]


def run_on(loop: Loop, program: Callable[[], Coroutine[object, object, T]]) -> T:
    """Run `program` to its end on a new event loop and return what it returns."""
    if loop == "trio":
        return trio.run(program)
    if loop == "asyncio":
        return asyncio.run(program())
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(program())
