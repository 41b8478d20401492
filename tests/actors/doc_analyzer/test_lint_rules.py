"""Each rule of the documentation linter on one document that breaks it, and on its neighbour that does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regrow.actors.doc_analyzer.lint import RULES, LintResult, lint, open_target
from regrow.core.project.file_tree import FileTree
from tests.source_tree import ROOT

METADATA = """
[build-system]
requires = ["hatchling"]
[project]
name = "demo-tool"
version = "2.1"
requires-python = ">=3.9"
dependencies = ["attrs>=20", "click>=8.1"]
classifiers = ["Programming Language :: Python :: 3.9", "Programming Language :: Python :: 3.13"]
[project.optional-dependencies]
test = ["pytest>=7", "hypothesis"]
[project.scripts]
demo = "demo_tool.cli:main"
[project.urls]
Source = "https://github.com/acme/demo-tool"
"""
CLI = """
import argparse

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--verbose")
    commands = parser.add_subparsers()
    commands.add_parser("build")
    commands.add_parser("serve")
    commands.add_parser("check")
"""
FILES: dict[str, str | bytes] = {
    "pyproject.toml": METADATA,
    "LICENSE": "MIT",
    "Makefile": "test:\n\tpytest\ndocs:\n\tsphinx-build\n",
    "tox.ini": "[tox]\nenvlist = py39,lint\n[testenv]\ndeps = pytest\n[testenv:lint]\ndeps = ruff\n",
    "requirements-dev.txt": "pytest\nruff\n",
    "docs/guide.md": "# Guide\n",
    "docs/logo.png": b"\x00",
    "examples/first.py": "import demo_tool\n",
    "src/demo_tool/__init__.py": "from demo_tool.core import Engine, start\n__version__ = '2.1'\n",
    "src/demo_tool/cli.py": CLI,
    "src/demo_tool/core.py": "class Engine:\n    def run(self, speed=1): ...\n\ndef start(place): ...\n",
    "src/demo_tool/plugins/one.py": "x = 1\n",
    "bin/demo-admin": "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--slow')\n",
    "setup.py": "from setuptools import setup\nsetup(scripts=['bin/demo-admin'])\n",
    "tests/test_core.py": "import pytest\nimport demo_tool\n",
}


def linted(readme: str, name: str = "README.md", **index: tuple[str, ...] | None) -> LintResult:
    tree = FileTree.of({**FILES, name: readme})
    releases = {key.replace("_", "-"): value for key, value in index.items()}
    return lint(open_target(tree), releases)


def found(readme: str, name: str = "README.md") -> list[tuple[str, int]]:
    return [(finding.rule, finding.line) for finding in linted(readme, name).findings if finding.file == name]


def sh(*lines: str) -> str:
    return "# Demo\n\n```sh\n" + "\n".join(lines) + "\n```\n"


def py(*lines: str) -> str:
    return "# Demo\n\n```python\n" + "\n".join(lines) + "\n```\n"


WRONG = {
    "wrong-package": [
        sh("pip install demotool-x", "pip install demo_tol"),
        sh("pip install demo-tools"),
        sh("pip install atttrs"),
        sh("pip install py.test"),
        sh("pip install sklearn"),
    ],
    "unknown-package": [sh("pip install demo-tool jquery-ui"), "# Demo\n\n## Requirements\n\n- left-pad>=1.0\n"],
    "needless-package": [
        sh("pip install demo-tool attrs"),
        sh("pip install demo-tool", "pip install click"),
        sh("pip install demo-tool hypothesis"),
        sh("conda install -c conda-forge demo-tool scipy"),
    ],
    "hand-picked-dependencies": ["# Demo\n\n## Testing\n\n```sh\npip install pytest hypothesis\n```\n"],
    "unknown-extra": [sh("pip install demo-tool[tests]"), sh("pip install -e '.[dev]'")],
    "wrong-installer": [sh("npm install demo-tool")],
    "missing-requirements-file": [sh("pip install -r requirements.txt")],
    "release-pin": [sh("pip install demo-tool==1.0"), sh("pip install demo-tool==9.9"), sh("pip install pytest==7.1")],
    "missing-file": [
        "# D\n\nEdit /etc/demo-tool/demo.ini first.\n",
        sh("python examples/second.py"),
        "# Demo\n\nAn app is provided in `example/first.py` here.\n",
        "# Demo\n\nSee the documentation directory of the source package.\n",
        sh("twine upload build/*"),
        "# Demo\n\nWe collect plugins in `contrib/plugins/` here.\n",
    ],
    "missing-module": [
        sh("python -m demo_tool.nothing"),
        py("import demo_tol"),
        py("from demo_tool.kore import start"),
        py("INSTALLED_APPS = [", "    ...", "    'demo_tol',", "]"),
    ],
    "missing-name": [
        py("import sys", "sys.stdout.reflush()"),
        py("from demo_tool.core import start", "start(Engine())"),
        py("from demo_tool import Motor"),
        py("import demo_tool", "demo_tool.stop()"),
        py("from demo_tool import Engine", "engine = Engine()", "engine.walk()"),
        py("from demo_tool.core import start", "start(plaze=1)"),
        py(
            "from demo_tool import Engine",
            "proxy = Proxy()",
            "x = Engine(, ...)",
            "import demo_tool",
            "demo_tool.stop()",
        ),
    ],
    "missing-target": [sh("make tests"), sh("tox -e style")],
    "broken-link": [
        "# Demo\n\nSee [the guide](docs/guid.md).\n",
        "# Demo\n\n![x](https://raw.githubusercontent.com/acme/demo-tool/main/docs/images/logo.png)\n",
    ],
    "broken-anchor": ["# Demo\n\nSee [use](#usages).\n\n## Usage\n\nText.\n"],
    "misspelt-command": [
        sh("pyhton setup.py"),
        sh("pip instal demo-tool"),
        sh("git clne https://x.example/y"),
        sh("demo biuld"),
    ],
    "unknown-command": [
        sh("demo_tool serve --now"),
        sh("pip frobnicate"),
        sh("demo launch"),
        sh("docker fetch image"),
        sh("demo launch FILE [FILE...]"),
        sh("easy_install install demo-tool"),
    ],
    "unknown-option": [
        sh("pip install --sourced ."),
        sh("pytest --run"),
        sh("demo --fast"),
        sh("demo-admin --fast"),
        "# D\n\nRun `pip install --py demo-tool`.\n",
    ],
    "missing-argument": [
        py("from demo_tool.core import start", "start()"),
        py("from demo_tool.core import start", "start(1, 2)"),
        sh("python -m venv"),
        sh("git clone"),
    ],
    "flag-dashes": [sh("pip install -upgrade demo-tool"), sh("pip install –upgrade demo-tool")],
    "shell-syntax": [
        sh("DEMO_HOME python x.py"),
        sh("pip install 'demo-tool"),
        sh("pip install demo-tool &&"),
        sh("pip install pytest, ruff"),
    ],
    "unquoted-bound": [sh("pip install demo-tool>=2.0")],
    "typographic-quotes": [sh("echo “hello”")],
    "placeholder": [sh("git clone <repository-url>")],
    "windows-path": ["# Demo\n\n```bash\nvenv\\Scripts\\activate\n```\n"],
    "install-before-environment": [
        sh("python -m venv env", "pip install demo-tool", "source env/bin/activate"),
        sh("pip install demo-tool", "python -m venv env", "source env/bin/activate"),
    ],
    "wrong-order": [
        sh("pytest", "pip install -e ."),
        sh("pip install -e .", "git clone https://github.com/acme/demo-tool"),
        "# Demo\n\nBefore installing, you should run the unit tests.\n",
        py("print(engine)", "engine = 1"),
        "# Demo\n\nRun `pre-commit install`, then get it with `pip install pre-commit`.\n",
        sh("demo serve app") + "\nCreate a file called `app.py`:\n\n```python\nx = 1\n```\n",
    ],
    "used-before-installed": [
        "# Demo\n\n## Quick check\n\n```sh\ndemo check .\n```\n\n## Installation\n\n```sh\npip install demo-tool\n```\n",
        "# Demo\n\n## Installation\n\nSee:\n\n```sh\npython -c 'import demo_tool'\n```\n\nThen:\n\n"
        "```sh\npip install demo-tool\n```\n",
        "# Demo\n\n## Quick start\n\n```sh\ndemo build\n```\n\n## Installation\n\n```sh\npip install demo-tool\n```\n",
    ],
    "environment-name": [sh("python -m venv env", "source venv/bin/activate", "pip install demo-tool")],
    "wrong-folder": [sh("git clone https://github.com/acme/demo-tool.git", "cd demo_tool")],
    "lead-without-command": ["# Demo\n\nFirst, create a virtual environment:\n\n```sh\npip install demo-tool\n```\n"],
    "install-section-empty": [
        "# Demo\n\n## Installation\n\nAdd it to your settings:\n\n```python\nAPPS = ['demo']\n```\n"
    ],
    "section-without-command": ["# Demo\n\n## Testing\n\nYou can run the tests to see whether it works.\n"],
    "python-version": [
        "# Demo\n\nRequires Python 3.6 or later.\n",
        "# Demo\n\nIt supports Python 2.7.\n",
        "# Demo\n\nIt needs Python 3.12+.\n",
        "# Demo\n\nRequires Python <= 3.5.\n",
        "# Demo\n\n![py](https://img.shields.io/badge/python-3.7+-blue.svg)\n",
        sh("python3.6 -m pip install demo-tool"),
        "# Demo\n\nGet it with pipx (if you have it) or pip (Python 2.7 required).\n",
        "# Demo\n\nPython 3.13 is not supported yet.\n",
        "# Demo\n\nIt does not yet support Python 3.13.\n",
    ],
    "vague-version": ["# Demo\n\nDemo requires a recent version of Python.\n"],
    "dependency-version": ["# Demo\n\nRequires click 7.0 or later.\n", sh("pip install click==7.0")],
    "dependency-claim": [
        "# Demo\n\nThe attrs package is optional.\n",
        "# Demo\n\nIt is small and has no dependencies.\n",
    ],
    "repository-url": [
        sh("git clone https://github.com/acme/demotool.git"),
        sh("pip install git+https://gitlab.com/acme/demo-tool"),
    ],
    "other-name": [
        "# D\n\nIt listens on port 80:\n\n```\n$ demo serve\nserving on 127.0.0.1:8080\n```\n",
        "# D\n\n    gpg --verify key.asc demo.tar.gz\n",
        "# Demo\n\n```\n$ demo check one.txt\ntwo.txt:1: bad\n```\n",
        sh("export DEMO_HOME=/srv", "ls $DEMO_HOMR"),
        sh("docker build -t demo-image .", "docker run demo-imagee"),
        "# Demo\n\nCreate a file called `app.py`:\n\n```python\nx = 1\n```\n\n" + sh("python tasks.py")[8:],
        sh("demo build a.cast", "demo serve a.cast", "demo serve a.cast -v", "demo check b.cast"),
    ],
    "python-syntax": [py("def f(:", "    pass"), py("urls = [", "    ...", "    path('o/', include(x),", "]")],
    "missing-comma": [py("APPS = ['a', 'b' 'c']"), "# Demo\n\nWrite `APPS = ['a' 'b', 'c']`.\n"],
    "data-syntax": [
        '# D\n\n```json\n{"a": 1,}\n```\n',
        "# D\n\n```toml\na = \n```\n",
        "# D\n\nIn `tox.ini`:\n\n```ini\na = 1\n```\n",
    ],
    "suppression-without-reason": ["# Demo\n\n<!-- regrow: ignore wrong-package -->\n"],
    "suppression-of-unknown-rule": ["# Demo\n\n<!-- regrow: ignore nonsense because -->\n"],
}
"""Documents that a rule must speak of, by its name."""

RIGHT = {
    "the project with its extra": sh("pip install 'demo-tool[test]'", "demo build --verbose"),
    "an environment first": sh("python -m venv env", "source env/bin/activate", "pip install demo-tool"),
    "an environment as an alternative": sh(
        "pip install demo-tool", "python -m venv e", ". e/bin/activate", "pip install demo-tool"
    ),
    "another package that the page explains": "# Demo\n\nFor colours there is colorama.\n\n## "
    "Colours\n\nThen:\n\n```sh\npip install colorama\n```\n",
    "a file that the page makes": sh("touch app.py", "python app.py"),
    "a clone and its folder": sh(
        "git clone https://github.com/acme/demo-tool.git", "cd demo-tool", "pip install -e '.[test]'", "pytest"
    ),
    "a fork": sh("git clone git@github.com:your-name/demo-tool.git"),
    "the right versions": "# Demo\n\nRequires Python 3.9 or later and click 8.1+.\n",
    "stubs of its own": sh("pip install demo-tool types-demo-tool"),
    "an example before the installation": "# Demo\n\n## Example\n\n```sh\ndemo check .\n```\n\n## Installation\n\n"
    "```sh\npip install demo-tool\n```\n",
    "another project's files": sh(
        "git clone https://github.com/other/vcpkg.git", "cd vcpkg", "./examples/bootstrap.sh"
    ),
    "a shallow clone": sh("git clone https://github.com/acme/demo-tool.git --depth 1", "cd demo-tool"),
    "a channel of conda": sh("conda install -c conda-forge demo-tool"),
    "an option of another tool in a sentence": "# Demo\n\nGive pytest the option `--frobnicate` of its plugin.\n",
    "a help text": "# Demo\n\n```\nusage: demo [-h] [--verbose]\n\n  -h, --help  show this --nothing\n  --verbose  more\n```\n",
    "code that it works on": "# Demo\n\nIt requires Python 3.9+ and supports formatting Python 2.7 code too.\n",
    "a line of several": "# Demo\n\nFor click 6.0 and later, use demo 1.\n",
    "an address in JSON": '# Demo\n\n```json\n{"a": "https://x.example/y"}\n```\n',
    "the past": "# Demo\n\nThe last release for Python 2.7 was 1.0. Python 3.6 is no longer supported.\n",
    "names of the API": py(
        "from demo_tool import Engine", "import demo_tool.core", "Engine().run(speed=2)", "demo_tool.start(1)"
    ),
    "an elided block": py("from demo_tool import ...", "x = {", "  ...", "}"),
    "targets that are there": sh("make test", "tox -e lint", "tox -e py312"),
    "a plugin's option": sh("pytest --cov=demo_tool -n 4 -xvs"),
    "links that lead somewhere": "# Demo\n\n[g](docs/guide.md) [h](#use) "
    "[i](https://github.com/acme/demo-tool/blob/main/docs/guide.md)\n\n## Use\n\nX.\n",
    "a session of Windows": "# Demo\n\nOn Windows:\n\n```\nC:\\> venv\\Scripts\\activate\n```\n",
    "a file that is run as it was written": "# Demo\n\nCreate a file called `app.py`:\n\n"
    "```python\nx = 1\n```\n\n```sh\npython app.py\n```\n",
    "a second file of its own": sh("demo build a.cast", "demo serve a.cast", "demo check a.cast", "demo build b.cast"),
    "a tool to get where it is missing": "# Demo\n\nRun `tox`. If you do not have it, `pip install tox` first.\n",
    "a folder inside another": "# Demo\n\nWe collect plugins in `demo_tool/plugins/` here.\n",
    "brackets that say when": "# Demo\n\nThere was a release for it (Python 2.7 was required then).\n",
    "a Python that is out": "# Demo\n\nPython 3.8 is not supported.\n",
    "what a system brings": "# Demo\n\nOn Debian `attrs` is optional.\n",
    "strings on purpose": py("text = ('one ' 'two')", "names = ['a', 'b']"),
}
"""Documents that no rule may speak of."""


@pytest.mark.parametrize(("rule", "number"), [(rule, n) for rule, texts in WRONG.items() for n in range(len(texts))])
def test_a_rule_speaks_of_what_breaks_it(rule: str, number: int) -> None:
    assert rule in [name for name, _ in found(WRONG[rule][number])]


@pytest.mark.parametrize("name", RIGHT)
def test_no_rule_speaks_of_what_is_right(name: str) -> None:
    assert found(RIGHT[name]) == []


def test_every_rule_about_a_place_has_a_case() -> None:
    about_nothing = {name for name in RULES if name.startswith("no-")}
    assert WRONG.keys() == RULES.keys() - about_nothing


def test_a_finding_names_its_line() -> None:
    assert found("# Demo\n\nText.\n\n```sh\n# first\npip install demo-tool\npip instal x\n```\n") == [
        ("misspelt-command", 8)
    ]
    underlined = "Demo\n====\n\n- Python\n\nWith Python:\n\n.. code:: text\n\n    $ demo --fast\n"
    assert found(underlined, "README.rst") == [("unknown-option", 10)]


def test_what_the_index_says_is_told() -> None:
    (finding,) = linted(sh("pip install demo-tool strange-name"), strange_name=None).findings
    assert finding.message == "the index has no package 'strange-name'"
    (pinned,) = linted(sh("pip install pytest==99.0"), pytest=("8.4",)).findings
    assert (pinned.rule, pinned.message) == ("release-pin", "pytest has no release 99.0")


def test_only_strange_names_are_asked_about() -> None:
    tree = FileTree.of({**FILES, "README.md": sh("pip install demo-tool attrs pytest strange-name ruff")})
    assert open_target(tree).questions == {"strange-name"}


SUPPRESSED = (
    "# Demo\n\n<!-- regrow: ignore wrong-package it is renamed soon -->\nInstall:\n\n```sh\npip install "
    "demo-tools\n```\n"
)


def test_a_suppression_holds_for_the_next_block_and_keeps_its_reason() -> None:
    result = linted(SUPPRESSED + "\n```sh\npip install demo-tools\n```\n")
    assert [(finding.rule, finding.line) for finding in result.findings] == [("wrong-package", 11)]
    assert [(finding.line, reason) for finding, reason in result.suppressed] == [(7, "it is renamed soon")]


@pytest.mark.parametrize("file", ["pyproject.toml", ".regrow.toml"])
def test_settings_suppress_for_files(file: str) -> None:
    table = "tool.regrow.lint-docs" if file == "pyproject.toml" else "lint-docs"
    row = f'\n[{table}]\nignore = [{{rule = "wrong-package", file = "README*", reason = "known"}}]\n'
    tree = FileTree.of({**FILES, "README.md": sh("pip install demo-tools"), file: str(FILES.get(file, "")) + row})
    result = lint(open_target(tree))
    assert (result.findings, [reason for _, reason in result.suppressed]) == ((), ["known"])


def test_what_is_missing_is_said_and_costs_points() -> None:
    empty = linted("# Demo\n")
    assert {finding.rule for finding in empty.missing} >= {"no-install", "no-tests", "no-usage", "no-description"}
    whole = linted(
        "# Demo\n\nA tool that builds and serves demos. MIT licence. Requires Python 3.9 or later.\n\n```sh\npip "
        "install -e .\n"
        "pytest\ndemo build\n```\n\nDocumentation: docs/guide.md. Report bugs in the issue tracker; see the "
        "changelog.\n"
    )
    assert (whole.score, whole.missing) == (100, ())
    assert empty.score < 30


@settings(max_examples=120, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [
                *(line for texts in WRONG.values() for text in texts for line in text.split("\n")),
                "::",
                "    x",
                "$ ",
                ">>> f(",
            ]
        )
        | st.text(max_size=30),
        max_size=25,
    ).map("\n".join),
    name=st.sampled_from(["README.md", "README.rst", "README", "docs/install.rst"]),
)
def test_linting_never_raises_and_names_lines_that_are_there(text: str, name: str) -> None:
    for finding in linted(text, name).findings:
        assert 1 <= finding.line <= len(re.split(r"\r\n|\r|\n", text)) or finding.file != name
        assert finding.message


def test_the_page_of_rules_is_the_table() -> None:
    page = (ROOT / "docs" / "lint_rules.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| <a id=\"([\w-]+)\"></a>`\1` \| (.*?) \| (\w+) \| (.*?) \|$", page, re.MULTILINE)
    assert rows == [(rule.name, rule.title, rule.severity.value, rule.checks) for rule in RULES.values()]


def test_our_own_documents_have_no_finding() -> None:
    files = {path.name: path.read_bytes() for path in Path(ROOT).glob("*") if path.is_file() and path.name != "run"}
    result = lint(open_target(FileTree.of(files)))
    assert [finding for finding in result.findings if finding.rule in {"shell-syntax", "python-version"}] == []
