"""Which recovery is tried next, and what becomes of a request for files."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regrow.actors.guardian.choosing import Memory, from_table, in_order, same_cause
from regrow.actors.guardian.choosing import amended as carried_out
from regrow.core.learning.posterior import LIMIT_FAILURES
from regrow.core.project.evidence import Evidence, gather
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, assemble
from regrow.core.project.recovery import Failure, NeedsSystemPackages, Recovery, recoveries
from regrow.core.project.recovery.causes import advice_for
from regrow.core.project.recovery.system_files import LIBRARIES, PROGRAMS, package_of, packages_of
from regrow.protocols.patterns import StrategyRecord
from regrow.protocols.plan import Plan, StepPhase

PLAN = assemble(
    [
        Draft("make", "documented", StepPhase.BUILD),
        Draft("make check", "documented", StepPhase.TEST, counts_tests=True),
    ]
)
C_PROJECT = gather(FileTree.of({"Makefile": "check:\n", "a.c": ""}))


NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def record(rule: str, good: int, bad: int, kind: str = "python", in_a_row: int = 0, days: int = 0) -> StrategyRecord:
    return StrategyRecord(
        kind=kind,
        rule=rule,
        attempts=good + bad,
        successes=good,
        failures=bad,
        good=good,
        bad=bad,
        failures_in_a_row=in_a_row,
        last_used=NOW - dt.timedelta(days=days),
    )


def order(proposals: list[Recovery], *records: StrategyRecord, seed: int = 1, plan: Plan | None = None) -> list[str]:
    ranked = in_order(proposals, Memory("python", records, NOW, seed=(seed,)), plan)
    return [each.proposal.strategy_id for each in ranked]


def amended(plan: Plan, proposal: Recovery) -> Plan | None:
    """What a proposal comes to without the distribution's index."""
    return carried_out(plan, proposal, from_table(proposal.packages or NeedsSystemPackages()))


def first_plan(output: str, evidence: Evidence = C_PROJECT) -> Plan | None:
    """What is done about a failure of the first step."""
    proposals = recoveries(PLAN, Failure(PLAN.steps[0], output, 1), evidence)
    return next((plan for one in proposals if (plan := amended(PLAN, one)) is not None), None)


@pytest.mark.parametrize(
    ("output", "package"),
    [
        ("a.c:1:10: fatal error: zlib.h: No such file or directory", "zlib1g-dev"),
        ("a.c:1:10: fatal error: libxml/parser.h: No such file or directory", "libxml2-dev"),
        ("a.c:1:10: fatal error: 'openssl/ssl.h' file not found", "libssl-dev"),
        ("Package libffi was not found in the pkg-config search path.", "libffi-dev"),
        ("No package 'libxml-2.0' found", "libxml2-dev"),
        ("/usr/bin/ld: cannot find -lpq", "libpq-dev"),
        ("prog: error while loading shared libraries: libyaml-0.so.2: cannot open shared object file", None),
        ("-- Could NOT find ZLIB (missing: ZLIB_LIBRARY)", "zlib1g-dev"),
        ("-- Could NOT find LibXml2 (missing: LIBXML2_LIBRARY)", "libxml2-dev"),
        ("bash: line 1: cmake: command not found", "cmake"),
        ("/bin/sh: 1: ninja: not found", "ninja-build"),
        ("make: autoreconf: No such file or directory", "autoconf"),
        ("configure.ac:56: error: possibly undefined macro: AC_PROG_LIBTOOL", "libtool"),
        ("configure.ac:9: error: possibly undefined macro: LT_INIT", "libtool"),
        ("./configure: line 2941: PKG_PROG_PKG_CONFIG: command not found", "pkg-config"),
        ("./configure: line 7: AX_CHECK_COMPILE_FLAG: command not found", "autoconf-archive"),
        ("Makefile.am:3: error: Libtool library used but 'LIBTOOL' is undefined", "libtool"),
        ("configure.ac:5: error: required file './ltmain.sh' not found", "libtool"),
        ("configure.ac:8: error: possibly undefined macro: NOBODY_KNOWS", None),
        ("a.c:1:10: fatal error: nobody/knows.h: No such file or directory", None),
        ("/usr/bin/ld: cannot find -lnobodyknows", None),
        ("bash: line 1: nobody-knows: command not found", None),
    ],
)
def test_missing_file_becomes_a_step_that_installs_its_package_or_nothing(output: str, package: str | None) -> None:
    plan = first_plan(output)
    if package is None:
        assert plan is None
        return
    assert plan is not None
    assert plan.steps[0].command == f"apt-get install -y --no-install-recommends {package}"
    (deviation,) = plan.all_deviations
    assert deviation.sentence == f"Needs the system packages {package}: `sudo apt-get install {package}`."


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        (
            "a.c:1:10: fatal error: nobody/knows.h: No such file or directory",
            "the header nobody/knows.h is missing: name in the documents the system package that has it",
        ),
        (
            "No package 'nobody-2.0' found",
            "pkg-config does not know nobody-2.0 (nobody-2.0.pc is missing): name in the documents the system package "
            "that has it",
        ),
        (
            "/usr/bin/ld: cannot find -lz",
            "the library z is missing: name in the documents the system package that has it (on Debian zlib1g-dev)",
        ),
        ("===== 1 failed in 0.1s =====", ""),
        (
            "configure.ac:56: error: possibly undefined macro: AC_PROG_LIBTOOL",
            "nothing defines AC_PROG_LIBTOOL for autoconf: name in the documents the system package that has it "
            "(on Debian libtool)",
        ),
    ],
)
def test_cause_that_nothing_mends_says_what_is_missing_and_what_to_do(output: str, advice: str) -> None:
    said = advice_for(Failure(PLAN.steps[0], output, 1, "E3001"))
    assert said == advice if advice else said
    assert "\n" not in said
    assert "{" not in said


def test_package_that_is_in_the_plan_already_is_not_asked_for_again() -> None:
    output = "a.c:1:10: fatal error: zlib.h: No such file or directory"
    plan = first_plan(output)
    assert plan is not None
    (proposal,) = [one for one in recoveries(plan, Failure(plan.steps[1], output, 1), C_PROJECT) if one.packages]
    assert amended(plan, proposal) is None


def test_table_of_files_names_each_file_once() -> None:
    for column in (1, 2, 3):
        names = [name for row in LIBRARIES for name in row[column].split()]
        assert sorted(names) == sorted(set(names))
    assert len({row[0] for row in LIBRARIES}) == len(LIBRARIES)


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_every_program_has_a_package(program: str) -> None:
    assert packages_of([f"usr/bin/{program}"]) == (package_of("program", program),)
    assert package_of("program", program)


@given(st.text(max_size=40))
def test_no_pattern_whatever_breaks_the_look_up(text: str) -> None:
    assert isinstance(packages_of([text, f"*/include/{text}", f"*/lib{text}.so"]), tuple)


def test_record_reorders_and_a_tie_keeps_the_order_of_the_rules() -> None:
    proposals = [Recovery(name, "because", PLAN) for name in ("a", "b", "c", "d")]
    assert order(proposals, record("c", 500, 0), record("a", 0, 500)) == ["c", "b", "d", "a"]


def test_same_memory_and_seed_give_the_same_order_and_another_seed_explores() -> None:
    proposals = [Recovery(name, "because", PLAN) for name in ("a", "b", "c")]
    thin = [record("a", 1, 2), record("b", 2, 1), record("c", 1, 1)]
    orders = [tuple(order(proposals, *thin, seed=seed)) for seed in range(200)]
    assert orders == [tuple(order(proposals, *thin, seed=seed)) for seed in range(200)]
    firsts = [each[0] for each in orders]
    assert len(set(firsts)) == 3
    assert firsts.count("b") > firsts.count("a")


def test_rule_that_failed_ten_times_in_a_row_comes_last_however_well_it_did_before() -> None:
    proposals = [Recovery(name, "because", PLAN) for name in ("a:x", "b:x")]
    good = record("a", 500, LIMIT_FAILURES, in_a_row=LIMIT_FAILURES)
    assert order(proposals, good) == ["b:x", "a:x"]
    assert order(proposals, good.model_copy(update={"failures_in_a_row": LIMIT_FAILURES - 1})) == ["a:x", "b:x"]


def test_success_fades() -> None:
    old = [record("a", 50, 0, days=10 * 90)]
    (faded,) = in_order([Recovery("a", "because", PLAN)], Memory("python", old, NOW))
    assert faded.expected == pytest.approx((50 / 1024 + 1) / (50 / 1024 + 2))


def test_other_kind_of_project_counts_half() -> None:
    (one,) = in_order([Recovery("a", "because", PLAN)], Memory("python", [record("a", 4, 0, kind="node")], NOW))
    assert one.expected == pytest.approx(3 / 4)


def test_without_memory_the_order_is_that_of_the_rules_and_nothing_is_drawn() -> None:
    proposals = [Recovery(name, "because", PLAN) for name in ("a", "b")]
    ranked = in_order(proposals, None)
    assert [(each.proposal.strategy_id, each.drawn) for each in ranked] == [("a", 0.5), ("b", 0.5)]


def test_record_moves_no_exchanged_command_before_what_is_only_added() -> None:
    adds = Recovery("adds", "because", None, NeedsSystemPackages(("cmake",)))
    other = assemble([Draft("cmake -S . -B build", "because", StepPhase.BUILD)])
    exchanges = Recovery("exchanges", "because", other)
    for memory in ([], [record("exchanges", 50, 0), record("adds", 0, 50)]):
        assert order([adds, exchanges], *memory, plan=PLAN) == ["adds", "exchanges"]


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ("bash: line 1: cmake: command not found", "/bin/sh: 1: cmake: not found", True),
        ("bash: line 1: cmake: command not found", "bash: line 1: ninja: command not found", False),
        (
            "a.c:1: fatal error: zlib.h: No such file or directory",
            "b.c:7: fatal error: zlib.h: No such file or directory",
            True,
        ),
        ("===== 1 failed in 0.1s =====", "===== 1 failed in 0.1s =====", False),
        ("", "", False),
    ],
)
def test_recovery_after_which_the_same_thing_is_missing_has_not_helped(before: str, now: str, same: bool) -> None:
    assert same_cause(Failure(PLAN.steps[0], now, 1), Failure(PLAN.steps[0], before, 1)) is same


def test_request_without_files_takes_its_names() -> None:
    named = Recovery("add_packages:gcc", "because", None, NeedsSystemPackages(("gcc", "make")))
    plan = amended(PLAN, named)
    assert plan is not None
    assert plan.steps[0].command.endswith(" gcc make")
