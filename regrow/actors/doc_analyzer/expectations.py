"""What the documents say is there, can be called and is printed: files, endpoints, expected output."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, Document
from regrow.actors.doc_analyzer.choice.choosing import Choice
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.actors.doc_analyzer.placeholders import placeholder_in
from regrow.core.project.command_facts import Role
from regrow.core.project.file_tree import FileTree, inside
from regrow.core.project.shell_grammar import SimpleCommand
from regrow.protocols.plan import DocRef, Endpoint, ExpectedFile, ExpectedOutput

__all__ = ["endpoints_in", "files_in", "outputs_in"]

_ADDRESS = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(?P<port>\d{2,5}))?(?P<path>/[^\s'\"`?#)<>]*)?"
)
_ROUTE = re.compile(r"(?:^|[\s`|])(?P<method>GET|POST|PUT|DELETE|PATCH|HEAD)\s+`?(?P<path>/[\w/{}.:-]*)")
_FILE_OPTIONS = frozenset({"-r", "--requirement", "-c", "--constraint"})
_SCRIPT = re.compile(r"^[\w./-]+\.(py|sh|js|pl|rb|mjs|cjs)$")
_LIMIT_OUTPUT = 4_000


def files_in(choices: Iterable[Choice], tree: FileTree) -> tuple[ExpectedFile, ...]:
    """Files that chosen commands read, and whether the tree has them. After a `cd` paths are looked up there."""
    found: dict[str, ExpectedFile] = {}
    folder: str = ""
    made: set[str] = set()
    for choice in choices:
        if not choice.chosen:
            continue
        for command in choice.mention.typed.commands:
            if command.program in {"cd", "pushd"} and len(command.words) > 1:
                folder = inside(folder, command.words[1]) or folder
            made.update(command.writes)
            if command.program in {"cp", "mv", "mkdir"} and len(command.words) > 2:
                made.add(command.words[-1])
            for path in _files_of(command):
                here = inside(folder, path)
                if here is None or here in made or path in made:
                    continue
                produced = choice.mention.role is Role.CONFIGURE or path.startswith(
                    ("build/", "dist/", "venv/", ".venv/", "bin/")
                )
                there = tree.has(here) or tree.has(path)
                found.setdefault(
                    here, ExpectedFile(path=here, ref=choice.mention.ref, produced=produced and not there, exists=there)
                )
    return tuple(found.values())


def _files_of(command: SimpleCommand) -> Iterator[str]:
    words = command.words
    for index, word in enumerate(words):
        attached = re.match(r"^(?:--requirement=|--constraint=|-r)(.+)$", word)
        if word in _FILE_OPTIONS and index + 1 < len(words) and "pip" in " ".join(words[:4]):
            yield words[index + 1]
        elif attached and "pip" in " ".join(words[:4]):
            yield attached.group(1)
    if words and "/" in words[0] and words[0].startswith("./"):
        yield words[0]
    if len(words) > 1 and re.match(r"(python|bash|sh|node|perl|ruby)[\d.]*$", words[0]) and _SCRIPT.match(words[1]):
        yield words[1]
    if command.program == "cp" and len(words) == 3 and not words[1].startswith("-"):
        yield words[1]


def endpoints_in(documents: Sequence[Document], mentions: Iterable[Mention]) -> tuple[Endpoint, ...]:
    """Addresses of the project itself that the documents call or list."""
    found: dict[tuple[str, str, int | None], Endpoint] = {}
    for mention in mentions:
        for command in mention.typed.commands:
            if command.program in {"curl", "wget", "http", "https"}:
                for each in _called(command, mention):
                    found.setdefault((each.method, each.path, each.port), each)
    for document in documents:
        for block in document.blocks:
            if block.kind is not BlockKind.HEADING:
                for each in _listed(block):
                    found.setdefault((each.method, each.path, each.port), each)
    return tuple(found.values())


def _called(command: SimpleCommand, mention: Mention) -> Iterator[Endpoint]:
    text = " ".join(command.words)
    match = _ADDRESS.search(text)
    if match is None or placeholder_in(match.group()):
        return
    method = re.search(r"(?:-X|--request)[ =]?([A-Z]+)|^(?:http|https) (GET|POST|PUT|DELETE|PATCH)\b", text)
    sends = re.search(r"(?:^| )(-d|--data\S*|-F|--json)\b", text)
    port = int(match.group("port")) if match.group("port") else None
    yield Endpoint(
        method=next(filter(None, method.groups()), "GET") if method else "POST" if sends else "GET",
        path=match.group("path") or "/",
        port=port if port is None or 1 <= port <= 65535 else None,
        authenticated=bool(re.search(r"(?i)authorization|x-api-key|(?:^| )(-u|--user|-a) ", text)),
        ref=mention.ref,
    )


def _listed(block: Block) -> Iterator[Endpoint]:
    for match in _ROUTE.finditer(block.text):
        ref = DocRef(file=block.file, line=block.line, end_line=block.end_line, text=block.text[:300])
        yield Endpoint(method=match.group("method"), path=match.group("path").rstrip(".:") or "/", ref=ref)


def outputs_in(mentions: Iterable[Mention]) -> tuple[ExpectedOutput, ...]:
    """What stands below a prompted command, as its output."""
    return tuple(
        ExpectedOutput(command=mention.typed.text, text=mention.typed.output[:_LIMIT_OUTPUT], ref=mention.ref)
        for mention in mentions
        if mention.typed.output.strip() and mention.typed.valid
    )
