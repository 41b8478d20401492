"""What a shell means by 126 and 127 is said with the command, however the shell words it."""

from __future__ import annotations

import pytest

from regrow.core.workshop.exit_words import exit_words


@pytest.mark.parametrize(
    ("code", "output", "told"),
    [
        (0, "", "0"),
        (1, "bash: line 1: x: command not found", "1"),
        (127, "/bin/bash: line 37: pytest: command not found", "127 (command not found: pytest)"),
        (127, "ok\nsh: 1: make: not found\n", "127 (command not found: make)"),
        (127, "/bin/sh: 12: ./run.sh: not found", "127 (command not found: ./run.sh)"),
        (127, "bash: line 3: ./configure: No such file or directory", "127 (command not found: ./configure)"),
        (127, "/usr/bin/env: ‘node’: No such file or directory", "127 (command not found: node)"),
        (127, "bash: line 1: a: command not found\nbash: line 2: b: command not found", "127 (command not found: b)"),
        (127, "nothing that names it", "127 (command not found)"),
        (126, "bash: line 1: ./test.sh: Permission denied", "126 (command cannot be run: ./test.sh)"),
    ],
)
def test_the_command_is_named(code: int, output: str, told: str) -> None:
    assert exit_words(code, output) == f"ended with exit status {told}"
