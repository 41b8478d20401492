"""Reads the documents of a project: what must be there, what is to be typed, what is said to happen.

The reading is `analyze`, a pure function of a `FileTree`. Its parts, in the order in which they are used: `documents`
finds and reads files into `blocks` (`markdown`, `restructured_text`, `plain_text`), `shell_blocks` takes commands out
of code, `mentions` puts them beside what stands around them, `choosing` decides which a newcomer types.
"""

from regrow.actors.doc_analyzer.analysis import analyze

__all__ = ["analyze"]
