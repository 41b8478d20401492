"""Actors that the tests send spans through, and what the tests read of a span."""

from __future__ import annotations

import anyio
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from regrow import Actor, ChildSpec, Message, Request, Supervisor, handler
from regrow.protocols.exits import ExitReason
from regrow.supervisors.tree import Tree


class Note(Message):
    text: str = ""


class Settle(Message):
    """Stash what comes until `Settled`."""


class Where(Request[int]):
    """Asks for the id of the trace that the handler runs in; 0 outside any."""


class Crash(Request[None]):
    pass


class Sleep(Request[None]):
    pass


class Forward(Request[int]):
    pass


class Unknown(Message):
    pass


def trace_here() -> int:
    return trace.get_current_span().get_span_context().trace_id


class Worker(Actor):
    def __init__(self) -> None:
        self.noted: list[tuple[str, int]] = []
        self.settling = False

    @handler
    async def note(self, message: Note) -> None:
        if self.settling:
            self.ctx.stash(message)
            return
        self.noted.append((message.text, trace_here()))

    @handler
    async def settle(self, message: Settle) -> None:
        self.settling = not self.settling
        if not self.settling:
            self.ctx.unstash_all()

    @handler
    async def where(self, message: Where) -> int:
        return trace_here()

    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError("told to crash")

    @handler
    async def sleep(self, message: Sleep) -> None:
        await anyio.sleep_forever()


class Sharer(Actor):
    def __init__(self) -> None:
        self.noted: list[tuple[str, int]] = []

    @handler
    def note(self, message: Note) -> None:
        self.noted.append((message.text, trace_here()))

    @handler
    def where(self, message: Where) -> int:
        return trace_here()


class Forwarder(Actor):
    @handler
    async def forward(self, message: Forward) -> int:
        return await self.ctx.ref("top/worker", Worker).ask(Where())


class Digger(Actor):
    @handler
    async def forward(self, message: Forward) -> int:
        with self.ctx.span("dig", {"depth": 3}) as span:
            span.set_attribute("stones", 1)
            span.fail("rock")
            return await self.ctx.ref("top/worker", Worker).ask(Where())

    @handler
    async def where(self, message: Where) -> int:
        with self.ctx.span("elsewhere", traceparent=f"00-{'a' * 32}-{'b' * 16}-01"):
            return trace_here()


class Greeter(Actor):
    """Asks the worker when it is started again, and fails to start as often as it is told."""

    failures: list[str] = []

    async def on_restart(self, reason: ExitReason) -> None:
        await self.ctx.ref("top/worker", Worker).ask(Where())
        if self.failures:
            raise ValueError(self.failures.pop())

    @handler
    async def crash(self, message: Crash) -> None:
        raise ValueError("told to crash")

    @handler
    async def where(self, message: Where) -> int:
        return trace_here()


def top(*others: ChildSpec) -> Supervisor:
    worker = ChildSpec("worker", Worker, shutdown_limit_s=0.01)
    return Supervisor("top", children=[worker, *others], max_restarts=10)


def noted(tree: Tree, path: str) -> list[tuple[str, int]]:
    actor = tree.runtime.cells[path].actor
    assert isinstance(actor, Worker | Sharer)
    return actor.noted


def parent_of(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


def place_of(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def failure_of(span: ReadableSpan) -> object:
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    return span.attributes["error.type"]
