"""Tests of a project's documents, made from what a run had to do besides what they say. Pure."""

from regrow.core.project.prevention.checks import Check, checks_of, holds, lines_of
from regrow.core.project.prevention.frameworks import Place, place_for
from regrow.core.project.prevention.templates import render_test

__all__ = ["Check", "Place", "checks_of", "holds", "lines_of", "place_for", "render_test"]
