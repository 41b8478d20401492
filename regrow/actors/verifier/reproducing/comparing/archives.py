"""Opens archives and packed data, within bounds: each member with its name, time, permissions, owner and content. Pure."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from regrow.actors.verifier.reproducing.comparing.found import LIMIT_MEMBERS, LIMIT_UNPACKED_BYTES

__all__ = ["Archive", "Member", "open_archive"]

_AR = b"!<arch>\n"


@dataclass(frozen=True, slots=True)
class Member:
    """One entry. `content` is None for folders, links and what is too large."""

    name: str
    time: str = ""
    permissions: str = ""
    owner: str = ""
    content: bytes | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """What a file holds, in its own order. `header` are facts of the packing itself."""

    kind: str
    members: tuple[Member, ...]
    header: tuple[tuple[str, str], ...] = ()


def open_archive(data: bytes) -> Archive | None:
    """Return what is in a file; None when it is not an archive, cannot be read or is too large."""
    try:
        if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            return Archive("zip", tuple(_zip(data)))
        if data[:8] == _AR:
            return Archive("ar", tuple(_ar(data)))
        if data[257:262] == b"ustar":
            return Archive("tar", tuple(_tar(data)))
        if data[:2] == b"\x1f\x8b":
            return _gzip(data)
        if data[:3] == b"BZh":
            return Archive("bzip2", (Member("content", content=_bounded(bz2.BZ2Decompressor(), data)),))
        if data[:6] == b"\xfd7zXZ\0":
            return Archive("xz", (Member("content", content=_bounded(lzma.LZMADecompressor(), data)),))
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError,
            NotImplementedError, RuntimeError):  # fmt: skip
        return None
    return None


def _zip(data: bytes) -> Iterator[Member]:
    left = LIMIT_UNPACKED_BYTES
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        infos = file.infolist()
        if len(infos) > LIMIT_MEMBERS:
            raise ValueError("too many members")
        for info in infos:
            left -= info.file_size
            if left < 0:
                raise ValueError("too large")
            with file.open(info) as opened:
                content = opened.read(info.file_size + 1)
            yield Member(
                info.filename,
                time="{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*info.date_time),
                permissions=f"{info.external_attr >> 16:o}",
                content=None if info.is_dir() else content,
            )


def _tar(data: bytes) -> Iterator[Member]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as file:
        for count, info in enumerate(file):
            if count > LIMIT_MEMBERS:
                raise ValueError("too many members")
            opened = file.extractfile(info) if info.isreg() else None
            yield Member(
                info.name,
                time=f"{info.mtime:.9g}" if info.mtime != int(info.mtime) else str(int(info.mtime)),
                permissions=f"{info.mode:o}",
                owner=f"{info.uid}:{info.gid} {info.uname}:{info.gname}",
                content=opened.read() if opened is not None else None,
                link=info.linkname,
            )


def _ar(data: bytes) -> Iterator[Member]:
    at = len(_AR)
    count = 0
    while at + 60 <= len(data) and count < LIMIT_MEMBERS:
        field = data[at : at + 60]
        size = int(field[48:58].decode("ascii").strip())
        yield Member(
            field[:16].decode("ascii", "replace").strip().rstrip("/") or "symbol table",
            time=field[16:28].decode("ascii", "replace").strip(),
            owner=f"{field[28:34].decode('ascii', 'replace').strip()}:{field[34:40].decode('ascii', 'replace').strip()}",
            permissions=field[40:48].decode("ascii", "replace").strip(),
            content=data[at + 60 : at + 60 + size],
        )
        at += 60 + size + size % 2
        count += 1


def _gzip(data: bytes) -> Archive:
    time = str(int.from_bytes(data[4:8], "little"))
    name = data[10 : data.index(b"\0", 10)].decode("latin-1")[:200] if data[3] & 8 and not data[3] & 4 else ""
    content = _bounded(zlib.decompressobj(31), data)
    return Archive("gzip", (Member("content", content=content),), (("time in the header", time), ("name", name)))


def _bounded(unpacker: bz2.BZ2Decompressor | lzma.LZMADecompressor | zlib._Decompress, data: bytes) -> bytes:
    content = unpacker.decompress(data, LIMIT_UNPACKED_BYTES)
    if len(content) >= LIMIT_UNPACKED_BYTES:
        raise ValueError("too large")
    return content
