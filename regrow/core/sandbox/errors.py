"""What can go wrong with a sandbox, split by who must act.

* EnvironmentFault
  + NoSandbox    E2002 nothing on this machine can isolate a command, or a room cannot be made
  + RoomBroken   E2006 a new room failed its self-test: what happens in it says nothing about the project

A wrong call (a room that is closed, a layer id that is taken) is a ValueError or RuntimeError of Python.
"""

from __future__ import annotations

from regrow.protocols.errors import EnvironmentFault

__all__ = ["NoSandbox", "RoomBroken"]


class NoSandbox(EnvironmentFault):
    """No sandbox can be had, or a room cannot be made in it.

    Args:
        what: What is missing, and why it is needed.
        remedy: The exact command to type; None for the table's.
    """

    def __init__(self, what: str, *, got: str = "", remedy: str | None = None) -> None:
        super().__init__("E2002", what, where="sandbox:", got=got, remedy=remedy)


class RoomBroken(EnvironmentFault):
    """A room failed its self-test.

    Args:
        failures: Name of the check -> what went wrong.
    """

    def __init__(self, failures: dict[str, str]) -> None:
        named = "; ".join(f"{name}: {text}" for name, text in failures.items())
        super().__init__("E2006", f"failed its self-test ({named})", where="room")
        self.failures = failures
