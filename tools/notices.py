"""Shell: write `THIRD_PARTY_NOTICES.md` from the metadata of what `pip install regrow` brings.

Nothing here is typed by hand: name, version, licence and the licence's text come from the installed distributions. Run it
in an environment of `./run test` whenever a dependency changes: `.venv/bin/python tools/notices.py`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Third-party notices

regrow itself is under the MIT licence (see LICENSE). It contains no code of others; `pip install regrow` installs these
distributions beside it, each under its own licence. Made from their metadata by `tools/notices.py`.
"""
UNKNOWN = {"", "UNKNOWN"}


def closure(names: Iterable[str]) -> dict[str, Distribution]:
    """Return the distributions that the requirements bring on this platform, by their canonical names.

    Raises:
        SystemExit: One of them is not installed here.
    """
    found: dict[str, Distribution] = {}
    waiting = [Requirement(name) for name in names]
    while waiting:
        requirement = waiting.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            found[name] = distribution(requirement.name)
        except PackageNotFoundError:
            sys.exit(f"{requirement.name} is not installed here; run ./run test first")
        waiting += [Requirement(text) for text in found[name].requires or ()]
    return dict(sorted(found.items()))


def field(dist: Distribution, name: str) -> str:
    """Return the first value of a metadata field, or nothing."""
    values = dist.metadata.get_all(name) or [""]
    return str(values[0])


def licence_of(dist: Distribution) -> str:
    """Return the licence as its metadata says it: the expression, else the classifiers, else the first line of the text."""
    expression = field(dist, "License-Expression")
    if expression not in UNKNOWN:
        return expression
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in dist.metadata.get_all("Classifier") or ()
        if text.startswith("License :: ") and not text.endswith("OSI Approved")
    ]
    stated = field(dist, "License").strip()
    return "; ".join(classifiers) or (stated.splitlines()[0] if stated not in UNKNOWN else "see its text")


def licence_texts(dist: Distribution) -> list[str]:
    """Return the licence files that the distribution carries."""
    wanted = re.compile(r"(^|/)(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)
    paths = [file for file in dist.files or () if ".dist-info/" in str(file) and wanted.search(str(file))]
    return [Path(str(dist.locate_file(path))).read_text(encoding="utf-8", errors="replace").strip() for path in paths]


def notices() -> str:
    """Return the text of the file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = [HEAD]
    for name, dist in closure(project["dependencies"]).items():
        parts.append(f"## {name} {dist.version}\n\nLicence: {licence_of(dist)}\n")
        parts += [f"```text\n{text}\n```\n" for text in licence_texts(dist)]
    return "\n".join(parts)


if __name__ == "__main__":
    (ROOT / "THIRD_PARTY_NOTICES.md").write_text(notices(), encoding="utf-8")
