"""The error table: complete, documented, and what an error made from it says."""

from __future__ import annotations

import inspect
import pickle
import re
from pathlib import Path

import pytest

from regrow.protocols import actor_errors
from regrow.protocols.error_codes import RANGES, ErrorCode, Who
from regrow.protocols.error_pages import explain, render_errors_page
from regrow.protocols.error_table import ERRORS, verdict_of
from regrow.protocols.errors import (
    CallerError,
    EnvironmentFault,
    InternalError,
    PeerError,
    RegrowError,
    regrow_error,
)
from regrow.protocols.status import Verdict

ERRORS_PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


def test_every_code_has_exactly_one_row_in_the_order_of_the_codes() -> None:
    assert list(ERRORS) == list(ErrorCode)
    assert list(ERRORS) == sorted(ERRORS)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_lies_in_a_documented_range(code: ErrorCode) -> None:
    assert re.fullmatch(r"E\d{4}", code)
    assert code[:2] in RANGES


@pytest.mark.parametrize("code", ErrorCode)
def test_every_row_says_when_what_to_do_and_gives_an_example(code: ErrorCode) -> None:
    row = ERRORS[code]

    for text in (row.condition, row.remedy, row.example):
        assert len(text) > 10
        assert not text.endswith("."), "the text is joined to others by a semicolon"
        assert "\n" not in text


def test_every_error_of_the_actor_runtime_is_in_the_table() -> None:
    classes = [
        c for _, c in inspect.getmembers(actor_errors, inspect.isclass) if issubclass(c, actor_errors.ActorError)
    ]

    assert len(classes) > 5
    assert {c.code for c in classes} == {code for code in ErrorCode if code.startswith("E61")}


def test_errors_page_is_the_table() -> None:
    assert ERRORS_PAGE.read_text(encoding="utf-8") == render_errors_page()


def test_errors_page_has_one_line_for_each_code() -> None:
    page = render_errors_page()

    for code in ErrorCode:
        assert len(re.findall(rf"^\| {code.value} \| `{code.name}` \|", page, flags=re.MULTILINE)) == 1


def test_message_names_code_place_expectation_and_remedy() -> None:
    error = CallerError(
        "E2005",
        "exceeded its deadline by 12.4 s",
        where="step 'compile'",
        expected="limit 300 s",
    )

    assert str(error) == (
        "E2005 step 'compile' exceeded its deadline by 12.4 s (limit 300 s); "
        "raise [builder] step_timeout_s or split the step"
    )


@pytest.mark.parametrize(
    ("expected", "got", "message"),
    [
        ("", "", "README.md:4 is wrong"),
        ("UTF-8", "", "README.md:4 is wrong (UTF-8)"),
        ("", "byte 0xff", "README.md:4 is wrong (got byte 0xff)"),
        ("UTF-8", "byte 0xff", "README.md:4 is wrong (expected UTF-8, got byte 0xff)"),
    ],
)
def test_message_shows_what_is_known_of_expected_and_got(expected: str, got: str, message: str) -> None:
    error = PeerError("E1002", "is wrong", where="README.md:4", expected=expected, got=got)

    assert error.message == message


def test_own_remedy_replaces_the_table_s_and_an_empty_one_is_left_out() -> None:
    assert str(PeerError("E1001", "no README", remedy="write one")) == "E1001 no README; write one"
    assert str(PeerError("E1001", "no README", remedy="")) == "E1001 no README"


@pytest.mark.parametrize(
    ("who", "error_class"),
    [
        (Who.CALLER, CallerError),
        (Who.PEER, PeerError),
        (Who.ENVIRONMENT, EnvironmentFault),
        (Who.US, InternalError),
    ],
)
def test_class_of_an_error_says_who_must_act(who: Who, error_class: type[RegrowError]) -> None:
    codes = [code for code, row in ERRORS.items() if row.who is who]

    assert codes
    for code in codes:
        assert type(regrow_error(code, "x")) is error_class


def test_class_that_contradicts_the_table_is_refused() -> None:
    with pytest.raises(TypeError, match="E5002 is for the environment to act on, PeerError for the peer"):
        PeerError("E5002", "is full")


def test_unknown_code_is_refused() -> None:
    with pytest.raises(ValueError, match="E9999"):
        regrow_error("E9999", "x")


class NamedLimit(CallerError):
    """A subclass with a constructor and a field of its own."""

    def __init__(self, limit_s: float) -> None:
        super().__init__("E2005", f"exceeded {limit_s} s", where="step 'x'")
        self.limit_s = limit_s


def test_error_survives_pickling_with_its_class_and_parts() -> None:
    error = NamedLimit(4.5)

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is NamedLimit
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_explain_finds_a_code_by_number_or_name_in_any_case() -> None:
    assert explain(" e2005 ") == explain("E2005") == explain("build_timeout")
    assert explain("E2005").startswith("E2005 BUILD_TIMEOUT (build)\n")


def test_explain_names_the_codes_of_the_range_when_there_is_no_such_code() -> None:
    with pytest.raises(ValueError, match=r"no error code 'E1999'; codes are E1001, E1002"):
        explain("E1999")


@pytest.mark.parametrize("code", ["E2002", "E2005", "E2006", "E5001", "E5002", "E5003"])
def test_what_the_machine_lacked_leaves_a_run_undecided(code: str) -> None:
    assert verdict_of(code) is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("E3001", Verdict.FAIL), ("E3005", Verdict.FAIL), ("E4003", Verdict.FAIL), ("E6003", Verdict.CANCELLED)],
)
def test_what_was_found_out_decides_a_run(code: str, verdict: Verdict) -> None:
    assert verdict_of(code) is verdict


def test_no_error_ever_leaves_a_run_with_a_pass() -> None:
    assert not {verdict_of(code) for code in ErrorCode} & {Verdict.PASS, Verdict.HEALED}


def test_bug_of_ours_never_blames_the_project() -> None:
    assert {verdict_of(code) for code, row in ERRORS.items() if row.who is Who.US} == {Verdict.UNDECIDED}
