"""The index of files: made once by way of apt, kept, and never half there. apt is a script that writes a small list."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from regrow.core.sandbox.bases import file_index
from regrow.core.sandbox.bases.file_index import PackageIndex, build_index, open_index
from regrow.core.sandbox.bases.packages import PackageSource
from regrow.core.sandbox.values import Progress
from regrow.protocols.errors import RegrowError
from tests.core.sandbox.bases.test_contents import CONTENTS

pytestmark = pytest.mark.anyio
SOURCE = PackageSource({"a.list": "deb x y z"})
PACKAGES = """\
Package: cmake
Depends: libc6 (>= 2.34), libcurl4 (>= 7.16) | libcurl3
Package: libmariadb-dev-compat
Provides: libmysqlclient-dev (= 1), mysql-dev
Package: librust-cmake-dev
Provides: librust-cmake-0-dev
Package: libpq-dev
Package: needs-it
Depends: libpq-dev
Package: zlib1g-dev
"""


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An apt that keeps two lists in its state; what it was asked is in `asked`."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (tmp_path / "Contents").write_text(CONTENTS, "utf-8")
    (tmp_path / "Packages").write_text(PACKAGES, "utf-8")
    asks = programs / "apt-get"
    asks.write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\nfor word in "$@"; do case "$word" in Dir::State=*) '
        f'cp {tmp_path}/Contents "${{word#*=}}/lists/m_main_Contents-all"; '
        f'cp {tmp_path}/Packages "${{word#*=}}/lists/m_main_binary_Packages"; esac; done\n'
    )
    asks.chmod(0o755)
    reads = programs / "cat-file"
    reads.write_text('#!/bin/sh\nshift\ncat "$@"\n')
    reads.chmod(0o755)
    monkeypatch.setattr(file_index, "APT_HELPER", str(reads))
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    return tmp_path


async def test_index_is_fetched_once_and_kept(apt: Path) -> None:
    told: list[Progress] = []
    first = await open_index(SOURCE, apt / "bases", on_progress=told.append)
    assert first.with_file(["*/include/nobody.h", "usr/bin/cmake"]) == "cmake"
    assert first.with_file(["usr/bin/pg_config"]) == "libpq-dev"
    assert first.with_file(["*/include/*/libusb.h"]) == ""
    assert first.with_file(["*/include/*/libusb.h"], likely=True) == "libusb-1.0-0-dev"
    assert first.has("zlib1g-dev")
    assert not first.has("zlib2g-dev")
    assert first.providers("libmysqlclient-dev") == ("libmariadb-dev-compat",)
    assert first.names() == ("cmake", "libmariadb-dev-compat", "libpq-dev", "needs-it", "zlib1g-dev")
    assert [each.what for each in told] == [
        "fetching the list of the files of all packages",
        "reading the list of the files of all packages",
    ]
    again = await open_index(SOURCE, apt / "bases", network=False)
    assert again.has("cmake")
    (asked,) = (apt / "asked").read_text("utf-8").splitlines()
    assert "Contents-$(ARCHITECTURE)" in asked
    await open_index(SOURCE, apt / "bases", fresh=True)
    assert len((apt / "asked").read_text("utf-8").splitlines()) == 2


async def test_index_that_may_not_be_fetched_says_so(apt: Path) -> None:
    with pytest.raises(RegrowError) as caught:
        await open_index(SOURCE, apt / "bases", network=False)
    assert caught.value.code == "E5003"
    assert not (apt / "asked").exists()


async def test_empty_lists_are_no_index_and_leave_nothing(apt: Path) -> None:
    """apt-get update ends with 0 when it reached no mirror."""
    (apt / "Contents").write_text("", "utf-8")
    with pytest.raises(RegrowError) as caught:
        await open_index(SOURCE, apt / "bases")
    assert caught.value.code == "E5003"
    assert [path.name for path in (apt / "bases").iterdir() if path.is_dir()] == []


def test_rust_packages_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "files").write_text(CONTENTS, "utf-8")
    (tmp_path / "packages").write_text(PACKAGES, "utf-8")
    build_index(tmp_path / "index", tmp_path / "files", tmp_path / "packages")
    index = PackageIndex(tmp_path / "index")
    assert not index.has("librust-cmake-dev")
    assert index.providers("librust-cmake-0-dev") == ()
