"""What apt's answers mean: a package that nobody has, and a mirror that nobody reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from regrow.core.sandbox.bases.packages import PackageSource, unpack_packages
from regrow.protocols.errors import RegrowError

pytestmark = pytest.mark.anyio
UNREACHED = (
    "W: Failed to fetch http://mirror.example/dists/stable/InRelease  Temporary failure resolving 'mirror.example'"
)


@pytest.mark.parametrize(("update_says", "code"), [(UNREACHED, "E5003"), ("Reading package lists...", "E2011")])
async def test_a_package_is_unknown_only_where_the_lists_were_read(
    update_says: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """apt-get update ends with 0 when it reached no mirror; a project would fail for it that was never looked at."""
    (tmp_path / "bin").mkdir()
    apt = tmp_path / "bin" / "apt-get"
    unknown = "E: Unable to locate package git"
    apt.write_text(f'#!/bin/sh\ncase "$*" in *update) echo "{update_says}";; *) echo "{unknown}"; exit 100;; esac\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    (tmp_path / "work").mkdir()
    with pytest.raises(RegrowError) as caught:
        await unpack_packages(PackageSource({"a.list": "deb x y z"}), ["git"], tmp_path / "root", tmp_path / "work")
    assert caught.value.code == code
