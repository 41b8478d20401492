"""Shell: notes, in each Python process of a test step, that it ran and which tests it called: witness of a printed count.

It is imported when an interpreter starts (`sitecustomize`, or the `.pth` file of `regrow_pth`), so it imports nothing
that the project might not, and any Python must be able to read it. A summary such as `100 passed` that a program prints
is worth nothing by itself; a test that was called inside unittest leaves a line here, one write to the file that
REGROW_SEEN names. unittest's own runner is also given our result class, so that a script which calls
`unittest.main()` is counted test by test like `python -m unittest`. What goes wrong here is swallowed: an instrument
must not change what it measures.
"""

import os
import sys


class _Notes(object):
    """The file that the words go to, opened with the first."""

    def __init__(self):
        self.descriptor = None

    def write(self, word):
        """Add one line."""
        path = os.environ.get("REGROW_SEEN")
        if not path:
            return
        try:
            if self.descriptor is None:
                self.descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(self.descriptor, (word + "\n").encode("ascii"))
        except (OSError, ValueError):
            pass


_notes = _Notes()


_here = os.path.dirname(os.path.abspath(__file__))


def _ours(name):
    try:
        return __import__(name)
    except Exception:
        return None


def _watch_cases(module):
    original = module.TestCase.__call__
    control = _ours("regrow_control")

    def call(self, *args, **kwds):
        _notes.write("test")
        if control is not None:
            control.saw(self)
        return original(self, *args, **kwds)

    module.TestCase.__call__ = call
    if control is not None:
        control.remember(module.TestCase)


def _watch_runner(module):
    original = module.TextTestRunner.run

    def run(self, test):
        try:
            from regrow_unittest_reporter import reporting
        except Exception:
            return original(self, test)
        with reporting(self):
            return original(self, test)

    module.TextTestRunner.run = run


def _watch_examples(module):
    original = module.DocTestRunner.run

    def run(self, *args, **kwds):
        _notes.write("doctest")
        return original(self, *args, **kwds)

    module.DocTestRunner.run = run


_OURS = ("regrow_control", "regrow_pytest_reporter", "regrow_unittest_reporter")
_WATCHED = {"unittest.case": _watch_cases, "unittest.runner": _watch_runner, "doctest": _watch_examples}


class _Finder(object):
    """Finds the watched modules where the others find them, and watches them once they are loaded.

    Modules of ours are found in our own folder, whatever of their name the project has in the one that it starts in.
    """

    def find_spec(self, name, path=None, target=None):
        """Return the specification of a watched module, with a loader that watches it, or that of one of ours."""
        if name in _OURS:
            from importlib.util import spec_from_file_location

            return spec_from_file_location(name, os.path.join(_here, name + ".py"))
        watch = _WATCHED.get(name)
        if watch is None:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None and hasattr(spec.loader, "exec_module"):
                spec.loader = _Loader(spec.loader, watch)
                return spec
        return None


class _Loader(object):
    """The loader that was found, with one thing more to do; everything else is that loader's."""

    def __init__(self, loader, watch):
        self._loader = loader
        self._watch = watch

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        """Let the loader make the module."""
        return self._loader.create_module(spec)

    def exec_module(self, module):
        """Let the loader fill the module, then watch it."""
        self._loader.exec_module(module)
        try:
            self._watch(module)
        except AttributeError:  # Another implementation of the module: nothing is noted, and nothing is counted.
            return


if os.environ.get("REGROW_SEEN"):
    _notes.write("python")
    sys.meta_path.insert(0, _Finder())
