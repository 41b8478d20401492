"""Shell: `python -m unittest` with the same arguments and the same output, that also writes what each test did.

It runs inside the room, in the interpreter of the project (Python 3.6 and later), as `python -m
regrow_unittest_reporter` in place of `python -m unittest`. The result class is derived from the runner's, so what is
printed and the exit status stay the runner's own. The lines are those of `regrow_pytest_reporter`.

`reporting` does the same to a runner that somebody else has made, in any process (`regrow_seen`).
"""

import os
import sys
import unittest
from contextlib import contextmanager
from typing import Any, Iterator, List, Optional, Tuple

from regrow_pytest_reporter import _SESSION, _modules, _report

_TEXT_LIMIT = 400


_open = {"session": False}


class _Reporting:
    """Writes each outcome as it is known. A test with sub-tests that failed is told by its sub-tests."""

    def startTest(self, test: Any) -> None:
        _begin()
        super().startTest(test)

    def addSuccess(self, test: Any) -> None:
        _write(test, "passed")
        super().addSuccess(test)

    def addFailure(self, test: Any, err: Any) -> None:
        _write(test, "failed", str(err[1]))
        super().addFailure(test, err)

    def addError(self, test: Any, err: Any) -> None:
        _write(test, "error", str(err[1]))
        super().addError(test, err)

    def addSkip(self, test: Any, reason: str) -> None:
        _write(test, "skipped", reason)
        super().addSkip(test, reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        _write(test, "xfailed", str(err[1]))
        super().addExpectedFailure(test, err)

    def addUnexpectedSuccess(self, test: Any) -> None:
        _write(test, "failed", "passed, though it was expected to fail")
        super().addUnexpectedSuccess(test)

    def addSubTest(self, test: Any, subtest: Any, err: Optional[Tuple[Any, Any, Any]]) -> None:
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            _write(subtest, "failed" if failed else "error", str(err[1]))
        super().addSubTest(test, subtest, err)


class _ReportingResult(_Reporting, unittest.TextTestResult):
    """The result of `python -m unittest`."""


@contextmanager
def reporting(runner: Any) -> Iterator[None]:
    """Let a `TextTestRunner` report, unless a session is open around it: a test of a test runner is no suite.

    The session begins with its first test, so that a runner which makes its own results has none.
    """
    kind = runner.resultclass
    fits = isinstance(kind, type) and issubclass(kind, unittest.TestResult) and not issubclass(kind, _Reporting)
    if os.environ.get(_SESSION) or not fits:
        yield
        return
    os.environ[_SESSION] = str(os.getpid())
    runner.resultclass = type(kind.__name__, (_Reporting, kind), {})
    try:
        yield
    finally:
        os.environ.pop(_SESSION, None)
        runner.resultclass = kind
        if _open["session"]:
            _finish(0, 0)


def _begin() -> None:
    if _open["session"]:
        return
    _open["session"] = True
    _report.write(
        "start", runner="unittest", runner_version=sys.version.split()[0], python=sys.version.split()[0],
        executable=sys.executable, cwd=os.getcwd(), arguments=sys.argv[1:], worker=False,
    )  # fmt: skip


def _finish(code: int, collected: int) -> None:
    _open["session"] = False
    _report.write("control", unreported=_unreported())
    _report.write("modules", modules=_modules())
    _report.write("finish", exit_code=code, collected=collected, worker=False)


def _unreported() -> List[str]:
    """What would not have told a failure; nothing where the control is not there."""
    control = sys.modules.get("regrow_control")
    try:
        return [] if control is None else list(control.unreported())
    except Exception:
        return []


def _write(test: Any, outcome: str, reason: str = "") -> None:
    _begin()
    name = test.id() if hasattr(test, "id") else str(test)
    _report.write("test", id=name, outcome=outcome, reason=reason[:_TEXT_LIMIT])


def _tests(suite: Any) -> Iterator[Any]:
    """The tests of a suite, in its order. What classes and modules set up is done for those that are left."""
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from _tests(each)
        else:
            yield each


def _is_among(test: Any, only: List[str]) -> bool:
    """Whether a test is to be repeated: by its name, or by that of one of its sub-tests."""
    return any((name + " ").startswith(test.id() + " ") for name in only)


class _Program(unittest.TestProgram):
    """unittest's own command line, with our result class in whatever runner it chose."""

    def runTests(self) -> None:
        only = [name for name in os.environ.get("REGROW_ONLY", "").split("\n") if name]
        if only:
            self.test = unittest.TestSuite(test for test in _tests(self.test) if _is_among(test, only))
        runner = self.testRunner or unittest.TextTestRunner
        if isinstance(runner, type) and issubclass(runner, unittest.TextTestRunner):
            self.testRunner = type(runner.__name__, (runner,), {"resultclass": _ReportingResult})
        try:
            super().runTests()
        finally:
            result = getattr(self, "result", None)
            code = 0 if result is not None and result.wasSuccessful() else 1
            _finish(code, getattr(result, "testsRun", 0))


def main() -> None:
    """Do what `python -m unittest` does."""
    os.environ[_SESSION] = str(os.getpid())
    _begin()
    sys.argv[0] = os.path.basename(sys.executable) + " -m unittest"
    _Program(module=None)


if __name__ == "__main__":
    main()
