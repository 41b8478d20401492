"""What pyproject.toml, setup.cfg and setup.py declare. setup.py is parsed and never run.

Sources: PEP 517, PEP 518 (build-system), PEP 621 (project), PEP 735 (dependency groups), setuptools' keyword reference.
"""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from dataclasses import dataclass, field

from regrow.core.project.evidence.model import Declared, TestCommand, TestSource, place_of
from regrow.core.project.file_tree import FileTree
from regrow.protocols.documents import DocRef

__all__ = ["PythonMetadata", "for_testing", "literal_setup", "read_python_metadata", "read_settings"]

_TESTING = re.compile(r"(?i)^(tests?|testing|unit-?tests?|pytest|test[-_]\w+|\w+[-_]tests?|ci)$")
_WORKING = re.compile(r"(?i)^(dev|develop|development|all|check|cover|qa|full)$")


@dataclass
class PythonMetadata:
    """Collected while reading; the first file that names something wins."""

    name: str = ""
    version: str | None = None
    where: DocRef | None = None
    requires_python: str | None = None
    declared: list[Declared] = field(default_factory=list)
    extras: list[Declared] = field(default_factory=list)
    commands: list[TestCommand] = field(default_factory=list)
    extension: DocRef | None = None
    build_requires: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    has_build_system: bool = False
    has_script: bool = False


def for_testing(name: str) -> int | None:
    """How well the name of an extra or a group says that tests need it: 0 best, 1 for development, None not at all."""
    return 0 if _TESTING.match(name) else 1 if _WORKING.match(name) else None


def read_python_metadata(tree: FileTree) -> PythonMetadata:
    """Everything the three files declare."""
    found = PythonMetadata()
    _pyproject(tree, found)
    _setup_cfg(tree, found)
    _setup_py(tree, found)
    _package_info(tree, found)
    found.declared.sort(key=lambda declared: for_testing(declared.name) or 0)
    return found


def _package_info(tree: FileTree, found: PythonMetadata) -> None:
    """Name and version of a source distribution, where the files above compute them (PEP 643)."""
    text = tree.text("PKG-INFO")
    if text is None:
        return
    headers = dict(re.findall(r"^(Name|Version): *(\S+)$", text.split("\n\n")[0], re.MULTILINE))
    if not found.name and "Name" in headers:
        found.name, found.where = headers["Name"], place_of("PKG-INFO", text, "Name:")
    found.version = found.version or headers.get("Version")


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def _pyproject(tree: FileTree, found: PythonMetadata) -> None:
    text = tree.text("pyproject.toml")
    if text is None:
        return
    try:
        data: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    project, tool = _table(data.get("project")), _table(data.get("tool"))
    poetry = _table(tool.get("poetry"))
    build = _table(data.get("build-system"))
    found.has_build_system = bool(build)
    found.build_requires = _strings(build.get("requires"))
    name = project.get("name") or poetry.get("name")
    if isinstance(name, str):
        found.name, found.where = name, place_of("pyproject.toml", text, "name")
    version = project.get("version") or poetry.get("version")
    found.version = version if isinstance(version, str) else None
    requires = project.get("requires-python")
    found.requires_python = requires if isinstance(requires, str) else None
    found.requires = _strings(project.get("dependencies"))
    for extra, values in _table(project.get("optional-dependencies")).items():
        _declare(found, "extra", extra, _strings(values), "pyproject.toml", text)
    for group in _table(data.get("dependency-groups")):
        _declare(found, "group", group, _group(data, group, ()), "pyproject.toml", text)
    for group, values in _table(poetry.get("group")).items():
        needs = tuple(key for key in _table(_table(values).get("dependencies")) if key != "python")
        _declare(found, "requirements", group, needs, "pyproject.toml", text)
    needs = tuple(_table(poetry.get("dev-dependencies")))
    _declare(found, "requirements", "dev", needs, "pyproject.toml", text)
    for manager in ("uv", "pdm"):
        declared = _table(tool.get(manager)).get("dev-dependencies")
        values = (
            declared
            if isinstance(declared, list)
            else [item for part in _table(declared).values() for item in _strings(part)]
        )
        _declare(found, "requirements", "dev", _strings(values), "pyproject.toml", text)
    _hatch(_table(_table(_table(tool.get("hatch")).get("envs"))), found, text)
    if re.search(
        r"ext-modules|maturin|setuptools-rust|scikit-build|meson-python|mesonpy|cffi|cython", text, re.IGNORECASE
    ):
        marker = re.search(
            r"(?i).*(ext-modules|maturin|setuptools-rust|scikit-build|mesonpy|meson-python|cython).*", text
        )
        found.extension = place_of("pyproject.toml", text, marker.group().strip()) if marker else None


def _group(data: dict[str, object], name: str, seen: tuple[str, ...]) -> tuple[str, ...]:
    """The requirements of a dependency group with those that it includes (PEP 735)."""
    values = _table(data.get("dependency-groups")).get(name)
    found: list[str] = []
    for item in values if isinstance(values, list) else []:
        if isinstance(item, str):
            found.append(item)
        elif isinstance(included := _table(item).get("include-group"), str) and included not in (*seen, name):
            found += _group(data, included, (*seen, name))
    return tuple(found)


def _hatch(environments: dict[str, object], found: PythonMetadata, text: str) -> None:
    for name, value in environments.items():
        table = _table(value)
        needs = _strings(table.get("dependencies")) + _strings(table.get("extra-dependencies"))
        if needs and (for_testing(name) is not None or name in {"default", "hatch-test"}):
            found.declared.append(
                Declared("requirements", name, needs, place_of("pyproject.toml", text, f"envs.{name}"))
            )
        for script, command in _table(table.get("scripts")).items():
            if _TESTING.match(script) and isinstance(command, str) and "{" not in command.replace("{args", ""):
                shown = re.sub(r"\s*\{args[^}]*\}", "", command)
                found.commands.append(
                    TestCommand(shown, TestSource.HATCH, place_of("pyproject.toml", text, command[:40]))
                )


def _declare(found: PythonMetadata, kind: str, name: str, values: tuple[str, ...], file: str, text: str) -> None:
    if not values:
        return
    each = Declared(kind, name, values, place_of(file, text, name))
    if for_testing(name) is not None:
        found.declared.append(each)
    elif kind == "extra":
        found.extras.append(each)


def _setup_cfg(tree: FileTree, found: PythonMetadata) -> None:
    text = tree.text("setup.cfg")
    if text is None:
        return
    parser = read_settings(text)
    if parser is None:
        return
    if not found.name and parser.has_option("metadata", "name"):
        found.name, found.where = parser.get("metadata", "name").strip(), place_of("setup.cfg", text, "name")
    version = parser.get("metadata", "version", fallback="").strip()
    if found.version is None and version and "attr:" not in version and "file:" not in version:
        found.version = version
    found.requires_python = found.requires_python or parser.get("options", "python_requires", fallback="") or None
    wanted = parser.get("options", "install_requires", fallback="")
    found.requires = found.requires or tuple(filter(None, map(str.strip, wanted.splitlines())))
    if parser.has_section("options.extras_require"):
        for extra, value in parser.items("options.extras_require"):
            _declare(found, "extra", extra, tuple(filter(None, map(str.strip, value.splitlines()))), "setup.cfg", text)
    needs = tuple(filter(None, map(str.strip, parser.get("options", "tests_require", fallback="").splitlines())))
    if needs:
        found.declared.append(
            Declared("requirements", "tests_require", needs, place_of("setup.cfg", text, "tests_require"))
        )


def read_settings(text: str) -> configparser.ConfigParser | None:
    """An INI file without interpolation; None when it is none.

    An empty line ends a value, unless that leaves lines that belong to none: tox allows comments within a value.
    """
    for empty_lines in (False, True):
        parser = configparser.ConfigParser(
            interpolation=None, strict=False, empty_lines_in_values=empty_lines, inline_comment_prefixes=("#",)
        )
        try:
            parser.read_string(text)
        except configparser.Error:
            continue
        return parser
    return None


def _setup_py(tree: FileTree, found: PythonMetadata) -> None:
    text = tree.text("setup.py")
    if text is None:
        return
    found.has_script = True
    values = literal_setup(text)
    if not found.name and isinstance(values.get("name"), str):
        found.name, found.where = str(values["name"]), place_of("setup.py", text, "name")
    if found.version is None and isinstance(values.get("version"), str):
        found.version = str(values["version"])
    if isinstance(values.get("python_requires"), str):
        found.requires_python = found.requires_python or str(values["python_requires"])
    found.requires = found.requires or _strings(values.get("install_requires"))
    for extra, needs in _table(values.get("extras_require")).items():
        _declare(found, "extra", str(extra), _strings(needs), "setup.py", text)
    needs = values.get("tests_require")
    listed = (needs,) if isinstance(needs, str) else _strings(needs)
    if listed:
        found.declared.append(
            Declared("requirements", "tests_require", listed, place_of("setup.py", text, "tests_require"))
        )
    if found.extension is None and re.search(r"ext_modules|cffi_modules|Extension\(|rust_extensions", text):
        marker = re.search(r".*(ext_modules|cffi_modules|Extension\(|rust_extensions).*", text)
        found.extension = place_of("setup.py", text, marker.group().strip()) if marker else None


def literal_setup(text: str) -> dict[str, object]:
    """Keywords of the call of `setup` whose values are literals, or names that were given one.

    >>> literal_setup("T = ['pytest']\\nsetup(name='x', tests_require=T, version=read())")
    {'name': 'x', 'tests_require': ['pytest']}
    """
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    names: dict[str, object] = {}
    found: dict[str, object] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            _keep_literal(names, node.targets[0].id, node.value, names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "setup":
            for keyword in node.keywords:
                if keyword.arg is not None:
                    _keep_literal(found, keyword.arg, keyword.value, names)
    return found


def _keep_literal(target: dict[str, object], key: str, node: ast.expr, names: dict[str, object]) -> None:
    try:
        target[key] = names[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)
    except (ValueError, KeyError, TypeError, SyntaxError, RecursionError):
        if isinstance(node, ast.Dict):
            target[key] = {
                entry.value: names.get(value.id) if isinstance(value, ast.Name) else _literal(value)
                for entry, value in zip(node.keys, node.values, strict=True)
                if isinstance(entry, ast.Constant)
            }


def _literal(node: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
    return value
