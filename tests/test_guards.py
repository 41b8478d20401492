"""The guards of conftest.py are seen to work: each is tried on a test that does what it forbids."""

from __future__ import annotations

import pytest

from tests.source_tree import ROOT

pytest_plugins = ["pytester"]

SETTINGS = "[pytest]\npythonpath = {root}\nmarkers =\n  anyio\n  leaves_things\n  blocks_the_loop\n"


@pytest.fixture
def inner(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return a project whose conftest.py is ours."""
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeini(SETTINGS.format(root=ROOT))
    return pytester


def outcome(inner: pytest.Pytester, body: str, *, mark: str = "") -> tuple[dict[str, int], str]:
    """Run one test with this body in a process of its own; return its outcomes and its output."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    imports = "import os, socket, subprocess, threading, time\nimport pytest\n"
    asynchronous = "async " if "# async" in body else ""
    marks = "@pytest.mark.anyio\n" if asynchronous else ""
    inner.makepyfile(f"{imports}{marks}{mark}\n{asynchronous}def test_it():\n{lines}\n")
    result = inner.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:trio")
    return result.parseoutcomes(), result.stdout.str()


def test_reaching_out_to_the_network_fails_a_test(inner: pytest.Pytester) -> None:
    found, text = outcome(inner, "socket.create_connection(('192.0.2.1', 80), timeout=0.1)")
    assert found.get("failed") == 1
    assert "reaches out to the network" in text


def test_reaching_out_is_seen_even_when_the_error_is_caught(inner: pytest.Pytester) -> None:
    body = "try:\n    socket.getaddrinfo('project.example', 80)\nexcept Exception:\n    pass"
    found, text = outcome(inner, body)
    assert found == {"passed": 1, "errors": 1}
    assert "reaches out to the network" in text


def test_loopback_is_no_network(inner: pytest.Pytester) -> None:
    body = "with socket.create_server(('127.0.0.1', 0)) as s, socket.create_connection(s.getsockname()): pass"
    assert outcome(inner, body)[0] == {"passed": 1}


def test_sleeping_in_an_event_loop_fails_a_test_on_every_backend(inner: pytest.Pytester) -> None:
    found, text = outcome(inner, "time.sleep(0.001)  # async")
    assert found.get("failed") == 3
    assert "blocks the event loop" in text


def test_sleeping_on_purpose_is_said_with_a_mark(inner: pytest.Pytester) -> None:
    found, _ = outcome(inner, "time.sleep(0.001)  # async", mark="@pytest.mark.blocks_the_loop")
    assert found == {"passed": 3}


def test_sleeping_in_a_thread_blocks_no_loop(inner: pytest.Pytester) -> None:
    body = "import anyio.to_thread  # async\nawait anyio.to_thread.run_sync(time.sleep, 0.001)"
    assert outcome(inner, body)[0] == {"passed": 3}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("threading.Thread(target=time.sleep, args=(30,), daemon=True, name='left').start()", "thread left"),
        ("os.pipe()", "descriptor"),
        ("test_it.child = subprocess.Popen(['sleep', '30'])", "child process"),
    ],
)
def test_what_is_left_behind_fails_a_test(inner: pytest.Pytester, body: str, word: str) -> None:
    found, text = outcome(inner, body)
    assert found == {"passed": 1, "errors": 1}
    assert f"leaves behind: {word}" in text


def test_leaving_something_on_purpose_is_said_with_a_mark(inner: pytest.Pytester) -> None:
    assert outcome(inner, "os.pipe()", mark="@pytest.mark.leaves_things")[0] == {"passed": 1}
