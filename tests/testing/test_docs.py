"""What docs/testing.md shows is what happens."""

from __future__ import annotations

import inspect
import re

import pytest

import regrow.testing
from tests.source_tree import ROOT
from tests.testing.test_pytest_plugin import run

pytest_plugins = ["pytester"]

PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
FILES = {
    block.partition("\n")[0].removeprefix("# "): block
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
}


def test_every_example_passes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name, text in FILES.items():
        assert re.fullmatch(r"\w+\.py", name), f"an example begins with the name of its file, got {name!r}"
        (pytester.path / name).write_text(text, encoding="utf-8")
    tests = sum(text.count("def test_") for text in FILES.values())
    on_both = sum(text.count("def test_") for text in FILES.values() if "pytest.mark.anyio" in text)
    by_hand = sum(text.count('parametrize("backend"') for text in FILES.values())
    run(pytester).assert_outcomes(passed=tests + on_both + by_hand)


def test_every_public_function_is_on_the_page() -> None:
    functions = [name for name in regrow.testing.__all__ if inspect.isfunction(getattr(regrow.testing, name))]
    # What the fixtures are made of, for those who need another set of backends.
    assert [name for name in functions if name not in PAGE] == ["virtual_backend"]
