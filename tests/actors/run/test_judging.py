"""The verdict of a whole run, from its record."""

from __future__ import annotations

import pytest

from regrow.actors.run.judging import judge_record
from regrow.actors.run.record import RunRecord
from regrow.protocols.status import BuildStatus, Verdict
from regrow.protocols.verification import BuildError

NOTE = "the archive of this release holds no tests; its repository may: regrow verify https://code.example/a"


@pytest.mark.parametrize(("code", "told"), [("E3005", True), ("E3001", False)])
def test_what_is_known_of_the_source_is_told_where_it_holds_no_tests(code: str, told: bool) -> None:
    errors = (BuildError(code=code, message="what happened"), BuildError(code="E4003", message="nothing helps"))
    results = judge_record(RunRecord(status=BuildStatus.FAILED, notes=(NOTE,), errors=errors))
    assert results.verdict is Verdict.FAIL
    assert results.reason.startswith("what happened; ")
    assert (NOTE in results.reason) is told
