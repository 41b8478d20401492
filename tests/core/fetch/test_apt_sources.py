"""Sources lists turned to source packages, and what a .dsc says."""

import pytest

from regrow.core.fetch.apt_sources import parse_dsc, source_lists, upstream_version

DEB822 = """\
# A comment
Types: deb
URIs: file:/mirror
Suites: stable stable-updates
Components: main
Signed-By: /keys/archive.gpg

Types: deb deb-src
URIs: file:/other
Suites: stable
Enabled: no

Types: deb-src deb
URIs: file:/third
Suites: ./
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc:def
"""


def test_paragraphs_are_turned_and_disabled_ones_left_out() -> None:
    assert source_lists({"debian.sources": DEB822}) == {
        "debian.sources": (
            "Types: deb-src\nURIs: file:/mirror\nSuites: stable stable-updates\nComponents: main\n"
            "Signed-By: /keys/archive.gpg\n\nTypes: deb-src\nURIs: file:/third\nSuites: ./\nSigned-By:\n"
            " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc:def\n"
        )
    }


def test_lines_are_turned_once() -> None:
    text = (
        "deb [signed-by=/k] file:/m stable main\ndeb-src [signed-by=/k] file:/m stable main\n# deb file:/x s main\n\n"
    )
    assert source_lists({"a.list": text}) == {"a.list": "deb-src [signed-by=/k] file:/m stable main\n"}


def test_files_without_a_source_are_left_out() -> None:
    assert source_lists({"a.list": "# nothing\n", "b.sources": "# nothing\n"}) == {}


def dsc(*files: str) -> str:
    lines = "\n".join(f" {'0' * 64} 12 {name}" for name in files)
    return f"""-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Format: 3.0 (quilt)
Source: demo
Version: 1:2.10-3
Checksums-Sha256:
{lines}
Files:
 abc 12 {files[0]}
-----BEGIN PGP SIGNATURE-----
Version: evil
"""


@pytest.mark.parametrize(
    ("files", "original", "components", "changes"),
    [
        (["demo_2.10.orig.tar.gz", "demo_2.10-3.debian.tar.xz"], "demo_2.10.orig.tar.gz", {}, True),
        (["demo_2.10.orig.tar.gz", "demo_2.10-3.diff.gz"], "demo_2.10.orig.tar.gz", {}, True),
        (
            [
                "demo_2.10.orig-docs.tar.xz",
                "demo_2.10.orig.tar.xz",
                "demo_2.10.orig.tar.xz.asc",
                "demo_2.10-3.debian.tar.xz",
            ],
            "demo_2.10.orig.tar.xz",
            {"docs": "demo_2.10.orig-docs.tar.xz"},
            True,
        ),
        (["demo_2.10.tar.xz"], "demo_2.10.tar.xz", {}, False),
    ],
)
def test_archives_of_a_source_package_are_told_apart(
    files: list[str], original: str, components: dict[str, str], changes: bool
) -> None:
    package = parse_dsc(dsc(*files))
    assert (package.source, package.version) == ("demo", "1:2.10-3")
    assert package.original is not None
    assert package.original.name == original
    assert {key: file.name for key, file in package.components.items()} == components
    assert package.has_debian_changes is changes
    assert len(package.files) == len(files)


@pytest.mark.parametrize(
    "text", ["", "Source: x\nVersion: 1\n", dsc("../../evil.tar.gz"), dsc("x").replace("0" * 64, "zz")]
)
def test_description_that_cannot_be_trusted_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no Source|not a line"):
        parse_dsc(text)


@pytest.mark.parametrize(("full", "upstream"), [("2.10-3", "2.10"), ("1:2.10-3-1", "2.10-3"), ("5", "5"), ("2:5", "5")])
def test_upstream_version_has_no_epoch_and_no_revision(full: str, upstream: str) -> None:
    assert upstream_version(full) == upstream


@pytest.mark.parametrize(
    ("there", "whole"),
    [
        ({"a_1.orig.tar.gz"}, True),
        ({"a_1.orig.tar.gz", "a_1-1.debian.tar.xz"}, True),
        ({"a_1-1.debian.tar.xz", "a_1.orig.tar.gz.asc"}, False),
        (set[str](), False),
    ],
)
def test_a_source_is_whole_when_the_archives_of_upstream_are_there(there: set[str], *, whole: bool) -> None:
    package = parse_dsc(dsc("a_1.orig.tar.gz", "a_1.orig.tar.gz.asc", "a_1-1.debian.tar.xz"))
    assert package.is_whole(there) is whole
