"""Decides how a step's tests are counted: which reporter is put into its runner, and how. Pure.

Nothing is rewritten but `python -m unittest`, which becomes the same program with a reporting result; pytest takes its
plugin from the environment; `go test` names its tests when it is told to be verbose. Everything else is counted from
its output, which needs a witness (`counting/witness.py`): each Python and Node process that a step starts, however deep
below make or a script, notes which tests it called or which runner it had loaded. An instrument that breaks the run it
measures is recognised (`instrument_broke`), and the step is to be run again without it (trap 29).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

REPORT_FILE = "report.jsonl"
JUNIT_FILE = "junit.xml"
SEEN_FILE = "seen"
NODE_WATCH = "regrow_node_seen.cjs"
PYTEST_PLUGIN = "regrow_pytest_reporter"
PYTEST_PLUGINS = "PYTEST_PLUGINS"
UNITTEST_MODULE = "regrow_unittest_reporter"

_PYTHON = r"(?:[\w./~-]*/)?python(?:3(?:\.\d+)?)?"
_UNITTEST = re.compile(rf"(?P<before>(?:^|[;&|(]\s*|\s){_PYTHON}(?: -[bBduvWXO]\S*)*) -m unittest(?=\s|$|[;&|)])")
_HIDES_OUR_MODULES = re.compile(rf"\b{_PYTHON}(?: -\w+)* -[A-Za-z]*S|\benv -i\b|(?:^|\s)(?:tox|nox)\b")
_LEAVES_PYTHONPATH = re.compile(rf"(?:^|\s|;|&)PYTHONPATH=|\b{_PYTHON}(?: -\w+)* -[A-Za-z]*[IE]|\bunset PYTHONPATH\b")


@dataclass(frozen=True, slots=True)
class Instrument:
    """How a step is run so that its tests can be counted.

    Attributes:
        command: What is run in place of the step's command; mostly the same.
        environment: Added to the step's. `PYTHONPATH` and `PYTEST_ADDOPTS` go before what is there already.
        rewritten: The command is not the step's own.
    """

    command: str
    environment: dict[str, str] = field(default_factory=dict)
    rewritten: bool = False


def instrument(command: str, *, reporters: str, reports: str, packages: tuple[str, ...] = ()) -> Instrument:
    """Choose the instrument for a step.

    Args:
        command: The step's command.
        reporters: Folder inside the room with the modules of `in_room/`, read-only.
        reports: Folder inside the room for what they write; better a folder of its own for each step.
        packages: Top-level modules of the project, whose place is to be reported; empty reports all.
    """
    environment = _watching(command, reporters, reports)
    if _HIDES_OUR_MODULES.search(command):
        return Instrument(command, environment)
    environment |= {
        "PYTHONPATH": reporters,
        PYTEST_PLUGINS: PYTEST_PLUGIN,
        "REGROW_REPORT": f"{reports}/{REPORT_FILE}",
        "REGROW_PACKAGES": ",".join(packages),
    }
    rewritten, count = _UNITTEST.subn(rf"\g<before> -m {UNITTEST_MODULE}", command)
    if count == 0 or _LEAVES_PYTHONPATH.search(command):
        return Instrument(command, environment)  # The runner itself reports, where our modules are found all the same.
    return Instrument(rewritten, environment, rewritten=True)


def without_reporter(command: str, *, reporters: str, reports: str) -> Instrument:
    """The instrument for a step that our reporter broke: what writes a report without any module of ours."""
    return Instrument(command, _watching(command, reporters, reports))


def prepared(command: str, reporters: str) -> str:
    """The command, after a line that lets the interpreters of the step's own shell find our modules.

    It is part of the step's text, since only there the environment is entered that an earlier step made.
    """
    interpreters = "for p in python python3; do command -v $p && $p"
    return f"({interpreters} {reporters}/regrow_pth.py; done) < /dev/null > /dev/null 2>&1\n{command}"


def _watching(command: str, reporters: str, reports: str) -> dict[str, str]:
    environment = {
        "REGROW_SEEN": f"{reports}/{SEEN_FILE}",
        "NODE_OPTIONS": f"--require {reporters}/{NODE_WATCH}",
    }
    if _may_run_pytest(command):
        environment["PYTEST_ADDOPTS"] = f"--junitxml={reports}/{JUNIT_FILE}"
    if re.search(r"\bgo test\b", command):
        environment["GOFLAGS"] = "-v"
    return environment


def instrument_broke(output: str) -> bool:
    """Whether a step failed because of our own modules: it says nothing about the project then."""
    names = rf"(?:{PYTEST_PLUGIN}|{UNITTEST_MODULE})"
    return (
        re.search(rf"(?:Error importing plugin \"|No module named '?|ImportError.*){names}|File .*{names}\.py", output)
        is not None
    )


def _may_run_pytest(command: str) -> bool:
    """A wrapper (`make test`, `./runtests`) may run pytest; a program that is known to be another runner does not."""
    return re.search(r"--junit-?xml|(?:^|\s)(?:npm|npx|yarn|node|cargo|go|ctest|prove)\b", command) is None
