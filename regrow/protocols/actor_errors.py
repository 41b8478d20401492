"""What can go wrong with actors, split by who must act.

* ActorError
  + DefinitionError    the author of the class: handlers, messages, states (raised when the class is made)
  + SpecError          the author of the tree: a child spec or a supervisor spec (raised before anything starts)
  + SendError          the sender; gives the message back and says whether a retry is safe
    - MailboxFull      wait, or send less
    - UnhandledMessage send what the actor handles
    - ActorStopped     the actor is gone for good
    - ActorRestarting  it crashed while, or before, it handled the message
    - AskTimeout       no reply by the deadline
    - DeadlockError    the ask would close a cycle of actors that wait for one another
  + StartFailed        a tree, or a child that was added to one, did not start
  + TreeFailed         the root gave up: its intensity was exceeded, or a child could not be stopped
  + ChildError         a change of a running tree that cannot be made
  + WireError          a message that cannot cross a process, a machine or the store
  + StateNotSaved      a state that a new incarnation could not read back
  + Superseded         an actor whose checkpoints belong to another incarnation, perhaps of another tree
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from regrow.protocols.exits import ExitReason

__all__ = [
    "ActorError",
    "ActorRestarting",
    "ActorStopped",
    "AskTimeout",
    "ChildError",
    "DeadlockError",
    "DefinitionError",
    "MailboxFull",
    "SendError",
    "SpecError",
    "StartFailed",
    "StateNotSaved",
    "Superseded",
    "TreeFailed",
    "UnhandledMessage",
    "WireError",
]


class ActorError(Exception):
    """The root of everything that the runtime raises. `code` is documented in docs/errors.md."""

    code: ClassVar[str] = "E6100"

    def __str__(self) -> str:
        return f"{self.code} {super().__str__()}"


class DefinitionError(ActorError, TypeError):
    """An actor class that cannot work: found when the class is made."""

    code = "E6101"


class SpecError(ActorError, ValueError):
    """A child spec or supervisor spec that cannot work; the message names the path of the child."""

    code = "E6102"


class SendError(ActorError):
    """A message that did not get through. `message` is handed back; `retry_safe` says that no handler has begun it.

    Where an actor's end is why, `path` names the actor and `reason` says how it ended; else they are "" and None.
    """

    code = "E6110"

    def __init__(
        self,
        text: str,
        *,
        message: object = None,
        retry_safe: bool = False,
        path: str = "",
        reason: ExitReason | None = None,
    ) -> None:
        super().__init__(text)
        self.message = message
        self.retry_safe = retry_safe
        self.path = path
        self.reason = reason


class MailboxFull(SendError):
    """The mailbox has no room, and its policy or the caller does not wait."""

    code = "E6111"


class UnhandledMessage(SendError, TypeError):
    """The actor has no handler for this type of message."""

    code = "E6112"


class ActorStopped(SendError):
    """The actor has stopped and will not start again."""

    code = "E6113"


class ActorRestarting(SendError):
    """The incarnation that had the message ended before it replied; a new one may already run."""

    code = "E6114"


class AskTimeout(SendError, TimeoutError):
    """No reply came by the deadline; a reply that comes later is dropped."""

    code = "E6115"


class DeadlockError(SendError):
    """The ask would wait for an actor that, directly or not, waits for the asker. The text names the path."""

    code = "E6116"


class StartFailed(ActorError):
    """A child did not start; what had been started for it was stopped again in reverse order."""

    code = "E6120"


class TreeFailed(ActorError):
    """The root supervisor gave up. `reason` says why; everything below it has been stopped."""

    code = "E6121"

    def __init__(self, text: str, *, unstopped: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.unstopped = unstopped


class ChildError(ActorError):
    """A live change that was refused: `outcome` is the word (already_present, not_found, running, max_children, ...)."""

    code = "E6122"

    def __init__(self, text: str, *, outcome: str) -> None:
        super().__init__(text)
        self.outcome = outcome


class WireError(ActorError, ValueError):
    """A message that cannot be written or read where it crosses a process, a machine or the store."""

    code = "E6130"


class StateNotSaved(ActorError, ValueError):
    """A state that could not be read back, so that it was not saved and its reply was not given."""

    code = "E6131"


class Superseded(ActorError):
    """Another incarnation has taken over the checkpoints of this one, so that it was not saved. It may be in another tree."""

    code = "E6132"
