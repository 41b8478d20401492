"""The doc analyzer against documents that were written for it, and the figures of `./run labels`."""

from __future__ import annotations

import pytest

from regrow.actors.doc_analyzer.analysis import analyze
from regrow.core.project.file_tree import FileTree
from tests.labelled.measuring import LABELS, Label, read_labels, score

OWN = LABELS.parent / "own"


def test_fifteen_documents_or_more_are_labelled() -> None:
    labels = read_labels()
    assert len({each.target for each in labels}) == len(labels) >= 15
    assert all(each.target.startswith(("pypi:", "npm:", "deb:")) for each in labels)


@pytest.mark.parametrize("label", read_labels(OWN / "labels.json"), ids=lambda label: label.target)
def test_commands_and_prerequisites_of_our_own_documents_are_all_found(label: Label) -> None:
    tree = FileTree.of({label.document: (OWN / label.target).read_text("utf-8")})
    analysis = analyze(tree, (), "demo").model_dump(mode="json", by_alias=True)
    commands, needs = score(label, analysis)
    assert (commands.wrong, needs.wrong) == ([], [])


def test_what_is_missed_or_too_much_is_counted_and_named() -> None:
    label = Label("x", "README", ((3, "make", "build"), (5, "make check", "test")), (("tool", "cmake"),))
    ref = {"file": "README", "line": 3, "endLine": 3}
    analysis = {
        "commands": [
            {"text": "make all", "ref": ref, "kind": "install"},
            {"text": "ls", "ref": {**ref, "line": 9, "endLine": 9}, "kind": "other"},
            {"text": "elsewhere", "ref": {**ref, "file": "INSTALL"}, "kind": "other"},
        ],
        "prerequisites": [{"name": "git", "ref": ref}],
    }
    commands, needs = score(label, analysis)
    assert (commands.right, commands.found, commands.wanted, commands.kinds_right) == (1, 2, 2, 0)
    assert commands.wrong == ["! 3: make all is build, not install", "+ 9: ls", "- 5: make check"]
    assert needs.wrong == ["+ git", "- cmake"]
