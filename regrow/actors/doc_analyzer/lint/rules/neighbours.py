"""One thing under two names: in a command and its output, in a command and the one before it, in a variable and "
"its use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Code, Command, Page, is_placeholder
from regrow.core.project.linting.near import nearest
from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["check_neighbours"]

_FILE = re.compile(r"^[\w][\w.-]*\.([a-z][a-z0-9]{0,4})$")
_WRITE = re.compile(
    r"(?i)\b(create|make|write|save|put|open)\b[^.]{0,60}\b(files? (called|named)|called|named|as|in(to)? (a|the) file)\s*:?$|"
    r"\b(create|write|save)( (a|the|new|this))*( file)?\s*:?$"
)
_ON_PROGRAMS = frozenset({"python", "python3", "pytest", "node", "sh", "bash", "ruby", "perl"})
_REPORTED = re.compile(r"^([\w./-]+\.[a-z][a-z0-9]{0,4}):\d+", re.MULTILINE)


def check_neighbours(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """Everything about names that should be one."""
    commands = [c for c in page.commands if not c.inline and c.typed.valid and not is_placeholder(c.typed.text)]
    for command in commands:
        yield from _output(page, command)
    yield from _ports(page, commands)
    yield from _examples(page, facts, commands)
    yield from _written(page, facts, commands)
    yield from _passed_on(page, facts, commands)
    yield from _images(page, commands)
    yield from _variables(page, commands)


def _files(command: Command) -> tuple[str, ...]:
    return tuple(word for word in command.words[1:] if _FILE.match(word))


def _output(page: Page, command: Command) -> Iterator[Finding]:
    """A command is given one file, and what it prints below is about another of the same kind."""
    files = _files(command)
    reported = set(_REPORTED.findall(command.typed.output))
    if len(files) != 1 or not reported or files[0] in reported:
        return
    same_kind = sorted(name for name in reported if name.rpartition(".")[2] == files[0].rpartition(".")[2])
    if same_kind:
        line = page.line_in(command, files[0])
        message = f"the command is given {files[0]}, and its output below is about {same_kind[0]}"
        yield page.finding(
            "other-name",
            line,
            message,
            f"output: {command.typed.output.splitlines()[0][:80]}",
            (files[0], same_kind[0]),
        )


def _examples(page: Page, facts: ProjectFacts, commands: Sequence[Command]) -> Iterator[Finding]:
    """The project's own program is given example files; all but one are in the tree, or have names of one pattern."""
    given = [(command, file) for command in commands if command.program in facts.scripts for file in _files(command)]
    for kind in {file.rpartition(".")[2] for _, file in given}:
        files = [(command, file) for command, file in given if file.endswith(f".{kind}")]
        names = {file for _, file in files}
        there = {file for file in names if file in facts.basenames}
        begins = [re.split(r"[_.-]", file)[0] for file in names]
        usual = max(sorted(set(begins)), key=begins.count)
        for command, file in files:
            odd = (
                usual != re.split(r"[_.-]", file)[0]
                and begins.count(usual) > 1
                and begins.count(usual) * 2 > len(names)
            )
            if (len(there) > 1 and file not in there and len(there) * 2 > len(names)) or (
                odd and file not in facts.basenames
            ):
                others = sorted(there or {name for name in names if name.startswith(usual)})
                tail = file.partition("_")[2]
                better = next(
                    (
                        o
                        for o in (f"{usual}_{tail}", f"{usual}-{tail}")
                        if (tail and o in "\n".join(page.lines)) or o in facts.basenames
                    ),
                    None,
                )
                message = f"{file} stands nowhere else, and the other examples are {', '.join(others[:3])}"
                line = page.line_in(command, file)
                yield page.finding(
                    "other-name",
                    line,
                    message,
                    "compared with the examples of the page and the files of the tree",
                    (file, better) if better else None,
                )


def _written(page: Page, facts: ProjectFacts, commands: Sequence[Command]) -> Iterator[Finding]:
    """A sentence has the reader write a file; the commands of its section run another one, or run it above that sentence."""
    for code in page.codes:
        kind = _FILE.match(code.text)
        if kind is None or not _WRITE.search(code.before) or code.text in facts.basenames:
            continue
        here = [c for c in commands if c.section == code.block.headings]
        for command in here:
            files = _files(command)
            run = command.program in _ON_PROGRAMS and command.words[1:2] == files[:1] and len(files) == 1
            odd = run and files[0].endswith(f".{kind.group(1)}") and files[0] not in {code.text, *facts.basenames}
            if odd and command.line > code.line and _only_typed(page, files[0], commands):
                message = f"the file to run was written as {code.text}, and {files[0]} stands nowhere else"
                line = page.line_in(command, files[0])
                yield page.finding("other-name", line, message, f"written in line {code.line}", (files[0], code.text))
            elif (
                command.line < code.line and _takes(facts, command, code.text) and not _named_above(page, command, code)
            ):
                message = f"'{command.typed.text[:60]}' comes before {code.text} is written"
                yield page.finding("wrong-order", command.line, message, f"line {code.line} says to write it")
                return


def _takes(facts: ProjectFacts, command: Command, file: str) -> bool:
    """Whether a command runs a file: by its name, or a Python module by its stem, which the project's programs load."""
    module = file.removesuffix(".py") if command.program in facts.scripts and file.endswith(".py") else file
    runs = command.program in facts.scripts or command.program in _ON_PROGRAMS
    return runs and bool({file, module} & set(command.words[1:])) and not command.simple.writes


def _named_above(page: Page, command: Command, code: Code) -> bool:
    return any(other.text == code.text and other.line < command.line for other in page.codes)


def _only_typed(page: Page, file: str, commands: Sequence[Command]) -> bool:
    """Whether a name stands in one command alone and nowhere else on the page."""
    rows = [n for n, row in enumerate(page.lines, 1) if re.search(rf"(?<![\w.-]){re.escape(file)}(?![\w-])", row)]
    return len(rows) == 1 and any(c.line <= rows[0] <= c.end_line for c in commands)


def _passed_on(page: Page, facts: ProjectFacts, commands: Sequence[Command]) -> Iterator[Finding]:
    """In one section the project's program makes a file and is given it again and again, and once another of its kind."""
    own = [(c, _files(c)) for c in commands if c.program in facts.scripts and not c.simple.writes]
    for section in dict.fromkeys(c.section for c, _ in own):
        given = [(c, files[0]) for c, files in own if c.section == section and len(files) == 1]
        for command, file in given:
            others = [one for c, one in given if c is not command and one.endswith("." + file.rpartition(".")[2])]
            usual = others[0] if others else ""
            makers = {c.words[1] for c, _ in own if usual in c.words[2:3]}
            named = command.words[command.words.index(file) - 1]
            # A command that makes its file may well make another; what stands behind an option is most often written.
            alone = len(others) > 2 and set(others) == {usual} != {file} and command is not given[0][0]
            alone = alone and command.words[1] not in makers and not named.startswith("-")
            if alone and not {file, usual} & set(facts.basenames) and _only_typed(page, file, commands):
                message = f"{file} stands nowhere else, and the other commands of the section are given {usual}"
                line = page.line_in(command, file)
                yield page.finding("other-name", line, message, f"{len(others)} commands name {usual}", (file, usual))


def _ports(page: Page, commands: Sequence[Command]) -> Iterator[Finding]:
    """The sentence names one port, the command and its output another."""
    for command in commands:
        said = re.findall(r"(?i)\bport:? (\d{2,5})\b", command.lead)
        text = command.typed.text + "\n" + command.typed.output
        shown = re.findall(r"(?:\b(?:localhost|\d+\.\d+\.\d+\.\d+):|--port[ =]|(?<=\s)-p )(\d{2,5})\b", text)
        if len(said) == 1 and shown and said[0] not in re.findall(r"\d+", text):
            message = f"the sentence says port {said[0]}, the command below shows {shown[0]}"
            yield page.finding("other-name", command.line, message, "one of the two is another's")


def _images(page: Page, commands: Sequence[Command]) -> Iterator[Finding]:
    """A container image is built under one name and run under another that is near to it."""
    built: list[str] = []
    for command in commands:
        words = command.words
        if words[:2] == ("docker", "build"):
            built += [words[i + 1].partition(":")[0] for i, word in enumerate(words[:-1]) if word in {"-t", "--tag"}]
        elif words[:2] == ("docker", "run") and built:
            names = [word.partition(":")[0] for word in words[2:] if not word.startswith("-")]
            if set(names) & set(built):
                continue
            for name in names:
                better = nearest(name, built) or next(
                    (b for b in built if re.sub(r"[\W_]", "", b) == re.sub(r"[\W_]", "", name)), None
                )
                if better and name != better:
                    line = page.line_in(command, name)
                    yield page.finding(
                        "other-name",
                        line,
                        f"the image was built as {better}",
                        f"'{name}' was never built",
                        (name, better),
                    )


def _variables(page: Page, commands: Sequence[Command]) -> Iterator[Finding]:
    """A variable is set under one name and read under another that is one slip away."""
    made: dict[str, int] = {}
    for command in commands:
        words = command.simple.words
        used = re.findall(r"\$\{?([A-Za-z_]\w{3,})\}?", command.typed.text)
        for name in used:
            better = nearest(name, made)
            if better and name not in made:
                line = page.line_in(command, name)
                yield page.finding(
                    "other-name", line, f"the variable was set as {better}", f"in line {made[better]}", (name, better)
                )
        for name, _ in command.simple.assignments:
            made.setdefault(name, command.line)
        if words[:1] == ("export",):
            made.update({word.partition("=")[0]: command.line for word in words[1:]})
