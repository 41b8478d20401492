"""Which limit was exceeded, how a command ended, what of its output is kept."""

import signal

import pytest

from regrow.core.sandbox.limits import (
    FLOOD_FACTOR,
    ending,
    exceeded,
    explain,
    flood_limit,
    head_and_tail,
    next_look_s,
    read_self_test,
    unfinished_line,
)
from regrow.core.sandbox.values import CommandEnd, SandboxLimits, Usage

LIMITS = SandboxLimits(memory_bytes=100, cpu_s=10, processes=5, disk_bytes=1000, output_bytes=50, deadline_s=9)
NO_LIMITS = SandboxLimits(None, None, None, None, None, None)


@pytest.mark.parametrize(
    ("usage", "layer_bytes", "expected"),
    [
        (Usage(100, 10, 5), 1000, None),
        (Usage(101, 0, 0), 0, CommandEnd.MEMORY),
        (Usage(0, 10.1, 0), 0, CommandEnd.CPU),
        (Usage(0, 0, 6), 0, CommandEnd.PROCESSES),
        (Usage(0, 0, 0), 1001, CommandEnd.DISK),
        (Usage(101, 11, 6), 1001, CommandEnd.MEMORY),
    ],
)
def test_a_limit_is_exceeded_by_what_is_above_it(usage: Usage, layer_bytes: int, expected: CommandEnd | None) -> None:
    assert exceeded(usage, layer_bytes, LIMITS) is expected
    assert exceeded(usage, layer_bytes, NO_LIMITS) is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, (CommandEnd.EXITED, 0, None)),
        (1, (CommandEnd.EXITED, 1, None)),
        (127, (CommandEnd.EXITED, 127, None)),
        (128, (CommandEnd.EXITED, 128, None)),
        (129, (CommandEnd.EXITED, 129, None)),  # git's status for a usage error, not SIGHUP
        (130, (CommandEnd.SIGNALLED, None, signal.SIGINT)),
        (137, (CommandEnd.SIGNALLED, None, signal.SIGKILL)),
        (139, (CommandEnd.SIGNALLED, None, signal.SIGSEGV)),
        (152, (CommandEnd.CPU, None, None)),
        (153, (CommandEnd.DISK, None, None)),
        (255, (CommandEnd.EXITED, 255, None)),
        (-9, (CommandEnd.SIGNALLED, None, signal.SIGKILL)),
    ],
)
def test_an_exit_status_tells_exit_from_signal(
    status: int, expected: tuple[CommandEnd, int | None, int | None]
) -> None:
    assert ending(status, None) == expected


@pytest.mark.parametrize("reason", [end for end in CommandEnd if end not in (CommandEnd.EXITED, CommandEnd.SIGNALLED)])
def test_why_we_ended_it_goes_before_its_status(reason: CommandEnd) -> None:
    assert ending(137, reason) == (reason, None, None)
    assert explain(reason, LIMITS, None, None)


def test_success_needs_no_explanation() -> None:
    assert explain(CommandEnd.EXITED, LIMITS, 0, None) == ""
    assert explain(CommandEnd.EXITED, LIMITS, 2, None) == "ended with exit status 2"
    assert explain(CommandEnd.SIGNALLED, LIMITS, None, 11) == "was ended by SIGSEGV"


@pytest.mark.parametrize("field", SandboxLimits.__slots__)
def test_a_limit_of_nothing_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        SandboxLimits(**{field: 0})


def test_a_flood_is_many_times_what_is_kept() -> None:
    assert flood_limit(LIMITS) == 50 * FLOOD_FACTOR
    assert flood_limit(NO_LIMITS) is None


@pytest.mark.parametrize("size", [1, 2, 3, 64, 65])
def test_head_and_tail_make_up_the_whole(size: int) -> None:
    head, tail = head_and_tail(size)
    assert head + tail == size
    assert tail >= head


@pytest.mark.parametrize(
    ("tail", "line"), [("", ""), ("a\n", ""), ("a\nName: ", "Name: "), ("50%\r60%", "60%"), ("x" * 900, "x" * 400)]
)
def test_a_program_waits_on_its_line_without_newline(tail: str, line: str) -> None:
    assert unfinished_line(tail) == line


def test_looks_become_rarer_and_stay_bounded() -> None:
    waits = [next_look_s(age) for age in (0, 0.1, 1, 5, 20, 10_000)]
    assert waits == sorted(waits)
    assert waits[-1] <= 0.1


@pytest.mark.parametrize(
    ("text", "names"),
    [('{"a": "", "b": ""}', []), ('{"a": "x"}', ["a"]), ("", ["self-test"]), ("Traceback", ["self-test"])],
)
def test_a_self_test_that_says_nothing_has_failed(text: str, names: list[str]) -> None:
    assert list(read_self_test(text)) == names
