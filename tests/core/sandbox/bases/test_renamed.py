"""What stands for a package that a distribution does not have: a table of names, and what holds for all names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.sandbox.bases.renamed import instead_of, stem_of

KNOWN = frozenset(
    "build-essential default-mysql-server gcc gcc-11 gcc-12 libboost-dev libfoo-dev libgtk-3-dev libgtk-4-dev libgtk2.0-dev "
    "libicu72 libpng16-16 libpython3-dev libssl-dev libssl3 libxml2-dev lua5.1 lua5.4 openjdk-17-jdk php-xml pkg-config "
    "python-is-python3 python3 python3-dev python3-pip python3.11-dev qt6-3d-dev zlib1g-dev".split()
)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("python-dev", "python3-dev"),
        ("python2.7-dev", "python3-dev"),
        ("python3.8-dev", "python3-dev"),
        ("python", "python-is-python3"),
        ("python3.6", "python3"),
        ("python-pip", "python3-pip"),
        ("libpython2.7-dev", "libpython3-dev"),
        ("libssl1.1", "libssl3"),
        ("libssl1.0-dev", "libssl-dev"),
        ("libicu60", "libicu72"),
        ("libpng12-0", "libpng16-16"),
        ("libfoo2-dev", "libfoo-dev"),
        ("libboost1.58-dev", "libboost-dev"),
        ("openjdk-8-jdk", "openjdk-17-jdk"),
        ("gcc-7", "gcc"),
        ("php7.4-xml", "php-xml"),
        ("lua5.0", "lua5.4"),
        ("libgtk-2-dev", "libgtk2.0-dev"),
        ("libxml2-devel", "libxml2-dev"),
        ("zlib-devel", "zlib1g-dev"),
        ("mysql-server", "default-mysql-server"),
        ("build-essentials", "build-essential"),
        ("pkgconfig", "pkg-config"),
        ("libqt4-dev", ""),
        ("libav-tools", ""),
        ("libfoo3", ""),
        ("libbar2-dev", ""),
        ("zlib", ""),
        ("gtk", ""),
    ],
)
def test_name_that_is_clearly_meant_or_none(name: str, instead: str) -> None:
    assert instead_of(name, KNOWN) == instead


def test_package_that_provides_the_name_is_taken_first() -> None:
    assert instead_of("libssl1.1", KNOWN, ("libnewssl", "libother")) == "libnewssl"


def test_two_names_that_are_as_near_are_none() -> None:
    assert instead_of("frobnicate", {"frobnicated", "frobnicates"}) == ""


@given(st.text(max_size=40), st.sets(st.text(max_size=20), max_size=6))
def test_answer_is_a_known_name_whatever_is_asked(name: str, known: set[str]) -> None:
    assert instead_of(name, known) in known | {""}


@given(st.from_regex(r"lib[a-z]{1,8}", fullmatch=True), st.integers(0, 99), st.integers(0, 99))
def test_versions_at_the_end_of_a_name_are_no_part_of_its_stem(stem: str, major: int, minor: int) -> None:
    assert stem_of(f"{stem}{major}.{minor}") == stem_of(f"{stem}-{major}") == stem
    assert stem_of(f"{stem}{major}-dev") == f"{stem}-dev"
