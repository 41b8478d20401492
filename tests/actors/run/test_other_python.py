"""A project that wants another Python gets one of the machine's, where that is allowed; it never counts as the documents'."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.protocols.plan import DeviationKind
from regrow.protocols.status import Verdict
from tests.actors.scripted_rooms import Answer, Script, always, needs
from tests.actors.whole_run import PASSED, Stage

TOO_OLD = "ERROR: Package 'demo' requires a different Python: 3.11.2 not in '>=3.12'\n"
FILES = {
    "README.md": "# demo\n\n## Test\n\n```sh\npip install .\npytest\n```\n",
    "pyproject.toml": '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.12"\n[build-system]\nrequires = []\n',
    "demo/__init__.py": "",
    "tests/test_demo.py": "import pytest\n",
}


def script(*pythons: str, works: bool = True) -> Script:
    return Script(
        {
            "import ctypes": always(0 if works else 1, "" if works else "ImportError: libssl.so.3"),
            "pip install .": needs("python 3.13", Answer(1, TOO_OLD), Answer(0)),
            "pytest": always(0, PASSED),
        },
        pythons=pythons,
    )


@pytest.mark.anyio
async def test_the_python_that_a_project_wants_is_a_deviation(tmp_path: Path) -> None:
    stage = Stage(tmp_path, FILES, script("3.14", "3.13", "3.9"), settings={"replay": True})
    end = await stage.play()
    assert end.verdict is Verdict.HEALED
    assert [each.kind for each in end.results.deviations] == [DeviationKind.OTHER_VERSION]
    assert "Python 3.13" in end.results.deviations[0].description
    assert end.results.patch is None
    assert any("does not have Python 3.13" in note for note in end.results.notes)
    assert any("python3.13 -m venv" in each for each in stage.script.ran)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("pythons", "works", "allowed"),
    [((), True, True), (("3.9",), True, True), (("3.13",), False, True), (("3.13",), True, False)],
)
async def test_without_one_the_cause_names_what_is_wanted(
    tmp_path: Path, pythons: tuple[str, ...], works: bool, allowed: bool
) -> None:
    stage = Stage(tmp_path, FILES, script(*pythons, works=works), settings={"host_interpreters": allowed})
    end = await stage.play()
    assert end.verdict is Verdict.FAIL
    assert "it needs Python >=3.12, and Debian 12 has 3.11" in end.results.reason
    assert end.results.deviations == ()
