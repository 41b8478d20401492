"""What the project's own files say in place of what its documents do not: installing, test requirements, the test
command.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import package_name
from regrow.core.project.evidence import Declared, Evidence, MissingModule, TestCommand, TestSource
from regrow.core.project.evidence.missing import distribution_of
from regrow.core.project.plan_steps import Draft, added, changed, roles_of
from regrow.protocols.plan import DocRef, Ecosystem, StepPhase

__all__ = [
    "added_extras",
    "apart",
    "build_drafts",
    "checkout_draft",
    "for_tests_draft",
    "in_place",
    "joined_extras",
    "manager_draft",
    "may_be_entered",
    "requirement_draft",
    "runner_of",
    "suite_draft",
]

_RUNNERS = frozenset(
    {
        "pytest",
        "nose",
        "nose2",
        "tox",
        "nox",
        "unittest2",
        "zope-testrunner",
        "twisted",
        "testtools",
        "green",
        "ward",
        "stestr",
        "mypy",
        "coverage",
        "invoke",
        "virtualenv",
    }
)
"""What runs tests, or makes what they run in, for whoever types its name: no name of these is somebody else's package."""
_MANAGERS = frozenset({"uv", "hatch", "poetry", "pdm", "pipenv"})
"""Programs that make environments themselves."""

_FILLS = {"poetry": "poetry install", "pdm": "pdm install", "pipenv": "pipenv install --dev"}
"""How the environment is filled that `MANAGER run` runs its command in. uv and hatch fill theirs unasked."""

_LIMIT_NAMES = 40


def checkout_draft(
    evidence: Evidence, strategy: str, corrects: DocRef | None = None, *, editable: bool = False, extras: str = ""
) -> Draft | None:
    """A step that installs this source, with the extras that the documents ask for; None for what has no such step."""
    if evidence.ecosystem is Ecosystem.PYTHON:
        what = f"'.[{extras}]'" if extras else "."
        command = f"python -m pip install {'-e ' if editable else ''}{what}"
        sentence = f"To install from a checkout: `{command}`."
        deviation = added(strategy, f"installs the checkout with '{command}'", sentence, corrects)
        return Draft(
            command,
            _because(evidence.metadata, "this source is a Python project"),
            StepPhase.INSTALL,
            evidence.metadata,
            deviation,
        )
    if evidence.ecosystem is Ecosystem.NODE:
        deviation = added(
            strategy,
            "installs the dependencies of the checkout with 'npm install'",
            "In a checkout, run `npm install` first.",
            corrects,
        )
        return Draft(
            "npm install",
            _because(evidence.metadata, "this source is a Node project"),
            StepPhase.INSTALL,
            evidence.metadata,
            deviation,
        )
    return None


def _because(ref: DocRef | None, what: str) -> str:
    return f"{what} ({ref})" if ref else what


_OWN = re.compile(r"python -m pip install (?P<editable>-e )?(?:\.|'\.\[(?P<extras>[\w.,-]+)\]')")


def added_extras(draft: Draft) -> str:
    """The extras of an installation of this source that was added; empty for any other step."""
    typed = _OWN.fullmatch(draft.command) if draft.deviation is not None else None
    return (typed["extras"] or "") if typed is not None else ""


def joined_extras(drafts: Sequence[Draft], new: Draft, *, costly: bool) -> list[Draft] | None:
    """Steps in which the installation of this source that was added brings the extras of a further one too, so that it is
    installed once; None where there is none. What took a compiler its time (`costly`) is not done again for an extra.
    """
    asked = _OWN.fullmatch(new.command)
    place = next(
        (i for i, each in enumerate(drafts) if each.deviation is not None and _OWN.fullmatch(each.command)), None
    )
    if asked is None or place is None or costly:
        return None
    old = drafts[place]
    typed = _OWN.fullmatch(old.command)
    assert typed is not None, "it was found by the same pattern"
    assert old.deviation is not None, "only what was added is changed"
    extras = dict.fromkeys(name for each in (typed, asked) for name in (each["extras"] or "").split(",") if name)
    command = f"python -m pip install {typed['editable'] or ''}'.[{','.join(extras)}]'"
    told = f"{old.deviation.description.replace(old.command, command)}; {new.deviation.description if new.deviation else ''}"
    sentence = old.deviation.sentence.replace(old.command, command)
    deviation = old.deviation.model_copy(update={"description": told, "sentence": sentence})
    return [*drafts[:place], Draft(command, old.reason, old.phase, old.ref, deviation), *drafts[place + 1 :]]


def build_drafts(evidence: Evidence, strategy: str) -> tuple[Draft, ...]:
    """The steps that the recipes at the root call for, for a project in C."""
    recipes = set(evidence.build_recipes)
    commands: tuple[str, ...] = ()
    if "configure" in recipes:
        commands = ("./configure", "make")
    elif recipes & {"configure.ac", "configure.in"}:
        maker = next(
            (f"sh ./{name}" for name in ("autogen.sh", "bootstrap", "bootstrap.sh") if name in recipes),
            "autoreconf -fi",
        )
        commands = (maker, "./configure", "make")
    elif "CMakeLists.txt" in recipes:
        commands = ("cmake -S . -B build", "cmake --build build")
    elif "meson.build" in recipes:
        commands = ("meson setup build", "meson compile -C build")
    elif recipes & {"Makefile", "GNUmakefile", "makefile"}:
        commands = ("make",)
    shown = " && ".join(commands)
    return tuple(
        Draft(
            command,
            f"built as its files call for ({', '.join(sorted(recipes))})",
            StepPhase.BUILD,
            None,
            added(strategy, f"builds with '{shown}'", f"To build: `{shown}`."),
        )
        for command in commands
    )


def in_place(drafts: tuple[Draft, ...]) -> bool:
    """Whether any step installs or builds this source."""
    return any(roles_of(draft.command) & {Role.CHECKOUT, Role.COMPILE, Role.CONFIGURE} for draft in drafts)


def runner_of(command: str) -> str:
    """The distribution whose program or module runs a test command; empty for one that comes with the language."""
    match = re.search(
        r"(?:^|[\s/])(?:-m\s+)?(pytest|py\.test|tox|nox|nose2|nosetests|trial|stestr|green|ward|uv|hatch|poetry|"
        r"pdm|pipenv)(?=\s|$)",
        command,
    )
    names = {"py.test": "pytest", "nosetests": "nose", "trial": "twisted"}
    return names.get(match.group(1), match.group(1)) if match else ""


def requirement_draft(
    evidence: Evidence, strategy: str, wanted: str = "", corrects: DocRef | None = None
) -> Draft | None:
    """A step that installs what the project declares for its tests.

    Args:
        wanted: The distribution that is missing; only a declaration that names it counts. Empty takes the first.

    Returns:
        The declared set; `wanted` alone when it is a test runner or the project imports it; None when nothing names it
        (a name that nobody declares may be somebody else's package: trap 44).
    """
    declared = [each for each in evidence.test_requirements if not wanted or _names(evidence, each, wanted)]
    if declared and evidence.ecosystem is Ecosystem.PYTHON:
        return _declared_draft(declared[0], strategy, corrects)
    optional = [each for each in evidence.extras if wanted and _names(evidence, each, wanted)]
    if optional and evidence.ecosystem is Ecosystem.PYTHON and wanted not in _RUNNERS:
        return _optional_draft(min(optional, key=lambda each: len(each.values)), wanted, strategy, corrects)
    refused = {package_name(each.name) for each in evidence.missing if not each.distribution}
    imported = {distribution_of(name) for name in evidence.tests.imports} - refused
    missing = _undeclared(evidence, wanted)
    if wanted in _RUNNERS or wanted in _MANAGERS or (wanted in imported and len(missing) < 2):
        command = apart(wanted) if wanted in _MANAGERS else f"python -m pip install {shlex.quote(wanted)}"
        by_tests = wanted in imported or wanted == evidence.tests.runner
        ref = evidence.tests.ref if by_tests else None
        who = "the tests need" if by_tests else "the commands need"
        sentence = f"{who.capitalize()} {wanted}: `{command}`."
        deviation = added(strategy, f"installs {wanted}, which {who}", sentence, corrects)
        return Draft(command, _because(ref, f"{who} {wanted}"), StepPhase.INSTALL, ref, deviation)
    return _foreign_draft(missing, strategy, corrects, evidence.ecosystem) if missing else None


def for_tests_draft(evidence: Evidence, strategy: str) -> Draft | None:
    """A step that installs the extra or the group that is named for the tests; None without one."""
    named = re.compile(r"(?i)tests?|testing")
    found = next(
        (each for each in evidence.test_requirements if each.kind in {"extra", "group"} and named.fullmatch(each.name)),
        None,
    )
    if found is None or evidence.ecosystem is not Ecosystem.PYTHON or found.values == (found.name,):
        found = next(
            (
                each
                for each in evidence.test_requirements
                if found and each.name == found.name and each.values != (each.name,)
            ),
            None,
        )
    return _declared_draft(found, strategy, None) if found is not None else None


def _undeclared(evidence: Evidence, wanted: str) -> list[MissingModule]:
    """The module of a distribution that is missing, with those that are missing beside it and that nothing declares either;
    none where it is not among them. pytest names all that its files lack at once.
    """
    found = {each.distribution: each for each in evidence.missing if each.distribution}
    if not wanted or wanted not in found:
        return []
    if evidence.ecosystem is not Ecosystem.PYTHON:
        return [found[wanted]]
    beside = [
        each
        for name, each in found.items()
        if name != wanted and not any(_names(evidence, declared, name) for declared in evidence.test_requirements)
    ]
    return [found[wanted], *beside]


def _foreign_draft(
    missing: Sequence[MissingModule], strategy: str, corrects: DocRef | None, ecosystem: Ecosystem
) -> Draft:
    """Installs what the project imports and nothing declares.

    npm notes it in package.json, in the copy: what is there without being noted, its next installation removes.
    """
    installer = "npm install" if ecosystem is Ecosystem.NODE else "python -m pip install"
    names = sorted(each.distribution for each in missing)
    command = f"{installer} {' '.join(map(shlex.quote, names))}"
    who = ", ".join(f"{each.importer} imports '{each.name}'" for each in missing)
    shown = ", ".join(names)
    sentence = f"Needs {shown}, since {who}: `{command}`."
    it = "it" if len(names) == 1 else "them"
    deviation = added(strategy, f"installs {shown}: {who}, and no step installs {it}", sentence, corrects)
    return Draft(command, who, StepPhase.INSTALL, missing[0].importer, deviation)


def apart(manager: str) -> str:
    """Installs a program into an environment of its own that is not entered, as its own manual advises (pipx): it looks
    for the project's environment, and must not take its own for it.
    """
    return (
        f'python3 -m venv "$HOME/tools" && "$HOME/tools/bin/python" -m pip install {manager} '
        '&& export PATH="$PATH:$HOME/tools/bin"'
    )


def may_be_entered(manager: str, drafts: Sequence[Draft]) -> bool:
    """Whether a manager may lie in the environment that is entered: it makes one of its own all the same, and nothing asks
    it to install into the one that is entered.
    """
    entered = any("activate" in draft.command for draft in drafts)
    return (
        manager in {"uv", "hatch"} and entered and not any(re.search(r"\buv (?:pip|venv)\b", d.command) for d in drafts)
    )


def manager_draft(command: str, strategy: str, corrects: DocRef | None = None) -> Draft | None:
    """A step that fills the environment in which a command of `poetry run` and its like runs; None for other commands.

    >>> draft = manager_draft("poetry run pytest -q tests", "manager_install")
    >>> draft and draft.command
    'poetry install'
    """
    match = re.match(r"(?:python\S* -m )?(poetry|pdm|pipenv) run\s", command)
    if match is None:
        return None
    fills = _FILLS[match.group(1)]
    description = f"fills the environment of '{match.group(1)} run' with '{fills}'"
    deviation = added(strategy, description, f"Before `{command}`: `{fills}`.", corrects)
    return Draft(
        fills, f"'{match.group(1)} run' finds only what its environment has", StepPhase.INSTALL, None, deviation
    )


def _names(evidence: Evidence, declared: Declared, wanted: str) -> bool:
    values = declared.values
    if values == (declared.name,):
        values = next(
            (
                other.values
                for other in evidence.test_requirements
                if other.name == declared.name and other.values != (other.name,)
            ),
            values,
        )
    return wanted in {package_name(value) for value in values} or package_name(wanted) in {
        package_name(value) for value in values
    }


def _declared_draft(declared: Declared, strategy: str, corrects: DocRef | None) -> Draft:
    if declared.kind == "extra":
        command = f"python -m pip install '.[{declared.name}]'"
    elif declared.kind == "file":
        command = f"python -m pip install -r {shlex.quote(declared.name)}"
    else:
        # Spelt out, since `pip install --group` needs a pip that Debian 12 has not (trap 48).
        command = "python -m pip install " + " ".join(_words(declared.values))
    description = f"installs the test requirements that {declared.ref} declares"
    deviation = added(strategy, description, f"Install what the tests need: `{command}`.", corrects)
    return Draft(command, f"{declared.ref} declares what the tests need", StepPhase.INSTALL, declared.ref, deviation)


def _optional_draft(extra: Declared, wanted: str, strategy: str, corrects: DocRef | None) -> Draft:
    """Installs the extra that brings what is missing, as the project offers it."""
    command = f"python -m pip install '.[{extra.name}]'"
    description = f"installs the extra '{extra.name}', which brings {wanted} ({extra.ref})"
    deviation = added(strategy, description, f"The tests need the extra `{extra.name}`: `{command}`.", corrects)
    return Draft(command, f"{extra.ref} offers {wanted} as an extra", StepPhase.INSTALL, extra.ref, deviation)


def _words(values: tuple[str, ...]) -> list[str]:
    words: list[str] = []
    for value in values[:_LIMIT_NAMES]:
        if value.startswith("-"):
            words += value.split()
        else:
            words.append(shlex.quote(value) if re.search(r"[<>;\[\] !&|*~]", value) else value)
    return words


def suite_draft(
    command: TestCommand, strategy: str, corrects: DocRef | None = None, evidence: Evidence | None = None
) -> Draft:
    """A step that runs a test command of the project's own files."""
    text = command.text
    if (
        evidence is not None
        and text.startswith("ctest")
        and "CMakeLists.txt" in evidence.build_recipes
        and "configure" not in evidence.build_recipes
    ):
        text = text.replace("ctest", "ctest --test-dir build", 1)
    sentence = f"To run the tests: `{text}`."
    by_tests = command.source is TestSource.TESTS
    whence = f"as {command.ref} is written for" if by_tests else f"which stands in {command.ref} only"
    if corrects is None:
        deviation = added(strategy, f"runs the tests with '{text}', {whence}", sentence)
    else:
        deviation = changed(strategy, f"'{text}', {whence}, instead of '{corrects.text}'", sentence, corrects)
    return Draft(
        text,
        f"{command.ref} {'is written for this runner' if by_tests else 'runs the tests this way'}",
        StepPhase.TEST,
        command.ref,
        deviation,
        True,
    )
