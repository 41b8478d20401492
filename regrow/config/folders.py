"""Shell: where a user's files belong on this system, by the rules of the system (XDG on Linux).

Without a home that can be written (a service, a container, a build machine) they go into a folder of the user's own
under the temporary folder: a verification is worth more than a place that lasts. That folder must be the user's:
somebody else could have made it first to read what is written there.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

from regrow.protocols.errors import EnvironmentFault

__all__ = ["cache_dir", "config_file", "runs_dir", "state_dir"]

_NAME = "regrow"


def state_dir() -> Path:
    """What must last: the store."""
    return _usable(platformdirs.user_state_path(_NAME), "state")


def runs_dir() -> Path:
    """A folder for each run: logs, layers, reports."""
    return state_dir() / "runs"


def cache_dir() -> Path:
    """What can be made again: base roots and downloads."""
    return _usable(platformdirs.user_cache_path(_NAME), "cache")


def config_file() -> Path:
    """The user's own settings, when there is no nearer file."""
    return platformdirs.user_config_path(_NAME) / "regrow.toml"


def _usable(wanted: Path, kind: str) -> Path:
    """Return `wanted` when it exists or can be made and written, else a folder under the temporary one."""
    nearest = wanted
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if os.access(nearest, os.W_OK | os.X_OK):
        return wanted
    own = Path(tempfile.gettempdir()) / f"{_NAME}-{os.getuid()}"
    own.mkdir(mode=0o700, exist_ok=True)
    if own.is_symlink() or own.stat().st_uid != os.getuid():
        raise EnvironmentFault("E5004", "belongs to somebody else", where=str(own))
    return own / kind
