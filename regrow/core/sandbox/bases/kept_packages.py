"""Shell: the distribution's package lists and packages, kept between rooms and runs in the folder of downloads.

apt works in a folder of its own for each use; its lists are shared, under a lock, and the packages that it is about to
download are put where it looks for them. It has checked each of them when it came.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import anyio.to_thread

from regrow.core.downloads.entries import Entry
from regrow.core.downloads.locks import locked
from regrow.core.downloads.store import DownloadStore
from regrow.core.sandbox.bases.packages import PackageSource, apt_failure, run_apt, update_lists
from regrow.core.sandbox.folders import trees

__all__ = ["DebianDownloads", "announced"]

_LISTS_AGE_S: Final = 300.0
"""Lists that are younger are not asked for again: several rooms of one run see the same packages."""
_STAMP: Final = "updated"
_ANNOUNCED: Final = re.compile(r"^'(?P<url>[^']+)' (?P<name>\S+\.deb) \d+", re.MULTILINE)


def announced(text: str) -> dict[str, str]:
    """Read what `apt-get --print-uris` prints: name of a file -> its address.

    >>> announced("'http://m/pool/a_1%3a2_all.deb' a_1%3a2_all.deb 10 MD5Sum:00\\n")
    {'a_1%3a2_all.deb': 'http://m/pool/a_1%3a2_all.deb'}
    """
    return {match["name"]: match["url"] for match in _ANNOUNCED.finditer(text)}


class DebianDownloads:
    """See the module; one for each use.

    Attributes:
        network: Whether what is not kept may be downloaded.
    """

    def __init__(self, downloads: Path, *, network: bool = True) -> None:
        self.network = network
        self._folder = downloads
        self._store = DownloadStore(downloads)
        self._urls: Mapping[str, str] = {}
        self._there: set[str] = set()

    @asynccontextmanager
    async def open_lists(
        self, source: PackageSource, options: Sequence[str]
    ) -> AsyncIterator[tuple[Sequence[str], str]]:
        """Bring the lists up to date, where that may be; nobody changes them while they are used.

        Raises:
            RegrowError: E5003 there are none, and they cannot or may not be fetched.
        """
        text = "\0".join(f"{name}\n{text}" for name, text in sorted(source.sources.items()))
        place = self._folder / "lists" / hashlib.sha256(text.encode()).hexdigest()[:16]
        await anyio.to_thread.run_sync(trees.make_folder, place / "lists/partial")
        async with locked(place / "lock"):
            stamp = place / _STAMP
            kept = [*options, "-o", f"Dir::State::lists={place / 'lists'}"]
            unread = ""
            if self.network and not _is_young(stamp):
                unread = await update_lists(kept)
                if not unread:
                    stamp.touch()
            elif not stamp.exists():
                raise apt_failure(
                    "E5003", "package lists", "they are not in the download cache, and this run is offline"
                )
        async with locked(place / "lock", shared=True):  # several may download, while nobody changes the lists
            yield kept, unread

    async def put_back(self, options: Sequence[str], packages: Sequence[str], archives: Path) -> None:
        """Put the packages that are kept where apt looks for them.

        Raises:
            RegrowError: E5003 one is not kept, and may not be downloaded.
        """
        asked = await run_apt([*options, "install", "--print-uris", "--", *packages])
        if asked.exit_status:
            return  # apt says it again, with its reason, when it is to download them
        self._urls = announced(asked.text)
        missing = await anyio.to_thread.run_sync(self._put_back, archives)
        if missing and not self.network:
            what = f"not in the download cache, and this run is offline: {', '.join(missing[:5])}"
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise apt_failure("E5003", f"packages {' '.join(packages)}", what + more)

    def _put_back(self, archives: Path) -> list[str]:
        missing = []
        for name, url in self._urls.items():
            found = self._store.find(url)
            if found is None:
                missing.append(name)
                continue
            shutil.copyfile(found[1], archives / name)
            self._there.add(name)
        return missing

    async def keep_new(self, archives: Path) -> None:
        """Keep those that were downloaded."""
        await anyio.to_thread.run_sync(self._keep_new, archives)

    def _keep_new(self, archives: Path) -> None:
        for path in archives.glob("*.deb"):
            url = self._urls.get(path.name)
            if url is None or path.name in self._there:
                continue
            sha256 = self._store.keep_file(path)
            size = path.stat().st_size
            self._store.note(Entry(url=url, sha256=sha256, size_bytes=size, fetched_at_s=time.time()))


def _is_young(stamp: Path) -> bool:
    with suppress(FileNotFoundError):
        return 0 <= time.time() - stamp.stat().st_mtime < _LISTS_AGE_S
    return False
