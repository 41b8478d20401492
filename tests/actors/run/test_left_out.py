"""A whole run over documents that hold what cannot be done: it is named on the way, and it is never a plain pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.protocols.run_messages import RunProgress
from regrow.protocols.status import Verdict
from tests.actors.scripted_rooms import Script, always
from tests.actors.whole_run import FILES, PASSED, Stage

pytestmark = pytest.mark.anyio


def notes_of(stage: Stage) -> set[str]:
    return {news.note for news in stage.news if isinstance(news, RunProgress) and news.note is not None}


async def played(folder: Path, install: str, more: str = "") -> Stage:
    readme = f"# demo\n\n## Install\n\n```sh\n{install}\n```\n\n## Test\n\n```sh\npytest\n```\n{more}"
    stage = Stage(folder, {**FILES, "README.md": readme}, Script({"pytest": always(0, PASSED)}))
    await stage.play()
    return stage


async def test_run_that_left_out_a_required_command_is_healed_and_says_so(tmp_path: Path) -> None:
    stage = await played(tmp_path, 'pip install .\nread -p "name? " x\nsleep 100000')
    assert stage.end.verdict is Verdict.HEALED
    assert [deviation.corrects and deviation.corrects.line for deviation in stage.end.results.deviations] == [7, 8]
    (note,) = notes_of(stage)
    assert note == "not done of what the documents say: 1 asks_for_input, 1 never_ends; the first at README.md:7"
    assert not any("read -p" in script or "sleep" in script for script in stage.script.ran)


async def test_run_that_left_out_examples_is_a_pass(tmp_path: Path) -> None:
    stage = await played(tmp_path, "pip install .", "\n## Usage\n\n```sh\ndemo run <file>\nflask run\n```\n")
    assert stage.end.verdict is Verdict.PASS
    assert notes_of(stage) == set()


async def test_note_of_the_target_is_told_and_kept_with_any_verdict(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "evil").symlink_to("/etc/passwd")
    stage = await played(tmp_path, "pip install .")
    assert stage.end.verdict is Verdict.PASS
    assert any("evil" in note for note in stage.end.results.notes)
    assert notes_of(stage) == set(stage.end.results.notes)
