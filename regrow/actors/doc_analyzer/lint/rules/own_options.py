"""Options of the project's own programs, wherever a page writes them: commands, usage lines, help texts and sentences.

A usage line (`demo --fast FILE [FILE...]`) is not run and its placeholders mean nothing, but its options are claims like any
other, so lines are read here and not commands. In sentences, where an option may be another tool's, one counts only when no
table knows it and no other file of the tree writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regrow.actors.doc_analyzer.blocks import Block
from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Page, is_placeholder, is_python
from regrow.core.project.command_lines import package_name
from regrow.core.project.command_tables import known_program
from regrow.core.project.linting.near import nearest
from regrow.core.project.linting.own_programs import Program
from regrow.core.project.linting.project_facts import ProjectFacts
from regrow.core.project.linting.tool_table import tools
from regrow.core.project.placeholders import usage_line

__all__ = ["check_own_options"]

_FLAG = re.compile(r"(?<![\w-])--[A-Za-z][\w-]*")
_END = re.compile(r"\s--(?=\s|$)|[|;`]|&&|\s#|\s//")
_ALONE = re.compile(r"^(?:-\w,? ?(?:[A-Z]+, ?)?)?(--[a-z][a-z0-9-]+)(?:[ =].*)?$")
_DENIED = re.compile(r"(?i)\b(instead of|rather than|deprecated|no longer|do not|don't|never|avoid|not)\b[^.]{0,60}$")
_PROGRAM_WORD = re.compile(r"(?i)\b(command|script|executable|program|tool|utility|command-line \w+)\s*:?\s*$")
_WRAPPED = r"(?:(?:sudo|uvx|pipx run|uv run|poetry run|python3? -m|[A-Z_]+=\S+)\s+)*"
_OTHERS = re.compile(r"(?i)\b(pip|pytest|git|docker|npm|make|cmake|gcc|uv|poetry|conda|tox|node|cargo|sphinx-build)\b")
_VERBS = frozenset(
    "run start serve check lint exec execute build show list scan test analyze analyse process convert format init "
    "create generate open launch install setup validate".split()
)
"""Sub-commands that other programs have; the first argument of a program without any is a file, an address or a name."""


def check_own_options(page: Page, facts: ProjectFacts, programs: dict[str, Program]) -> Iterator[Finding]:
    """Every option and sub-command behind one of the programs, and options that stand alone in a sentence of the README.

    Args:
        page: Any document.
        facts: The project.
        programs: The project's programs whose parsers can be read.
    """
    if not programs:
        return
    named = "|".join(re.escape(name) for name in sorted(programs, key=len, reverse=True))
    typed = re.compile(rf"^\s*(?:[$%#>]\s+)?{_WRAPPED}({named})\s+(\S.*)")
    for _, block in page.code_blocks:
        if not is_python(block):
            yield from _in_block(page, block, programs, named)
            for offset, row in enumerate(block.text.split("\n")):
                if match := typed.match(row):
                    yield from _arguments(page, facts, block.line + offset, match, programs)
    for code in page.codes:
        if (match := typed.match(code.text)) and not usage_line(code.text) and not _DENIED.search(code.before):
            yield from _arguments(page, facts, code.line, match, programs)
            yield from _flags(page, code.line, match.group(1), match.group(2), programs)
    if page.front:
        yield from _named_programs(page, facts)
    if page.front and not any(program.open for program in programs.values()):
        yield from _in_sentences(page, programs)


def _named_programs(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """A sentence that speaks of a program of the project under a name that is nearly one of its console scripts."""
    for code in page.codes if facts.scripts else ():
        name = code.text
        if not _PROGRAM_WORD.search(code.before) and not re.match(
            r"(?i)(command|script|executable|tool)\b", code.after
        ):
            continue
        if name in facts.scripts or name in facts.packages or not re.fullmatch(r"[a-z][a-z0-9-]{3,}", name):
            continue
        if package_name(name) in facts.known or name in facts.basenames or known_program(name):
            continue
        better = nearest(name, facts.scripts) or next(
            (s for s in sorted(facts.scripts) if len(s) > 3 and (name.startswith(s) or s.startswith(name))), None
        )
        if better is not None and not any(name in (facts.tree.text(f) or "") for f in facts.python_files()):
            message = f"{facts.name} installs no program '{name}'; '{better}' is meant"
            known = f"its programs are {', '.join(sorted(facts.scripts)[:6])}"
            yield page.finding("misspelt-command", code.line, message, known, (name, better))


def _arguments(
    page: Page, facts: ProjectFacts, line: int, match: re.Match[str], programs: dict[str, Program]
) -> Iterator[Finding]:
    """The sub-command and the values of options of one line."""
    name, program = match.group(1), programs[match.group(1)]
    end = _END.search(match.group(2))
    arguments = match.group(2)[: end.start() if end else None].split()
    yield from _values(page, line, name, program, arguments)
    first = arguments[0] if arguments else ""
    if not re.fullmatch(r"[a-z][a-z-]{2,}", first) or program.open or first in program.commands:
        return
    if f"--{first}" in program.flags and not program.commands and not program.grouped and len(arguments) > 1:
        message = f"{name} has no command '{first}'; '--{first}' is meant"
        evidence = "an option of that name is in its source"
        yield page.finding("unknown-command", line, message, evidence, (first, f"--{first}"))
        return
    if not program.commands:
        follows = arguments[1] if len(arguments) > 1 else ""
        if not program.grouped and first in _VERBS - program.parser_words and re.search(r"^-|[./:]", follows):
            message = f"{name} has no sub-commands, and '{first}' is taken for its first argument"
            yield page.finding("unknown-command", line, message, f"{program.home} defines none")
        return
    plugin = any(path.endswith((f"/{first}.py", f"/{first}/__init__.py")) for path in facts.tree.files)
    if first in program.parser_words or (plugin and first in program.words):
        return
    better = nearest(first, program.commands)
    if better or len(program.commands) > 2:
        rule = "misspelt-command" if better else "unknown-command"
        message = f"{name} has no command '{first}'" + (f"; '{better}' is meant" if better else "")
        known = f"its commands are {', '.join(sorted(program.commands)[:8])}"
        yield page.finding(rule, line, message, known, (first, better) if better else None)


def _values(page: Page, line: int, name: str, program: Program, words: list[str]) -> Iterator[Finding]:
    """A value that an option with a fixed list of values does not take."""
    for index, word in enumerate(words):
        option, equals, value = word.partition("=")
        known = program.choices.get(option)
        if not equals:
            value = words[index + 1] if index + 1 < len(words) else ""
        if known and re.fullmatch(r"[a-z][\w-]+", value) and value not in known and not is_placeholder(value):
            better = nearest(value, known)
            shown = ", ".join(sorted(known)[:8])
            swap = (value, better) if better else None
            yield page.finding(
                "unknown-option", line, f"{name} {option} does not take '{value}'", f"it takes {shown}", swap
            )


def _flags(page: Page, line: int, name: str, text: str, programs: dict[str, Program]) -> Iterator[Finding]:
    end = _END.search(text)
    for flag in _FLAG.findall(re.sub(r"\"[^\"]*\"|'[^']*'", "", text[: end.start() if end else None])):
        if not programs[name].knows(flag):
            yield _unknown(page, line, name, flag, programs[name])


def _in_block(page: Page, block: Block, programs: dict[str, Program], named: str) -> Iterator[Finding]:
    called = re.compile(rf"(?:^\s*(?:\w+:\s+)?(?:[$%#>]\s+)?|[|;&(`]\s*){_WRAPPED}({named})(?=\s)(?!\s*:)")
    behind: str | None = None
    helped: str | None = None
    for offset, row in enumerate(block.text.split("\n")):
        usage = re.match(rf"\s*[Uu]sage:\s*(?:\S*/)?({named})(?=\s)", row)
        helped = usage.group(1) if usage else None if re.match(r"\s*\$ ", row) else helped
        match = called.search(row)
        name = match.group(1) if match else behind
        if match is not None:
            text = row[match.end() :]
        elif behind is not None or (helped and re.match(r"\s+(\[|-)", row)):
            text, name = row, name or helped
        else:
            continue
        end = _END.search(text)
        text = text[: end.start()] if end and not helped else text
        behind = name if row.rstrip().endswith("\\") else None
        if name is None or text.lstrip().startswith(("is ", "was ", "will ", "can ")):
            continue
        if helped and not usage and match is None:
            text = re.split(r"(?<=\S)\s{2,}|\t", text.strip())[0]  # The column of options, not what is said of them.
        for flag in _FLAG.findall(re.sub(r"\"[^\"]*\"|'[^']*'", "", text)):
            if not programs[name].knows(flag):
                yield _unknown(page, block.line + offset, name, flag, programs[name])


def _unknown(page: Page, line: int, name: str, flag: str, program: Program) -> Finding:
    bare = flag[2:]
    sub = bare if bare in program.commands else None
    better = sub or nearest(flag, program.flags)
    hint = f"; the command '{sub}' has no dashes" if sub else f"; '{better}' is meant" if better else ""
    line = next((n for n in (line, line + 1, line - 1) if n <= len(page.lines) and flag in page.lines[n - 1]), line)
    return page.finding(
        "unknown-option",
        line,
        f"{name} has no option '{flag}'{hint}",
        f"no file of the package of {program.home} names it",
        (flag, better) if better else None,
    )


def _in_sentences(page: Page, programs: dict[str, Program]) -> Iterator[Finding]:
    known = {option for tool in tools().values() for option in tool.options}
    known |= {o for tool in tools().values() for options in tool.commands.values() for o in options or ()}
    spoken = {flag for _, block in page.code_blocks for flag in _FLAG.findall(block.text)}
    for code in page.codes:
        match = _ALONE.match(code.text)
        flag = match.group(1) if match else ""
        if not flag or flag in known or flag in spoken or any(program.knows(flag) for program in programs.values()):
            continue
        if _OTHERS.search(f"{code.before[-60:]} {code.after}"):
            continue
        name = next(iter(sorted(programs)))
        yield _unknown(page, code.line, name, flag, programs[name])
