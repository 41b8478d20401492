"""A target's files as a value: what is there, and a way to read one of them.

Everything that reads documents or evidence takes a `FileTree`, so that it is a function of a listing and of bytes, and
a test builds one from a dictionary. Paths are relative to the tree, with `/` between the parts, as in an archive.

Decoding never fails: documents of real projects hold Latin-1 names, a byte order mark, or UTF-16, and a wrong letter in
a sentence is better than no sentence. What holds a zero byte (and is not UTF-16) is binary and has no text.

Source of the order of encodings: PEP 263 and the WHATWG encoding sniffing order (mark first, then UTF-8, then one byte
a letter).
"""

from __future__ import annotations

import codecs
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["FileTree", "decode", "inside"]

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(data: bytes) -> str | None:
    """The text of a file with Unix line ends, or None when it is binary.

    >>> decode(b"caf\\xe9\\r\\n"), decode(b"\\x7fELF\\x00")
    ('café\\n', None)
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if encoding is None:
        if b"\0" in data[:8192]:
            return None
        encoding = "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def inside(folder: str, path: str) -> str | None:
    """`path` as written in a file of `folder`, as a path of the tree; None when it leaves the tree.

    >>> inside("docs", "../README.rst"), inside("docs", "../../etc/passwd"), inside("", "/etc/passwd")
    ('README.rst', None, None)
    """
    if path.startswith(("/", "~")) or "\\" in path or "\0" in path:
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if joined == ".." or joined.startswith("../") else joined


@dataclass(frozen=True, slots=True)
class FileTree:
    """The files of a target.

    Attributes:
        files: Size in bytes by path. Folders are not listed.
        read: The bytes of one listed file. It may raise OSError; readers here treat that as "no text".
    """

    files: Mapping[str, int]
    read: Callable[[str], bytes]

    @classmethod
    def of(cls, texts: Mapping[str, str | bytes]) -> FileTree:
        """A tree in memory.

        >>> FileTree.of({"README": "hi"}).text("README")
        'hi'
        """
        data = {path: text if isinstance(text, bytes) else text.encode() for path, text in texts.items()}
        return cls({path: len(content) for path, content in data.items()}, data.__getitem__)

    def has(self, path: str) -> bool:
        """Whether a file of this path is listed."""
        return path in self.files

    def has_folder(self, path: str) -> bool:
        """Whether any file lies below `path` (the tree itself is `.` or the empty string)."""
        prefix = posixpath.normpath(path) + "/"
        return prefix == "./" or any(name.startswith(prefix) for name in self.files)

    def names_in(self, folder: str = "") -> tuple[str, ...]:
        """Paths of the files that lie directly in `folder`, sorted."""
        prefix = folder.rstrip("/") + "/" if folder else ""
        return tuple(sorted(p for p in self.files if p.startswith(prefix) and "/" not in p[len(prefix) :]))

    def below(self, folder: str, *endings: str) -> Iterator[str]:
        """Paths below `folder` (all when empty) that end with one of `endings`, sorted."""
        prefix = folder.rstrip("/") + "/" if folder else ""
        return (p for p in sorted(self.files) if p.startswith(prefix) and (not endings or p.endswith(endings)))

    def text(self, path: str, limit_bytes: int = 1_000_000) -> str | None:
        """The text of a file, at most `limit_bytes` of it; None when it is missing, unreadable or binary."""
        if path not in self.files:
            return None
        try:
            return decode(self.read(path)[:limit_bytes])
        except OSError:
            return None
