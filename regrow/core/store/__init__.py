"""Where bytes are kept: the port, and its implementations."""

from regrow.core.store.memory import MemoryStore
from regrow.core.store.opening import open_store
from regrow.core.store.port import Fence, Item, Put, Store
from regrow.core.store.sqlite import Durability, StoreClosed

__all__ = ["Durability", "Fence", "Item", "MemoryStore", "Put", "Store", "StoreClosed", "open_store"]
