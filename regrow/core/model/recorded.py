"""Shell: the calls of a model as a file of typed JSON lines, and a model that answers from one.

A line is written before its answer is used, so a run that is killed asks nothing twice: the same question is answered from
its own file. A last line that was cut by a crash is left out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from regrow.protocols.model import ModelAnswer, ModelCall, ModelQuestion

__all__ = ["Calls", "ReplayedModel", "digest_of"]


def digest_of(question: ModelQuestion) -> str:
    """Return the SHA-256 that names a question."""
    return hashlib.sha256(question.model_dump_json().encode()).hexdigest()


class Calls:
    """The calls in one file. Blocking."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[ModelCall]:
        """Return the calls, in order."""
        if not self.path.is_file():
            return []
        found = []
        for line in self.path.read_bytes().split(b"\n"):
            try:
                found.append(ModelCall.model_validate_json(line))
            except ValidationError:
                continue
        return found

    def append(self, call: ModelCall) -> None:
        """Add one; it is on the disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        cut = self.path.is_file() and not self.path.read_bytes().endswith(b"\n")
        with self.path.open("ab") as file:
            file.write((b"\n" if cut else b"") + call.model_dump_json(by_alias=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


class ReplayedModel:
    """Answers from recorded calls and from nothing else: what tests use in the place of a model."""

    def __init__(self, calls: Sequence[ModelCall]) -> None:
        self._answers = {call.digest: call.answer for call in calls if call.answer is not None}

    async def propose(
        self, question: ModelQuestion, limit_s: float, tokens: int, cost_usd: float | None
    ) -> ModelAnswer:
        """Return the recorded answer.

        Raises:
            LookupError: The question was never recorded.
        """
        del limit_s, tokens, cost_usd
        answer = self._answers.get(digest_of(question))
        if answer is None:
            msg = f"no answer is recorded for question {digest_of(question)[:12]}"
            raise LookupError(msg)
        return answer
