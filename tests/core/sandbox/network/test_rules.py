"""What the proxy decides: requests, hosts, addresses, answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.sandbox.network.rules import BadRequest, ProxyRequest, answer, find_allowed, read_head, refuse_address
from regrow.core.sandbox.network.settings import AllowedHost

ALLOWED = (AllowedHost("index.example", 443, operator=False, why="test"),)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "ff02::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "192.0.2.77",
    ],
)
@pytest.mark.parametrize("private", [True, False])
def test_such_an_address_is_never_reached(address: str, private: bool) -> None:
    assert refuse_address(address, {"192.0.2.77"}, private_allowed=private)


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "172.31.0.1", "192.168.0.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1"]
)
def test_a_private_address_only_for_a_host_of_the_operators_settings(address: str) -> None:
    assert refuse_address(address, (), private_allowed=False)
    assert not refuse_address(address, (), private_allowed=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "203.0.113.80", "2606:4700::1111", "172.32.0.1", "11.0.0.1"])
def test_a_public_address_may_be_reached(address: str) -> None:
    assert refuse_address(address, (), private_allowed=False) == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"CONNECT index.example:443 HTTP/1.1", ("index.example", 443, True)),
        (b"CONNECT INDEX.example.:443 HTTP/1.0", ("index.example", 443, True)),
        (b"CONNECT [::1]:443 HTTP/1.1", ("::1", 443, True)),
        (b"GET http://index.example/a?b=1 HTTP/1.1", ("index.example", 80, False)),
        (b"GET http://index.example:8080 HTTP/1.1", ("index.example", 8080, False)),
    ],
)
def test_a_request_names_its_host_and_port(line: bytes, expected: tuple[str, int, bool]) -> None:
    request = read_head(line + b"\r\nHost: other.example")
    assert (request.host, request.port, request.tunnel) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET / HTTP/1.1",
        b"GET https://index.example/ HTTP/1.1",
        b"GET http://me:pw@index.example/ HTTP/1.1",
        b"GET http://index.example:99999/ HTTP/1.1",
        b"CONNECT index.example HTTP/1.1",
        b"CONNECT index.example:0 HTTP/1.1",
        b"CONNECT index.example:65536 HTTP/1.1",
        b"CONNECT index example:443 HTTP/1.1",
        b"CONNECT a/b:443 HTTP/1.1",
        b"CONNECT :443 HTTP/1.1",
        b"connect index.example:443 HTTP/1.1",
        b"CONNECT index.example:443 HTTP/2",
        b"CONNECT ind\xc3\xa9x.example:443 HTTP/1.1",
    ],
)
def test_what_is_no_request_to_a_proxy_is_refused(line: bytes) -> None:
    with pytest.raises(BadRequest):
        read_head(line)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        request = read_head(data)
    except BadRequest:
        return
    assert 0 < request.port < 65536


def test_a_plain_request_is_sent_on_for_the_host_that_was_judged() -> None:
    head = read_head(
        b"GET http://index.example/p?q HTTP/1.1\r\nHost: inside.example\r\nProxy-Authorization: x\r\nConnection: keep-alive\r\nA: b"
    ).head
    assert head.splitlines()[:2] == [b"GET /p?q HTTP/1.1", b"Host: index.example"]
    assert b"inside.example" not in head
    assert b"Proxy-Authorization" not in head
    assert head.endswith(b"A: b\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("index.example", 443, True),
        ("index.example", 80, False),
        ("index.example", 22, False),
        ("evil-index.example", 443, False),
        ("index.example.evil", 443, False),
        ("sub.index.example", 443, False),
        ("127.0.0.1", 443, False),
    ],
)
def test_a_host_is_allowed_by_its_whole_name_and_port(host: str, port: int, expected: bool) -> None:
    assert (find_allowed(ProxyRequest(host, port, tunnel=True), ALLOWED) is not None) is expected


def test_a_refusal_says_why_in_body_and_header() -> None:
    text = answer(403, "no\r\nX-Evil: 1").decode()
    head, _, body = text.partition("\r\n\r\n")
    assert "X-Evil" not in [line.partition(":")[0] for line in head.split("\r\n")]
    assert "no" in body
    assert f"Content-Length: {len(body.encode())}" in head
