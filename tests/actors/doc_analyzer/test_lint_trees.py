"""What the documentation linter makes of whole trees: releases without their recipes, and packages of many modules."""

from __future__ import annotations

import ast

import pytest

from regrow.actors.doc_analyzer.lint import lint, open_target
from regrow.core.project.file_tree import FileTree
from tests.actors.doc_analyzer.test_lint_rules import FILES, METADATA, py, sh


@pytest.mark.parametrize(
    ("name", "rules"), [("requirements-dev.txt", []), ("requirements.txt", ["missing-requirements-file"])]
)
def test_a_release_may_leave_out_what_only_developers_install(name: str, rules: list[str]) -> None:
    files: dict[str, str | bytes] = {"pyproject.toml": METADATA, "PKG-INFO": "Name: demo-tool\n"}
    tree = FileTree.of({**files, "src/demo_tool/__init__.py": "", "README.md": sh(f"pip install -r {name}")})
    assert [finding.rule for finding in lint(open_target(tree)).findings] == rules


def test_only_files_that_hold_a_name_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = ast.parse

    def parse(text: str) -> ast.Module:
        parsed.append(text)
        return real(text)

    many: dict[str, str | bytes] = {f"src/demo_tool/m{n}.py": f"def f{n}(): ...\n" for n in range(30)}
    top = "".join(f"from demo_tool.m{n} import *\n" for n in range(30))
    readme = py("import demo_tool", "demo_tool.f7()")
    target = open_target(FileTree.of({**FILES, **many, "src/demo_tool/__init__.py": top, "README.md": readme}))
    monkeypatch.setattr("regrow.core.project.linting.python_api.ast.parse", parse)
    assert lint(target).findings == ()
    assert [text for text in parsed if text in many.values()] == ["def f7(): ...\n"]


PARTS: dict[str, str | bytes] = {
    "pyproject.toml": METADATA, "src/demo_tool/__init__.py": "", "tests/test_a.py": "", "docs/index.md": "",
}  # fmt: skip


def said(readme: str, **others: str) -> list[tuple[str, int]]:
    files = {**PARTS, "README.md": readme, **{name.replace("__", "/"): text for name, text in others.items()}}
    return [(finding.rule, finding.line) for finding in lint(open_target(FileTree.of(files))).findings]


def test_each_dead_link_of_a_line_is_a_finding() -> None:
    readme = "# Demo\n\nSee [a](no/a.md), [b](no/b.md) and [a again](no/a.md), or [docs](docs/index.md).\n"
    tree = FileTree.of({**PARTS, "README.md": readme})
    found = [finding.message for finding in lint(open_target(tree)).findings]
    assert found == [f"the link leads to no/{name}.md, which is not in the source" for name in "ab"]


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        (("make tests",), ["missing-target"]),
        (("make",), ["missing-target"]),
        (("cd src", "make check"), ["missing-target"]),
        (("cd elsewhere", "make"), []),  # the reader may stand in another source
        (("git clone https://host.example/a/b", "cd b", "make"), []),
        (("make -C ../other",), []),
    ],
)
def test_make_needs_a_make_file(lines: tuple[str, ...], rules: list[str]) -> None:
    assert [rule for rule, _ in said(sh(*lines))] == rules


@pytest.mark.parametrize(
    "maker", ["Makefile.am", "CMakeLists.txt", "configure.ac", "sub__Makefile", ".gitmodules", "PKG-INFO"]
)
def test_a_make_file_may_come_from_elsewhere(maker: str) -> None:
    assert said(sh("make tests"), **{maker: ""}) == []


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        (("pytest test/",), ["missing-file"]),
        (("pytest test",), ["missing-file"]),
        (("pytest -k test",), []),  # the value of an option
        (("pytest tests/",), []),
        (("pytest examples/",), ["missing-file"]),
        (("pytest checks/",), ["missing-file"]),
        (("pytest checks",), []),  # what is no path may be something else
        (("cd examples",), ["missing-file"]),
        (("cd docs/none",), ["missing-file"]),
        (("cd docs/_build",), []),
        (("cd app",), []),
        (("mkdir examples", "cd examples"), []),
        (("git clone https://host.example/a/b", "cd examples"), ["wrong-folder"]),
    ],
)
def test_a_folder_that_commands_enter_or_test_is_there(lines: tuple[str, ...], rules: list[str]) -> None:
    assert [rule for rule, _ in said(sh(*lines))] == rules


def test_the_folder_that_is_meant_is_proposed() -> None:
    tree = FileTree.of({**PARTS, "README.md": sh("pytest test/ -q")})
    (finding,) = lint(open_target(tree)).findings
    assert finding.edit is not None
    assert finding.edit.text == "tests/"


@pytest.mark.parametrize("line", ["pytest checks/", "cd examples", "make"])
def test_a_release_may_leave_parts_of_its_source_out(line: str) -> None:
    assert said(sh(line), **{"PKG-INFO": ""}) == []
