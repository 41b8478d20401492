"""Names that a command takes from the project's own files: of make, npm, tox, nox, setup.py and Django."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Command, Page
from regrow.actors.doc_analyzer.lint.rules.paths import leaves_source
from regrow.core.project.linting.near import nearest
from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["check_recipe", "check_targets"]

# Commands of setuptools, distutils and their best known plugins.
_RECIPES = frozenset(
    "alias bdist bdist_dumb bdist_egg bdist_rpm bdist_wheel bdist_wininst build build_clib build_ext build_py "
    "build_scripts build_sphinx check clean config develop dist_info easy_install editable_wheel egg_info install "
    "install_data install_egg_info install_headers install_lib install_scripts nosetests pytest register rotate "
    "saveopts sdist setopt test upload upload_docs upload_sphinx extract_messages compile_catalog init_catalog "
    "update_catalog isort lint flake8 version doc docs".split()
)
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


def check_recipe(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
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


def check_targets(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
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
