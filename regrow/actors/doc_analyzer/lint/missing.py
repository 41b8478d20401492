"""What a newcomer looks for in the documents and does not find, and the score that is made of it.

Ten parts, 100 points; the weights follow what stopped a literal reader of 54 projects most often: no test command (28 of
them) and no way to install what is at hand (29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regrow.actors.doc_analyzer.blocks import BlockKind
from regrow.actors.doc_analyzer.lint.installs import is_install
from regrow.actors.doc_analyzer.lint.model import Finding, Part
from regrow.actors.doc_analyzer.lint.pages import Command, Page
from regrow.core.project.command_facts import Role
from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["score_parts", "what_is_missing"]

_LICENCE = re.compile(r"(?i)\blicen[cs]ed?\b|\bcopyright\b|public domain|copying")
_HELP = re.compile(
    r"(?i)\b(issues?|bug ?(tracker|reports?)?|support|contribut\w*|discussions?|chat|discord|slack|gitter|matrix|"
    r"mailing list|stack ?overflow|e-?mail|contact)\b"
)
_PREREQUISITE = re.compile(
    r"(?i)\b(requires?|requirements?|prerequisites?|needs?|supports?|supported|compatible|works with|tested)"
    r"\b.{0,80}\b(python|node|java|rust|go|gcc|c\+\+)\b|\bpython ?(>=|\d)|\bnode(\.js)? ?(>=|\d)|pyversions"
)
_CHANGES = re.compile(r"(?i)change ?log|changes|history|release notes|what'?s new|\bnews\b")
_DOCUMENTS = re.compile(
    r"(?i)readthedocs|\bdocumentation\b|\bdocs?/|/docs\b|api reference|\bmanual\b|\bguide\b|\bwiki\b"
)


def score_parts(pages: Sequence[Page], facts: ProjectFacts) -> tuple[Part, ...]:
    """The parts of the score, present or not, each with the place that it was found at."""
    commands = [command for page in pages for command in page.commands]
    files = {path.lower().partition(".")[0] for path in facts.tree.files if "/" not in path}
    licence = _text(pages, _LICENCE) or next(
        (p for p in facts.tree.files if re.match(r"(?i)(licen[cs]e|copying)[^/]*$", p)), ""
    )
    changes = next(
        (p for p in facts.tree.files if re.match(r"(?i)(docs?/)?(change|history|news|release)[^/]*$", p)), ""
    )
    return (
        _part("description", 10, _description(pages)),
        _part("installation", 20, _first(commands, is_install) or _linked(pages, "install")),
        _part("tests", 20, _first(commands, _is_test)),
        _part(
            "development setup",
            10,
            _first(commands, _is_local) or next((f for f in files if f in {"contributing", "hacking"}), ""),
        ),
        _part("usage", 15, _usage(pages, facts)),
        _part("prerequisites", 5, _text(pages, _PREREQUISITE)),
        _part("documentation", 5, _text(pages, _DOCUMENTS)),
        _part("licence", 5, licence),
        _part("help", 5, _text(pages, _HELP)),
        _part("changes", 5, changes or _text(pages, _CHANGES)),
    )


def what_is_missing(pages: Sequence[Page], facts: ProjectFacts, parts: Sequence[Part]) -> tuple[Finding, ...]:
    """One entry for each part that a newcomer cannot do without and that is not there."""
    if not pages:
        return ()
    present = {part.name: part.present for part in parts}
    return tuple(_entries(pages[0], facts, present))


def _entries(front: Page, facts: ProjectFacts, present: dict[str, bool]) -> Iterator[Finding]:
    name = facts.name or "the project"
    tests = any(re.search(r"(^|/)tests?/|(^|/)test_[^/]*\.py$", path) for path in facts.tree.files)
    bounds = ",".join(map(str, facts.requires_python))
    rows = (
        (
            "description",
            "no-description",
            "no sentence says what the project is",
            "the README begins with something else",
            True,
        ),
        (
            "installation",
            "no-install",
            f"no document says how to install {name}",
            f"'pip install {name}' would do" if facts.packages else "no install or build command was found",
            True,
        ),
        ("tests", "no-tests", "no document says how to run the tests", "the tree has tests", tests),
        (
            "development setup",
            "no-development-setup",
            "no document says how to install the source at hand",
            f"'pip install -e .' would do for {name}" if facts.packages else "",
            True,
        ),
        (
            "usage",
            "no-usage",
            f"no document shows {name} in use",
            "no code that imports it, no command that runs it",
            True,
        ),
        (
            "prerequisites",
            "no-prerequisites",
            "no document names what must be there first",
            f"requires-python is {bounds}",
            bool(bounds),
        ),
        ("licence", "no-licence", "no document names the licence", "no file of that name at the root either", True),
        (
            "help",
            "no-help",
            "no document says where to ask",
            "no issue tracker, chat, address or guide for contributors",
            True,
        ),
    )
    for part, rule, message, evidence, applies in rows:
        if applies and not present.get(part, True):
            yield front.finding(rule, 1, message, evidence)


def _part(name: str, points: int, where: str) -> Part:
    return Part(name, points, bool(where), where)


def _description(pages: Sequence[Page]) -> str:
    for page in pages[:1]:
        for block in page.sentences[:12]:
            if len(re.findall(r"[A-Za-z]{2,}", block.text)) >= 4 and not block.text.startswith(("http", "[!")):
                return f"{page.file}:{block.line}"
    return ""


def _first(commands: Sequence[Command], fits: object) -> str:
    return next((f"{c.block.file}:{c.line}" for c in commands if callable(fits) and fits(c)), "")


def _is_test(command: Command) -> bool:
    return command.facts.role is Role.TEST


def _is_local(command: Command) -> bool:
    return command.facts.role in {Role.CHECKOUT, Role.REQUIREMENTS}


def _linked(pages: Sequence[Page], word: str) -> str:
    for page in pages:
        for block in page.blocks:
            if block.kind is not BlockKind.CODE and word in block.text.lower():
                return f"{page.file}:{block.line}"
    return ""


def _usage(pages: Sequence[Page], facts: ProjectFacts) -> str:
    names = [re.escape(name) for name in (*facts.packages, *facts.scripts, facts.name) if name]
    pattern = re.compile(rf"\b({'|'.join(names)})\b") if names else None
    for page in pages:
        for _, block in page.code_blocks:
            rows = [row for row in block.text.split("\n") if not re.search(r"\b(install|clone|cd|add)\b", row)]
            if pattern is not None and pattern.search("\n".join(rows)):
                return f"{page.file}:{block.line}"
    return ""


def _text(pages: Sequence[Page], pattern: re.Pattern[str]) -> str:
    for page in pages:
        for number, line in enumerate(page.lines, 1):
            if pattern.search(line):
                return f"{page.file}:{number}"
    return ""
