"""Shell: a running supervisor, asked and changed from outside: children listed, added, stopped, restarted, replaced.

Every change is a request to the decision step and gets exactly one outcome; a refusal is a `ChildError` that carries
the outcome's word, so that a caller can tell "already there" from "being stopped".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from regrow.core.cell import Cell
from regrow.core.cell_roles import CellStatus
from regrow.core.ref import Ref
from regrow.protocols.actor_errors import ChildError, StartFailed
from regrow.supervisors import strategies as s
from regrow.supervisors.child_spec import ChildSpec, Supervisor
from regrow.supervisors.spec_checks import check_tree
from regrow.supervisors.supervisor import Child, SupervisorNode

__all__ = ["ChildCounts", "ChildInfo", "SupervisorHandle"]


@dataclass(frozen=True, slots=True)
class ChildInfo:
    """One line of `which_children`."""

    id: str
    path: str
    kind: str
    restart: str
    status: str
    incarnation: int
    restarts: int
    last_exit: str


@dataclass(frozen=True, slots=True)
class ChildCounts:
    """What `count_children` answers, as OTP counts: `active` have a running incarnation."""

    specs: int
    active: int
    supervisors: int
    workers: int


class SupervisorHandle:
    """See the module. Made by `Tree.supervisor`."""

    def __init__(self, node: SupervisorNode) -> None:
        self._node = node

    @property
    def path(self) -> str:
        """Its place in the tree."""
        return self._node.path

    def which_children(self) -> tuple[ChildInfo, ...]:
        """Return every child, in start order, those that are down included. It answers at once, whatever is under way."""
        return tuple(self._info(child.policy.id) for child in self._node.state.children.ordered())

    def count_children(self) -> ChildCounts:
        """Count the children."""
        specs = list(self._node.specs.values())
        active = sum(child.phase is s.Phase.UP for child in self._node.state.children)
        supervisors = sum(isinstance(spec, Supervisor) for spec in specs)
        return ChildCounts(len(specs), active, supervisors, len(specs) - supervisors)

    async def start_child(self, spec: ChildSpec | Supervisor) -> Ref[Any]:
        """Add a child at the end of the start order, start it, and return its ref when it is ready.

        The ref of a child that has ended by then is one to an actor that has stopped.

        Raises:
            SpecError: The spec cannot work.
            ChildError: There is a child of that id, no more are allowed, or the supervisor is being stopped.
            StartFailed: It did not start; it is not a child then.
        """
        self._check(spec)
        node = self._node
        if spec.id not in node.specs:
            node.specs[spec.id] = spec
        return self._ref(await self._change(spec.id, lambda number: s.AddChild(spec, number), spec))

    async def stop_child(self, child_id: str) -> None:
        """Stop a child and leave it down; wait until it has stopped. A restart under way is called off.

        Raises:
            ChildError: There is no such child, or it could not be stopped.
        """
        await self._change(child_id, lambda number: s.StopChild(child_id, number))

    async def restart_child(self, child_id: str) -> Ref[Any]:
        """Start a child that is down, and return its ref when it is ready.

        Raises:
            ChildError: There is no such child, or it is not down.
            StartFailed: It did not start.
        """
        return self._ref(await self._change(child_id, lambda number: s.RestartChild(child_id, number)))

    async def remove_child(self, child_id: str) -> None:
        """Forget a child that is down. A dynamic or temporary one is forgotten as soon as it stops: that is no error.

        Raises:
            ChildError: It is running.
        """
        if child_id in self._node.specs:
            await self._change(child_id, lambda number: s.RemoveChild(child_id, number))

    async def replace_child(self, spec: ChildSpec | Supervisor) -> Ref[Any]:
        """Give the child of that id another spec, at its place: it is stopped and the new one started.

        Unread mail of the old one becomes dead letters.

        Raises:
            SpecError, ChildError, StartFailed: As for `start_child`.
        """
        self._check(spec)
        before = self._node.specs.get(spec.id)
        if before is not None:
            self._node.specs[spec.id] = spec
        change = partial(s.ReplaceChild, spec)
        return self._ref(await self._change(spec.id, change, spec, before))

    def _check(self, spec: ChildSpec | Supervisor) -> None:
        check_tree(spec, self._node.path, self._node.runtime.names)

    async def _change(
        self,
        child_id: str,
        make: Callable[[int], s.Event],
        spec: ChildSpec | Supervisor | None = None,
        before: ChildSpec | Supervisor | None = None,
    ) -> Child | None:
        node = self._node
        if node.status in (CellStatus.NEW, CellStatus.ENDED, CellStatus.STOPPED):
            self._put_back(child_id, spec, before)
            msg = f"{node.path} has stopped; start it again before its children are changed"
            raise ChildError(msg, outcome="stopping")
        outcome, child = cast("tuple[s.Outcome, Child | None]", await node.request(make))
        if outcome is s.Outcome.OK:
            return child
        if outcome is not s.Outcome.START_FAILED:
            self._put_back(child_id, spec, before)
        place = f"{node.path}/{child_id}"
        if outcome is s.Outcome.START_FAILED:
            why = f": {child.last_exit}" if child is not None and child.last_exit is not None else ""
            why = why or node.last_failures.pop(child_id, "")
            raise StartFailed(f"{place} did not start{why}")
        raise ChildError(f"{place}: {_WORDS[outcome]}", outcome=outcome.value)

    def _put_back(
        self, child_id: str, spec: ChildSpec | Supervisor | None, before: ChildSpec | Supervisor | None
    ) -> None:
        if spec is None or self._node.specs.get(child_id) is not spec:
            return
        if before is not None:
            self._node.specs[child_id] = before
        elif self._node.state.children.get(child_id) is None:
            del self._node.specs[child_id]

    def _ref(self, child: Child | None) -> Ref[Any]:
        assert child is not None, "a child that was started is there when that is said"
        # A ref to a supervisor makes no sense to send to; its handle is what its users want.
        return self._node.runtime.ref(child) if isinstance(child, Cell) else cast("Ref[Any]", SupervisorHandle(child))  # type: ignore[arg-type]

    def _info(self, child_id: str) -> ChildInfo:
        node = self._node
        spec, child = node.specs[child_id], node.children.get(child_id)
        known = node.state.children.get(child_id)
        kind = "supervisor" if isinstance(spec, Supervisor) else spec.actor.__qualname__
        return ChildInfo(
            id=child_id,
            path=f"{node.path}/{child_id}",
            kind=kind,
            restart=spec.restart,
            status=known.phase.value if known is not None else "down",
            incarnation=child.incarnation if child is not None else 0,
            restarts=child.restarts if child is not None else 0,
            last_exit=str(child.last_exit or "") if child is not None else "",
        )


_WORDS = {
    s.Outcome.ALREADY_PRESENT: "there is a child of that name; replace_child changes it",
    s.Outcome.NOT_FOUND: "there is no such child",
    s.Outcome.RUNNING: "it is running; stop_child first",
    s.Outcome.RESTARTING: "it is being restarted; ask again later, or stop_child calls the restart off",
    s.Outcome.MAX_CHILDREN: "the supervisor has as many children as max_children allows",
    s.Outcome.STOPPING: "it, or its supervisor, is being stopped",
    s.Outcome.UNSTOPPED: "it swallowed its cancellation and still runs",
    s.Outcome.INVALID: "its spec does not fit the supervisor's",
    s.Outcome.START_FAILED: "it did not start",
}
