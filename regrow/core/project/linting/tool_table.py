"""Shell: what well-known command-line tools accept and what modules of the language hold, as data.

`tools.json` lies beside this module and is read once: `{tool: {options, commands: {name: options or null}}}`, where null
means that the options of a sub-command are not known. pip 25, pytest 9, tox 4, nox, twine, build, virtualenv, coverage,
black, ruff, mypy, flake8, sphinx-build, pre-commit, uv, poetry, pipx, git, npm, docker, apt-get and conda. A tool that is
not in it is not judged. `stdlib_names.json` holds the names of modules of the language that documents use, those of later
releases and of other systems included.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Tool", "stdlib_names", "tools"]


@dataclass(frozen=True, slots=True)
class Tool:
    """What one tool accepts.

    Attributes:
        options: Accepted before a sub-command, or anywhere in a tool that has none; empty when not known.
        commands: Sub-command -> its options, None when they are not known; empty for a tool without sub-commands.
    """

    options: frozenset[str]
    commands: Mapping[str, frozenset[str] | None]


@cache
def tools() -> Mapping[str, Tool]:
    """Every tool of the table, by its program's name."""
    text = resources.files("regrow.core.project.linting").joinpath("tools.json").read_text("utf-8")
    found = {}
    for name, row in json.loads(text).items():
        commands = {key: None if value is None else frozenset(value) for key, value in row["commands"].items()}
        found[name] = Tool(frozenset(row["options"]), commands)
    return found


@cache
def stdlib_names() -> Mapping[str, frozenset[str]]:
    """Names of some modules of the language, and of `sys.stdout` and its like."""
    text = resources.files("regrow.core.project.linting").joinpath("stdlib_names.json").read_text("utf-8")
    return {module: frozenset(names) for module, names in json.loads(text).items()}
