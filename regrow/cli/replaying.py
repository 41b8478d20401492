"""Shell: what a replay needs of the run that it repeats, and how the two compare."""

from __future__ import annotations

import json
from pathlib import Path

from regrow.actors.run.actor import PLAN_FILE
from regrow.cli.run_folders import REPORT, read_start
from regrow.cli.verifying import new_start
from regrow.protocols.errors import regrow_error
from regrow.protocols.plan import Plan
from regrow.protocols.run_messages import StartRun
from regrow.protocols.verification import MemoryUse

__all__ = ["compared", "replayed_start"]


def replayed_start(before: Path) -> StartRun:
    """Return the request for a replay of the run in that folder: its plan, nothing mended, nothing learned.

    Raises:
        RegrowError: It has no plan yet, or one that held a secret, which is not kept.
    """
    file = before / PLAN_FILE
    if not file.is_file():
        raise regrow_error(
            "E6001",
            "has no plan to replay",
            where=f"run {before.name}",
            expected="one that is over and came to a plan",
            remedy=f"go on with it by 'regrow resume {before.name}'",
        )
    plan = Plan.model_validate_json(file.read_bytes())
    hidden = next((step.command for step in plan.steps if "[redacted: " in step.command), None)
    if hidden is not None:
        what = f"cannot be replayed: the secret in `{hidden}` was not kept"
        raise regrow_error("E6001", what, where=f"run {before.name}", remedy="verify the target anew")
    start = read_start(before.parent, before.name)
    changes = {"memory": MemoryUse.NONE, "max_recoveries": 0, "replay": False, "chaos_seed": None}
    again = new_start(start.configuration.model_copy(update=changes))
    return again.model_copy(update={"plan": plan})


def compared(before: Path, after: Path) -> str:
    """Say in a sentence how two runs that are over compare; "" when one of them has left no report."""
    try:
        first, second = (json.loads((folder / REPORT).read_bytes()) for folder in (before, after))
    except (OSError, ValueError):
        return ""
    told = [f"{each['verdict']}, {each['testsPassed']} of {each['testsRun']} tests" for each in (first, second)]
    return f"the same as before: {told[0]}" if told[0] == told[1] else f"it was {told[0]}; it is {told[1]}"
