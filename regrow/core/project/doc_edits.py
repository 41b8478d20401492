"""Edits of documents: carried out on text, and shown as a unified diff that `git apply` and `patch` take.

Text is taken as it lies on the disk: what is not UTF-8 and whatever ends its lines stays as it is. A file whose lines do
not end with a line feed has none in the sense of a diff, and is refused.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from regrow.core.project.file_tree import FileTree
from regrow.protocols.doc_patch import DocEdit

__all__ = ["apply_edits", "changed_lines", "edited_tree", "unified_diff"]

_CONTEXT_LINES = 3
_ODD_MARKS = (b"\xff\xfe", b"\xfe\xff")


def apply_edits(data: bytes, edits: Sequence[DocEdit]) -> bytes:
    """Return the file with its edits carried out; all line numbers are those of the old text.

    Raises:
        ValueError: Two edits overlap, a line is not there, or the file has no lines to count.

    >>> apply_edits(b"one\\ntwo\\n", [DocEdit(file="a", line=2, end_line=1, lines=("one and a half",))])
    b'one\\none and a half\\ntwo\\n'
    """
    if data.startswith(_ODD_MARKS) or (b"\r" in data.replace(b"\r\n", b"")):
        msg = "its lines do not end with a line feed"
        raise ValueError(msg)
    # Where only some lines end as on Windows, each keeps its own end and new ones get the plain one.
    end = "\r\n" if b"\r\n" in data and data.count(b"\r\n") == data.count(b"\n") else "\n"
    lines = data.decode("utf-8", "surrogateescape").split(end)
    whole = lines[-1] == ""  # its last line ends
    if whole:
        lines.pop()
    before = len(lines) + 1
    for edit in sorted(edits, key=lambda one: (one.line, one.end_line), reverse=True):
        if edit.end_line >= before or edit.end_line > len(lines) or edit.line > len(lines) + 1:
            msg = f"lines {edit.line} to {edit.end_line} of {edit.file} are not there, or are edited twice"
            raise ValueError(msg)
        lines[edit.line - 1 : edit.end_line] = edit.lines
        before = edit.line
    return end.join([*lines, ""] if whole else lines).encode("utf-8", "surrogateescape")


def edited_tree(tree: FileTree, edits: Sequence[DocEdit]) -> tuple[FileTree, dict[str, bytes]]:
    """Return the tree with its documents edited, and the new content of each that was.

    Raises:
        ValueError: As for `apply_edits`.
    """
    by_file: dict[str, list[DocEdit]] = defaultdict(list)
    for edit in edits:
        by_file[edit.file].append(edit)
    new = {file: apply_edits(tree.read(file), its) for file, its in by_file.items()}

    def read(path: str) -> bytes:
        return new[path] if path in new else tree.read(path)

    return FileTree({**tree.files, **{file: len(data) for file, data in new.items()}}, read), new


def unified_diff(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> str:
    """Return what has changed, three lines of context around it, files in the order of their names."""
    parts: list[str] = []
    for file in sorted(new):
        hunks = list(_hunks(_lines(old[file]), _lines(new[file])))
        parts += [f"--- a/{file}\n", f"+++ b/{file}\n", *hunks] if hunks else []
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in parts)


def _hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """The lines of `difflib.unified_diff`, which takes a line that stands often (the end of a block of code) for changed."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT_LINES):
        (_, first, _, start, _), (_, _, last, _, end) = group[0], group[-1]
        yield f"@@ -{_range(first, last)} +{_range(start, end)} @@\n"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in before[i1:i2])
            else:
                yield from (f"-{line}" for line in before[i1:i2])
                yield from (f"+{line}" for line in after[j1:j2])


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return f"{start + 1}"
    return f"{start + 1 if length else start},{length}"


def changed_lines(diff: str) -> int:
    """Return how many lines a diff takes away or adds."""
    return sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in diff.splitlines() if line)


def _lines(data: bytes) -> list[str]:
    # `splitlines` ends a line at a form feed too, which no diff does.
    pieces = data.decode("utf-8", "replace").split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
