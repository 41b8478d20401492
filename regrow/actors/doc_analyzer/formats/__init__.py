"""Readers of documents, one for each format: text in, blocks with the lines of the file out. Pure."""

from regrow.actors.doc_analyzer.formats.asciidoc import read_asciidoc
from regrow.actors.doc_analyzer.formats.markdown import read_markdown
from regrow.actors.doc_analyzer.formats.notebooks import read_notebook
from regrow.actors.doc_analyzer.formats.plain_text import read_plain_text
from regrow.actors.doc_analyzer.formats.restructured_text import read_restructured_text

__all__ = ["read_asciidoc", "read_markdown", "read_notebook", "read_plain_text", "read_restructured_text"]
