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
import time
from typing import Any, Dict, Iterator, List, Optional

_MODULES_LIMIT = 2000
_FOLDERS_LIMIT = 20
_MAY_CHANGE = (
    "pytest_runtest_protocol",
    "pytest_runtest_call",
    "pytest_runtest_makereport",
    "pytest_runtest_logreport",
    "pytest_runtestloop",
    "pytest_pyfunc_call",
)
"""Hooks through which a plugin can change what is told of a test."""
_ITEMS_LIMIT = 200000
_CONTROLS_LIMIT = 5000
_CONTROL_S = 10.0
"""So many tests are exchanged for one that fails, within this time; only where a file of the project has such a hook."""
_NO_FAILURES = ("Skipped", "XFailed", "SkipTest", "Exit")
"""Exceptions of a test that is none that failed."""
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
        self.items: Dict[str, Any] = {}
        self.functions: List[Any] = []
        self.control: Optional[List[str]] = None
        self.collected: Dict[str, Any] = {}
        self.deselected = 0
        self.raised: Dict[str, bool] = {}
        self.overruled: List[str] = []
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
        if self.control is not None:
            self.control.append(str(report.outcome))
            return
        outcome = None if self.worker else _outcome(report)
        if outcome == "passed" and self.raised.get(report.nodeid) and len(self.overruled) < _FOLDERS_LIMIT:
            self.overruled.append(
                "the failure of {} was not reported: it raised an exception and was told as passed".format(
                    report.nodeid
                )
            )
        if outcome is not None:
            _report.write("test", id=_name(report), outcome=outcome, reason=_reason(report, outcome))

    def pytest_runtest_makereport(self, item: Any, call: Any) -> Iterator[None]:
        """Note what a test itself came to, whatever hooks of the project make of it."""
        if call.when == "call" and self.control is None:
            raised = call.excinfo is not None and type(call.excinfo.value).__name__ not in _NO_FAILURES
            self.raised[item.nodeid] = raised
        yield

    # What `pytest.hookimpl(hookwrapper=True, tryfirst=True)` sets; pytest is not imported before a session begins.
    pytest_runtest_makereport.pytest_impl = {  # type: ignore[attr-defined]  # noqa: RUF012
        "hookwrapper": True,
        "tryfirst": True,
        "trylast": False,
        "optionalhook": False,
        "specname": None,
    }

    def pytest_itemcollected(self, item: Any) -> None:
        """Remember what a test is before hooks of the project have seen the list of all."""
        if len(self.collected) < _ITEMS_LIMIT:
            self.collected[item.nodeid] = _function(item)

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

    def pytest_collection_finish(self, session: Any) -> None:
        """Remember the tests: through their hooks the control goes, that of each folder first."""
        missing = len(self.collected) - len({item.nodeid for item in session.items}) - self.deselected
        if missing > 0 and not os.environ.get("REGROW_ONLY"):
            gone = "{} of {} tests were taken off the list after they were collected, and the runner says nothing of it"
            self.overruled.append(gone.format(missing, len(self.collected)))
        for item in session.items:
            before, now = self.collected.get(item.nodeid), _function(item)
            replaced = before is not None and now is not before
            if replaced and getattr(now, "__wrapped__", None) is not before:
                self.overruled.append("{} is another function than the one that was collected".format(item.nodeid))
            folder = os.path.dirname(str(item.fspath))
            if hasattr(item, "obj") and hasattr(item, "function"):
                if len(self.items) < _FOLDERS_LIMIT:
                    self.items.setdefault(folder, item)
                if len(self.functions) < _CONTROLS_LIMIT:
                    self.functions.append(item)

    def pytest_deselected(self, items: List[Any]) -> None:
        """Count what options leave out."""
        self.deselected += len(items)
        _report.write("deselected", count=len(items))

    def pytest_sessionfinish(self, session: Any, exitstatus: Any) -> None:
        """Close the session, after naming where the project's modules came from."""
        os.environ.pop(_SESSION, None)
        collected = getattr(session, "testscollected", 0)
        _report.write("modules", modules=_modules())
        if self.overruled:
            _report.write("control", unreported=self.overruled[:_FOLDERS_LIMIT])
        _report.write("finish", exit_code=int(exitstatus), collected=collected, worker=self.worker)

    def pytest_unconfigure(self, config: Any) -> None:
        """Put a failing test through hooks of the project that may change an outcome.

        All is over by now, the printed summary and the exit status too, so the project's run stays what it was.
        """
        control = _control()
        if self.worker or control is None:
            return
        try:
            plugins = [plugin for plugin in config.pluginmanager.get_plugins() if plugin is not self]
            found = list(control.unreported())
            if control.may_change_outcomes(plugins, _MAY_CHANGE):
                terminal = config.pluginmanager.get_plugin("terminalreporter")
                if terminal is not None:
                    config.pluginmanager.unregister(terminal)
                end = time.time() + _CONTROL_S
                for item in list(self.items.values()) + self.functions:
                    sentence = self._unreported(item)
                    found += [sentence] if sentence else []
                    if found or time.time() > end:
                        break
        except Exception:
            return
        _report.write("control", unreported=found)

    def _unreported(self, item: Any) -> str:
        """Put a failing test in the place of one: by its name and id, since a hook may aim at those."""
        import pytest

        def regrow_control() -> None:
            raise AssertionError("control")

        self.control = []
        parent = item.getparent(pytest.Module)
        try:
            test = pytest.Function.from_parent(
                parent,
                name=item.name,
                callobj=regrow_control,
                fixtureinfo=type(item._fixtureinfo)((), (), [], {}),  # none is set up, those of every test neither
            )
            test._nodeid = item.nodeid
            test.ihook.pytest_runtest_protocol(item=test, nextitem=None)
        except BaseException:
            return ""
        reported = "failed" in self.control or "skipped" in self.control
        self.control = None
        return "" if reported else "a failing test put in the place of {} was not reported".format(item.nodeid)


def _control() -> Any:
    """The control; none where the interpreter was started without our `sitecustomize`."""
    return sys.modules.get("regrow_control")


def _function(item: Any) -> Any:
    try:
        function = getattr(item, "obj", None)
        return getattr(function, "__func__", function)
    except Exception:
        return None


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
    """Where the project's modules were loaded from, with their digests; where those are not known, the top-level ones."""
    found: List[Dict[str, Optional[str]]] = []
    for name, module in sorted(sys.modules.items(), key=lambda item: item[0]):
        path = getattr(module, "__file__", None)
        top = name.partition(".")[0]
        if not isinstance(path, str) or (_packages and top not in _packages):
            continue
        compiled = path.endswith(_EXTENSIONS)
        if (_packages or name == top or compiled) and len(found) < _MODULES_LIMIT:
            found.append({"name": name, "file": path, "sha256": _digest(path) if _packages or compiled else None})
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


if _control() is not None:
    _control().remember_pytest()  # Now, since the project's conftest is loaded next.
