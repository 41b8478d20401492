"""Two files that differ in one thing: the part and the property are named, and equal files differ in nothing."""

import gzip
import io
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from regrow.actors.verifier.reproducing.comparing import File, compare
from regrow.actors.verifier.reproducing.comparing.found import shortened
from regrow.protocols.reproducibility import PartKind

K = PartKind


def zipped(*members: tuple[str, str], time: int = 2000, mode: int = 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, text in members:
            info = zipfile.ZipInfo(name, (time, 1, 1, 0, 0, 0))
            info.external_attr = (0o100000 | mode) << 16
            file.writestr(info, text)
    return buffer.getvalue()


def tarred(*names: str, time: int = 0, owner: str = "a", packed_at: int = 0, mode: int = 0o644) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for name in names:
            info = tarfile.TarInfo(name)
            info.mtime, info.uname, info.mode, info.size = time, owner, mode, 3
            file.addfile(info, io.BytesIO(b"abc"))
    return gzip.compress(buffer.getvalue(), mtime=packed_at)


def ar(name: str, time: int, content: bytes = b"x\n") -> bytes:
    return b"!<arch>\n" + f"{name + '/':16}{time:<12}{0:<6}{0:<6}{644:<8}{len(content):<10}`\n".encode() + content


def found(first: bytes, second: bytes) -> list[tuple[str, PartKind]]:
    return [(each.part, each.kind) for each in compare(File(first), File(second))]


@pytest.mark.parametrize(
    ("first", "second", "parts"),
    [
        (zipped(("a", "1")), zipped(("a", "1"), time=2001), [("a", K.TIME_STAMP)]),
        (zipped(("a", "1")), zipped(("a", "1"), mode=0o600), [("a", K.PERMISSIONS)]),
        (zipped(("a", "1")), zipped(("a", "2")), [("a: line 1", K.CONTENT)]),
        (zipped(("a", "1"), ("b", "")), zipped(("b", ""), ("a", "1")), [("", K.ORDER)]),
        (zipped(("a", "1"), ("b", "")), zipped(("a", "1")), [("b", K.PRESENCE)]),
        (tarred("a"), tarred("a", time=5), [("content: a", K.TIME_STAMP)]),
        (tarred("a"), tarred("a", owner="b"), [("content: a", K.OWNER)]),
        (tarred("a"), tarred("a", packed_at=9), [("time in the header", K.TIME_STAMP)]),
        (tarred("a", "b"), tarred("b", "a"), [("content", K.ORDER)]),
        (ar("a.o", 1), ar("a.o", 2), [("a.o", K.TIME_STAMP)]),
        (b"a\nb\n", b"b\na\n", [("lines", K.ORDER)]),
        (b"{x, y}\n", b"{y, x}\n", [("line 1", K.ORDER)]),
        (b"a\nb\nc\n", b"a\nX\nY\n", [("line 2", K.CONTENT), ("line 3", K.CONTENT)]),
        (b"a\n", b"a\nb\n", [("lines", K.CONTENT)]),
        (b"a\n", b"a", [("", K.CONTENT)]),
        (b"\0\1\2", b"\0\1\3", [("", K.CONTENT)]),
    ],
)
def test_the_differing_part_is_named(first: bytes, second: bytes, parts: list[tuple[str, PartKind]]) -> None:
    assert found(first, second) == parts
    assert found(first, first) == found(second, second) == []


def test_permissions_of_the_file_itself() -> None:
    (only,) = compare(File(b"x", "644"), File(b"x", "600"))
    assert (only.part, only.kind, only.detail) == ("", K.PERMISSIONS, "644 / 600")


def test_a_program_that_was_changed_in_a_text_is_told_by_section() -> None:
    data = Path(sys.executable).read_bytes()
    if data[:4] != b"\x7fELF":
        pytest.skip("programs are not ELF here")
    at = data.find(b"PYTHONHASHSEED") if b"PYTHONHASHSEED" in data else data.find(b"Python")
    changed = data[:at] + data[at : at + 6].swapcase() + data[at + 6 :]

    (only,) = compare(File(data), File(changed))
    assert only.part.startswith("section .")
    assert only.kind is K.CONTENT


def test_an_archive_that_unpacks_to_too_much_is_compared_as_bytes() -> None:
    bomb = gzip.compress(bytes(300 * 1024 * 1024), mtime=0)
    assert [part for part, _ in found(bomb, bomb[:-1] + b"\1")] == [""]


@pytest.mark.parametrize("cut", range(0, 160, 7))
def test_files_that_are_cut_anywhere_are_compared_all_the_same(cut: int) -> None:
    for whole in (zipped(("a", "1")), tarred("a"), ar("a.o", 1)):
        assert cut >= len(whole) or found(whole, whole[:cut])


def test_what_is_equal_in_parts_and_packed_otherwise_differs() -> None:
    same = [gzip.compress(b"abc" * 1000, level, mtime=0) for level in (1, 9)]
    assert found(*same) == [("", K.CONTENT)]


def test_a_long_value_is_shown_where_it_differs() -> None:
    assert "X" in shortened("a" * 500 + "X" + "b" * 500, "a" * 500 + "Y" + "b" * 500)
    assert len(shortened("a" * 5000, "b" * 5000)) < 200
