"""What should be changed in the documents of a project, so that they say what works."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from regrow.protocols.documents import LineNumber
from regrow.protocols.wire import NonEmpty, WireModel

__all__ = ["DocEdit", "DocPatch"]


class DocEdit(WireModel):
    """Lines of a document and what stands in their place.

    `line` to `end_line` are those of the old text, both ends counted, from 1; `end_line` is one less than `line` where
    nothing is taken away and `lines` are put before `line`. Lines are without their ends.
    """

    file: NonEmpty
    line: LineNumber
    end_line: Annotated[int, Field(ge=0)]
    lines: tuple[str, ...]

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.end_line < self.line - 1:
            msg = f"end_line {self.end_line} is more than one before line {self.line} of {self.file}"
            raise ValueError(msg)
        return self


class DocPatch(WireModel):
    """A patch of the documents alone. Without edits there is none, and `why` says why."""

    edits: tuple[DocEdit, ...] = ()
    diff: str = ""
    why: str = ""
