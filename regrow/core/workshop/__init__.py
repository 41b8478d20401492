"""Carries out the steps of a plan in a clean room, once each: what the builder and the verifier share.

`chain` says which steps are still valid, `ledger` remembers them, `workshop` does them.
"""

from regrow.core.workshop.chain import StepKey, chain_keys, layer_id_of
from regrow.core.workshop.ledger import Ledger, LedgerEntry
from regrow.core.workshop.workshop import StepRun, Workshop, open_workshop

__all__ = [
    "Ledger",
    "LedgerEntry",
    "StepKey",
    "StepRun",
    "Workshop",
    "chain_keys",
    "layer_id_of",
    "open_workshop",
]
