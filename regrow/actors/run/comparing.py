"""The repetition of a build that has passed: the last thing of a run, which changes nothing of its verdict. Pure.

Tests pass whether or not two builds are equal to the byte, so a difference is told beside the verdict. Whoever wants it to
count says `--require-reproducible`. For the same reason nothing that goes wrong here is a failure of the run.
"""

from __future__ import annotations

from regrow.actors.run.record import RunRecord
from regrow.protocols.reproducibility import Reproducibility
from regrow.protocols.run_messages import Reproduce
from regrow.protocols.verification import BuildError

__all__ = ["REPEATED", "compare", "compare_command", "needs_comparison"]


REPEATED = "it passes; now its build is repeated, with other surroundings, and the artefacts are compared"


def needs_comparison(record: RunRecord) -> bool:
    """Whether builds are still to be compared, now that the run has passed."""
    assert record.request is not None
    return record.request.configuration.reproducibility_builds > 1 and record.reproducibility is None


def compare_command(record: RunRecord) -> Reproduce:
    """Ask for the comparison."""
    assert record.request is not None
    assert record.source is not None
    assert record.analysis is not None
    assert record.build is not None
    assert record.deadline is not None
    return Reproduce(
        run_id=record.request.run_id,
        attempt=record.attempt,
        source=record.source,
        analysis=record.analysis,
        configuration=record.request.configuration,
        plan=record.build.plan,
        deadline=record.deadline,
    )


def compare(record: RunRecord, fact: object) -> None:
    """Take what came of the comparison: what it has shown, or why it could not be made."""
    match fact:
        case Reproducibility():
            record.reproducibility = fact
        case BuildError(message=message):
            record.reproducibility = Reproducibility(reproducible=None, reason=message)
        case _:
            record.reproducibility = Reproducibility(
                reproducible=None, reason="the run's deadline passed before builds could be compared"
            )
    record.comparing = False
