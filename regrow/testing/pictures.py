"""Shell: a running tree as text, for the output of a test and for assertions on it."""

from __future__ import annotations

from typing import TextIO

from regrow.supervisors.snapshot import format_tree
from regrow.supervisors.tree import Tree

__all__ = ["print_tree", "render_tree"]


def render_tree(tree: Tree) -> str:
    """Draw the tree as it is now, a line a place: name, class, status, incarnation, restarts, mail, last exit."""
    return format_tree(tree.snapshot(states=False))


def print_tree(tree: Tree, file: TextIO | None = None) -> None:
    """Print that drawing; pytest shows it with a test that fails."""
    print(render_tree(tree), file=file)
