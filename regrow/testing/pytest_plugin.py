"""Shell: fixtures for pytest, there wherever regrow is installed: `regrow_backends` and `virtual_time`.

pytest imports this at its start, so it imports nothing but pytest; the rest is loaded by the test that asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from regrow.testing.virtual_time import Clock

__all__ = ["regrow_backends", "virtual_time"]


@pytest.fixture(params=["asyncio", "trio"])
def regrow_backends(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Virtual time on asyncio and on trio, as values for anyio's fixture: `def anyio_backend(regrow_backends)` returns it.

    On asyncio a test that hangs fails after six virtual hours; without trio, its half of the tests is skipped.
    """
    if request.param == "trio":
        pytest.importorskip("trio")
    from regrow.testing.virtual_time import LIMIT_S, virtual_backend

    return virtual_backend(request.param, limit_s=LIMIT_S)


@pytest.fixture
def virtual_time(request: pytest.FixtureRequest) -> Clock:
    """The virtual clock of this test: `current_time()` and `jump(seconds)`.

    With pytest-trio (`@pytest.mark.trio`) it is pytest-trio's own `autojump_clock`, and asking for it is what makes the
    time virtual. With anyio's plugin (`@pytest.mark.anyio`) the `anyio_backend` fixture does that; see `regrow_backends`.
    """
    if request.node.get_closest_marker("trio") is not None:
        return request.getfixturevalue("autojump_clock")  # type: ignore[no-any-return]  # pytest-trio promises it
    from regrow.testing.virtual_time import clock_of

    known = "anyio_backend" in request.fixturenames
    clock = clock_of(request.getfixturevalue("anyio_backend")) if known else None
    if clock is None:
        pytest.fail(
            "virtual_time: this test runs in real time; mark it `anyio` and let its backend be virtual "
            "(def anyio_backend(regrow_backends): return regrow_backends), or mark it `trio` with pytest-trio installed",
            pytrace=False,
        )
    return clock
