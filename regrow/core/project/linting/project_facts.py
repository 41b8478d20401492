"""What a project says of itself in its metadata and recipes, gathered for comparison with its documents.

Wider than `evidence`, which looks for what builds and tests: here every name that may rightly stand in an install command
counts, so that only a name which stands nowhere is suspicious. Files are parsed, never run.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from regrow.core.project.command_lines import package_name
from regrow.core.project.evidence.missing import distribution_of
from regrow.core.project.evidence.own_tests import import_names
from regrow.core.project.evidence.runners import package_json
from regrow.core.project.file_tree import FileTree
from regrow.core.project.linting.declarations import Declarations, read_declarations
from regrow.core.project.linting.requirements import Bound, Requirement, parse_bounds, parse_requirement

__all__ = ["ProjectFacts", "gather_facts"]

LIMIT_SOURCES = 3_000
LIMIT_SOURCE_BYTES = 200_000
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\w[\w.]*)[ \t]+import|import[ \t]+(\w[\w.]*(?:[ \t]*,[ \t]*\w[\w.]*)*))", re.MULTILINE
)
_HOSTED = re.compile(
    r"https?://(?:www\.)?(github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)/([\w.-]+)/([\w.-]+)", re.IGNORECASE
)
_TARGET = re.compile(r"^([A-Za-z0-9][\w./ -]*?)\s*::?(?!=)", re.MULTILINE)


@dataclass(frozen=True)
class ProjectFacts:
    """A project as its own files describe it.

    Attributes:
        tree: Its files.
        name: The distribution's name as written; empty when unknown.
        packages: Import names that it ships.
        requires_python: Bounds; empty when it declares none.
        pythons: Minor releases in its classifiers (`3.8`); `majors`, the languages (`2`, `3`).
        required: What an installation brings along, by name; a requirement under a marker is not in it.
        declared: Every requirement of any file, by name: extras, groups, test environments, requirement files.
        offered: Names of requirements that an extra for users brings; those of `dev`, `test`, `docs` are not in it.
        extras: Names of its extras; None when they cannot be told.
        scripts: Console script -> `module:function`.
        repositories: `(host, owner, name)` of the addresses in its metadata, lower case.
        frameworks: Lowest release of a framework that its classifiers name (`django` -> `4.2`).
        released: Whether the tree is a source distribution, from which files of the repository may be missing.
    """

    tree: FileTree
    name: str = ""
    version: str | None = None
    packages: tuple[str, ...] = ()
    requires_python: tuple[Bound, ...] = ()
    pythons: tuple[str, ...] = ()
    majors: tuple[str, ...] = ()
    required: dict[str, Requirement] = field(default_factory=dict)
    declared: dict[str, Requirement] = field(default_factory=dict)
    offered: frozenset[str] = frozenset()
    extras: frozenset[str] | None = None
    scripts: dict[str, str] = field(default_factory=dict)
    repositories: frozenset[tuple[str, str, str]] = frozenset()
    frameworks: dict[str, str] = field(default_factory=dict)
    released: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Its name and its import names, normalised."""
        return frozenset(filter(None, (package_name(name) for name in (self.name, *self.packages))))

    @property
    def normal_name(self) -> str:
        """Its distribution's name, normalised (PEP 503)."""
        return package_name(self.name)

    @cached_property
    def imported(self) -> frozenset[str]:
        """Top-level modules that any Python file imports, and the distributions that have them; lower case."""
        found: set[str] = set()
        for path in self.python_files():
            for one, several in _IMPORT.findall(self.tree.text(path, LIMIT_SOURCE_BYTES) or ""):
                found |= {part.split(".")[0].strip() for part in (one or several).split(",")}
        tops = {name for name in found if name and name not in sys.stdlib_module_names}
        return frozenset({name.lower().replace("_", "-") for name in tops} | {distribution_of(name) for name in tops})

    @cached_property
    def known(self) -> frozenset[str]:
        """Names of distributions that the project declares or imports, itself included."""
        return frozenset(self.declared) | self.imported | self.names

    @cached_property
    def basenames(self) -> dict[str, tuple[str, ...]]:
        """Paths by the name of the file."""
        found: dict[str, list[str]] = {}
        for path in self.tree.files:
            found.setdefault(path.rpartition("/")[2], []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder of the tree."""
        found: set[str] = set()
        for path in self.tree.files:
            parts = path.split("/")[:-1]
            found |= {"/".join(parts[: index + 1]) for index in range(len(parts))}
        return frozenset(found)

    @cached_property
    def make_targets(self) -> frozenset[str] | None:
        """Targets of the make file at the root, None without one or when it includes others."""
        for file in ("GNUmakefile", "makefile", "Makefile"):
            text = self.tree.text(file)
            if text is None:
                continue
            if re.search(r"^-?s?include\s|^%|\$\(eval", text, re.MULTILINE):
                return None
            names = {name for match in _TARGET.findall(text) for name in match.split()}
            for row in re.findall(r"^\.PHONY\s*:(.*)$", text, re.MULTILINE):
                names |= set(row.split())
            return frozenset(names)
        return None

    @cached_property
    def npm_scripts(self) -> frozenset[str] | None:
        """Scripts of package.json, None without one."""
        return frozenset(package_json(self.tree)[0]) if self.tree.has("package.json") else None

    @cached_property
    def nox_sessions(self) -> frozenset[str] | None:
        """Sessions of noxfile.py, None when they cannot be told."""
        text = self.tree.text("noxfile.py")
        if text is None:
            return None
        named = set(re.findall(r"^@(?:nox\.)?session\b.*?\ndef (\w+)", text, re.MULTILINE | re.DOTALL))
        return frozenset(named | set(re.findall(r"name=[\"']([\w.-]+)", text))) or None

    def python_files(self) -> Iterator[str]:
        """Python files, at most `LIMIT_SOURCES`."""
        for count, path in enumerate(
            path for path in sorted(self.tree.files) if path.endswith((".py", ".pyi", ".pyx"))
        ):
            if count >= LIMIT_SOURCES:
                return
            yield path

    def file_of_module(self, module: str) -> str | None:
        """The file of one of its modules, None when it has none of that name."""
        relative = module.replace(".", "/")
        for root in ("", "src/", "lib/", "python/"):
            for ending in (".py", "/__init__.py", ".pyi", ".pyx"):
                if self.tree.has(f"{root}{relative}{ending}"):
                    return f"{root}{relative}{ending}"
        return None

    def has_module(self, module: str) -> bool:
        """Whether a module, a compiled one, or a folder of modules of this name is there."""
        if self.file_of_module(module) is not None:
            return True
        relative = module.replace(".", "/")
        stem = relative.rpartition("/")[2]
        compiled = (".c", ".cpp", ".so", ".pyd", ".rs", ".pxd")
        return any(f"{root}{relative}" in self.folders for root in ("", "src/", "lib/", "python/")) or any(
            f"{stem}{ending}" in self.basenames for ending in compiled
        )


def gather_facts(tree: FileTree) -> ProjectFacts:
    """Everything that the tree declares of itself.

    >>> facts = gather_facts(FileTree.of({"pyproject.toml": '[project]\\nname="x"\\ndependencies=["attrs>=20"]\\n'}))
    >>> facts.name, facts.required["attrs"].wanted
    ('x', '>=20')
    """
    found = read_declarations(tree)
    required = {r.name: r for r in _parsed(found.required) if not r.marker}
    declared: dict[str, Requirement] = {}
    for requirement in (*_parsed(found.required), *_parsed(found.others)):
        declared.setdefault(requirement.name, requirement)
    packages = import_names(tree) or _single_package(tree)
    return ProjectFacts(
        tree=tree,
        name=found.name,
        version=found.version,
        packages=packages,
        requires_python=parse_bounds(found.requires_python),
        pythons=tuple(re.findall(r"Programming Language :: Python :: (\d+\.\d+)", "\n".join(found.classifiers))),
        majors=tuple(
            re.findall(r"Programming Language :: Python :: (\d)$", "\n".join(found.classifiers), re.MULTILINE)
        ),
        required=required,
        declared=declared,
        offered=frozenset(requirement.name for requirement in _parsed(found.offered)),
        extras=frozenset(extra.lower() for extra in found.extras) if found.read else None,
        scripts=dict(found.scripts),
        repositories=frozenset(_repositories(found)),
        frameworks=_frameworks(found.classifiers),
        released=tree.has("PKG-INFO")
        or (tree.has("package.json") and not any(f.startswith(".git") for f in tree.files)),
    )


def _parsed(texts: Iterable[str]) -> Iterator[Requirement]:
    for text in texts:
        requirement = parse_requirement(text)
        if requirement is not None and requirement.name != "python":
            yield requirement


def _single_package(tree: FileTree) -> tuple[str, ...]:
    return tuple(sorted({path.split("/")[0] for path in tree.files if path.endswith("/__init__.py")}))[:1]


def _repositories(found: Declarations) -> Iterator[tuple[str, str, str]]:
    for url in found.urls:
        match = _HOSTED.match(url)
        if match and match.group(2).lower() not in {"sponsors", "orgs", "users"}:
            host, owner, name = match.group(1).lower(), match.group(2).lower(), match.group(3).lower()
            yield host, owner, name.removesuffix(".git")


def _frameworks(classifiers: Iterable[str]) -> dict[str, str]:
    found: dict[str, tuple[int, ...]] = {}
    for name, version in re.findall(r"Framework :: (\w+) :: (\d+(?:\.\d+)*)", "\n".join(classifiers)):
        release = tuple(int(part) for part in version.split("."))
        found[name.lower()] = min(found.get(name.lower(), release), release)
    return {name: ".".join(map(str, release)) for name, release in found.items()}
