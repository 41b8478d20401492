"""One run: the order of its phases, and what it remembers."""

from regrow.actors.run.actor import Peers, RunActor
from regrow.actors.run.record import RunRecord

__all__ = ["Peers", "RunActor", "RunRecord"]
