"""The whole reading of a source tree, as one pure function."""

from __future__ import annotations

import re
from collections.abc import Sequence

from regrow.actors.doc_analyzer.blocks import Document
from regrow.actors.doc_analyzer.choice.choosing import Choice, ProjectFacts, choose
from regrow.actors.doc_analyzer.choice.leaving_out import Place, places
from regrow.actors.doc_analyzer.claims import (
    arithmetic_in,
    endpoints_in,
    examples_in,
    outputs_in,
    servers_in,
    statements_in,
)
from regrow.actors.doc_analyzer.documents import LIMIT_DOCUMENT_BYTES, find_documents, read_document
from regrow.actors.doc_analyzer.expectations import files_in
from regrow.actors.doc_analyzer.findings import findings_in
from regrow.actors.doc_analyzer.mentions import Mention, mentions_in
from regrow.actors.doc_analyzer.prerequisites import prerequisites_in
from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import package_name
from regrow.core.project.evidence import Evidence, gather
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import CommandKind, DocAnalysis, DocCommand, DocumentSummary

__all__ = ["LIMIT_TOTAL_BYTES", "analyze"]

LIMIT_TOTAL_BYTES = 8_000_000
"""Documents together; those that come later in reading order are left out and named nowhere but in the summary."""

_KINDS: dict[Role, CommandKind] = {
    Role.CHECKOUT: CommandKind.INSTALL,
    Role.RELEASED: CommandKind.INSTALL,
    Role.REQUIREMENTS: CommandKind.INSTALL,
    Role.SYSTEM: CommandKind.SETUP,
    Role.ENVIRONMENT: CommandKind.SETUP,
    Role.SHELL: CommandKind.SETUP,
    Role.SUBMODULE: CommandKind.SETUP,
    Role.FETCH: CommandKind.CLONE,
    Role.CONFIGURE: CommandKind.BUILD,
    Role.COMPILE: CommandKind.BUILD,
    Role.SYSTEM_WIDE: CommandKind.INSTALL,
    Role.TEST: CommandKind.TEST,
    Role.RUN: CommandKind.RUN,
    Role.SERVE: CommandKind.RUN,
}


def analyze(
    tree: FileTree, documents: Sequence[str] = (), name: str | None = None, limit_bytes: int = LIMIT_DOCUMENT_BYTES
) -> DocAnalysis:
    """Everything that the documents of a tree say.

    Args:
        tree: The target's files.
        documents: Read only these files, in this order; empty finds them.
        name: What the target was called when it was fetched, known besides the name in its metadata.
        limit_bytes: Of a longer document the first part is read.

    >>> readme = "To test, type:\\n\\n    make check\\n"
    >>> found = analyze(FileTree.of({"README": readme, "Makefile": "check:\\n\\ttrue\\n", "a.c": ""}))
    >>> [(command.text, command.kind.value, command.chosen) for command in found.commands]
    [('make check', 'test', True)]
    """
    evidence = gather(tree)
    read = _read(tree, documents or find_documents(tree), limit_bytes)
    mentions = mentions_in(read)
    choices = choose(mentions, ProjectFacts(project_names(evidence, name), tree))
    files = files_in(choices, tree)
    where = places(choices)
    return DocAnalysis(
        documents=tuple(_summary(document, mentions) for document in read),
        prerequisites=prerequisites_in(read, mentions),
        commands=tuple(map(_command, choices, where)),
        files=files,
        endpoints=endpoints_in(read, mentions),
        expected_outputs=outputs_in(read, mentions),
        examples=examples_in(read),
        claims=(*statements_in(read, evidence), *arithmetic_in(read)),
        servers=servers_in(read, [choice.mention for choice in choices], [place.required for place in where]),
        ecosystem=evidence.ecosystem,
        project_name=evidence.name or name,
        project_version=evidence.version,
        findings=findings_in(read, choices, files, len(tree.files)),
    )


def project_names(evidence: Evidence, name: str | None) -> frozenset[str]:
    """The names under which documents may install the project."""
    words = {
        evidence.name,
        name or "",
        *(package.replace("_", "-") for package in evidence.packages if len(evidence.packages) == 1),
    }
    return frozenset(filter(None, (package_name(re.sub(r"\s+", "-", word)) for word in words if word)))


def _read(tree: FileTree, paths: Sequence[str], limit_bytes: int) -> list[Document]:
    found: list[Document] = []
    left = LIMIT_TOTAL_BYTES
    for path in paths:
        size = min(tree.files.get(path, 0), limit_bytes)
        if size > left:
            break
        left -= size
        document = read_document(tree, path, limit_bytes)
        if document is not None:
            found.append(document)
    return found


def _summary(document: Document, mentions: Sequence[Mention]) -> DocumentSummary:
    return DocumentSummary(
        file=document.file,
        format=document.format,
        title=document.title[:200],
        size_bytes=document.size_bytes,
        line_count=document.line_count,
        command_count=sum(mention.ref.file == document.file for mention in mentions),
        truncated=document.truncated,
    )


def _command(choice: Choice, place: Place) -> DocCommand:
    mention = choice.mention
    tests = choice.chosen and choice.group == "test"
    return DocCommand(
        text=mention.typed.text,
        ref=mention.ref,
        kind=CommandKind.TEST if tests else _KINDS.get(mention.role, CommandKind.OTHER),
        shell=mention.typed.shell,
        alternatives_group=choice.group,
        chosen=choice.chosen,
        reason=choice.reason,
        left_out=choice.left_out,
        in_path=place.in_path,
        required=place.required,
        from_root=choice.from_root,
        confidence=mention.confidence,
    )
