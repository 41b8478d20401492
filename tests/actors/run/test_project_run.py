"""A run of a project with a file of its own: what it accepts, which folder and documents are read, how long it may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.protocols.plan import DeviationKind
from regrow.protocols.status import BuildStatus, Verdict
from tests.actors.scripted_rooms import Answer, Script, always, needs
from tests.actors.whole_run import FILES, NOT_FOUND, PASSED, Stage

pytestmark = pytest.mark.anyio


def heals() -> Script:
    return Script({"pytest\n": always(), "pytest": needs(".[test]", Answer(127, NOT_FOUND), Answer(0, PASSED))})


def stage_of(folder: Path, own: str, script: Script, **more: str) -> Stage:
    return Stage(folder, files={**FILES, ".regrow.toml": own, **more}, script=script)


async def test_an_accepted_deviation_does_not_cost_the_pass_and_is_told_with_its_reason(tmp_path: Path) -> None:
    own = 'accept = [{ deviation = "*", reason = "users have pytest" }]\n'
    end = await stage_of(tmp_path, own, heals()).play()
    assert (end.verdict, end.status, end.results.deviations) == (Verdict.PASS, BuildStatus.COMPLETED, ())
    (accepted,) = end.results.accepted
    assert (accepted.reason, "[test]" in accepted.deviation.sentence) == ("users have pytest", True)
    assert "1 deviation that the project accepts" in end.results.reason


async def test_an_acceptance_of_another_deviation_does_not_help(tmp_path: Path) -> None:
    own = 'accept = [{ deviation = "add_packages:*", reason = "x" }]\n'
    end = await stage_of(tmp_path, own, heals()).play()
    assert end.verdict is Verdict.HEALED
    assert [each.kind for each in end.results.deviations][-1] is DeviationKind.STALE_ACCEPTANCE
    assert len(end.results.deviations) == 2


async def test_an_acceptance_that_is_no_longer_needed_costs_the_pass(tmp_path: Path) -> None:
    own = '\naccept = [{ deviation = "x", reason = "y" }]\n'
    end = await stage_of(tmp_path, own, Script({"pytest": always(0, PASSED)})).play()
    (stale,) = end.results.deviations
    assert (end.verdict, str(stale.corrects)) == (Verdict.HEALED, ".regrow.toml:2")


@pytest.mark.parametrize(
    "own", ["accept = [{ deviation = 'x' }]", "unsafe = true", "folder = 'away'", "documents = ['no']"]
)
async def test_a_file_that_cannot_be_used_is_no_fault_of_the_project(own: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, own, Script({"pytest": always(0, PASSED)}))
    end = await stage.play()
    assert (end.verdict, [error.code for error in end.errors]) == (Verdict.UNDECIDED, ["E1007"])
    assert ".regrow.toml" in end.results.reason
    assert await stage.completed() == {}


async def test_only_the_named_documents_are_read(tmp_path: Path) -> None:
    other = FILES["README.md"].replace("pip install .", "pip install -e .")
    stage = stage_of(tmp_path, "documents = ['BUILD.md']", Script({"pytest": always(0, PASSED)}), **{"BUILD.md": other})
    end = await stage.play()
    assert end.verdict is Verdict.PASS
    done = " ".join(await stage.completed())
    assert "pip install -e ." in done
    assert "pip install ." not in done


async def test_a_folder_of_the_project_is_verified(tmp_path: Path) -> None:
    inner = {f"python/{name}": text for name, text in FILES.items()}
    files = {".regrow.toml": "folder = 'python'\n", "README.md": "# All\n\n```sh\nmake everything\n```\n", **inner}
    end = await Stage(tmp_path, files=files, script=Script({"pytest": always(0, PASSED)})).play()
    assert end.verdict is Verdict.PASS
