"""Keeps log entries in the store, in the order in which they came."""

from regrow.actors.logger.actor import LOG, LoggerActor

__all__ = ["LOG", "LoggerActor"]
