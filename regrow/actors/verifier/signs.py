"""What outputs and reasons say about the surroundings: words of programs, each recognised by one pattern. Pure.

Only output of steps that failed is looked at, and the network's words only where a step was granted the network: a test
that wants a host which its room does not have has failed (trap 10), an installation that lost its index has not (23).
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def _any_of(*patterns: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile("|".join(patterns), flags)


NO_NETWORK = _any_of(
    r"Temporary failure in name resolution",
    r"Name or service not known",
    r"Could not resolve host",
    r"getaddrinfo (?:EAI_AGAIN|ENOTFOUND)",
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError",
    r"Network is unreachable|Connection timed out",
    r"\bE(?:TIMEDOUT|CONNRESET|NETUNREACH)\b",
    r"npm (?:ERR!|error) code (?:EAI_AGAIN|ENOTFOUND|ECONNREFUSED)",
    r"Tunnel connection failed: 5\d\d|HTTP error 5\d\d",
    r"Tunnel connection failed: 403|Proxy tunneling failed|CONNECT tunnel failed",
    r"\b50[234] (?:Server Error|Bad Gateway|Service Unavailable|Gateway Time)",
)
"""pip, npm, apt, git and curl, when the other side could not be reached or was broken."""

DISK_FULL = _any_of(r"No space left on device", r"Disk quota exceeded", r"\bENOSPC\b")

MISSING_PART = _any_of(
    r"missing",
    r"not (?:installed|available|found|built|compiled|present)|unavailable",
    r"could not import|cannot import|no module named",
    r"without (?:the )?\w*\s?(?:extension|support|speedups?|module|library)",
    r"no [\w-]*\s?(?:extension|speedups?|module|support|compiler)",
    r"requires? (?:the )?[\w.-]+|need(?:s|ed)? (?:the )?[\w.-]+",
    r"speedups?",
    flags=re.IGNORECASE,
)
"""Reasons for a skip that mean: something could have been here and is not."""

NO_TESTS = _any_of(
    r"No (?:valid )?test files? found|Could not find any test files",
    r"^not ok 1 - no tests specified$",
    r"^No tests found, exiting",
    r"^Could not find '\S+'$",
    r"Missing script: \"?test|Error: no test specified",
    r"^ERROR: file or directory not found: \S*tests?\b",
    r"No rule to make target [`'](?:check|test|tests)'",
    flags=re.MULTILINE,
)
"""mocha, jest, vitest, tap, node:test, npm, pytest and make, when what they were to run is not in the source at all: a
published archive often leaves its tests out."""


NOTHING_RAN = _any_of(
    r"^No tests were found!!!$",
    r"^No tests? (?:files? )?found, exiting with code 0$",
    r"^No tests defined\.$",
    r"^Error: no test specified$",
    flags=re.MULTILINE,
)
"""ctest, jest, vitest, meson and npm, when they ran nothing and are content with that."""


_MAKE_TALKS = re.compile(
    r"^\w*make(?:\s+[\w./=-]+)+\s*$|^\s*$|^\w*make(?:\[\d+\])?: |^Making [\w-]+ in \S+$|^echo |^:$"
)
_NOTHING_TO_DO = re.compile(r"Nothing to be done for [`'](?:check|tests?)(?:-\w+)?'")


def nothing_to_make(output: str) -> str:
    """The line in which make says that it has nothing to do for the tests, where nothing but make has said anything.

    >>> nothing_to_make("Making check in src\\nmake[1]: Nothing to be done for 'check'.\\n")
    "make[1]: Nothing to be done for 'check'."
    >>> nothing_to_make("make[1]: Nothing to be done for 'check'.\\n12 of 12 held\\n")
    ''
    """
    lines = output.splitlines()
    said = next((line.strip() for line in lines if _NOTHING_TO_DO.search(line)), "")
    return said if all(map(_MAKE_TALKS.match, lines)) else ""


def all_need_network(failures: Sequence[tuple[str, str]], count: int) -> str:
    """The complaint of the first of `count` failing tests when each of them complains of the network; else nothing.

    Tests have no network: one that needs it was not judged, which says nothing about the project.
    """
    if len(failures) < count or not all(NO_NETWORK.search(reason) for _, reason in failures):
        return ""
    return failures[0][1] if failures else ""
