"""Which promises are kept, which cost the verdict, and which are told only: the truth table of each kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regrow.actors.verifier.claims.addresses import Answer, Started, of_server
from regrow.actors.verifier.claims.examples import Statement, of_examples
from regrow.actors.verifier.claims.outcomes import Typed, of_output
from regrow.actors.verifier.claims.planning import Asked, plan_work
from regrow.actors.verifier.claims.statements import of_statements
from regrow.actors.verifier.judging import Expectations, judge
from regrow.protocols.documents import (
    Claim,
    ClaimKind,
    DocAnalysis,
    DocRef,
    Endpoint,
    Example,
    ExpectedOutput,
    Server,
    Shell,
)
from regrow.protocols.plan import CountSource, Ended, Plan, PlanStep, StepOutcome, StepPhase, TestCounts
from regrow.protocols.status import Verdict
from regrow.protocols.verification import CheckOutcome

REF = DocRef(file="README.md", line=7, end_line=7, text="as it stands there")
SERVER = Server(command="python serve.py", port=8000, ref=REF, confidence=0.9)
UP = Started(True, (8000,), None, "")
CALL = Endpoint(path="/a", port=8000, called=True, ref=REF, confidence=0.95)
LISTED = Endpoint(path="/a", ref=REF, confidence=0.9)
LOGIN = CALL.model_copy(update={"authenticated": True, "user": "a:b"})


def told(check: CheckOutcome) -> str:
    """The outcome in a word."""
    return "open" if check.passed is None else "ok" if check.passed else "wrong" if check.decides else "differs"


def output(
    text: str, got: str, *, command: str = "demo 1", exit_code: int | None = 0, own: bool = True, again: str = ""
) -> CheckOutcome:
    promise = ExpectedOutput(command=command, text=text, ref=REF, confidence=0.95)
    return of_output(promise, Typed(exit_code, got, own, again or got))


@pytest.mark.parametrize(
    ("check", "word"),
    [
        (output("5", "5"), "ok"),
        (output("5", "6"), "wrong"),
        (output("5", "Traceback: x", exit_code=1), "wrong"),
        (output("5", "6", own=False), "open"),
        (output("5", "6", again="7"), "open"),
        (output("5", "", exit_code=None), "open"),
        (output("5", "demo: command not found", exit_code=127), "open"),
        (output("5", "x.txt: No such file or directory", exit_code=1), "open"),
        (output("error: No such file", "boom", exit_code=1), "wrong"),
        (output("usage: demo", "usage: other", command="demo --help"), "differs"),
        (output("5", "6", command="demo | jq ."), "differs"),
        (output("5", "6", command="demo ."), "differs"),
        (output("5", "6", command="demo --now"), "differs"),
        (output("5", "6", command="echo 1 | demo"), "wrong"),
    ],
)
def test_output_costs_the_verdict_only_beyond_doubt(check: CheckOutcome, word: str) -> None:
    assert told(check) == word
    assert check.ref == REF


def address(
    endpoint: Endpoint, answer: Answer, started: Started = UP, *others: tuple[Endpoint, Answer]
) -> CheckOutcome:
    pairs = [(endpoint, answer), *others]
    steady = [replace(one, again=one.again or (one.status, one.body)) for _, one in pairs]
    server, first, *_ = of_server(Asked(SERVER, tuple(each for each, _ in pairs)), started, steady)
    assert server.ref == REF
    return first


def endpoint(base: Endpoint = CALL, **changed: object) -> Endpoint:
    return base.model_copy(update=changed)


@pytest.mark.parametrize(
    ("promise", "answer", "word", "code"),
    [
        (CALL, Answer(200, "x"), "ok", None),
        (CALL, Answer(404), "wrong", None),
        (CALL, Answer(405), "wrong", None),
        (CALL, Answer(500), "differs", None),
        (CALL, Answer(404, again=(200, "")), "open", None),
        (CALL, Answer(None, error="refused"), "open", None),
        (endpoint(expected_status=200), Answer(201), "ok", None),
        (endpoint(expected_status=201), Answer(200), "wrong", None),
        (endpoint(expected_status=404), Answer(404), "ok", None),
        (endpoint(path="/users/42"), Answer(404), "differs", None),
        (endpoint(expected_body='{"a": 1}'), Answer(200, '{"a": 1}'), "ok", None),
        (endpoint(expected_body='{"a": 1}'), Answer(200, '{"a": 2}'), "wrong", None),
        (endpoint(expected_body="[1]"), Answer(200, "[]"), "differs", None),
        (endpoint(expected_body='{"a": 1}'), Answer(200, '{"a": 2}', again=(200, '{"a": 3}')), "open", None),
        (LISTED, Answer(404), "differs", None),
        (endpoint(LISTED, confidence=0.5), Answer(404), "differs", None),
        (LOGIN, Answer(200), "ok", None),
        (LOGIN, Answer(401), "wrong", "E3003"),
        (LOGIN, Answer(200, without=200), "ok", None),
        (endpoint(LOGIN, refused_without=True), Answer(200, without=200), "wrong", "E3003"),
        (endpoint(LOGIN, refused_without=True), Answer(200, without=401), "ok", None),
        (endpoint(expected_status=401), Answer(401), "ok", None),
        (endpoint(expected_status=401), Answer(200), "wrong", "E3003"),
    ],
)
def test_address_is_judged_by_status_login_and_body(
    promise: Endpoint, answer: Answer, word: str, code: str | None
) -> None:
    check = address(promise, answer)
    assert (told(check), check.code) == (word, code)


def test_listed_address_is_missing_when_others_of_the_list_are_there() -> None:
    assert told(address(LISTED, Answer(404), UP, (endpoint(LISTED, path="/b"), Answer(200)))) == "wrong"


def test_server_on_another_port_than_documented_is_named() -> None:
    check = address(CALL, Answer(None, error="refused"), Started(False, (9000,), None, ""))
    assert (told(check), check.expected, check.got) == ("wrong", "port 8000", "port 9000")


def test_server_that_ends_leaves_its_addresses_open() -> None:
    checks = list(of_server(Asked(SERVER, (CALL,)), Started(False, (), 1, "no database\n"), [None]))
    assert [told(check) for check in checks] == ["open", "open"]
    assert "no database" in checks[0].detail


def example(code: str, *done: Statement, session: bool = True, sure: float = 0.95) -> str:
    block = Example(language=Shell.PYTHON, code=code, session=session, ref=REF, confidence=sure)
    (check,) = of_examples([block], [[replace(each, again=each.again or each.result) for each in done]], ["demo"])
    return told(check)


def call(
    shown: str | None, got: str = "", error: str = "", again: str | None = None, source: str = "demo.f(1)\n"
) -> Statement:
    return Statement(
        1, source, shown, "session", got=got, error=error, message=f"{error}: x\n" if error else "", again=again
    )


ALONE = ">>> import demo\n>>> demo.f(1)\n2\n"


@pytest.mark.parametrize(
    ("code", "done", "word"),
    [
        (ALONE, call("2\n", "2\n"), "ok"),
        (ALONE, call("2\n", "3\n"), "wrong"),
        (ALONE, call("2\n", "3\n", again="4\n"), "open"),
        (ALONE, call("2\n", error="NameError"), "open"),
        (ALONE, call("2\n", error="ModuleNotFoundError"), "open"),
        (ALONE, call("2\n", error="TypeError"), "differs"),
        (ALONE, call("Traceback (most recent call last):\n...\nValueError: x\n", error="ValueError"), "ok"),
        (ALONE, call("Traceback (most recent call last):\n...\nValueError: x\n", "2\n"), "differs"),
        (ALONE, call("two\n", "'two'\n"), "ok"),
        (ALONE, call("2\n", "'two'\n"), "differs"),
        (ALONE, call("<demo.X object at 0x1>\n", "<demo.Y>\n"), "differs"),
        (">>> x.f(1)\n2\n", call("2\n", "3\n"), "differs"),
        (">>> import demo, numpy\n>>> demo.f(1)\n2\n", call("2\n", "3\n"), "differs"),
        (">>> import demo\n>>> demo.now()\n2\n", call("2\n", "3\n"), "differs"),
        (ALONE, call(None), "open"),
    ],
)
def test_example_costs_the_verdict_only_when_it_stands_alone(code: str, done: Statement, word: str) -> None:
    assert example(code, done) == word


COUNTS = TestCounts(run=10, passed=10, skipped=2, source=CountSource.REPORTER, runner="unittest")


@pytest.mark.parametrize(
    ("kind", "stated", "holds", "sure", "word"),
    [
        (ClaimKind.ARITHMETIC, "5", True, 0.95, "ok"),
        (ClaimKind.ARITHMETIC, "6", False, 0.95, "wrong"),
        (ClaimKind.ARITHMETIC, "6", False, 0.6, "differs"),
        (ClaimKind.VERSION, "1.0", False, 0.95, "wrong"),
        (ClaimKind.LANGUAGE_VERSION, "3.7", False, 0.95, "differs"),
        (ClaimKind.LANGUAGE_VERSION, "3.11", None, 0.95, "open"),
        (ClaimKind.TEST_COUNT, "10", None, 0.9, "ok"),
        (ClaimKind.TEST_COUNT, "12", None, 0.9, "ok"),
        (ClaimKind.TEST_COUNT, "11", None, 0.9, "wrong"),
        (ClaimKind.TEST_COUNT, "11", None, 0.6, "differs"),
        (ClaimKind.TESTS_PASS, "all", None, 0.8, "ok"),
    ],
)
def test_statement_is_held_against_what_is_known(
    kind: ClaimKind, stated: str, holds: bool | None, sure: float, word: str
) -> None:
    claim = Claim(kind=kind, text="it says so", stated=stated, known="what is", holds=holds, ref=REF, confidence=sure)
    (check,) = of_statements([claim], COUNTS)
    assert (told(check), check.code) == (word, "E3004")


@pytest.mark.parametrize(
    ("check", "verdict", "code"),
    [
        (output("5", "6"), Verdict.FAIL, "E3006"),
        (address(CALL, Answer(404)), Verdict.FAIL, "E3002"),
        (address(LOGIN, Answer(401)), Verdict.FAIL, "E3003"),
        (output("5", "6", command="demo ."), Verdict.PASS, None),
        (output("5", "6", own=False), Verdict.PASS, None),
    ],
)
def test_verdict_names_the_sentence_of_a_broken_promise(
    check: CheckOutcome, verdict: Verdict, code: str | None
) -> None:
    step = PlanStep(step_id="t", name="t", command="pytest", phase=StepPhase.TEST, reason="", counts_tests=True)
    done = StepOutcome(step_id="t", exit_code=0, ended=Ended.EXITED, duration_ms=1, tests=COUNTS)
    plan = Plan(plan_id="p", steps=(step,), literal=True)
    judgement = judge([done], COUNTS, (), Expectations(plan=plan, checks=(check,), printed=COUNTS))
    assert judgement.verdict is verdict
    assert [(cause.code, cause.file, cause.line) for cause in judgement.causes] == (
        [(code, "README.md", 7)] if code else []
    )


@pytest.mark.parametrize(
    ("command", "before", "why"),
    [
        ("git log", (), "waits for someone"),
        ("pip list", (), "another program"),
        ("demo <name>", (), "placeholder"),
        ("python -m other", (), "another program"),
        ("demo in.txt", (), "in.txt is not in the source"),
        ("demo 1", ("docker run x",), "docker run x"),
        ("python -m demo 1", (), ""),
        ("demo data.csv", (), ""),
        ("python tool.py", ("pip install .",), ""),
    ],
)
def test_what_is_typed_and_what_is_not(command: str, before: tuple[str, ...], why: str) -> None:
    promise = ExpectedOutput(command=command, text="x", before=before, ref=REF, confidence=0.95)
    work = plan_work(DocAnalysis(expected_outputs=(promise,)), ["demo"], ["tool.py", "data.csv"])
    assert [why in each.why for each in work.refused] == ([True] if why else [])
    assert bool(work.groups) is not bool(why)


def test_commands_of_one_block_are_typed_in_one_shell_and_none_twice() -> None:
    one = ExpectedOutput(command="demo 1", text="x", before=("cd a",), ref=REF)
    two = ExpectedOutput(command="demo 2", text="y", before=("cd a", "demo 1", "export X=1"), ref=REF)
    (group,) = plan_work(DocAnalysis(expected_outputs=(one, two)), ["demo"], []).groups
    assert [text for text, _ in group.commands] == ["cd a", "demo 1", "export X=1", "demo 2"]


def test_address_belongs_to_the_server_above_it_on_its_port() -> None:
    def at(line: int) -> DocRef:
        return DocRef(file="README.md", line=line, end_line=line, text="x")

    servers = (
        Server(command="one", port=8000, ref=at(1), confidence=0.9),
        Server(command="two", port=9000, ref=at(5), confidence=0.9),
    )
    endpoints = (
        Endpoint(path="/a", port=9000, called=True, ref=at(3)),
        Endpoint(path="/b", called=True, ref=at(4)),
        Endpoint(path="/c", called=True, ref=at(9)),
    )
    work = plan_work(DocAnalysis(servers=servers, endpoints=endpoints), [], [])
    assert [(asked.server.command, [each.path for each in asked.endpoints]) for asked in work.servers] == [
        ("one", ["/b"]),
        ("two", ["/a", "/c"]),
    ]
