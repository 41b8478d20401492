"""Makes `tools.json` and `stdlib_names.json` of `regrow/core/project/linting` anew from what is installed here.

    python tools/lint_tables.py [TOOL ...]

Each tool of the table (or each one named) is asked for its help, and each of its sub-commands for its own. What is already in
the table stays: it holds the options of several releases and of plug-ins, and a document may be of an older one. A tool that
is not installed is left as it is and named. Nothing but `--help` and `help` is ever run. Of the modules of the language the
names that this interpreter has are added.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent / "regrow" / "core" / "project" / "linting"
TIMEOUT_S = 20
MODULES = {"build", "pip", "pytest", "venv", "virtualenv", "coverage", "black", "ruff", "mypy", "flake8", "tox", "nox"}
"""Tools that are run as `python -m NAME`, so that those of this environment are asked."""

Row = dict[str, object]


def options_in(text: str) -> set[str]:
    """Options that a help text lists: those at the beginning of a line, with all their spellings.

    >>> sorted(options_in("  -q, --quiet   say less than --verbose\\n  --[no-]color\\n"))
    ['--color', '--no-color', '--quiet', '-q']
    """
    found: set[str] = set()
    for row in text.splitlines():
        head = re.split(r"(?<=\S)\s{2,}", row.strip(), maxsplit=1)[0] if re.match(r"\s+-", row) else ""
        for optional, name in re.findall(r"(?<![\w-])--(\[no-\])?([A-Za-z][\w-]*\w)", head):
            found |= {f"--{name}", f"--no-{name}"} if optional else {f"--{name}"}
        found |= set(re.findall(r"(?<![\w-])-[A-Za-z0-9](?![\w-])", head))
    return found


def commands_in(text: str) -> set[str]:
    """Sub-commands that a help text lists: in braces, or a column of words under a title that says so.

    >>> sorted(commands_in("usage: x {add,rm} ...\\n"))
    ['add', 'rm']
    >>> sorted(commands_in("Commands:\\n  install   Install.\\n  list      List.\\n\\nOptions:\\n  word  x\\n"))
    ['install', 'list']
    """
    found = {name for group in re.findall(r"\{([a-z][\w,-]+)\}", text) for name in group.split(",") if name}
    inside = False
    for row in text.splitlines():
        if re.match(r"\S.*:\s*$", row):
            inside = re.search(r"(?i)commands?\b", row) is not None
        elif inside and (match := re.match(r"\s{1,6}([a-z][a-z-]+)\*?(?:,? \w)?(?:\s{2,}|$)", row)):
            found.add(match.group(1))
    return found


def _ask(name: str, *arguments: str) -> str | None:
    command = [sys.executable, "-m", name] if name in MODULES else [shutil.which(name) or ""]
    try:
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if "No module named" in done.stderr:
        return None
    return done.stdout or done.stderr


def _renewed(name: str, row: dict[str, dict[str, list[str] | None]]) -> bool:
    """Add what the tool here says of itself. Returns whether it is here."""
    text = _ask(name, "--help")
    if text is None:
        return False
    known = row["options"]
    assert isinstance(known, list)
    # A tool whose options are not known at all stays so: one that its help leaves out would be called wrong.
    row["options"] = sorted({*known, *options_in(text)}) if known else known
    commands = row["commands"]
    for command in sorted(commands_in(text) if commands else ()):
        commands.setdefault(command, None)
    for command, options in commands.items():
        if options is not None:
            commands[command] = sorted({*options, *options_in(_ask(name, command, "--help") or "")})
    return True


def _renew_tools(wanted: list[str]) -> None:
    path = HOME / "tools.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    for name in wanted or sorted(table):
        row = table.setdefault(name, {"options": [], "commands": {}})
        sys.stdout.write(f"{name}: {'asked' if _renewed(name, row) else 'not installed here, left as it is'}\n")
    path.write_text(_written(table), encoding="utf-8")


def _written(table: dict[str, dict[str, object]]) -> str:
    rows = []
    for name in sorted(table):
        commands = table[name]["commands"]
        assert isinstance(commands, dict)
        inner = ",\n   ".join(f"{json.dumps(key)}: {json.dumps(commands[key])}" for key in sorted(commands))
        rows.append(f' "{name}": {{"options": {json.dumps(table[name]["options"])},\n  "commands": {{{inner}}}}}')
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _renew_names() -> None:
    path = HOME / "stdlib_names.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    for name, known in table.items():
        module, _, stream = name.partition(".std")
        value = importlib.import_module(module if stream else name)
        here = dir(getattr(value, f"std{stream}")) if stream else dir(value)
        table[name] = sorted({*known, *(n for n in here if not n.startswith("__"))})
    rows = ",\n".join(f" {json.dumps(name)}: {json.dumps(names)}" for name, names in sorted(table.items()))
    path.write_text("{\n" + rows + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    _renew_tools(sys.argv[1:])
    _renew_names()
