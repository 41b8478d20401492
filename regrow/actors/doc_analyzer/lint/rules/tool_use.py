"""Programs, sub-commands, options and arguments against what the tools accept.

Well-known tools are judged by the table of `core/project/linting/tools.json`, the project's own programs by their source. A
tool that neither knows is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Command, Page, is_placeholder, is_shell
from regrow.actors.doc_analyzer.lint.rules.own_options import check_own_options
from regrow.actors.doc_analyzer.lint.rules.targets import check_recipe, check_targets
from regrow.core.project.command_tables import known_program
from regrow.core.project.linting.near import distance, nearest
from regrow.core.project.linting.own_programs import Program
from regrow.core.project.linting.project_facts import ProjectFacts
from regrow.core.project.linting.tool_table import tools

__all__ = ["check_tool_use"]

_OFTEN = (
    "python",
    "python3",
    "pip",
    "pip3",
    "pipx",
    "git",
    "make",
    "cmake",
    "docker",
    "npm",
    "pytest",
    "tox",
    "conda",
    "source",
    "mkdir",
    "sudo",
    "apt-get",
    "poetry",
    "virtualenv",
    "twine",
    "curl",
    "wget",
    "export",
    "django-admin",
    "cargo",
    "brew",
)
_PLUGINS = re.compile(
    r"^--(cov|no-cov|dist|numprocesses|maxprocesses|tx|max-worker|max-sched|testrunuid|loadscope|timeout|"
    r"session-timeout|benchmark|"
    r"reruns|only-rerun|rerun-except|randomly|html|self-contained-html|css|reuse-db|create-db|nomigrations|"
    r"no-migrations|migrations|"
    r"ds|dc|django|liveserver|fail-on-template|asyncio|mypy|testmon|picked|mode|forked|headed|browser|slowmo|"
    r"device|tracing|video|screenshot|"
    r"snapshot|black|flake8|flakes|isort|pylint|pep8|pycodestyle|ruff|codspeed|splits|group|split|durations-path|"
    r"store-durations|env|"
    r"docker|count|repeat|force-regen|regen-all|with-regen|mpl|doctest|remote-data|cython|nunit|json|json-report|"
    r"xvfb|no-xvfb|gevent|"
    r"nbval|nbmake|inline-snapshot|update|approvaltests|allure|alluredir|log|order|sparse|random|rp-|run-slow|"
    r"runslow|disable-socket|"
    r"allow-hosts|force-enable-socket|block-network|record-mode|vcr|memray|profile|pudb|pdb|sugar|force-sugar|"
    r"old-summary|spec|tap|tc|"
    r"hypothesis|typeguard|beartype|jaxtyping|pastebin|looponfail|rsyncdir|boxed|clean-alluredir|parallel|n-|"
    r"workers|tests-per-worker|"
    r"error-for-skips|markdown-docs|mark|show-progress|diff|emoji|verbose|instafail|metadata|trio|anyio|aiohttp|"
    r"select|open-files|"
    r"arraydiff|astropy|doctestplus|trace|localserver|live-server|qt|no-qt|pyqt|pyside|ipdb|nose|postgres|mysql|"
    r"redis|elastic|strict)"
)
_WHOLE = frozenset({"pytest", "black", "ruff", "uv", "git", "pre-commit"})
"""Tools that take no beginnings of options; those of argparse and optparse take one that only one option has."""
_NEEDS_ARGUMENT = {
    ("venv",): "the folder of the environment",
    ("git", "clone"): "the address of the repository",
    ("pip", "install"): "what to install",
    ("pip", "uninstall"): "what to remove",
    ("twine", "upload"): "the files to upload",
    ("docker", "build"): "the folder to build",
    ("virtualenv",): "the folder of the environment",
}
_DEFAULTS: dict[tuple[str, ...], tuple[str, str]] = {
    ("venv",): ("venv", "venv venv"),
    ("virtualenv",): ("virtualenv", "virtualenv venv"),
}
_COMPLETE = frozenset({"pip", "git", "docker", "conda", "apt-get", "uv", "pipx", "poetry", "pre-commit", "npm"})
_PLUGGED = {
    "git": re.compile(
        r"^(filter-repo|lfs|flow|annex|subrepo|crypt|extras|cola|gui|svn|p4|cvsimport|secret|review|town|"
        r"absorb|branchless|standup|cliff|delta|imerge|machete|stacktree|spr|credential-\w+|remote-\w+)$"
    ),
    "conda": re.compile(
        r"^(lock|pack|mambabuild|verify|skeleton|inspect|debug|render|metapackage|server|token|"
        r"tree|auth|self|menuinst|pypi|workspace|task|spawn|libmamba|anaconda|repo|content-trust|shell|global)$"
    ),
    "poetry": re.compile(
        r"^(\w*version|dotenv|poe|multiproject|exec|relax|audit|upgrade|use|monoranger|bumpversion|format)$"
    ),
    "docker": re.compile(r"^(app|slim|squash|lock|sandbox|harmonia|app|hub|gc|ssh|credential-\w+)$"),
}
_MODULES = {"pyproject-build": "build", "py.test": "pytest", "pip3": "pip"}


def check_tool_use(page: Page, facts: ProjectFacts, programs: dict[str, Program]) -> Iterator[Finding]:
    """Everything about how tools are called; `programs` are the project's own whose parsers can be read."""
    yield from check_own_options(page, facts, programs)
    for command in page.commands:
        if not command.simple.words or not command.typed.valid:
            continue
        own = command.program in facts.scripts or (command.program in facts.packages and "-m" in command.simple.words)
        if is_placeholder(command.typed.text):
            continue
        misspelt = list(_misspelt(page, facts, command))
        yield from misspelt
        if misspelt or not command.words:
            continue
        yield from _dashes(page, command)
        yield from _incomplete(page, command)
        if not own:
            yield from _known(page, facts, command)
            yield from check_recipe(page, facts, command)
            yield from _not_installed(page, facts, command)
        yield from check_targets(page, facts, command)


def _misspelt(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    word = command.simple.words[0]
    if command.inline or known_program(word) or word in facts.scripts or not re.fullmatch(r"[a-z][a-z0-9.-]{2,}", word):
        return
    if word in facts.packages or word in facts.basenames or any(word in names for names in (facts.known,)):
        better = None
    else:
        better = _slip(word, _OFTEN)
    own = nearest(word, facts.scripts) if better is None and is_shell(command.block) else None
    if better or own:
        meant = better or own or ""
        why = f"the project's program is called {own}" if own else f"{meant} is a well-known tool; {word} is none"
        line = page.line_in(command, word)
        yield page.finding("misspelt-command", line, f"'{word}' is no command; '{meant}' is", why, (word, meant))


def _slip(word: str, known: tuple[str, ...]) -> str | None:
    """The tool that one slip makes into this word; of short ones only a swap counts, as they are near to one "
    "another.
    """
    for candidate in known:
        swapped = sorted(word) == sorted(candidate)
        if word != candidate and distance(word, candidate, 2) == 1 and (len(candidate) > 4 or swapped):
            return candidate
    return None


def _dashes(page: Page, command: Command) -> Iterator[Finding]:
    tool = tools().get(_MODULES.get(command.program, command.program))
    if tool is None:
        return
    known = tool.options.union(*(options or () for options in tool.commands.values()))
    for word in command.words[1:]:
        plain = word.lstrip("-–—").partition("=")[0]
        typographic = word[:1] in "–—" and len(plain) > 0
        single = re.match(r"-[a-z][a-z-]{2,}", word) and f"--{plain}" in known and word not in known
        if typographic or single:
            right = ("-" if len(plain) == 1 else "--") + word.lstrip("-–—")
            line = page.line_in(command, word)
            yield page.finding(
                "flag-dashes", line, f"'{word}' should be '{right}'", f"an option of {command.program}", (word, right)
            )


def _incomplete(page: Page, command: Command) -> Iterator[Finding]:
    words = command.words
    if command.inline and not command.lead.rstrip().endswith(":"):
        return
    for beginning, needed in _NEEDS_ARGUMENT.items():
        rest = [word for word in words[len(beginning) :] if word not in {"-q", "-v", "--upgrade", "-U", "--user"}]
        if words[: len(beginning)] == beginning and not rest:
            line = page.line_in(command, beginning[-1])
            text = f"'{command.typed.text[:60]}' lacks {needed}"
            yield page.finding(
                "missing-argument",
                line,
                text,
                f"{' '.join(beginning)} cannot do anything without it",
                _DEFAULTS.get(beginning),
            )


def _known(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    name = _MODULES.get(command.program, command.program)
    name = (
        "python" if re.fullmatch(r"python3?(\.\d+)?", name) else "pip" if re.fullmatch(r"pip3?(\.\d+)?", name) else name
    )
    tool = tools().get(name)
    if tool is None or not command.told:
        return
    arguments = list(command.words[1:])
    if not tool.commands:
        yield from _options(page, facts, command, name, tool.options, arguments)
        return
    index = next((i for i, word in enumerate(arguments) if not word.startswith("-")), None)
    if index is None or (index and name in {"git", "docker", "npm", "conda"}):
        return
    word = arguments[index]
    if word in tool.commands:
        options = tool.commands[word]
        if options is not None:
            yield from _options(page, facts, command, f"{name} {word}", options | tool.options, arguments[index + 1 :])
    elif (
        re.fullmatch(r"[a-z][a-z-]+", word)
        and name not in {"twine", "ruff"}
        and not (name in _PLUGGED and _PLUGGED[name].match(word))
    ):
        better = nearest(word, tool.commands) or next(
            (c for c in tool.commands if sorted(c) == sorted(word) and len(c) > 2), None
        )
        rule = "misspelt-command" if better else "unknown-command"
        swap = (f"{word}", better) if better else None
        message = f"{name} has no command '{word}'" + (f"; '{better}' is meant" if better else "")
        if better or name in _COMPLETE:
            yield page.finding(rule, page.line_in(command, word), message, f"from the commands of {name}", swap)


def _options(
    page: Page, facts: ProjectFacts, command: Command, name: str, known: frozenset[str], arguments: list[str]
) -> Iterator[Finding]:
    """Long options only: short ones are too often bundled with others and with their values."""
    longs = [option for option in known if option.startswith("--")]
    if not longs:
        return
    for word in arguments:
        if word == "--" or (name == "python" and not word.startswith("-")):
            return
        option = word.partition("=")[0]
        if (
            not re.fullmatch(r"--[A-Za-z][\w-]*", option)
            or option in known
            or (name not in _WHOLE and sum(o.startswith(option) for o in longs) == 1)
        ):
            continue
        if name == "pytest" and (_PLUGINS.match(option) or _declared_option(facts, option)):
            continue
        better = nearest(option, longs)
        swap = (option, better) if better else None
        message = f"{name} has no option '{option}'" + (f"; '{better}' is meant" if better else "")
        yield page.finding(
            "unknown-option", page.line_in(command, option), message, f"from the options of {name}", swap
        )


def _declared_option(facts: ProjectFacts, option: str) -> bool:
    """Whether a file of pytest's plugins in the tree defines an option."""
    files = [path for path in facts.tree.files if path.endswith(("conftest.py", "plugin.py", "plugins.py"))]
    return any(option in (facts.tree.text(path) or "") for path in files[:50])


def _not_installed(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    """The project's name typed as a program, where it installs no program of that name."""
    word = command.simple.words[0]
    if (
        word not in {*facts.packages, facts.name, facts.normal_name}
        or command.inline
        or facts.extras is None
        or not facts.packages
    ):
        return
    if (
        word in facts.scripts
        or word in facts.basenames
        or not facts.packages
        or facts.tree.has("package.json")
        or len(command.words) < 2
    ):
        return
    package = word if word in facts.packages else facts.packages[0]
    better = (
        f"python -m {package}" if facts.has_module(f"{package}.__main__") else next(iter(sorted(facts.scripts)), None)
    )
    known = f"its programs are {', '.join(sorted(facts.scripts))}" if facts.scripts else "it declares no console script"
    swap = (word, better) if better else None
    yield page.finding(
        "unknown-command", page.line_in(command, word), f"{facts.name} installs no command '{word}'", known, swap
    )
