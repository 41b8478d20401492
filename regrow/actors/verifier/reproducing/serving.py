"""Shell: answers `Reproduce`: makes the site, has the builds made and compared, and leaves nothing behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from regrow.actors.verifier.reproducing.packing import steps_that_build
from regrow.actors.verifier.reproducing.reproducer import reproduce
from regrow.actors.verifier.reproducing.room import Site
from regrow.core.workshop.allowances import limits_of
from regrow.core.workshop.phases import split_plan
from regrow.core.workshop.rooms import Rooms
from regrow.protocols.errors import RegrowError
from regrow.protocols.reproducibility import Reproducibility
from regrow.protocols.run_messages import Reproduce
from regrow.protocols.verification import NetworkPolicy

__all__ = ["compare_builds"]


async def compare_builds(
    message: Reproduce, rooms: Rooms, folder: Path, now: Callable[[], dt.datetime], tell: Callable[[str], object]
) -> Reproducibility:
    """Repeat the build in a folder of its own; what keeps it from being compared is told and is no error of the run."""
    configuration = message.configuration
    # Without secrets: what was built with one would carry it into what is compared and told.
    steps = [
        step.model_copy(update={"limits": limits_of(step.limits, configuration.limits, configuration.project_limits)})
        for step in steps_that_build(split_plan(message.plan)[0])
    ]
    site = Site(
        sandbox=await rooms.sandbox(),
        base=await rooms.base(message.analysis.ecosystem),
        folder=folder,
        source=Path(message.source.folder),
        steps=steps,
        ecosystem=message.analysis.ecosystem,
        network=configuration.network is not NetworkPolicy.NONE,
        tell=tell,
    )
    builds = configuration.reproducibility_builds

    def left_s() -> float:
        return (message.deadline - now()).total_seconds()

    try:
        told = await reproduce(site, builds, left_s)
    except RegrowError as error:
        return Reproducibility(reproducible=None, reason=f"builds could not be compared: {error.message}")
    await site.sandbox.discard(site.folder)
    return told
