"""Names in install commands against what the project is, declares, imports and speaks of.

A name is suspicious only when it stands nowhere: not in the metadata, not in an import of any file, and not in another
sentence of the page. So a document may speak of any package that it explains, and an optional one that it names in passing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from regrow.actors.doc_analyzer.blocks import Block, BlockKind
from regrow.actors.doc_analyzer.lint.installs import Install, install_of, installs_own
from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Page, is_placeholder
from regrow.core.project.evidence.missing import distribution_of
from regrow.core.project.linting.near import nearest, same_letters
from regrow.core.project.linting.project_facts import ProjectFacts
from regrow.core.project.linting.requirements import Requirement, parse_requirement

__all__ = ["Releases", "check_packages", "suspicious_names"]

Releases = Mapping[str, tuple[str, ...] | None]
"""What the index says of a name: its releases, None when it has no such project. A name that was not asked for "
    "is absent."""

_TOOLS = frozenset(
    "pip setuptools wheel build twine virtualenv tox nox pipx uv poetry pipenv pdm hatch flit pre-commit pytest "
    "coverage black ruff "
    "mypy flake8 isort sphinx jupyter jupyterlab notebook ipython ipykernel cython numpy virtualenvwrapper conda "
    "cibuildwheel "
    "pip-tools nose nose2 invoke mkdocs towncrier hypothesis".split()
)
_RUNNERS = frozenset(
    {"tox", "nox", "hatch", "poetry", "uv", "pipenv", "pdm", "pre-commit", "build", "twine"}
    | {"pip", "setuptools", "wheel", "virtualenv"}
)
_BASICS = frozenset({"pip", "setuptools", "wheel"})
_PLUGIN = re.compile(r"^(tox|pre-commit|nox|poetry|mkdocs|sphinx|sphinxcontrib|pytest|flake8|jupyter|coverage)-")
_FOR_SOMETHING = re.compile(
    r"(?i)^(to|if|for|when|assuming|optional\w*|alternative\w*)\b|\b(optional\w*|in order to|if you|integrat\w*|"
    r"assuming|you can also|you may also|you'll also|additional\w*)\b"
)
"""Words of the sentence before a command that say what a package is for, which the project need not be."""
_EXTENDS = frozenset(
    {"types", "stubs", "plugin", "plugins", "pytest", "sphinx", "mkdocs", "sphinxcontrib", "opentelemetry"}
)
"""Words that make a name beside the project's own the name of a companion of it."""
_REAL_TOO = frozenset(
    {"psycopg2", "zope", "pylab", "websocket", "environ", "attr", "wx", "google", "azure", "crypto", "git", "snappy"}
)
_FOR_DEVELOPERS = re.compile(r"(?i)(?<![a-z])(dev\w*|tests?|testing|docs?|lint\w*|build|ci)(?![a-z])")
_SPEC = re.compile(
    r"(?<![\w./-])([A-Za-z][\w.-]*[\w])(?:\[[\w,-]+\])?(?:\s*(>=|==|~=|<=)\s*(\d[\w.]*)|\s+(?=\d+(?:\.\d+)+\s*(?:\+|or )))"
)
_NEEDS = re.compile(
    r"(?i)\b(dependenc|requirement|prerequisite|requires|required|you (will )?need|need to have|installed)"
)
_DEVELOPING = re.compile(r"(?i)\b(develop|contribut|test|getting started|hacking|setup|set up)")


def check_packages(page: Page, facts: ProjectFacts, releases: Releases) -> Iterator[Finding]:
    """Everything about names in install commands and in lists of requirements."""
    if not facts.name:
        return
    installed = False
    for install in _installs(page):
        if install.manager == "pip":
            yield from _extras(page, facts, install)
            yield from _files(page, facts, install)
            for text, requirement in install.specs:
                yield from _named(page, facts, install, (text, requirement), releases, after=installed)
            yield from _hand_picked(page, facts, install)
        else:
            yield from _foreign(page, facts, install)
        installed = installed or installs_own(install, facts.names)
    yield from _listed(page, facts)


def suspicious_names(page: Page, facts: ProjectFacts) -> frozenset[str]:
    """Names of the Python index in install commands that nothing else of the project speaks for."""
    found: set[str] = set()
    for install in _installs(page) if facts.name else ():
        if install.manager == "pip":
            found |= {r.name for _, r in install.specs if r.name not in facts.known and r.name not in _TOOLS}
            found |= {r.name for _, r in install.specs if any(bound.operator == "==" for bound in r.bounds)}
    return frozenset(found)


def _installs(page: Page) -> Iterator[Install]:
    for command in page.commands:
        install = install_of(command) if command.typed.valid and not is_placeholder(command.typed.text) else None
        if install is not None:
            yield install


def _extras(page: Page, facts: ProjectFacts, install: Install) -> Iterator[Finding]:
    known = facts.extras
    if known is None:
        return
    named = [(text, r.extras) for text, r in install.specs if r.name == facts.normal_name]
    for text in install.local:
        match = re.match(r"^\.?/?\[([^\]]*)\]$", text)
        named += [(text, tuple(part.strip().lower() for part in match.group(1).split(",")))] if match else []
    normal = {re.sub(r"[-_.]+", "-", extra) for extra in known}
    for text, extras in named:
        for extra in extras:
            if extra and re.sub(r"[-_.]+", "-", extra) not in normal:
                better = nearest(extra, normal)
                evidence = f"its extras are {', '.join(sorted(known))}" if known else "it declares no extra"
                swap = (text, text.replace(extra, better)) if better else None
                line = page.line_in(install.command, text)
                yield page.finding("unknown-extra", line, f"{facts.name} has no extra '{extra}'", evidence, swap)


def _files(page: Page, facts: ProjectFacts, install: Install) -> Iterator[Finding]:
    for file in install.files:
        path = file.removeprefix("./")
        name = path.rpartition("/")[2]
        if "://" in path or "$" in path or path in facts.tree.files or "\\" in path:
            continue
        others = facts.basenames.get(name, ())
        if any(other.endswith(path) for other in others) and install.command.section:
            continue  # The reader may stand in another folder.
        written = {target for command in page.commands for target in command.simple.writes}
        if name in written or f"cp {path}" in "\n".join(page.lines):
            continue
        stems = [
            other
            for other in facts.tree.files
            if re.search(r"(?i)requirement", other) and other.endswith((".txt", ".in"))
        ]
        better = others[0] if others else nearest(path, stems)
        if facts.released and not stems and not others and _FOR_DEVELOPERS.search(name):
            continue  # A source distribution leaves such files out.
        evidence = f"the tree has {', '.join(sorted(stems)[:4])}" if stems else "the tree has no requirements file"
        line = page.line_in(install.command, file)
        swap = (file, better) if better else None
        yield page.finding("missing-requirements-file", line, f"{file} is not in the source", evidence, swap)


def _named(
    page: Page, facts: ProjectFacts, install: Install, spec: tuple[str, Requirement], releases: Releases, *, after: bool
) -> Iterator[Finding]:
    text, requirement = spec
    name = requirement.name
    line = page.line_in(install.command, text)
    if name in {facts.normal_name, f"types-{facts.normal_name}", f"{facts.normal_name}-stubs"}:
        return
    beside = facts.normal_name in install.names or after
    if name in facts.required and name not in facts.names:
        # A framework is there first: its users start a project with it and add this one.
        chosen = name in facts.frameworks or {"--no-binary", "--pre", "-U", "--upgrade"} & set(install.command.words)
        if beside and not requirement.extras and not requirement.bounds and name not in _BASICS and not chosen:
            message = f"{name} need not be installed by hand: {facts.name} brings it along"
            yield page.finding("needless-package", line, message, f"it is a required dependency of {facts.name}")
        return
    written = re.split(r"[\[<>=~!;]", text)[0]
    if name == "install" and text == "install":
        message = f"'{install.command.program}' takes the word 'install' for the name of a package"
        yield page.finding("unknown-command", line, message, "the command installs without it, or has it once already")
        return
    wrong = _wrong_name(facts, name)
    own = wrong is not None and wrong[0] == facts.name and (name in facts.names or same_letters(name, facts.name))
    if wrong is not None and name not in facts.declared and (own or not _spoken_of(page, install, name)):
        better, why = wrong
        state = releases.get(name, ())
        known = "; the index has no such project" if state is None else ""
        message = f"'{written}' is not the package to install; '{better}' is"
        yield page.finding("wrong-package", line, message, why + known, (written, better))
        return
    if name in facts.known | _TOOLS and _only_for_developers(page, facts, install, name):
        message = f"{name} is not needed to use {facts.name}"
        evidence = "only its tests or its development declare it, and no other sentence of the page speaks of it"
        yield page.finding("needless-package", line, message, evidence)
        return
    bare = re.sub(r"^(python-?|py-?)|(-?python|-?py)$", "", name)
    if {name, bare} & facts.known or name in _TOOLS or _PLUGIN.match(name) or _spoken_of(page, install, name):
        return
    state = releases.get(name, ())
    if state is not None and facts.normal_name not in install.names and _FOR_SOMETHING.search(install.command.lead):
        return
    if state is None:
        message = f"the index has no package '{written}'"
    else:
        message = f"nothing needs '{written}': {facts.name} neither declares nor imports it"
    yield page.finding(
        "unknown-package", line, message, "not in the metadata, in an import, or in another sentence of the page"
    )


def _only_for_developers(page: Page, facts: ProjectFacts, install: Install, name: str) -> bool:
    """Whether one command for users installs the project and something that only its developers need."""
    words = " ".join(install.command.section[-1:]) + " " + install.command.lead
    if facts.normal_name not in install.names or _DEVELOPING.search(words) or facts.extras is None:
        return False
    if name in _BASICS or name in facts.offered or name in facts.required or name in facts.names:
        return False
    part = set(name.split("-")) & set(facts.normal_name.split("-")) or facts.normal_name in name
    return not part and not _spoken_of(page, install, name)


def _wrong_name(facts: ProjectFacts, name: str) -> tuple[str, str] | None:
    """The name that was meant, and why."""
    own = facts.normal_name
    if name in facts.names:
        return facts.name, f"'{name}' is what is imported; the distribution is called {facts.name}"
    if same_letters(name, own) or nearest(name, [own]):
        return facts.name, f"the project is called {facts.name}"
    meant = distribution_of(name)
    if meant and meant != name and name not in _REAL_TOO:
        return meant, f"'{name}' is what is imported; the distribution is called {meant}"
    for known in sorted(facts.declared):
        if known not in facts.names and (same_letters(name, known) or (len(name) > 4 and nearest(name, [known]))):
            return known, f"the project declares {known}"
    parts, own_parts = set(name.split("-")), set(own.split("-"))
    if name in facts.imported:
        return None
    around = own_parts < parts and not _EXTENDS & parts and len(parts - own_parts) == 1
    if around or parts == own_parts or name in {f"py{own}", f"{own}py", f"lib{own}", f"{own}2", f"{own}3"}:
        return facts.name, f"the project is called {facts.name}"
    return None


def _spoken_of(page: Page, install: Install, name: str) -> bool:
    """Whether the page names it in another place than the command and the sentence before it."""
    pattern = re.compile(rf"(?i)(?<![\w-]){re.escape(name).replace('-', '[-_. ]?')}(?![\w-])")
    here = install.command.block
    for place, block in enumerate(page.blocks):
        if block is here or (place == install.command.place - 1 and block.kind is BlockKind.TEXT):
            continue
        if pattern.search(block.text) and not _only_installed(block, pattern):
            return True
    return any(
        pattern.search(code.text) and code.block is not here and not code.text.startswith("pip") for code in page.codes
    )


def _only_installed(block: Block, pattern: re.Pattern[str]) -> bool:
    rows = [row for row in block.text.split("\n") if pattern.search(row)]
    return all(re.search(r"\binstall\b", row) for row in rows) and block.kind is BlockKind.CODE


def _hand_picked(page: Page, facts: ProjectFacts, install: Install) -> Iterator[Finding]:
    """A developer is told to install two or three packages, and the project lists what is really needed."""
    heading = " ".join(install.command.section[-1:])
    if not page.front or not _DEVELOPING.search(heading + " " + install.command.lead):
        return
    names = [r.name for _, r in install.specs]
    whole = install.local or install.files or facts.names & set(names)
    if len(names) < 2 or whole or not set(names) <= facts.known | _TOOLS or set(names) <= _RUNNERS:
        return
    lists = sorted(
        path
        for path in facts.tree.files
        if re.search(r"(?i)requirements?[/-]?(tests?|dev|develop)[^/]*\.(txt|in)$", path)
    )
    extras = [
        extra for extra in sorted(facts.extras or ()) if re.fullmatch(r"(?i)tests?|testing|dev|develop(ment)?", extra)
    ]
    if not lists and not extras:
        return
    better = f"pip install -r {lists[0]}" if lists else f"pip install -e '.[{extras[0]}]'"
    message = f"{', '.join(names)} alone may not do: the project lists what its development needs"
    yield page.finding(
        "hand-picked-dependencies", install.command.line, message, f"'{better}' installs what it declares"
    )


def _foreign(page: Page, facts: ProjectFacts, install: Install) -> Iterator[Finding]:
    line = install.command.line
    python = bool(facts.packages) and not facts.tree.has("package.json")
    if install.manager in {"npm", "yarn", "gem", "cargo"} and python and facts.normal_name in install.names:
        message = f"{facts.name} is a Python project; {install.manager} does not have it"
        swap = (f"{install.command.program} {install.command.words[1]}", "pip install")
        yield page.finding("wrong-installer", line, message, "the tree holds Python packages and no package.json", swap)
    if install.manager in {"conda", "mamba"}:
        for text, requirement in install.specs:
            own = facts.normal_name
            if requirement.name != own and _only_for_developers(page, facts, install, requirement.name):
                message = f"{requirement.name} is not needed to use {facts.name}"
                evidence = "the metadata do not require it, and no other sentence of the page speaks of it"
                yield page.finding("needless-package", page.line_in(install.command, text), message, evidence)
                continue
            if requirement.name not in facts.known and nearest(requirement.name, [own]):
                message = f"'{text}' is not the package to install; '{facts.name}' is"
                yield page.finding(
                    "wrong-package",
                    page.line_in(install.command, text),
                    message,
                    f"the project is called {facts.name}",
                    (text, facts.name),
                )


def _listed(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """Requirements in sentences and lists: `- foo>=1.0`."""
    for block in page.sentences:
        if not _NEEDS.search(" ".join(block.headings[-1:]) + " " + block.text):
            continue
        for match in _SPEC.finditer(block.text):
            requirement = parse_requirement(match.group(1))
            if requirement is None or requirement.name in {
                "python",
                "cpython",
                "pypy",
                "version",
                "node",
                "npm",
                "gcc",
                "cmake",
                "ruby",
            }:
                continue
            line = page.line_of(block, match.group())
            if requirement.name not in facts.known and (requirement.name not in _TOOLS or not facts.required):
                message = f"nothing needs '{match.group(1)}': {facts.name} neither declares nor imports it"
                yield page.finding("unknown-package", line, message, "not in the metadata and in no import")
            elif requirement.name in _BASICS and facts.required and requirement.name not in facts.required:
                message = f"{facts.name} does not need '{match.group()}'"
                yield page.finding("unknown-package", line, message, "not in the metadata and in no import")
