"""Shell: answers `AnalyzeDocs` and `WritePatch`: lists the source tree, reads its documents in a thread, and says what
they say, or should say.
"""

from __future__ import annotations

from pathlib import Path

from regrow.actors.doc_analyzer.analysis import analyze
from regrow.actors.doc_analyzer.patching import propose_patch
from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.core.project.folder_tree import open_folder
from regrow.protocols.doc_patch import DocPatch
from regrow.protocols.documents import DocAnalysis
from regrow.protocols.messages import NoState
from regrow.protocols.run_messages import AnalyzeDocs, WritePatch

__all__ = ["DocAnalyzerActor"]


class DocAnalyzerActor(Actor[NoState]):
    """It keeps nothing: the same tree gives the same analysis."""

    @handler
    async def analyze_docs(self, message: AnalyzeDocs) -> DocAnalysis:
        """Read the documents of a source tree."""
        return await self.ctx.world.run_blocking(_analyze, message)

    @handler
    async def write_patch(self, message: WritePatch) -> DocPatch:
        """Say how the documents should be changed so that they say the plan."""
        return await self.ctx.world.run_blocking(_patch, message)


def _patch(message: WritePatch) -> DocPatch:
    tree = open_folder(Path(message.source.folder))
    return propose_patch(tree, message.analysis, message.plan, message.source.name)


def _analyze(message: AnalyzeDocs) -> DocAnalysis:
    tree = open_folder(Path(message.source.folder))
    return analyze(tree, message.documents, message.source.name)
