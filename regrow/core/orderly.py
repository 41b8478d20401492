"""Shell: work that is cancelled in order: what it shields is carried to its end, whoever cancels, and however.

On asyncio a host, and the runtime when it kills an actor, cancel a task natively (`task.cancel()`), which goes through
every shield of anyio and leaves a thread that is being waited for behind. Work that leaves things half done then (files
that a thread still writes while the next incarnation reads them) runs in a task of its own here, which is cancelled
through its scope: shields hold, threads are waited for, and only then does the cancellation reach the caller.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

__all__ = ["cancelled_in_order"]

T = TypeVar("T")


async def cancelled_in_order(work: Callable[[], Awaitable[T]]) -> T:
    """Carry `work` out and return its result; what it raises comes out as it is.

    A cancellation of the caller reaches `work` as that of a scope around it, and the caller when `work` is over.
    """
    results: list[T] = []
    errors: list[Exception] = []

    async def carry_out() -> None:
        try:
            results.append(await work())
        except Exception as error:  # handed to the caller below, and not wrapped into a group
            errors.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(carry_out)
    if errors:
        raise errors[0]
    return results[0]
