"""Shell: builds each project, and prints the cause that was found beside the one that it has.

Exit status 1 when one is not found, or another is named. `python -m tests.reproducibility [NAME...]`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import anyio

from regrow.config.folders import cache_dir
from regrow.core.sandbox import open_sandbox
from tests.reproducibility.building import build_repeatedly
from tests.reproducibility.projects import PROJECTS


async def main(names: list[str]) -> int:
    """Return the exit status."""
    sandbox = await open_sandbox(cache_dir())
    wrong = 0
    for name in names or PROJECTS:
        project = PROJECTS[name]
        began_s = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="reproducibility-") as folder:
            found = await build_repeatedly(sandbox, project, Path(folder))
        expected = set() if project.cause is None else {(project.artefact, project.cause)}
        got = {(each.artefact, each.cause) for each in found.differences}
        wrong += got != expected or (found.reproducible is not (project.cause is None))
        told = "; ".join(
            f"{each.cause.value}: {each.artefact} {each.part}: {each.detail}" for each in found.differences
        )
        mark = "ok  " if got == expected else "WRONG"
        remedy = "" if found.remedy is None else f" [{found.remedy.environment} same={found.remedy.same}]"
        print(
            f"{mark} {name:16} {time.monotonic() - began_s:5.1f} s, {len(found.builds):2} builds  {told or found.reason}"
            f"{remedy} {' '.join(found.notes)}"
        )
    print(f"{len(names or PROJECTS) - wrong} of {len(names or PROJECTS)} as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(anyio.run(main, sys.argv[1:]))
