"""Text that a project printed, made harmless for each format, and cut to what its readers take. Pure."""

from __future__ import annotations

import itertools
import re
from typing import Final

__all__ = [
    "code_block",
    "code_span",
    "cut_head",
    "cut_tail",
    "plain",
    "table_cell",
    "workflow_data",
    "workflow_property",
    "xml_text",
]

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, not even escaped. Source: its production [2] Char."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_CODE: Final = re.compile(r"(?<![`\\])`([^`]+)`(?!`)")
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~!@&])")


def cut_tail(text: str, limit_chars: int) -> str:
    """Return the end of a text, where an error stands, and say what was left out.

    >>> cut_tail("abcdef", 3)
    '[3 characters before this are left out]\\ndef'
    """
    if len(text) <= limit_chars:
        return text
    return f"[{len(text) - limit_chars} characters before this are left out]\n{text[-limit_chars:]}"


def cut_head(text: str, limit_chars: int) -> str:
    """Return the beginning of a text.

    >>> cut_head("abcdef", 3)
    'ab…'
    """
    return text if len(text) <= limit_chars else text[: limit_chars - 1] + "…"


def xml_text(text: str) -> str:
    """Return a text without what XML cannot hold; the writer escapes the rest.

    >>> xml_text("a\\x1b[31mb\\ud800")
    'a\ufffd[31mb\ufffd'
    """
    return _NOT_XML.sub("\ufffd", text)


def workflow_data(text: str) -> str:
    """Return the message of a workflow command.

    Source: `escapeData` of GitHub's actions/toolkit.

    >>> workflow_data("100%\\nnext")
    '100%25%0Anext'
    """
    return _CONTROL.sub("\ufffd", text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def workflow_property(text: str) -> str:
    """Return a property of a workflow command.

    Source: `escapeProperty` of GitHub's actions/toolkit.

    >>> workflow_property("a:b,c")
    'a%3Ab%2Cc'
    """
    return workflow_data(text).replace(":", "%3A").replace(",", "%2C")


def plain(text: str) -> str:
    r"""Return a text as words of Markdown: on one line, with nothing in it that is markup, a mention or a link.

    What stands between single backticks stays code.

    >>> print(plain("*a* <b> @c `d *e*`"))
    \*a\* \<b\> \@c `d *e*`
    """
    parts = _CODE.split(_on_one_line(text))
    kinds = zip(itertools.cycle((False, True)), parts, strict=False)
    return "".join(code_span(part) if is_code else _MARKUP.sub(r"\\\1", part) for is_code, part in kinds)


def code_span(text: str) -> str:
    """Return a text as code within a line: between more backticks than stand in it.

    >>> code_span("a `b` c"), code_span("")
    ('`` a `b` c ``', '` `')
    """
    line = _on_one_line(text) or " "
    ticks = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if "`" in line else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def table_cell(text: str) -> str:
    """Return code in a cell of a table, where a pipe would end it even inside of code.

    >>> table_cell("a | b")
    '`a \\\\| b`'
    """
    return code_span(text).replace("|", "\\|")


def code_block(text: str, language: str = "") -> str:
    """Return a block of code, with a fence that is longer than any in it.

    >>> code_block("```x").splitlines()
    ['````', '```x', '````']
    """
    body = _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n")
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", body)), default=0) + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def _on_one_line(text: str) -> str:
    return _CONTROL.sub("\ufffd", " ".join(text.split()))
