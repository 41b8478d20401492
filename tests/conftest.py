"""Fixtures that every test may use: the event loops."""

from __future__ import annotations

import pytest

BACKENDS = {
    "asyncio": ("asyncio", {"use_uvloop": False}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}


@pytest.fixture(params=sorted(BACKENDS))
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, object]]:
    """Run the test on asyncio, on asyncio with uvloop, and on trio."""
    return BACKENDS[request.param]
