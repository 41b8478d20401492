"""Shell: one actor's place in a tree across its incarnations, and the life of each of them.

A cell is idle until it is started, and has no task until there is something to do: an actor without a start hook costs
no task before its first message. Each incarnation runs in a task of its own, in a fresh context, and reports its facts
(`child_started`, `child_start_failed`, `child_exited`) to its parent once; the parent decides. A cell never decides
about restarts.

The order at an end: the handler is over, child actors are stopped, `on_stop` runs, monitors and links are told, the
parent is told, and only then the next incarnation may start; so two incarnations of one name never overlap. The one
exception is an actor that swallows its cancellation: it is reported `UNSTOPPED`, its name stays taken and its mail is
refused.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import anyio

from regrow.core.actor import Actor
from regrow.core.backend import Interrupted, Parker, Slot, TaskHandle
from regrow.core.cell_roles import ActorSpec, Parent
from regrow.core.checkpointing import CellCheckpoints
from regrow.core.context import ActorContext
from regrow.core.deadlines import TICK_S, Entry
from regrow.core.dispatcher import SharedParker
from regrow.core.envelope import Envelope
from regrow.core.events import EventKind
from regrow.core.mailbox import Mailbox
from regrow.core.receive import LinkedExit, StopSignal, receive
from regrow.core.ties import Observer, Ties
from regrow.core.waiting import CURRENT_CELL
from regrow.protocols.actor_errors import ActorRestarting, ActorStopped, SendError
from regrow.protocols.exits import ExitKind, ExitReason, describe_error
from regrow.protocols.messages import NoState, State
from regrow.protocols.notices import Terminated

if TYPE_CHECKING:
    from regrow.core.runtime import ChildGroup, Runtime

__all__ = ["Cell", "CellStatus"]

NAME_TAKEN_DELAY_S = 0.05

RESTARTS_PER_TASK = 8

LOOP_STALL_S = 4 * TICK_S
"""An alarm that is later than this says that the whole loop was, not that one task takes its time."""

NO_STATE = NoState()
"""Shared by all actors that own no state: it has no field, so there is nothing to share."""


class CellStatus(enum.Enum):
    """Where a cell is in its life."""

    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    ENDED = "ended"
    """The incarnation is over; the supervisor has not decided, or waits out a backoff."""
    STOPPED = "stopped"
    UNSTOPPED = "unstopped"


class Cell:
    """See the module."""

    __slots__ = (
        "_before",
        "_cut_start",
        "_group",
        "_overdue",
        "_pending",
        "_ties",
        "_vacant",
        "_zombie",
        "actor",
        "checkpoints",
        "dirty",
        "envelope",
        "failed",
        "incarnation",
        "last_exit",
        "mailbox",
        "observed",
        "parent",
        "path",
        "ready",
        "restarts",
        "runtime",
        "spec",
        "started_s",
        "stashed",
        "status",
        "stop_kind",
        "task",
        "waits_for",
    )  # fmt: skip

    def __init__(self, runtime: Runtime, path: str, spec: ActorSpec, parent: Parent) -> None:
        self.runtime = runtime
        self.path = path
        self.spec = spec
        self.parent = parent
        self.mailbox = Mailbox(self, spec.actor.__handlers__)
        self.incarnation = 0
        self.restarts = 0
        self.status = CellStatus.NEW
        self.ready = False
        self.actor: Actor[Any] | None = None
        self.task: TaskHandle | None = None
        self.started_s = 0.0
        self.last_exit: ExitReason | None = None
        self.stop_kind = ExitKind.NORMAL
        self.failed: object = None
        self.envelope: Envelope | None = None
        self.stashed: Envelope | None = None
        self.observed = False
        self.dirty = False
        self.checkpoints: CellCheckpoints | None = None
        self.waits_for: tuple[Cell, ...] = ()
        self._ties: Ties | None = None
        self._group: ChildGroup | None = None
        self._overdue: Entry | None = None
        self._pending: ExitReason | None = None
        self._cut_start = False
        self._zombie: TaskHandle | None = None
        self._vacant: TaskHandle | None = None
        self._before = runtime.cells.get(path)
        if self._before is None or not self._before.unstopped:
            self._before = None
            runtime.cells[path] = self

    # -- what the parent orders ------------------------------------------------------------------------------------

    def start(self, incarnation: int) -> None:
        """Begin the incarnation. The parent hears `child_started` or `child_start_failed`, perhaps before this returns."""
        if self.incarnation:
            self.restarts += 1
        self.incarnation = incarnation
        self.status = CellStatus.STARTING
        self.stop_kind = ExitKind.NORMAL
        self.ready = False  # one that could not be stopped may have been
        self.actor = None
        self._pending = None
        self._cut_start = False
        if self._name_is_taken():
            self._fail_start("an earlier incarnation could not be stopped and still runs under this name")
            return
        if self.mailbox.closed:
            self.mailbox.reopen()
        self.runtime.cells[self.path] = self
        if self.spec.name is not None and not (self._ties and self._ties.names):
            self.register(self.spec.name)
        if self.spec.handler_deadline_s is not None:
            self.runtime.watched[self] = None
        if self._starts_lazily():
            self._now_ready()
            if self.mailbox.user or self.mailbox.waiting:
                self.activate()
        else:
            self._spawn()

    def _name_is_taken(self) -> bool:
        before, self._before = self._before, None
        if before is not None and before.unstopped:
            self._before = before
        return self.unstopped or self._before is not None

    def _fail_start(self, why: str) -> None:
        """Report, a moment later, that it cannot start: at once, a supervisor without backoff would never let go."""
        incarnation = self.incarnation

        def report() -> None:
            if self.incarnation == incarnation and self.status is CellStatus.STARTING and self.task is None:
                self._end(ExitReason(ExitKind.START_FAILED, "NameTaken", why))

        self.runtime.wheel.call_after(NAME_TAKEN_DELAY_S, report)

    def stop(self, kind: ExitKind = ExitKind.SHUTDOWN, *, drain: bool = False) -> None:
        """Ask the incarnation to end in order; it is cancelled when its shutdown limit runs out.

        Args:
            kind: What the exit is recorded as.
            drain: Handle the mail that is there first.
        """
        if self.status not in (CellStatus.STARTING, CellStatus.RUNNING):
            return
        if self.task is None and not (drain and self.mailbox.user):
            self.finish_shared(ExitReason(kind))
            return
        starting = self.status is CellStatus.STARTING
        self.status = CellStatus.STOPPING
        self.stop_kind = kind
        limit_s = self.spec.shutdown_limit_s
        if starting or limit_s == 0:
            self._cut_start = starting
            self._cancel()
            return
        if drain:
            self.mailbox.put_notice(StopSignal(kind))
        else:
            self.mailbox.put_system(StopSignal(kind))
        if limit_s is not None:
            self._set_overdue(limit_s, self._cancel)

    def crash(self, why: str) -> None:
        """End the incarnation as a crash, in the middle of whatever it does: a stuck handler, or an injected fault."""
        if self.status not in (CellStatus.STARTING, CellStatus.RUNNING):
            return
        starting = self.status is CellStatus.STARTING
        reason = ExitReason(ExitKind.START_FAILED if starting else ExitKind.CRASH, "Killed", why)
        if self.task is None:  # idle, the dispatcher's, or waiting for its name
            self._end(reason)
        else:
            self._pending = reason
            self.status = CellStatus.STOPPING
            self._cancel()

    def describe_current(self) -> str:
        """Name the message that is being handled, for a report."""
        recent = self.mailbox.recent_messages()
        return type(recent[-1]).__qualname__ if recent and self.mailbox.busy else "nothing"

    def kill(self) -> None:
        """Cancel what still runs of the incarnation, now."""
        if self.status is CellStatus.RUNNING:
            self.stop()
        if self.task is not None:
            self._clear_overdue()
            self._cancel()

    def retire(self) -> None:
        """Stop for good: the mail becomes dead letters, asks fail, the names are free again."""
        self.runtime.watched.pop(self, None)
        if not self.unstopped:
            self.status = CellStatus.STOPPED
            self._release_names()
            if self.runtime.cells.get(self.path) is self:
                del self.runtime.cells[self.path]
        for item in self.mailbox.close():
            self._return_mail(item, "stopped", self.refusal)

    @property
    def restart_reason(self) -> ExitReason | None:
        """How the incarnation before this one ended; None in the first."""
        return self.last_exit if self.restarts else None

    # -- one incarnation -------------------------------------------------------------------------------------------

    def activate(self) -> None:
        """Give a lazily started incarnation its task, or to the dispatcher. The mailbox calls it at the first message."""
        if self.task is None and self.status is CellStatus.RUNNING:
            if self.spec.dispatch == "shared":
                self._share()
            else:
                self._spawn()

    def _share(self) -> None:
        dispatcher = self.runtime.dispatcher
        self.mailbox.reader_arrived(SharedParker(dispatcher, self))
        dispatcher.queue_up(self)

    def make_actor(self) -> None:
        """Make the actor of a lazily started incarnation that the dispatcher serves."""
        self._make_actor(self._fresh_state())

    def finish_shared(self, reason: ExitReason) -> None:
        """End an incarnation that has no task now; what it has to wait for at its end gets one."""
        self.mailbox.reader_left()
        if self.actor is not None and (self._group is not None or self.actor.has_stop_hook):
            self.status = CellStatus.STOPPING
            self._pending = reason
            self._spawn()
        else:
            self._end(reason)

    def _starts_lazily(self) -> bool:
        actor = self.spec.actor
        return (
            not actor.has_start_hook
            and not (actor.has_restart_hook and self.restart_reason is not None)
            and self.spec.checkpoint_policy is None
            and actor.__init__ is object.__init__
        )

    def _spawn(self) -> None:
        if self._vacant is not None:
            self.task, self._vacant = self._vacant, None
        else:
            self.task = self.runtime.backend.spawn(self._run, self.path)

    async def _run(self, handle: TaskHandle) -> None:
        """Live one incarnation, and the next one too where it may have the same task (see `_end_and_restart`)."""
        self.task = handle
        CURRENT_CELL.set(self)
        while self.task is handle:
            try:
                with handle:
                    life = await self._live(handle)
                if life is None:
                    return
                reason = life
            except Interrupted:
                reason = self._pending or ExitReason(
                    ExitKind.START_TIMEOUT if self._start_timed_out() else ExitKind.KILLED
                )
                if self.task is handle:
                    if self._cut_start and self.ready:
                        reason = await self._stop_after_start()
                    await self._stop_children()
            except BaseException as error:  # only a cancellation that is nobody's gets here
                reason = describe_error(ExitKind.CANCELLED, error)
            if self.task is handle:
                self._end_and_restart(reason, handle)
        if self._zombie is handle:
            self._gave_in()

    def _end_and_restart(self, reason: ExitReason, handle: TaskHandle) -> None:
        """End the incarnation; a restart at once takes over its task, when nothing of its life is left in there.

        That is a third of the price of a restart. What an incarnation can leave in its task is a cancellation, and
        values of context variables (trap 21). Now and then a new task is taken all the same, so that an actor whose
        every message crashes it lets the others run.
        """
        if (
            self.ready
            and reason.kind is ExitKind.CRASH
            and (self.restarts + 1) % RESTARTS_PER_TASK
            and self._context_is_untouched()
            and handle.renew()
        ):
            self._vacant = handle
        self._end(reason)
        self._vacant = None

    def _context_is_untouched(self) -> bool:
        untouched = self.runtime.backend.context.copy()
        untouched.run(CURRENT_CELL.set, self)
        return copy_context() == untouched

    async def _stop_after_start(self) -> ExitReason:
        """The stop came while it started, and the start had ended when the cancellation arrived: it stops in order."""
        self._clear_overdue()
        reason = ExitReason(self.stop_kind)
        with anyio.move_on_after(self.spec.shutdown_limit_s):
            await self._tidy_up(reason)
        return reason

    def _start_timed_out(self) -> bool:
        return not self.ready and self.status is CellStatus.STARTING

    async def _live(self, handle: TaskHandle) -> ExitReason | None:
        """Start, receive, and tidy up after whatever ended it. The one place that catches everything.

        None: it has started, and is the dispatcher's from now on.
        """
        if self._pending is not None:  # it was the dispatcher's, and needs a task for its end
            await self._tidy_up(self._pending)
            return self._pending
        try:
            if not self.ready or self.actor is None:
                await self._start_up()
            if self.task is not handle:
                return ExitReason(ExitKind.UNSTOPPED)  # it swallowed its cancellation while it started
            if handle.cancel_requested:
                raise Interrupted
            if self.spec.dispatch == "shared":
                self.task = None
                self._now_ready()
                if self.status is CellStatus.RUNNING:
                    self._share()
                return None
            if not self.ready:
                self._now_ready()
            kind = await receive(self)
            reason = ExitReason(kind)
        except Interrupted:
            raise
        except BaseException as error:
            if self.runtime.backend.is_cancellation(error) and (
                self.task is None or self.task.cancel_requested or not self._is_own_leak()
            ):
                raise
            reason = self.reason_for(error)
            error.__traceback__ = None
        if self.task is handle:
            self.mailbox.reader_left()
            await self._tidy_up(reason)
        return reason

    def _is_own_leak(self) -> bool:
        # trio cancels through scopes only, so that a Cancelled here is always somebody's; asyncio's may be anybody's.
        return self.runtime.backend.name == "asyncio"

    def reason_for(self, error: BaseException) -> ExitReason:
        """Describe what came out of a handler or a hook; one that ends the program is passed on to the tree."""
        if self.runtime.backend.is_cancellation(error):
            return describe_error(ExitKind.CANCELLED, error)
        if isinstance(error, SystemExit | KeyboardInterrupt):
            self.runtime.abort(error)
        elif isinstance(error, BaseExceptionGroup):
            fatal = error.subgroup((SystemExit, KeyboardInterrupt))
            if fatal is not None:
                self.runtime.abort(_first_leaf(fatal))
        return describe_error(ExitKind.CRASH if self.ready else ExitKind.START_FAILED, error)

    async def _start_up(self) -> None:
        """Make the actor, restore its state, run its start hooks; all within the start limit."""
        if not self._has_start_work():
            self._make_actor(self._fresh_state())
            return
        limit_s = self.spec.start_limit_s
        if limit_s is not None:
            self._set_overdue(limit_s, self._cancel)
        state = self._fresh_state()
        if self.spec.checkpoint_policy is not None and self.runtime.checkpointing is not None:
            self.checkpoints = self.runtime.checkpointing.for_cell(self)
            state = await self.checkpoints.restore(state)
        actor = self._make_actor(state)
        if self.restart_reason is not None and self.spec.actor.has_restart_hook:
            await actor.on_restart(self.restart_reason)
        await actor.on_start()
        self._clear_overdue()

    def _has_start_work(self) -> bool:
        actor = self.spec.actor
        return actor.has_start_hook or actor.has_restart_hook or self.spec.checkpoint_policy is not None

    def _fresh_state(self) -> State:
        given = self.spec.state
        if given is not None:
            return given.model_copy(deep=True)
        kind = self.spec.actor.state_type
        return NO_STATE if kind is NoState else kind()

    def _make_actor(self, state: State) -> Actor[Any]:
        kind = self.spec.actor
        self.actor = actor = kind.__new__(kind)
        # Before the constructor, which may use them.
        actor.ctx = ActorContext(self)
        actor.state = state
        actor.__init__(**self.spec.args)  # type: ignore[misc]  # the spec's args were checked against it
        return actor

    async def _tidy_up(self, reason: ExitReason) -> None:
        """Stop the children, save, run the stop hook; all within the shutdown limit, whatever the reason."""
        actor = self.actor
        if actor is None:
            return
        actor.ctx.close()
        saves = reason.orderly and self.checkpoints is not None
        if not self.ready or not (self._group is not None or saves or actor.has_stop_hook):
            return
        self.status = CellStatus.STOPPING
        self._pending = reason
        if self._overdue is None and self.spec.shutdown_limit_s is not None:
            self._set_overdue(self.spec.shutdown_limit_s, self._cancel)
        await self._stop_children()
        try:
            if saves and self.checkpoints is not None:
                await self.checkpoints.save_on_stop()
            await actor.on_stop(reason)
        except Exception as error:
            self._emit(EventKind.STOP_HOOK_FAILED, str(describe_error(ExitKind.CRASH, error)))

    async def _stop_children(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            await group.stop_all()

    def _now_ready(self) -> None:
        self.ready = True
        if self.status is CellStatus.STARTING:
            self.status = CellStatus.RUNNING
        self.started_s = self.runtime.moment_s()
        if self.restart_reason is not None:
            self._emit(EventKind.RESTARTED, self.restart_reason)
            self.runtime.tracing.restarted(self, self.restart_reason)
        else:
            self._emit(EventKind.STARTED, "")
        self.parent.child_started(self)

    def _end(self, reason: ExitReason) -> None:
        """The incarnation is over: tell everybody, the parent last."""
        was_ready, self.ready = self.ready, False
        self._clear_overdue()
        self._close_children()
        self.mailbox.reader_left()
        self.status = CellStatus.ENDED
        self.task = None
        self.actor = None
        self.waits_for = ()
        self.last_exit = reason
        self._tell_watchers(reason)
        failed, self.failed = self.failed, None
        self.envelope = self.stashed = None
        if not reason.orderly:
            self._emit(EventKind.CRASHED if was_ready else EventKind.START_FAILED, reason)
        if self.mailbox.spec.on_restart == "drop":
            for item in self.mailbox.take_all():
                self._return_mail(item, "restarting", lambda item: self._restarting(item, begun=False))
        else:
            self.mailbox.unstash()
        if was_ready or reason.kind in (ExitKind.SHUTDOWN, ExitKind.NORMAL):
            self.parent.child_exited(self, reason)
        else:
            self.parent.child_start_failed(self, reason)
        if failed is not None:
            self._return_mail(failed, "poison", self._begun_in_vain)

    def _close_children(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            group.stop_now()
        if self.actor is not None:
            self.actor.ctx.close()

    # -- stopping what does not want to ----------------------------------------------------------------------------

    def _cancel(self) -> None:
        if self.task is None:
            return
        if self.status is CellStatus.RUNNING:
            return
        self.task.cancel()
        self._give_grace()

    def _give_grace(self) -> None:
        grace_s, now_s = self.spec.kill_grace_s, self.runtime.backend.now_s
        due_s = now_s() + grace_s

        def over() -> None:
            if now_s() - due_s > LOOP_STALL_S:
                self._give_grace()  # the loop stood still: nobody had the time to end
            else:
                self._report_unstopped()

        self._set_overdue(grace_s, over)

    def _report_unstopped(self) -> None:
        if self.task is None or self.status is CellStatus.UNSTOPPED:
            return
        self.status = CellStatus.UNSTOPPED
        self._zombie, self.task = self.task, None
        self._zombie.calm()
        self.last_exit = ExitReason(ExitKind.UNSTOPPED, "", "it swallowed its cancellation and still runs")
        self._emit(EventKind.UNSTOPPED, "it swallowed its cancellation and still runs; its name stays taken")
        self._close_children()
        self._tell_watchers(self.last_exit)
        self.retire()
        if self.envelope is not None:  # what it handles in vain: its asker must not wait for its own deadline
            self.envelope.fail(self.refusal(self.envelope))
        self.parent.child_unstopped(self)

    def _gave_in(self) -> None:
        """An unstopped task ended after all: only now is its name free."""
        self._zombie = None
        if self.status is CellStatus.UNSTOPPED:
            self.status = CellStatus.STOPPED
            self._release_names()
            if self.runtime.cells.get(self.path) is self:
                del self.runtime.cells[self.path]

    @property
    def unstopped(self) -> bool:
        """Whether a task of an earlier incarnation swallowed its cancellation and still runs."""
        return self._zombie is not None

    def _set_overdue(self, after_s: float, then: Callable[[], None]) -> None:
        """One limit runs at a time; a new one takes the place of the one before."""
        self._clear_overdue()
        self._overdue = self.runtime.wheel.call_after(after_s, then)

    def _clear_overdue(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    # -- mail ------------------------------------------------------------------------------------------------------

    def refusal(self, item: object) -> SendError:
        """Return the error for mail to this actor once it has stopped."""
        message = item.message if isinstance(item, Envelope) else item
        text = f"{self.path} has stopped{f' ({self.last_exit})' if self.last_exit is not None else ''}"
        other = self.runtime.cells.get(self.path, self)
        if other is not self:
            now, before = other.spec.actor.__qualname__, self.spec.actor.__qualname__
            text = f"{self.path} was replaced and is a {now} now, this ref is for the {before} before; look it up again"
        return ActorStopped(text, message=message, path=self.path, reason=self.last_exit)

    def _restarting(self, item: object, *, begun: bool) -> SendError:
        message = item.message if isinstance(item, Envelope) else item
        how = "while it handled" if begun else "before it handled"
        text = f"{self.path} ended {how} {type(message).__name__} ({self.last_exit})"
        return ActorRestarting(text, message=message, retry_safe=not begun, path=self.path, reason=self.last_exit)

    def _begun_in_vain(self, item: object) -> SendError:
        """Return the error for mail whose handler had begun."""
        gone = self.status is CellStatus.STOPPED
        error = self.refusal(item) if gone else self._restarting(item, begun=True)
        error.retry_safe = False
        return error

    def _return_mail(self, item: object, reason: str, error_for: Callable[[object], SendError]) -> None:
        if isinstance(item, StopSignal):
            return
        if isinstance(item, Envelope):
            if item.done:
                reason = "expired"
            else:
                item.fail(error_for(item))
        self.dead_letter(item, reason)

    def dead_letter(self, item: object, reason: str) -> None:
        """Count and keep a message that is lost."""
        self.runtime.dead_letters.add(self.path, item, reason)

    def new_parker(self) -> Parker:
        """Return a place to sleep."""
        return self.runtime.backend.new_parker()

    def new_slot(self) -> Slot:
        """Return a place for one reply."""
        return self.runtime.backend.new_slot()

    def stash(self, message: object) -> None:
        """Put the message being handled aside, with its envelope if it has one."""
        envelope = self.envelope
        if envelope is not None and envelope.message is message:
            self.mailbox.put_aside(envelope)
            self.stashed = envelope
        else:
            self.mailbox.put_aside(message)

    def take_stashed(self, envelope: Envelope) -> bool:
        """Whether the handler has just stashed this ask, which therefore gets no reply yet."""
        stashed, self.stashed = self.stashed, None
        return stashed is envelope

    def stop_self(self) -> None:
        """Put the signal that ends this incarnation after the present message."""
        self.mailbox.put_system(StopSignal(ExitKind.NORMAL))

    # -- who waits, watches, knows ---------------------------------------------------------------------------------

    def begin_waiting(self, target: Cell) -> None:
        """Note an ask that is under way from here."""
        self.waits_for = (*self.waits_for, target)

    def end_waiting(self, target: Cell) -> None:
        """Take one such note back."""
        waits = list(self.waits_for)
        if target in waits:
            waits.remove(target)
            self.waits_for = tuple(waits)

    def add_monitor(self, watcher: Cell) -> None:
        """Tell `watcher` once when the present incarnation ends, or at once if nothing can end any more."""
        if self.status in (CellStatus.STOPPED, CellStatus.UNSTOPPED):
            watcher.mailbox.put_notice(Terminated(path=self.path, incarnation=self.incarnation, reason=None))
            return
        self._tied().monitors[watcher] = None

    def remove_monitor(self, watcher: Cell) -> None:
        """Take a monitor back."""
        if self._ties is not None:
            self._ties.monitors.pop(watcher, None)

    def link(self, other: Cell) -> None:
        """Share fate with `other`."""
        self._tied().links[other] = None
        other._tied().links[self] = None

    def unlink(self, other: Cell) -> None:
        """End the link."""
        for one, another in ((self, other), (other, self)):
            if one._ties is not None:
                one._ties.links.pop(another, None)

    def _tied(self) -> Ties:
        if self._ties is None:
            self._ties = Ties()
        return self._ties

    def _tell_watchers(self, reason: ExitReason) -> None:
        ties = self._ties
        if ties is None:
            return
        monitors, ties.monitors = ties.monitors, {}
        for watcher in monitors:
            watcher.mailbox.put_notice(Terminated(path=self.path, incarnation=self.incarnation, reason=reason))
        links, ties.links = ties.links, {}
        for other in links:
            if other._ties is not None:
                other._ties.links.pop(self, None)
            if not reason.orderly:
                other.mailbox.put_system(LinkedExit(self.path, str(reason)))
                other.activate()

    def register(self, name: str) -> None:
        """Take `name` in the tree.

        Raises:
            LookupError: Somebody else has it.
        """
        holder = self.runtime.names.setdefault(name, self)
        if holder is not self:
            msg = f"the name {name!r} is taken by {holder.path}"
            raise LookupError(msg)
        names = self._tied().names
        if name not in names:
            names.append(name)

    def _release_names(self) -> None:
        if self._ties is not None:
            for name in self._ties.names:
                self.runtime.names.pop(name, None)
            self._ties.names = []

    def children(self) -> ChildGroup:
        """Return the child actors of this incarnation."""
        if self._group is None:
            self._group = self.runtime.make_group(self)
        return self._group

    @property
    def group(self) -> ChildGroup | None:
        """The child actors, if there have been any."""
        return self._group

    # -- checkpoints and observation -------------------------------------------------------------------------------

    async def save_checkpoint(self) -> None:
        """Save the state and wait until it is safe.

        Raises:
            RuntimeError: This actor has no checkpoints.
        """
        if self.checkpoints is None:
            msg = f"{self.path} has no checkpoints: give its ChildSpec checkpoint=True and the tree a store"
            raise RuntimeError(msg)
        await self.checkpoints.save()

    async def save_when_idle(self) -> None:
        """Save what has changed since the last checkpoint, before going to sleep."""
        self.dirty = False
        if self.checkpoints is not None:
            await self.checkpoints.save_on_idle()

    async def count_for_checkpoint(self, handled: int) -> None:
        """A batch is over."""
        if self.checkpoints is not None:
            self.dirty = await self.checkpoints.after_batch(handled)

    def watch(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` after every message from now on; returns how to stop."""
        observers = self._tied().observers
        observers.append(observer)
        self.observed = True

        def stop() -> None:
            if observer in observers:
                observers.remove(observer)
            self.observed = bool(observers)

        return stop

    def observe(self, item: object, started_s: float, error: BaseException | None) -> None:
        """Tell the observers of one handled message."""
        ended_s = self.runtime.backend.now_s()
        for observer in tuple(self._tied().observers):
            observer(item, started_s, ended_s, error)

    def _emit(self, kind: EventKind, detail: object) -> None:
        self.runtime.events.emit(kind, self.path, self.incarnation, detail)


def _first_leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
