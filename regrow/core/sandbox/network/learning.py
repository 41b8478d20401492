"""Shell: asks an index that the operator configured where its files are, so that they can be reached too.

An index may keep its files on another host than its pages. The default index' host is known to pip itself; for any other,
its page of one project is read once, outside of any room, and the hosts that its links name are allowed.
"""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Sequence
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import anyio.to_thread

from regrow.core.downloads.credentials import LogIns
from regrow.core.sandbox.network.settings import AllowedHost, without_credentials

__all__ = ["file_hosts", "learn_hosts"]

_PROJECT = "pip"
_TIMEOUT_S = 15.0
_LIMIT_BYTES = 4 * 1024 * 1024
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_PORTS = {"http": 80, "https": 443}


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def file_hosts(page_url: str, text: str) -> tuple[tuple[str, int], ...]:
    """Return the hosts and ports that a project's page of an index links to. Source: PEP 503 and PEP 691.

    >>> file_hosts("https://a.example/simple/x/", '<a href="https://b.example/x-1.tar.gz">')
    (('b.example', 443),)
    """
    try:
        links = [str(file["url"]) for file in json.loads(text)["files"]]
    except (ValueError, KeyError, TypeError):
        parser = _Links()
        parser.feed(text)
        links = parser.found
    parts = [urlsplit(urljoin(page_url, link)) for link in links]
    hosts = [
        (part.hostname.lower(), part.port or _PORTS[part.scheme])
        for part in parts
        if part.scheme in _PORTS and part.hostname
    ]
    return tuple(dict.fromkeys(hosts))


async def learn_hosts(index_urls: Sequence[str], certificates: str | None, logins: LogIns) -> tuple[AllowedHost, ...]:
    """Ask each index; one that does not answer teaches nothing."""
    found: list[AllowedHost] = []
    for url in index_urls:
        page = f"{without_credentials(url).rstrip('/')}/{_PROJECT}/"
        text = await anyio.to_thread.run_sync(_get, page, certificates, logins.for_url(page))
        # `operator`: the operator trusts the index, and the index names them.
        found += [
            AllowedHost(host, port, operator=True, why="an index' links") for host, port in file_hosts(page, text)
        ]
    return tuple(dict.fromkeys(found))


def _get(url: str, certificates: str | None, login: str | None) -> str:
    context = ssl.create_default_context(cafile=certificates)
    headers = {"Accept": _ACCEPT} | ({"Authorization": login} if login else {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - only http and https come here
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=context) as response:  # noqa: S310
            data: bytes = response.read(_LIMIT_BYTES)
    except (OSError, ValueError):
        return ""
    return data.decode("utf-8", "replace")
