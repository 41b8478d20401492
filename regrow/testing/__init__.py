"""Tools for testing one's own actors: virtual time, probes, faults and pictures of a tree; docs/testing.md shows them.

Everything is loaded when it is first used: pytest imports this package at its start wherever regrow is installed, for
the fixtures in `regrow.testing.pytest_plugin`, and a run that uses none of them shall not pay for the runtime.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regrow.testing.faults import FaultyStore as FaultyStore
    from regrow.testing.faults import InjectedCrash as InjectedCrash
    from regrow.testing.faults import InjectedStoreFault as InjectedStoreFault
    from regrow.testing.faults import crash as crash
    from regrow.testing.faults import crash_at_next as crash_at_next
    from regrow.testing.pictures import print_tree as print_tree
    from regrow.testing.pictures import render_tree as render_tree
    from regrow.testing.probe import Probe as Probe
    from regrow.testing.probe import ProbeActor as ProbeActor
    from regrow.testing.virtual_time import Clock as Clock
    from regrow.testing.virtual_time import Deadlock as Deadlock
    from regrow.testing.virtual_time import VirtualClock as VirtualClock
    from regrow.testing.virtual_time import VirtualTimeLoop as VirtualTimeLoop
    from regrow.testing.virtual_time import run_virtual as run_virtual
    from regrow.testing.virtual_time import virtual_backend as virtual_backend

_HOMES = {
    "Clock": "regrow.testing.virtual_time",
    "Deadlock": "regrow.testing.virtual_time",
    "FaultyStore": "regrow.testing.faults",
    "InjectedCrash": "regrow.testing.faults",
    "InjectedStoreFault": "regrow.testing.faults",
    "Probe": "regrow.testing.probe",
    "ProbeActor": "regrow.testing.probe",
    "VirtualClock": "regrow.testing.virtual_time",
    "VirtualTimeLoop": "regrow.testing.virtual_time",
    "crash": "regrow.testing.faults",
    "crash_at_next": "regrow.testing.faults",
    "print_tree": "regrow.testing.pictures",
    "render_tree": "regrow.testing.pictures",
    "run_virtual": "regrow.testing.virtual_time",
    "virtual_backend": "regrow.testing.virtual_time",
}

__all__ = [
    "Clock",
    "Deadlock",
    "FaultyStore",
    "InjectedCrash",
    "InjectedStoreFault",
    "Probe",
    "ProbeActor",
    "VirtualClock",
    "VirtualTimeLoop",
    "crash",
    "crash_at_next",
    "print_tree",
    "render_tree",
    "run_virtual",
    "virtual_backend",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
