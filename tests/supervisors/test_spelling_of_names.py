"""What a child, a supervisor and a registered name may be called."""

from __future__ import annotations

import pytest

from regrow import Actor, ChildSpec, Request, Supervisor, handler, open_tree
from regrow.protocols.actor_errors import ActorRestarting, SpecError

pytestmark = pytest.mark.anyio

BAD = ["a\x00b", "\x1f", "line\nbreak", "\x7f", "\x85", "half \ud800"]
GOOD = ["Zoë 2", "名前", "a.b-c_d", "no\u00a0break", "🙂"]


class Register(Request[bool]):
    name: str


class Named(Actor):
    @handler
    async def register(self, message: Register) -> bool:
        self.ctx.register(message.name)
        return True


@pytest.mark.parametrize("name", BAD)
async def test_a_name_with_control_characters_is_refused_wherever_it_stands(name: str) -> None:
    shown = repr(name)[1:-1]
    inner = Supervisor("in", children=[ChildSpec("n", Named, name=name), ChildSpec(name, Named)])
    with pytest.raises(SpecError) as caught:
        open_tree(Supervisor("t", children=[inner, Supervisor(name)]))
    said = str(caught.value)
    for path in ("t/in/n", f"t/in/{shown}", f"t/{shown}"):
        assert f"{path}: a name must not contain control characters, got {name!r}" in said
    assert name not in said


@pytest.mark.parametrize("name", BAD)
async def test_a_name_with_control_characters_is_refused_by_a_running_tree(name: str) -> None:
    async with open_tree(Supervisor("t", children=[ChildSpec("a", Named)])) as tree:
        with pytest.raises(SpecError, match="control characters"):
            await tree.supervisor("t").start_child(ChildSpec(name, Named))
        if name.isascii():
            with pytest.raises(ActorRestarting, match="t/a: a name must not contain control characters"):
                await tree.ref("t/a", Named).ask(Register(name=name))


@pytest.mark.parametrize("name", GOOD)
async def test_a_name_in_any_language_is_taken(name: str) -> None:
    async with open_tree(Supervisor("t", children=[ChildSpec(name, Named, name=f"{name}!")])) as tree:
        assert await tree.ref(f"t/{name}", Named).ask(Register(name=f"{name}?"))
        for known in (f"{name}!", f"{name}?"):
            found = tree.whereis(known)
            assert found is not None
            assert found.path == f"t/{name}"
