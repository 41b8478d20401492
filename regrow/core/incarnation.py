"""Shell: one incarnation of an actor in its task: start, receive, tidy up, and what is made of whatever ended it.

The one place that catches everything an actor may raise. Who ended it decides what the end is called: a cancellation
by the runtime arrives as `Interrupted`, one by nobody is a fault of the actor, and what ends the whole program is
passed on to the tree. The order is that of `cell`: children stop, `on_stop` runs, and only then is the end reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from regrow.core.backend import Interrupted, TaskHandle
from regrow.core.cell_roles import CellStatus
from regrow.core.events import EventKind
from regrow.core.receive import receive
from regrow.core.waiting import CURRENT_CELL
from regrow.protocols.exits import ExitKind, ExitReason, describe_error

if TYPE_CHECKING:
    from regrow.core.cell import Cell

__all__ = ["CUT_AT_START", "describe_end", "live"]

CUT_AT_START = ExitReason(ExitKind.KILLED)
"""What is pending where a stop comes while an incarnation starts, unless it is up when the cancellation arrives."""


async def live(cell: Cell, handle: TaskHandle) -> None:
    """Live one incarnation, and the next one too where it may have the same task (`Cell.end_and_restart`)."""
    cell.task = handle
    CURRENT_CELL.set(cell)
    while cell.task is handle:
        try:
            with handle:
                try:
                    # One that is pending already: it was the dispatcher's, and needs a task for its end.
                    reason = cell.pending or (
                        ExitReason(await receive(cell, handle)) if await _start(cell, handle) else None
                    )
                except Interrupted:
                    raise
                except Exception as error:  # nearly every crash: nothing in it ends the program, or is a cancellation
                    reason = describe_error(ExitKind.CRASH if cell.ready else ExitKind.START_FAILED, error)
                    error.__traceback__ = None
                except BaseException as error:
                    reason = _reason_in_task(cell, error)
                if reason is None:
                    break  # it goes on in another task than this
                if cell.task is handle and _has_stop_work(cell, reason):
                    await _tidy_up(cell, reason)
        except Interrupted:
            reason = await _cut(cell, handle)
        except BaseException as error:  # only a cancellation that is nobody's gets here
            reason = describe_error(ExitKind.CANCELLED, error)
        if cell.task is handle:
            cell.end_and_restart(reason, handle)
    if cell.zombie is handle:
        cell.gave_in()


async def _start(cell: Cell, handle: TaskHandle) -> bool:
    """Start, or go on where the actor is up already; returns whether it receives in this task from now on.

    Raises:
        Interrupted: It was cancelled, and its start hook ended all the same.
    """
    if not cell.ready or cell.actor is None:
        if cell.has_start_work():
            if cell.spec.start_limit_s is not None:
                cell.set_limit(cell.spec.start_limit_s, cell.cancel)
            traced = cell.runtime.traced and cell.restart_reason is not None
            await (_run_restart_hooks(cell) if traced else _run_start_hooks(cell))
            cell.clear_limit()
        else:
            cell.make_actor()
    if cell.task is not handle:
        return False  # it swallowed its cancellation while it started
    if handle.cancel_requested:
        raise Interrupted
    if cell.spec.dispatch == "shared":
        cell.leave_task()
        return False
    if not cell.ready:
        cell.now_ready()
    return True


async def _run_restart_hooks(cell: Cell) -> None:
    """Run the hooks of an incarnation that is not the first, inside its own trace."""
    tracing = cell.runtime.tracing
    token = tracing.restarting(cell)
    try:
        await _run_start_hooks(cell)
    except BaseException as error:
        tracing.restarted(cell, token, error)
        raise
    tracing.restarted(cell, token, None)


async def _run_start_hooks(cell: Cell) -> None:
    """Make the actor, restore its state, run its hooks; the start limit runs meanwhile."""
    spec, state = cell.spec, cell.fresh_state()
    if spec.checkpoint_policy is not None and cell.runtime.checkpointing is not None:
        cell.checkpoints = cell.runtime.checkpointing.for_cell(cell)
        state = await cell.checkpoints.restore(state)
    actor = cell.make_actor(state)
    if cell.restart_reason is not None and spec.actor.has_restart_hook:
        await actor.on_restart(cell.restart_reason)
    await actor.on_start()


def _reason_in_task(cell: Cell, error: BaseException) -> ExitReason:
    """Return what an error means that came out of the actor, or raise it again: a cancellation that is not its own."""
    backend = cell.runtime.backend
    if not isinstance(error, Exception) and backend.is_cancellation(error):
        # trio cancels through scopes only, so that a Cancelled here is always somebody's; asyncio's may be anybody's.
        leaked = cell.task is not None and not cell.task.cancel_requested and backend.name == "asyncio"
        if not leaked:
            raise error
    reason = describe_end(cell, error)
    error.__traceback__ = None
    return reason


def describe_end(cell: Cell, error: BaseException) -> ExitReason:
    """Describe what came out of a handler or a hook; one that ends the program is passed on to the tree."""
    if not isinstance(error, Exception):
        runtime = cell.runtime
        if runtime.backend.is_cancellation(error):
            return describe_error(ExitKind.CANCELLED, error)
        if isinstance(error, SystemExit | KeyboardInterrupt):
            runtime.abort(error)
        elif isinstance(error, BaseExceptionGroup):
            fatal = error.subgroup((SystemExit, KeyboardInterrupt))
            if fatal is not None:
                runtime.abort(_first_leaf(fatal))
    return describe_error(ExitKind.CRASH if cell.ready else ExitKind.START_FAILED, error)


async def _cut(cell: Cell, handle: TaskHandle) -> ExitReason:
    """The runtime's cancellation arrived: say what that makes of the end, and leave no children behind."""
    starting = not cell.ready and cell.status is CellStatus.STARTING
    reason = cell.pending or ExitReason(ExitKind.START_TIMEOUT if starting else ExitKind.KILLED)
    if cell.task is handle:
        if cell.pending is CUT_AT_START and cell.ready:
            reason = await _stop_after_start(cell)
        await cell.stop_children()
    return reason


async def _stop_after_start(cell: Cell) -> ExitReason:
    """The stop came while it started, and the start had ended when the cancellation arrived: it stops in order."""
    cell.clear_limit()
    reason = ExitReason(cell.stop_kind)
    with anyio.move_on_after(cell.spec.shutdown_limit_s):
        if _has_stop_work(cell, reason):
            await _tidy_up(cell, reason)
    return reason


def _has_stop_work(cell: Cell, reason: ExitReason) -> bool:
    actor = cell.actor
    return (
        actor is not None
        and cell.ready
        and (actor.has_stop_hook or cell.group is not None or (reason.orderly and cell.checkpoints is not None))
    )


async def _tidy_up(cell: Cell, reason: ExitReason) -> None:
    """Stop the children, save, run the stop hook; all within the shutdown limit, whatever the reason."""
    actor = cell.actor
    assert actor is not None, cell.path
    cell.mailbox.reader_left()
    actor.ctx.cancel_timers()
    cell.status = CellStatus.STOPPING
    cell.pending = reason
    if not cell.limited and cell.spec.shutdown_limit_s is not None:
        cell.set_limit(cell.spec.shutdown_limit_s, cell.cancel)
    await cell.stop_children()
    try:
        if reason.orderly and cell.checkpoints is not None:
            await cell.checkpoints.save_on_stop()
        await actor.on_stop(reason)
    except BaseException as error:  # also what ends the program, which the tree has to hear of
        cell.emit(EventKind.STOP_HOOK_FAILED, _reason_in_task(cell, error))


def _first_leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
