"""The guardian in a tree, beside a pattern learner that does what a test says."""

from __future__ import annotations

from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from regrow import Actor, ChildSpec, Supervisor, handler, open_tree
from regrow.actors.guardian import actor as guardian_module
from regrow.actors.guardian.actor import GuardianActor
from regrow.core.project.plan_steps import Draft, assemble
from regrow.core.project.recovery.model import FoundPackages, NeedsSystemPackages
from regrow.protocols.documents import DocAnalysis, Ecosystem
from regrow.protocols.errors import regrow_error
from regrow.protocols.plan import CountSource, Ended, StepOutcome, StepPhase, TestCounts
from regrow.protocols.run_messages import Diagnose, LearnedPattern, LearnError, PhaseFailure, RecoveryPlan, SourceTree
from regrow.protocols.status import BuildStatus
from regrow.protocols.verification import BuildError

pytestmark = pytest.mark.anyio

ID = "c" * 64
PLAN = assemble(
    [
        Draft("pip install .", "documented", StepPhase.INSTALL),
        Draft("pytest", "documented", StepPhase.TEST, counts_tests=True),
    ]
)


class Learner(Actor):
    """Answers, or never does."""

    def __init__(self, answers: bool) -> None:
        self._answers = answers

    @handler
    async def learn_error(self, message: LearnError) -> LearnedPattern:
        if not self._answers:
            await anyio.sleep_forever()
        return LearnedPattern(pattern_id=ID, is_new=False, frequency=3)


def diagnosis(
    folder: Path, output: str, step: int = 1, log: Path | None = None, tests: TestCounts | None = None
) -> Diagnose:
    (folder / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1"\n', "utf-8")
    failed = PLAN.steps[step]
    outcome = StepOutcome(
        step_id=failed.step_id,
        exit_code=1,
        ended=Ended.EXITED,
        output_tail=output,
        output_path=str(log) if log is not None else None,
        duration_ms=1,
        tests=tests,
    )
    error = BuildError(code="E3001" if step else "E2004", message="it broke", step=failed.step_id)
    phase = BuildStatus.VERIFYING if step else BuildStatus.BUILDING
    return Diagnose(
        run_id="r",
        attempt=1,
        failure=PhaseFailure(phase=phase, error=error, step=failed, outcome=outcome),
        source=SourceTree(folder=str(folder), digest=ID, name="demo"),
        analysis=DocAnalysis(documents=(), commands=(), ecosystem=Ecosystem.PYTHON),
        plan=PLAN,
    )


class Finder:
    """Has one package for every file, or no index at all."""

    def __init__(self, has_index: bool) -> None:
        self.asked: list[tuple[NeedsSystemPackages, bool]] = []
        self._has_index = has_index

    async def find_packages(self, needs: NeedsSystemPackages, *, network: bool) -> FoundPackages:
        await anyio.lowlevel.checkpoint()
        self.asked.append((needs, network))
        if not self._has_index:
            raise regrow_error("E5003", "is not here", where="package index")
        return FoundPackages(("libfound-dev",))


async def ask(message: Diagnose, *, answers: bool = True, packages: Finder | None = None) -> RecoveryPlan:
    children = [
        ChildSpec("learner", Learner, args={"answers": answers}, shutdown_limit_s=0.0),
        ChildSpec("guardian", GuardianActor, args={"pattern_learner": "s/learner", "packages": packages}),
    ]
    async with open_tree(Supervisor("s", children=children)) as tree:
        return await tree.ref("s/guardian", GuardianActor).ask(message)


async def test_plan_is_amended_by_the_first_rule_that_applies(tmp_path: Path) -> None:
    answer = await ask(diagnosis(tmp_path, "bash: line 1: pytest: command not found"))
    assert answer.strategy is not None
    assert answer.pattern_id == ID
    assert answer.plan is not None
    assert [step.command for step in answer.plan.steps][1] == "python -m pip install pytest"


async def test_pattern_learner_that_does_not_answer_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian_module, "LEARN_LIMIT_S", 0.05)
    answer = await ask(diagnosis(tmp_path, "bash: line 1: pytest: command not found"), answers=False)
    assert answer.strategy is not None
    assert not answer.pattern_known


async def test_file_that_no_known_package_has_is_named_with_what_to_do(tmp_path: Path) -> None:
    answer = await ask(diagnosis(tmp_path, "a.c:1: fatal error: nobody.h: No such file or directory", step=0))
    assert answer.strategy is None
    assert answer.reason == "the header nobody.h is missing: name in the documents the system package that has it"


@pytest.mark.parametrize("network", [True, False])
async def test_package_of_a_file_is_asked_of_the_owner_of_the_rooms(tmp_path: Path, network: bool) -> None:
    packages = Finder(has_index=True)
    message = diagnosis(tmp_path, "a.c:1: fatal error: nobody.h: No such file or directory", step=0)
    answer = await ask(message.model_copy(update={"network_allowed": network}), packages=packages)
    assert answer.plan is not None
    assert answer.plan.steps[0].command.endswith(" libfound-dev")
    assert packages.asked == [(NeedsSystemPackages(files=("*/include/nobody.h", "*/include/*/nobody.h")), network)]


async def test_table_answers_where_the_index_cannot_be_had_and_the_reason_says_so(tmp_path: Path) -> None:
    message = diagnosis(tmp_path, "a.c:1: fatal error: zlib.h: No such file or directory", step=0)
    answer = await ask(message, packages=Finder(has_index=False))
    assert answer.plan is not None
    assert answer.plan.steps[0].command.endswith(" zlib1g-dev")
    assert "by a table, since the package index cannot be had (E5003 " in answer.reason


async def test_cause_is_read_at_the_head_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "step.log"
    log.write_text("unable to execute 'gcc': No such file or directory\n" + "noise\n" * 100_000, "utf-8")
    answer = await ask(diagnosis(tmp_path, "noise\n", log=log))
    assert answer.plan is not None
    assert "build-essential" in answer.plan.steps[0].command


async def test_suite_that_ran_is_not_exchanged_for_another(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("test:\n\tpython -m pytest tests/quick\n", "utf-8")
    (tmp_path / "test_demo.py").write_text("import pytest\n", "utf-8")
    printed = "E   PermissionError: [Errno 13] Permission denied\n===== 1 failed, 9 passed in 0.1s =====\n"
    counts = TestCounts(run=10, passed=9, failed=1, source=CountSource.OUTPUT, runner="pytest")
    answer = await ask(diagnosis(tmp_path, printed, tests=counts))
    assert answer.strategy is None
