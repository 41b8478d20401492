"""The sentence by which a step's output says that the proxy kept the step from hosts, and how it is found again. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "WHAT_ALLOWS_A_HOST",
    "WHAT_FILLS_THE_CACHE",
    "complains_of_refusal",
    "missing_in",
    "refusal_in",
    "say_missing",
    "say_refused",
]

_REFUSED = "regrow: this step was refused"
_MISSING = "regrow: this run is offline, and the download cache lacks"
_LIMIT_HOSTS = 3

WHAT_ALLOWS_A_HOST = (
    "only hosts that the settings of pip and npm on this machine name are allowed ('regrow doctor' lists them); a package "
    "host of yours is allowed by pip's extra-index-url or npm's @SCOPE:registry, any other by [builder] further_hosts"
)
"""What to do, and what cannot be done: see `regrow.core.sandbox.network.settings`."""


def say_refused(hosts: Sequence[str]) -> str:
    """Return the line that a failed step's output ends with when the proxy kept it from hosts; "" for none.

    >>> say_refused(["code.example:443"])
    "regrow: this step was refused code.example:443: steps reach the package clients' own hosts and no other"
    """
    named = list(dict.fromkeys(hosts))
    if not named:
        return ""
    more = f" and {len(named) - _LIMIT_HOSTS} more" if len(named) > _LIMIT_HOSTS else ""
    shown = f"{', '.join(named[:_LIMIT_HOSTS])}{more}"
    return f"{_REFUSED} {shown}: steps reach the package clients' own hosts and no other"


WHAT_FILLS_THE_CACHE = (
    "run once without --offline: what the run downloads is kept, and enough for the next one that is offline"
)


def say_missing(urls: Sequence[str]) -> str:
    """Return the line that a failed step's output ends with when the download cache lacked something; "" for nothing.

    >>> say_missing(["https://i.example/simple/a/"])
    'regrow: this run is offline, and the download cache lacks https://i.example/simple/a/'
    """
    named = list(dict.fromkeys(urls))
    if not named:
        return ""
    more = f" and {len(named) - _LIMIT_HOSTS} more" if len(named) > _LIMIT_HOSTS else ""
    return f"{_MISSING} {', '.join(named[:_LIMIT_HOSTS])}{more}"


def missing_in(output: str) -> str:
    """Return the line of `say_missing` at the end of an output, "" when there is none."""
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "")
    return last if last.startswith(_MISSING) else ""


def refusal_in(output: str) -> str:
    """Return the line of `say_refused` at the end of an output, "" when there is none.

    What was refused once is refused again, however long one waits: it is no outage.
    """
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "")
    return last if last.startswith(_REFUSED) else ""


def complains_of_refusal(output: str) -> bool:
    """Whether what a step printed itself names a host that the proxy kept it from: then it failed for that.

    A host that is refused in silence (statistics of a client) is no excuse for another failure.

    >>> complains_of_refusal("403 from https://code.example/x\\n" + say_refused(["code.example:443"]))
    True
    >>> complains_of_refusal("error: invalid syntax\\n" + say_refused(["code.example:443"]))
    False
    """
    refused = refusal_in(output)
    said = output[: output.rindex(refused)] if refused else ""
    hosts = re.findall(r"([\w.-]+):\d+(?=,|:| and )", refused.removeprefix(_REFUSED))
    return any(host in said for host in hosts)
