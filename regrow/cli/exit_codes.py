"""Exit codes: what a command, a verdict, an error and a signal end the process with. Light: `regrow --help` loads it.

0 done or pass, 1 the command's own "no" (fail, healed), 2 usage and settings, 4 undecided, 69 something of the system is
missing, 70 a bug of regrow, 128 and the number of the signal when one ended it (130 Ctrl-C, 143 SIGTERM, 141 nobody reads
any more). 3 is kept for "no daemon". Sources: sysexits.h (69 EX_UNAVAILABLE, 70 EX_SOFTWARE), and what a shell says of a
program that a signal ended.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from regrow.protocols.status import Verdict

__all__ = [
    "EXIT_INTERNAL",
    "EXIT_UNAVAILABLE",
    "EXIT_USAGE",
    "Interrupted",
    "exit_code_of",
    "exit_code_of_error",
    "only_cause",
]

EXIT_USAGE: Final = 2
EXIT_UNAVAILABLE: Final = 69
EXIT_INTERNAL: Final = 70

_OF_VERDICT: Final = {"pass": 0, "healed": 1, "fail": 1, "undecided": 4, "cancelled": 128 + signal.SIGINT}


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end. It passes `except Exception`, as Ctrl-C does."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def exit_code_of(verdict: Verdict, *, accept_healed: bool) -> int:
    """Return the exit code that a verdict stands for."""
    return 0 if accept_healed and verdict.value == "healed" else _OF_VERDICT[verdict.value]


def only_cause(error: BaseException) -> BaseException:
    """Return the one error inside of groups; task groups wrap even a single one. An interruption goes before all else."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    interrupted = error.subgroup(KeyboardInterrupt)
    if interrupted is not None:
        error = interrupted
    inner = error.exceptions
    return only_cause(inner[0]) if len(inner) == 1 or interrupted is not None else error


def exit_code_of_error(error: BaseException) -> int:
    """Return what an error ends the process with, by who must act; 70 for an error without a code."""
    from regrow.protocols.error_codes import Who
    from regrow.protocols.errors import RegrowError

    if isinstance(error, KeyboardInterrupt):
        return 128 + (error.number if isinstance(error, Interrupted) else signal.SIGINT)
    if not isinstance(error, RegrowError):
        return EXIT_INTERNAL
    codes = {Who.CALLER: EXIT_USAGE, Who.PEER: 1, Who.ENVIRONMENT: EXIT_UNAVAILABLE, Who.US: EXIT_INTERNAL}
    return codes[error.row.who]
