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
from regrow.actors.doc_analyzer.lint.rules.paths import leaves_source
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
_DJANGO = frozenset(
    "check compilemessages createcachetable dbshell diffsettings dumpdata flush inspectdb loaddata makemessages "
    "makemigrations migrate "
    "optimizemigration runserver sendtestemail shell showmigrations sqlflush sqlmigrate sqlsequencereset "
    "squashmigrations startapp "
    "startproject test testserver changepassword createsuperuser remove_stale_contenttypes clearsessions "
    "collectstatic findstatic "
    "ogrinspect help version syncdb sql sqlall validate runserver_plus shell_plus graph_models compress "
    "rebuild_index update_index "
    "schemamigration qcluster celery collectmedia assets createinitialrevisions".split()
)
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
# Commands of setuptools, distutils and their best known plugins.
_RECIPES = frozenset(
    "alias bdist bdist_dumb bdist_egg bdist_rpm bdist_wheel bdist_wininst build build_clib build_ext build_py "
    "build_scripts build_sphinx check clean config develop dist_info easy_install editable_wheel egg_info install "
    "install_data install_egg_info install_headers install_lib install_scripts nosetests pytest register rotate "
    "saveopts sdist setopt test upload upload_docs upload_sphinx extract_messages compile_catalog init_catalog "
    "update_catalog isort lint flake8 version doc docs".split()
)
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
            yield from _recipe(page, facts, command)
            yield from _not_installed(page, facts, command)
        yield from _targets(page, facts, command)


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


def _recipe(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    """`python setup.py COMMAND` against the commands of setuptools and those that setup.py and setup.cfg name."""
    words = command.words
    if len(words) < 3 or words[1].removeprefix("./") != "setup.py" or not re.match(r"python", command.program):
        return
    text = (facts.tree.text("setup.py") or "") + (facts.tree.text("setup.cfg") or "")
    name = words[2]
    if not text or not re.fullmatch(r"[a-z][a-z_]+", name) or name in _RECIPES or re.search(rf"\b{name}\b", text):
        return
    better = nearest(name, _RECIPES)
    message = f"setup.py has no command '{name}'" + (f"; '{better}' is meant" if better else "")
    swap = (name, better) if better else None
    yield page.finding("unknown-command", page.line_in(command, name), message, "from those of setuptools", swap)


def _targets(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    """Names that the project's own files define: of make, npm, tox, nox and Django."""
    words = list(command.words)
    found: tuple[str, frozenset[str], str] | None = None
    if not command.told and command.program != "make":
        return
    if command.program == "make" and facts.make_targets is not None and "-C" not in words and "-f" not in words:
        targets = [word for word in words[1:] if re.fullmatch(r"[A-Za-z][\w-]*", word)]
        if "/" in page.file and not page.file.startswith(".github"):
            targets = []  # The reader stands in another folder.
        found = next(((t, facts.make_targets, "the make file") for t in targets if t not in facts.make_targets), None)
    elif command.program == "make" and facts.make_targets is None and _makes_nothing(page, facts, command):
        shown = " ".join(words[:2])
        message = f"'{shown}' cannot run: the source has no make file"
        yield page.finding("missing-target", page.line_in(command, shown), message, "and nothing in it makes one")
    elif (
        command.program in {"npm", "yarn"} and facts.npm_scripts is not None and words[1:2] in (["run"], ["run-script"])
    ):
        found = next(((w, facts.npm_scripts, "package.json") for w in words[2:3] if w not in facts.npm_scripts), None)
    elif command.program == "nox" and facts.nox_sessions:
        named = [words[i + 1] for i, w in enumerate(words[:-1]) if w in {"-s", "-e", "--session"}]
        found = next(
            (
                (n, facts.nox_sessions, "noxfile.py")
                for n in named
                if re.split(r"[-(]", n)[0] not in facts.nox_sessions and n not in facts.nox_sessions
            ),
            None,
        )
    elif command.program == "tox":
        found = _tox(facts, words)
    elif command.facts.manager == "manage.py" or command.program == "django-admin":
        found = _django(facts, words)
    if found is not None and not any(character in found[0] for character in "$<{*"):
        name, known, file = found
        better = nearest(name, known)
        swap = (name, better) if better else None
        shown = ", ".join(sorted(known)[:8])
        message = f"{file} has no '{name}'" + (f"; '{better}' is meant" if better else "")
        yield page.finding("missing-target", page.line_in(command, name), message, f"it has {shown}", swap)


_MAKERS = re.compile(
    r"(?i)(^|/)((gnu)?makefile(\..*)?|.*\.(mk|mak|pro|gyp|cabal)|cmakelists\.txt|configure(\..*)?|autogen(\.sh)?|bootstrap(\.sh)?|"
    r"kbuild|meson\.build|premake\d?\.lua|extconf\.rb|\.gitmodules|justfile|wscript|sconstruct)$"
)
"""Files that are a make file, from which one is made, or with which the source is more than what lies here."""


def _makes_nothing(page: Page, facts: ProjectFacts, command: Command) -> bool:
    """Whether `make` is typed in the source as it lies here, and nothing there or on the page could give it a make file."""
    words = command.simple.words
    elsewhere = "/" in page.file and not page.file.startswith(".github")
    if facts.released or elsewhere or not command.told or any(w in {"-C", "-f"} or "=" in w for w in words):
        return False
    if any(_MAKERS.search(path) for path in facts.tree.files):
        return False
    before = [other.simple.words for other in page.commands if other.line < command.line and not other.inline]
    if any({"clone", "tar", "unzip", "wget", "curl", "configure", "cmake", "qmake"} & {*words[:2]} for words in before):
        return False
    return not any(words[:1] == ("cd",) and len(words) == 2 and leaves_source(facts, words[1]) for words in before)


def _tox(facts: ProjectFacts, words: list[str]) -> tuple[str, frozenset[str], str] | None:
    text = facts.tree.text("tox.ini")
    named = [words[i + 1] for i, w in enumerate(words[:-1]) if w == "-e"]
    if text is None or not named:
        return None
    known = {part for row in re.findall(r"\[testenv:([^\]]+)\]", text) for part in re.split(r"[,{}\s]+", row) if part}
    factors = set(re.findall(r"[\w.]+", text))
    for name in named[0].split(","):
        parts = name.split("-")
        if name not in known and not all(
            re.fullmatch(r"(py|pypy)\d*(\.\d+)?|ALL", part) or part in factors for part in parts
        ):
            return name, frozenset(known), "tox.ini"
    return None


def _django(facts: ProjectFacts, words: list[str]) -> tuple[str, frozenset[str], str] | None:
    rest = words[1:] if words[0].endswith(("manage.py", "django-admin")) else words[2:]
    name = rest[0] if rest else ""
    own = {
        path.rpartition("/")[2][:-3]
        for path in facts.tree.files
        if "/management/commands/" in path and path.endswith(".py")
    }
    if not re.fullmatch(r"[a-z][a-z_]+", name) or name in _DJANGO | own or "django" not in facts.declared:
        return None
    if any(
        name in (facts.tree.text(path) or "")
        for path in facts.tree.files
        if path.endswith((".rst", ".md", ".txt")) and "/" in path
    ):
        return None
    return (
        name,
        frozenset(_DJANGO | own if nearest(name, _DJANGO | own) else own or {"migrate"}),
        "Django or the project",
    )
