"""What a language model is asked, what it may answer, and how that is kept: the words of the `Model` port.

An answer is typed edits of a plan and nothing else: no text of a model is ever run that is not one command of an edit, and
each passes the checks that a rule's proposal passes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from regrow.protocols.wire import Count, Instant, Millis, NonEmpty, Sha256, WireModel

__all__ = ["EditKind", "ModelAnswer", "ModelCall", "ModelEdit", "ModelProposal", "ModelQuestion"]


class EditKind(StrEnum):
    """What an edit does at a step of the plan: puts a command before it, or in its place."""

    INSERT_BEFORE = "insert_before"
    REPLACE = "replace"


class ModelEdit(WireModel):
    """One command. `step` counts the steps of the plan from 1; `why` is a sentence for the report."""

    kind: EditKind
    step: Annotated[int, Field(ge=1)]
    command: Annotated[str, Field(min_length=1, max_length=500)]
    why: Annotated[str, Field(max_length=500)] = ""


class ModelProposal(WireModel):
    """Edits that belong together, at most six. None says that the model knows nothing that may help."""

    edits: Annotated[tuple[ModelEdit, ...], Field(max_length=6)] = ()
    reason: Annotated[str, Field(max_length=1000)] = ""


class ModelQuestion(WireModel):
    """What is asked, without secrets. Two questions of one `digest` are the same question."""

    model: NonEmpty
    instructions: NonEmpty
    prompt: NonEmpty


class ModelAnswer(WireModel):
    """What came back, and what it took. `requests` counts those that the library made, a malformed answer being asked again.

    `cost_usd` is None where the price of the model is not known.
    """

    proposal: ModelProposal
    requests: Count = 1
    input_tokens: Count = 0
    output_tokens: Count = 0
    cost_usd: float | None = None
    took_ms: Millis = 0.0


class ModelCall(WireModel):
    """One line of `model.jsonl` in a run's folder: the question by digest and in words, and the answer, or why there is none.

    The file is the log, the budget's memory across a crash, and what a test replays.
    """

    digest: Sha256
    at: Instant
    question: ModelQuestion
    answer: ModelAnswer | None = None
    failure: str = ""
    took_ms: Millis = 0.0
