"""How the state of an actor becomes the bytes of a checkpoint, and what of it can be read back."""

from regrow.core.saving.codec import ENCODING, StateCodec
from regrow.core.saving.shapes import Shape, shape_of

__all__ = ["ENCODING", "Shape", "StateCodec", "shape_of"]
