"""What a client is answered: from what is kept, from the server, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from regrow.core.downloads.cache import DownloadCache, Known, Missing, Wanted, WrongContent
from regrow.core.downloads.credentials import LogIn, LogIns
from regrow.core.downloads.store import DownloadStore
from regrow.core.downloads.upstream import Unreachable, Upstream

pytestmark = pytest.mark.anyio

PAGE = "https://i.example/simple/a/"
FILE = "https://f.example/a-1.zip"
JSON = "application/vnd.pypi.simple.v1+json"


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    breaks_off: bool = False

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), 3):
            yield self.body[start : start + 3]
        if self.breaks_off:
            raise Unreachable("broke off")


class Server:
    """Stands in for all servers (`Upstream`)."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    @asynccontextmanager
    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> AsyncIterator[Answer]:
        self.asked.append((method, url, dict(headers)))
        if url not in self.answers:
            raise Unreachable(f"{url} cannot be reached")
        answer = self.answers[url]
        if answer.headers.get("etag") and headers.get("if-none-match") == answer.headers["etag"]:
            answer = Answer(status=304)
        yield answer


class Client:
    def __init__(self) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.body = b""
        self.whole = False

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        assert self.status == 0
        self.status, self.headers = status, headers

    async def send(self, data: bytes) -> None:
        self.body += data

    async def end(self) -> None:
        self.whole = True


@dataclass
class Bench:
    folder: Path
    server: Server = field(default_factory=Server)
    at_s: float = 1000.0
    logins: LogIns = field(default_factory=LogIns)
    known: Known = field(default_factory=Known)

    def cache(self, *, offline: bool = False) -> DownloadCache:
        return DownloadCache(
            DownloadStore(self.folder),
            cast("Upstream", self.server),
            offline,
            self.logins,
            self.known,
            60.0,
            lambda: self.at_s,
        )

    async def get(self, url: str, *, offline: bool = False, method: str = "GET", **headers: str) -> Client:
        client = Client()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await self.cache(offline=offline).answer(Wanted(method, url, named), client)
        return client


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_file_is_fetched_once_and_for_all(bench: Bench) -> None:
    bench.server.answers[FILE] = Answer(b"content", headers={"content-length": "7", "content-type": "x/y"})
    first = await bench.get(FILE)
    bench.at_s += 1e9
    second = await bench.get(FILE, offline=True)
    assert (first.body, second.body) == (b"content", b"content")
    assert first.whole
    assert second.whole
    assert second.headers["content-length"] == "7"
    assert second.headers["content-type"] == "x/y"
    assert len(bench.server.asked) == 1


async def test_a_page_is_used_while_it_is_young_and_then_asked_for(bench: Bench) -> None:
    bench.server.answers[PAGE] = Answer(b"old", headers={"etag": '"1"'})
    await bench.get(PAGE)
    bench.at_s += 59
    assert (await bench.get(PAGE)).body == b"old"
    assert len(bench.server.asked) == 1
    bench.at_s += 2
    assert (await bench.get(PAGE)).body == b"old"  # still true, says the server
    assert bench.server.asked[-1][2]["if-none-match"] == '"1"'
    assert (await bench.get(PAGE)).body == b"old"
    assert len(bench.server.asked) == 2
    bench.at_s += 61
    bench.server.answers[PAGE] = Answer(b"new", headers={"etag": '"2"'})
    assert (await bench.get(PAGE)).body == b"new"


async def test_an_old_page_goes_before_none(bench: Bench) -> None:
    bench.server.answers[PAGE] = Answer(b"page")
    await bench.get(PAGE)
    bench.at_s += 1000
    bench.server.answers[PAGE] = Answer(b"oops", status=503)
    assert (await bench.get(PAGE)).body == b"page"
    del bench.server.answers[PAGE]
    assert (await bench.get(PAGE)).body == b"page"
    assert (await bench.get(PAGE, offline=True)).body == b"page"


async def test_offline_nobody_is_asked_and_what_is_missing_is_named(bench: Bench) -> None:
    with pytest.raises(Missing, match="a-1.zip is not in the download cache"):
        await bench.get(FILE, offline=True)
    with pytest.raises(Missing):
        await bench.get(PAGE, offline=True, method="POST")
    assert bench.server.asked == []


async def test_that_there_is_no_such_project_is_kept_too(bench: Bench) -> None:
    bench.server.answers[PAGE] = Answer(b"no", status=404)
    await bench.get(PAGE)
    assert (await bench.get(PAGE, offline=True)).status == 404


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_a_refusal_is_passed_on_and_not_kept(bench: Bench, status: int) -> None:
    bench.server.answers[PAGE] = Answer(b"no", status=status, headers={"www-authenticate": "Basic"})
    refused = await bench.get(PAGE)
    assert (refused.status, refused.headers["www-authenticate"]) == (status, "Basic")
    with pytest.raises(Missing):
        await bench.get(PAGE, offline=True)


async def test_a_file_that_is_not_what_its_index_says_is_neither_kept_nor_sent_whole(bench: Bench) -> None:
    page = {"files": [{"url": FILE, "hashes": {"sha256": hashlib.sha256(b"right").hexdigest()}}]}
    bench.server.answers[PAGE] = Answer(json.dumps(page).encode(), headers={"content-type": JSON})
    await bench.get(PAGE, accept=JSON)
    bench.server.answers[FILE] = Answer(b"wrong")
    client = Client()
    with pytest.raises(WrongContent, match="another sha256"):
        await bench.cache().answer(Wanted("GET", FILE), client)
    assert not client.whole
    assert client.body != b"wrong"
    with pytest.raises(Missing):
        await bench.get(FILE, offline=True)
    bench.server.answers[FILE] = Answer(b"right")
    assert (await bench.get(FILE)).whole


async def test_half_a_file_is_not_kept(bench: Bench) -> None:
    bench.server.answers[FILE] = Answer(b"half of it", breaks_off=True)
    client = Client()
    with pytest.raises(Unreachable):
        await bench.cache().answer(Wanted("GET", FILE), client)
    assert not client.whole
    with pytest.raises(Missing):
        await bench.get(FILE, offline=True)


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=20-30", 200, b"0123456789"),
        ("bytes=-", 200, b"0123456789"),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("lines=1", 200, b"0123456789"),
    ],
)
async def test_a_part_of_a_file_is_cut_from_the_whole(bench: Bench, asked: str, status: int, body: bytes) -> None:
    bench.server.answers[FILE] = Answer(b"0123456789")
    for _ in range(2):
        client = await bench.get(FILE, range=asked)
        assert (client.status, client.body) == (status, body)
    assert len(bench.server.asked) == 1
    assert "range" not in bench.server.asked[0][2]


async def test_a_client_that_has_a_page_is_told_so(bench: Bench) -> None:
    bench.server.answers[PAGE] = Answer(b"page", headers={"etag": '"1"'})
    client = await bench.get(PAGE, if_none_match='"1"')
    assert (client.status, client.body, client.whole) == (304, b"", True)


async def test_a_log_in_goes_upstream_and_nowhere_else(bench: Bench) -> None:
    file = "https://i.example/files/a-1.zip"
    bench.logins = LogIns((LogIn("//i.example/simple/", "Basic c2VjcmV0"),))
    page = {"files": [{"url": file, "hashes": {}}]}
    bench.server.answers |= {
        PAGE: Answer(json.dumps(page).encode(), headers={"content-type": JSON}),
        file: Answer(b"content"),
        FILE: Answer(b"content"),
        "https://i.example/api/tokens": Answer(b"tokens"),
    }
    await bench.get(PAGE, accept=JSON)
    client = await bench.get(file)
    await bench.get(FILE)
    await bench.get("https://i.example/api/tokens")
    sent = {url: headers.get("authorization") for _, url, headers in bench.server.asked}
    assert sent == {
        PAGE: "Basic c2VjcmV0",
        file: "Basic c2VjcmV0",
        FILE: None,
        "https://i.example/api/tokens": None,
    }
    assert "secret" not in str(client.headers)
    for path in bench.folder.rglob("*"):
        assert path.is_dir() or b"c2VjcmV0" not in path.read_bytes()


async def test_what_a_client_gets_with_a_log_in_of_its_own_is_its_own(bench: Bench) -> None:
    bench.server.answers[PAGE] = Answer(b"private")
    assert (await bench.get(PAGE, authorization="Basic own")).body == b"private"
    assert bench.server.asked[0][2]["authorization"] == "Basic own"
    with pytest.raises(Missing):
        await bench.get(PAGE, offline=True)


async def test_the_head_of_a_file_is_answered_without_its_body(bench: Bench) -> None:
    bench.server.answers[FILE] = Answer(b"content", headers={"content-length": "7"})
    assert (await bench.get(FILE, method="HEAD")).body == b""
    await bench.get(FILE)
    kept = await bench.get(FILE, method="HEAD", offline=True)
    assert (kept.body, kept.headers["content-length"]) == (b"", "7")
