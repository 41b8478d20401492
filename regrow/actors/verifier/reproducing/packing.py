"""How a project is packed when no step of its documents does: what its author would publish. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from regrow.actors.verifier.reproducing.artefacts import is_archive
from regrow.core.project.command_facts import Role
from regrow.core.project.plan_steps import roles_of
from regrow.core.workshop.workshop import WORK_FOLDER
from regrow.protocols.plan import Ecosystem, PlanStep

__all__ = ["PACKED", "packing_command", "steps_that_build"]

PACKED = f"{WORK_FOLDER}/packed"
"""The folder of the room that the packing command writes to."""


_PREPARES: Final = frozenset(
    {Role.RELEASED, Role.REQUIREMENTS, Role.SYSTEM, Role.ENVIRONMENT, Role.SHELL, Role.STYLE, Role.FETCH}
)


def steps_that_build(steps: Sequence[PlanStep]) -> tuple[PlanStep, ...]:
    """Return the steps without those at the end that only get the tests ready (`pip install pytest`): they make nothing."""
    kept = list(steps)
    while kept and (roles := roles_of(kept[-1].command)) and roles <= _PREPARES:
        kept.pop()
    return tuple(kept) or tuple(steps)


def packing_command(ecosystem: Ecosystem, root_files: Collection[str], made: Collection[str]) -> str:
    """Return the command that packs the checkout, which is the folder that it is typed in; "" when none is needed.

    Args:
        ecosystem: Of the project.
        root_files: Names of the files at its root.
        made: The artefacts that the documented steps have made.

    >>> packing_command(Ecosystem.NODE, ["package.json"], [])
    'mkdir -p /build/regrow/packed && npm pack --ignore-scripts --pack-destination /build/regrow/packed'
    """
    if any(is_archive(name) and name.endswith((".whl", ".egg", ".tgz", ".tar.gz", ".zip")) for name in made):
        return ""
    begin = f"mkdir -p {PACKED} && "
    if ecosystem is Ecosystem.PYTHON and not {"pyproject.toml", "setup.py"}.isdisjoint(root_files):
        # The pip of an environment that the documents made, else that of the room; a wheel in a cache is another build's.
        return (
            f"{begin}(python -m pip --version >/dev/null 2>&1 && p=python || p=python3; "
            f"$p -m pip wheel --quiet --no-deps --no-cache-dir --wheel-dir {PACKED} .)"
        )
    if ecosystem is Ecosystem.NODE and "package.json" in root_files:
        return f"{begin}npm pack --ignore-scripts --pack-destination {PACKED}"
    return ""
