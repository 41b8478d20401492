"""What layers show as one tree, as overlayfs shows it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from regrow.core.sandbox.folders.written import written


def put(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text or name)


def test_a_later_layer_replaces_and_adds(tmp_path: Path) -> None:
    put(tmp_path / "1", "a/x", "a/y")
    put(tmp_path / "2", "a/x", "b")
    shown = written([tmp_path / "1", tmp_path / "2"], lambda _: True)
    assert {path: host.relative_to(tmp_path).as_posix() for path, host in shown.items()} == {
        "/a/x": "2/a/x",
        "/a/y": "1/a/y",
        "/b": "2/b",
    }


def test_a_file_or_link_in_the_place_of_a_folder_hides_it(tmp_path: Path) -> None:
    put(tmp_path / "1", "a/x", "b/x", "bc/x")
    put(tmp_path / "2", "a")
    (tmp_path / "2/b").symlink_to("/etc")
    shown = written([tmp_path / "1", tmp_path / "2"], lambda _: True)
    assert set(shown) == {"/a", "/bc/x"}


def test_a_folder_that_is_not_entered_is_not_read(tmp_path: Path) -> None:
    put(tmp_path / "1", "a/x", "a/.git/x", "c/x")
    assert set(written([tmp_path / "1"], lambda path: path not in ("/a/.git", "/c"))) == {"/a/x"}


def test_an_opaque_folder_hides_what_is_below(tmp_path: Path) -> None:
    put(tmp_path / "1", "a/x", "a/y")
    put(tmp_path / "2", "a/z")
    try:
        os.setxattr(tmp_path / "2/a", "user.overlay.opaque", b"y")
    except OSError:
        pytest.skip("this file system has no attributes")
    assert set(written([tmp_path / "1", tmp_path / "2"], lambda _: True)) == {"/a/z"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device files")
def test_a_whiteout_hides_a_file_and_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "1", "a/x", "b", "c")
    (tmp_path / "2").mkdir()
    try:
        for name in ("a", "b"):
            os.mknod(tmp_path / "2" / name, 0o20000, os.makedev(0, 0))
    except PermissionError:
        pytest.skip("no device file can be made here")
    assert set(written([tmp_path / "1", tmp_path / "2"], lambda _: True)) == {"/c"}
