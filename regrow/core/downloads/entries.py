"""What is known of a kept answer, under which name it is kept, and whether it may be used without asking. Pure.

Two kinds of answer are told apart by their address. A *file* (an archive, or the metadata beside one) never changes: it is
kept for good. Everything else is a *page*: it is used for a while, then the server is asked whether it is still true. Where
the server cannot be asked, a page is used as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

__all__ = ["KEPT_STATUSES", "Entry", "entry_key", "facts_of", "is_file", "may_be_kept", "revalidation", "variant_of"]

_FILE_ENDINGS: Final = (
    ".whl", ".egg", ".zip", ".tgz", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".metadata", ".dsc", ".deb",
)  # fmt: skip
KEPT_STATUSES: Final = frozenset({200, 301, 302, 307, 308, 404, 410})
"""That there is no such project is an answer too: a client that asks several indexes relies on it."""
_KEPT_HEADERS: Final = ("content-type", "etag", "last-modified", "cache-control", "location")
_VARIANTS: Final = (
    ("application/vnd.pypi.simple.v1+json", "simple-json"),
    ("application/vnd.npm.install-v1+json", "npm-install"),
)


class Entry(BaseModel):
    """A kept answer.

    Attributes:
        url: Without credentials.
        variant: Which form of a page was asked for.
        status: Of HTTP.
        headers: Those that are sent again, by their lower-case names.
        sha256: Of the body, which is kept under this name.
        fetched_at_s: When the server last said that it is true. Seconds since 1970.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str
    variant: str = ""
    status: int = 200
    headers: Mapping[str, str] = {}
    sha256: str
    size_bytes: int
    fetched_at_s: float

    def is_fresh(self, now_s: float, page_age_s: float) -> bool:
        """Whether it may be used without asking the server."""
        return (self.status == 200 and is_file(self.url)) or 0 <= now_s - self.fetched_at_s < page_age_s


def is_file(url: str) -> bool:
    """Whether what lies at an address never changes.

    >>> is_file("https://f.example/p/a-1.0.tar.gz#sha256=0"), is_file("https://i.example/simple/a/")
    (True, False)
    """
    return urlsplit(url).path.endswith(_FILE_ENDINGS)


def variant_of(accept: str) -> str:
    """Name the form of a page that a client wants. Clients word the same wish in different ways.

    >>> variant_of("application/vnd.pypi.simple.v1+json, text/html;q=0.1")
    'simple-json'
    """
    return next((name for media, name in _VARIANTS if media in accept.lower()), "")


def entry_key(url: str, variant: str) -> str:
    """Return the name under which an answer is kept: 64 hexadecimal digits."""
    return hashlib.sha256(f"{'' if is_file(url) else variant}\0{url}".encode()).hexdigest()


def facts_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are kept, of those that a server sent by lower-case names."""
    return {name: headers[name] for name in _KEPT_HEADERS if name in headers}


def may_be_kept(url: str, status: int, headers: Mapping[str, str]) -> bool:
    """Whether an answer is kept: a file only when it is there, a page unless its server forbids it."""
    if is_file(url):
        return status == 200
    return status in KEPT_STATUSES and "no-store" not in headers.get("cache-control", "").lower()


def revalidation(entry: Entry) -> dict[str, str]:
    """Return the headers that ask a server whether a page is still true."""
    asked = {"if-none-match": entry.headers.get("etag"), "if-modified-since": entry.headers.get("last-modified")}
    return {name: value for name, value in asked.items() if value}
