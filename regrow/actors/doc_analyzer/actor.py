"""Shell: answers `AnalyzeDocs`: lists the source tree, reads its documents in a thread, and says what they say."""

from __future__ import annotations

from pathlib import Path

from regrow.actors.doc_analyzer.analysis import analyze
from regrow.core.actor import Actor
from regrow.core.handlers import handler
from regrow.core.project.folder_tree import open_folder
from regrow.protocols.documents import DocAnalysis
from regrow.protocols.messages import NoState
from regrow.protocols.run_messages import AnalyzeDocs

__all__ = ["DocAnalyzerActor"]


class DocAnalyzerActor(Actor[NoState]):
    """It keeps nothing: the same tree gives the same analysis."""

    @handler
    async def analyze_docs(self, message: AnalyzeDocs) -> DocAnalysis:
        """Read the documents of a source tree."""
        return await self.ctx.world.run_blocking(_analyze, message)


def _analyze(message: AnalyzeDocs) -> DocAnalysis:
    tree = open_folder(Path(message.source.folder))
    return analyze(tree, message.documents, message.source.name)
