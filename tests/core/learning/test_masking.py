"""What differs from run to run is masked, what tells errors apart is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.core.learning.masking import MASKS, masked, tokens


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("\x1b[31merror\x1b[0m: it broke", "error: it broke"),
        ("at 2026-01-02T03:04:05Z", "at <time>"),
        ("get https://a.example/b?c=d failed", "get <url> failed"),
        ("mail a.b@example.org now", "mail <mail> now"),
        ("at 0x7fff12ab", "at <hex>"),
        ("commit 3f2a9c1 is gone", "commit <hex> is gone"),
        ("cannot open 'a/b/zlib.h'", "cannot open <quoted .h>"),
        ("No module named 'yaml'", "No module named <quoted>"),
        ("/home/x/a.c:3: error", "<path .c>:<n>: error"),
        ("cd /home/x/build failed", "cd <path> failed"),
        ("six 1.16.0 is too old", "six <version> is too old"),
        ("needs foo>=1.2", "needs foo<version>"),
        ("libz.so.1 is missing", "<file .so> is missing"),
        ("took 12.5 s, 100%", "took <version> s, <n>%"),
        ("  many   spaces ", "many spaces"),
        ("tox: command not found", "tox: command not found"),
        ("don't and can't stay", "don't and can't stay"),
    ],
)
def test_line_has_a_normal_form(line: str, form: str) -> None:
    assert masked(line) == form


def test_every_mask_has_a_name_of_its_own() -> None:
    names = [name for name, _, _ in MASKS]
    assert len(set(names)) == len(names)


@given(st.text(max_size=300))
def test_form_is_short_and_its_words_are_those_of_the_line(text: str) -> None:
    form = masked(text)
    assert len(form) <= 500
    assert "".join(form.split()) == "".join("".join(tokens(form)).split())


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_do_not_tell_lines_apart(one: int, two: int) -> None:
    assert masked(f"line {one} of /tmp/x{two}/a.c") == masked(f"line {two} of /tmp/x{one}/a.c")
