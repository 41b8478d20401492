"""Outcomes of stated numbers: arithmetic and versions, known from the tree, and counts of tests, known from the run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from regrow.actors.verifier.claims.planning import SURE
from regrow.protocols.documents import Claim, ClaimKind
from regrow.protocols.plan import CountSource, TestCounts
from regrow.protocols.verification import CheckKind, CheckOutcome

__all__ = ["MATH", "of_statements"]

MATH = "E3004"


def of_statements(claims: Iterable[Claim], counts: TestCounts | None, sessions: int = 1) -> Iterator[CheckOutcome]:
    """One outcome a statement.

    Args:
        counts: The tests that ran.
        sessions: How many test commands they were counted in; of several, none has to be the one that is meant.
    """
    for claim in claims:
        match claim.kind:
            case ClaimKind.ARITHMETIC | ClaimKind.VERSION:
                yield _known(claim, decides=claim.confidence >= SURE)
            case ClaimKind.LANGUAGE_VERSION:
                # The metadata refuse an interpreter that is not the one here: a reader with ours is not stopped.
                yield _known(claim, decides=False)
            case ClaimKind.TEST_COUNT:
                yield _counted(claim, counts, sessions)
            case ClaimKind.TESTS_PASS:
                yield _all_pass(claim, counts)


def _outcome(claim: Claim, passed: bool | None, detail: str, got: str = "", *, decides: bool = False) -> CheckOutcome:
    return CheckOutcome(
        kind=CheckKind.CLAIM,
        name=claim.text,
        passed=passed,
        detail=detail,
        ref=claim.ref,
        expected=claim.stated,
        got=got,
        code=MATH,
        decides=decides,
    )


def _known(claim: Claim, *, decides: bool) -> CheckOutcome:
    if claim.holds is None:
        return _outcome(claim, None, claim.known or "nothing here says otherwise")
    if claim.holds:
        return _outcome(claim, True, "", claim.known)
    is_sum = claim.kind is ClaimKind.ARITHMETIC
    detail = (
        f"does not add up (stated {claim.stated}, is {claim.known})"
        if is_sum
        else f"stated {claim.stated}; {claim.known}"
    )
    told = "" if decides else "; told only, since nothing here depends on it"
    return _outcome(claim, False, f"{detail}{told}", claim.known, decides=decides)


def _counted(claim: Claim, counts: TestCounts | None, sessions: int) -> CheckOutcome:
    if counts is None or counts.source is CountSource.NONE:
        return _outcome(claim, None, "the tests were not counted")
    stated = int(claim.stated)
    if stated in {counts.run, counts.run + counts.skipped, counts.passed}:
        return _outcome(claim, True, "", str(counts.run))
    skipped = f", {counts.skipped} skipped" if counts.skipped else ""
    detail = f"stated {stated} tests, {counts.run} ran{skipped}"
    why = ""
    if sessions > 1:
        why = "several test commands ran"
    elif claim.confidence < SURE:
        why = "the documents may not mean these tests"
    elif counts.source is CountSource.OUTPUT:
        why = "the tests were counted from what the runner printed"
    return _outcome(
        claim, False, f"{detail}{f'; told only, since {why}' if why else ''}", str(counts.run), decides=not why
    )


def _all_pass(claim: Claim, counts: TestCounts | None) -> CheckOutcome:
    if counts is None or counts.source is CountSource.NONE:
        return _outcome(claim, None, "the tests were not counted")
    got = f"{counts.passed} of {counts.run} passed"
    return _outcome(claim, counts.all_passed, "" if counts.all_passed else got, got)
