"""The defaults are those of the places where the values are used, and the remedies name settings that exist."""

import re

from regrow.actors.doc_analyzer.documents import LIMIT_DOCUMENT_BYTES
from regrow.config import Settings
from regrow.core.fetch.limits import FetchLimits
from regrow.protocols.error_table import ERRORS
from regrow.protocols.plan import StepLimits
from regrow.protocols.verification import BuildConfig


def test_builder_defaults_are_the_limits_of_a_step() -> None:
    assert Settings().builder.step_limits() == StepLimits()


def test_fetch_defaults_are_the_limits_of_a_fetch() -> None:
    fetch, limits = Settings().fetch, FetchLimits()
    assert fetch.unpacked_limit_bytes == limits.total_bytes
    assert fetch.archive_limit_bytes == limits.archive_bytes
    assert fetch.entry_limit == limits.entries
    assert fetch.client_timeout_s == limits.deadline_s


def test_reading_and_recovery_defaults_are_those_of_their_actors() -> None:
    settings = Settings()
    assert settings.doc_analyzer.document_limit_bytes == LIMIT_DOCUMENT_BYTES
    assert settings.guardian.max_recoveries == BuildConfig(target="x").max_recoveries
    assert settings.verifier.retesting() == BuildConfig(target="x").retesting
    assert settings.run.memory == BuildConfig(target="x").memory.value


def test_every_setting_that_a_remedy_names_exists() -> None:
    named = [
        match for row in ERRORS.values() for match in re.findall(r"\[(\w+)\] (\w+)", f"{row.remedy} {row.example}")
    ]
    assert named
    for section, field in named:
        assert field in type(getattr(Settings(), section)).model_fields, (section, field)


def test_every_setting_says_what_it_is() -> None:
    for name, section in Settings():
        for field, info in type(section).model_fields.items():
            assert info.description, (name, field)
