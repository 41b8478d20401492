"""Shell: fetches what is to be verified (a folder, an archive, a git repository, a released source) without running it.

`fetch` is the front door; `errors.py` draws the tree of what can go wrong.
"""

from regrow.core.fetch.errors import (
    ClientMissing,
    DiskFull,
    NetworkDown,
    NetworkForbidden,
    NotPermitted,
    TargetNotFound,
    TargetNotUnderstood,
    TargetRefused,
    WrongHash,
)
from regrow.core.fetch.fetching import FetchedTarget, fetch
from regrow.core.fetch.limits import FetchLimits
from regrow.core.fetch.target import TargetKind

__all__ = [
    "ClientMissing",
    "DiskFull",
    "FetchLimits",
    "FetchedTarget",
    "NetworkDown",
    "NetworkForbidden",
    "NotPermitted",
    "TargetKind",
    "TargetNotFound",
    "TargetNotUnderstood",
    "TargetRefused",
    "WrongHash",
    "fetch",
]
