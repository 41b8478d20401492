"""Whether an archive's entry may be written, decided before a byte of it is.

`EntryGuard` is told each entry in order and either gives its path below the root or raises `TargetRefused` with the
entry named. It resolves nothing on disk: links of the archive are remembered as text, so that "a link, then a file
through the link" is seen without following anything. Rejected: tarfile's own `filter="data"`, since it rewrites
absolute names instead of refusing them, knows no sizes, and is not in Python 3.11.0 to 3.11.3.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from enum import StrEnum

from regrow.core.fetch.errors import TargetRefused
from regrow.core.fetch.limits import FetchLimits

_HELP = "do not trust this archive; if it is yours, pack it again with plain names and no links to the outside"


class EntryKind(StrEnum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symbolic link"
    HARDLINK = "hard link"
    DEVICE = "device"
    FIFO = "named pipe"
    OTHER = "unknown kind of entry"


@dataclass(frozen=True, slots=True)
class Admitted:
    """Where an entry may be written.

    Attributes:
        path: Below the root, with `/` between parts; empty for the root itself.
        repeated: The archive held a file of this path before; it may only come again with the same content.
    """

    path: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the archive states it.

    Attributes:
        name: As written in the archive; undecodable bytes as surrogates.
        size_bytes: Declared, not yet believed.
        link: Where a link points to; for a hard link the name of an earlier entry.
    """

    name: str
    kind: EntryKind
    size_bytes: int = 0
    link: str = ""


class EntryGuard:
    """Admits the entries of one archive, or of one tree, in order.

    Args:
        limits: The bounds.
        packed_bytes: Size of the archive file, for the ratio.
        fold_case: The destination takes `README` and `readme` for one file, so both in one archive are refused.
    """

    def __init__(self, limits: FetchLimits, *, packed_bytes: int, fold_case: bool = False) -> None:
        self._limits = limits
        self._packed_bytes = max(1, packed_bytes)
        self._fold_case = fold_case
        self._links: set[str] = set()
        self._kinds: dict[str, EntryKind] = {}
        self._folded: dict[str, str] = {}
        self._total_bytes = 0

    @property
    def total_bytes(self) -> int:
        """Bytes written so far, as counted by `count`."""
        return self._total_bytes

    def admit(self, entry: Entry) -> Admitted:
        """Say where the entry may be written.

        Raises:
            TargetRefused: naming the entry and the rule.
        """
        path = self._checked_name(entry.name)
        if entry.kind in {EntryKind.DEVICE, EntryKind.FIFO, EntryKind.OTHER}:
            raise _refused(entry.name, f"is a {entry.kind.value}")
        if path == "" and entry.kind is not EntryKind.FOLDER:
            raise _refused(entry.name, "names the root of the archive but is no folder")
        self._check_parents(entry.name, path)
        self._check_link(entry, path)
        repeated = self._check_repeated(entry, path)
        if len(self._kinds) > self._limits.entries:
            raise _refused(entry.name, f"is entry {len(self._kinds)} (limit {self._limits.entries})")
        if entry.size_bytes > self._limits.total_bytes:
            raise _refused(entry.name, f"claims {entry.size_bytes} bytes (limit {self._limits.total_bytes} in all)")
        return Admitted(path, repeated)

    def count(self, name: str, written_bytes: int) -> None:
        """Add bytes that are about to be written; call it for each chunk, before writing it.

        Raises:
            TargetRefused: past `total_bytes`, or unpacked more than `ratio` times the packed size.
        """
        self._total_bytes += written_bytes
        total, limits = self._total_bytes, self._limits
        if total > limits.total_bytes:
            raise _refused(name, f"takes the archive past {limits.total_bytes} bytes")
        if total > limits.ratio_from_bytes and total > limits.ratio * self._packed_bytes:
            raise _refused(name, f"unpacks to more than {limits.ratio} times the archive ({self._packed_bytes} bytes)")

    def _checked_name(self, name: str) -> str:
        try:
            encoded = name.encode("utf-8")
        except UnicodeEncodeError:
            raise _refused(name, "has a name that is not UTF-8") from None
        if len(encoded) > self._limits.name_bytes:
            raise _refused(name[:80] + "...", f"has a name of {len(encoded)} bytes (limit {self._limits.name_bytes})")
        if name == "" or any(character < " " or character == "\x7f" for character in name):
            raise _refused(name, "has an empty name or a control character in it")
        if name.startswith(("/", "\\")) or (len(name) > 1 and name[1] == ":" and name[0].isalpha()):
            raise _refused(name, "has an absolute name")
        parts = [part for part in name.split("/") if part not in {"", "."}]
        if ".." in parts or ".." in name.split("\\"):
            raise _refused(name, "leads out of the archive by '..'")
        if len(parts) > self._limits.depth:
            raise _refused(name, f"is {len(parts)} folders deep (limit {self._limits.depth})")
        return "/".join(parts)

    def _check_parents(self, name: str, path: str) -> None:
        parent = posixpath.dirname(path)
        while parent:
            if parent in self._links:
                raise _refused(name, f"would be written through the link {parent!r}")
            if self._kinds.get(parent, EntryKind.FOLDER) is not EntryKind.FOLDER:
                raise _refused(name, f"lies below {parent!r}, which is a {self._kinds[parent].value}")
            parent = posixpath.dirname(parent)

    def _check_link(self, entry: Entry, path: str) -> None:
        if entry.kind is EntryKind.HARDLINK:
            if self._kinds.get(posixpath.normpath(entry.link)) is not EntryKind.FILE:
                raise _refused(entry.name, f"is a hard link to {entry.link!r}, which is no earlier file of the archive")
        elif entry.kind is EntryKind.SYMLINK and leads_out(path, entry.link):
            raise _refused(entry.name, f"is a link out of the archive, to {entry.link!r}")

    def _check_repeated(self, entry: Entry, path: str) -> bool:
        kind = EntryKind.FILE if entry.kind is EntryKind.HARDLINK else entry.kind
        before = self._kinds.get(path)
        if before is not None and (before is not kind or kind is EntryKind.SYMLINK):
            raise _refused(entry.name, f"stands in the archive twice, as {before.value} and as {kind.value}")
        if self._fold_case:
            other = self._folded.setdefault(path.casefold(), path)
            if other != path:
                raise _refused(entry.name, f"differs from {other!r} only in case, and this disk knows no case")
        self._kinds[path] = kind
        if kind is EntryKind.SYMLINK:
            self._links.add(path)
        return before is EntryKind.FILE


def leads_out(path: str, link: str) -> bool:
    """Whether a symbolic link at `path` points to the outside of the tree, as text.

    Other links on the way are not followed, which is safe since nothing is ever written through a link.

    >>> leads_out("docs/README", "../README"), leads_out("docs/README", "../../etc/passwd"), leads_out("a", "/etc")
    (False, True, True)
    """
    if link == "" or link.startswith("/") or "\0" in link:
        return True
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    return joined == ".." or joined.startswith("../")


def _refused(name: str, why: str) -> TargetRefused:
    shown = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return TargetRefused(f"the entry {shown!r} {why}", do=_HELP, entry=shown)
