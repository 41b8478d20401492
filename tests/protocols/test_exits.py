"""An exit reason keeps what a report needs, and names a chain of actors that ended because of one another once."""

from __future__ import annotations

from regrow.protocols.actor_errors import ActorRestarting
from regrow.protocols.exits import ExitKind, ExitReason, describe_error


def ended(path: str, reason: ExitReason) -> ActorRestarting:
    return ActorRestarting(f"{path} ended ({reason})", path=path, reason=reason)


def test_an_error_of_ones_own_has_no_chain() -> None:
    reason = describe_error(ExitKind.CRASH, ValueError("no"))
    assert (reason.through, reason.origin, str(reason)) == ((), None, "crash: ValueError: no")


def test_a_chain_of_ends_is_named_in_its_order_with_its_first_cause_once() -> None:
    first = reason = describe_error(ExitKind.CRASH, ValueError("no"))
    for path in ("s/d", "s/c", "s/b"):
        reason = describe_error(ExitKind.CRASH, ended(path, reason))
    assert (reason.through, reason.origin) == (("s/b", "s/c", "s/d"), first)
    assert str(reason) == "crash through s/b -> s/c -> s/d: crash: ValueError: no"
    assert reason.error_type == "ActorRestarting"


def test_a_chain_inside_of_a_group_is_found() -> None:
    first = describe_error(ExitKind.CRASH, ValueError("no"))
    reason = describe_error(ExitKind.CRASH, ExceptionGroup("task group", [ended("s/b", first)]))
    assert reason.through == ("s/b",)
