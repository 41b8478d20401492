"""Work that is cancelled in order, natively and by scopes."""

from __future__ import annotations

import asyncio
import threading

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from regrow.core.backend import current_backend
from regrow.core.orderly import cancelled_in_order

pytestmark = pytest.mark.anyio


async def test_a_result_and_an_error_come_out_as_they_are() -> None:
    async def seven() -> int:
        await anyio.lowlevel.checkpoint()
        return 7

    async def wrong() -> int:
        msg = "wrong"
        raise ValueError(msg)

    assert await cancelled_in_order(seven) == 7
    with pytest.raises(ValueError, match="wrong"):
        await cancelled_in_order(wrong)


async def test_a_native_cancellation_waits_for_threads_and_shields() -> None:
    if current_backend().name != "asyncio":
        return  # elsewhere there is no cancellation but by scopes
    told: list[str] = []
    go_on = threading.Event()

    async def work() -> None:
        try:
            await anyio.to_thread.run_sync(go_on.wait)
            told.append("thread")
            await anyio.sleep(3600)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.001)
                told.append("shield")

    task = asyncio.ensure_future(cancelled_in_order(work))
    await anyio.sleep(0.001)
    task.cancel()
    await anyio.sleep(0.001)
    assert not task.done()
    assert told == []
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told in (["shield"], ["thread", "shield"])


async def test_a_scope_that_is_cancelled_ends_the_work() -> None:
    ended: list[bool] = []

    async def work() -> None:
        try:
            await anyio.sleep(3600)
        finally:
            ended.append(True)

    with anyio.move_on_after(0.001) as scope:
        await cancelled_in_order(work)
    assert scope.cancelled_caught
    assert ended == [True]
