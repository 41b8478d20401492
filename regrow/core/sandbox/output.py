"""Shell: keeps the output of a command in a file that never grows over its limit: the head, then the tail.

The head is written as it comes, so that somebody can follow it; beyond half of the limit only the newest bytes are kept, in
memory, and written at the end behind a line that says how much is missing.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from regrow.core.sandbox.limits import TAIL_CHARS, head_and_tail

__all__ = ["OutputFile"]


class OutputFile:
    """The output of one command.

    Args:
        path: Is replaced.
        limit_bytes: How much is kept; None for all.
    """

    def __init__(self, path: Path, limit_bytes: int | None) -> None:
        self.path = path
        self.total_bytes = 0
        self._file = path.open("wb")
        self._head_bytes: int | None
        self._head_bytes, self._tail_limit = (None, 0) if limit_bytes is None else head_and_tail(limit_bytes)
        self._tail = bytearray()
        self._tail_total = 0
        self._recent = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, chunk: bytes) -> str:
        """Keep what is to be kept of a chunk and return it decoded; a character split over two chunks comes with the second."""
        self.total_bytes += len(chunk)
        room = len(chunk) if self._head_bytes is None else max(0, self._head_bytes - (self.total_bytes - len(chunk)))
        if room:
            self._file.write(chunk[:room])
            self._file.flush()
        self._keep_tail(chunk[room:])
        text = self._decoder.decode(chunk)
        self._recent = (self._recent + text)[-TAIL_CHARS:]
        return text

    def _keep_tail(self, rest: bytes) -> None:
        self._tail += rest
        self._tail_total += len(rest)
        # Cut only when it has doubled: cutting at each chunk would copy the whole tail each time.
        if len(self._tail) > 2 * self._tail_limit:
            del self._tail[: len(self._tail) - self._tail_limit]

    @property
    def tail(self) -> str:
        """The newest characters."""
        return self._recent

    def close(self) -> None:
        """Write the tail. Closing twice is no error."""
        if self._file.closed:
            return
        kept = self._tail[-self._tail_limit :] if self._tail_limit else self._tail
        missing = self._tail_total - len(kept)
        if missing:
            self._file.write(f"\n[... {missing} bytes are left out here ...]\n".encode())
        self._file.write(kept)
        self._file.close()
