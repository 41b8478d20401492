"""Placeholders and usage lines are never executed as written (traps 8 and 37)."""

from __future__ import annotations

import pytest

from regrow.core.project.placeholders import placeholder_in, usage_line


@pytest.mark.parametrize(
    "command",
    [
        "pytest <name>",
        "pip install <path to wheel>",
        "cp path/to/config .",
        "cd /path/to/x",
        "export KEY=YOUR_KEY",
        "export KEY=your-api-key",
        "git checkout vX.Y.Z",
        "pip install x==X.Y",
        "tar xzf x-1.x.tar.gz",
        "docker run {tag}",
        "pip install {{ name }}",
        "pip install x==|version|",
        "make ...",
        "pytest tests/test_something.py",
        "cd <repo-root>",
        "./run ... | ./other",
        "git clone https://github.com/your-username/x",
        "curl -H 'Authorization: [your token]'",
    ],
)
def test_placeholder_is_found(command: str) -> None:
    assert placeholder_in(command) is not None


@pytest.mark.parametrize(
    "command",
    [
        "pip install '.[dev]'",
        "pip install .[test]",
        "pytest tests/test_parser.py",
        "for i in ${x}; do ls $i; done",
        "echo {a,b}",
        "make VERSION=1",
        "python -c 'print({})'",
        "pip install 'x>=1.0,<2'",
        "go test ./...",
        "cat < input > output",
        "export PATH=$PATH:/usr/local/bin",
        "mkdir -p a/{b,c}",
    ],
)
def test_ordinary_command_has_no_placeholder(command: str) -> None:
    assert placeholder_in(command) is None


@pytest.mark.parametrize(
    "line",
    [
        "runner [options] [(optional) files]",
        "make [target]",
        "tool [-h] [--version] file",
        "prog [OPTION]... FILE",
        "usage: x",
        "x FILES...",
    ],
)
def test_usage_line_is_recognised(line: str) -> None:
    assert usage_line(line)


@pytest.mark.parametrize(
    "line", ["pip install .[dev]", "[ -f x ] && make", "[[ -f x ]] && make", "pytest 'a[1]'", "ls [a-z]*.c"]
)
def test_brackets_of_a_command_are_no_usage_line(line: str) -> None:
    assert not usage_line(line)
