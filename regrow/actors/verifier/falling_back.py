"""Shell: looks for compiled modules that a build has left out without saying so (trap 35)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from regrow.core.project.command_facts import Role
from regrow.core.project.evidence import Evidence
from regrow.core.project.folder_tree import open_folder
from regrow.core.project.plan_steps import roles_of
from regrow.core.sandbox import Room
from regrow.core.workshop.workshop import built_modules
from regrow.protocols.documents import Ecosystem
from regrow.protocols.plan import PlanStep

__all__ = ["COMPILER", "fell_back", "may_compile"]

_COMPILED_SOURCES = (".c", ".cc", ".cpp", ".cxx", ".pyx")
COMPILER = "/usr/bin/cc"
"""What builds of Python's extensions call; the link to whichever compiler there is."""


def may_compile(source: Path, evidence: Evidence) -> bool:
    """Whether the project declares compiled modules and has their sources; a word in its metadata alone is no sign."""
    files = open_folder(source).files
    return evidence.extension is not None and any(path.endswith(_COMPILED_SOURCES) for path in files)


async def fell_back(room: Room, evidence: Evidence, build: Sequence[PlanStep]) -> tuple[str, ...]:
    """What the build has left out without saying so: compiled modules that are declared, where nothing can compile.

    Python's builds go on without an optional extension. A module of Node's is shipped ready-made, or its tests fail.
    """
    if evidence.ecosystem is not Ecosystem.PYTHON:
        return ()
    installed = any(Role.CHECKOUT in roles_of(step.command) for step in build)
    if not installed or await room.find(COMPILER) is not None:
        return ()
    if await built_modules(room, evidence.packages):
        return ()
    return (f"{evidence.extension} declares compiled modules, and without a compiler none was built",)
