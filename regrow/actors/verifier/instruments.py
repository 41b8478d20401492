"""Decides how a step's tests are counted: which reporter is put into its runner, and how. Pure.

Nothing is rewritten but `python -m unittest`, which becomes the same program with a reporting result; pytest takes its
plugin from the environment; `go test` names its tests when it is told to be verbose. Everything else is counted from
its output. An instrument that breaks the run it measures is recognised (`instrument_broke`), and the step is to be run
again without it (trap 29).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

REPORT_FILE = "report.jsonl"
JUNIT_FILE = "junit.xml"
PYTEST_PLUGIN = "regrow_pytest_reporter"
UNITTEST_MODULE = "regrow_unittest_reporter"

_PYTHON = r"(?:[\w./~-]*/)?python(?:3(?:\.\d+)?)?"
_UNITTEST = re.compile(rf"(?P<before>(?:^|[;&|(]\s*|\s){_PYTHON}(?: -[bBduvWXO]\S*)*) -m unittest(?=\s|$|[;&|)])")
_HIDES_OUR_MODULES = re.compile(
    rf"(?:^|\s|;|&)PYTHONPATH=|\b{_PYTHON}(?: -\w+)* -[A-Za-z]*[IES]|\benv -i\b|\bunset PYTHONPATH\b"
    r"|(?:^|\s)(?:tox|nox)\b"
)


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
    environment = {"PYTEST_ADDOPTS": f"--junitxml={reports}/{JUNIT_FILE}"} if _may_run_pytest(command) else {}
    if re.search(r"\bgo test\b", command):
        environment["GOFLAGS"] = "-v"
    if _HIDES_OUR_MODULES.search(command):
        return Instrument(command, environment)
    environment |= {
        "PYTHONPATH": reporters,
        "PYTEST_PLUGINS": PYTEST_PLUGIN,
        "REGROW_REPORT": f"{reports}/{REPORT_FILE}",
        "REGROW_PACKAGES": ",".join(packages),
    }
    rewritten, count = _UNITTEST.subn(rf"\g<before> -m {UNITTEST_MODULE}", command)
    return Instrument(rewritten, environment, rewritten=count > 0)


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
