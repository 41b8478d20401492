"""What can go wrong while a target is fetched, split by who must act.

* RegrowError
  + CallerError
    - TargetNotUnderstood   E2001   the text names no kind of target
    - TargetNotFound        E2001   nothing of that name, version or ref
    - ClientMissing         E2001   git, npm or apt-get is not on this machine
  + PeerError
    - TargetRefused         E2007   a hostile or damaged archive; `entry` names the place
    - WrongHash             E2008   not what the index announced
  + EnvironmentFault                says nothing about the target
    - DiskFull              E5002
    - NetworkDown           E5003
      . NetworkForbidden            the run may not ask
    - NotPermitted          E5004

By the error table a run that meets any of them ends `undecided`: nothing was learned about the project.
"""

from __future__ import annotations

from regrow.protocols.errors import CallerError, EnvironmentFault, PeerError

__all__ = [
    "ClientMissing",
    "DiskFull",
    "NetworkDown",
    "NetworkForbidden",
    "NotPermitted",
    "TargetNotFound",
    "TargetNotUnderstood",
    "TargetRefused",
    "WrongHash",
]


class TargetNotUnderstood(CallerError):
    """The text names no kind of target."""

    def __init__(self, what: str, *, do: str, where: str = "", expected: str = "", got: str = "") -> None:
        super().__init__("E2001", what, where=where, expected=expected, got=got, remedy=do)


class TargetNotFound(CallerError):
    """There is nothing of that name, version or ref."""

    def __init__(self, what: str, *, do: str) -> None:
        super().__init__("E2001", what, remedy=do)


class ClientMissing(CallerError):
    """The client program that this kind of target needs is not installed."""

    def __init__(self, program: str) -> None:
        super().__init__(
            "E2001", f"{program!r} is needed for this target and is not installed", remedy=f"install {program}"
        )


class TargetRefused(PeerError):
    """What was fetched is hostile, damaged or too large; nothing of it is used.

    Attributes:
        entry: The entry of the archive, None when it is the archive as a whole.
    """

    def __init__(self, what: str, *, do: str, entry: str | None = None) -> None:
        super().__init__("E2007", what, remedy=do)
        self.entry = entry


class WrongHash(PeerError):
    """A download is not what its index announced."""

    def __init__(self, name: str, algorithm: str, *, expected: str, got: str) -> None:
        super().__init__("E2008", f"has another {algorithm}", where=name, expected=expected, got=got)


class NetworkDown(EnvironmentFault):
    """An index, registry or server could not be reached."""

    def __init__(self, what: str, *, do: str = "check the network, then try again") -> None:
        super().__init__("E5003", what, remedy=do)


class NetworkForbidden(NetworkDown):
    """Another machine would have to be asked, and this run may ask none."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}, and this run may ask no other machine (--offline, --no-network)",
            do="run once without --offline or --no-network, or give the project's folder or archive",
        )


class DiskFull(EnvironmentFault):
    """The disk is full."""

    def __init__(self, doing: str) -> None:
        super().__init__("E5002", f"the disk is full while {doing}")


class NotPermitted(EnvironmentFault):
    """A file or folder may not be read or written."""

    def __init__(self, what: str, *, do: str = "check the path and its rights") -> None:
        super().__init__("E5004", what, remedy=do)
