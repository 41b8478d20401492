"""Tells flaky tests from failing ones by repeating them (docs/reproducibility.md)."""

from regrow.actors.verifier.flaky.repeating import may_repeat
from regrow.actors.verifier.flaky.retester import KnownFailing, Retester

__all__ = ["KnownFailing", "Retester", "may_repeat"]
