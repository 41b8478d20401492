"""What a running tree looks like at one moment, as frozen data, and as text for a terminal or a test's output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regrow.core.cell import Cell
from regrow.core.runtime import Runtime
from regrow.protocols.messages import NoState, State
from regrow.supervisors.supervisor import SupervisorNode

__all__ = ["NodeSnapshot", "TreeSnapshot", "format_tree", "take_snapshot"]


@dataclass(frozen=True, slots=True)
class NodeSnapshot:
    """One place in the tree.

    `mailbox_depth` counts unread messages, `waiting` the senders that wait for room. `up_s` is the age of the present
    incarnation; `checkpoint_fault` is what it was last told of its checkpoints: damaged, lost, not saved. `state` is a
    copy, or None where it was not asked for, there is none, no incarnation runs, or it cannot be copied: then
    `state_problem` says why.
    """

    path: str
    kind: str
    status: str
    incarnation: int
    restarts: int
    last_exit: str
    mailbox_depth: int = 0
    waiting: int = 0
    handled: int = 0
    dropped: int = 0
    busy: bool = False
    up_s: float = 0.0
    state: State | None = None
    state_problem: str = ""
    checkpoint_fault: str = ""
    strategy: str = ""
    children: tuple[NodeSnapshot, ...] = ()

    def walk(self) -> Iterator[NodeSnapshot]:
        """Yield this place and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class TreeSnapshot:
    """The whole tree. `at_s` is on the loop's clock."""

    at_s: float
    root: NodeSnapshot
    dead_letters: int

    def find(self, path: str) -> NodeSnapshot:
        """Return one place.

        Raises:
            LookupError: It is not in the tree.
        """
        for node in self.root.walk():
            if node.path == path:
                return node
        msg = f"no place {path!r} in this snapshot"
        raise LookupError(msg)

    def __str__(self) -> str:
        return format_tree(self)


def take_snapshot(root: SupervisorNode, runtime: Runtime, states: bool) -> TreeSnapshot:
    """Look at every place, now."""
    now_s = runtime.backend.now_s()
    return TreeSnapshot(now_s, _supervisor(root, now_s, states), runtime.dead_letters.total)


def _supervisor(node: SupervisorNode, now_s: float, states: bool) -> NodeSnapshot:
    children = tuple(
        _supervisor(child, now_s, states) if isinstance(child, SupervisorNode) else _actor(child, now_s, states)
        for child in node.children.values()
        if isinstance(child, SupervisorNode | Cell)
    )
    return NodeSnapshot(
        path=node.path,
        kind="supervisor",
        status=node.status.value,
        incarnation=node.incarnation,
        restarts=node.restarts,
        last_exit=str(node.last_exit or ""),
        strategy=node.spec.strategy,
        children=children,
    )


def _actor(cell: Cell, now_s: float, states: bool) -> NodeSnapshot:
    mailbox, actor = cell.mailbox, cell.actor
    group = cell.group
    node = getattr(group, "node", None)
    below = _supervisor(node, now_s, states).children if isinstance(node, SupervisorNode) else ()
    state, problem = _copied(actor.state) if states and actor is not None else (None, "")
    return NodeSnapshot(
        path=cell.path,
        kind=cell.spec.actor.__qualname__,
        status=cell.status.value,
        incarnation=cell.incarnation,
        restarts=cell.restarts,
        last_exit=str(cell.last_exit or ""),
        mailbox_depth=mailbox.depth,
        waiting=len(mailbox.waiting or ()),
        handled=mailbox.handled,
        dropped=mailbox.dropped,
        busy=mailbox.busy,
        checkpoint_fault=cell.checkpoints.fault if cell.checkpoints is not None else "",
        up_s=now_s - cell.started_s if cell.ready else 0.0,
        state=state,
        state_problem=problem,
        children=below,
    )


def _copied(state: State) -> tuple[State | None, str]:
    """Copy a state, or say why it cannot be: it may hold anything, and a look at the tree must not fail for it."""
    if isinstance(state, NoState):
        return None, ""
    try:
        return state.model_copy(deep=True), ""
    except Exception as error:
        return None, f"{type(state).__qualname__} cannot be copied: {error}"


def format_tree(snapshot: TreeSnapshot) -> str:
    """Draw the tree as text, a line a place.

    Shape: `|- account  Account  running  #2  restarts 1  mail 0  last: crash: ValueError: ...`
    """
    lines = [_line(snapshot.root, "")]
    _draw(snapshot.root, "", lines)
    if snapshot.dead_letters:
        lines.append(f"dead letters: {snapshot.dead_letters}")
    return "\n".join(lines)


def _draw(node: NodeSnapshot, indent: str, lines: list[str]) -> None:
    for index, child in enumerate(node.children):
        last = index == len(node.children) - 1
        lines.append(_line(child, indent + ("`- " if last else "|- ")))
        _draw(child, indent + ("   " if last else "|  "), lines)


def _line(node: NodeSnapshot, lead: str) -> str:
    parts = [lead + node.path.rpartition("/")[2], node.strategy or node.kind, node.status, f"#{node.incarnation}"]
    if node.restarts:
        parts.append(f"restarts {node.restarts}")
    if node.mailbox_depth or node.waiting:
        parts.append(f"mail {node.mailbox_depth}+{node.waiting}")
    if node.last_exit:
        parts.append(f"last: {node.last_exit}")
    if node.checkpoint_fault:
        parts.append(f"checkpoints: {node.checkpoint_fault}")
    return "  ".join(parts)
