"""What a project declares of itself outside its documents: metadata, tool settings, recipes, the tests themselves.

Evidence is never silently documentation: a step that rests on it is a deviation that names the file and the line.
Nothing here runs code of the project; Python files are parsed, not imported.
"""

from regrow.core.project.evidence.gather import gather
from regrow.core.project.evidence.model import Declared, Evidence, OwnTests, TestCommand, TestSource

__all__ = ["Declared", "Evidence", "OwnTests", "TestCommand", "TestSource", "gather"]
