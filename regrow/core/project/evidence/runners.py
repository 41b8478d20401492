"""Test commands and test requirements in the settings of tox and nox, in make files, package.json and CI files.

Only what can be read without running anything: substitutions of tox that name the environment are resolved, lines under
a condition (`py27: ...`) are left out. CI files are YAML, but only their `run:` and `script:` entries are read, line by
line.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import describe
from regrow.core.project.evidence.model import Declared, TestCommand, TestSource, place_of
from regrow.core.project.evidence.python_metadata import read_settings
from regrow.core.project.file_tree import FileTree
from regrow.core.project.shell_grammar import commands_of

__all__ = [
    "ci_commands",
    "makefile_commands",
    "nox_evidence",
    "package_json",
    "requirement_files",
    "tests_something",
    "tox_evidence",
]

_REQUIREMENT_FILE = re.compile(
    r"(?i)^(?:requirements?/|tests?/|requirements?[-_])?(?:requirements?)?[-_.]?(?:py)?(?:tests?|testing|dev|develop|"
    r"development|ci)?"
    r"(?:[-_.]requirements?)?\.(?:txt|in|pip)$"
)


def tests_something(command: str) -> bool:
    """Whether a command line runs tests."""
    return any(describe(simple).role is Role.TEST for simple in commands_of(command))


def tox_evidence(tree: FileTree) -> tuple[list[Declared], list[TestCommand]]:
    """What `[testenv]` of tox.ini (or of setup.cfg) installs and runs."""
    for file in ("tox.ini", "setup.cfg"):
        text = tree.text(file)
        parser = read_settings(re.sub(r"(?m)^\[tox:tox\]", "[tox]", text)) if text else None
        if parser is None or text is None or not parser.has_section("testenv"):
            continue

        def value(key: str) -> list[str]:
            raw = parser.get("testenv", key, fallback="")  # noqa: B023  (used at once)
            resolved = re.sub(r"\{\[([^\]]+)\](\w+)\}", lambda m: parser.get(m[1], m[2], fallback=""), raw)  # noqa: B023
            joined = re.sub(r"\\\n\s*", " ", resolved)
            return [line for line in map(_tox_line, joined.splitlines()) if line]

        needs = tuple(dict.fromkeys(value("deps")))
        declared = []
        if needs:
            declared.append(
                Declared("requirements", "tox", needs, place_of(file, text, "deps", _row(text, "[testenv]")))
            )
        for kind, key in (("extra", "extras"), ("group", "dependency_groups")):
            names = [name for entry in value(key) for name in map(str.strip, entry.split(",")) if name]
            declared += [
                Declared(kind, name, (name,), place_of(file, text, key, _row(text, "[testenv]"))) for name in names
            ]
        commands = [
            TestCommand(line, TestSource.TOX, place_of(file, text, line.split()[0], _row(text, "[testenv]")))
            for line in value("commands")
            if tests_something(line)
        ]
        folder = parser.get("testenv", "changedir", fallback="").strip()
        if folder and "{" not in folder:
            commands = [TestCommand(f"cd {folder} && {c.text}", c.source, c.ref) for c in commands]
        return declared, commands
    return [], []


def _row(text: str, heading: str) -> int:
    return next((index for index, line in enumerate(text.split("\n")) if line.startswith(heading)), 0)


def _tox_line(line: str) -> str:
    """A line of tox as a shell would take it; empty when it holds only under a condition or names what is not known."""
    line = line.strip().lstrip("-").strip() if line.strip().startswith("- ") else line.strip()
    if re.match(r"^[!\w,{}.-]+:\s", line) and not line.startswith("http"):
        return ""
    line = re.sub(r"\{posargs(?::([^{}]*))?\}", r"\1", line)
    line = re.sub(r"\{(?:envpython|env_python)\}", "python", line)
    line = re.sub(r"\{(?:toxinidir|tox_root|package_root)\}/?", "./", line)
    line = re.sub(r"\{envbindir\}/", "", line)
    return "" if "{" in line or line.startswith("#") else line.strip()


def nox_evidence(tree: FileTree) -> tuple[list[Declared], list[TestCommand]]:
    """What a session of noxfile.py whose name says `test` installs and runs."""
    text = tree.text("noxfile.py")
    try:
        module = ast.parse(text) if text else None
    except (SyntaxError, ValueError, RecursionError):
        module = None
    if module is None or text is None:
        return [], []
    declared: list[Declared] = []
    commands: list[TestCommand] = []
    for function in module.body:
        if not isinstance(function, ast.FunctionDef) or "test" not in function.name.lower():
            continue
        for call in ast.walk(function):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            words = tuple(str(a.value) for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
            ref = place_of("noxfile.py", text, "", 0).model_copy(
                update={"line": call.lineno, "end_line": call.lineno, "text": " ".join(words)}
            )
            if call.func.attr == "install" and words:
                declared.append(Declared("requirements", "nox", words, ref))
            elif call.func.attr == "run" and words and tests_something(" ".join(words)):
                commands.append(TestCommand(" ".join(words), TestSource.NOX, ref))
    return declared, commands


def package_json(tree: FileTree) -> tuple[dict[str, str], dict[str, object], str]:
    """`(scripts, whole document, text)` of package.json; empty when there is none."""
    text = tree.text("package.json") or ""
    try:
        data = json.loads(text) if text else {}
    except json.JSONDecodeError:
        data = {}
    scripts = data.get("scripts") if isinstance(data, dict) else None
    named = {k: v for k, v in scripts.items() if isinstance(v, str)} if isinstance(scripts, dict) else {}
    return named, data if isinstance(data, dict) else {}, text


def makefile_commands(tree: FileTree) -> list[TestCommand]:
    """`make test` or `make check` where a make file has such a target; automake always makes `check`."""
    found: list[TestCommand] = []
    for file in ("Makefile", "makefile", "GNUmakefile", "Makefile.in", "makefile.in", "Makefile.am"):
        text = tree.text(file)
        if text is None:
            continue
        made = _test_target(text)
        if made is not None:
            target, line = made
            found.append(TestCommand(f"make {target}", TestSource.MAKEFILE, place_of(file, text, line)))
        elif file == "Makefile.am":
            found.append(TestCommand("make check", TestSource.MAKEFILE, place_of(file, text, "TESTS")))
    return found[:1] or _made_program(tree)


_TARGET = re.compile(r"^(check|tests?|runtests?|unittest)$")


def _test_target(text: str) -> tuple[str, str] | None:
    """The first target of a make file that tests, with its line; names that stand in a variable count too.

    >>> _test_target("DEMOS = test other\\nall: lib\\n$(DEMOS): lib\\n\\tcc -o $@ $@.c\\n")
    ('test', '$(DEMOS): lib')
    """
    values = dict(re.findall(r"(?m)^(\w+)[ \t]*[:?]?=[ \t]*(.*?)[ \t]*$", text))
    for line in re.findall(r"(?m)^[\w.$][^:=#\t\n]*:(?!=).*$", text):
        named = re.sub(r"\$[({](\w+)[)}]", lambda match: values.get(match[1], ""), line.partition(":")[0])
        target = next((name for name in named.split() if _TARGET.match(name)), None)
        if target is not None:
            return target, line.rstrip()
    return None


_MADE = re.compile(
    r"(?m)^(?:OUTPUT|TARGET|PROG(?:RAM)?|EXE(?:C(?:UTABLE)?)?|BIN|NAME)[ \t]*[:?]?=[ \t]*(?P<name>[\w-]*test[\w-]*)[ \t]*$"
)


def _made_program(tree: FileTree) -> list[TestCommand]:
    """The program that a make file without a target for tests is written to make, where its name says that it tests."""
    for file in ("GNUmakefile", "makefile", "Makefile"):
        text = tree.text(file)
        made = _MADE.search(text) if text else None
        if text is not None and made is not None and not re.search(r"bench|speed|perf|fuzz", made["name"]):
            return [TestCommand(f"./{made['name']}", TestSource.MAKEFILE, place_of(file, text, made.group()))]
    return []


def requirement_files(tree: FileTree) -> list[Declared]:
    """Files that list requirements for tests or for development, those for tests first."""
    found = []
    for path in sorted(tree.files):
        if (
            path.count("/") > 1
            or not _REQUIREMENT_FILE.match(path)
            or "doc" in path
            or path.lower() in {".txt", ".in", ".pip"}
        ):
            continue
        text = tree.text(path) or ""
        rows = tuple(
            row.split("#")[0].strip()
            for row in text.splitlines()
            if row.strip() and not row.strip().startswith(("#", "-"))
        )
        named = re.search(r"test|dev|ci", path.lower())
        if (
            rows
            and path.endswith((".txt", ".pip"))
            and (named or any(re.match(r"(?i)pytest|nose|hypothesis|mock\b", row) for row in rows))
        ):
            found.append(Declared("file", path, rows, place_of(path, text, rows[0])))
    return sorted(found, key=lambda declared: (0 if "test" in declared.name.lower() else 1, declared.name))


def ci_commands(tree: FileTree) -> list[TestCommand]:
    """Test commands of CI files, in the order of the files."""
    files = [
        *tree.below(".github/workflows", ".yml", ".yaml"),
        ".travis.yml",
        ".gitlab-ci.yml",
        "appveyor.yml",
        ".circleci/config.yml",
        "azure-pipelines.yml",
        ".cirrus.yml",
        ".builds/debian.yml",
    ]
    found: list[TestCommand] = []
    for file in files:
        text = tree.text(file)
        if text is None:
            continue
        for number, line in _ci_lines(text):
            if "${{" not in line and "$(" not in line and tests_something(line):
                ref = place_of(file, text, "").model_copy(
                    update={"line": number, "end_line": number, "text": line[:200]}
                )
                found.append(TestCommand(line, TestSource.CI, ref))
    return found


def _ci_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines of `run:` scalars and of lists under `script:`, with their numbers."""
    depth = -1
    for number, line in enumerate(text.split("\n"), 1):
        indent = len(line) - len(line.lstrip())
        match = re.match(r"^\s*(?:- )?(?:run|script|before_script|command):\s*(.*)$", line)
        if match:
            depth = indent
            rest = match.group(1).strip()
            if rest and rest[0] not in "|>":
                yield number, rest.strip("'\"")
        elif depth >= 0 and line.strip():
            if indent <= depth and not line.lstrip().startswith("- "):
                depth = -1
            elif ":" not in line.split("#")[0].split(" ")[0]:
                yield number, line.strip().removeprefix("- ").strip().strip("'\"")
