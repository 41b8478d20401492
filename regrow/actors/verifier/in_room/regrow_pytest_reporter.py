"""Shell: a pytest plugin that writes what each test did to the file that REGROW_REPORT names, one JSON object a line.

It runs inside the room, in the interpreter of the project, so it knows nothing of regrow and uses Python 3.6. Each line
is one write to a descriptor opened for appending: a line that a reader outside has seen cannot be taken back, and a
test that crashes the process loses no earlier line. Anything that goes wrong here is swallowed: an instrument must not
change what it measures.
"""
# ruff: noqa: SIM105  (Python 3.6 has neither `list[str]` nor `str | None`)

import hashlib
import json
import os
import sys
from typing import Any, Dict, List, Optional

_MODULES_LIMIT = 2000
_TEXT_LIMIT = 400
_EXTENSIONS = (".so", ".pyd", ".dylib")


class _Report:
    """The file that the lines go to; silent when there is none."""

    def __init__(self, path: Optional[str]) -> None:
        self.sequence = 0
        self.descriptor = -1
        if path:
            try:
                self.descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
            except OSError:
                pass

    def write(self, event: str, **fields: Any) -> None:
        if self.descriptor < 0:
            return
        self.sequence += 1
        fields.update(event=event, pid=os.getpid(), sequence=self.sequence)
        try:
            os.write(self.descriptor, (json.dumps(fields, default=str) + "\n").encode("utf-8", "backslashreplace"))
        except (OSError, ValueError, TypeError):
            pass


_report = _Report(os.environ.get("REGROW_REPORT"))
_packages = frozenset(filter(None, os.environ.get("REGROW_PACKAGES", "").split(",")))
_SESSION = "REGROW_SESSION"


def pytest_configure(config: Any) -> None:
    """Open the session, unless it is one that a test of an outer session started (a pytest plugin tests itself so).

    Workers of pytest-xdist report modules only: what their tests did is told by the controller.
    """
    worker = hasattr(config, "workerinput")
    if os.environ.get(_SESSION) and not worker:
        return
    os.environ[_SESSION] = str(os.getpid())
    config.pluginmanager.register(_Session(config, worker), "regrow-session")


class _Session:
    """The hooks of one session, registered for it alone."""

    def __init__(self, config: Any, worker: bool) -> None:
        import pytest

        self.worker = worker
        arguments = getattr(getattr(config, "invocation_params", None), "args", ())
        _report.write(
            "start",
            runner="pytest",
            runner_version=pytest.__version__,
            python=sys.version.split()[0],
            executable=sys.executable,
            cwd=os.getcwd(),
            arguments=[str(argument) for argument in arguments],
            worker=worker,
        )

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Write one phase of one test, if it tells something."""
        outcome = None if self.worker else _outcome(report)
        if outcome is not None:
            _report.write("test", id=_name(report), outcome=outcome, reason=_reason(report, outcome))

    def pytest_collectreport(self, report: Any) -> None:
        """Write a file that could not be collected (an error) or skipped itself as a whole."""
        if self.worker or report.outcome == "passed":
            return
        outcome = "error" if report.outcome == "failed" else "skipped"
        _report.write("test", id=report.nodeid or "collection", outcome=outcome, reason=_reason(report, outcome))

    def pytest_collection_modifyitems(self, items: List[Any]) -> None:
        """Keep only the tests that are to be repeated, when it is said which; files that cannot be collected fail again."""
        only = [name for name in os.environ.get("REGROW_ONLY", "").split("\n") if name]
        if only:
            # The folder that a name begins with when there were several sessions is not part of it.
            bare = [name.partition(": ")[2] if name.startswith("/") else name for name in only]
            items[:] = [item for item in items if any((name + " ").startswith(item.nodeid + " ") for name in bare)]

    def pytest_deselected(self, items: List[Any]) -> None:
        """Count what options leave out."""
        if not self.worker:
            _report.write("deselected", count=len(items))

    def pytest_sessionfinish(self, session: Any, exitstatus: Any) -> None:
        """Close the session, after naming where the project's modules came from."""
        os.environ.pop(_SESSION, None)
        collected = getattr(session, "testscollected", 0)
        _report.write("modules", modules=_modules())
        _report.write("finish", exit_code=int(exitstatus), collected=collected, worker=self.worker)


def _outcome(report: Any) -> Optional[str]:
    if report.outcome not in ("passed", "failed", "skipped"):
        return None
    expected = hasattr(report, "wasxfail")
    if hasattr(report, "context"):  # A sub-test: only its failure says more than its test does.
        return "failed" if report.outcome == "failed" else None
    if report.outcome == "skipped":
        return "xfailed" if expected else "skipped"
    if report.outcome == "failed":
        return "failed" if report.when == "call" else "error"
    if report.when != "call":
        return None
    return "xpassed" if expected else "passed"


def _name(report: Any) -> str:
    context = getattr(report, "context", None)
    return report.nodeid if context is None else "{} {}".format(report.nodeid, context)


def _reason(report: Any, outcome: str) -> str:
    if outcome == "xfailed":
        return str(report.wasxfail)[:_TEXT_LIMIT]
    if outcome == "skipped" and isinstance(report.longrepr, tuple):
        text = str(report.longrepr[-1])
        return text[len("Skipped: ") :][:_TEXT_LIMIT] if text.startswith("Skipped: ") else text[:_TEXT_LIMIT]
    if outcome in ("failed", "error"):
        crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
        text = str(crash if crash is not None else report.longrepr)
        # What pytest says of a file that it cannot import is a traceback; the exception is its last line.
        errors = [line[1:].strip() for line in text.split("\n") if line.startswith("E  ")] if crash is None else []
        return (errors[-1] if errors else text)[:_TEXT_LIMIT]
    return ""


def _modules() -> List[Dict[str, Optional[str]]]:
    """Where the project's modules were loaded from: each top-level one, and each compiled one with its digest."""
    found: List[Dict[str, Optional[str]]] = []
    for name, module in sorted(sys.modules.items(), key=lambda item: item[0]):
        path = getattr(module, "__file__", None)
        top = name.partition(".")[0]
        if not isinstance(path, str) or (_packages and top not in _packages):
            continue
        compiled = path.endswith(_EXTENSIONS)
        if (name == top or compiled) and len(found) < _MODULES_LIMIT:
            found.append({"name": name, "file": path, "sha256": _digest(path) if compiled else None})
    return found


def _digest(path: str) -> Optional[str]:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()
