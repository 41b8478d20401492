"""What is installed, as the packages and their installers say it themselves."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.project.installed import (
    DIST_INFO,
    HIDDEN_LOCK,
    NODE_PACKAGE,
    debian_packages,
    installed_files,
    integrities,
    node_package,
    origin_of,
    python_package,
)


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("/v/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA", True),
        ("/usr/local/lib/python3.11/dist-packages/six-1.16.0.dist-info/METADATA", True),
        ("/v/lib/python3.11/site-packages/six.egg-info/PKG-INFO", True),
        ("/v/lib/python3.11/site-packages/six.egg-info", True),
        ("/v/lib/python3.11/site-packages/six-1.16.0.dist-info/RECORD", False),
        ("/v/lib/python3.11/site-packages/pkg/_vendor/six-1.16.0.dist-info/METADATA", False),
        ("/build/checkout/six.egg-info/PKG-INFO", False),
    ],
)
def test_where_an_installed_python_package_says_what_it_is(path: str, fits: bool) -> None:
    assert (DIST_INFO.search(path) is not None) is fits


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("/build/checkout/node_modules/left-pad/package.json", True),
        ("/build/checkout/node_modules/@types/node/package.json", True),
        ("/build/checkout/node_modules/a/node_modules/b/package.json", True),
        ("/build/checkout/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json", True),
        ("/build/checkout/node_modules/a/test/package.json", False),
        ("/build/checkout/package.json", False),
        ("/build/checkout/node_modules/.bin/package.json", False),
    ],
)
def test_where_an_installed_node_package_says_what_it_is(path: str, fits: bool) -> None:
    assert (NODE_PACKAGE.search(path) is not None) is fits


def test_names_are_normalised_and_whole_licence_texts_left_out() -> None:
    long = "Name: Zope.Interface\nVersion: 5.0\nLicense: " + "Permission is hereby granted " * 20 + "\n"
    found = python_package(long, "/x")
    assert found is not None
    assert (found.name, found.version, found.licence) == ("zope-interface", "5.0", "")
    modern = python_package("Name: x\nVersion: 1\nLicense: old\nLicense-Expression: MIT\n\nText: 9", "/x")
    assert modern is not None
    assert modern.licence == "MIT"
    assert python_package("Name: x\n", "/x") is None
    assert python_package("", "/x") is None


@pytest.mark.parametrize(
    ("said", "origin"),
    [
        ({"url": "https://h/x.git", "vcs_info": {"vcs": "git", "commit_id": "c0"}}, ("git+https://h/x.git@c0", False)),
        ({"url": "https://u:p@h/x.whl?token=s#sha256=1", "archive_info": {}}, ("https://h/x.whl", False)),
        ({"url": "file:///build/checkout", "dir_info": {}}, ("file:///build/checkout", True)),
        ({}, ("", False)),
        ([], ("", False)),
        ({"url": "https://[h", "dir_info": {}}, ("", False)),
        ({"url": "https://h", "vcs_info": "git"}, ("", False)),
    ],
)
def test_an_origin_has_no_credentials(said: object, origin: tuple[str, bool]) -> None:
    assert origin_of(json.dumps(said)) == origin


def test_the_files_of_a_package_are_found_wherever_they_lie() -> None:
    record = '../../../bin/ruff,sha256=q,9\n"a,b.py",sha256=q,1\nruff.py,,\nbroken\n'
    assert installed_files(record, "/v/lib/p/site-packages/ruff-1.dist-info/METADATA") == [
        "/v/bin/ruff",
        "/v/lib/p/site-packages/a,b.py",
        "/v/lib/p/site-packages/ruff.py",
    ]


def test_node_packages_and_what_npm_checked_of_them() -> None:
    found = node_package('{"name": "@a/b", "version": "1.0.0", "license": {"type": "ISC"}}', "/n", "sha512-q")
    assert found is not None
    assert (found.name, found.licence, found.integrity) == ("@a/b", "ISC", "sha512-q")
    assert [node_package(text, "/n") for text in ('{"type": "module"}', "[]", "{", '{"name": 1, "version": "1"}')] == [
        None
    ] * 4
    assert HIDDEN_LOCK.search("/c/node_modules/.package-lock.json")
    lock = {"packages": {"node_modules/a": {"integrity": "sha512-q"}, "node_modules/b": {}, "node_modules/c": 3}}
    assert integrities(json.dumps(lock)) == {"node_modules/a": "sha512-q"}
    assert integrities("null") == {}


def test_debian_packages_know_what_was_there_before() -> None:
    status = (
        "Package: gcc\nStatus: install ok installed\nArchitecture: amd64\nVersion: 4:12.2.0-3\n\n\n"
        "Package: bash\nVersion: 5.2\nDescription: a shell\n of GNU\n .\n Version: none\n\nPackage: odd\n"
    )
    found = debian_packages(status, {"bash": "5.2", "gcc": "3"}, "/s")
    assert [(each.name, each.version, each.architecture, each.in_base) for each in found] == [
        ("gcc", "4:12.2.0-3", "amd64", False),
        ("bash", "5.2", "", True),
    ]


@given(st.text(max_size=300))
def test_no_text_is_too_odd(text: str) -> None:
    python_package(text, "/x")
    node_package(text, "/x")
    origin_of(text)
    integrities(text)
    debian_packages(text, {}, "/x")
    installed_files(text, "/a/b/METADATA")
