"""A language that the documents ask for is there before the first command; one that they do not is missed."""

from __future__ import annotations

import pytest

from regrow.actors.builder import make_plan
from regrow.actors.doc_analyzer.analysis import analyze
from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree

RUST = {"Cargo.toml": '[package]\nname = "tally"\n', "src/lib.rs": ""}
JDK = "default-jdk-headless"
GO = {"go.mod": "module example.org/tally\n", "tally.go": "package tally\n"}
PYTHON = {
    "setup.py": "from setuptools import setup\nsetup(name='tally')\n",
    "tally.py": "",
    "test_tally.py": "def test(): 1\n",
}


def installed_first(readme: str, files: dict[str, str]) -> list[str]:
    tree = FileTree.of({"README.md": readme, **files})
    plan = make_plan(analyze(tree), gather(tree))
    assert plan.literal
    return [
        step.command.removeprefix("apt-get install -y --no-install-recommends ")
        for step in plan.steps
        if "--no-install-rec" in step.command
    ]


@pytest.mark.parametrize(
    ("sentence", "files", "command", "packages"),
    [
        ("You need Rust 1.60 or newer.", RUST, "cargo test", ["cargo"]),
        ("## Requirements\n\n- Rust 1.60+", RUST, "cargo test", ["cargo"]),
        ("Requires the Rust toolchain.", RUST, "cargo build && cargo test", ["cargo"]),
        ("It needs Go 1.18 or newer.", GO, "go test ./...", ["golang-go"]),
        ("Make sure that a JDK is installed.", {"A.java": ""}, "java -cp . org.junit.runner.JUnitCore A", [JDK]),
        ("Building needs a C compiler.", {"Makefile": "check:\n\ttrue\n", "a.c": ""}, "make check", []),
        # Not asked for, not used, or installed by a command.
        ("Fast, and written in Rust.", RUST, "cargo test", []),
        ("Tested with Rust 1.60.", RUST, "cargo test", []),
        ("It supports Go 1.18 and newer.", GO, "go test ./...", []),
        ("You need Rust 1.60 or newer.", PYTHON, "pip install . && pytest", []),
        ("You need Rust 1.60: `x`\n\n```sh\nsudo apt-get install cargo\n```", RUST, "cargo test", []),
    ],
)  # fmt: skip
def test_a_language_is_prepared_where_it_is_asked_for_and_used(
    sentence: str, files: dict[str, str], command: str, packages: list[str]
) -> None:
    readme = f"# tally\n\n{sentence}\n\n## Tests\n\nRun the tests with:\n\n```sh\n{command}\n```\n"
    assert installed_first(readme, files) == packages


def test_a_compiler_that_is_asked_for_is_there_for_an_extension_of_python() -> None:
    extension = "from setuptools import setup, Extension\nsetup(name='tally', ext_modules=[Extension('t', ['t.c'])])\n"
    files = {**PYTHON, "setup.py": extension, "t.c": ""}
    readme = "# tally\n\nYou need a C compiler.\n\n```sh\npip install .\npytest\n```\n"
    assert installed_first(readme, files) == ["gcc g++ libc6-dev"]


@pytest.mark.parametrize(
    ("sentence", "series"),
    [
        ("Requires Node.js 20 or newer.", 22),
        ("Development needs node >= 24.", 24),
        ("Requires Node.js 18 or newer.", None),
        ("Supports Node.js 20+.", None),
    ],
)
def test_a_node_that_the_distribution_lacks_is_prepared_where_it_is_asked_for(
    sentence: str, series: int | None
) -> None:
    package = '{"name": "tally", "scripts": {"test": "node --test"}}'
    readme = f"# tally\n\n{sentence}\n\n## Tests\n\n```sh\nnpm install\nnpm test\n```\n"
    tree = FileTree.of({"README.md": readme, "package.json": package, "test.js": ""})
    plan = make_plan(analyze(tree), gather(tree))
    assert plan.literal
    assert next(f"node@{series} " in step.command for step in plan.steps) is (series is not None)
