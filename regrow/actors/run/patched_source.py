"""Shell: makes a copy of a fetched source whose documents are edited."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from regrow.core.fetch.trees import tree_facts
from regrow.core.project.doc_edits import edited_tree
from regrow.core.project.folder_tree import open_folder
from regrow.protocols.doc_patch import DocEdit
from regrow.protocols.run_messages import SourceTree

__all__ = ["patched_source"]


def patched_source(source: SourceTree, edits: Sequence[DocEdit], into: Path) -> SourceTree:
    """Copy the source to `into`, which is made anew, and edit its documents there.

    Raises:
        ValueError: The edits do not fit.
    """
    if into.exists():  # an incarnation that was killed had begun it
        shutil.rmtree(into)
    shutil.copytree(source.folder, into, symlinks=True)
    _, new = edited_tree(open_folder(into), edits)
    for file, data in new.items():
        (into / file).write_bytes(data)
    return source.model_copy(update={"folder": str(into), "digest": tree_facts(into).digest})
