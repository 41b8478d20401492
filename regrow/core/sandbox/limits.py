"""Which limit a command has exceeded, how it ended, and what of its output is kept. Arithmetic only."""

from __future__ import annotations

import json
import signal
from typing import Final

from regrow.core.sandbox.values import CommandEnd, SandboxLimits, Usage

__all__ = [
    "FLOOD_FACTOR",
    "TAIL_CHARS",
    "ending",
    "exceeded",
    "explain",
    "flood_limit",
    "head_and_tail",
    "next_look_s",
    "read_self_test",
    "unfinished_line",
]

FLOOD_FACTOR: Final = 16
"""A command that prints this many times what is kept of its output is ended: its log is of no use to anybody."""

TAIL_CHARS: Final = 8_000
"""How much of the end of the output a result carries: about a hundred lines, what a report shows."""

_FATAL: Final = frozenset(
    {
        signal.SIGINT,
        signal.SIGQUIT,
        signal.SIGILL,
        signal.SIGTRAP,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGKILL,
        signal.SIGSEGV,
        signal.SIGPIPE,
        signal.SIGTERM,
        signal.SIGXCPU,
        signal.SIGXFSZ,
        signal.SIGSYS,
    }
)
# Without SIGHUP, SIGUSR1 and the like: 129 is git's exit status for a usage error, and 128 + n of rare signals
# is more often a program's own status than a signal.


def exceeded(usage: Usage, layer_bytes: int, limits: SandboxLimits) -> CommandEnd | None:
    """Name the first limit that a command is over, None when it is within all of them."""
    checks: tuple[tuple[CommandEnd, float, float | None], ...] = (
        (CommandEnd.MEMORY, usage.memory_bytes, limits.memory_bytes),
        (CommandEnd.PROCESSES, usage.processes, limits.processes),
        (CommandEnd.CPU, usage.cpu_s, limits.cpu_s),
        (CommandEnd.DISK, layer_bytes, limits.disk_bytes),
    )
    return next((end for end, used, limit in checks if limit is not None and used > limit), None)


def ending(exit_status: int, stopped_for: CommandEnd | None) -> tuple[CommandEnd, int | None, int | None]:
    """Return how a command ended, its exit code and its signal.

    Args:
        exit_status: What a shell reports: 0 to 255, 128 + n for signal n. Negative: the command's own process was
            killed by that signal.
        stopped_for: Why we ended it, None when we did not.

    >>> ending(3, None)
    (<CommandEnd.EXITED: 'exited'>, 3, None)
    >>> ending(139, None)
    (<CommandEnd.SIGNALLED: 'signalled'>, None, 11)
    """
    if stopped_for is not None:
        return stopped_for, None, None
    number = -exit_status if exit_status < 0 else exit_status - 128
    if exit_status >= 0 and number not in _FATAL:
        return CommandEnd.EXITED, exit_status, None
    if number == signal.SIGXCPU:
        return CommandEnd.CPU, None, None
    if number == signal.SIGXFSZ:
        return CommandEnd.DISK, None, None
    return CommandEnd.SIGNALLED, None, number


def flood_limit(limits: SandboxLimits) -> int | None:
    """Return how many bytes of output end a command, None for no limit."""
    return None if limits.output_bytes is None else limits.output_bytes * FLOOD_FACTOR


def head_and_tail(output_bytes: int) -> tuple[int, int]:
    """Split what may be kept of an output into its head and its tail.

    >>> head_and_tail(101)
    (50, 51)
    """
    head = output_bytes // 2
    return head, output_bytes - head


def unfinished_line(tail: str) -> str:
    r"""Return the last line when it has no newline: what an interactive program is waiting for.

    >>> unfinished_line("ok\nPassword: ")
    'Password: '
    >>> unfinished_line("done\n")
    ''
    """
    line = tail.rpartition("\n")[2]
    return line.rpartition("\r")[2][-400:]


def next_look_s(age_s: float) -> float:
    """Return how long to wait before the next look at what a command uses.

    A short command is seen at least once; a long one costs a hundredth of a core. The longest wait bounds by how much
    a limit can be overshot.

    >>> next_look_s(0.0), next_look_s(2.0), next_look_s(600.0)
    (0.02, 0.05, 0.1)
    """
    return 0.02 if age_s < 0.2 else 0.05 if age_s < 10.0 else 0.1


def explain(end: CommandEnd, limits: SandboxLimits, exit_code: int | None, signal_number: int | None) -> str:
    """Say in a sentence how a command ended; "" for success.

    >>> explain(CommandEnd.DEADLINE, SandboxLimits(deadline_s=3), None, None)
    'did not end by its deadline (limit 3 s)'
    """
    match end:
        case CommandEnd.EXITED:
            return f"ended with exit status {exit_code}" if exit_code else ""
        case CommandEnd.SIGNALLED:
            return f"was ended by {signal.Signals(signal_number or 0).name}"
        case CommandEnd.DEADLINE:
            return f"did not end by its deadline (limit {limits.deadline_s:g} s)"
        case CommandEnd.MEMORY:
            return f"used more memory than its limit (limit {limits.memory_bytes} bytes)"
        case CommandEnd.CPU:
            return f"used more processor time than its limit (limit {limits.cpu_s} s)"
        case CommandEnd.OUTPUT:
            return f"printed more than {FLOOD_FACTOR} times its limit (limit {limits.output_bytes} bytes)"
        case CommandEnd.DISK:
            return f"wrote more than its limit (limit {limits.disk_bytes} bytes)"
        case CommandEnd.PROCESSES:
            return f"started more processes than its limit (limit {limits.processes})"
        case CommandEnd.CANCELLED:
            return "was cancelled"


def read_self_test(text: str) -> dict[str, str]:
    """Return what is wrong with a room: name of the check -> what; empty when all is well.

    >>> read_self_test('{"home": "", "clock": "it is 1970"}')
    {'clock': 'it is 1970'}
    """
    try:
        found = json.loads(text)
    except ValueError:
        return {"self-test": f"it did not say what it found: {text[-200:]!r}"}
    return {str(name): str(problem) for name, problem in found.items() if problem}
