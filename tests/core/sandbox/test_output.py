"""The output of a command is kept in a file that never grows over its limit."""

from pathlib import Path

import pytest

from regrow.core.sandbox.limits import TAIL_CHARS
from regrow.core.sandbox.output import OutputFile


def kept(path: Path, limit: int | None, chunks: list[bytes]) -> bytes:
    output = OutputFile(path, limit)
    for chunk in chunks:
        output.write(chunk)
    output.close()
    output.close()
    assert output.total_bytes == sum(map(len, chunks))
    return path.read_bytes()


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
@pytest.mark.parametrize("limit", [None, 1000, 5000])
def test_what_is_within_the_limit_is_kept_whole(tmp_path: Path, limit: int | None, size: int) -> None:
    data = bytes(number % 251 for number in range(1000))
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    assert kept(tmp_path / "o", limit, chunks) == data


@pytest.mark.parametrize("size", [1, 13, 400, 5000])
def test_of_a_flood_the_head_and_the_tail_are_kept(tmp_path: Path, size: int) -> None:
    data = b"".join(b"%06d\n" % number for number in range(1000))
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    found = kept(tmp_path / "o", 700, chunks)
    assert found.startswith(data[:350])
    assert found.endswith(data[-350:])
    assert b"6300 bytes are left out" in found
    assert len(found) < 800


def test_a_character_in_two_chunks_is_decoded_once(tmp_path: Path) -> None:
    output = OutputFile(tmp_path / "o", 100)
    assert [output.write(chunk) for chunk in (b"a\xc3", b"\xa9b", b"\xff")] == ["a", "éb", "�"]
    assert output.tail == "aéb�"
    output.close()


def test_the_tail_is_bounded(tmp_path: Path) -> None:
    output = OutputFile(tmp_path / "o", None)
    output.write(b"x" * (3 * TAIL_CHARS))
    output.write(b"end")
    output.close()
    assert len(output.tail) == TAIL_CHARS
    assert output.tail.endswith("xend")
