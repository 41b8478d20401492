"""The normal form of a line of output: what differs from run to run is a word for its kind. Pure.

The order of the rows matters: what holds another is masked first (an address before its numbers). A name in quotes is a
parameter too, but for a pattern it is told apart by its kind: a file keeps its ending, since `.h` and `.so` are mended in
different ways.
"""

from __future__ import annotations

import re

__all__ = ["MASKS", "masked", "tokens"]

LIMIT_CHARS = 500
"""Of a line: longer ones are dumps, whose beginning tells them apart."""

_FILE = r"[\w+@~-][\w.+@~-]*\.(?P<end>h|hpp|hh|so|a|pc|py|c|cc|cpp|cmake|m4|toml|cfg|txt|json|js|ts|in|ac|am|sh|ini|yml|yaml)"

MASKS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("colour", re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), ""),
    ("time", re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?Z?)?\b|\b\d\d:\d\d:\d\d\b"), "<time>"),
    ("url", re.compile(r"\b[a-z][a-z+]{1,9}://[^\s'\"<>)]+"), "<url>"),
    ("mail", re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b"), "<mail>"),
    ("address", re.compile(r"\b0x[0-9a-fA-F]+\b"), "<hex>"),
    ("hash", re.compile(r"\b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}\b"), "<hex>"),
    ("quoted file", re.compile(rf"[\"'`‘“](?:[\w.+@~-]*/)*{_FILE}(?:\.\d+)*[\"'’”]"), "<quoted .\\g<end>>"),
    ("quoted", re.compile(r"(?<!\w)[\"'`‘“][^\"'`’”\n]{0,200}[\"'’”]"), "<quoted>"),
    ("path", re.compile(rf"(?:~|\.{{1,2}})?(?:/[\w.+@~-]+)*/{_FILE}\b(?:\.\d+)*"), "<path .\\g<end>>"),
    ("path of a folder", re.compile(r"(?<![\w<])(?:~|\.{1,2})?(?:/[\w.+@~-]+)+/?"), "<path>"),
    ("version", re.compile(r"\b(?:[<>=!~]=?)?v?\d+(?:\.\d+)+(?:[a-z]+\d*)?(?:[.+-][\w.]+)?\b"), "<version>"),
    ("file", re.compile(rf"(?<![\w<./-]){_FILE}\b(?:\.\d+)*"), "<file .\\g<end>>"),
    ("relative path", re.compile(r"(?<![\w<./-])[\w.+-]+(?:/[\w.+-]+)+"), "<path>"),
    ("number", re.compile(r"\b\d+(?:[.,]\d+)?(?=[a-zA-Z%]{0,2}\b)"), "<n>"),
    ("space", re.compile(r"\s+"), " "),
)
"""Each with its name, what it is, and the word that stands for it."""


def masked(line: str) -> str:
    """Return a line without what differs from run to run.

    >>> masked("/tmp/x7/a.c:12:10: fatal error: zlib.h: No such file or directory")
    '<path .c>:<n>:<n>: fatal error: <file .h>: No such file or directory'
    >>> masked("ModuleNotFoundError: No module named 'yaml'")
    'ModuleNotFoundError: No module named <quoted>'
    """
    for _, pattern, word in MASKS:
        line = pattern.sub(word, line[: LIMIT_CHARS * 4])
    return line.strip()[:LIMIT_CHARS]


def tokens(line: str) -> tuple[str, ...]:
    """Return the words of a masked line.

    >>> tokens("took <n> s in <path .c>")
    ('took', '<n>', 's', 'in', '<path .c>')
    """
    return tuple(re.findall(r"<[^<>\s]+(?: \.\w+)?>\S*|\S+", line))
