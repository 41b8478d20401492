"""What the span of a step says: the command, the sentence that it comes from, and how it ended."""

from __future__ import annotations

from regrow.core.tracing import Attribute, LiveSpan
from regrow.protocols.plan import PlanStep, StepOutcome

__all__ = ["attributes_of", "note_outcome"]

COMMAND_KEPT = 500
"""Characters of a command."""


def attributes_of(step: PlanStep) -> dict[str, Attribute]:
    """Return what is known before it runs."""
    said = {} if step.ref is None else {"regrow.document": f"{step.ref.file}:{step.ref.line}"}
    return {"regrow.step": step.step_id, "regrow.command": step.command[:COMMAND_KEPT], **said}


def note_outcome(span: LiveSpan, outcome: StepOutcome) -> None:
    """Note how it ended."""
    span.set_attribute("regrow.ended", outcome.ended.value)
    span.set_attribute("regrow.peak_memory_bytes", outcome.peak_memory_bytes)
    if outcome.exit_code is not None:
        span.set_attribute("process.exit.code", outcome.exit_code)
    if not outcome.succeeded:
        code = "" if outcome.exit_code is None else f" with exit code {outcome.exit_code}"
        span.fail(f"{outcome.ended.value}{code}")
