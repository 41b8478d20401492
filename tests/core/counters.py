"""An actor that counts, with a state of any class: what its reply acknowledged is easily found again."""

from __future__ import annotations

from typing import Any

from regrow import Actor, CheckpointPolicy, ChildSpec, Request, State, Supervisor, Tree, handler


class Go(Request[int]):
    crash: bool = False


class Counted(State):
    n: int = 0


class Counter(Actor[Counted]):
    @handler
    async def go(self, message: Go) -> int:
        if message.crash:
            msg = "on purpose"
            raise RuntimeError(msg)
        self.state.n += 1
        return self.state.n


def counter(kind: type[Counted]) -> type[Counter]:
    class Other(Counter):
        pass

    Other.state_type = kind
    return Other


def counting(kind: type[Counted], **policy: Any) -> Supervisor:
    return Supervisor("t", children=[ChildSpec("a", counter(kind), checkpoint=CheckpointPolicy(**policy))])


async def add(tree: Tree) -> int:
    return await tree.ref("t/a", Counter).ask(Go())
