"""A tree as text."""

from __future__ import annotations

import io
from typing import Any

import pytest

from regrow import Supervisor, open_tree
from regrow.testing import Probe, crash, print_tree, render_tree, virtual_backend
from tests.testing.test_faults import Total

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return virtual_backend(request.param)


async def test_a_tree_is_drawn_a_line_a_place(capsys: pytest.CaptureFixture[str]) -> None:
    probe = Probe("adder", accepts=(Total,))
    probe.reply_with(Total, 1)
    root = Supervisor("root", children=[Supervisor("group", strategy="one_for_all", children=[probe.spec()])])
    async with open_tree(root) as tree:
        ref = tree.ref("root/group/adder", probe.actor)
        await ref.ask(Total())
        crash(tree, "root/group/adder", "on purpose")
        await ref.ask(Total())
        assert render_tree(tree).splitlines() == [
            "root  one_for_one  running  #1",
            "`- group  one_for_all  running  #1",
            "   `- adder  Probe  running  #2  restarts 1  last: crash: Killed: on purpose",
        ]
        print_tree(tree)
        assert capsys.readouterr().out == f"{render_tree(tree)}\n"
        elsewhere = io.StringIO()
        print_tree(tree, file=elsewhere)
        assert elsewhere.getvalue() == f"{render_tree(tree)}\n"
