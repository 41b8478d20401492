"""How a kept answer is named, and when it may be used without asking."""

import pytest

from regrow.core.downloads.entries import Entry, entry_key, is_file, may_be_kept, revalidation, variant_of

PAGE = "https://i.example/simple/a/"
FILE = "https://f.example/a-1.tar.gz"


def entry(url: str, status: int = 200, headers: dict[str, str] | None = None) -> Entry:
    return Entry(url=url, status=status, headers=headers or {}, sha256="0" * 64, size_bytes=1, fetched_at_s=1000.0)


@pytest.mark.parametrize(
    ("url", "status", "now_s", "fresh"),
    [
        (PAGE, 200, 1000.0, True),
        (PAGE, 200, 1059.9, True),
        (PAGE, 200, 1060.0, False),
        (PAGE, 200, 999.0, False),  # a clock that was set back
        (PAGE, 404, 1060.0, False),
        (FILE, 200, 1e12, True),
        (FILE, 404, 1060.0, False),
    ],
)
def test_a_page_grows_old_and_a_file_does_not(url: str, status: int, now_s: float, fresh: bool) -> None:
    assert entry(url, status).is_fresh(now_s, 60.0) is fresh


@pytest.mark.parametrize(
    ("url", "status", "cache_control", "kept"),
    [
        (PAGE, 200, "", True),
        (PAGE, 200, "max-age=600", True),
        (PAGE, 200, "private, No-Store", False),
        (PAGE, 404, "", True),
        (PAGE, 302, "", True),
        (PAGE, 401, "", False),
        (PAGE, 403, "", False),
        (PAGE, 503, "", False),
        (FILE, 200, "no-store", True),
        (FILE, 404, "", False),
        (FILE, 302, "", False),
    ],
)
def test_what_is_kept(url: str, status: int, cache_control: str, kept: bool) -> None:
    assert may_be_kept(url, status, {"cache-control": cache_control}) is kept


def test_the_forms_of_a_page_are_kept_apart_and_those_of_a_file_are_not() -> None:
    assert entry_key(PAGE, "simple-json") != entry_key(PAGE, "")
    assert entry_key(FILE, "simple-json") == entry_key(FILE, "")


@pytest.mark.parametrize(
    ("accept", "variant"),
    [
        ("application/vnd.pypi.simple.v1+json, text/html;q=0.01", "simple-json"),
        ("application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8", "npm-install"),
        ("text/html", ""),
        ("", ""),
    ],
)
def test_clients_word_the_same_wish_in_different_ways(accept: str, variant: str) -> None:
    assert variant_of(accept) == variant


def test_metadata_beside_a_wheel_is_a_file() -> None:
    assert is_file("https://f.example/a-1-py3-none-any.whl.metadata")
    assert is_file("https://n.example/a/-/a-1.0.0.tgz?x=1")
    assert not is_file("https://i.example/simple/zip/")


def test_a_server_is_asked_by_what_it_said() -> None:
    said = {"etag": '"1"', "last-modified": "Mon", "content-type": "text/html"}
    assert revalidation(entry(PAGE, headers=said)) == {"if-none-match": '"1"', "if-modified-since": "Mon"}
    assert revalidation(entry(PAGE)) == {}
