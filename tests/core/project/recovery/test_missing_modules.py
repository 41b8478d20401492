"""A module that is missing is installed under the name that has it, and never taken from a stranger of the same name."""

from __future__ import annotations

import pytest

from regrow.core.project.evidence import Evidence, Origin, gather, missing_modules, with_missing
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, added, assemble
from regrow.core.project.recovery import Failure, Recovery, recoveries
from regrow.protocols.plan import Plan, StepPhase

PYPROJECT = '[project]\nname = "demo"\nversion = "1.0"\n[build-system]\nrequires = []\n'
UNITTEST = """E
======================================================================
ERROR: test_demo (unittest.loader._FailedTest.test_demo)
----------------------------------------------------------------------
ImportError: Failed to import test module: test_demo
Traceback (most recent call last):
  File "/build/checkout/demo/core.py", line 1, in <module>
    {0}
ModuleNotFoundError: No module named '{1}'

Ran 1 test in 0.000s

FAILED (errors=1)
"""
PYTEST = """==================================== ERRORS ====================================
_____________________ ERROR collecting tests/test_demo.py ______________________
ImportError while importing test module '/build/checkout/tests/test_demo.py'.
Traceback:
demo/core.py:1: in <module>
    {0}
E   ModuleNotFoundError: No module named '{1}'
=========================== short test summary info ============================
ERROR tests/test_demo.py
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
=============================== 1 error in 0.05s ===============================
"""


def plan_of(*commands: str) -> Plan:
    drafts = [Draft(command, "documented", StepPhase.INSTALL) for command in commands[:-1]]
    return assemble([*drafts, Draft(commands[-1], "documented", StepPhase.TEST, counts_tests=True)])


def python(source: str, **more: str) -> FileTree:
    files = {
        "pyproject.toml": PYPROJECT,
        "demo/__init__.py": "",
        "demo/core.py": source,
        "tests/test_demo.py": "import demo.core\n",
    }
    return FileTree.of({**files, **{name.replace("__", "/"): text for name, text in more.items()}})


def proposed(tree: FileTree, plan: Plan, output: str) -> tuple[Recovery, ...]:
    evidence: Evidence = with_missing(tree, gather(tree), output)
    return recoveries(plan, Failure(plan.steps[-1], output, 1), evidence)


def commands(tree: FileTree, plan: Plan, output: str) -> set[str]:
    """All commands that any proposal adds."""
    known = {step.command for step in plan.steps}
    return {step.command for each in proposed(tree, plan, output) if each.plan for step in each.plan.steps} - known


@pytest.mark.parametrize("output", [UNITTEST, PYTEST])
@pytest.mark.parametrize(
    ("statement", "module", "command"),
    [
        ("import idna", "idna", "python -m pip install idna"),
        ("from yaml import safe_load", "yaml", "python -m pip install pyyaml"),
        ("import PIL.Image", "PIL", "python -m pip install pillow"),
        ("from bs4 import BeautifulSoup", "bs4", "python -m pip install beautifulsoup4"),
    ],
)
def test_module_that_the_project_imports_and_nothing_declares_is_installed(
    output: str, statement: str, module: str, command: str
) -> None:
    plan = plan_of("pip install .", "pytest")
    said = output.format(statement, module)
    tree = python(statement + "\n")
    assert commands(tree, plan, said) == {command}  # and no other test command, which would lack it too
    (proposal,) = proposed(tree, plan, said)
    assert proposal.plan is not None
    (deviation,) = proposal.plan.all_deviations
    assert "demo/core.py:1" in deviation.description
    assert command in deviation.sentence


@pytest.mark.parametrize(
    ("statement", "module", "more"),
    [
        ("import demo_core", "demo_core", {"src__demo_core__x.py": ""}),
        ("import wrongly", "wrongly", {"lib__old__wrongly.py": ""}),
        ("import demo.speedups", "demo.speedups", {}),
        ("import _fast", "_fast", {"ext___fast.c": ""}),
        ("import _generated", "_generated", {}),
        ("import helpers", "helpers", {}),
        ("from utils import x", "utils", {}),
        ("import tkinter", "tkinter", {}),
        ("import yaml.missing", "yaml.missing", {}),
        ("import google", "google", {}),
    ],
)
def test_module_that_may_be_the_projects_own_is_never_had_from_an_index(
    statement: str, module: str, more: dict[str, str]
) -> None:
    for output in (UNITTEST, PYTEST):
        said = output.format(statement, module)
        added = commands(python(statement + "\n", **more), plan_of("pip install .", "pytest"), said)
        assert not any("pip install" in command for command in added), added


def test_module_that_only_an_output_names_is_not_installed() -> None:
    added = commands(python("import json\n"), plan_of("pip install .", "pytest"), PYTEST.format("x", "evil"))
    assert not any("evil" in command for command in added)


def test_module_that_an_extra_declares_is_installed_as_declared() -> None:
    text = PYPROJECT.replace("[build-system]", '[project.optional-dependencies]\ntest = ["PyYAML>=6"]\n[build-system]')
    tree = python("import yaml\n", **{"pyproject.toml": text})
    assert commands(tree, plan_of("pip install .", "pytest"), PYTEST.format("import yaml", "yaml")) == {
        "python -m pip install '.[test]'"
    }


def node(source: str, package: str = '{"name": "demo"}', **more: str) -> FileTree:
    files = {"package.json": package, "index.js": source, "test/test.js": "require('..')\n"}
    return FileTree.of({**files, **{name.replace("__", "/"): text for name, text in more.items()}})


NODE = "Error: Cannot find module '{}'\nRequire stack:\n- /build/checkout/index.js\n"


@pytest.mark.parametrize(
    ("source", "module", "command"),
    [
        ("const c = require('chai')\n", "chai", "npm install chai"),
        ("import fp from 'lodash/fp'\n", "lodash/fp", "npm install lodash"),
        ("import x from '@scope/name/sub.js'\n", "@scope/name/sub.js", "npm install @scope/name"),
    ],
)
def test_package_that_the_sources_import_and_nothing_declares_is_installed(
    source: str, module: str, command: str
) -> None:
    assert command in commands(node(source), plan_of("npm install", "npm test"), NODE.format(module))


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("require('src/x')\n", "src/x"),
        ("import x from '@/x'\n", "@/x"),
        ("import x from '~/x'\n", "~/x"),
        ("require('demo')\n", "demo"),
        ("require('fs')\n", "fs"),
        ("require('utils')\n", "utils"),
        ("require('ms')\n", "other"),
    ],
)
def test_node_module_that_may_be_the_projects_own_is_never_had_from_an_index(source: str, module: str) -> None:
    added = commands(
        node(source, src__x_js="", **{"src__x.js": ""}), plan_of("npm install", "npm test"), NODE.format(module)
    )
    assert not any(command.startswith("npm install ") for command in added), added


def test_node_package_that_is_declared_is_not_installed_by_name() -> None:
    tree = node("require('ms')\n", '{"name": "demo", "dependencies": {"ms": "^2"}}')
    assert "npm install ms" not in commands(tree, plan_of("npm install", "npm test"), NODE.format("ms"))


def test_origin_and_importer_are_told() -> None:
    tree = python("\nimport idna\n")
    (missing,) = missing_modules(tree, gather(tree), PYTEST.format("import idna", "idna"))
    assert (missing.origin, missing.distribution, str(missing.importer)) == (Origin.FOREIGN, "idna", "demo/core.py:2")


def test_modules_that_are_missing_together_are_installed_together() -> None:
    tree = python(
        "import idna\nfrom yaml import x\nimport attr\n",
        **{"requirements-dev.txt": "pytest\nattrs\n", "tests/y.py": ""},
    )
    said = "".join(PYTEST.format("import x", name) for name in ("idna", "yaml", "attr"))
    plan = plan_of("pip install .", "pytest")
    assert commands(tree, plan, said) == {
        "python -m pip install idna pyyaml",
        "python -m pip install -r requirements-dev.txt",
    }
    (proposal, *_) = proposed(tree, plan, said)
    assert proposal.plan is not None
    (deviation,) = proposal.plan.all_deviations
    assert "demo/core.py:1" in deviation.description
    assert "demo/core.py:2" in deviation.description


@pytest.mark.parametrize(
    "line",
    [
        "ImproperlyConfigured: 'shortuuid' module is required for ShortUUIDField. (Do you have Python 2.5 or higher?)",
        "ImportError: shortuuid is not installed",
        "RuntimeError: To read this, please install shortuuid.",
    ],
)
def test_what_a_project_says_that_it_lacks_is_installed_where_the_project_imports_it(line: str) -> None:
    plan = plan_of("pip install .", "pytest")
    assert commands(python("try:\n    import shortuuid\nexcept ImportError:\n    pass\n"), plan, line) == {
        "python -m pip install shortuuid"
    }
    assert not any("shortuuid" in command for command in commands(python("import json\n"), plan, line))


OFFERS = '[project]\nname = "demo"\n[project.optional-dependencies]\nrsa = ["cryptography>=3"]\nbig = ["cryptography", "yaml"]\n'


@pytest.mark.parametrize(
    "line",
    [
        "E   ModuleNotFoundError: No module named 'cryptography'",
        "E   NotImplementedError: Algorithm 'RS256' could not be found. Do you have cryptography installed?",
        "E   RuntimeError: signing is unavailable because the cryptography library is not installed.",
    ],
)
def test_what_an_extra_brings_is_installed_as_that_extra(line: str) -> None:
    tree = FileTree.of(
        {"pyproject.toml": OFFERS + "[build-system]\nrequires = []\n", "demo/a.py": "import cryptography\n"}
    )
    plan = plan_of("pip install .", "pytest")
    assert "python -m pip install '.[rsa]'" in commands(tree, plan, line)


def test_extras_that_are_found_one_after_another_are_one_installation() -> None:
    tree = FileTree.of(
        {"pyproject.toml": OFFERS + "[build-system]\nrequires = []\n", "demo/__init__.py": "import cryptography, six\n"}
    )
    step = Draft("python -m pip install -e '.[fast]'", "", StepPhase.INSTALL, None, added("x", "as '.'", "so"))
    plan = assemble([step, Draft("pytest", "documented", StepPhase.TEST, counts_tests=True)])
    said = PYTEST.format("x", "cryptography")
    assert "python -m pip install -e '.[fast,rsa]'" in commands(tree, plan, said)
    compiled = FileTree.of({**_files(tree), "setup.py": "setup(ext_modules=[Extension('demo.x', ['x.c'])])"})
    assert "python -m pip install '.[rsa]'" in commands(compiled, plan, said)


def _files(tree: FileTree) -> dict[str, str]:
    return {path: tree.text(path) or "" for path in tree.files}
