"""How a request for packages is answered: by the index first, by the table for what no list of files knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.core.project.recovery.model import NeedsSystemPackages
from regrow.core.sandbox.bases.file_index import PackageIndex, build_index
from regrow.core.sandbox.bases.interpreters import HostPython
from regrow.core.workshop.rooms import found_in, nearest_python
from tests.core.sandbox.bases.test_contents import CONTENTS


@pytest.fixture
def index(tmp_path: Path) -> PackageIndex:
    names = "gcc libxslt1-dev libmariadb-dev libmariadb-dev-compat postgresql-client postgresql-client-common".split()
    more = "usr/bin/psql     database/postgresql-client-common\nusr/lib/x86_64-linux-gnu/libnew.so   libdevel/libnew3-dev\n"
    (tmp_path / "files").write_text(CONTENTS + more, "utf-8")
    needed = "Package: a\nDepends: postgresql-client-common\n"
    (tmp_path / "packages").write_text("".join(f"Package: {name}\n" for name in names) + needed, "utf-8")
    build_index(tmp_path / "index", tmp_path / "files", tmp_path / "packages")
    return PackageIndex(tmp_path / "index")


@pytest.mark.parametrize(
    ("needs", "names"),
    [
        (NeedsSystemPackages(names=("gcc", "make")), ("gcc", "make")),
        (NeedsSystemPackages(files=("*/include/zlib.h", "*/include/*/zlib.h")), ("zlib1g-dev",)),
        (NeedsSystemPackages(files=("usr/bin/cc",)), ("gcc",)),  # a link that gcc's install script makes
        (NeedsSystemPackages(files=("usr/bin/yacc",)), ()),  # tabled, but this distribution has no such package
        (NeedsSystemPackages(files=("*/include/*/mysql.h",)), ("libmariadb-dev-compat",)),
        (NeedsSystemPackages(files=("usr/bin/psql",)), ("postgresql-client",)),
        (NeedsSystemPackages(files=("*/include/*/config.h",)), ()),
        (NeedsSystemPackages(libraries=("libnew", "zlib", "libxslt")), ("libnew3-dev", "zlib1g-dev", "libxslt1-dev")),
        (NeedsSystemPackages(libraries=("libnobody",)), ("^libnobody[0-9.-]*-dev$",)),
        (NeedsSystemPackages(), ()),
    ],
)
def test_index_answers_first_and_the_table_for_what_it_lacks(
    index: PackageIndex, needs: NeedsSystemPackages, names: tuple[str, ...]
) -> None:
    assert found_in(index, needs).names == names


def test_what_stands_for_absent_packages_is_answered_where_it_is_clear(index: PackageIndex) -> None:
    needs = NeedsSystemPackages(instead_of=("libxslt-dev", "nobody-knows", "libmariadb-devel"))
    pairs = (("libxslt-dev", "libxslt1-dev"), ("libmariadb-devel", "libmariadb-dev"))
    assert found_in(index, needs).instead == pairs


@pytest.mark.parametrize(
    ("bounds", "nearest"),
    [
        (">=3.12", "3.12"),
        (">=3.13,<4", "3.13"),
        ("<3.11", "3.10"),
        ("<3.11,>=3.8", "3.10"),
        ("==3.9.*", "3.9"),
        (">=3.15", ""),
        (">=3.12,<3.12", ""),
    ],
)
def test_the_python_that_is_offered_is_the_nearest_to_the_rooms_own(bounds: str, nearest: str) -> None:
    series = ("3.14", "3.13", "3.12", "3.10", "3.9")
    pythons = [HostPython(each, each, Path("/opt"), Path("/opt/bin/python")) for each in series]
    assert nearest_python(pythons, bounds) == nearest
