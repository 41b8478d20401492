"""The plugin in runs of pytest of its own, as in the project of somebody who has installed regrow."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import regrow
from tests.source_tree import ROOT

pytest_plugins = ["pytester"]

PLUGIN = "regrow.testing.pytest_plugin"

ACTORS = """
import anyio
from regrow import Actor, ChildSpec, Message, Request, Supervisor, handler, open_tree

class Tick(Message):
    pass

class GetTicks(Request[int]):
    pass

class Ticker(Actor):
    def __init__(self) -> None:
        self.ticks = 0

    async def on_start(self) -> None:
        self.ctx.timers.interval("tick", 60.0, Tick())

    @handler
    def tick(self, message: Tick) -> None:
        self.ticks += 1

    @handler
    def get(self, message: GetTicks) -> int:
        return self.ticks

async def ticks_of_an_hour() -> int:
    async with open_tree(Supervisor("root", children=[ChildSpec("ticker", Ticker)]), sweep_interval_s=60.0) as tree:
        await anyio.sleep(3630.0)
        return await tree.ref("root/ticker", Ticker).ask(GetTicks())
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(ticking=ACTORS)
    return pytester


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    installed = {point.value for point in importlib.metadata.entry_points(group="pytest11")}
    by_name = [] if PLUGIN in installed else ["-p", PLUGIN]
    return project.runpytest_subprocess(*by_name, "-p", "no:cacheprovider", "-W", "error", *options, timeout=120)


def test_an_actor_under_pytest_trio(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest, trio
        from ticking import ticks_of_an_hour

        @pytest.mark.trio
        async def test_an_hour(virtual_time):
            assert await ticks_of_an_hour() == 60
            assert virtual_time.current_time() == trio.current_time() >= 3630.0
            virtual_time.jump(5.0)
            assert trio.current_time() >= 3635.0

        @pytest.mark.trio
        async def test_with_the_fixture_of_pytest_trio_itself(autojump_clock):
            assert await ticks_of_an_hour() == 60

        @pytest.fixture
        async def ticks():
            return await ticks_of_an_hour()

        @pytest.mark.trio
        async def test_an_async_fixture_is_in_virtual_time_too(virtual_time, ticks):
            assert ticks == 60
        """
    )
    run(project).assert_outcomes(passed=3)


def test_an_actor_under_the_plugin_of_anyio_on_both_loops(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        import pytest

        @pytest.fixture
        def anyio_backend(regrow_backends):
            return regrow_backends
        """
    )
    project.makepyfile(
        """
        import anyio, pytest
        from ticking import ticks_of_an_hour
        pytestmark = pytest.mark.anyio

        @pytest.fixture
        async def ticks():
            return await ticks_of_an_hour()

        async def test_an_hour(virtual_time):
            before = anyio.current_time()
            assert await ticks_of_an_hour() == 60
            assert virtual_time.current_time() == anyio.current_time() >= before + 3630.0

        async def test_a_fixture(ticks):
            assert ticks == 60
            assert anyio.current_time() < 4000.0, "each test has a clock of its own"
        """
    )
    result = run(project, "-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines_random(["*test_an_hour?asyncio?*", "*test_an_hour?trio?*"])


def test_a_deadlock_fails_its_test_and_no_other(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import anyio, pytest
        from ticking import ticks_of_an_hour
        from regrow.testing import virtual_backend
        pytestmark = pytest.mark.anyio

        @pytest.fixture
        def anyio_backend():
            return virtual_backend("asyncio")

        async def test_that_waits_for_nobody():
            await anyio.Event().wait()

        async def test_after_it():
            assert await ticks_of_an_hour() == 60
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Deadlock: nothing will ever happen on this loop*", "*test_that_waits_for_nobody*"])


@pytest.mark.parametrize("mark", ["@pytest.mark.anyio", ""])
def test_virtual_time_in_a_test_of_real_time_says_what_to_do(project: pytest.Pytester, mark: str) -> None:
    project.makepyfile(
        f"""
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        {mark}
        {"async " if mark else ""}def test_real(virtual_time):
            pass
        """
    )
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*this test runs in real time; mark it*"])


def test_without_trio_its_half_is_skipped(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        import sys
        import pytest

        @pytest.fixture
        def anyio_backend(regrow_backends):
            return regrow_backends

        for name in [name for name in sys.modules if name.partition(".")[0] == "trio"]:
            del sys.modules[name]
        sys.modules["trio"] = None
        """
    )
    project.makepyfile(
        """
        import pytest
        from ticking import ticks_of_an_hour

        @pytest.mark.anyio
        async def test_an_hour():
            assert await ticks_of_an_hour() == 60
        """
    )
    run(project, "-p", "no:trio", "-p", "no:hypothesispytest").assert_outcomes(passed=1, skipped=1)


def test_the_plugin_does_not_pay_for_the_runtime() -> None:
    script = f"import sys, pytest; before = set(sys.modules); import {PLUGIN}; print(sorted(set(sys.modules) - before))"
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"{['regrow', 'regrow.testing', PLUGIN]}\n"


def test_the_plugin_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"regrow": PLUGIN}


def test_what_is_tested_is_this_tree_and_not_another_that_is_installed() -> None:
    # The entry point is imported before `pythonpath` of pyproject.toml counts. In a work tree that shares its environment
    # with another checkout: run `python -m pytest`, or install the work tree.
    assert Path(regrow.__file__).is_relative_to(ROOT)
