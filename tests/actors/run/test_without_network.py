"""Runs that may ask no other machine: no step has the network, and what lacks it is no fault of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.core.project.refused_hosts import WHAT_ALLOWS_A_HOST
from regrow.protocols.status import Verdict
from tests.actors.scripted_rooms import Answer, Script, always
from tests.actors.whole_run import FILES, PASSED, Stage

pytestmark = pytest.mark.anyio
NOBODY_ANSWERS = "npm ERR! code EAI_AGAIN\nnpm ERR! request to the registry failed, reason: getaddrinfo EAI_AGAIN\n"


@pytest.mark.parametrize(("policy", "granted"), [("install", True), ("none", False)])
async def test_a_step_has_the_network_where_the_run_grants_it(policy: str, granted: bool, tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=Script({"pytest": always(0, PASSED)}), settings={"network": policy})
    assert (await stage.play()).verdict is Verdict.PASS
    assert any("pip install ." in script for script in stage.script.granted) is granted


async def test_a_step_that_lacks_the_network_is_not_repeated_and_not_the_projects_fault(tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=Script({"pip install .": always(1, NOBODY_ANSWERS)}), settings={"network": "none"})
    end = await stage.play()
    assert (end.verdict, end.errors[0].code) == (Verdict.UNDECIDED, "E5003")
    assert end.results.reason.endswith("; this run gives no step the network: run again without --no-network")
    assert stage.script.times("pip install .") == 1


async def test_system_packages_are_not_downloaded(tmp_path: Path) -> None:
    readme = FILES["README.md"].replace("pip install .", "sudo apt-get install zlib1g-dev\npip install .")
    stage = Stage(tmp_path, files={**FILES, "README.md": readme}, settings={"network": "none"})
    end = await stage.play()
    assert (end.verdict, end.errors[0].code) == (Verdict.UNDECIDED, "E5003")
    assert stage.script.installed == []
    assert end.results.reason.endswith("run again without --no-network")


async def test_a_host_that_the_proxy_refuses_is_named_and_not_asked_again(tmp_path: Path) -> None:
    output = "fatal: unable to access 'https://code.example/x/': CONNECT tunnel failed, response 403\n"
    answer = Answer(128, output, refused=("code.example", "code.example"))
    stage = Stage(tmp_path, script=Script({"pip install .": lambda _below: answer}))
    end = await stage.play()
    assert (end.verdict, end.errors[0].code) == (Verdict.UNDECIDED, "E5003")
    assert "this step was refused code.example:443: steps reach the package clients' own hosts" in end.results.reason
    assert end.results.reason.endswith(f"; {WHAT_ALLOWS_A_HOST}")
    assert stage.script.times("pip install .") == 1


async def test_a_test_that_wants_the_network_is_told_that_it_has_none(tmp_path: Path) -> None:
    stage = Stage(tmp_path, script=Script({"pytest": always(1, NOBODY_ANSWERS)}))
    end = await stage.play()
    assert "no step but one that installs has the network" in end.results.reason
    assert "run again when it can" not in end.results.reason


async def test_a_refused_host_is_no_excuse_for_another_failure(tmp_path: Path) -> None:
    answer = Answer(1, "error: invalid syntax in demo.c\n", refused=("statistics.example",))
    end = await Stage(tmp_path, script=Script({"pip install .": lambda _below: answer})).play()
    assert end.verdict is Verdict.FAIL


async def test_a_refused_host_that_the_step_complains_of_is_why_it_failed(tmp_path: Path) -> None:
    output = "npm ERR! Download failed: server returned code 403. URL: https://storage.example/browser.zip\n"
    answer = Answer(1, output, refused=("storage.example",))
    end = await Stage(tmp_path, script=Script({"pip install .": lambda _below: answer})).play()
    assert (end.verdict, end.errors[0].code) == (Verdict.UNDECIDED, "E5003")
    assert "this step was refused storage.example:443" in end.results.reason
