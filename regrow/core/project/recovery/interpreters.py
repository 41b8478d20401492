"""Rules for another Python of the verifying machine: where the distribution's is too old or too new, or itself at fault.

Debian 12 has one Python. A project that asks for another, or whose tests fail inside the standard library, may pass with
one that the machine has besides; which one that is its owner says, and a plan with it always deviates.
"""

from __future__ import annotations

import re

from regrow.core.project.evidence import Evidence
from regrow.core.project.plan_steps import Draft, changed
from regrow.core.project.recovery.model import Case, Failure, NeedsSystemPackages, Recovery
from regrow.protocols.plan import Deviation, DeviationKind, Ecosystem, Plan, StepPhase

__all__ = ["ROOM_PYTHON", "at_fault", "newer_interpreter", "older_interpreter", "other_interpreter", "with_interpreter"]

ROOM_PYTHON = (3, 11)
"""Debian 12's."""

_FRAME = re.compile(
    r'^\s*File "(?P<file>[^"]+)", line \d+|^(?P<file2>\S+?\.py):\d+: (?P<kind>\w+(?:\.\w+)*)\s*$|'
    r"^(?:E\s+)?(?P<kind2>[A-Za-z_][\w.]*(?:Error|Exception|Warning))\b(?::|$)"
)
_LIBRARY = re.compile(r"^/usr/lib/python3\.\d+/(?!(?:dist|site)-packages/)(?P<module>[\w/]+)\.py$")
_OF_TESTING = re.compile(r"^(?:unittest|doctest|importlib|runpy|subprocess|contextlib|asyncio/runners)(?:/|$)")
_SURROUNDINGS = re.compile(
    r"(?:^|\.)(?:FileNotFoundError|PermissionError|ModuleNotFoundError|ImportError|OSError|gaierror|ConnectionError|"
    r"ConnectionRefusedError|TimeoutError|TimeoutExpired|CalledProcessError|AssertionError|KeyboardInterrupt|MemoryError|"
    r"NotADirectoryError|IsADirectoryError|locale\.Error|BrokenPipeError|URLError|SSLError|Warning|DeprecationWarning)$"
)
"""What the library raises for what lies outside of it."""


def other_interpreter(case: Case) -> Recovery | None:
    """The Python that the project itself asks for."""
    sign = case.sign
    if sign is None or not sign.subject or _given(case):
        return None
    return Recovery(
        f"other_interpreter:{sign.subject}",
        sign.evidence,
        None,
        NeedsSystemPackages(interpreter=_bounds(case, sign.subject)),
        before=case.failure.step.step_id if case.failure.step else None,
    )


def newer_interpreter(case: Case) -> Recovery | None:
    """A newer Python, where all that fails does so inside the standard library of this one (trap 26)."""
    return _instead(case, "newer_interpreter", f">={ROOM_PYTHON[0]}.{ROOM_PYTHON[1] + 1}")


def older_interpreter(case: Case) -> Recovery | None:
    """An older one, in the same case: the library has become stricter since the tests were written."""
    return _instead(case, "older_interpreter", f"<{ROOM_PYTHON[0]}.{ROOM_PYTHON[1]}")


def _instead(case: Case, strategy: str, bounds: str) -> Recovery | None:
    where = at_fault(case.failure.output)
    if not where or not case.failure.tests_passed or case.evidence.ecosystem is not Ecosystem.PYTHON or _given(case):
        return None
    reason = f"what fails does so inside the standard library of Python ({where})"
    return Recovery(strategy, reason, None, NeedsSystemPackages(interpreter=_bounds(case, bounds)))


def _bounds(case: Case, bounds: str) -> str:
    return ",".join(filter(None, (bounds, case.evidence.requires_python or "")))


def _given(case: Case) -> bool:
    return any(step.interpreter for step in case.plan.steps)


def at_fault(output: str) -> str:
    """The module of the standard library that every traceback ends in; empty when one ends elsewhere, or there is none.

    >>> at_fault('  File "/build/checkout/a.py", line 1\\n  File "/usr/lib/python3.11/fileinput.py", line 4\\nTypeError: x')
    'fileinput'
    """
    deepest, modules = "", []
    for line in output.splitlines():
        match = _FRAME.match(line)
        if match is None:
            continue
        if match["file"]:
            deepest = match["file"]
            continue
        file = match["file2"] or deepest
        kind = match["kind"] or match["kind2"] or ""
        if not file or (match["file2"] and "." not in kind and not kind.endswith(("Error", "Exception"))):
            continue
        found = _LIBRARY.match(file)
        if found is None or _OF_TESTING.match(found["module"]) or _SURROUNDINGS.search(kind):
            return ""
        modules.append(found["module"].replace("/", "."))
        deepest = ""
    return modules[0] if modules else ""


def with_interpreter(plan: Plan, recovery: Recovery, version: str) -> Plan:
    """The plan with a Python of this machine, in which its environments are made."""
    told = f"uses Python {version} of the verifying machine, which Debian 12 does not have"
    strategy = recovery.strategy_id.partition(":")[0]
    deviation = Deviation(
        strategy_id=strategy,
        kind=DeviationKind.OTHER_VERSION,
        description=told,
        corrects=None,
        sentence=f"Needs Python {version}.",
    )
    first = Draft(
        f"python{version} --version", recovery.reason, StepPhase.SETUP, None, deviation, False, interpreter=version
    )
    case = Case(plan, Failure(None), Evidence())
    return case.rebuilt([first, *(_made_with(draft, version, strategy) for draft in case.drafts)])


def _made_with(draft: Draft, version: str, strategy: str) -> Draft:
    """A step that makes an environment, with another Python; what is only preparation stays preparation."""
    command = re.sub(r"\bpython3?(?= -m (?:venv|virtualenv)\b(?! \"\$HOME/tools\"))", f"python{version}", draft.command)
    command = re.sub(
        r"(^|&& |; )(virtualenv|uv venv)(?! (?:-p|--python))\b", rf"\1\2 --python python{version}", command
    )
    if command == draft.command:
        return draft
    if draft.ref is None and draft.deviation is None:
        return Draft(command, draft.reason, draft.phase)
    told = f"'{command}' instead of '{draft.command}'"
    deviation = changed(strategy, told, f"With Python {version}: `{command}`.", draft.documented)
    return Draft(command, draft.reason, draft.phase, draft.ref, deviation, draft.counts_tests)
