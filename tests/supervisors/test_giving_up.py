"""What comes out of a tree that gives up, or never came up: the first cause, through every level, and where it was."""

from __future__ import annotations

import traceback

import anyio
import pytest

from regrow import Actor, ChildSpec, Message, Supervisor, handler, open_tree
from regrow.protocols.actor_errors import StartFailed, TreeFailed

pytestmark = pytest.mark.anyio


class Break(Message):
    pass


def fail() -> None:
    raise ValueError("the first cause")


class Crashes(Actor):
    @handler
    def crash(self, message: Break) -> None:
        fail()


class NeverUp(Actor):
    async def on_start(self) -> None:
        fail()


def nested(actor: type[Actor]) -> Supervisor:
    inner = Supervisor("inner", children=[ChildSpec("a", actor)], max_restarts=0)
    return Supervisor("root", children=[Supervisor("middle", children=[inner], max_restarts=0)], max_restarts=0)


def shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


async def test_a_tree_that_gives_up_names_the_first_cause_and_its_place() -> None:
    with pytest.raises(
        TreeFailed, match=r"root gave up.*root/middle.*root/middle/inner/a.*ValueError: the first cause"
    ) as caught:
        async with open_tree(nested(Crashes)) as tree:
            await tree.ref("root/middle/inner/a", Crashes).tell(Break())
            await anyio.sleep(5.0)
    assert f'File "{__file__}", line {fail.__code__.co_firstlineno + 1}, in fail' in shown(caught.value)


async def test_a_tree_that_does_not_start_names_the_first_cause_and_its_place() -> None:
    with pytest.raises(StartFailed, match=r"root/middle/inner/a did not start.*ValueError: the first cause") as caught:
        async with open_tree(nested(NeverUp)):
            pytest.fail("it started")
    assert f'File "{__file__}", line {fail.__code__.co_firstlineno + 1}, in fail' in shown(caught.value)


async def test_a_tree_that_is_stopped_has_no_note() -> None:
    async with open_tree(nested(Crashes)) as tree:
        pass
    assert tree.failure is None
