"""What is wrong or missing in the documents as far as reading alone can tell, each with its code and its sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regrow.actors.doc_analyzer.blocks import Document
from regrow.actors.doc_analyzer.choice.choosing import Choice
from regrow.actors.doc_analyzer.documents import LIMIT_DOCUMENT_BYTES
from regrow.core.project.command_facts import Role
from regrow.core.project.placeholders import placeholder_in, usage_line
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.plan import DocFinding, DocRef, ExpectedFile, Severity
from regrow.protocols.plurals import counted

__all__ = ["findings_in"]

_STEPS = frozenset(
    {Role.CHECKOUT, Role.REQUIREMENTS, Role.RELEASED, Role.SYSTEM, Role.CONFIGURE, Role.COMPILE, Role.TEST}
)


def findings_in(
    documents: Sequence[Document], choices: Sequence[Choice], files: Sequence[ExpectedFile], looked_at: int
) -> tuple[DocFinding, ...]:
    """All findings, those about whole documents first.

    Args:
        documents: What was read.
        choices: Every mentioned command with what became of it.
        files: Files that chosen commands need.
        looked_at: How many files the tree has.
    """
    return (
        *_about_documents(documents, looked_at),
        *_about_commands(choices),
        *_about_steps(choices, bool(documents)),
        *_about_files(files),
    )


def _finding(code: ErrorCode, severity: Severity, message: str, ref: DocRef | None = None) -> DocFinding:
    return DocFinding(code=code.value, severity=severity, message=message, ref=ref)


def _about_documents(documents: Sequence[Document], looked_at: int) -> Iterator[DocFinding]:
    if not documents:
        message = (
            f"the target holds no README, INSTALL or documentation folder (looked at {counted(looked_at, 'file')})"
        )
        yield _finding(ErrorCode.DOC_NOT_FOUND, Severity.ERROR, message)
    for document in documents:
        if document.truncated:
            sizes = f"limit {LIMIT_DOCUMENT_BYTES} bytes, got {document.size_bytes} bytes"
            message = f"{document.file} is larger than the limit ({sizes})"
            yield _finding(ErrorCode.DOC_TOO_LARGE, Severity.WARNING, message)
        for line, problem in document.problems:
            ref = DocRef(file=document.file, line=line, end_line=line, text=problem)
            code = ErrorCode.DOC_INVALID_FORMAT if problem.startswith("include of") else ErrorCode.DOC_PARSE_ERROR
            yield _finding(code, Severity.WARNING, f"{document.file}:{line} {problem}", ref)


def _about_commands(choices: Sequence[Choice]) -> Iterator[DocFinding]:
    for choice in choices:
        mention = choice.mention
        if (
            mention.inline
            or mention.role not in _STEPS
            or usage_line(mention.typed.text)
            or mention.platform not in {"any", "debian"}
        ):
            continue
        if placeholder := placeholder_in(mention.typed.text):
            message = f"{mention.ref} holds the placeholder {placeholder} in '{mention.typed.text[:120]}'"
            yield _finding(ErrorCode.DOC_INVALID_FORMAT, Severity.NOTE, message, mention.ref)
        elif not mention.typed.valid:
            shown = mention.typed.text[:120]
            message = f"{mention.ref} cannot be typed as it stands: '{shown}' is not accepted by the shell's grammar"
            yield _finding(ErrorCode.DOC_INVALID_FORMAT, Severity.WARNING, message, mention.ref)


def _about_steps(choices: Sequence[Choice], read: bool) -> Iterator[DocFinding]:
    chosen = [choice for choice in choices if choice.chosen]
    if not read:
        return
    if not any(choice.mention.role is Role.TEST for choice in chosen):
        yield _finding(ErrorCode.DOC_INCOMPLETE, Severity.ERROR, "no document says how to run the tests")
    places = [choice for choice in chosen if choice.mention.role in {Role.CHECKOUT, Role.CONFIGURE, Role.COMPILE}]
    released = [choice for choice in chosen if choice.mention.role is Role.RELEASED and choice.group == "install"]
    if released and not places:
        where = released[0].mention.ref
        message = f"{where} says how to install the released copy; no document says how to install this source"
        yield _finding(ErrorCode.DOC_INCOMPLETE, Severity.WARNING, message, released[0].mention.ref)
    elif not places and not released:
        yield _finding(
            ErrorCode.DOC_INCOMPLETE, Severity.WARNING, "no document says how to install or build this source"
        )
    runners = {
        choice.mention.main.manager: choice
        for choice in choices
        if choice.group == "test" and not choice.mention.inline
    }
    wrappers = {name: choice for name, choice in runners.items() if name in {"tox", "nox"}}
    if len(wrappers) == 2:
        one, other = wrappers.values()
        message = (
            f"{one.mention.ref} says '{one.mention.typed.text}', {other.mention.ref} says '{other.mention.typed.text}'"
        )
        yield _finding(ErrorCode.DOC_CONTRADICTORY, Severity.NOTE, message, one.mention.ref)


def _about_files(files: Sequence[ExpectedFile]) -> Iterator[DocFinding]:
    for file in files:
        if file.exists is False and not file.produced:
            message = f"{file.ref} needs {file.path}, which is not in the source"
            yield _finding(ErrorCode.DOC_INCOMPLETE, Severity.ERROR, message, file.ref)
