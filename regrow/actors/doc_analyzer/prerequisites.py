"""What the documents ask for before the first command: languages, system packages, services, tools, variables.

A sentence counts when it says that something is needed, or stands under a title such as "Requirements"; a mere mention
of a database does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, Document
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import Role
from regrow.protocols.plan import DocRef, Prerequisite, PrerequisiteKind

__all__ = ["prerequisites_in"]

_VERSION = (
    r"(?P<compare>>=|>|==|~=)?\s*v?(?P<version>\d+(?:\.\d+)*)"
    r"(?P<open>\s*\+|\s+(?:or|and)\s+(?:newer|later|above|higher|up|greater)|\s+onwards)?"
)
_LANGUAGES = (
    ("python", re.compile(rf"\b(?:C?Python)\s*\(?(?:versions?|interpreter)?\s*\(?\s*{_VERSION}", re.IGNORECASE)),
    ("node", re.compile(rf"\bnode(?:\.?js)?\s*(?:versions?)?\s*{_VERSION}", re.IGNORECASE)),
    ("rust", re.compile(rf"\brust(?:c)?\s*(?:versions?)?\s*{_VERSION}", re.IGNORECASE)),
    ("go", re.compile(rf"\b[Gg]o(?:lang)?\s+(?:versions?)?\s*{_VERSION}")),
    ("java", re.compile(rf"\b(?:Java|(?:Open)?JDK)\s*(?:SE\s*)?(?:versions?)?\s*{_VERSION}")),
    ("rust", re.compile(r"\bRust\s+(?:toolchain|compiler)|\brustc\b|\b[Cc]argo\b")),
    ("go", re.compile(r"\bGo\s+(?:toolchain|compiler)\b|\b[Gg]olang\b")),
    ("java", re.compile(r"\b(?:Open)?JDK\b|\bJava\s+(?:Development\s+Kit|compiler)\b")),
    ("c", re.compile(r"\b(?:C(?:99|11|17)?|ANSI C|(?:C/)?C\+\+\d*) [Cc]ompiler\b")),
)
_NAMED_ALONE = (
    ("python", re.compile(r"C?Python\b(?!-)", re.IGNORECASE)),
    ("node", re.compile(r"node(?:\.?js)?\b(?!-)", re.IGNORECASE)),
)
"""Languages as an item of a list of what is needed, without a version."""
_PACKAGE_OF_VERSION = re.compile(rf"(?P<name>[A-Za-z][\w+.-]*)\s*\(?(?:versions?)?\s*{_VERSION}\)?\.?")
_SERVICES = re.compile(
    r"\b(PostgreSQL|Postgres|MySQL|MariaDB|Redis|MongoDB|RabbitMQ|Memcached|Elasticsearch|Kafka|Cassandra|"
    r"Docker|SQL Server|LDAP|etcd|ZooKeeper)\b",
    re.IGNORECASE,
)
_TOOLS = re.compile(
    r"(?<![\w./-])(cmake|meson|ninja|autoconf|automake|libtool|pkg-config|gcc|clang|make|bison|flex|swig|cython|"
    r"git|tox|nox|poetry|pipenv|uv|hatch|"
    r"pdm|gettext|doxygen|node-gyp|openssl|java|perl|cargo)(?![\w/-]|\.\w)"
)
_NEEDED = re.compile(
    r"(?i)\b(requires?|required|need(s|ed)?( to be installed)?|must (have|be installed|be running)|depends on|"
    r"prerequisites?|make sure|ensure|"
    r"have .{0,30}installed|supports?|works (with|on)|compatible with|tested (with|on)|running|dependenc\w+|install)\b"
)
_NEEDS_TITLE = re.compile(
    r"(?i)\b(requirements?|prerequisites?|dependencies|required packages|supported|compatib\w+|before you)\b"
)
_FIRMLY = re.compile(r"(?i)\b(requires?|required|must|need(s|ed)?|prerequisites?|depends on|make sure|ensure)\b")
_DENIED = re.compile(r"(?i)no longer|dropp?(ed|s)? support|not support|doesn't|removed|before|until")
_DENIED_BEFORE = re.compile(r"(?i)legacy|older|versions? of .{0,20}$")
_NEAR = 40
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")
_PACKAGE_LIST = re.compile(
    r"^(?:lib[\w.+-]+-dev|[\w.+-]+-dev(?:el)?|build-essential|libtool|autoconf|automake|gcc|make|pkg-config)$"
)


def prerequisites_in(documents: Sequence[Document], mentions: Iterable[Mention]) -> tuple[Prerequisite, ...]:
    """Each prerequisite once, at its first sentence."""
    found: dict[tuple[PrerequisiteKind, str, str | None], Prerequisite] = {}
    for document in documents:
        lead = ""
        for block in document.blocks:
            if block.kind is BlockKind.TEXT:
                for each in _in_sentence(block, listed=_NEEDED.search(lead) is not None):
                    found.setdefault((each.kind, each.name, each.version), each)
                if not block.list_depth:
                    lead = block.text if block.text.rstrip().endswith(":") else ""
    for mention in mentions:
        for each in _in_command(mention):
            found.setdefault((each.kind, each.name, each.version), each)
    return tuple(found.values())


def _in_sentence(block: Block, *, listed: bool) -> Iterator[Prerequisite]:
    """What a paragraph asks for; `listed` says that the sentence before its list says so of each item."""
    under_title = listed or any(_NEEDS_TITLE.search(title) for title in block.headings[-2:])
    ref = DocRef(file=block.file, line=block.line, end_line=block.end_line, text=block.text[:500])
    yield from _languages(block, ref, needed=under_title or _NEEDED.search(block.text) is not None)
    if not (under_title or _NEEDED.search(block.text)):
        return
    if under_title or _FIRMLY.search(block.text):
        for match in _SERVICES.finditer(block.text):
            yield Prerequisite(kind=PrerequisiteKind.SERVICE, name=match.group(1).lower(), ref=ref)
        short = under_title and len(block.text.split()) <= 4
        if short and _PACKAGE_LIST.match(block.text.strip()):
            yield Prerequisite(kind=PrerequisiteKind.SYSTEM_PACKAGE, name=block.text.strip(), ref=ref)
        else:
            for match in _TOOLS.finditer(block.text):
                if short or re.search(
                    rf"(?i)(requires?|need(?:s|ed)?|must have|install(?:ed)?)\b[^.]{{0,60}}{re.escape(match.group())}",
                    block.text,
                ):
                    yield Prerequisite(kind=PrerequisiteKind.TOOL, name=match.group(1), ref=ref)
        if under_title and block.list_depth:
            yield from _item(block, ref)
    for code in block.inline:
        if _VARIABLE.fullmatch(code.text.partition("=")[0]) and re.search(r"(?i)environment|\bexport\b", block.text):
            yield Prerequisite(kind=PrerequisiteKind.ENVIRONMENT, name=code.text.partition("=")[0], ref=ref)


def _languages(block: Block, ref: DocRef, *, needed: bool) -> Iterator[Prerequisite]:
    """A version that is open upwards (`for Python 3.8+`) says by itself that it is needed."""
    for name, pattern in _LANGUAGES:
        for match in pattern.finditer(block.text):
            before = block.text[max(0, match.start() - _NEAR) : match.start()]
            after = block.text[match.end() : match.end() + _NEAR]
            constraint = _constraint(match)
            is_open = constraint is not None and constraint.startswith(">")
            if _DENIED.search(before) or _DENIED.search(after) or _DENIED_BEFORE.search(before):
                continue
            if (needed and (constraint is None or "." in constraint)) or is_open:
                yield Prerequisite(kind=PrerequisiteKind.LANGUAGE, name=name, version=constraint, ref=ref)
                break


def _item(block: Block, ref: DocRef) -> Iterator[Prerequisite]:
    """An item of a list of what is needed that is a name alone, or a name and its version."""
    text = block.text.strip()
    for language, pattern in _NAMED_ALONE:
        if (match := pattern.match(text)) and len(text.split()) <= 2:
            if not re.search(r"\d", text) or re.search(r"\dx|\.x", text[match.end() :]):
                yield Prerequisite(kind=PrerequisiteKind.LANGUAGE, name=language, ref=ref)
            return
    named = _PACKAGE_OF_VERSION.fullmatch(text)
    if named is not None and not any(pattern.match(text) for _, pattern in _LANGUAGES) and not _TOOLS.match(text):
        name, version = named["name"], _constraint(named)
        yield Prerequisite(kind=PrerequisiteKind.SYSTEM_PACKAGE, name=name.lower(), version=version, ref=ref)


def _constraint(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    version = groups.get("version")
    if version is None:
        return None
    if groups.get("compare"):
        return f"{groups['compare']}{version}"
    return f">={version}" if groups.get("open") else f"=={version}"


def _in_command(mention: Mention) -> Iterator[Prerequisite]:
    for fact in mention.facts:
        if fact.role is Role.SYSTEM and mention.platform in {"debian", "any"}:
            for name in fact.names:
                yield Prerequisite(kind=PrerequisiteKind.SYSTEM_PACKAGE, name=name, ref=mention.ref)
    for command in mention.typed.commands:
        if command.program == "export":
            for name, _ in command.assignments:
                yield Prerequisite(kind=PrerequisiteKind.ENVIRONMENT, name=name, ref=mention.ref)
