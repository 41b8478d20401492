"""Shell: write `constraints.txt` from the environment that this script runs in (one made by `./run test`).

Names and versions only: no address, no path, nothing of the machine. Regrow itself and the tools of the environment are
left out.
"""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

HEAD = "# The versions that CI runs, without addresses. Made by `.venv/bin/python tools/pins.py` after `./run test`.\n"
NOT_PINNED = {"pip", "regrow", "setuptools", "wheel"}


def pins() -> str:
    """Return the text of the file."""
    found = {dist.metadata["Name"].lower().replace("_", "-"): dist.version for dist in distributions()}
    return HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(found.items()) if name not in NOT_PINNED)


if __name__ == "__main__":
    (Path(__file__).parents[1] / "constraints.txt").write_text(pins(), encoding="utf-8")
