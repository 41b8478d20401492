"""Names that the whole tree knows an actor by: two actors never have the same, however it comes about."""

from __future__ import annotations

import anyio
import pytest

from regrow import Actor, ChildSpec, Request, Supervisor, handler, open_tree
from regrow.protocols.actor_errors import SpecError, StartFailed

pytestmark = pytest.mark.anyio


class Who(Request[str]):
    pass


class Named(Actor):
    async def on_start(self) -> None:
        """Take a task."""

    @handler
    def who(self, message: Who) -> str:
        return self.ctx.path


class Registers(Actor):
    async def on_start(self) -> None:
        self.ctx.register("x")


async def test_two_specs_of_one_name_are_refused_before_anything_starts() -> None:
    inner = Supervisor("inner", children=[ChildSpec("b", Named, name="x")])
    with pytest.raises(SpecError, match="t/inner/b: the name 'x' is taken by t/a"):
        open_tree(Supervisor("t", children=[ChildSpec("a", Named, name="x"), inner]))


async def test_a_child_that_is_added_with_a_taken_name_is_refused_and_leaves_nothing_behind() -> None:
    async with open_tree(Supervisor("t", children=[ChildSpec("a", Named, name="x"), ChildSpec("c", Named)])) as tree:
        supervisor = tree.supervisor("t")
        with pytest.raises(SpecError, match="taken by t/a"):
            await supervisor.start_child(ChildSpec("b", Named, name="x"))
        with pytest.raises(SpecError, match="taken by t/a"):
            await supervisor.replace_child(ChildSpec("c", Named, name="x"))
        assert [child.id for child in supervisor.which_children()] == ["a", "c"]
        assert await tree.ref("x", Named).ask(Who()) == "t/a"


async def test_a_child_may_be_replaced_by_one_of_its_own_name() -> None:
    async with open_tree(Supervisor("t", children=[ChildSpec("a", Named, name="x")])) as tree:
        await tree.supervisor("t").replace_child(ChildSpec("a", Named, name="x", start_limit_s=1.0))
        assert await tree.ref("x", Named).ask(Who()) == "t/a"


async def test_a_name_that_was_registered_by_hand_fails_the_start_of_the_child_that_wants_it() -> None:
    children = [ChildSpec("first", Registers), ChildSpec("second", Named, name="x")]
    with anyio.fail_after(5), pytest.raises(StartFailed, match="the name 'x' is taken by t/first"):
        async with open_tree(Supervisor("t", children=children)):
            pass
