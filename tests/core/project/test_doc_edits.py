"""Edits of documents as bytes: what is not edited stays as it was, and the diff is one that git applies."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.project.doc_edits import apply_edits, changed_lines, edited_tree, unified_diff
from regrow.core.project.file_tree import FileTree
from regrow.protocols.doc_patch import DocEdit


def edit(line: int, end_line: int, *lines: str, file: str = "README") -> DocEdit:
    return DocEdit(file=file, line=line, end_line=end_line, lines=lines)


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        (b"a\nb\nc\n", [edit(2, 2, "x", "y")], b"a\nx\ny\nc\n"),
        (b"a\nb\nc\n", [edit(1, 0, "first"), edit(4, 3, "last")], b"first\na\nb\nc\nlast\n"),
        (b"a\nb\nc\n", [edit(3, 3), edit(1, 1)], b"b\n"),
        (b"a\r\nb\r\n", [edit(2, 1, "x")], b"a\r\nx\r\nb\r\n"),
        (b"a\r\nb", [edit(3, 2, "x")], b"a\r\nb\r\nx"),
        (b"a\r\nb\nc\n", [edit(2, 1, "x")], b"a\r\nx\nb\nc\n"),
        (b"a\nb", [edit(1, 1, "x")], b"x\nb"),
        (b"caf\xe9\nb\n", [edit(2, 2, "x")], b"caf\xe9\nx\n"),
        (b"", [edit(1, 0, "x")], b"x\n"),
    ],
)
def test_edits_change_their_own_lines_and_nothing_else(before: bytes, edits: list[DocEdit], after: bytes) -> None:
    assert apply_edits(before, edits) == after


@pytest.mark.parametrize("edits", [[edit(5, 5, "x")], [edit(1, 2, "x"), edit(2, 3, "y")], [edit(6, 5, "x")]])
def test_edits_that_do_not_fit_are_refused(edits: list[DocEdit]) -> None:
    with pytest.raises(ValueError, match="are not there, or are edited twice"):
        apply_edits(b"a\nb\nc\n", edits)


@pytest.mark.parametrize("data", [b"\xff\xfea\x00", b"old\rmac\r"])
def test_a_file_without_lines_to_count_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="line feed"):
        apply_edits(data, [edit(1, 0, "x")])


LINES = st.lists(st.sampled_from(["a", "b", "", "  c", "d\x0c"]), min_size=1, max_size=12)


@given(LINES, st.booleans(), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2), LINES), max_size=3))
def test_a_diff_is_one_that_git_applies(lines: list[str], ends: bool, wanted: list[tuple[int, int, list[str]]]) -> None:
    before = ("\n".join(lines) + ("\n" if ends else "")).encode()
    edits: list[DocEdit] = []
    free = 1
    for skip, taken, new in wanted:
        line = free + skip
        if line + taken - 1 > len(before.decode().rstrip("\n").split("\n")) or line > len(lines):
            break
        edits.append(edit(line, line + taken - 1, *new))
        free = line + max(taken, 1)
    try:
        _, new_files = edited_tree(FileTree.of({"README": before}), edits)
    except ValueError:
        return
    after = new_files.get("README", before)
    diff = unified_diff({"README": before}, {"README": after})
    assert bool(diff) == (before != after)
    assert (changed_lines(diff) > 0) == bool(diff)
    if diff:
        assert applied(before, diff) == after


def applied(before: bytes, diff: str) -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "README").write_bytes(before)
        subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=folder, input=diff.encode(), check=True)
        return (Path(folder) / "README").read_bytes()


def test_only_edited_files_are_new_and_the_others_are_read_as_before() -> None:
    tree, new = edited_tree(FileTree.of({"README": "a\n", "x.py": "1\n"}), [edit(2, 1, "b")])
    assert new == {"README": b"a\nb\n"}
    assert (tree.text("README"), tree.text("x.py"), tree.files["README"]) == ("a\nb\n", "1\n", 4)


def test_line_that_stands_often_is_not_taken_for_changed() -> None:
    blocks = [line for number in range(150) for line in ("```sh", f"run {number}", "```")]
    before = "\n".join([*blocks, ""]).encode()
    edit = DocEdit(file="a", line=len(blocks) - 1, end_line=len(blocks) - 1, lines=("run it",))
    diff = unified_diff({"a": before}, {"a": apply_edits(before, [edit])})
    assert [line for line in diff.splitlines()[2:] if line[:1] in "+-"] == ["-run 149", "+run it"]
