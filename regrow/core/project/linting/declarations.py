"""Metadata of a Python project from every file that may hold some, as plain texts: nothing is judged here."""

from __future__ import annotations

import configparser
import re
import tomllib
from dataclasses import dataclass, field

from regrow.core.project.evidence.python_metadata import literal_setup, read_settings
from regrow.core.project.evidence.runners import package_json
from regrow.core.project.file_tree import FileTree

__all__ = ["Declarations", "read_declarations"]

_REQUIREMENT_FILE = re.compile(
    r"(?i)(^|/)[^/]*(requirements?|constraints)[^/]*\.(txt|in|pip)$|(^|/)requirements/[^/]+\.(txt|in)$"
)
_YAML_NEED = re.compile(r"^\s*-\s+([A-Za-z][\w.-]*)\s*(?:[=<>!~].*)?$")


@dataclass
class Declarations:
    """Collected while reading. `required` comes with an installation, `others` with extras, groups and environments;
    `offered` are those of the others that an extra for users brings.
    """

    name: str = ""
    version: str | None = None
    requires_python: str = ""
    required: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    extras: set[str] = field(default_factory=set)
    scripts: dict[str, str] = field(default_factory=dict)
    classifiers: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    read: bool = False


def read_declarations(tree: FileTree) -> Declarations:
    """What PKG-INFO, pyproject.toml, setup.cfg, setup.py, requirement files, tox, nox and package.json declare."""
    found = Declarations()
    _package_info(tree, found)
    _pyproject(tree, found)
    _setup_cfg(tree, found)
    _setup_py(tree, found)
    _requirement_files(tree, found)
    _environments(tree, found)
    _node(tree, found)
    return found


def _for_users(extra: str) -> bool:
    """Whether an extra is for those who use the project, by its name."""
    return not re.match(
        r"(?i)(all[_-])?(dev|test|doc|lint|typ|mypy|ci\b|build|release|pre-?commit|benchmark|qa|check|style|format)",
        extra,
    )


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip()]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def _package_info(tree: FileTree, found: Declarations) -> None:
    text = tree.text("PKG-INFO")
    if text is None:
        return
    found.read = True
    for line in text.partition("\n\n")[0].splitlines():
        key, _, value = line.partition(": ")
        value = value.strip()
        match key:
            case "Name":
                found.name = value
            case "Version":
                found.version = value
            case "Requires-Python":
                found.requires_python = value
            case "Provides-Extra":
                found.extras.add(value)
            case "Classifier":
                found.classifiers.append(value)
            case "Home-page" | "Download-URL":
                found.urls.append(value)
            case "Project-URL":
                found.urls.append(value.partition(",")[2].strip())
            case "Requires-Dist":
                (found.others if "extra ==" in value else found.required).append(value)
                extra = re.search(r"extra == [\"']([^\"']+)", value)
                found.offered += [value] if extra and _for_users(extra.group(1)) else []


def _pyproject(tree: FileTree, found: Declarations) -> None:
    text = tree.text("pyproject.toml")
    try:
        data: dict[str, object] = tomllib.loads(text) if text else {}
    except tomllib.TOMLDecodeError:
        return
    project, tool = _table(data.get("project")), _table(data.get("tool"))
    poetry = _table(tool.get("poetry"))
    _basics(found, project or poetry)
    if project:
        found.read = True
        if "dependencies" in project:
            found.required += _strings(project["dependencies"])
        requires = project.get("requires-python")
        found.requires_python = found.requires_python or (requires if isinstance(requires, str) else "")
    found.urls += [url for url in _table(project.get("urls")).values() if isinstance(url, str)]
    for extra, values in _table(project.get("optional-dependencies")).items():
        found.extras.add(extra)
        found.others += _strings(values)
        found.offered += _strings(values) if _for_users(extra) else []
    for values in _table(data.get("dependency-groups")).values():
        found.others += _strings(values)
    _poetry(poetry, found)
    found.others += _strings(_table(data.get("build-system")).get("requires"))
    for table in (_table(project.get("scripts")), _table(project.get("gui-scripts")), _table(poetry.get("scripts"))):
        found.scripts.update({name: target for name, target in table.items() if isinstance(target, str)})
    # Groups and environments of hatch, pdm, uv, flit: any list of strings under a key that says so.
    found.others += list(_lists_under(tool, re.compile(r"(?i)dependencies|requires"), 0))


def _basics(found: Declarations, table: dict[str, object]) -> None:
    name, version = table.get("name"), table.get("version")
    found.name = found.name or (name if isinstance(name, str) else "")
    found.version = found.version or (version if isinstance(version, str) else None)
    found.classifiers += _strings(table.get("classifiers"))
    for key in ("repository", "homepage", "documentation"):
        found.urls += _strings(table.get(key))


def _poetry(poetry: dict[str, object], found: Declarations) -> None:
    if not poetry:
        return
    found.read = True
    for name, value in _table(poetry.get("dependencies")).items():
        version = value if isinstance(value, str) else _table(value).get("version")
        bounds = version if isinstance(version, str) and version != "*" else ""
        if name == "python":
            found.requires_python = found.requires_python or bounds
        elif _table(value).get("optional"):
            found.others.append(f"{name} {bounds}")
            found.offered.append(f"{name} {bounds}")
        else:
            found.required.append(f"{name} {bounds}")
    found.extras |= set(_table(poetry.get("extras")))
    for table in (
        poetry.get("dev-dependencies"),
        *(_table(g).get("dependencies") for g in _table(poetry.get("group")).values()),
    ):
        found.others += list(_table(table))


def _lists_under(value: object, key: re.Pattern[str], depth: int) -> list[str]:
    found: list[str] = []
    for name, inner in _table(value).items() if depth < 6 else ():
        if key.search(name):
            found += _strings(inner)
            for group in _table(inner).values():
                found += _strings(group)
        found += _lists_under(inner, key, depth + 1)
    return found


def _setup_cfg(tree: FileTree, found: Declarations) -> None:
    parser = read_settings(tree.text("setup.cfg") or "")
    if parser is None:
        return
    found.name = found.name or parser.get("metadata", "name", fallback="").strip()
    found.requires_python = found.requires_python or parser.get("options", "python_requires", fallback="").strip()
    found.urls += _strings(parser.get("metadata", "url", fallback=""))
    found.urls += [
        line.partition("=")[2].strip() for line in _strings(parser.get("metadata", "project_urls", fallback=""))
    ]
    found.classifiers += _strings(parser.get("metadata", "classifiers", fallback=""))
    if parser.has_section("options"):
        found.read = True
        found.required += _plain(parser.get("options", "install_requires", fallback=""))
        found.others += _plain(parser.get("options", "tests_require", fallback=""))
        found.others += _plain(parser.get("options", "setup_requires", fallback=""))
    if parser.has_section("options.extras_require"):
        for extra, value in parser.items("options.extras_require"):
            found.extras.add(extra)
            found.others += _plain(value)
            found.offered += _plain(value) if _for_users(extra) else []
    _entry_points(parser, found)


def _entry_points(parser: configparser.ConfigParser, found: Declarations) -> None:
    for row in _strings(parser.get("options.entry_points", "console_scripts", fallback="")):
        name, _, target = row.partition("=")
        found.scripts[name.strip()] = target.strip()


def _plain(text: str) -> list[str]:
    return [line for line in _strings(text) if not line.startswith(("#", "file:", "attr:"))]


def _setup_py(tree: FileTree, found: Declarations) -> None:
    text = tree.text("setup.py")
    if text is None:
        return
    values = literal_setup(text)
    _basics(found, values)
    found.read = found.read or "install_requires" in values or "extras_require" in values
    found.required += _strings(values.get("install_requires"))
    found.others += [*_strings(values.get("tests_require")), *_strings(values.get("setup_requires"))]
    found.urls += _strings(values.get("url"))
    requires = values.get("python_requires")
    found.requires_python = found.requires_python or (requires if isinstance(requires, str) else "")
    for extra, needs in _table(values.get("extras_require")).items():
        found.extras.add(str(extra))
        found.others += _strings(needs)
        found.offered += _strings(needs) if _for_users(str(extra)) else []
    for name, target in re.findall(r"[\"']\s*([\w.-]+)\s*=\s*([\w.]+:[\w.]+)\s*[\"']", text):
        found.scripts.setdefault(name, target)
    for path in _strings(values.get("scripts")):
        found.scripts.setdefault(path.rpartition("/")[2], path)


def _requirement_files(tree: FileTree, found: Declarations) -> None:
    for path in tree.files:
        name = path.rpartition("/")[2]
        if _REQUIREMENT_FILE.search(path):
            found.others += [r.split(" #")[0].strip() for r in (tree.text(path) or "").splitlines() if r[:1].isalnum()]
        elif name in {"environment.yml", "environment.yaml", "conda.yaml"}:
            found.others += [m.group(1) for m in map(_YAML_NEED.match, (tree.text(path) or "").splitlines()) if m]
        elif name == "entry_points.txt":
            _installed_scripts(tree.text(path) or "", found)


def _installed_scripts(text: str, found: Declarations) -> None:
    section = re.search(r"\[console_scripts\]\n(.*?)(?:\n\[|\Z)", text, re.DOTALL)
    for row in (section.group(1) if section else "").splitlines():
        name, equals, target = row.partition("=")
        if equals:
            found.scripts.setdefault(name.strip(), target.strip())


def _environments(tree: FileTree, found: Declarations) -> None:
    text = tree.text("tox.ini") or ""
    for row in text.splitlines():
        match = re.match(
            r"^\s*(?:deps\s*=)?\s*(?:[\w,{}!-]+:\s*)?([A-Za-z][\w.-]*)(?:\[[^\]]*\])?\s*(?:[=<>!~;].*)?$", row
        )
        if match and "=" not in row.split(match.group(1))[0].replace("deps =", "").replace("deps=", ""):
            found.others.append(match.group(1))
    for call in re.findall(r"\.install\(([^)]*)\)", tree.text("noxfile.py") or ""):
        found.others += [
            value for value in re.findall(r"[\"']([^\"']+)[\"']", call) if not value.startswith(("-", "."))
        ]


def _node(tree: FileTree, found: Declarations) -> None:
    _, data, text = package_json(tree)
    if not text or found.read:
        return
    _basics(found, data)
    found.read = True
    for key in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        (found.required if key == "dependencies" else found.others).extend(_table(data.get(key)))
    binaries = data.get("bin")
    found.scripts.update(
        {found.name: binaries} if isinstance(binaries, str) else {k: str(v) for k, v in _table(binaries).items()}
    )
    repository = data.get("repository")
    url = repository if isinstance(repository, str) else _table(repository).get("url")
    found.urls += [re.sub(r"^git\+", "", url)] if isinstance(url, str) else []
