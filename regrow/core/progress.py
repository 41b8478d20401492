"""What a run is doing, for whoever watches it in this process: the terminal, the report, later the gateway.

A publisher never waits and never learns who listens. Only the last progress of each run is kept. How long a run has
taken is known to its own actor alone; news of a step is given the time by the board, from what that one said last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from regrow.protocols.run_messages import RunFinished, RunProgress

__all__ = ["ProgressBoard", "RunNews"]

RunNews: TypeAlias = RunProgress | RunFinished


class ProgressBoard:
    """See the module.

    Args:
        now_s: A clock that does not go back.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._began_s: dict[str, float] = {}
        self._last: dict[str, RunNews] = {}
        self._listeners: list[Callable[[RunNews], object]] = []

    def publish(self, news: RunNews) -> None:
        """Show `news` to every listener, now."""
        if isinstance(news, RunProgress):
            news = self._timed(news)
        self._last[news.run_id] = news
        for listener in tuple(self._listeners):
            listener(news)

    def _timed(self, news: RunProgress) -> RunProgress:
        now_s, began_s = self._now_s(), self._began_s.get(news.run_id)
        if news.elapsed_ms:
            self._began_s[news.run_id] = now_s - news.elapsed_ms / 1000
        elif began_s is not None:
            return news.model_copy(update={"elapsed_ms": max(0, int((now_s - began_s) * 1000))})
        return news

    def listen(self, listener: Callable[[RunNews], object]) -> Callable[[], None]:
        """Call `listener` with all news from now on; it must not wait or raise. Returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def last(self, run_id: str) -> RunNews | None:
        """Return the last news of a run."""
        return self._last.get(run_id)
