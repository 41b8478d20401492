"""What the project itself starts its tests with: scripts, Django's runner with the project's settings, test modules."""

from __future__ import annotations

import pytest

from regrow.core.failure_signatures import FailureClass, failure_signs
from regrow.core.project.evidence import gather, runners
from regrow.core.project.file_tree import FileTree
from regrow.core.project.recovery.plugins import PLUGINS

SETUP = {"setup.py": "setup(name='demo')", "demo/__init__.py": ""}
DJANGO = {**SETUP, "tests/__init__.py": "", "tests/test_a.py": "from django.test import TestCase\n"}
SETTINGS = "SECRET_KEY = 'x'\nINSTALLED_APPS = ['demo']\n"


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({**SETUP, "runtests.py": "", "tests/test_a.py": "import unittest\n"}, ["python runtests.py", None]),
        ({**SETUP, "tests/run_tests.py": "", "tests/test_a.py": "import unittest\n"}, ["python tests/run_tests.py", None]),
        ({**SETUP, "runtests.py": "", "tests/test_a.py": "import pytest\n"}, ["python -m pytest", "python runtests.py"]),
        ({**DJANGO, "manage.py": "os.environ['DJANGO_SETTINGS_MODULE'] = 'x'\n"}, ["python manage.py test", None]),
        ({**DJANGO, "tests/settings.py": SETTINGS}, ["DJANGO_SETTINGS_MODULE=tests.settings python -m django test", None]),
        ({**DJANGO, "test_settings.py": SETTINGS}, ["DJANGO_SETTINGS_MODULE=test_settings python -m django test", None]),
        ({**DJANGO, "src/demo/settings.py": SETTINGS}, ["DJANGO_SETTINGS_MODULE=demo.settings python -m django test", None]),
        ({**DJANGO, "demo/settings.py": "DEFAULTS = {}\n"}, [None]),
        ({**SETUP, "tests/settings.py": SETTINGS, "tests/test_a.py": "import unittest\n"}, [None]),
    ],
)  # fmt: skip
def test_what_a_project_starts_its_tests_with(files: dict[str, str], commands: list[str | None]) -> None:
    found = [each.text for each in gather(FileTree.of(files)).test_commands]
    assert [None if text.startswith("python -m unittest discover") else text for text in found] == commands


@pytest.mark.parametrize(
    ("command", "tests"),
    [
        ("python -m django test --settings=tests.settings", True),
        ("django-admin test", True),
        ("django-admin migrate", False),
        ("python -m demo.tests", True),
        ("python -m test.test_all", True),
        ("python -m demo.tests.runner", True),
        ("python runtests.py", True),
        ("python -m mypy.stubtest demo", False),
        ("python -m demo.tester", False),
    ],
)
def test_commands_that_test(command: str, tests: bool) -> None:
    assert runners.tests_something(command) is tests


def test_tests_that_lack_the_settings_of_django_call_for_another_command() -> None:
    output = "django.core.exceptions.ImproperlyConfigured: Requested setting USE_I18N, but settings are not configured."
    assert [sign.kind for sign in failure_signs(output)] == [FailureClass.USAGE]


def test_what_pytest_will_no_longer_have_counts_only_where_it_is_an_error() -> None:
    said = "pytest.PytestRemovedIn10Warning: config.inicfg is deprecated, use config.getini()"
    (sign,) = failure_signs(f"INTERNALERROR> {said}")
    assert (sign.kind, sign.subject) == (FailureClass.RUNNER_TOO_NEW, "10")
    assert FailureClass.RUNNER_TOO_NEW not in {each.kind for each in failure_signs(f"  conftest.py:9: {said}")}


@pytest.mark.parametrize(
    ("reason", "subject"),
    [
        ("bc(1) not found on this server.", "bc"),
        ("git executable is not installed", "git"),
        ("`convert` command not found", "convert"),
        ("Redis is not running", None),
        ("needs a display", None),
    ],
)
def test_program_for_want_of_which_tests_are_skipped_is_one_that_is_missing(reason: str, subject: str | None) -> None:
    signs = failure_signs(f"2 of 14 tests are skipped for a missing part: {reason}")
    assert [sign.subject for sign in signs if sign.kind is FailureClass.COMMAND_NOT_FOUND] == (
        [subject] if subject else []
    )


@pytest.mark.parametrize("option", ["--nomigrations", "--reuse-db", "--ds"])
def test_options_of_the_plugin_for_django_name_it(option: str) -> None:
    (sign,) = failure_signs(f"pytest: error: unrecognized arguments: {option} --cov=demo tests")
    assert PLUGINS[sign.subject] == "pytest-django"
