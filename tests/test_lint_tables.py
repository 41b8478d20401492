"""The script that makes the linter's tables: what it reads out of a help text, and that it loses nothing."""

from __future__ import annotations

import doctest
import importlib.util
import json
from types import ModuleType

import pytest

from tests.source_tree import ROOT


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lint_tables", ROOT / "tools" / "lint_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_its_examples_hold(script: ModuleType) -> None:
    assert doctest.testmod(script).failed == 0


def test_the_tables_stand_as_the_script_writes_them(script: ModuleType) -> None:
    text = (ROOT / "regrow" / "core" / "project" / "linting" / "tools.json").read_text(encoding="utf-8")
    assert script._written(json.loads(text)) == text


def test_an_option_that_a_line_cuts_off_is_none(script: ModuleType) -> None:
    assert script.options_in("  --disallow-subclassing-\n    any\n") == {"--disallow-subclassing"}
