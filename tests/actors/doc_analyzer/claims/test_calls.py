"""Calls as they are typed, and addresses as documents list them."""

from __future__ import annotations

import pytest

from regrow.actors.doc_analyzer import analyze
from regrow.actors.doc_analyzer.claims.curl import parse_call
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import DocAnalysis, Endpoint


def read(text: str, **files: str) -> DocAnalysis:
    return analyze(FileTree.of({"README.md": text, "serve.py": "", **files}))


def endpoint(text: str) -> Endpoint:
    (found,) = read(text).endpoints
    return found


@pytest.mark.parametrize(
    ("words", "method", "path", "port", "headers", "user", "body"),
    [
        ("curl localhost:8000/a", "GET", "/a", 8000, (), None, None),
        ("curl http://127.0.0.1", "GET", "/", None, (), None, None),
        ("curl -X DELETE http://localhost:1/a?b=1", "DELETE", "/a?b=1", 1, (), None, None),
        ("curl -XPUT localhost:1/a", "PUT", "/a", 1, (), None, None),
        ("curl -sS -H A:1 --header B:2 localhost:1/", "GET", "/", 1, ("A:1", "B:2"), None, None),
        ("curl -u a:b localhost:1/", "GET", "/", 1, (), "a:b", None),
        ("curl http://a:b@localhost:1/", "GET", "/", 1, (), "a:b", None),
        ("curl --oauth2-bearer t localhost:1/", "GET", "/", 1, ("Authorization: Bearer t",), None, None),
        ("curl -I localhost:1/", "HEAD", "/", 1, (), None, None),
        ("curl -G -d q=1 localhost:1/s", "GET", "/s?q=1", 1, (), None, None),
        ("http :5000/x", "GET", "/x", 5000, (), None, None),
        ("wget -q localhost:1/f", "GET", "/f", 1, (), None, None),
    ],
)
def test_call_is_read_from_its_options(
    words: str, method: str, path: str, port: int | None, headers: tuple[str, ...], user: str | None, body: str | None
) -> None:
    call = parse_call(words.split())
    assert call is not None
    assert (call.method, call.path, call.port, call.headers, call.user, call.body) == (
        method,
        path,
        port,
        headers,
        user,
        body,
    )
    assert call.whole


@pytest.mark.parametrize(
    ("words", "body", "whole"),
    [
        (["curl", "-d", "a=1", "-d", "b=2", "localhost:1/"], "a=1&b=2", True),
        (["curl", "--json", '{"a": 1}', "localhost:1/"], '{"a": 1}', True),
        (["curl", "-d", "@file", "localhost:1/"], "@file", False),
        (["curl", "-F", "f=@x", "localhost:1/"], None, False),
        (["http", "POST", ":1/a", "n=x", "k:=2"], '{"n": "x", "k": 2}', True),
    ],
)
def test_what_is_sent_makes_it_a_post(words: list[str], body: str | None, whole: bool) -> None:
    call = parse_call(words)
    assert call is not None
    assert (call.method, call.body, call.whole) == ("POST", body, whole)


@pytest.mark.parametrize(
    "words", ["curl https://example.org/a", "curl", "git clone localhost:1", "curl -o f http://example.org:8000/"]
)
def test_call_of_another_machine_is_none(words: str) -> None:
    assert parse_call(words.split()) is None


@pytest.mark.parametrize(
    ("block", "status", "body"),
    [
        ('$ curl localhost:1/a\n{"a": 1}', None, '{"a": 1}'),
        ("$ curl -i localhost:1/a\nHTTP/1.1 201 Created\nX: y\n\nbody", 201, "body"),
        ("$ curl -I localhost:1/a\nHTTP/2 204\nX: y", 204, None),
        ("$ curl -s -o /dev/null -w '%{http_code}' localhost:1/a\n404", 404, None),
        ("$ curl localhost:1/a  # returns 401", 401, None),
        ("$ curl localhost:1/a", None, None),
    ],
)
def test_answer_stands_below_the_call(block: str, status: int | None, body: str | None) -> None:
    found = endpoint(f"# D\n\n```console\n{block}\n```\n")
    assert (found.expected_status, found.expected_body, found.called) == (status, body, True)


@pytest.mark.parametrize(
    ("lead", "body"),
    [
        ("which returns:", "ok"),
        ("Response:", "ok"),
        ("You should see", "ok"),
        ("Then edit this file:", None),
        ("something like:", None),
    ],
)
def test_block_after_a_call_is_its_answer_when_the_words_between_say_so(lead: str, body: str | None) -> None:
    assert endpoint(f"# D\n\n```sh\ncurl localhost:1/a\n```\n\n{lead}\n\n```\nok\n```\n").expected_body == body


@pytest.mark.parametrize(
    "line",
    [
        "curl -H 'Authorization: Bearer <token>' localhost:1/",
        'curl -H "Authorization: Bearer $TOKEN" localhost:1/',
        "curl -u YOUR_NAME:x localhost:1/",
    ],
)
def test_call_with_a_placeholder_cannot_be_repeated(line: str) -> None:
    assert not any(each.called for each in read(f"# D\n\n```sh\n{line}\n```\n").endpoints)


@pytest.mark.parametrize(
    ("text", "method", "path", "status"),
    [
        ("| Method | Path | Status |\n| --- | --- | --- |\n| GET | `/health` | 200 |\n", "GET", "/health", 200),
        ("| Call | |\n| --- | --- |\n| `POST /items` | makes one |\n", "POST", "/items", None),
        ("- `GET /users/{id}` returns 404 for others\n", "GET", "/users/{id}", 404),
        ("Open http://localhost:8080/docs in a browser.\n", "GET", "/docs", None),
    ],
)
def test_address_is_listed_in_tables_and_sentences(text: str, method: str, path: str, status: int | None) -> None:
    found = endpoint(f"# D\n\n{text}")
    assert (found.method, found.path, found.expected_status, found.called) == (method, path, status, False)


@pytest.mark.parametrize(
    ("text", "port", "confidence"),
    [
        ("```sh\npython -m http.server 8123\n```\n", 8123, 0.9),
        ("Start the server:\n\n```sh\npython serve.py\n```\n\nIt listens on port 9000.\n", 9000, 0.9),
        ("```sh\nflask run --port 5001\n```\n", 5001, 0.9),
        ("## Running the server\n\n```sh\npython serve.py\n```\n", None, 0.8),
    ],
)
def test_server_and_its_port_are_found(text: str, port: int | None, confidence: float) -> None:
    (found,) = read(f"# D\n\n{text}").servers
    assert (found.port, found.confidence) == (port, confidence)


@pytest.mark.parametrize(
    "line", ["docker run -p 80:80 x", "sleep infinity", "python -m pytest", "watch ls", "npm test", "curl localhost:1"]
)
def test_what_does_not_answer_is_no_server(line: str) -> None:
    assert read(f"# D\n\n## Run\n\n```sh\n{line}\n```\n").servers == ()
