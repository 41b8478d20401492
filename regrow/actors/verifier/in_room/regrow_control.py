"""Shell: the control of a runner: whether a test that has to fail would have been reported as one.

A suite whose own files replace what runs tests, takes their failures or compares values can report anything. So what
matters of unittest is remembered before the project's code is loaded; at the end of a session that was replaced by a
file of the project, a test that only fails is put through it. What is said is a list of sentences, empty when every
failure arrived. Nothing is run where nothing was replaced: no test of an ordinary project meets the control.

Any Python must be able to read this file.
"""

import os
import sys

_NOT_THE_PROJECTS = ("site-packages", "dist-packages")
_RUNS = ("run", "__call__")
_MUST_RAISE = {
    "assertEqual": (1, 2),
    "assertNotEqual": (1, 1),
    "assertTrue": (False,),
    "assertFalse": (True,),
    "assertIs": (1, None),
    "assertIsNone": (1,),
    "assertIsNotNone": (None,),
    "assertIn": (1, ()),
    "assertNotIn": (1, (1,)),
    "assertIsInstance": (1, str),
    "assertGreater": (1, 2),
    "assertLess": (2, 1),
    "assertAlmostEqual": (1, 2),
    "assertListEqual": ([1], [2]),
    "assertDictEqual": ({1: 1}, {1: 2}),
    "assertSequenceEqual": ([1], [2]),
    "fail": (),
}
"""A method of TestCase -> arguments with which it raises AssertionError."""

_original = {}
_classes = {}


def remember(case):
    """Note what unittest's TestCase is before the project can change it."""
    for name in _RUNS + tuple(_MUST_RAISE):
        _original[name] = getattr(case, name, None)
    _original["case"] = case


def saw(test):
    """Note the class of a test that runs, once for each way in which a class runs its tests."""
    kind = type(test)
    _classes.setdefault(tuple(getattr(kind, name, None) for name in _RUNS), kind)


def unreported():
    """Return a sentence for each thing that would not have reported a failure."""
    found = []
    case = _original.get("case")
    if case is None:
        return found
    for name in sorted(_MUST_RAISE):
        now = getattr(case, name, None)
        if now is not _original[name] and _is_the_projects(now) and not _raises(case, name):
            found.append("unittest's {0} was replaced and fails no more".format(name))
    for kind in [*_classes.values(), case]:
        now = [(getattr(kind, name, None), _original[name]) for name in _RUNS]
        changed = [each for each, before in now if each is not before]
        if any(_is_the_projects(each) for each in changed) and not _reports(kind):
            found.append("a failing test put into {0} was not reported".format(kind.__name__))
    return found


def _is_the_projects(function):
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    path = os.path.abspath(getattr(code, "co_filename", "") or os.sep)
    standard = os.path.dirname(os.path.abspath(os.__file__))
    parts = path.split(os.sep)
    ours = path.startswith(os.path.dirname(os.path.abspath(__file__)) + os.sep)
    if code is None or ours:
        return False
    installed = [place for place, name in enumerate(parts[:-1]) if name in _NOT_THE_PROJECTS]
    if installed:  # The project itself may lie there, with a plugin of its own.
        return os.path.splitext(parts[installed[-1] + 1])[0] in os.environ.get("REGROW_PACKAGES", "").split(",")
    return not path.startswith(standard + os.sep)


def _raises(case, name):
    class Control(case):
        def runTest(self):
            pass

    try:
        getattr(Control(), name)(*_MUST_RAISE[name])
    except BaseException:
        return True
    return False


def _reports(kind):
    """Whether a test that only fails arrives in a result of its own, run as this class runs its tests."""
    import unittest

    def control(self, *arguments, **named):
        raise AssertionError("control")

    def nothing(self, *arguments, **named):
        return None

    failures = []

    class Result(unittest.TestResult):
        def addFailure(self, test, err):
            failures.append(test)

        addError = addFailure

        def addSubTest(self, test, subtest, err):
            if err is not None:
                failures.append(test)

    try:
        members = {"regrow_control": control, "setUp": nothing, "tearDown": nothing}
        type(kind.__name__, (kind,), members)("regrow_control")(Result())
    except BaseException:
        return True
    return bool(failures)


def may_change_outcomes(plugins, hooks):
    """Whether a plugin of the project has a hook that may change an outcome, or pytest's own functions were replaced."""
    for plugin in plugins:
        for name in hooks:
            if _is_the_projects(getattr(plugin, name, None)):
                return True
    return any(now is not before and _is_the_projects(now) for now, before in _pytests_own())


_pytest_before = {}


def remember_pytest():
    """Note pytest's own functions before a conftest can change them."""
    for module, kind, name in _PYTESTS:
        holder = _holder(module, kind)
        if holder is not None:
            _pytest_before[(module, kind, name)] = getattr(holder, name, None)


_PYTESTS = (
    ("_pytest.python", "Function", "runtest"),
    ("_pytest.runner", "CallInfo", "from_call"),
    ("_pytest.runner", None, "call_runtest_hook"),
    ("_pytest.runner", None, "call_and_report"),
    ("_pytest.runner", None, "runtestprotocol"),
    ("_pytest.reports", "TestReport", "from_item_and_call"),
)


def _holder(module, kind):
    found = sys.modules.get(module)
    return found if found is None or kind is None else getattr(found, kind, None)


def _pytests_own():
    for (module, kind, name), before in _pytest_before.items():
        holder = _holder(module, kind)
        now = getattr(holder, name, None) if holder is not None else before
        yield getattr(now, "__func__", now), getattr(before, "__func__", before)
