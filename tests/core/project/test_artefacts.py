"""What a build made, told from what others made and from what only leads there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.project.artefacts import HEAD_BYTES, in_order, kind_of, may_be_artefact
from regrow.protocols.verification import ArtefactKind

K = ArtefactKind


def elf(kind: int, *, big: bool = False) -> bytes:
    said = bytes([0, kind]) if big else bytes([kind, 0])
    return b"\x7fELF" + bytes([2, 2 if big else 1, 1]) + bytes(9) + said + bytes(2)


@pytest.mark.parametrize(
    ("path", "head", "kind"),
    [
        ("dist/x-1.0-py3-none-any.whl", b"PK\x03\x04", K.WHEEL),
        ("dist/x-1.0.tar.gz", b"\x1f\x8b", K.SDIST),
        ("x-1.0.tar.xz", b"\xfd7zXZ", K.SDIST),
        ("x-1.0.0.tgz", b"\x1f\x8b", K.PACKED),
        ("target/x.jar", b"PK\x03\x04", K.PACKED),
        ("src/tool", elf(2), K.PROGRAM),
        ("src/tool", elf(3), K.PROGRAM),
        ("src/tool", elf(3, big=True), K.PROGRAM),
        ("src/libx.so.1.2", elf(3), K.SHARED_LIBRARY),
        ("x/_fast.cpython-311-x86_64-linux-gnu.so", elf(3), K.SHARED_LIBRARY),
        ("build/Release/x.node", elf(3), K.SHARED_LIBRARY),
        ("libx.a", b"!<arch>\n/  ", K.STATIC_LIBRARY),
        ("src/tool.o", elf(1), None),
        ("configure", b"#!/bin/sh\n", None),
        ("src/tool", b"", None),
        ("src/tool", b"\x7fELF", None),
        ("notes.deb", b"!<arch>\ndebian-bin", None),
    ],
)
def test_a_file_is_what_its_name_and_first_bytes_say(path: str, head: bytes, kind: ArtefactKind | None) -> None:
    assert kind_of(path, head[:HEAD_BYTES]) is kind


@pytest.mark.parametrize(
    "path",
    [
        "node_modules/esbuild/bin/esbuild",
        ".venv/lib/python3.11/site-packages/numpy/core/_x.so",
        "CMakeFiles/3.25.1/CompilerIdC/a.out",
        "conftest",
        "conftest.exe",
        ".tox/py/bin/python",
        ".git/hooks/pre-commit",
        "build/meson-private/sanitycheckc.exe",
    ],
)
def test_what_others_made_is_not_looked_at(path: str) -> None:
    assert not may_be_artefact(path, executable=True)


def test_only_what_can_be_an_artefact_is_opened() -> None:
    assert [
        may_be_artefact(path, executable=False)
        for path in ("README.md", "src/x.o", "src/tool", "libx.so.1", "libx.a", "d/x.whl", "confident/x.so")
    ] == [False, False, False, True, True, True, True]


def test_what_is_handed_on_comes_first() -> None:
    found = [
        ("a.so", K.SHARED_LIBRARY),
        ("z", K.PROGRAM),
        ("b", K.PROGRAM),
        ("dist/x.tar.gz", K.SDIST),
        ("x.whl", K.WHEEL),
    ]
    assert [path for path, _ in in_order(found)] == ["x.whl", "dist/x.tar.gz", "b", "z", "a.so"]


@given(st.text(max_size=40), st.binary(max_size=HEAD_BYTES))
def test_no_name_and_no_bytes_are_too_odd(path: str, head: bytes) -> None:
    kind = kind_of(path, head)
    assert kind is None or isinstance(kind, ArtefactKind)
