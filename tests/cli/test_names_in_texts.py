"""What an error, a hint or a document tells a user to type exists: every command, every flag, every setting."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from regrow.cli.main import COMMANDS
from regrow.config import Settings
from regrow.protocols.error_table import ERRORS
from tests.source_tree import ROOT, modules

OF_RUN = {
    "test": "",
    "lint": "",
    "bench": "benchmarks/__main__.py",
    "soak": "benchmarks/soak.py",
    "sim": "tests/simulation/__main__.py",
    "corpus": "tests/corpus/__main__.py",
    "reproducibility": "tests/reproducibility/__main__.py",
    "traps": "tests/verification_traps/runner.py",
    "labels": "tests/labelled/__main__.py",
    "learning": "tests/corpus/learning.py",
    "lint-score": "tests/lint_score/__main__.py",
}
"""Commands of `./run` alone, and where their flags stand."""
ROOT_FLAGS = {"--help", "--version", "--config", "--install-completion", "--show-completion"}
TYPED = re.compile(
    r"(?:(?<=[`'\"])|(?<=: ))(?:regrow|\./run|\{PROGRAM\}) ([a-z]+)([^`'\"\n;]*)|(?<![\w/])\./run ([a-z]+)()"
)
# A variable of a style sheet, `var(--ink)` and `--ink: black`, is no flag.
FLAG = re.compile(r"(?<![\w(-])--[a-z][a-z-]+\b(?!:)")
SETTING = re.compile(r"\[([a-z_]+)\] ([a-z_]+_[a-z]+)")
DOCUMENTS = sorted(
    path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("config/*")] if path.is_file()
)


def flags_of(command: object) -> set[str]:
    found = {"--help"}
    for parameter in getattr(command, "params", ()):
        found |= {*parameter.opts, *parameter.secondary_opts}
    for inner in getattr(command, "commands", {}).values():
        found |= flags_of(inner)
    return found


FLAGS = {name: flags_of(lazy.load(name)) for name, lazy in COMMANDS.items()}
for command, source in OF_RUN.items():
    if source:
        FLAGS[command] = set(re.findall(r"\"(--[a-z][a-z-]+)\"", (ROOT / source).read_text("utf-8")))
EVERY_FLAG = ROOT_FLAGS.union(*FLAGS.values())


def wrong_commands(text: str) -> Iterator[str]:
    """Yield each `regrow COMMAND --flag` of a text of which a part does not exist."""
    for name, rest, name_of_run, _ in TYPED.findall(text):
        command = name or name_of_run
        if command not in FLAGS.keys() | OF_RUN.keys():
            yield command
        else:
            yield from (f"{command} {flag}" for flag in FLAG.findall(rest) if flag not in FLAGS.get(command, set()))


def constants(tree: ast.AST) -> Iterator[str]:
    """Yield the texts of a module, documentation included; what an f-string puts in is `{name}`."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue) else ast.literal_eval(part)
                for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def remedies(tree: ast.AST) -> Iterator[str]:
    """Yield what errors made in a module tell their reader to do."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "remedy":
            yield from constants(node.value)


SOURCES = [*modules("regrow")]


def test_the_search_finds_what_does_not_exist() -> None:
    text = "see 'regrow verify TARGET --fresh', `regrow clean --yes`, 'regrow up' or ./run nothing; regrow makes more"
    assert list(wrong_commands(text)) == ["verify --fresh", "up", "nothing"]
    tree = ast.parse("regrow_error('E', remedy=f'go on with {PROGRAM} resume {x}, or --docs')")
    assert [FLAG.findall(text) for text in remedies(tree)] == [["--docs"]]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_that_a_document_names_exists(path: Path) -> None:
    assert list(wrong_commands(path.read_text(encoding="utf-8"))) == []


def test_every_command_that_a_text_of_the_program_names_exists() -> None:
    wrong = {source.path: [*map(wrong_commands, constants(source.tree))] for source in SOURCES}
    assert {path: found for path, texts in wrong.items() if (found := [one for text in texts for one in text])} == {}


def test_every_flag_that_an_error_or_the_command_line_names_exists() -> None:
    told = [text for row in ERRORS.values() for text in (row.condition, row.remedy)]
    for source in SOURCES:
        told += constants(source.tree) if source.path.startswith("regrow/cli/") else remedies(source.tree)
    named = {flag for text in told for flag in FLAG.findall(text)}
    assert {"--run-dir", "--unsafe-no-sandbox", "--format"} <= named <= EVERY_FLAG


def test_every_setting_that_a_text_names_exists() -> None:
    told = [text for source in SOURCES for text in constants(source.tree)]
    named = {found for text in told for found in SETTING.findall(text)}
    there = {(section, field) for section, values in Settings() for field in type(values).model_fields}
    assert ("builder", "step_timeout_s") in named
    assert named <= there
