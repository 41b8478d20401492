"""Shell: unpacks an archive that nobody vouches for into an empty folder, or refuses it with the entry named.

Packed tar files are inflated into a file beside the destination first, under the caps of `EntryGuard.count`: tarfile
reads whole header records into memory and seeks, so it is only let loose on a plain file whose single reads are
bounded. Modes keep the executable bit and nothing else; times are kept, since autotools compares them.
"""

from __future__ import annotations

import bz2
import errno
import filecmp
import gzip
import io
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

from regrow.core.fetch.entries import Entry, EntryGuard, EntryKind
from regrow.core.fetch.errors import DiskFull, NotPermitted, TargetRefused
from regrow.core.fetch.limits import FetchLimits

_CHUNK_BYTES = 256 * 1024
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, UnicodeError)
_ZIP_NAME_IS_UTF8 = 0x800
_ZIP_IS_ENCRYPTED = 0x1

Pause = Callable[[], None]
"""Called between chunks; raises to give up (a cancelled fetch)."""


def unpack(archive: Path, into: Path, limits: FetchLimits, pause: Pause = lambda: None) -> Path:
    """Unpack `archive` below the empty folder `into` and return the project's root.

    The root is the archive's single top folder where it has one, else `into`. When anything is refused, what was
    written stays below `into` for the caller to remove; it never exceeds twice `limits.total_bytes`.

    Raises:
        TargetRefused: hostile or damaged, with the entry named.
        DiskFull, NotPermitted: the disk's fault.
    """
    packed_bytes = archive.stat().st_size
    if packed_bytes > limits.archive_bytes:
        raise TargetRefused(
            f"{archive.name!r} has {packed_bytes} bytes (limit {limits.archive_bytes})", do="give the project's folder"
        )
    guard = EntryGuard(limits, packed_bytes=packed_bytes, fold_case=folds_case(into))
    content = into / "content"
    content.mkdir()
    with _disk_errors_named(archive):
        if zipfile.is_zipfile(archive) and not archive.name.lower().endswith((".gz", ".bz2", ".xz", ".tgz", ".tar")):
            _unpack_zip(archive, content, guard, pause)
        else:
            _unpack_tar(archive, content, guard, limits, pause)
    refuse_links_that_resolve_outside(content, archive.name)
    tops = list(content.iterdir())
    if not tops:
        raise TargetRefused(f"{archive.name!r} is empty", do="give an archive with the project's files")
    return tops[0] if len(tops) == 1 and tops[0].is_dir() and not tops[0].is_symlink() else content


def folds_case(folder: Path) -> bool:
    """Whether the disk below `folder` takes names that differ in case for one."""
    probe = folder / ".regrow-Case"
    probe.touch()
    try:
        return (folder / ".regrow-case").exists()
    finally:
        probe.unlink()


def refuse_links_that_resolve_outside(root: Path, archive_name: str) -> None:
    """Refuse links that lead out only by way of other links, which the entries' texts do not show."""
    for link in links_that_resolve_outside(root):
        name = str(link.relative_to(root))
        raise TargetRefused(
            f"the entry {name!r} of {archive_name!r} is a link out of the archive by way of other links",
            do="do not trust this archive",
            entry=name,
        )


def links_that_resolve_outside(root: Path) -> Iterator[Path]:
    """Give each symbolic link below `root` whose end lies outside of it. `.git` is not searched."""
    real_root = os.path.realpath(root)
    for folder, names, files in os.walk(root):
        if folder == str(root) and ".git" in names:
            names.remove(".git")
        for name in (*names, *files):
            path = Path(folder, name)
            if path.is_symlink():
                end = os.path.realpath(path)
                if end != real_root and not end.startswith(real_root + os.sep):
                    yield path


# --- tar ---------------------------------------------------------------------------------------------------------


class _BoundedReads(io.RawIOBase):
    """A plain file whose single reads are bounded: tarfile reads a header record of any claimed size in one go."""

    def __init__(self, file: BinaryIO, limit_bytes: int, name: str) -> None:
        self._file = file
        self._limit_bytes = limit_bytes
        self._name = name

    def read(self, size: int = -1, /) -> bytes:
        if size < 0 or size > self._limit_bytes:
            raise TargetRefused(
                f"{self._name!r} holds a header record of {size} bytes (limit {self._limit_bytes})",
                do="do not trust this archive",
            )
        return self._file.read(size)

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _unpack_tar(archive: Path, content: Path, guard: EntryGuard, limits: FetchLimits, pause: Pause) -> None:
    plain = content.parent / "inflated.tar"
    try:
        with _inflated(archive) as packed, plain.open("wb") as out:
            inflating = EntryGuard(limits, packed_bytes=archive.stat().st_size)
            try:
                _copy(packed, out, lambda size: inflating.count(archive.name, size), pause)
            except TargetRefused as error:
                out.flush()
                raise _naming_the_entry(error, plain, archive, limits) from None
        with plain.open("rb") as file, _opened_tar(file, archive, limits) as tar:
            _unpack_members(tar, content, guard, pause)
    except _DAMAGED as error:
        raise _damaged(archive, error) from error
    finally:
        plain.unlink(missing_ok=True)


def _naming_the_entry(error: TargetRefused, plain: Path, archive: Path, limits: FetchLimits) -> TargetRefused:
    """Find the entry inside of which inflating was given up: the last one whose header is in what was inflated."""
    name = None
    with plain.open("rb") as file, suppress(*_DAMAGED, TargetRefused):
        for member in _opened_tar(file, archive, limits):
            name = member.name
    if name is None:
        return error
    shown = name.encode("utf-8", "backslashreplace").decode("utf-8")
    what = error.what.replace(f"the entry {archive.name!r}", f"the entry {shown!r} of {archive.name!r}")
    return TargetRefused(what, do=error.remedy, entry=shown)


def _opened_tar(file: BinaryIO, archive: Path, limits: FetchLimits) -> tarfile.TarFile:
    bounded = cast("BinaryIO", _BoundedReads(file, max(limits.header_bytes, _CHUNK_BYTES), archive.name))
    return tarfile.open(fileobj=bounded, mode="r:", encoding="utf-8", errors="surrogateescape")


@contextmanager
def _inflated(archive: Path) -> Iterator[IO[bytes]]:
    with archive.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(b"\x1f\x8b"):
        opened: IO[bytes] = cast("IO[bytes]", gzip.GzipFile(archive, "rb"))
    elif magic.startswith(b"BZh"):
        opened = cast("IO[bytes]", bz2.BZ2File(archive, "rb"))
    elif magic.startswith(b"\xfd7zXZ"):
        opened = cast("IO[bytes]", lzma.LZMAFile(archive, "rb"))  # noqa: SIM115
    else:
        opened = archive.open("rb")
    with opened:
        yield opened


def _unpack_members(tar: tarfile.TarFile, content: Path, guard: EntryGuard, pause: Pause) -> None:
    folders: list[tuple[Path, float]] = []
    for member in tar:
        pause()
        kind = _tar_kind(member)
        admitted = guard.admit(Entry(member.name, kind, member.size if kind is EntryKind.FILE else 0, member.linkname))
        path = content / admitted.path
        if kind is EntryKind.FOLDER:
            path.mkdir(parents=True, exist_ok=True)
            folders.append((path, member.mtime))
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind is EntryKind.SYMLINK:
            path.symlink_to(member.linkname)
        elif kind is EntryKind.HARDLINK:
            with (content / os.path.normpath(member.linkname)).open("rb") as source:
                _write(source, path, member.name, member.mode, member.mtime, admitted.repeated, guard, pause)
        else:
            extracted = tar.extractfile(member)
            if extracted is not None:
                _write(extracted, path, member.name, member.mode, member.mtime, admitted.repeated, guard, pause)
    for path, mtime in reversed(folders):
        _set_time(path, mtime)


def _tar_kind(member: tarfile.TarInfo) -> EntryKind:
    if member.isdir():
        return EntryKind.FOLDER
    if member.issym():
        return EntryKind.SYMLINK
    if member.islnk():
        return EntryKind.HARDLINK
    if member.isfile():
        return EntryKind.FILE
    if member.isfifo():
        return EntryKind.FIFO
    return EntryKind.DEVICE if member.isdev() else EntryKind.OTHER


# --- zip ---------------------------------------------------------------------------------------------------------


def _unpack_zip(archive: Path, content: Path, guard: EntryGuard, pause: Pause) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            for info in opened.infolist():
                pause()
                _unpack_zip_entry(opened, info, content, guard, pause)
    except (*_DAMAGED, NotImplementedError, RuntimeError) as error:
        raise _damaged(archive, error) from error


def _unpack_zip_entry(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, content: Path, guard: EntryGuard, pause: Pause
) -> None:
    name = _zip_name(info)
    if info.flag_bits & _ZIP_IS_ENCRYPTED:
        raise TargetRefused(f"the entry {name!r} is encrypted", do="give an archive without a password", entry=name)
    kind = _zip_kind(info)
    link = ""
    if kind is EntryKind.SYMLINK:
        with opened.open(info) as source:
            link = source.read(4096).decode("utf-8", "surrogateescape")
    admitted = guard.admit(Entry(name, kind, info.file_size, link))
    path = content / admitted.path
    if kind is EntryKind.FOLDER:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind is EntryKind.SYMLINK:
        path.symlink_to(link)
        return
    with opened.open(info) as source:
        _write(source, path, name, info.external_attr >> 16, None, admitted.repeated, guard, pause)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name, with bytes that are no UTF-8 as surrogates: zipfile decodes unmarked names as code page 437."""
    if info.flag_bits & _ZIP_NAME_IS_UTF8:
        return info.orig_filename
    return info.orig_filename.encode("cp437", "replace").decode("utf-8", "surrogateescape")


def _zip_kind(info: zipfile.ZipInfo) -> EntryKind:
    mode = info.external_attr >> 16
    if info.is_dir() or stat.S_ISDIR(mode):
        return EntryKind.FOLDER
    if stat.S_ISLNK(mode):
        return EntryKind.SYMLINK
    if stat.S_IFMT(mode) in {0, stat.S_IFREG}:
        return EntryKind.FILE
    return EntryKind.FIFO if stat.S_ISFIFO(mode) else EntryKind.DEVICE


# --- both --------------------------------------------------------------------------------------------------------


def _write(
    source: IO[bytes],
    path: Path,
    name: str,
    mode: int,
    mtime: float | None,
    repeated: bool,
    guard: EntryGuard,
    pause: Pause,
) -> None:
    written = path.with_name(path.name + ".regrow-again") if repeated else path
    with written.open("xb") as out:
        _copy(source, out, lambda size: guard.count(name, size), pause)
    if repeated:
        same = filecmp.cmp(written, path, shallow=False)
        written.unlink()
        if not same:
            raise TargetRefused(
                f"the entry {name!r} stands in the archive twice with different content",
                do="do not trust this archive; if it is yours, pack it again",
                entry=name,
            )
        return
    path.chmod(0o755 if mode & 0o111 else 0o644)
    if mtime is not None:
        _set_time(path, mtime)


def _copy(source: IO[bytes], out: IO[bytes], count: Callable[[int], None], pause: Pause) -> None:
    while chunk := source.read(_CHUNK_BYTES):
        pause()
        count(len(chunk))
        out.write(chunk)


def _set_time(path: Path, mtime: float) -> None:
    try:
        os.utime(path, (mtime, mtime))
    except (OverflowError, ValueError):
        return  # A time that no file can have; the present one stays.


def _damaged(archive: Path, error: Exception) -> TargetRefused:
    return TargetRefused(
        f"{archive.name!r} cannot be read as an archive ({type(error).__name__}: {error})", do="fetch it again"
    )


@contextmanager
def _disk_errors_named(archive: Path) -> Iterator[None]:
    try:
        yield
    except TargetRefused:
        raise
    except OSError as error:
        raise as_disk_error(error, f"unpacking {archive.name!r}") from error


def as_disk_error(error: OSError, doing: str) -> DiskFull | NotPermitted:
    """Turn an error of the disk into ours."""
    if error.errno in _FULL:
        return DiskFull(doing)
    return NotPermitted(f"{doing} failed: {error}")


_FULL = {errno.ENOSPC, errno.EDQUOT}


def remove_tree(folder: Path) -> None:
    """Remove a folder and everything below it, also what is not writable."""
    shutil.rmtree(folder, ignore_errors=True)
