"""Shell: a room's layers as folders on disk: made, stacked, looked into, thrown away. Nothing here runs anything."""

from regrow.core.sandbox.folders.layers import LayerStack

__all__ = ["LayerStack"]
