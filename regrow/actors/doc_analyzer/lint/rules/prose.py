"""What sentences say without a command: the order of steps, what is needed first, where folders are, and nothing "
"at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regrow.actors.doc_analyzer.blocks import Block, BlockKind
from regrow.actors.doc_analyzer.lint.installs import install_of
from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Page
from regrow.core.project.linting.near import nearest
from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["check_prose"]

_TESTS_FIRST = re.compile(
    r"(?i)\bbefore (you )?install(ing|ation|s)?\b[^.]{0,80}\b(run|execute|start|use|import|test)\b|"
    r"\b(run|execute|test|use|import)\b[^.]{0,60}\bbefore (you )?install(ing|ation)?\b(?! (it|them) (in|into|from|"
    r"with))"
)
_VAGUE = re.compile(
    r"(?i)\b(?:requires?|needs?|supports?|works with)\b[^.]{0,30}\b(?:a |an |any |the )?(?:(?:fairly|reasonably|"
    r"relatively) )?"
    r"(?:recent|modern|new|newer|latest|current|up-to-date|compatible|suitable) versions? of (?:C?Python)\b(?! and)"
)
_NEEDED = re.compile(r"(?i)\b(ensure|make sure|first|must|need(s|ed)?|require[sd]?|prerequisites?|required|before)\b")
_ONLY_FOR = re.compile(
    r"(?i)\b(optional\w*|if|for|support|speed|faster|recommend\w*|develop\w*|tests?|testing|contribut\w*|docs?|"
    r"build\w*|to use|enable|"
    r"extras?|may|can|plot\w*|example|demo|notebook|or)\b"
)
_FOLDER = re.compile(
    r"(?i)\b(?:in|from|under|inside|see|into|to) (?:the |its )?[`\"']*([\w.-]+(?:/[\w.-]+)*)/?[`\"']* (?:sub)"
    r"?(?:directory|folder)\b"
)
_HERE = re.compile(
    r"(?i)\b(source|package|repo(sitory)?|included|distribution|project|root|tree|archive|checkout|clone)\b"
)
_SLASHED = re.compile(
    r"(?<![\w/.:@<`#~$%-])((?:[\w-]+/)+(?:[\w-]+\.(?:py|rst|md|txt|toml|cfg|ini|sh|yml|yaml|json)|[\w-]+/|"
    r"(?=[\s.,;)])))(?![\w/])"
)
_ABSTRACT = frozenset(
    "a an the this that same current root home working your my following parent source project new temporary "
    "any".split()
)
_TESTING_TITLE = re.compile(
    r"(?i)^\W*(\d+[.)]?\s*)?((running|executing) (the )?(unit )?tests?|tests?|testing|unit tests?)\W*$"
)


def check_prose(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """Everything about sentences that hold no command."""
    for block in page.sentences:
        yield from _order(page, block)
        yield from _vague(page, facts, block)
        if page.front:
            yield from _folders(page, facts, block)
            yield from _settings_file(page, facts, block)
    if page.front:
        yield from _claimed(page, facts)
        yield from _silent(page)


def _order(page: Page, block: Block) -> Iterator[Finding]:
    match = _TESTS_FIRST.search(block.text)
    if match and not re.search(
        r"(?i)\b(make sure|check|uninstall|read|download|dependenc|prerequisite|python|compiler)", match.group()
    ):
        line = page.line_of(block, match.group())
        message = f"'{match.group()[:80]}' cannot be done before the installation"
        yield page.finding("wrong-order", line, message, "what is not installed can be neither used nor tested")


def _vague(page: Page, facts: ProjectFacts, block: Block) -> Iterator[Finding]:
    match = _VAGUE.search(block.text)
    if match and facts.requires_python:
        wanted = ",".join(map(str, facts.requires_python))
        line = page.line_of(block, match.group())
        yield page.finding(
            "vague-version", line, f"'{match.group()}' cannot be checked", f"requires-python is {wanted}"
        )


def _folders(page: Page, facts: ProjectFacts, block: Block) -> Iterator[Finding]:
    top = {folder for folder in facts.folders if "/" not in folder}
    for match in _FOLDER.finditer(block.text):
        name = match.group(1).strip("./")
        if name in facts.folders or name.lower() in _ABSTRACT or not _HERE.search(block.text) or not name:
            continue
        better = _meant(name, top)
        if better is not None and not any(folder.endswith(f"/{name}") for folder in facts.folders):
            line = page.line_of(block, match.group(1))
            yield page.finding(
                "missing-file", line, f"the source has no folder {name}", f"the tree has {better}", (name, better)
            )
    for match in _SLASHED.finditer(block.text):
        path = match.group(1).rstrip("/")
        first = path.split("/")[0]
        if first not in top or path in facts.folders or path in facts.tree.files or "." in first:
            continue
        folder = path.rpartition("/")[0]
        if folder not in facts.folders or (not re.search(r"\.\w+$", path) and not nearest(path, facts.folders)):
            continue
        line = page.line_of(block, match.group(1))
        near = nearest(path, facts.tree.files)
        yield page.finding(
            "missing-file",
            line,
            f"{path} is not in the source",
            f"the tree has {near or folder}",
            (path, near) if near else None,
        )


def _settings_file(page: Page, facts: ProjectFacts, block: Block) -> Iterator[Finding]:
    """A settings file of the project in the system or in the home folder that no source of it speaks of."""
    for match in re.finditer(
        r"(?<![\w.])(?:/etc|~|\$HOME|/usr/local/etc)/[\w./-]*\w\.(?:ini|cfg|conf|toml|ya?ml|json)\b", block.text
    ):
        path = match.group()
        name = path.rpartition("/")[2]
        if not any(own in path.lower().replace("_", "-") for own in facts.names) or name in facts.basenames:
            continue
        if not any(name in (facts.tree.text(source) or "") for source in facts.python_files()):
            line = page.line_of(block, path)
            yield page.finding(
                "missing-file", line, f"no source of {facts.name} reads {path}", f"'{name}' stands in none of its files"
            )


def _meant(name: str, folders: frozenset[str] | set[str]) -> str | None:
    """The folder of the tree that a name is a longer, shorter or misspelt form of."""
    found = nearest(name, folders)
    if found is not None:
        return found
    for folder in sorted(folders):
        short, long = sorted((folder.lower().rstrip("s"), name.lower().rstrip("s")), key=len)
        if len(short) > 2 and long.startswith(short):
            return folder
    return None


def _claimed(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """A package called a prerequisite that the metadata do not ask for."""
    for command in page.commands:
        install = install_of(command)
        if install is None or install.manager != "pip" or not command.inline or not facts.name:
            continue
        names = [r.name for _, r in install.specs]
        sentence = re.split(r"(?<=[.!?])\s", command.lead)[-1]
        title = " ".join(command.section[-1:])
        foreign = names and not set(names) & (
            facts.names | set(facts.required) | {"pip", "setuptools", "wheel", "virtualenv"}
        )
        if foreign and _NEEDED.search(sentence) and not _ONLY_FOR.search(sentence) and not _ONLY_FOR.search(title):
            message = f"{facts.name} does not need {', '.join(names)}"
            line = page.line_in(command, install.specs[0][0])
            yield page.finding("unknown-package", line, message, "not among the required dependencies of the metadata")


def _silent(page: Page) -> Iterator[Finding]:
    """A section on tests that shows neither a command nor where one stands."""
    for place, block in enumerate(page.blocks):
        if block.kind is not BlockKind.HEADING or not _TESTING_TITLE.match(block.text):
            continue
        inner = [b for b in page.blocks[place + 1 :] if b.headings[: len(block.headings)] == block.headings]
        rows = "\n".join("\n".join(page.lines[b.line - 1 : b.end_line]) for b in inner)
        shown = any(b.kind is BlockKind.CODE for b in inner) or re.search(
            r"`_|\]\(|https?://|``|`|\bpytest\b|\btox\b|\bmake\b|\bnox\b|\bunittest\b", rows
        )
        if inner and not shown and re.search(r"(?i)\b(run|execute)\b", rows):
            yield page.finding(
                "section-without-command",
                inner[0].line,
                "the section says to run the tests and shows no command",
                rows.strip()[:80],
            )
            return
