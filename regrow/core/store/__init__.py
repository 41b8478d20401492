"""Where bytes are kept: the port, and its implementations."""

from regrow.core.store.memory import MemoryStore
from regrow.core.store.port import Item, Put, Store

__all__ = ["Item", "MemoryStore", "Put", "Store"]
