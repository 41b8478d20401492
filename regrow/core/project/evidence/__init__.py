"""What a project declares of itself outside its documents: metadata, tool settings, recipes, the tests themselves.

Evidence is never silently documentation: a step that rests on it is a deviation that names the file and the line.
Nothing here runs code of the project; Python files are parsed, not imported.
"""

from regrow.core.project.evidence.gather import gather
from regrow.core.project.evidence.missing import missing_modules, with_missing
from regrow.core.project.evidence.model import (
    Declared,
    Evidence,
    MissingModule,
    Origin,
    OwnTests,
    TestCommand,
    TestSource,
)

__all__ = [
    "Declared",
    "Evidence",
    "MissingModule",
    "Origin",
    "OwnTests",
    "TestCommand",
    "TestSource",
    "gather",
    "missing_modules",
    "with_missing",
]
