"""Shell: the last JSON object of a run: whatever ends it, a machine reader gets one, and it is the last line.

With `--json` it is the only line: the report where there is one, and with it how the run ended. With `--events` it is
the event "end". What a person reads goes to standard error as before.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from regrow.cli.exit_codes import EXIT_USAGE, exit_code_of, exit_code_of_error, only_cause
from regrow.cli.process.last_word import LAST_WORD
from regrow.cli.report.progress import drop_output
from regrow.core.redaction import redact
from regrow.protocols.actor_errors import ActorError
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.error_table import ERRORS
from regrow.protocols.errors import RegrowError
from regrow.protocols.report import RunReport
from regrow.protocols.status import Verdict
from regrow.protocols.wire import Count, WireModel

__all__ = ["EndError", "EndState", "RunEnd", "end_of_error", "end_of_report", "print_end", "refusals_told"]


class EndState(StrEnum):
    """How a run ended for whoever started it.

    finished: there is a verdict. interrupted: a signal ended it, it can be gone on with. failed: an error ended it.
    refused: this process did nothing for it.
    """

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    REFUSED = "refused"


class EndError(WireModel):
    """Why it did not pass. `code` is explained by `regrow explain`."""

    code: str
    message: str
    remedy: str


class RunEnd(WireModel):
    """How a run ended.

    Attributes:
        run_id: None when it was refused before it had one.
        exit_code: What the process ends with.
        error: None when it passed.
        resume: The command that goes on with it; None when there is nothing to go on with.
    """

    run_id: str | None
    target: str | None
    state: EndState
    exit_code: Count
    error: EndError | None = None
    resume: str | None = None


def end_of_report(
    report: RunReport, unwritten: RegrowError | None, *, accept_healed: bool, require_reproducible: bool = False
) -> RunEnd:
    """Return the end of a run that has a verdict. A report that could not be written is an error of its own."""
    code = exit_code_of(report.verdict, accept_healed=accept_healed)
    if (
        report.verdict is Verdict.UNDECIDED
        and report.errors[:1]
        and report.errors[0].code == ErrorCode.PROJECT_FILE_INVALID
    ):
        code = EXIT_USAGE  # as where the file lay here, and no run was begun for it
    error = None
    found = report.reproducibility
    if require_reproducible and code == 0 and (found is None or not found.reproducible):
        row = ERRORS[ErrorCode.VERIFY_NOT_REPRODUCIBLE]
        code = 1 if found is not None and found.reproducible is False else 4
        reason = found.reason if found is not None else "no builds were compared"
        error = EndError(code=row.code, message=reason, remedy=row.remedy)
    if report.verdict is not Verdict.PASS and report.errors:
        first = report.errors[0]
        error = EndError(code=first.code, message=first.message, remedy=ERRORS[ErrorCode(first.code)].remedy)
    if unwritten is not None and unwritten.code is ErrorCode.STATEMENT_EMPTY:
        # The verdict stands: a build that failed has nothing to state, which is no error of its own.
        code, error = code or exit_code_of_error(unwritten), error or _described(unwritten)
    elif unwritten is not None:
        code, error = exit_code_of_error(unwritten), _described(unwritten)
    return RunEnd(run_id=report.run_id, target=report.target, state=EndState.FINISHED, exit_code=code, error=error)


def end_of_error(
    error: BaseException, *, run_id: str | None, target: str | None, resume: str | None = None, begun: bool = False
) -> RunEnd:
    """Return the end of a run that an error or a signal ended; `begun` says whether this process had begun it."""
    cause = only_cause(error)
    state = EndState.FAILED if begun else EndState.REFUSED
    if isinstance(cause, KeyboardInterrupt):
        state = EndState.INTERRUPTED
    return RunEnd(
        run_id=run_id,
        target=target,
        state=state,
        exit_code=exit_code_of_error(cause),
        error=_described(cause),
        resume=resume,
    )


def _described(error: BaseException) -> EndError:
    if isinstance(error, RegrowError):
        return EndError(code=error.code.value, message=error.message, remedy=error.remedy)
    if isinstance(error, KeyboardInterrupt):
        code, message = ErrorCode.RUN_CANCELLED, f"the run was interrupted ({str(error) or 'SIGINT'})"
    elif isinstance(error, ActorError):
        code, message = ErrorCode(error.code), redact(str(error).removeprefix(error.code).strip())
    else:
        code, message = ErrorCode.INTERNAL, redact(f"{type(error).__name__}: {error}")
    return EndError(code=code.value, message=message, remedy=ERRORS[code].remedy)


def print_end(end: RunEnd, report: RunReport | None, *, json_out: bool, events: bool) -> None:
    """Print the last object, when a machine reads. A reader that has gone away is no error."""
    told = end.model_dump(mode="json", by_alias=True)
    if json_out:
        found = report.model_dump(mode="json", by_alias=True) if report is not None else {}
        text = json.dumps({**found, **told}, indent=2)
    elif events:
        text = json.dumps({"event": "end", **told})
    else:
        return
    LAST_WORD.said = True
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()


@contextmanager
def refusals_told(target: str | None, *, json_out: bool, events: bool) -> Iterator[None]:
    """Tell a machine too what is refused before a run has an id.

    Raises:
        RegrowError: The refusal itself.
    """
    try:
        yield
    except RegrowError as error:
        end = end_of_error(error, run_id=None, target=target)
        print_end(end, None, json_out=json_out, events=events)
        raise
