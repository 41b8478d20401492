"""The debug orchestrator's interface: report an error, look patterns up, have prevention tests generated.

`pytest` and `python` come first among the test frameworks and languages and are ours; the specification knows JavaScript only.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, JsonValue, model_validator

from regrow.protocols.patterns import DebugPattern, RecoveryStrategy
from regrow.protocols.wire import Count, Instant, NonEmpty, Omittable, Sha256, SpecModel

__all__ = [
    "DEFAULT_PAGE",
    "ErrorContext",
    "GenerateTestsRequest",
    "GenerateTestsResponse",
    "GeneratedTest",
    "PatternsQuery",
    "PatternsResponse",
    "ReportErrorRequest",
    "ReportErrorResponse",
    "ReportedError",
    "TestFramework",
    "TestLanguage",
]

DEFAULT_PAGE: Final = 100
"""Patterns in a page when the query names no limit."""


class ReportedError(SpecModel):
    """An error as its program told it."""

    message: NonEmpty
    stack: Omittable[str] = None
    code: Omittable[str] = None


class ErrorContext(SpecModel):
    """Where an error was seen. `build_run_id` is the run's id, or any name that groups errors of a foreign program."""

    component: NonEmpty
    phase: str
    build_run_id: str
    additional_data: Omittable[JsonValue] = None


class ReportErrorRequest(SpecModel):
    """POST /debug/report-error: an error to learn from."""

    error: ReportedError
    context: ErrorContext


class ReportErrorResponse(SpecModel):
    """The pattern the error belongs to, and what helped before, best record first."""

    pattern_id: Sha256
    is_new_pattern: bool
    suggested_strategies: tuple[RecoveryStrategy, ...]
    prevention_available: bool


class PatternsQuery(SpecModel):
    """GET /debug/patterns: which patterns, newest first. A page is `DEFAULT_PAGE` unless asked, at most 1000."""

    component: Omittable[str] = None
    error_type: Omittable[str] = None
    min_frequency: Omittable[Count] = None
    since: Omittable[Instant] = None
    limit: Omittable[Annotated[int, Field(ge=1, le=1000)]] = None
    offset: Omittable[Count] = None


class PatternsResponse(SpecModel):
    """One page of patterns. `total` counts all that match, not those of the page."""

    patterns: tuple[DebugPattern, ...]
    total: Count
    has_more: bool


class TestFramework(StrEnum):
    """What runs a generated test."""

    __test__ = False  # pytest would collect a class of this name

    PYTEST = "pytest"
    JEST = "jest"
    MOCHA = "mocha"
    TAP = "tap"


class TestLanguage(StrEnum):
    """What a generated test is written in."""

    __test__ = False  # pytest would collect a class of this name

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    TYPESCRIPT = "typescript"


_LANGUAGES: Final[dict[TestFramework, frozenset[TestLanguage]]] = {
    TestFramework.PYTEST: frozenset({TestLanguage.PYTHON}),
    TestFramework.JEST: frozenset({TestLanguage.JAVASCRIPT, TestLanguage.TYPESCRIPT}),
    TestFramework.MOCHA: frozenset({TestLanguage.JAVASCRIPT, TestLanguage.TYPESCRIPT}),
    TestFramework.TAP: frozenset({TestLanguage.JAVASCRIPT, TestLanguage.TYPESCRIPT}),
}


class GenerateTestsRequest(SpecModel):
    """POST /debug/generate-tests: tests that would have caught these patterns."""

    pattern_ids: Annotated[tuple[Sha256, ...], Field(min_length=1, max_length=1000)]
    test_framework: TestFramework
    language: TestLanguage

    @model_validator(mode="after")
    def _framework_knows_the_language(self) -> Self:
        allowed = _LANGUAGES[self.test_framework]
        if self.language not in allowed:
            msg = f"{self.test_framework.value} runs {', '.join(sorted(allowed))}, got {self.language.value}"
            raise ValueError(msg)
        return self


class GeneratedTest(SpecModel):
    """A test for one pattern."""

    pattern_id: Sha256
    test_code: str
    description: str


class GenerateTestsResponse(SpecModel):
    """The tests, and all of them as one file."""

    tests: tuple[GeneratedTest, ...]
    combined_test_suite: str
