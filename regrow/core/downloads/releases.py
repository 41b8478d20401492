"""Shell: what was fetched as a target, kept so that it can be fetched again without asking anybody. Blocking.

Of a release it is kept what its index said of it, and its files by their content; of a repository a mirror, which is brought
up to date before each clone. A version that is not named means the one that was the newest when it was last asked for.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from regrow.core.downloads.store import DownloadStore

__all__ = ["Keeper", "KeptRelease"]


class KeptRelease(BaseModel):
    """A release as it was fetched: what its index said, and its files with their SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wanted: str
    facts: Mapping[str, JsonValue]
    files: Mapping[str, str]


class Keeper:
    """Keeps releases below the folder of downloads; see the module. Without a folder nothing is kept."""

    def __init__(self, downloads: Path | None) -> None:
        self._folder = downloads
        self._store = DownloadStore(downloads) if downloads is not None else None

    @property
    def keeps(self) -> bool:
        """Whether anything is kept."""
        return self._folder is not None

    def keep(self, wanted: Sequence[str], facts: Mapping[str, JsonValue], files: Sequence[Path]) -> None:
        """Keep a release under each name that it may be asked for by."""
        if self._store is None:
            return
        kept = {path.name: self._store.keep_file(path) for path in files}
        for name in dict.fromkeys(wanted):
            place = self._place(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            fresh = place.with_name(f".{place.name}.{os.getpid()}")
            fresh.write_text(KeptRelease(wanted=name, facts=facts, files=kept).model_dump_json(), "utf-8")
            fresh.replace(place)

    def restore(self, wanted: str, into: Path) -> Mapping[str, JsonValue]:
        """Put the files of a release into a folder, and return what its index said.

        Raises:
            LookupError: It is not kept.
        """
        try:
            found = KeptRelease.model_validate_json(self._place(wanted).read_bytes())
        except (OSError, ValidationError, ValueError):
            raise LookupError(f"{wanted!r} is not in the download cache") from None
        assert self._store is not None
        for name, sha256 in found.files.items():
            content = self._store.content(sha256)
            if content is None:
                raise LookupError(f"{name!r} of {wanted!r} is not in the download cache")
            shutil.copyfile(content, into / Path(name).name)
        return found.facts

    def mirror(self, url: str) -> Path | None:
        """Return where the mirror of a repository is, None where nothing is kept."""
        if self._folder is None:
            return None
        return self._folder / "repositories" / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.git"

    def _place(self, wanted: str) -> Path:
        if self._folder is None:
            raise ValueError(wanted)
        return self._folder / "targets" / f"{hashlib.sha256(wanted.encode()).hexdigest()}.json"
