"""Shell: a whole run in a real tree, with scripted rooms: what the tests of the run's actors share."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import anyio

from regrow import Tree, open_tree
from regrow.actors.run import RunActor
from regrow.core.learning.book import PATTERNS
from regrow.core.learning.kept import unpacked
from regrow.core.progress import ProgressBoard, RunNews
from regrow.core.store import MemoryStore
from regrow.core.workshop import Ledger
from regrow.core.workshop.rooms import Rooms
from regrow.core.world import World
from regrow.daemon.tree import RUNS, Parts, run_child, run_path, verification_tree
from regrow.protocols.patterns import DebugPattern
from regrow.protocols.run_messages import RunFinished, StartRun
from regrow.protocols.status import BuildStatus
from regrow.protocols.verification import BuildConfig, RunMetadata
from tests.actors.scripted_rooms import Script, ScriptedRooms

README = "# demo\n\n## Install\n\n```sh\npip install .\n```\n\n## Test\n\n```sh\npytest\n```\n"
PYPROJECT = '[project]\nname = "demo"\nversion = "1.0"\n[project.optional-dependencies]\ntest = ["pytest"]\n'
FILES = {
    "README.md": README,
    "pyproject.toml": PYPROJECT,
    "demo/__init__.py": "",
    "tests/test_demo.py": "import pytest\ndef test_a(): pass\n",
}
PASSED = "===== 5 passed in 0.10s =====\n"
NOT_FOUND = "bash: line 1: pytest: command not found\n"
LIMIT_S = 20.0


class LaterWorld(World):
    """The time of day is ahead by so much."""

    def __init__(self, ahead: dt.timedelta) -> None:
        super().__init__()
        self._ahead = ahead

    def wall(self) -> dt.datetime:
        return super().wall() + self._ahead


@dataclass
class Stage:
    """One run: its project, its script, what survives its process. `later` is how late it is when the tree is opened."""

    folder: Path
    files: dict[str, str] = field(default_factory=lambda: dict(FILES))
    script: Script = field(default_factory=Script)
    store: MemoryStore = field(default_factory=MemoryStore)
    settings: dict[str, object] = field(default_factory=dict)
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    news: list[RunNews] = field(default_factory=list)
    finished: anyio.Event = field(default_factory=anyio.Event)
    recovering: anyio.Event = field(default_factory=anyio.Event)

    later: dt.timedelta = dt.timedelta()

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def end(self) -> RunFinished:
        """What the run ended with."""
        return next(news for news in self.news if isinstance(news, RunFinished))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Tree]:
        """The tree of a verification, with the run accepted."""
        project = self.folder / "demo"
        for name, text in self.files.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, "utf-8")
        (self.folder / "tools").mkdir(exist_ok=True)
        board = ProgressBoard(anyio.current_time)
        board.listen(self._hear)
        rooms = cast("Rooms", ScriptedRooms(self.script, self.folder / "tools"))
        parts = Parts(self.runs, self.store, rooms, board)
        async with open_tree(verification_tree(parts), world=LaterWorld(self.later), store=self.store) as tree:
            await tree.supervisor(RUNS).start_child(run_child(parts, self.run_id))
            await tree.ref(run_path(self.run_id), RunActor).ask(self._start(str(project)))
            yield tree

    async def play(self) -> RunFinished:
        """Carry the run to its end."""
        with anyio.fail_after(LIMIT_S):
            async with self.open():
                await self.finished.wait()
        return self.end

    async def completed(self) -> dict[str, int]:
        """Command -> how often the ledger says that it was completed with a layer."""
        entries = await Ledger(self.runs / self.run_id).entries()
        return dict(Counter(entry.command for entry in entries if entry.outcome.layer_id is not None))

    async def patterns(self) -> list[DebugPattern]:
        """What the pattern learner has in the store."""
        return [unpacked(item.data).pattern for item in await self.store.list_items(PATTERNS)]

    @property
    def request(self) -> StartRun:
        """What the run was asked to do."""
        return self._start(str(self.folder / "demo"))

    def _start(self, target: str) -> StartRun:
        configuration = BuildConfig.model_validate(
            {"target": target, "deadline_s": 60.0, "replay": False, **self.settings}
        )
        metadata = RunMetadata(triggered_by="test", environment="dev", correlation_id=self.run_id)
        return StartRun(run_id=self.run_id, configuration=configuration, metadata=metadata)

    def _hear(self, news: RunNews) -> None:
        self.news.append(news)
        if news.status is BuildStatus.RECOVERING:
            self.recovering.set()
        if isinstance(news, RunFinished):
            self.finished.set()
