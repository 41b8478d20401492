"""What each component of a run used, put together from regrow's own part and from the steps."""

import datetime as dt
import time

import pytest

from regrow.cli.report.components import components_table
from regrow.core.workshop.ledger import LedgerEntry
from regrow.core.workshop.metering import metered
from regrow.daemon.components import components_of
from regrow.protocols.plan import Ended, StepOutcome
from regrow.protocols.verification import Component, ComponentUse


def entry(by: str, cpu_ms: int, peak: int, exit_code: int = 0) -> LedgerEntry:
    outcome = StepOutcome(
        step_id="s", exit_code=exit_code, ended=Ended.EXITED, duration_ms=9, cpu_ms=cpu_ms, peak_memory_bytes=peak,
        bytes_read=10, bytes_written=20,
    )  # fmt: skip
    return LedgerEntry(at=dt.datetime.now(dt.UTC), by=by, key="k", attempt=0, command="make", outcome=outcome)


def own(component: Component, cpu_ms: float = 1.0) -> ComponentUse:
    return ComponentUse(component=component, wall_ms=100, cpu_ms=cpu_ms, peak_memory_bytes=50)


def test_the_steps_of_a_room_belong_to_who_had_them_done() -> None:
    entries = [entry("builder", 30, 700), entry("builder", 40, 600, exit_code=2), entry("verifier", 5, 10)]
    found = {use.component: use for use in components_of([own(Component.BUILD), own(Component.ANALYSIS)], entries)}
    build = found[Component.BUILD]
    assert (build.wall_ms, build.cpu_ms, build.peak_memory_bytes) == (100, 71, 700)
    assert (build.bytes_read, build.bytes_written, build.steps_run, build.steps_failed) == (20, 40, 2, 1)
    assert found[Component.ANALYSIS] == own(Component.ANALYSIS)
    assert (found[Component.VERIFY].cpu_ms, found[Component.VERIFY].steps_run) == (5, 1)


def test_steps_of_a_proof_are_the_proofs_and_the_order_is_that_of_a_run() -> None:
    found = components_of(
        [own(Component.PROOF), own(Component.FETCH)], [entry("builder", 1, 1)], [entry("builder", 7, 9)]
    )
    assert [use.component for use in found] == [Component.FETCH, Component.BUILD, Component.PROOF]
    assert (found[-1].cpu_ms, found[-1].steps_run) == (8, 1)


def test_what_a_phase_uses_is_added_up() -> None:
    uses: dict[Component, ComponentUse] = {}
    for _ in range(2):
        with metered(Component.ANALYSIS, uses):
            until = time.process_time() + 0.02
            while time.process_time() < until:
                pass
    assert uses[Component.ANALYSIS].cpu_ms >= 39
    assert uses[Component.ANALYSIS].wall_ms >= 39
    assert uses[Component.ANALYSIS].peak_memory_bytes > 1_000_000


def test_a_phase_that_fails_is_counted_too() -> None:
    uses: dict[Component, ComponentUse] = {}
    with pytest.raises(ValueError, match="x"), metered(Component.BUILD, uses):
        raise ValueError("x")
    assert uses[Component.BUILD].wall_ms >= 0


def test_the_page_has_a_row_for_each() -> None:
    page = components_table(components_of([own(Component.ANALYSIS)], [entry("builder", 1500, 3 * 2**20, exit_code=1)]))
    assert page.count("<tr>") == 3
    assert "1, 1 failed" in page
    assert components_table(()) == ""
