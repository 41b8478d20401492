"""All rules over all documents of a tree. Pure: what the index says of names is handed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from regrow.actors.doc_analyzer.documents import LIMIT_DOCUMENT_BYTES, find_documents, read_document
from regrow.actors.doc_analyzer.lint.missing import score_parts, what_is_missing
from regrow.actors.doc_analyzer.lint.model import Finding, LintResult
from regrow.actors.doc_analyzer.lint.pages import Page, make_page, text_of_blocks
from regrow.actors.doc_analyzer.lint.rules.code_blocks import check_code_blocks
from regrow.actors.doc_analyzer.lint.rules.links import check_links
from regrow.actors.doc_analyzer.lint.rules.neighbours import check_neighbours
from regrow.actors.doc_analyzer.lint.rules.order import check_order
from regrow.actors.doc_analyzer.lint.rules.packages import Releases, check_packages, suspicious_names
from regrow.actors.doc_analyzer.lint.rules.paths import check_paths
from regrow.actors.doc_analyzer.lint.rules.prose import check_prose
from regrow.actors.doc_analyzer.lint.rules.shell_text import check_shell_text
from regrow.actors.doc_analyzer.lint.rules.tool_use import check_tool_use
from regrow.actors.doc_analyzer.lint.rules.versions import check_versions
from regrow.actors.doc_analyzer.lint.suppressions import apply, in_settings, on_page
from regrow.core.project.file_tree import FileTree
from regrow.core.project.linting.own_programs import Program, own_programs
from regrow.core.project.linting.project_facts import ProjectFacts, gather_facts
from regrow.core.project.linting.python_api import PythonApi
from regrow.protocols.plan import DocFormat

__all__ = ["LintTarget", "lint", "open_target"]

LIMIT_FINDINGS = 1_000


class LintTarget:
    """A tree whose documents have been read, so that the index can be asked between reading and judging.

    Attributes:
        documents: All that were read, in the order of a newcomer.
        pages: Those whose lines can be judged and replaced: all but notebooks.
        facts: What the project says of itself.
    """

    def __init__(self, documents: Sequence[Page], facts: ProjectFacts) -> None:
        self.documents = tuple(documents)
        self.pages = tuple(page for page in documents if page.document.format is not DocFormat.NOTEBOOK)
        self.facts = facts

    @property
    def questions(self) -> frozenset[str]:
        """Names that are worth asking the index about."""
        return frozenset().union(*(suspicious_names(page, self.facts) for page in self.pages))


def open_target(tree: FileTree) -> LintTarget:
    """Read the documents and the facts of a tree."""
    pages = []
    for number, path in enumerate(find_documents(tree)):
        document = read_document(tree, path)
        text = tree.text(path, LIMIT_DOCUMENT_BYTES)
        if document is not None and text is not None:
            front = number == 0 and path.lower().startswith("readme")
            # The lines of a notebook are JSON, and every rule judges and replaces lines of text; what it says counts.
            said = text_of_blocks(document) if document.format is DocFormat.NOTEBOOK else text
            pages.append(make_page(document, said, front))
    return LintTarget(pages, gather_facts(tree))


def lint(target: LintTarget, releases: Releases | None = None) -> LintResult:
    """Everything that is wrong and missing, what is suppressed left out.

    Args:
        target: The documents and the facts.
        releases: What the index said of `target.questions`; None when it was not asked.
    """
    api = PythonApi(target.facts)
    programs = own_programs(target.facts, ("\n".join(page.lines) for page in target.pages))
    suppressions, findings = in_settings(target.facts.tree)
    for page in target.pages:
        more, wrong = on_page(page)
        suppressions += more
        findings += [*wrong, *_of_page(page, target.facts, api, programs, releases or {})]
    kept, left = apply(_in_order(findings, target.pages)[:LIMIT_FINDINGS], suppressions)
    parts = score_parts(target.documents, target.facts)
    missing, also_left = apply(what_is_missing(target.documents, target.facts, parts), suppressions)
    documents = tuple(page.file for page in target.documents)
    return LintResult(documents, kept, missing, (*left, *also_left), parts)


def _of_page(
    page: Page,
    facts: ProjectFacts,
    api: PythonApi,
    programs: dict[str, Program],
    releases: Mapping[str, tuple[str, ...] | None],
) -> Iterator[Finding]:
    yield from check_packages(page, facts, releases)
    yield from check_versions(page, facts, releases)
    yield from check_order(page, facts)
    yield from check_prose(page, facts)
    yield from check_tool_use(page, facts, programs)
    yield from check_paths(page, facts)
    yield from check_links(page, facts)
    yield from check_neighbours(page, facts)
    yield from check_shell_text(page, facts)
    yield from check_code_blocks(page, facts, api)


def _slip(found: Finding) -> tuple[str, int, str, str]:
    """What makes two findings one: the same change, or where none is known the same words, on one line."""
    return found.file, found.line, found.rule, found.edit.text if found.edit else f" {found.message}"


def _in_order(findings: Sequence[Finding], pages: Sequence[Page]) -> list[Finding]:
    """By document and line, each said once."""
    rank = {page.file: number for number, page in enumerate(pages)}
    once: dict[tuple[str, int, str, str], Finding] = {}
    for found in findings:
        once.setdefault(_slip(found), found)
    said = {(f.file, f.rule, f.message, f.line): f for f in once.values()}
    for one in sorted(once.values(), key=lambda f: f.line, reverse=True):
        # The same slip in the very next line again: one finding for the run of lines.
        if one.edit is None and (one.file, one.rule, one.message, one.line - 1) in said:
            once.pop(_slip(one), None)
    return sorted(once.values(), key=lambda f: (rank.get(f.file, len(rank)), f.line, f.rule))
