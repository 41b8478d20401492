"""What pages of an index say of the files that they link to: where they are, and their digests. Pure.

Sources: PEP 503 and PEP 691 (pages of Python indexes), PEP 658 and 714 (metadata beside a file), npm's package metadata
(`dist.tarball`, `dist.integrity`).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import parse_qsl, urldefrag, urljoin

__all__ = ["linked_files"]

_ALGORITHMS: Final = ("sha512", "sha384", "sha256", "sha1", "md5")
"""The strongest first."""

Digest = tuple[str, str]
"""Algorithm and hexadecimal digits; two empty texts where a page states none."""

_NONE: Final[Digest] = ("", "")


def linked_files(page_url: str, content_type: str, body: bytes) -> dict[str, Digest]:
    """Return the files that a page links to, by their whole addresses; empty for what is no page of an index.

    >>> linked_files("https://i.example/simple/a/", "text/html", b'<a href="../../f/a-1.zip#sha256=00">a</a>')
    {'https://i.example/f/a-1.zip': ('sha256', '00')}
    """
    try:
        if "json" in content_type:
            return dict(_of_json(page_url, json.loads(body)))
        if "html" in content_type:
            return dict(_of_html(page_url, body.decode("utf-8", "replace")))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        pass  # Not what it says that it is: then nothing is known of its files.
    return {}


def _of_json(page_url: str, page: object) -> Iterator[tuple[str, Digest]]:
    if not isinstance(page, Mapping):
        return
    for file in page.get("files", ()):
        url = urldefrag(urljoin(page_url, file["url"])).url
        yield url, _strongest(file.get("hashes") or {})
        metadata = file.get("core-metadata", file.get("dist-info-metadata"))
        if metadata:
            yield f"{url}.metadata", _strongest(metadata if isinstance(metadata, Mapping) else {})
    versions = page.get("versions")
    for release in versions.values() if isinstance(versions, Mapping) else ():
        dist = release["dist"]
        yield dist["tarball"], _integrity(dist.get("integrity") or "", dist.get("shasum") or "")


def _strongest(hashes: Mapping[str, str]) -> Digest:
    return next(((name, str(hashes[name]).lower()) for name in _ALGORITHMS if name in hashes), _NONE)


def _integrity(text: str, shasum: str) -> Digest:
    """Read Subresource Integrity: `sha512-BASE64`, several apart by spaces."""
    stated = {"sha1": shasum} if shasum else {}
    for word in text.split():
        name, _, encoded = word.partition("-")
        try:
            stated[name] = base64.b64decode(encoded.partition("?")[0], validate=True).hex()
        except binascii.Error:
            continue
    return _strongest(stated)


class _Links(HTMLParser):
    def __init__(self, page_url: str) -> None:
        super().__init__()
        self.base = page_url
        self.found: dict[str, Digest] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "base" and values.get("href"):
            self.base = urljoin(self.base, values["href"])
        if tag != "a" or not values.get("href"):
            return
        url, fragment = urldefrag(urljoin(self.base, values["href"]))
        self.found[url] = _strongest(dict(parse_qsl(fragment)))
        metadata = values.get("data-core-metadata", values.get("data-dist-info-metadata"))
        if metadata is not None:
            self.found[f"{url}.metadata"] = _strongest(dict(parse_qsl(metadata)))


def _of_html(page_url: str, text: str) -> Iterator[tuple[str, Digest]]:
    parser = _Links(page_url)
    parser.feed(text)
    yield from parser.found.items()
