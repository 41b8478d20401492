"""What pages of indexes say of their files."""

import json

from hypothesis import given
from hypothesis import strategies as st

from regrow.core.downloads.pages import linked_files

PAGE = "https://i.example/simple/a/"


def test_a_page_of_links_names_files_and_the_metadata_beside_them() -> None:
    body = (
        b'<html><a href="../../f/a-1.whl#sha256=AB" data-requires-python=">=3" data-core-metadata="sha256=CD">a</a>'
        b"<a href='https://f.example/a-2.zip#md5=01'>b</a><a>c</a></html>"
    )
    assert linked_files(PAGE, "text/html; charset=utf-8", body) == {
        "https://i.example/f/a-1.whl": ("sha256", "ab"),
        "https://i.example/f/a-1.whl.metadata": ("sha256", "cd"),
        "https://f.example/a-2.zip": ("md5", "01"),
    }


def test_links_start_from_the_base_that_a_page_names() -> None:
    found = linked_files(PAGE, "text/html", b'<base href="https://f.example/p/"><a href="a.zip">a</a>')
    assert found == {"https://f.example/p/a.zip": ("", "")}


def test_a_json_page_says_the_same() -> None:
    page = {
        "files": [
            {"url": "https://f.example/a.whl", "hashes": {"md5": "1", "sha256": "2"}, "core-metadata": {"sha256": "3"}},
            {"url": "../b.zip", "hashes": {}, "core-metadata": True},
        ]
    }
    assert linked_files(PAGE, "application/vnd.pypi.simple.v1+json", json.dumps(page).encode()) == {
        "https://f.example/a.whl": ("sha256", "2"),
        "https://f.example/a.whl.metadata": ("sha256", "3"),
        "https://i.example/simple/b.zip": ("", ""),
        "https://i.example/simple/b.zip.metadata": ("", ""),
    }


def test_metadata_of_npm_name_tarballs_with_their_strongest_digest() -> None:
    versions = {
        "1.0.0": {"dist": {"tarball": "https://n.example/a/-/a-1.0.0.tgz", "integrity": "sha1-AA== sha512-//8="}},
        "0.9.0": {"dist": {"tarball": "https://n.example/a/-/a-0.9.0.tgz", "shasum": "ABCD"}},
    }
    found = linked_files("https://n.example/a", "application/json", json.dumps({"versions": versions}).encode())
    assert found == {
        "https://n.example/a/-/a-1.0.0.tgz": ("sha512", "ffff"),
        "https://n.example/a/-/a-0.9.0.tgz": ("sha1", "abcd"),
    }


@given(st.binary(max_size=200), st.sampled_from(["text/html", "application/json", "text/plain", ""]))
def test_no_page_makes_it_fail(body: bytes, content_type: str) -> None:
    assert isinstance(linked_files(PAGE, content_type, body), dict)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda each: (
            st.lists(each)
            | st.dictionaries(
                st.sampled_from(
                    ["files", "url", "hashes", "versions", "dist", "tarball", "integrity", "core-metadata"]
                ),
                each,
            )
        ),
    )
)
def test_no_json_makes_it_fail(page: object) -> None:
    assert isinstance(linked_files(PAGE, "application/json", json.dumps(page).encode()), dict)
