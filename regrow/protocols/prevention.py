"""Tests that would have caught what was healed, for the project to keep: asked for and answered."""

from __future__ import annotations

from regrow.protocols.documents import DocAnalysis
from regrow.protocols.messages import Request
from regrow.protocols.plan import Plan, TestCounts
from regrow.protocols.run_messages import SourceTree
from regrow.protocols.verification import BuildConfig, PreventionTest
from regrow.protocols.wire import Count, NonEmpty, WireModel

__all__ = ["PreventionTests", "WritePrevention"]


class PreventionTests(WireModel):
    """The tests that were proved: each failed where the project was as it is, and passed after its documents were patched.

    `why` says why there is none, or not one for everything.
    """

    tests: tuple[PreventionTest, ...] = ()
    why: str = ""


class WritePrevention(WireModel, Request[PreventionTests]):
    """Write tests for what a plan deviates in, and prove them in the two rooms that are there.

    Attributes:
        plan: What healed the run; `room` "" was built by it, from `source`.
        patched: The source with its documents patched, which `patched_room` was built from by `patched_plan`.
        counted: The project's own tests, for the runner that it uses.
    """

    run_id: NonEmpty
    attempt: Count = 0
    configuration: BuildConfig
    analysis: DocAnalysis
    source: SourceTree
    plan: Plan
    patched: SourceTree
    patched_plan: Plan
    patched_room: NonEmpty
    counted: TestCounts | None = None
