"""What a project may say of its own verification, and that it can only make a run narrower."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.actors.run.project_file import ProjectFile, parse_project_file, shortened, sort_deviations
from regrow.actors.run.project_reading import folder_of, read_project_file
from regrow.protocols.errors import CallerError
from regrow.protocols.plan import Deviation, DeviationKind

WHOLE = """
documents = ["INSTALL.md", "docs/test.md"]
folder = "python"
time = "5m"
accept = [
  { deviation = "add_packages:*", reason = "our users have  a compiler" },
]
"""


def deviation(strategy_id: str) -> Deviation:
    return Deviation(strategy_id=strategy_id, kind=DeviationKind.ADDED_STEP, description="does more", sentence="")


def test_both_places_say_the_same() -> None:
    own = parse_project_file(WHOLE, None)
    assert own is not None
    assert (own.documents, own.folder, own.time_s) == (("INSTALL.md", "docs/test.md"), "python", 300)
    assert [(rule.deviation, rule.reason, rule.line) for rule in own.accept] == [
        ("add_packages:*", "our users have a compiler", 6)
    ]
    in_pyproject = parse_project_file(None, f"[tool.regrow]\n{WHOLE}")
    assert in_pyproject is not None
    assert (in_pyproject.name, in_pyproject.documents) == ("pyproject.toml", own.documents)


@pytest.mark.parametrize("pyproject", [None, "", "[tool.other]\nregrow = 1\n", "[project]\nname = 'regrow'\n"])
def test_a_project_may_say_nothing(pyproject: str | None) -> None:
    assert parse_project_file(None, pyproject) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "documnets = []",
            r"\.regrow\.toml:1 does not know the key documnets \(.* got documnets\); write 'documents' instead",
        ),
        ("unsafe_no_sandbox = true", "does not know the key unsafe_no_sandbox"),
        (
            "network = 'install'",
            r"does not know the key network \(expected one of documents, .*, lint-docs, got network\)",
        ),
        ("accept = [{ deviation = 'x' }]", r"accept\[1\] has no reason \(a sentence"),
        ("accept = [{ deviation = 'x', reason = ' ' }]", r"accept\[1\] has no reason"),
        ("accept = [{ reason = 'x' }]", r"accept\[1\] has no deviation"),
        ("accept = [{ deviation = 'x', raeson = 'y' }]", r"key accept\[1\]\.raeson \(.*; write 'reason' instead"),
        ("accept = ['x']", r"accept\[1\] is no table"),
        ("documents = 'README.md'", "documents cannot be used"),
        ("documents = ['/etc/passwd']", "documents cannot be used"),
        ("documents = ['../../secret']", "documents cannot be used"),
        ("folder = '..'", "folder cannot be used"),
        ("folder = 3", "folder cannot be used"),
        ("time = 'soon'", "time cannot be used"),
        ("documents = [", "is not TOML"),
    ],
)
def test_what_cannot_be_used_is_named_with_file_and_key(text: str, said: str) -> None:
    with pytest.raises(CallerError, match=f"E1007 .*{said}"):
        parse_project_file(text, None)


@pytest.mark.parametrize(
    ("own", "pyproject", "place"),
    [
        (None, "[tool.other]\ntime = 1\n\n[tool.regrow]\nfolder = '.'\ntime = 'soon'\n", r"pyproject\.toml:6 time"),
        (None, "[tool.regrow.limits]\nmemroy = 1\n", r"pyproject\.toml:2 does not know the key limits\.memroy"),
        (None, "[tool]\nregrow = 3\n", r"pyproject\.toml:2 regrow is no table"),
        ("# time\naccept = [\n  { deviation = 'x', reson = 'y' },\n]\n", None, r"\.regrow\.toml:3 does not know"),
        ("accept = [\n  { deviation = 'x' },\n]\n", None, r"\.regrow\.toml:1 accept\[1\] has no reason"),
        ("time = '1m'\nfolder = \n", None, r"\.regrow\.toml:2 is not TOML"),
        (
            "time = '1m'\n[tool.regrow]\nfolder = 'x'\n",
            None,
            r"\.regrow\.toml:2 has .*; remove the line \[tool\.regrow\]",
        ),
        (
            "[tool.regrow]\ntimes = '1m'\n",
            None,
            r"\.regrow\.toml:2 does not know the key times .*; write 'time' instead",
        ),
    ],
)
def test_a_slip_is_told_at_its_line(own: str | None, pyproject: str | None, place: str) -> None:
    with pytest.raises(CallerError, match=f"^E1007 {place}"):
        parse_project_file(own, pyproject)


def test_the_own_file_may_hold_the_table_as_it_stands_in_pyproject() -> None:
    moved = parse_project_file(f"[tool.regrow]\n{WHOLE}", None)
    assert moved is not None
    assert (moved.name, moved.documents, moved.time_s) == (".regrow.toml", ("INSTALL.md", "docs/test.md"), 300)


def test_what_the_linter_reads_is_known_here_too() -> None:
    found = parse_project_file(None, "[tool.regrow.lint-docs]\nignore = [{ rule = 'no-help', reason = 'x' }]\n")
    assert found is not None
    assert found.documents == ()


def test_two_files_are_one_too_many() -> None:
    with pytest.raises(CallerError, match=r"E1007 .*one of the two"):
        parse_project_file("", "[tool.regrow]\n")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_by_its_code(text: str) -> None:
    try:
        parse_project_file(text, text)
    except CallerError as error:
        assert error.code == "E1007"  # noqa: PT017  # that nothing else is raised is the point


def test_accepted_deviations_are_told_apart_and_keep_their_reason() -> None:
    project = parse_project_file(WHOLE, None)
    left, accepted = sort_deviations((deviation("add_packages:gcc"), deviation("complete_plan")), project)
    assert [each.strategy_id for each in left] == ["complete_plan"]
    assert [(each.deviation.strategy_id, each.reason) for each in accepted] == [
        ("add_packages:gcc", "our users have a compiler")
    ]


def test_an_acceptance_that_matches_nothing_any_more_costs_the_pass_at_its_line() -> None:
    (stale,), accepted = sort_deviations((), parse_project_file(WHOLE, None))
    assert accepted == ()
    assert stale.kind is DeviationKind.STALE_ACCEPTANCE
    assert stale.corrects is not None
    assert str(stale.corrects) == ".regrow.toml:6"
    assert "does not happen any more" in stale.description


def test_files_are_read_from_the_tree_and_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.toml").write_text("documents = []")
    (root / ".regrow.toml").symlink_to(tmp_path / "outside.toml")
    assert read_project_file(root) is None
    (root / ".regrow.toml").unlink()
    (root / ".regrow.toml").write_bytes(b"\xff")
    with pytest.raises(CallerError, match=r"E1007 \.regrow\.toml is not UTF-8"):
        read_project_file(root)
    (root / ".regrow.toml").write_text("#" * 2_000_000)
    with pytest.raises(CallerError, match=r"E1007 \.regrow\.toml is too large"):
        read_project_file(root)
    (root / ".regrow.toml").unlink()
    (root / "pyproject.toml").write_bytes(b"\xff regrow")
    assert read_project_file(root) is None


def test_the_folder_and_its_documents_are_in_the_project(tmp_path: Path) -> None:
    (tmp_path / "root" / "python").mkdir(parents=True)
    root = tmp_path / "root"
    (root / "python" / "INSTALL.md").touch()
    project = ProjectFile(name=".regrow.toml", folder="python", documents=("INSTALL.md",))
    assert folder_of(root, project) == root / "python"
    assert folder_of(root, None) == root
    for wrong in (
        project.model_copy(update={"folder": "nothing"}),
        project.model_copy(update={"documents": ("README.md",)}),
    ):
        with pytest.raises(CallerError, match=r"E1007 \.regrow\.toml names the .* not in the project"):
            folder_of(root, wrong)
    (root / "away").symlink_to(tmp_path)
    with pytest.raises(CallerError, match="E1007"):
        folder_of(root, ProjectFile(name="x", folder="away"))


@pytest.mark.parametrize(("typed", "minutes"), [(None, 15), ("5m", 5), ("9h", 15)])
def test_a_project_may_make_a_run_shorter_and_never_longer(typed: str | None, minutes: int) -> None:
    began = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    project = parse_project_file(f"time = '{typed}'" if typed else "", None)
    assert shortened(began + dt.timedelta(minutes=15), began, project) == began + dt.timedelta(minutes=minutes)
    assert shortened(began, began, None) == began


def test_limits_and_secrets_are_read() -> None:
    text = 'secrets = ["API_TOKEN", "API_TOKEN", "B"]\nlimits = { time = "2m", memory = "512 MiB", disk = 1000, processes = 9 }'
    project = parse_project_file(text, None)
    assert project is not None
    assert project.secrets == ("API_TOKEN", "B")
    limits = project.limits
    assert (limits.time_s, limits.memory_bytes, limits.disk_bytes, limits.processes) == (120.0, 512 * 2**20, 1000, 9)
    assert (limits.cpu_s, limits.output_bytes) == (None, None)


@pytest.mark.parametrize(
    ("size", "count"),
    [("1", 1), ("2k", 2048), ("2 KiB", 2048), ("2kB", 2000), ("3M", 3 * 2**20), ("1 gib", 2**30), ("1GB", 10**9)],
)
def test_sizes_have_units(size: str, count: int) -> None:
    project = parse_project_file(f'limits = {{ memory = "{size}" }}', None)
    assert project is not None
    assert project.limits.memory_bytes == count


@pytest.mark.parametrize(
    "text",
    [
        'secrets = "API_TOKEN"',
        'secrets = ["A B"]',
        'secrets = ["PATH"]',
        "secrets = [1]",
        "limits = 3",
        'limits = { memory = "much" }',
        "limits = { memory = 0 }",
        "limits = { memory = true }",
        "limits = { processes = 0 }",
        "limits = { processes = true }",
        'limits = { cpu = "1h" }',
        'limits = { time = "-1s" }',
    ],
)
def test_limits_and_secrets_that_cannot_be_used_are_refused(text: str) -> None:
    with pytest.raises(CallerError, match="E1007"):
        parse_project_file(text, None)
