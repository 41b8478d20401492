"""Shell: the one object that a machine gets from a command that was refused or interrupted, whatever the command.

A command that ends as it should prints its own object, and says here that it has. This module is loaded before all else, so
that Ctrl-C finds it while the rest is still being loaded: it imports nothing heavy.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Final

from regrow.cli.exit_codes import Interrupted

__all__ = ["LAST_WORD", "LastWord", "heed_early", "interruption"]

INTERRUPTED_CODE: Final = "E6003"
"""That of `RUN_CANCELLED`; the table of codes may not be loaded yet."""


class LastWord:
    """Whether a machine has been told how the command of this process ended. `said` becomes true with the first word."""

    def __init__(self) -> None:
        self.said = False

    def wanted(self, arguments: Sequence[str]) -> bool:
        """Whether the arguments of the process ask for JSON of which nothing has been said yet."""
        return not self.said and bool({"--json", "--events"} & {*_options(arguments)})

    def tell(self, end: Mapping[str, object], arguments: Sequence[str]) -> None:
        """Print how the command ended, if that is wanted. Its reader may have gone."""
        if not self.wanted(arguments):
            return
        self.said = True
        as_json = "--json" in _options(arguments)
        text = json.dumps(dict(end), indent=2) if as_json else json.dumps({"event": "end", **end})
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _options(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


LAST_WORD: Final = LastWord()


def interruption(error: KeyboardInterrupt) -> tuple[int, dict[str, object]]:
    """Return the exit code of a command that was stopped before it had begun anything, and what a machine is told of it.

    The words are those of `RunEnd`.
    """
    number = error.number if isinstance(error, Interrupted) else signal.SIGINT
    code = 128 + number
    why = {
        "code": INTERRUPTED_CODE,
        "message": f"interrupted before anything was begun ({signal.Signals(number).name})",
        "remedy": "there is nothing to go on with: give the command again",
    }
    end: dict[str, object] = {
        "runId": None,
        "target": None,
        "state": "interrupted",
        "exitCode": code,
        "error": why,
        "resume": None,
    }
    return code, end


def heed_early() -> None:
    """From here on SIGTERM and SIGHUP raise as Ctrl-C does; one that is ignored stays so."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _raise)


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)
