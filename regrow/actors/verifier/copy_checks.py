"""Shell: looks into the room for what was tested: the checkout or a release, compiled or fallen back, the tests as shipped."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import anyio.to_thread

from regrow.actors.verifier.counting import TestedModule
from regrow.actors.verifier.shipped_tests import shipped_tests, test_files
from regrow.actors.verifier.tested_copy import installation_of, released_copy, shadowed, tested_copy
from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import package_name
from regrow.core.project.evidence import Evidence
from regrow.core.project.folder_tree import open_folder
from regrow.core.project.plan_steps import roles_of
from regrow.core.sandbox import CHECKOUT, Room
from regrow.core.workshop.leavings import built_modules
from regrow.protocols.documents import Ecosystem
from regrow.protocols.plan import PlanStep
from regrow.protocols.run_messages import CheckOutcome, Verify

__all__ = ["changed_tests", "copy_checks", "fell_back", "may_compile"]

_COMPILED_SOURCES = (".c", ".cc", ".cpp", ".cxx", ".pyx")
COMPILER = "/usr/bin/cc"
"""What builds of Python's extensions call; the link to whichever compiler there is."""
TEST_LIMIT_BYTES = 4 * 1024 * 1024
"""Larger files of tests are not compared with what was shipped."""


async def changed_tests(room: Room, source: Path) -> CheckOutcome | None:
    """The check that names tests of the source which are gone or changed in the room; None when all are as they came."""

    async def read(path: str) -> bytes | None:
        try:
            return await room.read_file(f"{CHECKOUT}/{path}", TEST_LIMIT_BYTES)
        except FileNotFoundError:
            return None

    found = await shipped_tests(await anyio.to_thread.run_sync(_shipped, source), read)
    return None if found is None or found.passed else found


def _shipped(source: Path) -> dict[str, str]:
    """The tests that the source came with -> SHA-256 of each."""
    tree = open_folder(source)
    paths = test_files(path for path, size in tree.files.items() if size <= TEST_LIMIT_BYTES)
    return {path: sha256(tree.read(path)).hexdigest() for path in paths}


async def copy_checks(
    room: Room, evidence: Evidence, modules: Sequence[TestedModule] | None, message: Verify
) -> tuple[CheckOutcome, ...]:
    """Which copy of the project the tests touched; nothing where no reporter saw what they loaded."""
    if message.analysis.ecosystem is not Ecosystem.PYTHON or modules is None:
        return ()
    tree = await anyio.to_thread.run_sync(open_folder, Path(message.source.folder))
    if (own := shadowed(modules, evidence.packages, CHECKOUT, tree)) is not None:
        return (own,)
    installs = any(Role.CHECKOUT in roles_of(step.command) for step in message.plan.steps)
    if not installs or await _from_an_index(room, evidence, modules):
        why = (
            "a later step has put a release in the place of the checkout"
            if installs
            else "no step installs the checkout"
        )
        released = released_copy(modules, evidence.packages, tree, why)
        if released is not None:
            return (released,)
    built = await built_modules(room, evidence.packages) if evidence.extension is not None else {}
    check = tested_copy(modules, evidence.packages, CHECKOUT, built)
    if check.passed is False and not built:
        # Tests that load nothing of the project by its own name are not a wrong copy: a script's tests run the script.
        check = check.model_copy(update={"passed": None})
    return (check,)


async def _from_an_index(room: Room, evidence: Evidence, modules: Sequence[TestedModule]) -> bool:
    """Whether what was loaded was put there by pip from an index: of what it installs from a folder, it notes the address.

    Source: PEP 610, `direct_url.json` of an installed distribution.
    """
    sites = {place for module in modules if (place := installation_of(module, evidence.packages)) is not None}
    wanted = package_name(evidence.name)
    for site in sorted(sites):
        for entry in await room.list_folder(site):
            name, dash, _ = entry.removesuffix(".dist-info").partition("-")
            if entry.endswith(".dist-info") and dash and package_name(name) == wanted:
                files = await room.list_folder(f"{site}/{entry}")
                if "INSTALLER" in files and "direct_url.json" not in files:
                    return True
    return False


def may_compile(message: Verify, evidence: Evidence) -> bool:
    """Whether the project declares compiled modules and has their sources; a word in its metadata alone is no sign."""
    files = open_folder(Path(message.source.folder)).files
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
