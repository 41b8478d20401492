"""Whether a project's builds give the same artefacts, and why not (docs/reproducibility.md)."""

from regrow.actors.verifier.reproducing.packing import steps_that_build
from regrow.actors.verifier.reproducing.reproducer import reproduce
from regrow.actors.verifier.reproducing.room import Site
from regrow.actors.verifier.reproducing.serving import compare_builds

__all__ = ["Site", "compare_builds", "reproduce", "steps_that_build"]
