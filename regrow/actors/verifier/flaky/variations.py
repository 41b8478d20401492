"""The surroundings in which a failing test is run once more, to see on what it hangs (trap 10). Data. Pure.

A cause is named by the variation under which a test passes, and not by what it prints. Each is a run of the failing tests
alone; what a variation needs is unpacked once and dropped afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regrow.protocols.plan import StepLimits

__all__ = ["KIT_PACKAGES", "LOCALE_FOLDER", "Variation", "variations"]

KIT_PACKAGES = ("libfaketime", "locales", "tzdata")
LOCALE_FOLDER = "/tmp/regrow-locale"  # noqa: S108 - of the room
MEMORY_FACTOR = 4


@dataclass(frozen=True, slots=True)
class Variation:
    """One other surrounding. `name` completes "it passes with ...".

    Attributes:
        environment: Added to the step's.
        before: Lines of shell before it.
        kit: Whether it needs the packages of the kit.
        limits: In place of the step's.
        network: Whether the hosts of packages can be reached.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    kit: bool = False
    limits: StepLimits | None = None
    network: bool = False


def variations(limits: StepLimits, released_on: str, clock: str, *, network: bool) -> Sequence[Variation]:
    """Return the variations, the cheapest first.

    Args:
        limits: Of the step.
        released_on: The day of the newest file of the source, as `2020-01-31`.
        clock: Where libfaketime lies in the room; "" when there is none.
        network: Whether a step may be granted the network.
    """
    memory = limits.memory_bytes * MEMORY_FACTOR if limits.memory_bytes is not None else None
    english = f"localedef -i en_US -f UTF-8 {LOCALE_FOLDER}/en_US.UTF-8 >/dev/null 2>&1\n"
    found = [
        Variation("the time zone of New York", {"TZ": "EST5EDT,M3.2.0,M11.1.0"}),
        Variation("the time zone of Tokyo", {"TZ": "JST-9"}),
        Variation("the locale C (no UTF-8)", {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}),
        Variation("a terminal that knows colours (TERM)", {"TERM": "xterm-256color"}),
        Variation("CI set", {"CI": "true"}),
        Variation(
            "four times the memory",
            limits=limits.model_copy(update={"memory_bytes": memory, "processes": None}),
        ),
        Variation("the tests' time zone data (package tzdata)", kit=True),
        Variation(
            "the locale en_US.UTF-8",
            {"LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8", "LOCPATH": LOCALE_FOLDER},
            f"mkdir -p {LOCALE_FOLDER}; {english}",
            kit=True,
        ),
    ]
    if clock:
        moment = f"@{released_on} 12:00:00"
        line = f"export LD_PRELOAD={clock} FAKETIME='{moment}' NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1\n"
        found.append(Variation(f"the date of its release, {released_on}", before=line, kit=True))
    if network:
        found.append(Variation("the network (the hosts of packages)", network=True))
    return found
