"""Which package is meant by a file that a build asked for."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.sandbox.bases.contents import (
    KEPT_LINES,
    FileRow,
    exact_package,
    fold,
    likely_package,
    rows_of,
    wanted_names,
)

CONTENTS = """\
bin/ping                                                net/iputils-ping
usr/bin/cmake                                           devel/cmake
usr/bin/flex                                            devel/flex,devel/flex-old
usr/bin/flexbar                                         science/flexbar
usr/bin/strange                                         devel/binutils-more
usr/bin/mocha                                           web/mocha
usr/bin/pg_config                                       database/postgresql-common
usr/bin/pg_config                                       libdevel/libpq-dev
usr/bin/tox                                             python/tox
usr/bin/yarn                                            devel/cmdtest
usr/games/rogue                                         games/bsdgames
usr/include/Poco/zlib.h                                 libdevel/libpoco-dev
usr/include/android/openssl/ssl.h                       libdevel/android-libboringssl-dev
usr/include/a/config.h                                  libdevel/liba-dev
usr/include/b/config.h                                  libdevel/libb-dev
usr/include/common.h                                    libdevel/libcodcif-dev
usr/include/eigen3/Eigen/Dense                          libdevel/libeigen3-dev
usr/include/sql.h                                       libdevel/unixodbc-dev
usr/include/libusb-1.0/libusb.h                         libdevel/libusb-1.0-0-dev
usr/include/mariadb/mysql.h                             libdevel/libmariadb-dev
usr/include/mariadb/server/mysql.h                      libdevel/libmariadbd-dev
usr/include/openssl/ssl.h                               libdevel/libssl-dev
usr/include/osmocom/usb/libusb.h                        libdevel/libosmocore-dev
usr/include/x86_64-linux-gnu/ffi.h                      libdevel/libffi-dev
usr/include/zlib.h                                      non-free/libdevel/zlib-fast-dev,libdevel/zlib1g-dev
usr/lib/x86_64-linux-gnu/libpq.so                       libdevel/libpq-dev
usr/lib/x86_64-linux-gnu/libpq.so.5                     libs/libpq5
usr/lib/x86_64-linux-gnu/libz.so                        libdevel/zlib1g-dev
usr/lib/x86_64-linux-gnu/pkgconfig/libxml-2.0.pc        libdevel/libxml2-dev
usr/lib/x86_64-linux-gnu/pkgconfig/zlib.pc              libdevel/zlib1g-dev
usr/share/aclocal/pkg.m4                                devel/pkgconf
usr/share/doc/zlib1g/README                             libs/zlib1g
usr/x86_64-w64-mingw32/include/zlib.h                   libdevel/libz-mingw-w64-dev
"""
NEEDED = {"libpq-dev": 40, "unixodbc-dev": 7, "postgresql-common": 9, "iputils-ping": 3}
ROWS = [
    FileRow(row.path, row.package, row.section, NEEDED.get(row.package, 0))
    for line in CONTENTS.splitlines()
    if re.search(KEPT_LINES, line)
    for row in rows_of(line)
]


def kept(pattern: str) -> list[FileRow]:
    return [row for row in ROWS if fold(row.path) in wanted_names(pattern)]


@pytest.mark.parametrize(
    ("pattern", "exact", "likely"),
    [
        ("*/include/zlib.h", "zlib1g-dev", "zlib1g-dev"),
        ("*/include/openssl/ssl.h", "libssl-dev", "libssl-dev"),
        ("*/include/ffi.h", "libffi-dev", "libffi-dev"),
        ("*/include/libusb.h", "", "libusb-1.0-0-dev"),
        ("*/include/*/libusb.h", "", "libusb-1.0-0-dev"),
        ("*/include/*/Eigen/Dense", "", "libeigen3-dev"),
        ("*/include/common.h", "", ""),
        ("*/include/sql.h", "unixodbc-dev", ""),
        ("*/include/*/mysql.h", "", ""),
        ("*/include/*/config.h", "", ""),
        ("*/pkgconfig/libxml-2.0.pc", "libxml2-dev", "libxml2-dev"),
        ("*/libpq.so", "libpq-dev", "libpq-dev"),
        ("*/libpq.so.5", "libpq5", ""),
        ("*/libZLIB.so", "", "zlib1g-dev"),
        ("usr/bin/cmake", "cmake", ""),
        ("usr/bin/flex", "flex", ""),
        ("usr/bin/pg_config", "libpq-dev", ""),
        ("usr/bin/ping", "iputils-ping", ""),
        ("bin/ping", "iputils-ping", ""),
        ("usr/bin/tox", "", ""),
        ("usr/bin/yarn", "", ""),
        ("usr/bin/strange", "", ""),
        ("usr/bin/mocha", "", ""),
        ("usr/share/aclocal/pkg.m4", "pkgconf", "pkgconf"),
        ("*/include/nobody.h", "", ""),
    ],
)
def test_package_is_the_one_that_has_the_file_where_the_build_looks(pattern: str, exact: str, likely: str) -> None:
    assert exact_package(pattern, kept(pattern)) == exact
    assert likely_package(pattern, kept(pattern)) == likely


def test_only_what_builds_ask_for_is_kept() -> None:
    assert not {row.package for row in ROWS} & {"bsdgames", "zlib1g", "libz-mingw-w64-dev"}


@given(st.text(max_size=60))
def test_no_line_and_no_pattern_whatever_breaks_the_look_up(text: str) -> None:
    rows = list(rows_of(text))
    for pattern in (text, f"*/include/{text}", f"*/lib{text}.so", f"usr/bin/{text}"):
        assert isinstance(exact_package(pattern, [*rows, *ROWS]), str)
        assert isinstance(likely_package(pattern, [*rows, *ROWS]), str)


@given(st.permutations(ROWS))
def test_order_of_the_list_decides_nothing(rows: list[FileRow]) -> None:
    for pattern in ("*/include/zlib.h", "usr/bin/pg_config", "usr/bin/flex", "*/include/*/mysql.h"):
        mine = [row for row in rows if fold(row.path) in wanted_names(pattern)]
        assert exact_package(pattern, mine) == exact_package(pattern, kept(pattern))
        assert likely_package(pattern, mine) == likely_package(pattern, kept(pattern))
