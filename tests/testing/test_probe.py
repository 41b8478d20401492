"""Probes as a test of somebody's actors uses them."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from regrow import Actor, ChildSpec, Message, Request, State, Supervisor, handler, open_tree
from regrow.core.events import EventKind
from regrow.protocols.actor_errors import ActorRestarting
from regrow.protocols.exits import ExitReason
from regrow.testing import Probe, crash, virtual_backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return virtual_backend(request.param)


class Line(Message):
    text: str


class Urgent(Line):
    pass


class GetLines(Request[int]):
    at_least: int = 0


class Greet(Message):
    name: str


class Lines(State):
    needed: int


class Logger(Actor[Lines]):
    """The one that a probe takes the place of: if any of it ran, a test would fail."""

    def __init__(self, path: str) -> None:
        raise AssertionError("the logger was made")

    async def on_start(self) -> None:
        raise AssertionError("the logger started")

    async def on_stop(self, reason: ExitReason) -> None:
        raise AssertionError("the logger stopped")

    @handler
    def write(self, message: Line) -> None:
        raise AssertionError("the logger wrote")

    @handler
    def count(self, message: GetLines) -> int:
        raise AssertionError("the logger counted")


class Greeter(Actor):
    @handler
    async def greet(self, message: Greet) -> None:
        logger = self.ctx.ref("root/logger", Logger)
        await anyio.sleep(0.5)
        count = await logger.ask(GetLines())
        await logger.tell(Line(text=f"{count}: hello {message.name}"))


async def test_a_probe_gets_what_an_actor_sends_and_answers_it() -> None:
    probe = Probe("logger", instead_of=Logger)
    probe.reply_with(GetLines, 7)
    root = Supervisor("root", children=[probe.spec(), ChildSpec("greeter", Greeter)])
    async with open_tree(root) as tree:
        await tree.ref("root/greeter", Greeter).tell(Greet(name="Ada"))
        await probe.expect(GetLines)
        line = await probe.expect(Line)
        assert line.text == "7: hello Ada"
        await probe.expect_nothing(within_s=60.0)
        assert probe.received == (GetLines(), Line(text="7: hello Ada"))


async def test_expect_fails_when_nothing_comes() -> None:
    probe = Probe("logger", accepts=(Line,))
    async with open_tree(Supervisor("root", children=[probe.spec()])):
        began_s = anyio.current_time()
        with pytest.raises(AssertionError, match="expected Line and got nothing within 2 s; it has received nothing"):
            await probe.expect(Line, within_s=2.0)
        assert anyio.current_time() - began_s == pytest.approx(2.0)


async def test_expect_fails_on_another_message_and_leaves_it_unread() -> None:
    probe = Probe("logger", accepts=(Line, Greet))
    async with open_tree(Supervisor("root", children=[probe.spec()])) as tree:
        await tree.ref("root/logger", probe.actor).tell(Greet(name="Ada"))
        with pytest.raises(AssertionError, match=r"expected Line and got Greet\(name='Ada'\)"):
            await probe.expect(Line)
        assert (await probe.expect(Greet)).name == "Ada"


async def test_expect_nothing_fails_on_a_message_that_comes_meanwhile_or_was_there() -> None:
    probe = Probe("logger", accepts=(Line,))
    async with open_tree(Supervisor("root", children=[probe.spec()])) as tree:

        async def send_later() -> None:
            await anyio.sleep(3.0)
            await tree.ref("root/logger", probe.actor).tell(Line(text="late"))

        async with anyio.create_task_group() as group:
            group.start_soon(send_later)
            await probe.expect_nothing(within_s=2.5)
            with pytest.raises(AssertionError, match="expected nothing and got Line.text='late'"):
                await probe.expect_nothing(within_s=5.0)
        with pytest.raises(AssertionError, match="late"):
            await probe.expect_nothing()


async def test_a_base_class_accepts_what_derives_from_it() -> None:
    probe = Probe("logger", accepts=(Line,))
    async with open_tree(Supervisor("root", children=[probe.spec()])) as tree:
        await tree.ref("root/logger", probe.actor).tell(Urgent(text="now"))
        assert isinstance(await probe.expect(Line), Urgent)


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_reply_is_computed_from_the_request(is_async: bool) -> None:
    probe = Probe("logger", accepts=(GetLines,))

    async def later(request: GetLines) -> int:
        await anyio.sleep(1.0)
        return request.at_least * 2

    probe.reply_with(GetLines, later if is_async else lambda request: request.at_least * 2)
    async with open_tree(Supervisor("root", children=[probe.spec()])) as tree:
        assert await tree.ref("root/logger", probe.actor).ask(GetLines(at_least=21)) == 42


async def test_a_request_without_a_reply_crashes_the_probe_and_says_what_to_do() -> None:
    probe = Probe("logger", accepts=(GetLines,))
    async with open_tree(Supervisor("root", children=[probe.spec()])) as tree:
        ref = tree.ref("root/logger", probe.actor)
        with pytest.raises(ActorRestarting, match=r"no reply for GetLines; .*probe.reply_with\(GetLines, \.\.\.\)"):
            await ref.ask(GetLines())
        probe.reply_with(GetLines, 1)
        assert await ref.ask(GetLines()) == 1


async def test_a_reply_may_be_a_failure() -> None:
    probe = Probe("logger", accepts=(GetLines,))

    def fail(request: GetLines) -> int:
        raise OSError("the disk is full")

    probe.reply_with(GetLines, fail)
    async with open_tree(Supervisor("root", children=[probe.spec()])) as tree:
        with pytest.raises(ActorRestarting, match="the disk is full"):
            await tree.ref("root/logger", probe.actor).ask(GetLines())
        assert tree.events.count(EventKind.CRASHED) == 1


async def test_what_was_noted_outlives_a_restart() -> None:
    probe = Probe("logger", accepts=(Line,))
    async with open_tree(Supervisor("root", children=[probe.spec()])) as tree:
        ref = tree.ref("root/logger", probe.actor)
        await ref.tell(Line(text="before"))
        await probe.expect(Line)
        crash(tree, "root/logger")
        await ref.tell(Line(text="after"))
        assert (await probe.expect(Line)).text == "after"
        assert len(probe.received) == 2
        assert tree.snapshot().find("root/logger").restarts == 1


async def test_the_spec_takes_further_fields() -> None:
    assert Probe("logger", accepts=(Line,)).spec(restart="temporary").restart == "temporary"


async def test_a_probe_that_accepts_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="'logger' accepts no message"):
        Probe("logger")


async def test_a_reply_to_what_is_not_accepted_is_refused() -> None:
    with pytest.raises(LookupError, match="'logger' does not accept GetLines; it accepts Line"):
        Probe("logger", accepts=(Line,)).reply_with(GetLines, 1)
