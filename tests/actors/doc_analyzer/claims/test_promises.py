"""Outputs, examples, statements and arithmetic as documents show them."""

from __future__ import annotations

import pytest

from regrow.actors.doc_analyzer import analyze
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import Claim, ClaimKind, DocAnalysis

METADATA = '[project]\nname = "demo"\nversion = "1.3.0"\nrequires-python = ">=3.9"\n'


def read(text: str) -> DocAnalysis:
    return analyze(FileTree.of({"README.md": text, "pyproject.toml": METADATA, "demo/__init__.py": ""}))


def claims(text: str, kind: ClaimKind = ClaimKind.ARITHMETIC) -> tuple[Claim, ...]:
    return tuple(claim for claim in read(f"# demo\n\n{text}\n").claims if claim.kind is kind)


@pytest.mark.parametrize(
    ("text", "known", "holds"),
    [
        ("It is true that 2 + 3 = 5.", "5", True),
        ("It is true that 2 + 3 = 6.", "5", False),
        ("That is 2+2=5 in all.", "4", False),
        ("So 1,000 + 24 = 1,024 bytes.", "1024", True),
        ("So 3 × 4 + 2 = 14 cells.", "14", True),
        ("So 3 × 4 + 2 = 15 cells.", "14", False),
        ("So 10 / 4 = 2.5 each.", "2.5", True),
        ("So 10 / 3 = 3.33 each.", "3.333333333333333333333333333", True),
        ("It passes 18 of 20 (90 %).", "90", True),
        ("It passes 18 of 20 (95 %).", "90", False),
        ("It passes 2 out of 3 projects (67%).", "66.7", True),
        ("Since 20% of 50 is 10, all is well.", "10", True),
        ("Since 20% of 50 is 11, all is bad.", "10", False),
    ],
)
def test_stated_arithmetic_is_worked_out(text: str, known: str, holds: bool) -> None:
    (found,) = claims(text)
    assert (found.known, found.holds) == (known, holds)
    assert found.ref.line == 3


@pytest.mark.parametrize(
    "text",
    [
        "In binary, 1 + 1 = 10.",
        "It is wrong that 2 + 2 = 5.",
        "A string: `'1' + '1' = 11`.",
        "With a - b = 3 and x = 2 + 3y.",
        "Set A=1 + 2 = x.",
        "The year 2020-01-02 = 3.",
        "Modulo 5, 3 + 4 = 2.",
        "1 + 2 = 3 + 0 is an identity",
        "about 2 + 2 = 5",
        "```\n2 + 2 = 5\n```",
        "Upgrade from 3.6 to 3.7 = 1",
        "Choose 1 of 3 (the 2nd).",
    ],
)
def test_what_may_be_meant_otherwise_is_no_arithmetic(text: str) -> None:
    assert not [claim for claim in claims(text) if claim.holds is False]


@pytest.mark.parametrize(
    ("rows", "holds"),
    [
        ("| a | 3 |\n| b | 5 |\n| Total | 8 |", True),
        ("| a | 3 |\n| b | 5 |\n| Total | 9 |", False),
        ("| a | 1.25 |\n| b | 1.25 |\n| Sum | 2.5 |", True),
    ],
)
def test_total_of_a_table_is_the_sum_of_its_column(rows: str, holds: bool) -> None:
    (found,) = claims(f"| what | count |\n| --- | --- |\n{rows}")
    assert (found.holds, found.confidence) == (holds, 0.95)


@pytest.mark.parametrize(
    "table",
    [
        "| what | speed |\n| --- | --- |\n| a | 3 |\n| b | 5 |\n| Total | 4 |",
        "| what | count |\n| --- | --- |\n| a | 3 |\n| of which b | 2 |\n| Total | 3 |",
        "| what | count |\n| --- | --- |\n| a | 3 % |\n| b | 5 % |\n| Total | 4 % |",
        "| what | count |\n| --- | --- |\n| a | 3 |\n| b | 5 |\n| most | 5 |",
    ],
)
def test_total_that_is_no_sum_costs_nothing(table: str) -> None:
    assert not [claim for claim in claims(table) if claim.holds is False and claim.confidence >= 0.9]


@pytest.mark.parametrize(
    ("text", "kind", "holds"),
    [
        ("Current version: 1.3.0", ClaimKind.VERSION, True),
        ("The latest version is 1.2.9.", ClaimKind.VERSION, False),
        ("This is version 1.3 of demo.", ClaimKind.VERSION, True),
        ("# Demo\n\nVersion 1.3.0\n\nIt does things.", ClaimKind.VERSION, True),
        ("# Demo\n\nversion 1.2.9.", ClaimKind.VERSION, False),
        ("# Demo\n\n**Version** 1.2.9", ClaimKind.VERSION, False),
        ("Requires Python 3.9+.", ClaimKind.LANGUAGE_VERSION, True),
        ("Requires Python 3.7 or later.", ClaimKind.LANGUAGE_VERSION, False),
        ("Requires Python 3.11+.", ClaimKind.LANGUAGE_VERSION, None),
    ],
)
def test_versions_are_those_of_the_metadata(text: str, kind: ClaimKind, holds: bool | None) -> None:
    assert [claim.holds for claim in claims(text, kind)] == [holds]


@pytest.mark.parametrize(
    "text",
    [
        "Version 1.2 dropped it.",
        "The latest version of the protocol is 2.0.1.",
        "## Changes\n\nThis is version 0.9.1.",
        "API: current version: 2.0",
        "# Demo\n\n## Format\n\nVersion 2.0",
        "# Demo\n\nVersion 2.0 of the Apache License",
        "# Demo\n\nVersion 2.0, January 2004",
        "# Demo\n\n- Version 2.0 came later\n- Version 1.0",
        "Version 2.0b1",
    ],
)
def test_version_of_something_else_is_not_the_projects(text: str) -> None:
    assert claims(text, ClaimKind.VERSION) == ()


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("The suite has 42 tests.", ["42"]),
        ("## Tests\n\nIt runs 1,324 tests.", ["1324"]),
        ("It has over 500 tests.", []),
        ("It has 500+ tests.", []),
        ("3 tests fail on Windows.", []),
    ],
)
def test_exact_count_of_tests_is_a_statement(text: str, counts: list[str]) -> None:
    assert [claim.stated for claim in claims(text, ClaimKind.TEST_COUNT)] == counts


@pytest.mark.parametrize(
    ("text", "command", "output", "partly"),
    [
        ("```console\n$ demo 1\none\n```", "demo 1", "one", False),
        ("```console\n$ demo 1\n$ demo 2\ntwo\n```", "demo 2", "two", False),
        ("```sh\ndemo 1\n```\n\nprints\n\n```\none\n```", "demo 1", "one", False),
        ("```sh\ndemo 1\n```\n\nYou will see something like:\n\n```\none\n```", "demo 1", "one", True),
        ("Here `python -m demo 1` prints `one`.", "python -m demo 1", "one", False),
    ],
)
def test_output_is_found_where_it_is_shown(text: str, command: str, output: str, partly: bool) -> None:
    (found,) = read(f"# demo\n\n{text}\n").expected_outputs
    assert (found.command, found.text, found.partly) == (command, output, partly)


def test_output_knows_what_is_typed_above_it() -> None:
    (found,) = read("# demo\n\n```console\n$ cd sub\n$ demo 1\none\n```\n").expected_outputs
    assert found.before == ("cd sub",)


@pytest.mark.parametrize(
    "text",
    [
        "```sh\ndemo 1\n```\n\nThe file looks so:\n\n```\none\n```",
        "```sh\ndemo 1\n```\n\nReturns an error if it is absent:\n\n```\none\n```",
        "```sh\ndemo 1\n```\n\n```\none\n```",
    ],
)
def test_block_that_is_not_said_to_be_output_is_none(text: str) -> None:
    assert read(f"# demo\n\n{text}\n").expected_outputs == ()


@pytest.mark.parametrize(
    ("text", "session", "output"),
    [
        ("```python\n>>> import demo\n>>> demo.f(1)\n2\n```", True, None),
        ("```python\nimport demo\ndemo.f(1)  # => 2\n```", False, None),
        ("```python\nimport demo\ndemo.f(1)  # 2\n```", False, None),
        ("```python\nimport demo\nprint(demo.f(1))\n```\n\nOutput:\n\n```\n2\n```", False, "2"),
    ],
)
def test_example_shows_results(text: str, session: bool, output: str | None) -> None:
    (found,) = read(f"# demo\n\n{text}\n").examples
    assert (found.session, found.output) == (session, output)


@pytest.mark.parametrize("code", ["import demo", ">>> import demo", "x = demo.f(1)  # the first", "def f(: # => 1"])
def test_code_that_shows_no_result_is_no_example(code: str) -> None:
    assert read(f"# demo\n\n```python\n{code}\n```\n").examples == ()
