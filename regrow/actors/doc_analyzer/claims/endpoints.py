"""Addresses of the project itself that the documents call or list, with what they show as the answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, Document
from regrow.actors.doc_analyzer.claims.curl import Call, parse_call
from regrow.actors.doc_analyzer.claims.shown import shown_below
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.placeholders import placeholder_in
from regrow.protocols.plan import DocRef, Endpoint

__all__ = ["endpoints_in"]

LIMIT_ENDPOINTS = 200
_METHODS = "GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS"
_ROUTE = re.compile(rf"(?:^|[\s`|(])(?P<method>{_METHODS})[\s`|]+(?P<path>/[\w/{{}}<>.:%?&=~+-]*)")
_ADDRESS = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(?P<port>\d{2,5}))?(?P<path>/[^\s'\"`?#)<>,]*)?"
)
_VARIABLE_PART = re.compile(r"[{}<>$*]|/:\w|\.\.\.|%s|\bX+\b")
_STATUS_LINE = re.compile(r"^(?:< )?HTTP/[\d.]+ (?P<status>[1-5]\d\d)\b.*$", re.MULTILINE)
_STATUS = re.compile(
    r"(?i)\b(?:returns?|status(?: code)?|responds?(?: with)?|answers?(?: with)?|gives?|http|code|gets?)\b[\s:`*a-z|]{0,24}?"
    r"\b(?P<status>[1-5]\d\d)\b|(?:=>|->|→)\s*(?P<arrow>[1-5]\d\d)\b|^(?P<alone>[1-5]\d\d)(?: [A-Z][\w ]+)?$"
)
_NEEDS_LOGIN = re.compile(
    r"(?i)\brequires? (?:\w+ ){0,2}(?:auth\w*|login|credentials?|token|bearer|password)|\bauthenticated\b|"
    r"\bbasic auth\w*|\bbearer\b|\bprotected\b"
)
_REFUSES = re.compile(
    r"(?i)\bwithout\b[^.]{0,40}\b(?:401|403|refused|rejected|unauthori[sz]ed|denied)\b|"
    r"\b(?:401|403|refused|rejected|unauthori[sz]ed|denied)\b[^.]{0,40}\bwithout\b|\brequires? (?:basic |bearer )?auth\w*"
)


def endpoints_in(documents: Sequence[Document], mentions: Iterable[Mention]) -> tuple[Endpoint, ...]:
    """Each address once for each way of calling it: as it is called before as it is listed."""
    found: dict[tuple[object, ...], Endpoint] = {}
    listed: list[Endpoint] = []
    for mention in mentions:
        if mention.typed.valid:
            for each in _called(documents[mention.document], mention):
                key = (each.method, each.path, each.port, each.authenticated, each.body, each.user, each.headers)
                found.setdefault(key, each)
    for document in documents:
        for row in _rows(document.blocks):
            listed.extend(_listed(row))
    known = {(each.method, each.path) for each in found.values()}
    for each in listed:
        if (each.method, each.path) not in known and (each.method, each.path.rstrip("/") or "/") not in known:
            known.add((each.method, each.path))
            found[(each.method, each.path)] = each
    return tuple(found.values())[:LIMIT_ENDPOINTS]


def _called(document: Document, mention: Mention) -> Iterator[Endpoint]:
    for command in mention.typed.commands:
        call = parse_call(command.words)
        if call is None or _VARIABLE_PART.search(call.path):
            continue
        whole = call.whole and len(mention.typed.commands) == 1
        text = " ".join((*call.headers, call.user or "", call.body or ""))
        if placeholder_in(re.sub(r"%\{\w+\}", "", mention.typed.text)) or re.search(r"\$\w|\$\{", text):
            whole = False
        status, body = _answer(document, mention, call) if whole else (None, None)
        words = f"{mention.lead} {mention.typed.comment}"
        yield Endpoint(
            method=call.method,
            path=call.path,
            port=call.port,
            headers=call.headers,
            user=call.user,
            body=call.body,
            expected_status=status,
            expected_body=body,
            authenticated=call.authenticated,
            refused_without=call.authenticated and bool(_REFUSES.search(words)),
            called=whole,
            ref=mention.ref,
            confidence=0.95 if whole and not mention.inline else 0.6,
        )


def _answer(document: Document, mention: Mention, call: Call) -> tuple[int | None, str | None]:
    """The status and body that stand below a call."""
    output = mention.typed.output
    if not output.strip() and not mention.inline:
        block = document.blocks[mention.block]
        last = mention.ref.end_line >= block.end_line - 1
        shown = shown_below(document.blocks, mention.block) if last else None
        output = shown.text if shown is not None and not shown.partly else ""
    said = _STATUS.search(mention.typed.comment) or _STATUS.search(mention.lead)
    status = int(next(filter(None, said.groups()))) if said is not None else None
    line = _STATUS_LINE.search(output)
    if line is not None:
        status = int(line["status"])
        head, _, body = output[line.start() :].partition("\n\n")
        output = body if body or call.shows in {"all", "head"} or head.count("\n") else output[line.end() :]
    if call.shows == "status":
        code = re.fullmatch(r"[1-5]\d\d", output.strip())
        return (int(code.group()) if code else status), None
    body = output.strip() if call.shows in {"body", "all"} else ""
    return status, body or None


def _rows(blocks: Sequence[Block]) -> Iterator[tuple[Block, str]]:
    """Sentences, and the rows of tables as one text: their cells are blocks of one line."""
    index = 0
    while index < len(blocks):
        block = blocks[index]
        index += 1
        if block.kind is not BlockKind.TEXT:
            continue
        text = block.text
        while index < len(blocks) and _same_row(block, blocks[index]):
            text += f" | {blocks[index].text}"
            index += 1
        yield block, text


def _same_row(block: Block, other: Block) -> bool:
    return other.kind is BlockKind.TEXT and (other.file, other.line) == (block.file, block.line)


def _listed(row: tuple[Block, str]) -> Iterator[Endpoint]:
    block, text = row
    ref = DocRef(file=block.file, line=block.line, end_line=block.end_line, text=text[:500])
    routes = list(_ROUTE.finditer(text))
    for match in routes:
        status = _STATUS.search(text[match.end() :]) if len(routes) == 1 else None
        cell = re.search(r"\|\s*`?([1-5]\d\d)`?(?: [A-Z][\w ]*)?\s*(?=\||$)", text) if len(routes) == 1 else None
        known = next(filter(None, status.groups())) if status is not None else cell[1] if cell is not None else None
        yield Endpoint(
            method=match["method"],
            path=match["path"].rstrip(".:") or "/",
            expected_status=int(known) if known is not None else None,
            authenticated=bool(_NEEDS_LOGIN.search(text)),
            ref=ref,
            confidence=0.7 if " | " in text or text.strip().startswith(match["method"]) else 0.5,
        )
    for match in _ADDRESS.finditer(text) if not routes else ():
        path = (match["path"] or "/").rstrip(".:;")
        port = int(match["port"]) if match["port"] else None
        if not placeholder_in(match.group()) and (port is None or port <= 65535):
            yield Endpoint(method="GET", path=path or "/", port=port, ref=ref, confidence=0.5)
