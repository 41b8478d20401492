"""Which files a test runner names as the place of what its tests printed, where it prints only names and counts. Pure.

automake keeps the output of a test in `test-suite.log`, ctest and Meson in logs of their own. The cause of a failing test
stands there and nowhere else, so what a reader would open next is read too.

The logs of configuring (`config.log`, `meson-log.txt`) are no such files: they hold every probe that did not succeed, most
of which were meant not to.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

__all__ = ["LIMIT_LOG_BYTES", "end_of", "logs_named"]

LIMIT_LOG_BYTES = 4 * 1024 * 1024
"""So much of a log is read; and of that the end is kept, `_LIMIT_KEPT` characters."""
_LIMIT_KEPT = 60_000
_LIMIT_LOGS = 8
_NAMED = re.compile(
    r"^See (?P<automake>[\w./+-]*test-suite\.log)$|^Output from these tests are in: (?P<ctest>/\S+LastTest\.log)$|"
    r"^Full log written to (?P<meson>/\S+testlog\.txt)$",
    re.MULTILINE,
)
_FOLDER = re.compile(r"^\w*make(?:\[\d+\])?: Entering directory ['`\"](?P<folder>/.+)['\"]$", re.MULTILINE)


def logs_named(output: str, folders: Sequence[str], root: str) -> tuple[str, ...]:
    """The absolute paths that may be meant, first those that are likelier; none outside of `root`.

    Args:
        output: Of a step that failed.
        folders: Where the step may have been, absolute.
        root: The checkout.

    >>> logs_named("See tests/test-suite.log\\nSee /etc/test-suite.log", ["/build/a"], "/build/a")
    ('/build/a/tests/test-suite.log',)
    """
    places = [*folders, *(match["folder"] for match in _FOLDER.finditer(output))]
    found: dict[str, None] = {}
    for match in list(_NAMED.finditer(output))[:_LIMIT_LOGS]:
        name = next(value for value in match.groups() if value)
        for place in dict.fromkeys(places):
            path = posixpath.normpath(posixpath.join(place, name))
            if path.startswith(f"{root}/"):
                found[path] = None
    return tuple(found)


def end_of(path: str, text: str) -> str:
    """What is added to the output of the step, with the name of the file.

    >>> end_of("/build/a/test-suite.log", "lua: not found\\n")
    'regrow: the end of /build/a/test-suite.log:\\nlua: not found\\n'
    """
    kept = text[-_LIMIT_KEPT:].rstrip("\n")
    return f"regrow: the end of {path}:\n{kept}\n"
