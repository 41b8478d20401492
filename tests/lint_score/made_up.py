"""A small labelled set of our own: two projects that do not exist, and errors of every type as people and tools make them."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

__all__ = ["write_made_up"]

_PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "{name}"
version = "2.4"
requires-python = ">=3.10"
dependencies = ["click>=8.1", "rich>=13"]
classifiers = ["Programming Language :: Python :: 3.10", "Programming Language :: Python :: 3.14"]
[project.optional-dependencies]
plot = ["matplotlib>=3.7"]
test = ["pytest>=8", "hypothesis"]
[project.scripts]
{script} = "{package}.cli:main"
[project.urls]
Source = "https://github.com/acme/{name}"
"""
_CLI = """\
import click

@click.group()
def main(): ...

@main.command()
@click.option("--depth", type=int)
@click.option("--format", type=click.Choice(["table", "json"]))
@click.argument("path")
def weigh(depth, format, path): ...

@main.command()
def compare(): ...

@main.command()
def history(): ...
"""
_README = """\
# {name}

Weighs the folders of a tree and says which ones grew. Works with Python 3.10 or newer.

![a table of folders](docs/table.png)

## Installation

```sh
python -m venv env
source env/bin/activate
pip install {name}
```

For pictures install the extra: `pip install {name}[plot]`.

## Usage

```sh
{script} weigh --depth 2 --format table .
{script} compare
```

From Python:

```python
from {package} import Scale

scale = Scale(depth=2)
scale.weigh(".")
```

## Development

```sh
git clone https://github.com/acme/{name}.git
cd {name}
pip install -e '.[test]'
pytest tests/test_scale.py
```

See [the guide](docs/guide.md). Examples are in the folder `examples/`.
"""
_EDITS = (
    ("E1", "pip install {name}\n```", "pip install {name}s\n```"),
    ("E1", "pip install {name}\n```", "pip install {name} hypothesis\n```"),
    ("E1", "{name}[plot]", "{name}[plots]"),
    ("E1", "pip install -e '.[test]'", "pip install -r requirements.txt"),
    ("E2", "{script} weigh --depth 2", "{script} weigh --levels 2"),
    ("E2", "--format table .", "--format tables ."),
    ("E2", "{script} compare", "{script} contrast"),
    ("E2", "from {package} import Scale\n", "from {package} import Balance\n"),
    ("E2", "python -m venv env\n", "python -m venv\n"),
    ("E4", "docs/table.png", "docs/images/table.png"),
    ("E4", "tests/test_scale.py", "tests/test_scales.py"),
    ("E4", "(docs/guide.md)", "(docs/manual.md)"),
    ("E4", "cd {name}\n", "cd {name}-main\n"),
    ("E6", "source env/bin/activate\npip install {name}\n", "pip install {name}\nsource env/bin/activate\n"),
    ("E6", "python -m venv env\nsource env/bin/activate\n", "source env/bin/activate\npython -m venv env\n"),
    ("E7", "Python 3.10 or newer", "Python 2.7"),
    ("E7", "Python 3.10 or newer", "Python 3.6 or newer"),
    ("E8", "scale = Scale(depth=2)", "scale = Scale(depth=2"),
    ("E8", "scale.weigh", "scale.weight"),
    # Nobody can tell these from the tree; they keep the figures honest.
    ("E8", "which ones grew", "which ones shrank"),
    ("E4", "weigh --depth 2 --format table .", "weigh --depth 2 --format table ./data"),
)


def write_made_up(folder: Path) -> tuple[Path, Path]:
    """Write the set. Returns the folder of the cases and that of the trees."""
    cases, trees = folder / "cases", folder / "trees"
    projects = []
    for name, package, script in (("foldscale", "foldscale", "foldscale"), ("grow-watch", "growwatch", "gw")):
        words = {"name": name, "package": package, "script": script}
        readme = _README.format(**words)
        files = {
            "pyproject.toml": _PYPROJECT.format(**words),
            "README.md": readme,
            "LICENSE": "MIT\n",
            f"src/{package}/__init__.py": "from .scale import Scale\n",
            f"src/{package}/cli.py": _CLI,
            f"src/{package}/scale.py": "class Scale:\n    def __init__(self, depth=1): ...\n    def weigh(self, path): ...\n",
            "tests/test_scale.py": f"import pytest\nfrom {package} import Scale\n",
            "docs/guide.md": "# Guide\n",
            "docs/table.png": "",
            "examples/one.py": f"import {package}\n",
        }
        for path, text in files.items():
            place = trees / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        home = cases / name
        home.mkdir(parents=True)
        (home / "original.md").write_text(readme, encoding="utf-8")
        for number, (kind, old, new) in enumerate(_EDITS, 1):
            changed = readme.replace(old.format(**words), new.format(**words), 1)
            assert changed != readme, f"nothing to change: {old}"
            label = {"changed_lines": _lines(readme, changed), "errors": [{"error_type": kind}]}
            (home / f"{number:02}_only_{kind}.md").write_text(changed, encoding="utf-8")
            (home / f"{number:02}_only_{kind}.json").write_text(json.dumps(label), encoding="utf-8")
        projects.append({"pypi": name, "readme": "README.md"})
    (cases / "projects.json").write_text(json.dumps(projects), encoding="utf-8")
    return cases, trees


def _lines(before: str, after: str) -> list[list[int]]:
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return [[a + 1, b, c + 1, d] for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal"]
