"""Readers of formats that are documents only now and then: AsciiDoc, Jupyter notebooks."""

from regrow.actors.doc_analyzer.formats.asciidoc import read_asciidoc
from regrow.actors.doc_analyzer.formats.notebooks import read_notebook

__all__ = ["read_asciidoc", "read_notebook"]
