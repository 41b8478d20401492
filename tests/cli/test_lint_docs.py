"""`regrow lint-docs`: its exit codes, its JSON, its SARIF, and a patch that git takes and that mends what was found."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from regrow.actors.doc_analyzer.lint import RULES, Edit, Finding, lint, open_target
from regrow.cli.linting.patch import edited_text, unified_patch
from regrow.cli.linting.sarif import sarif_log
from regrow.cli.linting.writing import as_text
from regrow.core.project.file_tree import FileTree
from tests.source_tree import ROOT

METADATA = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.9"\n[build-system]\nrequires = []\n'
README = """# Demo

It does one thing.

```sh
pip instal demo
pyhton -m pytest
```

<!-- regrow: ignore wrong-package it is the name of the mirror -->
```sh
pip install demos
```
"""
FILES = {"pyproject.toml": METADATA, "demo/__init__.py": "", "README.md": README}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regrow", "lint-docs", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "project"


def test_findings_are_told_as_text_with_the_line_that_should_stand(project: Path) -> None:
    done = run(str(project), "--no-network")
    assert (done.returncode, done.stderr) == (1, "")
    assert "README.md:6: misspelt-command: pip has no command 'instal'; 'install' is meant" in done.stdout
    assert "    write: pip install demo\n" in done.stdout
    assert "README.md:12 wrong-package (it is the name of the mirror)" in done.stdout
    assert re.search(r"1 document: \d+ findings, \d missing, documentation score \d+ of 100\n$", done.stdout)


def test_json_holds_findings_missing_and_the_score(project: Path) -> None:
    done = run(str(project), "--json", "--no-network")
    value = json.loads(done.stdout)
    assert value["documents"] == ["README.md"]
    first = value["findings"][0]
    assert first.keys() == {"file", "line", "rule", "severity", "message", "evidence", "replacement"}
    assert (first["file"], first["line"], first["rule"]) == ("README.md", 6, "misspelt-command")
    assert {entry["rule"] for entry in value["missing"]} >= {"no-prerequisites", "no-help"}
    assert value["score"]["total"] == sum(part["points"] for part in value["score"]["parts"] if part["present"])
    assert [entry["reason"] for entry in value["suppressed"]] == ["it is the name of the mirror"]


def test_nothing_found_is_exit_code_0(project: Path) -> None:
    (project / "README.md").write_text("# Demo\n\nIt does one thing.\n\n    pip install demo\n", encoding="utf-8")
    assert run(str(project), "--no-network").returncode == 0


@pytest.mark.parametrize("arguments", [("./not-here",), (".", "--format", "pdf=x"), (".", "--nothing")])
def test_a_slip_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_patch_applies_with_git_and_what_it_mends_is_found_no_more(project: Path) -> None:
    patch = project.parent / "docs.patch"
    before = {
        (f["line"], f["rule"])
        for f in json.loads(run(str(project), "--json", "--patch", str(patch)).stdout)["findings"]
    }
    assert {(6, "misspelt-command"), (7, "misspelt-command")} <= before
    subprocess.run(["git", "apply", str(patch)], cwd=project, check=True, timeout=30)
    text = (project / "README.md").read_text(encoding="utf-8")
    assert "pip install demo" in text
    assert "python -m pytest" in text
    after = {(f["line"], f["rule"]) for f in json.loads(run(str(project), "--json", "--no-network").stdout)["findings"]}
    assert after.isdisjoint(before)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end"])
def test_a_patch_fits_the_line_ends_of_the_file(ending: str, last: str, tmp_path: Path) -> None:
    data = ending.join(["# Demo", "", "pip instal x", last]).encode()
    (tmp_path / "README.md").write_bytes(data)
    tree = FileTree.of({"README.md": data})
    patch = unified_patch(tree, [Finding("README.md", 3, "misspelt-command", "m", "", Edit(3, 4, 10, "install"))])
    (tmp_path / "p.diff").write_bytes(patch.encode())
    subprocess.run(["git", "apply", "p.diff"], cwd=tmp_path, check=True, timeout=30)
    assert (tmp_path / "README.md").read_bytes() == data.replace(b"instal x", b"install x")


def test_of_two_replacements_that_overlap_the_first_is_made() -> None:
    edits = [Edit(1, 0, 3, "one"), Edit(1, 2, 5, "two"), Edit(1, 6, 7, "c")]
    assert edited_text("aaabb b", edits) == "onebb c"


def _object(value: object) -> Mapping[str, object]:
    assert isinstance(value, dict)
    return cast("Mapping[str, object]", value)


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def test_sarif_has_what_its_schema_requires() -> None:
    """Sections 3.13 (log), 3.14 (run), 3.18 (tool), 3.19 (component), 3.49 (rule), 3.27 (result), 3.30 (region), "
    "3.55 (fix)."""
    tree = FileTree.of(FILES)
    log = _object(json.loads(json.dumps(sarif_log(lint(open_target(tree)), "0.1.0"))))
    assert log["version"] == "2.1.0"
    (run_of_tool,) = map(_object, _list(log["runs"]))
    driver = _object(_object(run_of_tool["tool"])["driver"])
    rules = [_object(rule) for rule in _list(driver["rules"])]
    assert driver["name"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert all(_object(rule["shortDescription"])["text"] and rule["name"] for rule in rules)
    results = [_object(result) for result in _list(run_of_tool["results"])]
    for result in results:
        assert rules[cast("int", result["ruleIndex"])]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note", "none"}
        assert _object(result["message"])["text"]
        (location,) = map(_object, _list(result["locations"]))
        physical = _object(location["physicalLocation"])
        assert _object(physical["artifactLocation"])["uri"] in FILES
        region = _object(physical["region"])
        assert cast("int", region["startLine"]) >= 1
        for fix in map(_object, _list(result.get("fixes", []))):
            (change,) = map(_object, _list(fix["artifactChanges"]))
            (replacement,) = map(_object, _list(change["replacements"]))
            deleted = _object(replacement["deletedRegion"])
            assert cast("int", deleted["endColumn"]) >= cast("int", deleted["startColumn"]) >= 1
            assert _object(replacement["insertedContent"])["text"]
    suppressed = [result for result in results if "suppressions" in result]
    assert [_object(_list(result["suppressions"])[0])["justification"] for result in suppressed] == [
        "it is the name of the mirror"
    ]


def test_sarif_goes_to_its_file(project: Path) -> None:
    place = project.parent / "out" / "lint.sarif"
    done = run(str(project), "--no-network", "--format", f"sarif={place}", "--json")
    assert json.loads(place.read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert json.loads(done.stdout)["findings"]


def test_text_names_the_parts_of_the_score() -> None:
    tree = FileTree.of(FILES)
    text = as_text(lint(open_target(tree)), tree)
    assert "   10 of 10  description  (README.md:3)\n" in text
    assert "    0 of  5  prerequisites\n" in text


def test_a_long_document_takes_no_longer_than_its_length() -> None:
    def work(times: int) -> float:
        tree = FileTree.of({**FILES, "README.md": README * times})
        started = time.process_time()
        lint(open_target(tree))
        return time.process_time() - started

    work(1)
    assert work(40) < 60 * max(work(2), 0.02)


def test_an_archive_is_linted_as_its_folder_is(project: Path, tmp_path: Path) -> None:
    archive = tmp_path / "project.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(project, "demo-1.0")
    folder, packed = run(str(project), "--no-network", "--json"), run(str(archive), "--no-network", "--json")
    assert (packed.returncode, json.loads(packed.stdout)) == (1, json.loads(folder.stdout))


def test_a_git_repository_is_linted_as_it_was_committed(project: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        subprocess.run(["git", *who, *arguments], cwd=project, check=True, timeout=30, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "x")
    done = run(f"git+file://{project}", "--no-network")
    assert done.returncode == 1, done.stderr
    assert "README.md:6: misspelt-command" in done.stdout


@pytest.mark.parametrize("target", ["pypi:demo", "npm:demo", "deb:demo"])
def test_without_a_network_a_package_cannot_be_fetched_and_says_so(target: str) -> None:
    done = run(target, "--no-network")
    assert (done.returncode, done.stdout) == (69, "")
    assert "E5" in done.stderr


def test_a_notebook_counts_for_the_score_and_for_what_is_missing() -> None:
    source = ["# Demo\n", "It does one thing for those who read. Needs Python 3.9."]
    cells = [
        {"cell_type": "markdown", "source": source},
        {"cell_type": "code", "source": ["!pip install -e .\n", "!pytest"]},
    ]
    notebook = json.dumps({"cells": cells, "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4}, indent=1)
    result = lint(open_target(FileTree.of({"README.ipynb": notebook, "tests/test_a.py": ""})))
    assert result.documents == ("README.ipynb",)
    present = {part.name for part in result.parts if part.present}
    assert present == {"description", "installation", "tests", "development setup", "prerequisites"}
    assert {finding.rule for finding in result.missing} == {"no-usage", "no-licence", "no-help"}
    assert as_text(result, FileTree.of({})).splitlines()[-1].startswith("1 document: 0 findings, 3 missing")


def test_where_nothing_can_be_replaced_no_patch_is_written(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Demo\n\nIt does one thing for those who read.\n")
    done = run(str(tmp_path), "--no-network", "--patch", str(tmp_path / "docs.patch"))
    assert done.returncode == 0
    assert done.stderr.startswith("no patch: no finding has a replacement; nothing is written to ")
    assert not (tmp_path / "docs.patch").exists()
