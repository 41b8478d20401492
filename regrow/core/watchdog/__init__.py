"""Who notices that the event loop is blocked: a thread beside it, and, where asked for, a C thread of faulthandler."""

from regrow.core.watchdog.watchdog import LoopReport, Watchdog, WatchdogSettings

__all__ = ["LoopReport", "Watchdog", "WatchdogSettings"]
