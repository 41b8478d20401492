"""Outcomes of servers and their addresses. Pure: what was answered is compared with what the documents show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regrow.actors.verifier.claims.comparing import Agreement, agree, agree_json
from regrow.actors.verifier.claims.outcomes import CHANGES, cut, last_line, named, tolerance
from regrow.actors.verifier.claims.planning import SURE, Asked
from regrow.protocols.documents import Endpoint
from regrow.protocols.verification import CheckKind, CheckOutcome

__all__ = ["Answer", "Started", "of_server"]

MISSING = frozenset({404, 405, 501})
REFUSED = frozenset({401, 403})
AUTH = "E3003"
_OF_DATA = re.compile(
    r"/\d+(?=/|$|\?)|/[0-9a-f-]{8,}(?=/|$)|[?&](?:id|q|name|user)=|/(?:example|foo|bar|alice|bob|john|jane)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Started:
    """How a server started. `listens` are the ports that it listened on when it was last looked at."""

    ready: bool
    listens: tuple[int, ...]
    exit: int | None
    output: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `without` is the status of the same call without what proves who calls; `again` that of a second run."""

    status: int | None
    body: str = ""
    error: str = ""
    without: int | None = None
    again: tuple[int | None, str] | None = None


def of_server(asked: Asked, started: Started | None, answers: Sequence[Answer | None]) -> Iterator[CheckOutcome]:
    """The outcome of a server, then of each of its addresses."""
    server = asked.server
    name = f"`{named(server.command)}`"
    if started is None:
        yield _server(asked, None, "not started: the time for this was over")
    elif started.ready:
        yield _server(asked, True, f"listened on port {', '.join(map(str, started.listens))}, and was stopped")
    else:
        ended = (
            f"ended with exit status {started.exit}"
            if started.exit is not None
            else "listened on no port within its limit"
        )
        where = f"; it listened on {', '.join(map(str, started.listens))}" if started.listens else ""
        yield _server(asked, None, f"{ended}{where}: {last_line(started.output)}")
    some_answer = any(answer is not None and answer.status is not None and answer.status < 300 for answer in answers)
    for endpoint, answer in zip(asked.endpoints, answers, strict=True):
        if answer is not None and started is not None:
            yield _of_endpoint(endpoint, answer, started, name, some_answer)
        else:
            why = f"{name} does not listen" if started is not None else "the time for this was over"
            yield _endpoint(endpoint, None, f"not called: {why}")


def _server(asked: Asked, passed: bool | None, detail: str) -> CheckOutcome:
    name = f"`{named(asked.server.command)}`"
    return CheckOutcome(
        kind=CheckKind.ENDPOINT, name=name, passed=passed, detail=detail, ref=asked.server.ref, decides=False
    )


def _endpoint(endpoint: Endpoint, passed: bool | None, detail: str, **more: object) -> CheckOutcome:
    given = {
        "kind": CheckKind.ENDPOINT,
        "name": f"{endpoint.method} {endpoint.path}",
        "ref": endpoint.ref,
        "decides": False,
    }
    return CheckOutcome.model_validate({**given, "passed": passed, "detail": detail, **more})


def _of_endpoint(endpoint: Endpoint, answer: Answer, started: Started, server: str, some_answer: bool) -> CheckOutcome:
    sure = endpoint.confidence >= SURE
    if answer.status is None:
        other = endpoint.port is not None and endpoint.port not in started.listens
        if other and started.listens:
            where = ", ".join(map(str, started.listens))
            detail = f"nothing listens on port {endpoint.port}; {server} listens on {where}"
            return _endpoint(
                endpoint,
                False,
                detail,
                decides=sure and endpoint.called,
                expected=f"port {endpoint.port}",
                got=f"port {where}",
            )
        return _endpoint(endpoint, None, f"no answer: {answer.error}")
    found = (
        _of_login(endpoint, answer, sure)
        or _of_status(endpoint, answer, sure, some_answer)
        or _of_body(endpoint, answer, sure)
    )
    if found.passed is False and not _holds_again(answer):
        return _endpoint(endpoint, None, f"it answers {CHANGES}", expected=found.expected, got=found.got)
    return found


def _holds_again(answer: Answer) -> bool:
    return (
        answer.again is not None and answer.again[0] == answer.status and _agreement(answer.body, answer.again[1]).same
    )


def _of_login(endpoint: Endpoint, answer: Answer, sure: bool) -> CheckOutcome | None:
    status = answer.status
    assert status is not None
    wanted = endpoint.expected_status
    if wanted in REFUSED and status < 400:
        detail = f"answers without being refused (expected {wanted}, got {status})"
        return _endpoint(
            endpoint, False, detail, code=AUTH, decides=sure and endpoint.called, expected=str(wanted), got=str(status)
        )
    if not endpoint.authenticated or wanted in REFUSED:
        return None
    if status in REFUSED:
        detail = f"the documented way to authenticate is refused (expected {wanted or 'an answer'}, got {status})"
        return _endpoint(
            endpoint,
            False,
            detail,
            code=AUTH,
            decides=sure and endpoint.called,
            expected=str(wanted or 200),
            got=str(status),
        )
    if endpoint.refused_without and answer.without is not None and answer.without < 300:
        detail = f"answers without credentials (expected 401, got {answer.without})"
        return _endpoint(endpoint, False, detail, code=AUTH, decides=sure, expected="401", got=str(answer.without))
    return None


def _of_status(endpoint: Endpoint, answer: Answer, sure: bool, some_answer: bool) -> CheckOutcome | None:
    status, wanted = answer.status, endpoint.expected_status
    assert status is not None
    if wanted is not None:
        if status == wanted or (status // 100 == 2 and wanted == 200):
            return None
    elif status < 400:
        return None
    shown = {"expected": str(wanted or 200), "got": f"{status} {cut(answer.body)}".strip()}
    what = "is not there" if status in MISSING else "answers otherwise"
    detail = f"{what} (expected {wanted or 'an answer'}, got {status})"
    why = ""
    if status >= 500:
        why = "the server's own fault may come of what is not here"
    elif status == 404 and _OF_DATA.search(endpoint.path):
        why = "it names data that a reader may have"
    elif wanted is None and status not in MISSING:
        why = "the documents show no status"
    elif not endpoint.called and not some_answer:
        why = "it is listed only, and nothing else of the list is there"
    elif not sure:
        why = "the documents may mean another server"
    detail += f"; told only, since {why}" if why else ""
    return _endpoint(endpoint, False, detail, decides=not why, **shown)


def _of_body(endpoint: Endpoint, answer: Answer, sure: bool) -> CheckOutcome:
    known = f"answers {answer.status}"
    if endpoint.expected_body is None or endpoint.method == "HEAD":
        return _endpoint(endpoint, True, known)
    found = _agreement(endpoint.expected_body, answer.body)
    shown = {"expected": cut(endpoint.expected_body), "got": cut(answer.body)}
    if found.same:
        detail = "; ".join(part for part in (known, tolerance(found)) if part)
        return _endpoint(endpoint, True, detail, **shown)
    why = ""
    if found.shape or _empty(answer.body) or (answer.status or 0) >= 400:
        why = "it shows data that a reader may have"
    elif not sure or not endpoint.called:
        why = "the documents may mean another server"
    detail = f"answers otherwise than shown{f'; told only, since {why}' if why else ''}"
    return _endpoint(endpoint, False, detail, decides=not why, **shown)


def _agreement(expected: str, got: str) -> Agreement:
    try:
        one, other = json.loads(expected), json.loads(got)
    except ValueError:
        return agree(expected, got)
    return agree_json(one, other)


def _empty(body: str) -> bool:
    return body.strip() in {"", "[]", "{}", "null"}
