"""Says whether a count that was read from output is believed: whether anything was seen to run the tests. Pure.

`100 passed in 0.12s` can be printed by any line of a script. So a printed count needs a witness, by the kind of runner that
prints such a summary:

- Python's (pytest, unittest, zope.testrunner, doctest): each test is called inside a process that notes it
  (`in_room/regrow_seen.py`), or pytest itself wrote a report. tox and nox hide our modules; there the runner must be
  among the commands that they say they run.
- Node's (mocha, jest, node:test, ...): a runner's code was loaded (`in_room/regrow_node_seen.cjs`).
- All others (ctest, automake, TAP, go, ...): the step starts a program that is neither a shell line that only prints nor
  an interpreter that left no witness. What that program prints is believed: a compiled test or a script for perl that
  prints results it has not got is not found out.

A count with a failure needs no witness: nobody pretends to fail.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from regrow.protocols.plan import CountSource, TestCounts

__all__ = ["Program", "Witness", "programs_in", "read_witness", "why_not_believed"]

PYTHON_RUNNERS = frozenset({"pytest", "unittest", "zope.testrunner", "doctest"})
NODE_RUNNERS = frozenset({"node:test", "mocha", "jest", "vitest", "ava", "jasmine", "nodeunit"})

_PRINTS = frozenset(
    "echo printf cat seq true false : test [ [[ cd exit export set unset local return shift sleep date pwd ls mkdir rm mv cp "
    "touch tput read head tail grep sed awk tr sort wc tee yes type command env dirname basename let declare trap".split()
)
"""What may stand around a test and is none."""

_BUILDS = frozenset("cc gcc g++ c++ clang clang++ ar ld ranlib strip ln install chmod".split())
_KEYWORDS = frozenset("if then elif else fi while until do done for in case esac ! { } time exec nohup nice".split())
_TAKES_A_LIST = frozenset({"for", "case", "in"})
_SHELLS = frozenset({"sh", "bash", "dash", "ksh", "zsh", ".", "source"})
_MANAGERS = frozenset({"npm", "yarn", "pnpm", "npx", "bun"})
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_SPLIT = re.compile(r"&&|\|\||[;|&\n()`]|\$\(")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=.*")
_WRAPPED = re.compile(
    r"(?:commands(?:_pre)?\[\d+\][^>\n]*>|^nox >).*\b(?:pytest|py\.test|unittest|trial|nose2?|nosetests|stestr|green|ward|"
    r"zope-testrunner|coverage|doctest|runtests|manage\.py test|setup\.py test)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Witness:
    """What the processes of a step noted.

    Attributes:
        python: How many interpreters of Python started.
        tests: How many tests were called inside unittest, by whatever runner.
        examples: How many docstrings were run by doctest.
        node: How many processes of Node started.
        node_runners: Test runners that one of them had loaded.
    """

    python: int = 0
    tests: int = 0
    examples: int = 0
    node: int = 0
    node_runners: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Program:
    """A program that a shell text starts.

    Attributes:
        kind: `prints`, `python`, `doctest`, `node`, `make`, `script`, `manager` (npm and its like) or `other`.
        words: Its own words, without assignments before them.
    """

    kind: str
    words: tuple[str, ...]


def read_witness(text: str) -> Witness:
    """Read the words of the processes.

    >>> read_witness("python\\ntest\\ntest\\nnode\\nnode mocha\\n").tests
    2
    """
    words = Counter(text.splitlines())
    runners = frozenset(word.removeprefix("node ") for word in words if word.startswith("node "))
    return Witness(words["python"], words["test"], words["doctest"], words["node"], runners)


def why_not_believed(counts: TestCounts, witness: Witness, kinds: frozenset[str], output: str) -> str | None:
    """What is missing for a printed count of passed tests to be believed; None when it is.

    Args:
        counts: What was printed; one of another source is believed, and so is one with a failure.
        witness: What the processes noted.
        kinds: Of the programs that the step starts (`Program.kind`), those of make and of scripts followed.
        output: What the step printed.
    """
    if counts.source is not CountSource.OUTPUT or not counts.all_passed:
        return None
    runners = frozenset(counts.runner.split("+"))
    told = f"it prints a summary like one of {counts.runner}"
    if runners & PYTHON_RUNNERS and "doctest" not in kinds & runners and not _python_ran(counts, witness, output):
        return f"{told}, but no test runner was seen to run"
    if runners & NODE_RUNNERS and not witness.node_runners:
        return f"{told}, but no test runner was seen to run"
    native = runners - PYTHON_RUNNERS - NODE_RUNNERS
    if native and not witness.node_runners and not witness.tests and "other" not in kinds:
        return f"{told}, but no test program was seen to run"
    return None


def _python_ran(counts: TestCounts, witness: Witness, output: str) -> bool:
    if _WRAPPED.search(output):
        return True
    if "pytest" in counts.runner:
        return False  # Its own report would be there, and be taken instead.
    return witness.tests >= counts.run or (counts.runner == "doctest" and witness.examples > 0)


def programs_in(text: str) -> Iterator[Program]:
    """The programs that a shell text starts, as far as one can see without running it.

    >>> [program.kind for program in programs_in('@echo "1..3"; for i in 1 2 3; do echo "ok $i"; done')]
    ['prints', 'prints']
    >>> [program.kind for program in programs_in("CC=gcc make check && ./t | tee log")]
    ['make', 'script', 'prints']
    """
    for part in _SPLIT.split(_without_quotes(text)):
        words = _words(part)
        if words:
            yield Program(_kind(words), tuple(word.translate(_UNMASKED) for word in words))


_ENDS_A_COMMAND = ";|&\n()`$#"
_MASKED = {ord(sign): 0xE000 + number for number, sign in enumerate(_ENDS_A_COMMAND)}
_UNMASKED = {mask: sign for sign, mask in _MASKED.items()}
"""What ends a command, as signs of no text while a line is split: the words have it again (`sh -c 'a; b'` starts both)."""


def _without_quotes(text: str) -> str:
    """Text whose quoted words hold nothing that ends a command."""
    joined = text.replace("\\\n", " ")
    return re.sub(r"'[^']*'|\"(?:\\.|[^\"\\])*\"", lambda m: m[0].translate(_MASKED), joined)


def _words(part: str) -> list[str]:
    plain = re.sub(r"(?:^|\s)#.*", "", part).strip().lstrip("@-+ ")
    try:
        words = shlex.split(plain)
    except ValueError:
        words = plain.split()
    while words:
        if words[0] in _TAKES_A_LIST or re.match(r":.", words[0]):
            return []  # The second is what follows a substitution within a value (``P=`pwd`:/bin``).
        if words[0] in _KEYWORDS or _ASSIGNMENT.fullmatch(words[0]):
            words = words[1:]
        else:
            break
    return words


def _kind(words: Sequence[str]) -> str:
    name = words[0].rpartition("/")[2]
    if _PYTHON.fullmatch(name):
        return "doctest" if tuple(words[1:3]) == ("-m", "doctest") else "python"
    if words[0] in _PRINTS or name in _PRINTS or name in _BUILDS:
        return "prints"
    for kind, names in (("node", {"node", "nodejs"}), ("make", {"make", "gmake"}), ("manager", _MANAGERS)):
        if name in names:
            return kind
    return "script" if words[0] in _SHELLS or name in _SHELLS or "/" in words[0] else "other"
