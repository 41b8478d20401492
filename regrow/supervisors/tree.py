"""Shell: a running tree: opened and closed by its owner, looked into and changed while it runs.

`open_tree` is an asynchronous context manager. Inside it the tree runs; leaving it, by whatever way, stops every actor
in the reverse of its start order. When the root supervisor gives up, or an actor raises SystemExit or KeyboardInterrupt,
the body is cancelled, the tree is stopped in order, and the error comes out of the `async with`.

The host's own cancellation is respected: a native `task.cancel()` or a cancelled scope ends the body, the actors are
stopped within their limits, and the cancellation goes on. A second one while they stop ends their limits at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import anyio

from regrow.core.backend import Slot, current_backend
from regrow.core.checkpointing import open_checkpointing
from regrow.core.envelope import DeadLetters
from regrow.core.events import EventBus
from regrow.core.ref import Ref
from regrow.core.runtime import Runtime
from regrow.core.store import Store
from regrow.core.ties import Observer
from regrow.core.tracing import Tracing
from regrow.core.watchdog import Watchdog, WatchdogSettings
from regrow.core.world import World
from regrow.protocols.actor_errors import StartFailed, TreeFailed
from regrow.protocols.exits import ExitKind, ExitReason
from regrow.supervisors.child_group import make_group
from regrow.supervisors.child_spec import Supervisor
from regrow.supervisors.handle import SupervisorHandle
from regrow.supervisors.liveness import SWEEP_INTERVAL_S
from regrow.supervisors.snapshot import TreeSnapshot, take_snapshot
from regrow.supervisors.spec_checks import check_tree
from regrow.supervisors.supervisor import Child, SupervisorNode
from regrow.supervisors.sweeper import Sweeper

__all__ = ["Tree", "open_tree"]

A = TypeVar("A")


class Tree:
    """A running tree. Made by `open_tree`."""

    def __init__(self, runtime: Runtime, root: Supervisor, sweep_interval_s: float) -> None:
        self._runtime = runtime
        self._root = SupervisorNode(runtime, root.name, root, self)
        self._started: Slot = runtime.backend.new_slot()
        self._stopped: Slot = runtime.backend.new_slot()
        self._is_up = False
        self._is_over = False
        self._on_failure: Callable[[], None] = lambda: None
        self._sweeper = Sweeper(runtime, sweep_interval_s)
        self.failure: TreeFailed | None = None

    def ref(self, path: str, kind: type[A]) -> Ref[A]:
        """Return a ref to the actor at `path`, such as `bank/account`.

        Args:
            path: From the root's name down, or a registered name.
            kind: The actor's class or a base of it, so that the ref knows what may be sent.

        Raises:
            LookupError: Nothing is there, or it is of another class.
        """
        return self._runtime.lookup(path, kind)

    def whereis(self, name: str) -> Ref[Any] | None:
        """Return a ref to whatever has this path or registered name, or None."""
        cell = self._runtime.find(name)
        return self._runtime.ref(cell) if cell is not None else None

    def supervisor(self, path: str) -> SupervisorHandle:
        """Return the handle by which the supervisor at `path` is asked and changed.

        Raises:
            LookupError: There is no supervisor.
        """
        return SupervisorHandle(self._root.find(path))

    def snapshot(self, *, states: bool = True) -> TreeSnapshot:
        """Return what the tree looks like now: structure, status, mailbox depths, restarts, last errors.

        Args:
            states: Include a copy of every actor's state.
        """
        return take_snapshot(self._root, self._runtime, states)

    def watch(self, path: str, observer: Observer) -> Callable[[], None]:
        """Call `observer` after every message of one actor from now on; returns how to stop."""
        cell = self._runtime.get(path)
        return cell.tied().watch(cell, observer)

    def recent_messages(self, path: str) -> tuple[object, ...]:
        """Return the last messages of one actor, oldest first, the one being handled included."""
        return self._runtime.get(path).mailbox.recent_messages()

    @property
    def dead_letters(self) -> DeadLetters:
        """Mail that no handler saw."""
        return self._runtime.dead_letters

    @property
    def events(self) -> EventBus:
        """What has happened."""
        return self._runtime.events

    @property
    def runtime(self) -> Runtime:
        """The tree's shared parts, for tools and tests."""
        return self._runtime

    async def wait_stopped(self) -> None:
        """Wait until the whole tree has stopped."""
        while not self._is_over:
            await self._stopped

    async def stop(self) -> tuple[str, ...]:
        """Stop every actor in reverse start order, each within its limit.

        Returns:
            The paths of those that could not be stopped: they swallowed their cancellation and still run.
        """
        self._sweeper.stop()
        self._root.stop(ExitKind.SHUTDOWN)
        if not self._is_over:
            await self._stopped
        return self.unstopped

    @property
    def unstopped(self) -> tuple[str, ...]:
        """The paths of actors that could not be stopped."""
        return self._root.unstopped()

    async def _open(self) -> None:
        self._root.start(1)
        if not self._is_up and not self._is_over:
            await self._started
        if self.failure is not None:
            failure, self.failure = self.failure, None
            started = StartFailed(str(failure.args[0]))
            for note in getattr(failure, "__notes__", ()):
                started.add_note(note)
            raise started from None
        self._sweeper.start()

    # What the root reports; the tree is its parent.

    def child_started(self, child: Child) -> None:
        """The root is up."""
        self._is_up = True
        if not self._started.done():
            self._started.set_result(None)

    def child_start_failed(self, child: Child, reason: ExitReason) -> None:
        """The root did not start; what it had started is stopped."""
        self._over(_failure(f"{child.path} did not start", reason))

    def child_exited(self, child: Child, reason: ExitReason) -> None:
        """The root is down: because it was asked, or because it gave up."""
        failed = reason.kind not in (ExitKind.SHUTDOWN, ExitKind.NORMAL)
        self._over(_failure(f"{child.path} gave up", reason, self.unstopped) if failed else None)

    def child_unstopped(self, child: Child) -> None:
        """A supervisor is never unstopped itself; it reports which child is."""

    def starts_again(self, child: Child, kind: ExitKind) -> bool:
        """Nobody restarts a root."""
        return False

    def _over(self, failure: TreeFailed | None) -> None:
        self._is_over = True
        self.failure = failure
        # Nobody restarts anything any more: unread mail becomes dead letters, and asks that wait for a restart end.
        self._root.retire()
        for slot in (self._started, self._stopped):
            if not slot.done():
                slot.set_result(None)
        if self._is_up:
            self._on_failure()


def _failure(what: str, reason: ExitReason, unstopped: tuple[str, ...] = ()) -> TreeFailed:
    """Return the error that comes out of the tree, with the places in the actor's code that led to it as a note."""
    failure = TreeFailed(f"{what}: {reason.message or reason}", unstopped=unstopped)
    if reason.frames:
        failure.add_note(f"where the actor was, innermost last:\n{reason.places()}")
    return failure


class open_tree:  # noqa: N801  # it is used as a function, as trio's and anyio's open_* are
    """Run a tree for the length of an `async with`.

    Args:
        root: The description. It is checked whole before anything starts.
        world: Clock, chance, ids and threads; None is the real one.
        store: Where checkpoints lie. None keeps them in memory: they survive a crash, not the process.
        tracing: None follows the host: on when it has set up an OpenTelemetry SDK.
        sweep_interval_s: How often handler deadlines are looked at; a stuck handler is reported within two of them.
        watchdog: How the event loop is watched from a thread beside it. None: it is not.

    Raises:
        SpecError: The description cannot work; nothing was started.
        StartFailed: A child did not start; what had been started was stopped again.
        TreeFailed: The root gave up while the tree ran.
    """

    def __init__(
        self,
        root: Supervisor,
        *,
        world: World | None = None,
        store: Store | None = None,
        tracing: Tracing | None = None,
        sweep_interval_s: float = SWEEP_INTERVAL_S,
        watchdog: WatchdogSettings | None = None,
    ) -> None:
        check_tree(root)
        self._spec = root
        self._world = world if world is not None else World()
        self._store = store
        self._tracing = tracing
        self._sweep_interval_s = sweep_interval_s
        self._watch = watchdog
        self._watchdog: Watchdog | None = None
        self._scope = anyio.CancelScope()
        self._tree: Tree | None = None
        self._entered = False

    async def __aenter__(self) -> Tree:
        if self._tree is not None:
            msg = "this open_tree(...) was entered before; each use needs a call of its own"
            raise RuntimeError(msg)
        backend = current_backend()
        await backend.open()
        checkpointing = open_checkpointing(self._store, self._world)
        runtime = Runtime(backend, self._world, make_group, checkpointing, self._tracing or _host_tracing())
        self._tree = tree = Tree(runtime, self._spec, self._sweep_interval_s)
        runtime.tracing.opened(runtime)
        runtime.when_fatal(self._interrupt)
        tree._on_failure = self._interrupt
        if self._watch is not None:
            self._watchdog = await _start_watchdog(self._watch, runtime)
        try:
            await tree._open()
        except BaseException:
            await self._close()
            self._raise_fatal()
            raise
        self._scope.__enter__()
        self._entered = True
        if runtime.fatal is not None or tree._is_over:
            self._scope.cancel()
        return tree

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        tree = self._tree
        assert tree is not None
        fatal = tree.runtime.fatal
        ours = fatal is not None or tree.failure is not None
        left = error
        try:
            swallowed = self._scope.__exit__(kind, error, traceback)
        except BaseException as rest:  # trio's way to say what is left of a group without the cancellation
            left, swallowed = rest, None
        await self._close()
        came_at_the_end = tree.runtime.fatal is not fatal
        # What ends the program goes before whatever the body made of it, which stays as its context.
        if came_at_the_end or fatal is not None or (ours and (swallowed or error is None)):
            self._raise_fatal()
        if left is not None and not swallowed and tree.failure is not None:
            left.add_note(f"while the tree had failed: {tree.failure}")
        if left is not None and left is not error:
            raise left
        return bool(swallowed)

    def _interrupt(self) -> None:
        if self._entered:
            self._scope.cancel()

    def _raise_fatal(self) -> None:
        assert self._tree is not None
        fatal = self._tree.runtime.fatal
        if fatal is not None:
            raise fatal
        if self._tree.failure is not None:
            raise self._tree.failure

    async def _close(self) -> None:
        """Stop everything. Shielded: the actors' own limits bound it; a second native cancellation is let through."""
        tree = self._tree
        assert tree is not None
        runtime = tree.runtime
        with anyio.CancelScope(shield=True):
            try:
                if not tree._is_over:
                    await tree.stop()
            except BaseException:
                tree._root.kill()
                raise
            finally:
                if self._watchdog is not None:
                    self._watchdog.stop()
                runtime.tracing.closed(runtime)
                runtime.wheel.close()
                runtime.dispatcher.close()
                await runtime.backend.close(wait=not tree.unstopped)


async def _start_watchdog(settings: WatchdogSettings, runtime: Runtime) -> Watchdog:
    watchdog = Watchdog(settings, runtime)
    try:
        watchdog.start()
    except BaseException:  # its file cannot be written: nothing has been started yet
        await runtime.backend.close(wait=False)
        raise
    return watchdog


def _host_tracing() -> Tracing | None:
    # Only a host that has loaded the SDK can have set it up; nobody else pays for the import of the API.
    if "opentelemetry.sdk.trace" not in sys.modules:
        return None
    from regrow.core.telemetry import host_tracing

    return host_tracing()
