"""Steps in an order that cannot work: installed before the environment is there, entered before it is cloned, used before
it is installed.

Order is judged inside one section only: two sections may be two ways. A step that is said again later ("or in a virtual
environment: ...") is an alternative, and no finding.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from regrow.actors.doc_analyzer.blocks import Block, BlockKind
from regrow.actors.doc_analyzer.lint.installs import install_of, installs_own, is_install
from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Command, Page, is_placeholder, is_python
from regrow.core.project.command_facts import Role
from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["check_order"]

_TOOLS = frozenset(
    {
        "pip",
        "virtualenv",
        "setuptools",
        "wheel",
        "uv",
        "pipx",
        "virtualenvwrapper",
        "pipenv",
        "poetry",
        "conda",
        "tox",
        "nox",
        "hatch",
        "pdm",
    }
)
_CLONE_VALUES = frozenset(
    {"-b", "--branch", "--depth", "-o", "--origin", "-c", "--config", "-j", "--jobs", "--filter", "--reference"}
)
"""Options of `git clone` that take the next word."""
_CHOICE = re.compile(r"(?i)\b(or|alternative\w*|optional\w*|either|another way|you can also|instead)\b")
_REMARK = re.compile(r"(?i)\b(if|not|n't|missing|need\w*|requir\w*|first|unless|once|already|available)\b")
_START = re.compile(r"(?i)\b(quick[- ]?start|getting[- ]started|get started|first steps|set-?up)\b")
_START_LEAD = re.compile(r"(?i)\b(to )?(get|getting) started\b|\bquick start\b")
_RUN_TITLE = re.compile(
    r"(?i)^\W*(\d+[.)]?\s*)?(quick \w+|(basic |command[- ]line )?usage|using \w+|running( \w+)?|how to (use|run)|"
    r"run(ning)? it|try it( out)?|get(ting)? started)\b[^,]{0,20}$"
)
_INSTALL_WORD = re.compile(r"(?i)\binstall(s|ed|ing|ation)?\b|\b(pip|conda|brew) ")
_INSTALL_TITLE = re.compile(r"(?i)^\W*(\d+[.)]?\s*)?(install(ation|ing)?|how to install|setup|set up)\b[^,&/]{0,20}$")
_ANNOUNCED = (
    (
        re.compile(r"(?i)\b(create|make|set up) (a |an |your |the )?(new )?(python )?(virtual ?env(ironment)?|venv)\b"),
        "create a virtual environment",
        re.compile(r"venv|virtualenv|conda|uv |poetry|pipenv|hatch|tox|nox|make|\.sh|activate"),
    ),
    (
        re.compile(r"(?i)\bactivate (a |an |your |the )?(new )?(virtual ?env(ironment)?|venv)\b"),
        "activate an environment",
        re.compile(r"activate|source|workon|poetry|pipenv|conda|make|\.sh"),
    ),
    (
        re.compile(r"(?i)\bclone (this|the|our) (git )?(repo(sitory)?|project|source)\b"),
        "clone the repository",
        re.compile(r"clone|git|gh |svn|hg|fork|pip install|checkout|wget|curl|cd "),
    ),
)


def check_order(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """Everything about the order of steps."""
    sections: dict[tuple[str, ...], list[Command]] = {}
    for command in page.commands:
        if command.told and not is_placeholder(command.typed.text):
            sections.setdefault(command.section, []).append(command)
    for commands in sections.values():
        yield from _environments(page, commands)
        yield from _clones(page, facts, commands)
        yield from _before_install(page, facts, commands)
        yield from _tool_before(page, facts, commands)
    yield from _announced(page)
    if page.front:
        yield from _used_first(page, facts)
        yield from _used_above(page, facts)
        yield from _empty_installation(page, facts)


def _makes_environment(command: Command) -> str | None:
    """The name of the environment that a command makes; empty when it names none; None when it makes none."""
    words = list(command.words)
    if not words:
        return None
    if command.program in {"venv", "virtualenv"} or words[:2] == ["uv", "venv"]:
        start = 2 if words[:2] == ["uv", "venv"] else 1
        names = [
            w
            for i, w in enumerate(words[start:], start)
            if not w.startswith("-") and words[i - 1] not in {"-p", "--python", "--prompt"}
        ]
        return names[0].rstrip("/") if names else (".venv" if start == 2 else "")
    if command.program in {"conda", "mamba"} and "create" in words[:3]:
        return next((words[i + 1] for i, w in enumerate(words[:-1]) if w in {"-n", "--name"}), "")
    if command.program == "mkvirtualenv":
        return words[-1]
    return None


def _enters_environment(command: Command) -> str | None:
    """The folder or name of the environment that a command enters, None when it enters none."""
    words = command.simple.words
    if len(words) > 1 and words[0] in {"source", "."}:
        match = re.match(r"(?:\./)?(.*?)/?(?:bin|Scripts)/activate(?:\.\w+)?$", words[1])
        return match.group(1) if match else None
    if words[:2] in {("conda", "activate"), ("mamba", "activate")} or words[:1] == ("workon",):
        return words[-1] if len(words) > (1 if words[0] == "workon" else 2) else None
    return None


def _environments(page: Page, commands: Sequence[Command]) -> Iterator[Finding]:
    made = [(index, name) for index, c in enumerate(commands) if (name := _makes_environment(c)) is not None]
    entered = [(index, name) for index, c in enumerate(commands) if (name := _enters_environment(c)) is not None]
    first = min((index for index, _ in (*made, *entered)), default=None)
    if first is None:
        return
    installing = [i for i, c in enumerate(commands) if _needs_environment(c)]
    early = [i for i in installing if i < first]
    between = {commands[i].lead for i in range(early[0], first + 1)} if early else set()
    if early and not any(i > first for i in installing) and not any(map(_CHOICE.search, between)):
        command = commands[early[0]]
        later = commands[first]
        message = f"'{command.typed.text[:60]}' comes before the environment that it is to be installed into"
        yield page.finding(
            "install-before-environment", command.line, message, f"line {later.line} makes it: {later.typed.text[:60]}"
        )
    yield from _between(page, commands, [i for i, _ in made], [i for i, _ in entered], installing)
    for index, name in entered:
        names = [made_name for _, made_name in made if made_name]
        before = [i for i, _ in made if i < index]
        if made and not before and commands[made[0][0]].block is commands[index].block:
            message = f"'{commands[index].typed.text[:60]}' comes before the environment is made"
            yield page.finding(
                "wrong-order", commands[index].line, message, f"line {commands[made[0][0]].line} makes it"
            )
        elif (
            names
            and name.rpartition("/")[2] not in {one.rpartition("/")[2] for one in names}
            and "$" not in name + names[0]
        ):
            line = page.line_in(commands[index], name)
            message = f"the environment '{name or '.'}' is entered, and '{names[-1]}' was made"
            yield page.finding(
                "environment-name",
                line,
                message,
                "made and entered under two names",
                (name, names[-1]) if name else None,
            )


def _between(
    page: Page, commands: Sequence[Command], made: Sequence[int], entered: Sequence[int], installing: Sequence[int]
) -> Iterator[Finding]:
    """An installation after the environment is made and before it is entered, all in one block."""
    for index in installing:
        command = commands[index]
        before = [i for i in made if i < index and commands[i].block is command.block]
        after = [i for i in entered if i > index and commands[i].block is command.block]
        by_path = "/" in command.simple.words[0]  # `env/bin/pip` is the environment's own.
        if before and after and not by_path and not any(i < index for i in entered):
            message = f"'{command.typed.text[:60]}' comes before the environment is entered"
            yield page.finding(
                "install-before-environment", command.line, message, f"line {commands[after[0]].line} enters it"
            )
            return


def _needs_environment(command: Command) -> bool:
    install = install_of(command)
    if install is None or install.manager != "pip" or command.words[0] in {"uv", "poetry", "pipx", "pipenv", "pdm"}:
        return False
    return bool(install.names - _TOOLS or install.files or install.local or install.sources)


def _clones(page: Page, facts: ProjectFacts, commands: Sequence[Command]) -> Iterator[Finding]:
    cloned: tuple[int, str] | None = None
    for index, command in enumerate(commands):
        words = command.simple.words
        if words[:2] == ("git", "clone"):
            named = [
                word
                for before, word in itertools.pairwise(words[1:])
                if not word.startswith("-") and before not in _CLONE_VALUES
            ]
            if not named or "$" in " ".join(named):
                return
            folder = named[-1].rstrip("/").rpartition("/")[2].removesuffix(".git")
            folder = folder.rpartition(":")[2]
            cloned = (index, folder)
            early = [c for c in commands[:index] if c.simple.words[:1] == ("cd",) and c.simple.words[1:2] == (folder,)]
            installed = [
                c
                for c in commands[:index]
                if c.block is command.block and (i := install_of(c)) and (i.local or i.files)
            ]
            for wrong in [*early, *installed][:1]:
                message = f"'{wrong.typed.text[:60]}' comes before the clone that it needs"
                yield page.finding(
                    "wrong-order", wrong.line, message, f"line {command.line} clones: {command.typed.text[:60]}"
                )
        elif words[:1] == ("cd",) and len(words) == 2 and cloned is not None and index - cloned[0] <= 2:
            folder = words[1].rstrip("/").removeprefix("./").split("/")[0]
            own = folder in facts.folders or folder in {"..", ".", "~", "-", ""} or "$" in folder or words[1][0] in "/~"
            if not own and folder != cloned[1] and not is_placeholder(words[1]):
                line = page.line_in(command, folder)
                message = f"'git clone' makes the folder '{cloned[1]}', not '{folder}'"
                yield page.finding(
                    "wrong-folder", line, message, f"cloned in line {commands[cloned[0]].line}", (folder, cloned[1])
                )
            cloned = None


def _before_install(page: Page, facts: ProjectFacts, commands: Sequence[Command]) -> Iterator[Finding]:
    """Tests, migrations and uses that stand above the installation in one block or one list."""
    installs = [i for i, c in enumerate(commands) if (found := install_of(c)) and installs_own(found, facts.names)]
    if not installs or any(is_install(c) for c in commands[: installs[0]]):
        return
    for command in commands[: installs[0]]:
        test = command.facts.role is Role.TEST and command.program not in {"tox", "nox", "make"}
        migrate = command.facts.manager == "manage.py" or command.program in facts.scripts
        together = command.block is commands[installs[0]].block or (command.inline and commands[installs[0]].inline)
        if (test or migrate) and together and not _CHOICE.search(commands[installs[0]].lead):
            message = f"'{command.typed.text[:60]}' comes before the installation that it needs"
            later = commands[installs[0]]
            yield page.finding(
                "wrong-order", command.line, message, f"line {later.line} installs: {later.typed.text[:60]}"
            )
            return


def _tool_before(page: Page, facts: ProjectFacts, commands: Sequence[Command]) -> Iterator[Finding]:
    """A tool that is run above the command of its section that installs it, and not again below.

    "If you do not have it, install it with ..." is a remark that may come later; so is one on what is needed.
    """
    for index, later in enumerate(commands):
        install = install_of(later)
        if install is None or install.manager != "pip" or _REMARK.search(later.lead[-80:]):
            continue
        for name in sorted(install.names - facts.names - {"pip"}):
            runs = [i for i, c in enumerate(commands) if c.program.replace("_", "-") == name and c is not later]
            if runs and runs[-1] < index and not _CHOICE.search(later.lead[-80:]):
                command = commands[runs[0]]
                message = f"'{command.typed.text[:60]}' comes before {name} is installed"
                evidence = f"line {later.line} installs: {later.typed.text[:60]}"
                yield page.finding("wrong-order", command.line, message, evidence)
                return


def _announced(page: Page) -> Iterator[Finding]:
    """A sentence that announces steps which its block does not hold."""
    for place, block in page.code_blocks:
        before = page.blocks[place - 1] if place else None
        if (
            before is None
            or before.kind is not BlockKind.TEXT
            or not before.text.rstrip().endswith(":")
            or is_python(block)
        ):
            continue
        commands = [c for c in page.commands if c.place == place]
        sentence = re.split(r"[.!?]\s", before.text)[-1]
        said = not re.search(r"(?i)\b(then|next|now|after\w*|once)\b[:,]*[^,]{0,12}$", sentence)
        for pattern, what, kept in _ANNOUNCED if commands and said else ():
            if pattern.search(sentence) and not kept.search(block.text):
                line = page.line_of(before, sentence)
                message = f"the sentence says to {what}, and the block below does not"
                yield page.finding(
                    "lead-without-command", line, message, f"the block says '{commands[0].typed.text[:80]}'"
                )


def _used_first(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """A section for beginners that uses the project above the first word on how to install it."""
    first = next((p for p, b in enumerate(page.blocks) if _says_install(b)), None)
    if first is None or not facts.names:
        return
    titled = any(b.kind is BlockKind.HEADING and _INSTALL_WORD.search(b.text) for b in page.blocks[first:])
    for place, block in page.code_blocks:
        if place >= first:
            return
        heading = " ".join(block.headings[-1:])
        lead = page.lead(place)
        begins = (_START.search(heading) and titled) or _START_LEAD.search(lead)
        if begins and _uses(page, facts, place, block):
            message = f"{facts.name} is used before anything says how to install it"
            where = page.blocks[first]
            yield page.finding(
                "used-before-installed", block.line, message, f"installation is first spoken of in line {where.line}"
            )
            return


def _used_above(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """The project is run, imported or configured above the first command of the page that installs it.

    Judged where the two stand in one section, and where a section that says how to run it comes right before the one that
    is called installation; a page that opens with an example to show what it is for is left alone.
    """
    own = [
        c
        for c in page.commands
        if (found := install_of(c)) and (facts.names & found.names or found.local) and not _CHOICE.search(c.lead[:40])
    ]
    if not own or not facts.names:
        return
    first = own[0]
    if any(is_install(c) and c.line < first.line for c in page.commands):
        return
    titled = _INSTALL_TITLE.match(" ".join(first.section[-1:])) is not None
    for command in page.commands:
        if command.line >= first.line or not command.told or not _is_use(facts, command):
            continue
        here = command.section == first.section and (titled or _START.search(" ".join(first.section[-1:])))
        title = " ".join(command.section[-1:])
        # Right before: no third section between the two.
        between = {b.headings for b in page.blocks[command.place : first.place] if b.headings}
        beside = (
            titled and len(command.section) == len(first.section) and len(between) == 2 and _RUN_TITLE.search(title)
        )
        if here or beside:
            message = f"'{command.typed.text[:60]}' comes before the installation that it needs"
            evidence = f"line {first.line} installs: {first.typed.text[:60]}"
            yield page.finding("used-before-installed", command.line, message, evidence)
            return


def _is_use(facts: ProjectFacts, command: Command) -> bool:
    words = command.simple.words
    if command.program in facts.scripts or (command.program in facts.packages and "-m" in words):
        return True
    if "-c" in words[:-1] and command.program.startswith("python"):
        return any(re.search(rf"\b(import|from) {re.escape(name)}\b", words[-1]) for name in facts.packages)
    return command.facts.manager == "manage.py"


def _says_install(block: Block) -> bool:
    return _INSTALL_WORD.search(block.text) is not None and "INSTALLED_APPS" not in block.text


def _uses(page: Page, facts: ProjectFacts, place: int, block: Block) -> bool:
    if is_python(block):
        return any(re.search(rf"\b(from|import) {re.escape(name)}\b", block.text) for name in facts.packages)
    return any(c.place == place and (c.program in facts.scripts or c.program in facts.packages) for c in page.commands)


def _empty_installation(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """A section called installation, with steps in it, in a README that installs nothing anywhere."""
    if any(is_install(c) for c in page.commands) or not facts.name:
        return
    for place, block in enumerate(page.blocks):
        if block.kind is not BlockKind.HEADING or not _INSTALL_TITLE.match(block.text):
            continue
        inner = [b for b in page.blocks[place + 1 :] if b.headings[: len(block.headings)] == block.headings]
        text = " ".join(b.text for b in inner)
        words = re.search(
            r"(?i)\b(install\w*|pip|download\w*|copy|package manager|bundled|included|docs|documentation)\b",
            re.sub(r"INSTALLED_APPS", "", text),
        )
        commands = [c for c in page.commands if c.block in inner and not c.inline]
        if inner and not words and not commands and any(b.kind is BlockKind.CODE for b in inner):
            message = "the section on installation has steps, and none of them installs anything"
            yield page.finding(
                "install-section-empty",
                inner[0].line,
                message,
                f"'pip install {facts.name}' stands nowhere on the page",
            )
            return
