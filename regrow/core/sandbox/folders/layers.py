"""Shell: the layers of one room on disk. Blocking; called in a thread.

A room's folder holds `layers/ID` (frozen, read-only from then on), `tools/` (programs of ours that run inside),
`writable-N/` (what the next command writes to, with overlayfs' own folder beside it) and `output/`. A layer appears by one
rename: after `kill -9` it is there as a whole or not at all. Which layers a room consists of is the caller's to remember,
in its checkpoint; a writable folder that is found on opening was half made, and is thrown away.

A layer survives the end of our process, not a power cut: its files are not synced one by one, since a step can be repeated.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from regrow.core.sandbox.arguments import WRITABLE
from regrow.core.sandbox.folders import trees
from regrow.core.sandbox.values import Layer, LayerMode

__all__ = ["LayerStack"]

IN_ROOM = Path(__file__).parent.parent / "in_room"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


class LayerStack:
    """The layers of one room.

    Args:
        folder: The room's own. Made when it is not there.
        layer_ids: The frozen layers to go on from, lowest first.
        mode: How the writable part is kept apart.
        owner: Host user and group of what the room's user makes.

    Raises:
        ValueError: One of the layers is not there.
    """

    def __init__(self, folder: Path, layer_ids: Sequence[str], mode: LayerMode, owner: tuple[int, int]) -> None:
        self.folder = trees.make_folder(folder)
        self.mode = mode
        self._owner = owner
        trees.make_folder(folder / "layers")
        trees.make_folder(folder / "output")
        # A copy, since the room's user may not be allowed to read where this program is installed.
        tools = trees.make_folder(folder / "tools")
        for source in IN_ROOM.glob("*.py"):
            (tools / source.name).write_bytes(source.read_bytes())
            (tools / source.name).chmod(0o644)
        for left_over in [*folder.glob("writable-*"), *folder.glob(".*"), *(folder / "layers").glob(".*")]:
            trees.discard(left_over)
        self.layers: tuple[Layer, ...] = tuple(self._found(layer_id) for layer_id in layer_ids)
        self._number = 0
        self.writable = self._new_writable()

    def _found(self, layer_id: str) -> Layer:
        path = self.path_of(layer_id)
        if not path.is_dir():
            msg = f"layer {layer_id!r} is not in {self.folder}; go on from a list of layers without it"
            raise ValueError(msg)
        return Layer(layer_id, path, trees.size_bytes(path))

    def path_of(self, layer_id: str) -> Path:
        """Return where a layer lies.

        Raises:
            ValueError: Its id cannot be a file name.
        """
        if not _ID.fullmatch(layer_id):
            msg = f"a layer id is 1 to 80 letters, digits, dots, dashes and underscores, got {layer_id!r}"
            raise ValueError(msg)
        return self.folder / "layers" / layer_id

    @property
    def upper(self) -> Path:
        """What the next command writes to."""
        return self.writable / "upper"

    @property
    def work(self) -> Path:
        """Overlayfs' own folder, on the same file system as `upper`."""
        return self.writable / "work"

    def _new_writable(self) -> Path:
        self._number += 1
        writable = trees.make_folder(self.folder / f"writable-{self._number}", 0o755)
        trees.make_folder(writable / "work")
        upper = trees.make_folder(writable / "upper")
        if self.mode is LayerMode.COPY:
            if self.layers:
                trees.copy_tree(self.layers[-1].path, upper)
            for name in (*WRITABLE, "build/checkout", "home/builder", "var/tmp"):
                if not (upper / name).is_dir():
                    trees.make_folder(upper / name, 0o1777 if name.endswith("tmp") else 0o755)
            trees.give_to(upper, *self._owner)
        return writable

    def freeze(self, layer_id: str) -> Layer:
        """Make what was written since the last layer a layer of its own, and begin a new writable one.

        A layer of this id that the room does not consist of was frozen by a run that ended before it could say so; it is
        replaced.

        Raises:
            ValueError: The room consists of a layer of this id already.
        """
        layer = self._place(layer_id, self.upper)
        trees.discard(self.writable)
        self.layers = (*self.layers, layer)
        self.writable = self._new_writable()
        return layer

    def add(self, layer_id: str, made: Path) -> Layer:
        """Put a folder that was made outside of the room on top as a layer; the folder is moved.

        Raises:
            ValueError: The id is taken, or commands have written since the last layer.
        """
        if self.is_dirty():
            msg = (
                f"layer {layer_id!r} cannot be put on what was written since the last layer; freeze or roll back first"
            )
            raise ValueError(msg)
        if self.mode is LayerMode.COPY:
            # In copy mode a layer is the whole writable part, so what is put on top joins the copy.
            trees.copy_tree(made, self.upper)
            trees.give_to(self.upper, *self._owner)
            trees.discard(made)
            return self.freeze(layer_id)
        layer = self._place(layer_id, made)
        self.layers = (*self.layers, layer)
        return layer

    def _place(self, layer_id: str, made: Path) -> Layer:
        target = self.path_of(layer_id)
        if any(layer.layer_id == layer_id for layer in self.layers):
            msg = f"the room has a layer {layer_id!r} already; give each step an id of its own"
            raise ValueError(msg)
        if target.exists():
            aside = target.with_name(f".{layer_id}.replaced")
            trees.discard(aside)
            target.rename(aside)
            trees.discard(aside)
        size = trees.size_bytes(made)
        made.rename(target)
        _sync_folder(target.parent)
        return Layer(layer_id, target, size)

    def rollback(self) -> None:
        """Drop what was written since the last layer."""
        trees.discard(self.writable)
        self.writable = self._new_writable()

    def is_dirty(self) -> bool:
        """Whether anything was written since the last layer. In copy mode this cannot be told and is denied."""
        return self.mode is LayerMode.OVERLAY and any(name != "run" for name in os.listdir(self.upper))

    def pop(self, count: int = 1) -> None:
        """Take the topmost layers off the room and discard them, with what was written since.

        Raises:
            ValueError: There are not that many.
        """
        if not 0 <= count <= len(self.layers):
            msg = f"the room has {len(self.layers)} layers, so {count} cannot be taken off"
            raise ValueError(msg)
        kept = len(self.layers) - count
        dropped, self.layers = self.layers[kept:], self.layers[:kept]
        self.rollback()
        for layer in dropped:
            trees.discard(layer.path)

    def close(self) -> None:
        """Throw away what was not frozen."""
        trees.discard(self.writable)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
