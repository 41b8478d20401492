"""What package.json and the sources of a project in JavaScript say of its tests: how they run, and what they do without."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import target_role
from regrow.core.project.evidence.model import Declared, Evidence, TestCommand, TestSource, place_of
from regrow.core.project.evidence.runners import ci_commands, package_json
from regrow.core.project.file_tree import FileTree
from regrow.protocols.documents import DocRef, Ecosystem

__all__ = ["node_evidence", "unused_requirements"]

_TEST_FILE = re.compile(
    r"^(?:tests?|spec|__tests__)/(?:[\w.-]+/)*[\w.-]+\.[cm]?[jt]sx?$|\.(?:test|spec)\.[cm]?[jt]sx?$|^tests?\.[cm]?js$"
)
_RUNNERS = {
    "mocha": "npx mocha",
    "jest": "npx jest",
    "vitest": "npx vitest run",
    "ava": "npx ava",
    "tap": "npx tap",
    "jasmine": "npx jasmine",
    "tape": "npx tape 'test/**/*.js'",
}
"""What runs the tests that lie where each of them looks by itself, or where it is told to."""
_PROGRAMS = {"typescript": ("tsc", "ts-node", "tsx")}
"""Programs whose name is not that of the package that brings them."""
_STYLE_SETTINGS = re.compile(
    r"eslint|prettier|stylelint|jshint|jscs|tslint|commitlint|release|husky|lint-staged|renovate"
)
_LIMIT_FILES, _LIMIT_BYTES = 600, 100_000


def node_evidence(tree: FileTree, recipes: tuple[str, ...]) -> Evidence:
    """The evidence of a tree with a package.json."""
    scripts, data, text = package_json(tree)
    name, version = data.get("name"), data.get("version")
    commands = []
    if "test" in scripts and "no test specified" not in scripts["test"]:
        commands.append(TestCommand("npm test", TestSource.PACKAGE_JSON, place_of("package.json", text, '"test"')))
    development = data.get("devDependencies")
    development = development if isinstance(development, dict) else {}
    declared = []
    if development:
        place = place_of("package.json", text, "devDependencies")
        declared.append(Declared("requirements", "devDependencies", tuple(development), place))
    gyp: DocRef | None = (
        place_of("binding.gyp", tree.text("binding.gyp") or "", "target_name") if tree.has("binding.gyp") else None
    )
    return Evidence(
        ecosystem=Ecosystem.NODE,
        name=name if isinstance(name, str) else "",
        version=version if isinstance(version, str) else None,
        metadata=place_of("package.json", text, '"name"'),
        test_requirements=tuple(declared),
        test_commands=(*commands, *ci_commands(tree), *_own_commands(tree, development)),
        extension=gyp,
        build_recipes=recipes,
        unused=unused_requirements(tree, scripts, data),
    )


def _own_commands(tree: FileTree, development: Mapping[str, object]) -> list[TestCommand]:
    """What runs the tests without the script of package.json: the runner that is declared, Node's own, or the files alone."""
    tests = [path for path in sorted(tree.files) if _TEST_FILE.search(path) and "node_modules" not in path]
    if not tests:
        return []
    found = [command for name, command in _RUNNERS.items() if name in development][:1]
    shown = tree.text(tests[0], _LIMIT_BYTES) or ""
    if not found and re.search(r"['\"]node:test['\"]", shown):
        found = ["node --test"]
    if alone := _files_alone(tree, tests):
        # The `tap` program before version 1 does not run under any Node of today; what it ran does.
        of_old = re.match(r"[~^]?0\.", str(development.get("tap", ""))) is not None
        found = [alone, *found] if of_old else [*found, alone]
    place = place_of(tests[0], shown, "")
    return [TestCommand(command, TestSource.TESTS, place) for command in found]


def _files_alone(tree: FileTree, tests: list[str]) -> str:
    """Node over each file, where the tests are programs that print what came of them (TAP); else nothing.

    >>> _files_alone(FileTree.of({"test/a.js": "var test = require('tap').test"}), ["test/a.js"])
    'for file in test/*.js; do node "$file" || exit 1; done'
    """
    programs = [
        path for path in tests if re.search(r"require\(['\"](?:tap|tape)['\"]\)", tree.text(path, _LIMIT_BYTES) or "")
    ]
    folders = {path.rpartition("/")[0] for path in programs}
    if len(folders) != 1 or {path.rpartition(".")[2] for path in programs} != {"js"}:
        return ""
    folder = folders.pop()
    beside = [path for path in tree.files if path.rpartition("/")[0] == folder and path.endswith(".js")]
    if not folder:
        return f"node {programs[0]}" if len(programs) == 1 else ""
    return f'for file in {folder}/*.js; do node "$file" || exit 1; done' if len(beside) == len(programs) else ""


def unused_requirements(tree: FileTree, scripts: Mapping[str, str], data: Mapping[str, object]) -> tuple[str, ...]:
    """Development requirements that no file imports, no settings name and no script of the tests starts.

    >>> tree = FileTree.of({"index.js": "", "test.js": "require('tape')"})
    >>> unused_requirements(tree, {"test": "tape test.js", "lint": "tsc"}, {"devDependencies": {"tape": "5", "typescript": "5"}})
    ('typescript',)
    """
    development = data.get("devDependencies")
    if not isinstance(development, dict) or not development:
        return ()
    started = " ".join(_reached(scripts))
    settings = json.dumps({key: value for key, value in data.items() if "ependenc" not in key and key != "scripts"})
    texts = [settings]
    typed = False
    for path in sorted(tree.files)[:_LIMIT_FILES]:
        base = path.rpartition("/")[2]
        if "node_modules" in path or _STYLE_SETTINGS.search(base):
            continue
        typed |= bool(re.search(r"(?<!\.d)(?<!-d)\.[cm]?tsx?$", base))
        is_source = re.search(r"\.[cm]?[jt]sx?$", base) is not None
        is_setting = "/" not in path and re.search(r"^\.\w+rc\b|\.config\.|\.json$", base) is not None
        if (is_source or is_setting) and base not in {"package.json", "package-lock.json"}:
            texts.append(tree.text(path, _LIMIT_BYTES) or "")
    everything = "\n".join(texts)
    unused = []
    for name in development:
        words = (name, name.rpartition("/")[2], *_PROGRAMS.get(name, ()))
        starts = any(re.search(rf"(?<![\w@/.-]){re.escape(word)}(?![\w-])", started) for word in words)
        named = re.search(rf"['\"]{re.escape(name)}(?:/[^'\"]*)?['\"]", everything) is not None
        if not starts and not named and name not in _RUNNERS and not (name == "typescript" and typed):
            unused.append(name)
    return tuple(unused)


def _reached(scripts: Mapping[str, str]) -> list[str]:
    """The scripts that `npm test` comes to, without those that check style."""
    found: list[str] = []
    waiting, seen = ["pretest", "test", "posttest"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in scripts or target_role(name) is Role.STYLE:
            continue
        seen.add(name)
        found.append(scripts[name])
        for other in scripts:
            is_style = target_role(other) is Role.STYLE
            if not is_style and re.search(rf"(?<![\w:.-]){re.escape(other)}(?![\w:.-])", scripts[name]):
                waiting += [f"pre{other}", other, f"post{other}"]
    return found
