"""Scripts of a project that run its tests, and how the tests of a Django project find their settings.

Only by what stands in the files: a script counts where its name says that it runs tests, and a module of settings where it
names what Django cannot begin without.
"""

from __future__ import annotations

import re

from regrow.core.project.evidence.model import OwnTests, TestCommand, TestSource, place_of
from regrow.core.project.file_tree import FileTree

__all__ = ["script_commands"]

_RUNS = re.compile(r"(?i)^(?:tests?/)?(?:(?:run|quick)[-_]?tests?|test[-_]?runner)\.py$")
_SETTINGS = re.compile(r"(?:^|/)(?:test_?|tests_)?settings(?:_?tests?)?(?:/__init__|/tests?)?\.py$")
_LIMIT_BYTES = 200_000


def script_commands(tree: FileTree, tests: OwnTests) -> list[TestCommand]:
    """What the project itself starts its tests with, and Django's runner where only settings are there.

    >>> from regrow.core.project.file_tree import FileTree
    >>> tree = FileTree.of({"runtests.py": "import unittest\\n", "tests/test_a.py": "import unittest\\n"})
    >>> [each.text for each in script_commands(tree, OwnTests(("tests",), ("tests/test_a.py",), "unittest"))]
    ['python runtests.py']
    """
    scripts = sorted((path for path in tree.files if _RUNS.match(path)), key=lambda path: (path.count("/"), path))
    found = [
        TestCommand(f"python {path}", TestSource.TESTS, place_of(path, tree.text(path) or "", "")) for path in scripts
    ]
    if not found and "django" in tests.imports:
        found = _django(tree)
    return found[:1]


def _django(tree: FileTree) -> list[TestCommand]:
    manager = tree.text("manage.py")
    if manager is not None:
        return [
            TestCommand("python manage.py test", TestSource.TESTS, place_of("manage.py", manager, "DJANGO_SETTINGS"))
        ]
    for path in sorted(tree.files, key=lambda path: (path.count("/"), path)):
        text = (tree.text(path, _LIMIT_BYTES) or "") if _SETTINGS.search(path) else ""
        if re.search(r"^(?:SECRET_KEY|INSTALLED_APPS|DATABASES)\s*=", text, re.MULTILINE):
            module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".").removeprefix("src.")
            command = f"DJANGO_SETTINGS_MODULE={module} python -m django test"
            return [TestCommand(command, TestSource.TESTS, place_of(path, text, "INSTALLED_APPS"))]
    return []
