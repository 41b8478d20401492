"""Shell: reads a target for the linter and asks the package index about names that nothing else speaks for.

A folder is read where it lies: nothing is written, so nothing need be copied. Everything else is fetched as `verify` does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from regrow.actors.doc_analyzer.lint import LintResult, lint, open_target
from regrow.core.fetch import FetchLimits, fetch
from regrow.core.fetch.fetching import path_kind
from regrow.core.fetch.target import FolderTarget, understand
from regrow.core.project.file_tree import FileTree
from regrow.core.project.folder_tree import open_folder
from regrow.protocols.errors import regrow_error
from regrow.protocols.plurals import counted

__all__ = ["LIMIT_QUESTIONS", "lint_folder", "lint_target"]

LIMIT_QUESTIONS = 12
"""Names that the index is asked about: a document with more strange names than this has another fault."""
INDEX_S = 5.0
"""Time for one answer of the index; a linter that waits longer is not run."""


def lint_target(target: str, *, network: bool) -> tuple[FileTree, LintResult]:
    """Lint a target as `verify` takes them. Blocks.

    Returns:
        Its files, still readable, and the result.

    Raises:
        RegrowError: The target cannot be understood, found or fetched.
    """
    wanted = understand(target, path_kind)
    if isinstance(wanted, FolderTarget):
        return lint_folder(Path(wanted.path).expanduser(), network=network)
    with tempfile.TemporaryDirectory(prefix="regrow-lint-") as scratch:
        limits = FetchLimits(network=network)
        fetched = anyio.run(partial(fetch, target, Path(scratch, "target"), limits=limits))
        tree, result = lint_folder(fetched.root, network=network)
        texts = {path: tree.read(path) for path in result.documents}
    return FileTree.of(texts), result


def lint_folder(folder: Path, *, network: bool) -> tuple[FileTree, LintResult]:
    """Lint the project in a folder.

    Raises:
        RegrowError: It has no document (E1001), or cannot be read (E5004).
    """
    tree = open_folder(folder)
    target = open_target(tree)
    if not target.documents:
        raise regrow_error(
            "E1001",
            "holds no README, INSTALL or documentation folder",
            where=f"{str(folder)!r}",
            expected=f"looked at {counted(len(tree.files), 'file')}",
        )
    questions = sorted(target.questions)[:LIMIT_QUESTIONS]
    releases = anyio.run(_releases, questions) if network and questions else {}
    return tree, lint(target, releases)


async def _releases(names: Collection[str]) -> Mapping[str, tuple[str, ...] | None]:
    from regrow.core.fetch.python_index import known_releases, read_index_settings

    limits = FetchLimits(deadline_s=INDEX_S)
    settings = await read_index_settings(Path.cwd(), limits)
    return await to_thread.run_sync(known_releases, names, settings, limits)
