"""Names: one question for many connections, none for a while after, and no failure that sticks."""

from __future__ import annotations

import socket

import anyio
import pytest

from regrow.core.sandbox.network.names import Names

pytestmark = pytest.mark.anyio

Found = list[tuple[int, int, int, str, tuple[str, int]]]


class Resolver:
    """Counts what it is asked; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.asked: list[object] = []
        self.failures = failures

    async def __call__(self, host: object, port: int, **_named: object) -> Found:
        self.asked.append(host)
        await anyio.lowlevel.checkpoint()
        if len(self.asked) <= self.failures:
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("192.0.2.1", "192.0.2.1", "::2")]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    made = Resolver()
    monkeypatch.setattr(anyio, "getaddrinfo", made)
    return made


async def test_a_hundred_connections_ask_once(resolver: Resolver) -> None:
    names, found = Names(), set()

    async def connect() -> None:
        found.add(await names.addresses("index.example", 443))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(connect)
    assert found == {("192.0.2.1", "::2")}
    assert resolver.asked == ["index.example"]


async def test_another_host_or_one_that_did_not_answer_is_asked_for(resolver: Resolver) -> None:
    names = Names()
    await names.addresses("a.example", 443)
    await names.addresses("b.example", 443)
    names.forget("a.example", 443)
    await names.addresses("a.example", 443)
    assert resolver.asked == ["a.example", "b.example", "a.example"]


async def test_after_a_minute_a_name_is_asked_for_again(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names()
    await names.addresses("a.example", 443)
    now_s = anyio.current_time()
    monkeypatch.setattr(anyio, "current_time", lambda: now_s + 61.0)
    await names.addresses("a.example", 443)
    assert resolver.asked == ["a.example", "a.example"]


async def test_a_failure_is_not_remembered(resolver: Resolver) -> None:
    resolver.failures = 1
    names = Names()
    with pytest.raises(OSError, match="Temporary"):
        await names.addresses("a.example", 443)
    assert await names.addresses("a.example", 443) == ("192.0.2.1", "::2")
