"""The replacements of findings as one unified diff that `git apply` takes.

Lines are compared as they lie in the file, with their own line ends, so that a document with Windows line ends gets a patch
that fits. Of two replacements that overlap the first is kept; running the linter again finds the other.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from regrow.actors.doc_analyzer.lint import Edit, Finding
from regrow.core.project.file_tree import FileTree

__all__ = ["edited_text", "unified_patch"]


def unified_patch(tree: FileTree, findings: Iterable[Finding]) -> str:
    """A patch of every replacement; empty when there is none.

    >>> from regrow.core.project.file_tree import FileTree
    >>> found = Finding("README", 1, "misspelt-command", "", "", Edit(1, 0, 3, "pip"))
    >>> print(unified_patch(FileTree.of({"README": "pop install x"}), [found]), end="")
    --- a/README
    +++ b/README
    @@ -1 +1 @@
    -pop install x
    \\ No newline at end of file
    +pip install x
    \\ No newline at end of file
    """
    by_file: dict[str, list[Edit]] = {}
    for finding in findings:
        if finding.edit is not None:
            by_file.setdefault(finding.file, []).append(finding.edit)
    return "".join(part for file, edits in sorted(by_file.items()) for part in _of_file(tree, file, edits))


def _of_file(tree: FileTree, file: str, edits: list[Edit]) -> Iterator[str]:
    try:
        before = tree.read(file).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return  # A patch of another encoding would not be a text.
    after = edited_text(before, edits)
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if any(line.rstrip("\r\n") != line.rstrip("\r\n").replace("\r", "") for line in old):
        return
    for line in difflib.unified_diff(old, new, f"a/{file}", f"b/{file}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def edited_text(text: str, edits: Iterable[Edit]) -> str:
    """A text with the replacements made, from the last one back so that columns stay true."""
    lines = text.split("\n")
    taken: dict[int, list[tuple[int, int]]] = {}
    chosen: list[Edit] = []
    for edit in edits:
        spans = taken.setdefault(edit.line, [])
        if 0 < edit.line <= len(lines) and all(edit.end <= start or end <= edit.start for start, end in spans):
            spans.append((edit.start, edit.end))
            chosen.append(edit)
    for edit in sorted(chosen, key=lambda one: (one.line, one.start), reverse=True):
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start] + edit.text + line[edit.end :]
    return "\n".join(lines)
