"""What each component of a run used: regrow's own part, with the steps of its ledgers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from regrow.core.workshop.ledger import LedgerEntry
from regrow.core.workshop.metering import in_order
from regrow.protocols.verification import Component, ComponentUse

__all__ = ["components_of"]

_OF_ACTOR: Final[Mapping[str, Component]] = {"builder": Component.BUILD, "verifier": Component.VERIFY}


def components_of(
    own: Iterable[ComponentUse], entries: Iterable[LedgerEntry], proved: Iterable[LedgerEntry] = ()
) -> tuple[ComponentUse, ...]:
    """Return what each component used. The time of its steps is in that of its phase already.

    Args:
        own: Of regrow's own process, by phase.
        entries: The steps of the run's own room.
        proved: Those of the rooms in which what worked was proved.
    """
    uses = {use.component: use for use in own}
    steps = [(_OF_ACTOR.get(entry.by), entry) for entry in entries]
    steps += [(Component.PROOF, entry) for entry in proved]
    peaks: dict[Component, int] = {}
    for component, entry in steps:
        if component is None:
            continue
        use = uses.get(component) or ComponentUse(component=component)
        outcome = entry.outcome
        uses[component] = use.model_copy(
            update={
                "cpu_ms": use.cpu_ms + outcome.cpu_ms,
                "bytes_read": use.bytes_read + outcome.bytes_read,
                "bytes_written": use.bytes_written + outcome.bytes_written,
                "steps_run": use.steps_run + 1,
                "steps_failed": use.steps_failed + (not outcome.succeeded),
            }
        )
        peaks[component] = max(peaks.get(component, 0), outcome.peak_memory_bytes)
    with_peaks = (
        use.model_copy(update={"peak_memory_bytes": peaks.get(use.component) or use.peak_memory_bytes})
        for use in uses.values()
    )
    return in_order(with_peaks)
