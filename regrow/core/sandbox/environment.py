"""The environment that a command sees: made from nothing, so that the host's never leaks in (trap 33).

Nothing of the host's environment is copied. What package clients need to reach their registries is added by
`network/` for the steps that may use the network, and only for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from regrow.core.sandbox.values import ROOM_HOME, ROOM_USER

__all__ = ["CLEAN_ENVIRONMENT", "WITHOUT_NETWORK", "room_environment"]

CLEAN_ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "HOME": ROOM_HOME,
        "USER": ROOM_USER,
        "LOGNAME": ROOM_USER,
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",  # noqa: S108 - the room's own
        "TERM": "dumb",
        # Nobody is there to answer: whatever would ask must fail or go on by itself (trap 7).
        "PAGER": "cat",
        "GIT_PAGER": "cat",
        "MANPAGER": "cat",
        "EDITOR": "/bin/false",
        "VISUAL": "/bin/false",
        "GIT_EDITOR": "/bin/false",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "SSH_ASKPASS": "/bin/false",
        "DEBIAN_FRONTEND": "noninteractive",
    }
)
"""What every command starts with. CI is not set: a project that behaves otherwise under CI is built as a reader would."""


WITHOUT_NETWORK: Final[Mapping[str, str]] = MappingProxyType({"npm_config_fetch_retries": "0", "PIP_RETRIES": "0"})
"""For commands in a room without network: a client that asks for a host there has its answer at once. npm would wait for
70 seconds between its three attempts, pip for ten."""


def room_environment(
    command: Mapping[str, str], network: Mapping[str, str] | None = None, source_date_epoch: int | None = None
) -> dict[str, str]:
    """Return a command's whole environment.

    Args:
        command: What the command itself sets; it wins.
        network: What reaching the registries takes, or `WITHOUT_NETWORK`; None where neither is known.
        source_date_epoch: For reproducible builds. At least 315532800: zip knows no time before 1980 (trap 43).

    Raises:
        ValueError: A time before 1980.

    >>> room_environment({"LANG": "de_DE.UTF-8"})["LANG"]
    'de_DE.UTF-8'
    """
    environment = {**CLEAN_ENVIRONMENT, **(network or {})}
    if source_date_epoch is not None:
        if source_date_epoch < 315532800:
            msg = f"source_date_epoch must be at least 315532800 (1980), got {source_date_epoch}"
            raise ValueError(msg)
        environment["SOURCE_DATE_EPOCH"] = str(source_date_epoch)
    return {**environment, **command}
