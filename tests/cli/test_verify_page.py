"""docs/verify.md is complete and true: it names every option of the command, and none that does not exist."""

from __future__ import annotations

import re

import pytest

from regrow.cli.main import COMMANDS
from tests.cli.test_names_in_texts import EVERY_FLAG, FLAG
from tests.source_tree import ROOT

PAGE = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
COMMAND = COMMANDS["verify"].load("verify")
OPTIONS = sorted({name for each in COMMAND.params for name in each.opts if name.startswith("--")})


def test_every_flag_that_the_page_names_exists() -> None:
    named = set(FLAG.findall(PAGE))
    assert len(named) > 10
    assert named <= EVERY_FLAG


@pytest.mark.parametrize("option", OPTIONS)
def test_the_page_names_every_option(option: str) -> None:
    assert re.search(rf"`{option}\b", PAGE)


def test_every_command_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`regrow ([a-z-]+)", PAGE))
    assert {"resume", "verify"} <= named <= COMMANDS.keys()
