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
