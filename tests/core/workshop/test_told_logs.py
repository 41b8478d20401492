"""The logs that a test runner names in place of what its tests printed."""

from __future__ import annotations

import pytest

from regrow.core.workshop.told_logs import end_of, logs_named

ROOT = "/build/checkout"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("See ./test-suite.log\n", (f"{ROOT}/test-suite.log",)),
        ("====\nSee tests/test-suite.log\nPlease report\n", (f"{ROOT}/tests/test-suite.log",)),
        (
            f"make[2]: Entering directory '{ROOT}/b/lib'\nSee ./test-suite.log\n",
            (f"{ROOT}/test-suite.log", f"{ROOT}/b/lib/test-suite.log"),
        ),
        (
            f"Output from these tests are in: {ROOT}/build/Testing/Temporary/LastTest.log\n",
            (f"{ROOT}/build/Testing/Temporary/LastTest.log",),
        ),
        (f"Full log written to {ROOT}/o/meson-logs/testlog.txt\n", (f"{ROOT}/o/meson-logs/testlog.txt",)),
        # What probes of configuring print is no cause of a failing test.
        ("See `config.log' for more details\n", ()),
        (f"A full log can be found at {ROOT}/build/meson-logs/meson-log.txt\n", ()),
        # No file outside of the checkout, and no sentence that only speaks of one.
        ("See ../../etc/test-suite.log\n", ()),
        ("Full log written to /var/testlog.txt\n", ()),
        ("We See tests/test-suite.log\n", ()),
        ("", ()),
    ],
)
def test_only_logs_of_tests_in_the_checkout_are_named(output: str, expected: tuple[str, ...]) -> None:
    assert logs_named(output, [ROOT], ROOT) == expected


def test_of_a_long_log_the_end_is_kept() -> None:
    shown = end_of("/a/test-suite.log", "x" * 200_000 + "\ncause\n")
    assert shown.startswith("regrow: the end of /a/test-suite.log:\n")
    assert shown.endswith("cause\n")
    assert len(shown) < 70_000
