"""A room's files are found from outside as the room itself would see them."""

import os
from pathlib import Path

import pytest

from regrow.core.sandbox.folders.lookup import export, find, names, room_parts


@pytest.fixture
def stack(tmp_path: Path) -> list[Path]:
    upper, lower = tmp_path / "upper", tmp_path / "lower"
    (lower / "etc").mkdir(parents=True)
    (lower / "etc/passwd").write_text("the room's")
    (lower / "d/sub").mkdir(parents=True)
    (lower / "d/low").write_text("low")
    (lower / "d/both").write_text("old")
    (upper / "d").mkdir(parents=True)
    (upper / "d/both").write_text("new")
    (upper / "absolute").symlink_to("/etc/passwd")
    (upper / "d/up").symlink_to("../../../../etc/passwd")
    (upper / "loop").symlink_to("loop")
    (upper / "folder").symlink_to("d")
    return [upper, lower]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/d/both", "new"),
        ("/d/low", "low"),
        ("/absolute", "the room's"),
        ("/d/up", "the room's"),
        ("/folder/low", "low"),
        ("/d/../etc/passwd", "the room's"),
        ("/../../etc/passwd", "the room's"),
    ],
)
def test_a_path_is_followed_inside_the_room(stack: list[Path], path: str, text: str) -> None:
    found = find(stack, path)
    assert found is not None
    assert found.read_text() == text


@pytest.mark.parametrize("path", ["/nothing", "/loop", "/d/both/x", "/etc/hostname"])
def test_what_the_room_has_not_is_not_found(stack: list[Path], path: str) -> None:
    assert find(stack, path) is None


def test_a_whiteout_hides_what_is_below(stack: list[Path]) -> None:
    try:
        os.mknod(stack[0] / "d/low", 0o020000, os.makedev(0, 0))
    except PermissionError:
        pytest.skip("only root may make a whiteout outside of a room")
    assert find(stack, "/d/low") is None
    assert names(stack, "/d") == ("both", "sub", "up")


def test_an_opaque_folder_hides_what_is_below(stack: list[Path]) -> None:
    try:
        os.setxattr(stack[0] / "d", "user.overlay.opaque", b"y")
    except OSError:
        pytest.skip("this file system keeps no attributes")
    assert names(stack, "/d") == ("both", "up")
    assert find(stack, "/d/low") is None


def test_a_folder_lists_what_any_layer_has(stack: list[Path]) -> None:
    assert names(stack, "/d") == ("both", "low", "sub", "up")
    assert names(stack, "/folder") == ("both", "low", "sub", "up")
    assert names(stack, "/d/low") == ()


def test_an_export_keeps_links_as_links(stack: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert set(export(stack, "/d", target)) == {"both", "low", "up"}
    assert (target / "both").read_text() == "new"
    assert (target / "up").is_symlink()
    with pytest.raises(FileExistsError):
        export(stack, "/d", target)
    with pytest.raises(FileNotFoundError):
        export(stack, "/nothing", tmp_path / "other")


@pytest.mark.parametrize("path", ["", "/", "relative", "/a/.."])
def test_a_place_to_copy_to_is_below_the_root(path: str) -> None:
    with pytest.raises(ValueError, match="absolute path"):
        room_parts(path)
