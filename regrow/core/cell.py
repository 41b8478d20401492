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

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from regrow.core.actor import Actor
from regrow.core.backend import Slot, TaskHandle
from regrow.core.cell_roles import ActorSpec, CellStatus, Parent
from regrow.core.checkpointing import CellCheckpoints
from regrow.core.context import ActorContext
from regrow.core.deadlines import TICK_S, Expiring
from regrow.core.dispatcher import SharedParker
from regrow.core.envelope import Envelope, bare
from regrow.core.events import EventKind
from regrow.core.incarnation import CUT_AT_START, live
from regrow.core.mailbox import Mailbox
from regrow.core.receive import StopSignal
from regrow.core.returned_mail import begun_in_vain, not_begun, return_mail, stopped
from regrow.core.ties import Ties
from regrow.core.waiting import CURRENT_CELL
from regrow.protocols.actor_errors import SendError
from regrow.protocols.exits import ExitKind, ExitReason
from regrow.protocols.messages import NoState, State

if TYPE_CHECKING:
    from regrow.core.runtime import ChildGroup, Runtime

__all__ = ["Cell"]

NAME_TAKEN_DELAY_S = 0.05

RESTARTS_PER_TASK = 8

LOOP_STALL_S = 4 * TICK_S
"""An alarm that is later than this says that the whole loop was, not that one task takes its time."""

NO_STATE = NoState()
"""Shared by all actors that own no state: it has no field, so there is nothing to share."""


class Cell:
    """See the module."""

    __slots__ = (
        "_then",
        "actor",
        "bucket",
        "checkpoints",
        "dirty",
        "envelope",
        "failed",
        "group",
        "incarnation",
        "last_exit",
        "mailbox",
        "observed",
        "parent",
        "path",
        "pending",
        "ready",
        "restarts",
        "runtime",
        "spec",
        "started_s",
        "status",
        "stop_kind",
        "task",
        "ties",
        "waits_for",
        "zombie",
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
        self.observed = False
        self.dirty = False
        self.checkpoints: CellCheckpoints | None = None
        self.waits_for: tuple[tuple[Cell, int], ...] = ()
        self.ties: Ties | None = None
        self.group: ChildGroup | None = None
        self.pending: ExitReason | None = None
        self.zombie: TaskHandle | None = None
        self.bucket: dict[Expiring, None] | None = None
        self._then: Callable[[], None] | None = None
        if not self._name_is_taken():
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
        self.pending = None
        if self._name_is_taken():
            self._fail_start("an earlier incarnation could not be stopped and still runs under this name")
            return
        if self.mailbox.closed:
            self.mailbox.reopen()
        self.runtime.cells[self.path] = self
        if self.spec.name is not None and not (self.ties and self.ties.names):
            try:
                self.tied().register(self, self.spec.name)
            except LookupError as error:  # somebody registered it by hand meanwhile
                self._fail_start(str(error))
                return
        if self.spec.handler_deadline_s is not None:
            self.runtime.watched[self] = None
        if self._starts_lazily():
            self.now_ready()
            if self.mailbox.user or self.mailbox.waiting:
                self.activate()
        else:
            self._spawn()

    def _name_is_taken(self) -> bool:
        holder = self.runtime.cells.get(self.path)
        return self.zombie is not None or (holder is not None and holder.zombie is not None)

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
            if starting:
                self.pending = CUT_AT_START
            self.cancel()
            return
        if drain:
            self.mailbox.put_notice(StopSignal(kind))
        else:
            self.mailbox.put_system(StopSignal(kind))
        if limit_s is not None:
            self.set_limit(limit_s, self.cancel)

    def crash(self, why: str) -> None:
        """End the incarnation as a crash, in the middle of whatever it does: a stuck handler, or an injected fault."""
        if self.status not in (CellStatus.STARTING, CellStatus.RUNNING):
            return
        starting = self.status is CellStatus.STARTING
        reason = ExitReason(ExitKind.START_FAILED if starting else ExitKind.CRASH, "Killed", why)
        if self.task is None:  # idle, the dispatcher's, or waiting for its name
            self._end(reason)
        else:
            self.pending = reason
            self.status = CellStatus.STOPPING
            self.cancel()

    def describe_current(self) -> str:
        """Name the message that is being handled, for a report."""
        recent = self.mailbox.recent_messages()
        return type(recent[-1]).__qualname__ if recent and self.mailbox.busy else "nothing"

    def kill(self) -> None:
        """Cancel what still runs of the incarnation, now."""
        if self.status is CellStatus.RUNNING:
            self.stop()
        if self.task is not None:
            self.clear_limit()
            self.cancel()

    def retire(self) -> None:
        """Stop for good: the mail becomes dead letters, asks fail, the names are free again."""
        self.runtime.watched.pop(self, None)
        if not self.unstopped:
            self._leave_for_good()
        for item in self.mailbox.close():
            return_mail(self, item, "stopped", stopped)

    def _leave_for_good(self) -> None:
        self.status = CellStatus.STOPPED
        self.runtime.tracing.retired(self)
        if self.ties is not None:
            self.ties.release_names(self)
            self.ties.end(self, None)
        if self.runtime.cells.get(self.path) is self:
            del self.runtime.cells[self.path]

    @property
    def gone(self) -> bool:
        """Whether it has stopped for good."""
        return self.status is CellStatus.STOPPED

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

    def leave_task(self) -> None:
        """It has started in a task of its own, which is over now, and is the dispatcher's from here on."""
        self.task = None
        self.now_ready()
        if self.status is CellStatus.RUNNING:
            self._share()

    def finish_shared(self, reason: ExitReason) -> None:
        """End an incarnation that has no task now; what it has to wait for at its end gets one."""
        self.mailbox.reader_left()
        if self.actor is not None and (self.group is not None or self.actor.has_stop_hook):
            self.status = CellStatus.STOPPING
            self.pending = reason
            self._spawn()
        else:
            self._end(reason)

    def _starts_lazily(self) -> bool:
        actor = self.spec.actor
        return (
            not actor.has_start_hook
            and not (actor.has_restart_hook and self.restart_reason is not None)
            and not self.spec.checkpoint
            and actor.__init__ is object.__init__
        )

    def _spawn(self) -> None:
        runtime = self.runtime
        if runtime.vacant is not None and runtime.vacant[0] is self:
            self.task, runtime.vacant = runtime.vacant[1], None
        else:
            self.task = runtime.backend.spawn(partial(live, self), self.path)

    def end_and_restart(self, reason: ExitReason, handle: TaskHandle) -> None:
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
            self.runtime.vacant = (self, handle)
        self._end(reason)
        self.runtime.vacant = None

    def _context_is_untouched(self) -> bool:
        untouched = self.runtime.backend.context.copy()
        untouched.run(CURRENT_CELL.set, self)
        return copy_context() == untouched

    def has_start_work(self) -> bool:
        """Whether its start may have to wait for something, so that it needs a limit."""
        actor = self.spec.actor
        return actor.has_start_hook or actor.has_restart_hook or bool(self.spec.checkpoint)

    def fresh_state(self) -> State:
        """Return the state that an incarnation without a checkpoint begins with."""
        given = self.spec.state
        if given is not None:
            return given.model_copy(deep=True)
        kind = self.spec.actor.state_type
        return NO_STATE if kind is NoState else kind()

    def make_actor(self, state: State | None = None) -> Actor[Any]:
        """Make the actor of this incarnation, with a state of its own or the one that was restored."""
        kind = self.spec.actor
        self.actor = actor = kind.__new__(kind)
        # Before the constructor, which may use them.
        actor.ctx = ActorContext(self)
        actor.state = state if state is not None else self.fresh_state()
        actor.__init__(**self.spec.args)  # type: ignore[misc]  # the spec's args were checked against it
        return actor

    async def stop_children(self) -> None:
        """Stop the child actors, and wait until they have."""
        group, self.group = self.group, None
        if group is not None:
            await group.stop_all()

    def now_ready(self) -> None:
        """It has started: say so."""
        self.ready = True
        if self.status is CellStatus.STARTING:
            self.status = CellStatus.RUNNING
        runtime = self.runtime
        self.started_s = runtime.moment_s()
        if self.restart_reason is not None:
            runtime.events.emit(EventKind.RESTARTED, self.path, self.incarnation, self.last_exit)
            if runtime.traced and not self.has_start_work():
                runtime.tracing.restarted(self, runtime.tracing.restarting(self), None)
        else:
            runtime.events.emit(EventKind.STARTED, self.path, self.incarnation)
        self.parent.child_started(self)

    def _end(self, reason: ExitReason) -> None:
        """The incarnation is over: tell everybody, the parent last."""
        was_ready, self.ready = self.ready, False
        if self.bucket is not None:
            self.clear_limit()
        self._close_children()
        if self.checkpoints is not None:
            self.checkpoints.close()
        self.mailbox.reader_left()
        self.status = CellStatus.ENDED
        self.task = None
        self.actor = None
        self.waits_for = ()
        self.last_exit = reason
        if self.ties is not None:
            self.ties.end(self, reason)
        failed, self.failed = self.failed, None
        self.envelope = None
        if not reason.orderly:
            kind = EventKind.CRASHED if was_ready else EventKind.START_FAILED
            self.runtime.events.emit(kind, self.path, self.incarnation, reason)
        if self.mailbox.stash is not None or self.mailbox.spec.on_restart == "drop":
            for item in self.mailbox.hand_over(failed):
                return_mail(self, item, "restarting", not_begun)
        if was_ready or reason.kind in (ExitKind.SHUTDOWN, ExitKind.NORMAL):
            self.parent.child_exited(self, reason)
        else:
            self.parent.child_start_failed(self, reason)
        if failed is not None:
            return_mail(self, failed, "poison", begun_in_vain)

    def _close_children(self) -> None:
        group, self.group = self.group, None
        if group is not None:
            group.stop_now()
        if self.actor is not None:
            self.actor.ctx.cancel_timers()

    # -- stopping what does not want to ----------------------------------------------------------------------------

    def cancel(self) -> None:
        """Cut short what the task does, unless it runs as it should; it has its grace to end."""
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

        self.set_limit(grace_s, over)

    def _report_unstopped(self) -> None:
        if self.task is None or self.status is CellStatus.UNSTOPPED:
            return
        self.status = CellStatus.UNSTOPPED
        self.zombie, self.task = self.task, None
        self.zombie.calm()
        self.last_exit = ExitReason(ExitKind.UNSTOPPED, "", "it swallowed its cancellation and still runs")
        self.emit(EventKind.UNSTOPPED, "it swallowed its cancellation and still runs; its name stays taken")
        self._close_children()
        if self.ties is not None:
            self.ties.end(self, self.last_exit)
        self.retire()
        if self.envelope is not None:  # what it handles in vain: its asker must not wait for its own deadline
            self.envelope.fail(stopped(self, self.envelope))
        self.parent.child_unstopped(self)

    def gave_in(self) -> None:
        """An unstopped task ended after all: only now is its name free."""
        self.zombie = None
        if self.status is CellStatus.UNSTOPPED:
            self._leave_for_good()

    @property
    def unstopped(self) -> bool:
        """Whether a task of an earlier incarnation swallowed its cancellation and still runs."""
        return self.zombie is not None

    def set_limit(self, after_s: float, then: Callable[[], None]) -> None:
        """Call `then` in `after_s` seconds. One limit runs at a time; a new one takes the place of the one before."""
        if self.bucket is not None:
            self.clear_limit()
        self._then = then
        runtime = self.runtime
        runtime.wheel.add(self, runtime.backend.now_s() + after_s)

    def clear_limit(self) -> None:
        """Let the limit pass that runs, if one does."""
        if self.bucket is not None:
            del self.bucket[self]
            self.bucket = self._then = None

    @property
    def limited(self) -> bool:
        """Whether a limit runs."""
        return self.bucket is not None

    def expire(self) -> None:
        """The limit has passed: the deadline wheel calls this."""
        then, self._then = self._then, None
        if then is not None:
            then()

    # -- mail ------------------------------------------------------------------------------------------------------

    def refusal(self, item: object) -> SendError:
        """Return the error for mail to this actor once it has stopped."""
        return stopped(self, item)

    def dead_letter(self, item: object, reason: str) -> None:
        """Count and keep a message that is lost."""
        self.runtime.dead_letters.add(self.path, item, reason)

    def new_slot(self) -> Slot:
        """Return a place for one reply."""
        return self.runtime.backend.new_slot()

    def stash(self, message: object) -> None:
        """Put the message being handled aside, with its envelope if it has one."""
        envelope = self.envelope
        if envelope is not None and envelope.message is message:
            self.mailbox.put_aside(envelope, in_hand=True)
            self.envelope = None  # so that what the handler returns now is no reply
        else:
            item = self.mailbox.now_handled()
            in_hand = bare(item) is message
            self.mailbox.put_aside(item if in_hand else message, in_hand=in_hand)

    def stop_self(self) -> None:
        """Put the signal that ends this incarnation after the present message."""
        self.mailbox.put_system(StopSignal(ExitKind.NORMAL))

    # -- who waits, watches, knows ---------------------------------------------------------------------------------

    def begin_waiting(self, target: Cell) -> None:
        """Note an ask that is under way from here, and at which message."""
        self.waits_for = (*self.waits_for, (target, self.mailbox.handled))

    def end_waiting(self, target: Cell) -> None:
        """Take one such note back."""
        for place, (other, _) in enumerate(self.waits_for):
            if other is target:
                self.waits_for = self.waits_for[:place] + self.waits_for[place + 1 :]
                return

    def tied(self) -> Ties:
        """Return its ties, made at the first need."""
        if self.ties is None:
            self.ties = Ties()
        return self.ties

    def observe(self, item: object, started_s: float, error: BaseException | None) -> None:
        """Tell the observers of one handled message."""
        ended_s, message = self.runtime.backend.now_s(), bare(item)
        for observer in tuple(self.tied().observers):
            observer(message, started_s, ended_s, error)

    def children(self) -> ChildGroup:
        """Return the child actors of this incarnation."""
        if self.group is None:
            self.group = self.runtime.make_group(self)
        return self.group

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

    def save_when_idle(self) -> None:
        """Save what has changed since the last checkpoint, before going to sleep."""
        self.dirty = False
        if self.checkpoints is not None:
            self.checkpoints.save_on_idle()

    def count_for_checkpoint(self, handled: int) -> None:
        """A batch is over."""
        if self.checkpoints is not None:
            self.dirty = self.checkpoints.after_batch(handled)

    def emit(self, kind: EventKind, detail: object) -> None:
        self.runtime.events.emit(kind, self.path, self.incarnation, detail)
