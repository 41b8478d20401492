"""regrow: supervision trees for Python, on asyncio and trio.

The names that you need to embed it. Everything is loaded when it is first used, so that `regrow --help` does not pay for
the runtime.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regrow.core.actor import Actor as Actor
    from regrow.core.checkpoints import CheckpointPolicy as CheckpointPolicy
    from regrow.core.handlers import handler as handler
    from regrow.core.mailbox import MailboxSpec as MailboxSpec
    from regrow.core.ref import Ref as Ref
    from regrow.core.store import open_store as open_store
    from regrow.core.watchdog import WatchdogSettings as WatchdogSettings
    from regrow.protocols.messages import Message as Message
    from regrow.protocols.messages import Request as Request
    from regrow.protocols.messages import State as State
    from regrow.protocols.notices import Terminated as Terminated
    from regrow.supervisors.backoff import Backoff as Backoff
    from regrow.supervisors.child_spec import ChildSpec as ChildSpec
    from regrow.supervisors.child_spec import Supervisor as Supervisor
    from regrow.supervisors.tree import Tree as Tree
    from regrow.supervisors.tree import open_tree as open_tree

__version__ = "0.1.0"

_HOMES = {
    "Actor": "regrow.core.actor",
    "Backoff": "regrow.supervisors.backoff",
    "CheckpointPolicy": "regrow.core.checkpoints",
    "ChildSpec": "regrow.supervisors.child_spec",
    "MailboxSpec": "regrow.core.mailbox",
    "Message": "regrow.protocols.messages",
    "Ref": "regrow.core.ref",
    "Request": "regrow.protocols.messages",
    "State": "regrow.protocols.messages",
    "Supervisor": "regrow.supervisors.child_spec",
    "Terminated": "regrow.protocols.notices",
    "Tree": "regrow.supervisors.tree",
    "WatchdogSettings": "regrow.core.watchdog",
    "handler": "regrow.core.handlers",
    "open_store": "regrow.core.store",
    "open_tree": "regrow.supervisors.tree",
}

__all__ = [
    "Actor",
    "Backoff",
    "CheckpointPolicy",
    "ChildSpec",
    "MailboxSpec",
    "Message",
    "Ref",
    "Request",
    "State",
    "Supervisor",
    "Terminated",
    "Tree",
    "WatchdogSettings",
    "handler",
    "open_store",
    "open_tree",
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
