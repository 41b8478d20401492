"""Archives that nobody vouches for (trap 17): each hostile one is refused by entry, and the disk stays bounded."""

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from regrow.core.fetch.archives import unpack
from regrow.core.fetch.entries import Entry, EntryGuard, EntryKind, leads_out
from regrow.core.fetch.errors import DiskFull, TargetRefused
from regrow.core.fetch.limits import FetchLimits

LIMITS = FetchLimits(total_bytes=4_000_000, ratio=100, ratio_from_bytes=1_000_000, entries=50, header_bytes=65_536)


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(
    path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz", form: int = tarfile.PAX_FORMAT
) -> Path:
    with tarfile.open(path, mode, format=form, errors="surrogateescape") as opened:  # type: ignore[call-overload]
        for info, content in members:
            opened.addfile(info, io.BytesIO(content))
    return path


def unpacked(archive: Path, tmp_path: Path, limits: FetchLimits = LIMITS) -> Path:
    into = tmp_path / "into"
    into.mkdir()
    return unpack(archive, into, limits)


def disk_bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


LINK = {"type": tarfile.SYMTYPE}
HARD = {"type": tarfile.LNKTYPE}
HOSTILE: dict[str, tuple[list[tuple[tarfile.TarInfo, bytes]], str, str]] = {
    "dot-dot": ([member("x/../../evil", b"1")], "x/../../evil", "'..'"),
    "absolute": ([member("/etc/evil", b"1")], "/etc/evil", "absolute"),
    "drive": ([member("C:/evil", b"1")], "C:/evil", "absolute"),
    "backslash": ([member("x\\..\\evil", b"1")], "x\\..\\evil", "'..'"),
    "link out": ([member("x/out", linkname="../../etc", **LINK)], "x/out", "link out of the archive"),
    "absolute link": ([member("x/out", linkname="/etc/passwd", **LINK)], "x/out", "link out of the archive"),
    "through a link": (
        [member("x/real/f", b"1"), member("x/l", linkname="real", **LINK), member("x/l/g", b"2")],
        "x/l/g",
        "through the link",
    ),
    "file below a file": ([member("x/f", b"1"), member("x/f/g", b"2")], "x/f/g", "which is a file"),
    "hard link out": ([member("x/h", linkname="/etc/passwd", **HARD)], "x/h", "no earlier file"),
    "hard link to nothing": ([member("x/h", linkname="x/gone", **HARD)], "x/h", "no earlier file"),
    "device": ([member("x/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)], "x/null", "is a device"),
    "pipe": ([member("x/pipe", type=tarfile.FIFOTYPE)], "x/pipe", "named pipe"),
    "not UTF-8": ([member("x/caf\udce9", b"1")], "x/caf\\udce9", "not UTF-8"),
    "control character": ([member("x/a\x1b[2J", b"1")], "x/a\x1b[2J", "control character"),
    "twice, different": ([member("x/f", b"1"), member("x/f", b"2")], "x/f", "twice with different content"),
    "file, then link": ([member("x/f", b"1"), member("x/f", linkname="g", **LINK)], "x/f", "twice"),
    "too many": ([member(f"x/{n}", b"") for n in range(60)], "x/50", "limit 50"),
    "too deep": ([member("/".join("d" * 80), b"1")], "/".join("d" * 80), "folders deep"),
    "declared too large": ([member("x/big", b"0" * 4_000_001)], "", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tar_is_refused_with_the_entry_named(name: str, tmp_path: Path) -> None:
    members, entry, rule = HOSTILE[name]
    archive = tar(tmp_path / "x.tar.gz", *members, form=tarfile.GNU_FORMAT)
    with pytest.raises(TargetRefused) as caught:
        unpacked(archive, tmp_path)
    assert caught.value.code == "E2007"
    assert rule in str(caught.value)
    assert entry in ("", caught.value.entry)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("opener", [gzip.open, bz2.open, lzma.open], ids=["gz", "bz2", "xz"])
def test_zeros_are_refused_before_the_disk_fills(opener: Callable[..., IO[bytes]], tmp_path: Path) -> None:
    archive = tmp_path / "zeros.tar.gz"
    with opener(archive, "wb") as out:
        info = tarfile.TarInfo("x/zeros")
        info.size = 50_000_000
        out.write(info.tobuf())
        for _ in range(50):
            out.write(bytes(1_000_000))
    with pytest.raises(TargetRefused, match=r"unpacks to more than 100 times|past 4000000 bytes") as caught:
        unpacked(archive, tmp_path)
    assert caught.value.entry == "x/zeros"
    assert disk_bytes(tmp_path / "into") == 0


def test_header_that_claims_to_be_huge_is_not_read_into_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 3_000_000
    archive = tmp_path / "x.tar"
    archive.write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + os.urandom(3_000_000))
    with pytest.raises(TargetRefused, match="header record"):
        unpacked(archive, tmp_path)


def test_link_that_leads_out_by_way_of_another_is_refused(tmp_path: Path) -> None:
    archive = tar(
        tmp_path / "x.tar.gz",
        member("d/e/f/file", b"1"),
        member("d/e/f/here", linkname=".", **LINK),
        member("d/e/f/out", linkname="here/../../../../..", **LINK),
    )
    assert not leads_out("d/e/f/out", "here/../../../..")
    with pytest.raises(TargetRefused, match="out of the archive"):
        unpacked(archive, tmp_path)


@pytest.mark.parametrize("cut", [0, 1, 30, -10])
def test_damaged_archive_is_refused(cut: int, tmp_path: Path) -> None:
    archive = tar(tmp_path / "x.tar.gz", member("x/f", os.urandom(5_000)))
    archive.write_bytes(archive.read_bytes()[:cut])
    with pytest.raises(TargetRefused):
        unpacked(archive, tmp_path)


@pytest.mark.parametrize(
    ("suffix", "mode"), [("tar.gz", "w:gz"), ("tar.bz2", "w:bz2"), ("tar.xz", "w:xz"), ("tar", "w")]
)
def test_ordinary_tar_keeps_content_times_links_and_the_executable_bit(suffix: str, mode: str, tmp_path: Path) -> None:
    archive = tar(
        tmp_path / f"x-1.0.{suffix}",
        member("x-1.0", type=tarfile.DIRTYPE, mode=0o755, mtime=1_000_000_000),
        member("x-1.0/run", b"#!/bin/sh\n", mode=0o6755, mtime=1_000_000_001),
        member("x-1.0/Grüße.txt", b"hi", mode=0o600, mtime=1_000_000_002),
        member("x-1.0/link", linkname="docs/../run", **LINK),
        member("x-1.0/hard", linkname="x-1.0/run", mtime=1_000_000_003, **HARD),
        member("x-1.0/run", b"#!/bin/sh\n", mode=0o755),
        mode=mode,
    )
    root = unpacked(archive, tmp_path)
    assert root.name == "x-1.0"
    assert (root / "run").stat().st_mtime == 1_000_000_001
    assert stat.S_IMODE((root / "run").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "Grüße.txt").stat().st_mode) == 0o644
    assert (root / "Grüße.txt").read_bytes() == b"hi"
    assert os.readlink(root / "link") == "docs/../run"
    assert (root / "hard").read_bytes() == b"#!/bin/sh\n"
    assert sorted(path.name for path in root.iterdir()) == ["Grüße.txt", "hard", "link", "run"]


def test_archive_without_a_top_folder_unpacks_to_one(tmp_path: Path) -> None:
    root = unpacked(tar(tmp_path / "x.tar.gz", member("a", b"1"), member("b", b"2")), tmp_path)
    assert sorted(path.name for path in root.iterdir()) == ["a", "b"]


def zipped(path: Path, *entries: tuple[str, bytes, int]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(info, content)
    return path


@pytest.mark.parametrize(
    ("entries", "rule"),
    [
        ([("../evil", b"1", 0o100644)], "'..'"),
        ([("/evil", b"1", 0o100644)], "absolute"),
        ([("x/l", b"../../etc", 0o120777)], "link out"),
        ([("x/l", b"real", 0o120777), ("x/l/f", b"1", 0o100644)], "through the link"),
        ([("x/zeros", bytes(3_500_000), 0o100644)], "times the archive"),
        ([("x/p", b"", stat.S_IFIFO | 0o644)], "named pipe"),
    ],
)
def test_hostile_zip_is_refused(entries: list[tuple[str, bytes, int]], rule: str, tmp_path: Path) -> None:
    with pytest.raises(TargetRefused) as caught:
        unpacked(zipped(tmp_path / "x.zip", *entries), tmp_path)
    assert rule in str(caught.value)
    assert disk_bytes(tmp_path / "into") < LIMITS.total_bytes


def test_zip_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", ("x/cafZ", b"1", 0o100644))
    archive.write_bytes(archive.read_bytes().replace(b"x/cafZ", b"x/caf\xe9"))
    with pytest.raises(TargetRefused, match="not UTF-8"):
        unpacked(archive, tmp_path)


def test_ordinary_zip_keeps_links_and_the_executable_bit(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", ("x/", b"", 0o040755), ("x/run", b"1", 0o100755), ("x/l", b"run", 0o120777))
    root = unpacked(archive, tmp_path)
    assert os.access(root / "run", os.X_OK)
    assert os.readlink(root / "l") == "run"


def test_names_that_differ_in_case_are_two_files_where_the_disk_knows_case(tmp_path: Path) -> None:
    root = unpacked(tar(tmp_path / "x.tar.gz", member("x/Makefile", b"1"), member("x/makefile", b"2")), tmp_path)
    assert len(list(root.iterdir())) in {1, 2}


def test_names_that_differ_in_case_are_refused_where_it_does_not() -> None:
    guard = EntryGuard(LIMITS, packed_bytes=100, fold_case=True)
    guard.admit(Entry("x/README", EntryKind.FILE))
    with pytest.raises(TargetRefused, match="only in case"):
        guard.admit(Entry("x/readme", EntryKind.FILE))


def test_full_disk_is_the_surroundings_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tar(tmp_path / "x.tar.gz", member("x/f", b"1"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("regrow.core.fetch.archives._unpack_members", full)
    with pytest.raises(DiskFull, match="E5002"):
        unpacked(archive, tmp_path)


def test_cancelled_fetch_stops_between_chunks(tmp_path: Path) -> None:
    archive = tar(tmp_path / "x.tar.gz", *(member(f"x/{n}", b"1") for n in range(20)))
    seen = 0

    def pause() -> None:
        nonlocal seen
        seen += 1
        if seen > 5:
            raise KeyboardInterrupt

    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, into, LIMITS, pause)
