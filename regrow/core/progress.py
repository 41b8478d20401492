"""What a run is doing, for whoever watches it in this process: the terminal, the report, later the gateway.

A publisher never waits and never learns who listens. Only the last progress of each run is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from regrow.protocols.run_messages import RunFinished, RunProgress

__all__ = ["ProgressBoard", "RunNews"]

RunNews: TypeAlias = RunProgress | RunFinished


class ProgressBoard:
    """See the module."""

    def __init__(self) -> None:
        self._last: dict[str, RunNews] = {}
        self._listeners: list[Callable[[RunNews], object]] = []

    def publish(self, news: RunNews) -> None:
        """Show `news` to every listener, now."""
        self._last[news.run_id] = news
        for listener in tuple(self._listeners):
            listener(news)

    def listen(self, listener: Callable[[RunNews], object]) -> Callable[[], None]:
        """Call `listener` with all news from now on; it must not wait or raise. Returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def last(self, run_id: str) -> RunNews | None:
        """Return the last news of a run."""
        return self._last.get(run_id)
