"""Which variables a run's tests are given."""

import pytest

from regrow.actors.run.project_file import ProjectFile, grant_secrets

PROJECT = ProjectFile(name=".regrow.toml", secrets=("API_TOKEN",))


@pytest.mark.parametrize(
    ("asked", "project", "set_here", "own", "given", "said"),
    [
        ((), None, {"API_TOKEN"}, True, (), ()),
        ((), PROJECT, {"API_TOKEN"}, True, ("API_TOKEN",), ("its tests were given the secret API_TOKEN",)),
        ((), PROJECT, {"API_TOKEN"}, False, (), ("with --secret API_TOKEN only",)),
        (("API_TOKEN",), PROJECT, {"API_TOKEN"}, False, ("API_TOKEN",), ("were given the secret API_TOKEN",)),
        (("OTHER",), PROJECT, {"OTHER", "API_TOKEN"}, True, ("OTHER", "API_TOKEN"), ("secrets OTHER, API_TOKEN",)),
        ((), PROJECT, set(), True, (), ("which .regrow.toml names, is not set",)),
        (("X",), None, set(), True, (), ("which --secret names, is not set",)),
    ],
)
def test_what_is_given_and_said(
    asked: tuple[str, ...],
    project: ProjectFile | None,
    set_here: set[str],
    own: bool,
    given: tuple[str, ...],
    said: tuple[str, ...],
) -> None:
    grant = grant_secrets(asked, project, set_here, own=own)
    assert grant.names == given
    assert len(grant.notes) == len(said)
    assert all(words in note for words, note in zip(said, grant.notes, strict=True))
