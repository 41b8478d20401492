"""Text that stands for something else: `<name>`, `path/to`, `YOUR_KEY`, `X.Y.Z`, `{tag}`, `...`, and usage lines.

A placeholder is never executed as written: `pytest <name>` would read a file called `name`. Eleven of 54 surveyed
projects have one in a command (trap 8); a usage line such as `runner [options] files` is not a command at all (trap
37).
"""

from __future__ import annotations

import re

__all__ = ["placeholder_in", "usage_line"]

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"<[A-Za-z][\w .:/|-]*>",
        r"(?<![\w$])\{\{?[A-Za-z][\w .-]*\}?\}",
        r"(?<!\$)\{[a-z_ ]+\}",
        r"\[(?:your|the|my)[ _-][\w -]+\]",
        r"(?i)\bpath/to\b|/path/to|\bpath\\to\b|/some/(?:path|dir|where)|\bpath-to-[\w-]+",
        r"(?i)\byour[-_](?!self)\w[\w-]*|\bmy[-_](?:username|github|user|name|fork|key|token)\b|\byourname\b|"
        r"\byourusername\b|\bYOUR[A-Z]+\b",
        r"(?<![A-Za-z])v?[Xx]\.[Yy](?:\.[Zz])?\b|\bN\.N(?:\.N)?\b|\b\d+\.[xX](?:\.[xX])?\b|\bVERSION\b(?!=)|\bx\.x(?:\.x)?\b",
        r"(?:^|\s|=|(?<!\.)/)(?:\.\.\.|…)(?:\s|$|/)",
        r"=[\"']?(?:\.\.\.|…)[^/\n]*|[\w-](?:\.\.\.|…)(?=[\"']?(?:\s|$))|=[\"']?\*{3,}",
        r"(?i)\byour (?:\w+ ){0,2}(?:(?:api|access|secret|private|public) )?(?:key|token|password|passphrase|secret|name|"
        r"user|username|login|id|e-?mail|address|account|package|project|app|path|folder|directory|file|branch|host|"
        r"server|domain|url|database|org|organi[sz]ation|repo|repository|fork|value|version|credentials?)\b",
        r"(?i)\b(?:change[-_]?me|replace[-_]?(?:me|this)|(?:insert|put|enter|paste|type)[-_ ][\w -]*[-_ ]here|"
        r"\w+[-_]goes[-_]here|fill[-_]?(?:me|in))\b",
        r"\|(?:version|release|today)\|",
        r"%[a-z_]+%|\bXXX+\b|\bxxx+\b|\bFOO\b|\bfoobar\b|\bTODO\b",
        r"(?i)\buser(?:name)?@(?:host|example|server)",
        r"\b(?:TEST|FILE|PATH|DIR|NAME|BRANCH|TAG|MODULE|PACKAGE)(?:_NAME|_PATH|_FILE)\b(?!=)",
        r"\bissue[-_](?:number|id|xxx)|\bbranch[-_]name\b|\bname-of-[\w-]+|\b(?:some|specific|"
        r"individual)_?test_?(?:name|file|module)\b",
        r"\btest_(?:something|foo|xyz|name|mymodule|module|file|my_?\w+)\b(?:\.py)?",
    )
)
_USAGE = re.compile(
    r"(?:^|\s)\[ (?:options?|OPTIONS?|args|arguments|flags)(?: \.\.\.)? \](?=\s|$)|"
    r"(?:^|\s)\[(?:\(?-{0,2}[A-Za-z][\w.-]*\)?(?:[ =|][^\]]*)?|\(?OPTIONS?\)?|"
    r"[A-Z_]+)(?:\.\.\.)?\](?:\.\.\.)?(?=\s|$)|\s\[\(|(?:^|\s)[A-Z]{3,}\.\.\.|^\s*(?i:usage):"
)


def placeholder_in(command: str) -> str | None:
    """The first placeholder of a command, or None.

    >>> [placeholder_in(c) for c in ("pytest <name>", "cp path/to/x .", "pip install '.[dev]'", "cd ${x}")]
    ['<name>', 'path/to', None, None]
    """
    for pattern in _PATTERNS:
        if match := pattern.search(command):
            return match.group().strip("= \t\n'\"")
    return None


def usage_line(command: str) -> bool:
    """Whether a line shows how a program is called instead of calling it.

    >>> [usage_line(c) for c in ("runner [options] [(optional) files]", "./configure [ options ]", "pip install .[dev]")]
    [True, True, False]
    >>> usage_line("[ -f x ] && make")
    False
    """
    words = command.split()
    return bool(words) and words[0] not in {"[", "[["} and _USAGE.search(command) is not None
