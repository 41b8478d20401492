"""One thing under two names: in a command and its output, in a command and the one before it, in a variable and "
"its use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Command, Page, is_placeholder
from regrow.core.project.linting.near import nearest
from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["check_neighbours"]

_FILE = re.compile(r"^[\w][\w.-]*\.([a-z][a-z0-9]{0,4})$")
_REPORTED = re.compile(r"^([\w./-]+\.[a-z][a-z0-9]{0,4}):\d+", re.MULTILINE)


def check_neighbours(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """Everything about names that should be one."""
    commands = [c for c in page.commands if not c.inline and c.typed.valid and not is_placeholder(c.typed.text)]
    for command in commands:
        yield from _output(page, command)
    yield from _ports(page, commands)
    yield from _examples(page, facts, commands)
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
