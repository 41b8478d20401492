"""Where this user's runs, store and caches lie."""

from __future__ import annotations

from pathlib import Path

from regrow.config import load_settings
from regrow.daemon.verification import Folders

__all__ = ["folders_for"]


def folders_for(run_dir: Path | None = None) -> Folders:
    """Return the folders of the settings; `run_dir` replaces that of the runs, with a store of its own."""
    settings = load_settings()
    runs = run_dir.absolute() if run_dir is not None else settings.folders.runs_dir
    store = runs / "regrow.db" if run_dir is not None else settings.folders.state_dir / "regrow.db"
    return Folders(runs, store, settings.folders.cache_dir)
