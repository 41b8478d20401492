"""Shell text that cannot be typed as it stands: quotes, operators, continuations, paths of another system."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regrow.actors.doc_analyzer.blocks import Block
from regrow.actors.doc_analyzer.lint.installs import install_of
from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Command, Page, is_placeholder, is_shell
from regrow.actors.doc_analyzer.shell_blocks import Typed, commands_in_block
from regrow.core.project.command_tables import known_program
from regrow.core.project.linting.project_facts import ProjectFacts
from regrow.core.project.placeholders import usage_line

__all__ = ["check_shell_text"]

_WINDOWS = re.compile(r"(?i)windows|powershell|\bcmd\b|\bbat\b|%\w+%|\bPS\b|\.exe\b")
_BACKSLASHES = re.compile(r"(?<![\w\\])(?:\.\\)?[\w.-]+\\(?:Scripts|bin|activate|[A-Za-z]\w{2,})\b(?:\\\w+)*")
_CURLY = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})


def check_shell_text(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """Everything about the text of commands."""
    for place, block in page.code_blocks:
        for typed in commands_in_block(block.text, block.language):
            yield from _grammar(page, block, typed)
        if is_shell(block):
            yield from _windows(page, place, block)
            yield from _continuations(page, block)
            yield from _quotes(page, block)
            yield from _assignments(page, block)
    for command in page.commands:
        yield from _bounds(page, command)
        yield from _commas(page, command)
    yield from _placeholders(page, facts)


def _grammar(page: Page, block: Block, typed: Typed) -> Iterator[Finding]:
    if re.search(r"\|[\w-]+\|", typed.text):
        return  # A substitution of reStructuredText.
    if typed.valid or is_placeholder(typed.text) or re.search(r"[“”‘’]|\.\.\.|…", typed.text):
        return
    first = typed.text.split()[0] if typed.text.split() else ""
    if not (typed.prompted or is_shell(block)) or not known_program(first):
        return
    line = block.line + typed.line
    odd = [quote for quote in "\"'" if typed.text.count(quote) % 2]
    why = f"the quote {odd[0]} is opened and not closed" if odd else "the shell's grammar does not accept it"
    yield page.finding("shell-syntax", line, f"'{typed.text.splitlines()[0][:70]}' cannot be typed as it stands", why)


def _windows(page: Page, place: int, block: Block) -> Iterator[Finding]:
    around = " ".join((*block.headings, block.label, page.lead(place), block.language))
    if _WINDOWS.search(around) or block.language not in {"bash", "sh", "shell", "zsh", "console"}:
        return
    rows = block.text.split("\n")
    for offset, row in enumerate(rows):
        near = " ".join(rows[max(0, offset - 2) : offset + 1])
        match = _BACKSLASHES.search(row)
        if match and not _WINDOWS.search(near) and not re.search(r"[\"'].*\\|grep|sed|awk|printf|echo|find|re\.", row):
            text = match.group()
            right = re.sub(r"^(\S*)/Scripts/activate$", r"\1/bin/activate", text.replace("\\", "/"))
            message = f"'{text}' is a path of Windows in a block for a POSIX shell"
            yield page.finding(
                "windows-path", block.line + offset, message, f"the block is declared '{block.language}'", (text, right)
            )


def _continuations(page: Page, block: Block) -> Iterator[Finding]:
    rows = block.text.split("\n")
    for offset, row in enumerate(rows):
        following = rows[offset + 1] if offset + 1 < len(rows) else ""
        line = block.line + offset
        if re.search(r"\\[ \t]+$", row) and following.strip():
            yield page.finding(
                "shell-syntax",
                line,
                "a space after the backslash ends the command here",
                "the backslash must be the last character of its line",
            )
        elif re.search(r"(\S)\s*(&&|\|\|)\s*$", row) and not following.strip():
            yield page.finding(
                "shell-syntax",
                line,
                "nothing follows the operator at the end of the line",
                "the shell waits for a second command",
            )
        elif (
            re.match(r"\s+--?[a-z]", following)
            and re.match(r"\s*(\$ )?[a-z][\w./-]+ ", row)
            and not row.rstrip().endswith(("\\", "^", "|", "&&", "`", "(", "'", '"'))
        ):
            word = row.split()[1 if row.lstrip().startswith("$ ") else 0]
            if (
                known_program(word)
                and "usage" not in row.lower()
                and not is_placeholder(row)
                and not _in_text(rows, offset)
            ):
                yield page.finding(
                    "shell-syntax",
                    line,
                    "the next line begins with an option, and this one has no backslash at its end",
                    f"next line: {following.strip()[:60]}",
                )


def _in_text(rows: list[str], offset: int) -> bool:
    """Whether a row stands in a here-document or below a prompt, as output."""
    above = rows[: offset + 1]
    return any("<<" in row for row in above) or (
        any(row.lstrip().startswith("$ ") for row in above) and not rows[offset].lstrip().startswith("$ ")
    )


def _assignments(page: Page, block: Block) -> Iterator[Finding]:
    """`NAME python x.py`: a variable without its value before the program that it is for."""
    for offset, row in enumerate(block.text.split("\n")):
        match = re.match(r"\s*(?:[#$%]\s+)?([A-Z][A-Z0-9]*_[A-Z0-9_]+)\s+([a-z][\w.-]*)\s+\S", row)
        if match and known_program(match.group(2)) and not usage_line(row):
            message = f"'{match.group(1)}' stands where a command or an assignment should: it has no value"
            yield page.finding(
                "shell-syntax", block.line + offset, message, f"the shell takes it for a program: {row.strip()[:80]}"
            )


def _quotes(page: Page, block: Block) -> Iterator[Finding]:
    for offset, written in enumerate(block.text.split("\n")):
        row = re.sub(r"(^|\s)#.*$", "", written)
        if re.search(r"[“”‘’]", row) and not row.lstrip().startswith("#"):
            first = re.search(r"\S*[“”‘’]\S*", row)
            text = first.group() if first else ""
            message = "the quotes are typographic; the shell takes them for letters"
            yield page.finding(
                "typographic-quotes", block.line + offset, message, row.strip()[:80], (text, text.translate(_CURLY))
            )


def _bounds(page: Page, command: Command) -> Iterator[Finding]:
    """`pip install foo>=1` writes into a file called `=1`."""
    install = install_of(command)
    if install is None or command.inline:
        return
    text = command.typed.text
    match = re.search(
        r"(?<![\"'\w.\[\]-])([A-Za-z][\w.-]*(?:\[[\w,-]+\])?)\s*([<>]=?)\s*(\d[\w.]*(?:,[<>=!]+[\d.]+)*)(?![\"'\w])",
        text,
    )
    before = text[: match.start()] if match else ""
    if match and before.count('"') % 2 == 0 and before.count("'") % 2 == 0 and install.manager in {"pip", "conda"}:
        line = page.line_in(command, match.group(1))
        spec = match.group().strip()
        message = f"the shell takes '{match.group(2)}' in '{spec}' for a redirection into a file"
        yield page.finding(
            "unquoted-bound", line, message, "quotes around the requirement keep it whole", (spec, f'"{spec}"')
        )


def _commas(page: Page, command: Command) -> Iterator[Finding]:
    install = install_of(command)
    words = [word for word in command.words if re.fullmatch(r"[A-Za-z][\w.-]*,", word)]
    if install is not None and words and install.manager != "conda":
        line = page.line_in(command, words[0])
        message = "names in an install command are set apart by spaces, not by commas"
        yield page.finding("shell-syntax", line, message, command.typed.text[:80], (words[0], words[0].rstrip(",")))


def _placeholders(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    if len(facts.repositories) != 1 or not page.front:
        return
    host, owner, name = next(iter(facts.repositories))
    for _, block in page.code_blocks:
        for offset, row in enumerate(block.text.split("\n")):
            match = re.search(
                r"git clone\s+(<[^>]*(?:url|repo)[^>]*>|\[[^\]]*(?:url|repo)[^\]]*\]|https?://\S*<[^>]+>\S*)\s*$",
                row,
                re.IGNORECASE,
            )
            if match and not re.search(r"(?i)fork|user", match.group(1)):
                right = f"https://{host}/{owner}/{name}.git"
                message = f"'{match.group(1)}' can be said: {right}"
                yield page.finding(
                    "placeholder",
                    block.line + offset,
                    message,
                    "the metadata name the repository",
                    (match.group(1), right),
                )
