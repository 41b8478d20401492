"""Shell: the folder that downloads are kept in: contents by their SHA-256, and a small file for each address. Blocking.

A content is written beside its place and renamed to it when it is whole, so nobody ever sees half of one, and two processes
that fetch the same at once put the same there. A content is compared with its name before it is used the first time by a
process: one that a crash or a disk has damaged is dropped and fetched again. Rejected: a database, which several processes
would have to lock, and which a kill could leave with contents that nobody knows.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from regrow.core.downloads.entries import Entry, entry_key

__all__ = ["DownloadStore", "Part"]

_CHUNK_BYTES = 1024 * 1024
_PART_AGE_S = 24 * 3600.0
"""An unfinished download that is older belongs to nobody."""


class Part:
    """A content while it is written."""

    def __init__(self, file: BufferedRandom, path: str) -> None:
        self.path = path
        self._file = file
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        """Add to it."""
        self._file.write(data)
        self._digest.update(data)
        self.size_bytes += len(data)

    @property
    def sha256(self) -> str:
        """Of what is written so far."""
        return self._digest.hexdigest()

    def digest(self, algorithm: str) -> str:
        """Return another digest of the whole, read again from the disk; "" for an algorithm that is not known."""
        if algorithm == "sha256":
            return self.sha256
        if algorithm not in hashlib.algorithms_available:
            return ""
        self._file.flush()
        self._file.seek(0)
        return hashlib.file_digest(self._file, algorithm).hexdigest()


class DownloadStore:
    """See the module. The folder is made when the first thing is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._checked: set[str] = set()

    def content(self, sha256: str) -> Path | None:
        """Return the file with a content, None where it is not here or is damaged."""
        path = self._content_path(sha256)
        if sha256 not in self._checked:
            try:
                with path.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError:
                return None
            if found != sha256:
                path.unlink(missing_ok=True)
                return None
            self._checked.add(sha256)
        try:
            os.utime(path)  # what was used last is given up last
        except OSError:
            self._checked.discard(sha256)
            return None
        return path

    def find(self, url: str, variant: str = "") -> tuple[Entry, Path] | None:
        """Return what is kept of an address, and the file with its content."""
        path = self._entry_path(url, variant)
        try:
            entry = Entry.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None
        content = self.content(entry.sha256) if entry.url == url else None
        if content is None:
            return None
        with suppress(OSError):
            os.utime(path)
        return entry, content

    @contextmanager
    def begin(self) -> Iterator[Part]:
        """Write a content; it is kept by `keep` before the block ends, or else it is gone."""
        parts = self.folder / "parts"
        parts.mkdir(parents=True, exist_ok=True)
        self._sweep(parts)
        with tempfile.NamedTemporaryFile(dir=parts) as file:
            yield Part(cast("BufferedRandom", file.file), file.name)

    def keep(self, part: Part) -> Path:
        """Put a content that is whole in its place."""
        path = self._content_path(part.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        part._file.flush()
        os.fsync(part._file.fileno())
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{id(part)}")
        fresh.unlink(missing_ok=True)
        os.link(part.path, fresh)
        fresh.chmod(0o444)
        fresh.replace(path)
        self._checked.add(part.sha256)
        return path

    def keep_file(self, source: Path) -> str:
        """Keep a copy of a file; returns its SHA-256."""
        with self.begin() as part, source.open("rb") as file:
            while data := file.read(_CHUNK_BYTES):
                part.write(data)
            self.keep(part)
            return part.sha256

    def note(self, entry: Entry) -> None:
        """Write down what is known of an address; its content is kept already."""
        path = self._entry_path(entry.url, entry.variant)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{id(entry)}")
        fresh.write_bytes(entry.model_dump_json().encode())
        fresh.replace(path)

    def _content_path(self, sha256: str) -> Path:
        return self.folder / "contents" / sha256[:2] / sha256

    def _entry_path(self, url: str, variant: str) -> Path:
        key = entry_key(url, variant)
        return self.folder / "entries" / key[:2] / f"{key}.json"

    def _sweep(self, parts: Path) -> None:
        for path in parts.iterdir():
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - _PART_AGE_S:
                    path.unlink()
