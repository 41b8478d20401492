"""The text of a test in each framework: the same reading of documents, in the language of the project. Pure.

They need nothing but the language: no regrow, no network. Each fails with the sentence that says what is lacking.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from regrow.core.project.prevention.checks import Check
from regrow.core.project.prevention.frameworks import Place

__all__ = ["render_test"]

_HEAD = (
    "What the documents have to say so that whoever follows them to the letter can build this project and test it.",
    "Reads the documents alone: nothing is installed, and nobody else is asked.",
)


def render_test(place: Place, checks: Sequence[Check], documents: Sequence[str]) -> str:
    """Return the text of the file.

    Args:
        place: Where it goes.
        checks: At least one.
        documents: The paths that are read.
    """
    if place.framework in ("pytest", "unittest"):
        return _python(place, checks, documents)
    if place.framework == "sh":
        return _shell(place, checks, documents)
    return _node(place, checks, documents)


def _python(place: Place, checks: Sequence[Check], documents: Sequence[str]) -> str:
    own = place.framework == "unittest"
    lines = [
        f'"""{_HEAD[0]}',
        "",
        _HEAD[1],
        '"""',
        "",
        "import re",
        *(["import unittest"] if own else []),
        "from pathlib import Path",
        "",
        f"ROOT = Path(__file__).resolve().parents[{place.depth}]",
        f"DOCUMENTS = [{', '.join(map(_quoted, documents))}]",
        "",
        "",
        "def read(path):",
        '    """Lines of a file, continued ones joined."""',
        "    if not path.is_file():",
        "        return []",
        r'    text = re.sub(r"\\\r?\n", " ", path.read_text(encoding="utf-8", errors="replace"))',
        '    return [" ".join(line.split()) for line in text.splitlines()]',
        "",
        "",
        "def documented():",
        '    """Lines of the documents, and of the lists of requirements that they install."""',
        "    lines = [line for name in DOCUMENTS for line in read(ROOT / name)]",
        r'    for name in re.findall(r"(?:-r|--requirement)[ =]?([^\s`]+)", "\n".join(lines)):',
        '        lines += ["install " + line for line in read(ROOT / name)]',
        "    return lines",
        "",
        "",
        "def says(pattern):",
        "    return any(re.search(pattern, line, re.IGNORECASE) for line in documented())",
        "",
        "",
    ]
    indent = "    " if own else ""
    if own:
        lines += ["class DocumentedBuild(unittest.TestCase):"]
    for number, check in enumerate(checks):
        lines += ["", *([] if own else [""])] if number else []
        lines += [
            f"{indent}def test_{check.name}({'self' if own else ''}):",
            f'{indent}    """{_text(check.why)}"""',
        ]
        lines += [f"{indent}    assert says({_raw(pattern)})" for pattern in check.says]
        lines += [f"{indent}    assert not says({_raw(pattern)})" for pattern in check.silent]
        lines += [f"{indent}    assert (ROOT / {_quoted(name)}).is_file()" for name in check.files]
    if own:
        lines += ["", "", 'if __name__ == "__main__":', "    unittest.main()"]
    return "\n".join(lines) + "\n"


def _node(place: Place, checks: Sequence[Check], documents: Sequence[str]) -> str:
    begin = {
        "jest": "/* global test */",
        "mocha": "/* global it */",
        "node:test": "const test = require('node:test')",
        "tap": "const tap = require('tap')",
    }[place.framework]
    call = {
        "jest": "test({name}, () => {{",
        "mocha": "it({name}, () => {{",
        "node:test": "test({name}, () => {{",
        "tap": "tap.test({name}, async () => {{",
    }[place.framework]
    up = "/".join([".."] * place.depth) or "."
    lines = [
        "'use strict'",
        "",
        f"// {_HEAD[0]}",
        f"// {_HEAD[1]}",
        "",
        "const assert = require('assert')",
        "const fs = require('fs')",
        "const path = require('path')",
        begin,
        "",
        f"const ROOT = path.resolve(__dirname, {_quoted(up)})",
        f"const DOCUMENTS = [{', '.join(map(_quoted, documents))}]",
        "",
        "function says (pattern) {",
        "  const expression = new RegExp(pattern, 'i')",
        "  return DOCUMENTS.some((name) => {",
        "    const file = path.join(ROOT, name)",
        "    if (!fs.existsSync(file)) return false",
        r"    const lines = fs.readFileSync(file, 'utf8').replace(/\\\r?\n/g, ' ').split('\n')",
        r"    return lines.some((line) => expression.test(line.replace(/\s+/g, ' ').trim()))",
        "  })",
        "}",
    ]
    for check in checks:
        why = _quoted(check.why)
        lines += ["", call.format(name=_quoted(check.name.replace("_", " ")))]
        lines += [f"  assert.ok(says({_quoted(pattern)}), {why})" for pattern in check.says]
        lines += [f"  assert.ok(!says({_quoted(pattern)}), {why})" for pattern in check.silent]
        lines += [f"  assert.ok(fs.existsSync(path.join(ROOT, {_quoted(name)})), {why})" for name in check.files]
        lines += ["})"]
    return "\n".join(lines) + "\n"


def _shell(place: Place, checks: Sequence[Check], documents: Sequence[str]) -> str:
    up = "/".join([".."] * place.depth)
    lines = [
        "#!/bin/sh",
        f"# {_HEAD[0]}",
        f"# {_HEAD[1]}",
        "# Prints TAP; exits with 1 when a line is lacking.",
        "",
        f'cd "$(dirname "$0")/{up}" || exit 99',
        "number=0 failed=0",
        "",
        "says() {",
        f"  cat {' '.join(map(_shell_word, documents))} | tr -d '\\r' |",
        "    sed -e ':again' -e '/\\\\$/{' -e 'N' -e 's/\\\\\\n/ /' -e 't again' -e '}' |",
        "    tr -s ' \\t' ' ' | sed -e 's/^ //' -e 's/ $//' | grep -E -i -q -e \"$1\"",
        "}",
        "check() {",
        "  number=$((number + 1))",
        '  if [ "$2" = 0 ]; then echo "ok $number - $1"; else echo "not ok $number - $1"; failed=1; fi',
        "}",
        "",
        f'echo "1..{len(checks)}"',
    ]
    for check in checks:
        said = [f"says {_shell_word(pattern)}" for pattern in check.says]
        said += [f"! says {_shell_word(pattern)}" for pattern in check.silent]
        said += [f"test -f {_shell_word(name)}" for name in check.files]
        lines += [
            "",
            f"# {_text(check.why)}",
            " && ".join(said),
            f"check {_shell_word(check.name.replace('_', ' '))} $?",
        ]
    return "\n".join([*lines, "", "exit $failed"]) + "\n"


def _text(why: str) -> str:
    return " ".join(why.split()).replace("\\", "/").replace('"""', "'''").rstrip('"')


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _raw(pattern: str) -> str:
    return _quoted(pattern) if "\\" not in pattern else f'r"{pattern}"' if '"' not in pattern else repr(pattern)


def _shell_word(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
