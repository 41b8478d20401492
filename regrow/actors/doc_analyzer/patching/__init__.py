"""Writes what a healed run has found out into the project's own documents, in their style and at the place concerned."""

from regrow.actors.doc_analyzer.patching.proposing import propose_patch

__all__ = ["propose_patch"]
