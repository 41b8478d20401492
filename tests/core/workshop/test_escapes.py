"""Escape sequences of terminals are taken out whole; nothing else is."""

from __future__ import annotations

import pytest

from regrow.core.workshop.escapes import without_escapes


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain [1;34m text", "plain [1;34m text"),
        ("[\x1b[1;34mINFO\x1b[m] done\n", "[INFO] done\n"),
        ("\x1b[38;5;12mx\x1b[0K\x1b[2A", "x"),
        ("\x1b]8;;http://a\x07link\x1b]8;;\x1b\\", "link"),
        ("a\x1b(Bb\x1bMc", "abc"),
        ("cut \x1b[", "cut \x1b["),
    ],
)
def test_sequences_go_and_text_stays(text: str, plain: str) -> None:
    assert without_escapes(text) == plain
