"""Shell: answers a client's request from what is kept, or from the server, keeping what it answers.

What a client can bring about is that something is fetched from its own address, over a connection that this machine
checks, and kept under that address: it can put nothing of its own into the cache. Files whose index states a digest are
compared with it before their last byte is sent.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import anyio
import anyio.to_thread

from regrow.core.downloads.credentials import LogIns
from regrow.core.downloads.entries import Entry, facts_of, is_file, may_be_kept, revalidation, variant_of
from regrow.core.downloads.pages import linked_files
from regrow.core.downloads.store import DownloadStore, Part
from regrow.core.downloads.upstream import Reply, Unreachable, Upstream

__all__ = ["Client", "DownloadCache", "Known", "Missing", "Wanted", "WrongContent"]

PAGE_AGE_S: Final = 300.0
_CHUNK_BYTES: Final = 256 * 1024
_PAGE_LIMIT_BYTES: Final = 128 * 1024 * 1024
"""The largest pages of public indexes (package metadata of npm) have some tens of megabytes."""
_FILE_LIMIT_BYTES: Final = 8 * 1024**3
_KNOWN_LIMIT: Final = 500_000
_SERVER_ERROR: Final = 500
_SENT_ON: Final = (
    "accept",
    "user-agent",
    "content-type",
    "content-encoding",
    "authorization",
    "npm-session",
    "npm-command",
)
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


class Missing(Exception):
    """It is not kept, and this run asks no other machine."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url} is not in the download cache, and this run is offline")
        self.url = url


class WrongContent(Exception):
    """A file is not what its index says."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request of a client. Header names are lower case; `url` is whole."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Client(Protocol):
    """Whoever asked."""

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the head; without `content-length` the body's end is marked in another way."""

    async def send(self, data: bytes) -> None:
        """Send a part of the body."""

    async def end(self) -> None:
        """Say that the answer is whole."""


@dataclass(slots=True)
class Known:
    """What pages said of files, in this process: address -> digest, and the page that links to it."""

    files: dict[str, tuple[tuple[str, str], str]] = field(default_factory=dict)
    _read: set[str] = field(default_factory=set)

    def learn(self, entry: Entry, content: Path) -> None:
        """Read a page, once. Blocking."""
        mark = f"{entry.sha256} {entry.url}"
        if is_file(entry.url) or entry.status != 200 or mark in self._read or len(self.files) > _KNOWN_LIMIT:
            return
        found = linked_files(entry.url, entry.headers.get("content-type", ""), content.read_bytes())
        self.files.update({url: (digest, entry.url) for url, digest in found.items()})
        self._read.add(mark)


@dataclass(slots=True)
class DownloadCache:
    """See the module. One for each command.

    Attributes:
        offline: No server is asked.
        logins: Of this machine's package clients.
        known: What pages said of files.
        page_age_s: How long a page is used without asking.
    """

    store: DownloadStore
    upstream: Upstream
    offline: bool = False
    logins: LogIns = field(default_factory=LogIns)
    known: Known = field(default_factory=Known)
    page_age_s: float = PAGE_AGE_S
    now_s: Callable[[], float] = time.time
    _turns: dict[str, anyio.Lock] = field(default_factory=dict)

    async def answer(self, wanted: Wanted, client: Client) -> int:
        """Answer a request; returns how many bytes came from the server.

        Raises:
            Missing: It is not kept, and no server may be asked.
            Unreachable: No server answered, and it is not kept.
            WrongContent: The file is not the one of its index. What was sent of it is not whole.
        """
        private = "authorization" in wanted.headers
        if wanted.method not in {"GET", "HEAD"} or private:
            if self.offline:
                raise Missing(f"the answer to {wanted.method} {wanted.url}")
            return await self._relay(wanted, client)
        variant = "" if is_file(wanted.url) else variant_of(wanted.headers.get("accept", ""))
        async with self._turns.setdefault(f"{variant} {wanted.url}", anyio.Lock()):
            found = await anyio.to_thread.run_sync(self.store.find, wanted.url, variant)
            if found is not None and (self.offline or found[0].is_fresh(self.now_s(), self.page_age_s)):
                await self._send_kept(wanted, client, *found)
                return 0
            if self.offline:
                raise Missing(wanted.url)
            if wanted.method == "HEAD":
                return await self._relay(wanted, client)
            return await self._fetch(wanted, client, variant, found)

    def _headers(self, wanted: Wanted) -> dict[str, str]:
        headers = {name: wanted.headers[name] for name in _SENT_ON if name in wanted.headers}
        _, page = self.known.files.get(wanted.url, (None, None))
        login = self.logins.for_url(wanted.url, page)
        if login is not None and wanted.method in {"GET", "HEAD"}:
            headers.setdefault("authorization", login)
        headers["accept-encoding"] = "identity" if is_file(wanted.url) else "gzip"
        return headers

    async def _relay(self, wanted: Wanted, client: Client) -> int:
        """Pass an answer on that is not kept."""
        received = 0
        async with self.upstream.ask(wanted.method, wanted.url, self._headers(wanted), wanted.body) as reply:
            headers = facts_of(reply.headers)
            for name in ("www-authenticate", "accept-ranges"):
                if name in reply.headers:
                    headers[name] = reply.headers[name]
            if "content-encoding" not in reply.headers and "content-length" in reply.headers:
                headers["content-length"] = reply.headers["content-length"]
            await client.begin(reply.status, headers)
            if wanted.method != "HEAD":
                async for chunk in reply.chunks():
                    received += len(chunk)
                    await client.send(chunk)
            await client.end()
        return received

    async def _fetch(self, wanted: Wanted, client: Client, variant: str, found: tuple[Entry, Path] | None) -> int:
        headers = self._headers(wanted) | (revalidation(found[0]) if found is not None else {})
        try:
            async with self.upstream.ask("GET", wanted.url, headers) as reply:
                if reply.status >= _SERVER_ERROR and found is not None:
                    raise Unreachable(f"answered {reply.status}")
                if reply.status == 304 and found is not None:
                    entry = found[0].model_copy(update={"fetched_at_s": self.now_s()})
                    await anyio.to_thread.run_sync(self.store.note, entry)
                elif not may_be_kept(wanted.url, reply.status, reply.headers):
                    return await _pass_on(reply, client)
                else:
                    return await self._keep(wanted, client, variant, reply)
        except Unreachable:
            if found is None:
                raise
        # Still true, or all that can be had: what is kept of a page goes before nothing.
        assert found is not None
        await self._send_kept(wanted, client, *found)
        return 0

    async def _keep(self, wanted: Wanted, client: Client, variant: str, reply: Reply) -> int:
        file = is_file(wanted.url)
        whole_first = not file or "range" in wanted.headers
        with self.store.begin() as part:
            sender = None if whole_first else _Sender(client, reply)
            limit = _FILE_LIMIT_BYTES if file else _PAGE_LIMIT_BYTES
            waiting = bytearray()
            async for chunk in reply.chunks():
                waiting += chunk
                if sender is not None:
                    await sender.send(chunk)
                if len(waiting) >= _CHUNK_BYTES:
                    await anyio.to_thread.run_sync(part.write, bytes(waiting))
                    waiting.clear()
                if part.size_bytes > limit:
                    raise WrongContent(f"{wanted.url} is larger than {limit} bytes")
            await anyio.to_thread.run_sync(part.write, bytes(waiting))
            await anyio.to_thread.run_sync(self._check, wanted.url, part)
            content = await anyio.to_thread.run_sync(self.store.keep, part)
            entry = Entry(
                url=wanted.url,
                variant=variant,
                status=reply.status,
                headers=facts_of(reply.headers),
                sha256=part.sha256,
                size_bytes=part.size_bytes,
                fetched_at_s=self.now_s(),
            )
        await anyio.to_thread.run_sync(self.store.note, entry)
        if sender is not None:
            await sender.finish()
        else:
            await self._send_kept(wanted, client, entry, content)
        return entry.size_bytes

    def _check(self, url: str, part: Part) -> None:
        (algorithm, expected), page = self.known.files.get(url, (("", ""), ""))
        got = part.digest(algorithm) if expected else ""
        if got and got != expected:
            raise WrongContent(f"{url} has another {algorithm} than {page} says: {got} instead of {expected}")

    async def _send_kept(self, wanted: Wanted, client: Client, entry: Entry, content: Path) -> None:
        await anyio.to_thread.run_sync(self.known.learn, entry, content)
        headers = dict(entry.headers)
        etag = entry.headers.get("etag")
        if etag is not None and wanted.headers.get("if-none-match") == etag:
            await client.begin(304, headers)
            await client.end()
            return
        first, last, status = _range(wanted.headers.get("range", ""), entry)
        if status == 206:
            headers["content-range"] = f"bytes {first}-{last}/{entry.size_bytes}"
        headers |= {"content-length": str(last - first + 1), "accept-ranges": "bytes"}
        await client.begin(status, headers)
        if wanted.method != "HEAD":
            async with await anyio.open_file(content, "rb") as file:
                await file.seek(first)
                left = last - first + 1
                while left and (data := await file.read(min(left, _CHUNK_BYTES))):
                    left -= len(data)
                    await client.send(data)
        await client.end()


def _range(asked: str, entry: Entry) -> tuple[int, int, int]:
    """Return the first and the last byte that are sent, and the status. What is not understood is sent as a whole."""
    size = entry.size_bytes
    match = _RANGE.fullmatch(asked.strip())
    if match is None or not size or entry.status != 200 or match[0] == "bytes=-":
        return 0, size - 1, entry.status
    first = int(match[1]) if match[1] else max(0, size - int(match[2]))
    last = min(int(match[2]), size - 1) if match[1] and match[2] else size - 1
    return (first, last, 206) if first <= last else (0, size - 1, entry.status)


async def _pass_on(reply: Reply, client: Client) -> int:
    received = 0
    await client.begin(reply.status, facts_of(reply.headers) | _challenge(reply.headers))
    async for chunk in reply.chunks():
        received += len(chunk)
        await client.send(chunk)
    await client.end()
    return received


def _challenge(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in ("www-authenticate", "retry-after") if name in headers}


class _Sender:
    """Sends a file while it comes, all but its last bytes: these wait until the whole is known to be right."""

    def __init__(self, client: Client, reply: Reply) -> None:
        self._client = client
        self._reply = reply
        self._held = b""
        self._begun = False

    async def send(self, data: bytes) -> None:
        await self._begin()
        if self._held:
            await self._client.send(self._held)
        self._held = data

    async def finish(self) -> None:
        await self._begin()
        if self._held:
            await self._client.send(self._held)
        await self._client.end()

    async def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        headers = facts_of(self._reply.headers) | {"accept-ranges": "bytes"}
        if "content-length" in self._reply.headers and "content-encoding" not in self._reply.headers:
            headers["content-length"] = self._reply.headers["content-length"]
        await self._client.begin(self._reply.status, headers)
