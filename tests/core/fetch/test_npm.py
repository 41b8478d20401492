"""Releases from npm's registry: what is said of one whose archive holds no tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regrow.core.fetch.npm import note_on_tests


def release(folder: Path, *files: str, repository: object = None) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("", encoding="utf-8")
    (folder / "package.json").write_text(json.dumps({"name": "x", "repository": repository}), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["test/index.js", "test.js", "lib/__tests__/a.ts", "src/a.spec.mjs", "a/b.test.tsx"])
def test_a_release_with_tests_needs_no_note(tmp_path: Path, name: str) -> None:
    assert note_on_tests(release(tmp_path, "index.js", name)) == ""


@pytest.mark.parametrize("name", ["index.js", "contest.js", "test/data.json", "lib/latest.js"])
def test_a_release_without_tests_is_told_of(tmp_path: Path, name: str) -> None:
    assert "holds no tests" in note_on_tests(release(tmp_path, name))


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ({"type": "git", "url": "git+https://code.example/a/b.git"}, "regrow verify https://code.example/a/b.git"),
        ({"url": "git://code.example/a/b.git"}, "regrow verify https://code.example/a/b.git"),
        ("git+ssh://git@code.example/a/b.git#main", "regrow verify https://code.example/a/b.git"),
        ("https://me:secret@code.example/a", "regrow verify https://code.example/a"),
        ("owner/name", "git URL of its repository"),
        (None, "git URL of its repository"),
        ({"url": 5}, "git URL of its repository"),
    ],
)
def test_the_note_names_the_repository_without_credentials(tmp_path: Path, stated: object, shown: str) -> None:
    note = note_on_tests(release(tmp_path, "index.js", repository=stated))
    assert note.endswith(shown)
    assert "secret" not in note


@pytest.mark.parametrize("manifest", [b"not json", b"[]", b"\xff"])
def test_a_manifest_that_cannot_be_read_names_nothing(tmp_path: Path, manifest: bytes) -> None:
    (tmp_path / "package.json").write_bytes(manifest)
    assert note_on_tests(tmp_path).endswith("git URL of its repository")
