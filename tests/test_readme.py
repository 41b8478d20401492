"""What README.md shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from regrow.cli.main import COMMANDS
from tests.source_tree import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
OF_RUN = {"test", "lint", "bench", "soak", "sim"}


def ways_to_run() -> list[str]:
    """Return the last line of the example, for each loop."""
    return [
        "anyio.run(main)",
        "anyio.run(main, backend='trio')",
        "anyio.run(main, backend_options={'use_uvloop': True})",
    ]


@pytest.mark.parametrize("last_line", ways_to_run())
def test_the_example_prints_what_the_text_says(last_line: str, tmp_path: Path) -> None:
    (example,) = EXAMPLES
    assert example.endswith("anyio.run(main)\n")
    script = tmp_path / "bank.py"
    script.write_text(example.replace("anyio.run(main)\n", f"{last_line}\n"), encoding="utf-8")
    code = f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); runpy.run_path({str(script)!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")
    assert "It prints `5`." in README


def test_every_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"\./run ([a-z]+)", README))
    assert named
    assert named <= COMMANDS.keys() | OF_RUN


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_the_ask_of_the_example_is_an_int_to_mypy(tmp_path: Path) -> None:
    (example,) = EXAMPLES
    asked = "await account.ask(GetBalance(), timeout_s=1.0)"
    assert asked in example
    script = tmp_path / "bank.py"
    script.write_text(example.replace(asked, f"reveal_type({asked})"), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(script)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert 'Revealed type is "int"' in done.stdout.replace("builtins.int", "int")
    assert "error:" not in done.stdout


def test_the_example_of_the_page_on_telemetry_prints_what_it_says() -> None:
    page = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.stdout, done.stderr) == ("GET /price, look up, process top/shop, send top/shop\n", "")
    assert f"`{done.stdout.strip()}`" in page
