"""What is said about a Python release whose archive holds no tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.core.fetch.python_index import note_on_tests, repository_of

BODY = "\n\nProject-URL: Source, https://not.example/in-the-description\n"


def release(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "PKG-INFO").write_text("Name: demo\nProject-URL: Source, https://code.example/a/demo\n")
    return folder


@pytest.mark.parametrize("name", ["tests/check.py", "src/demo/test/all.py", "test_demo.py", "demo_test.py", "tests.py"])
def test_a_release_with_tests_needs_no_note(tmp_path: Path, name: str) -> None:
    assert note_on_tests(release(tmp_path, "demo.py", name)) == ""


@pytest.mark.parametrize("name", ["demo/latest.py", "demo/contest_rules.py", "docs/tests.md"])
def test_a_release_without_tests_names_its_repository(tmp_path: Path, name: str) -> None:
    assert note_on_tests(release(tmp_path, "demo.py", name)).endswith("regrow verify https://code.example/a/demo")


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["Source Code, https://code.example/a/b/"], "https://code.example/a/b"),
        (["Documentation, https://docs.example", "Repository, https://code.example/a/b"], "https://code.example/a/b"),
        (
            ["Homepage, https://code.example/a/b", "Changelog, https://code.example/a/b/blob/main/C"],
            "https://code.example/a/b",
        ),
        (["Homepage, https://b.example", "Changelog, https://b.example/changes"], ""),
        (["Homepage, https://b.example"], ""),
        (["Source, https://me:secret@code.example/a"], ""),
        ([], ""),
    ],
)
def test_the_repository_is_what_the_metadata_call_so(lines: list[str], address: str) -> None:
    assert repository_of("".join(f"Project-URL: {line}\n" for line in lines) + BODY) == address
