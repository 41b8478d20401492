"""Counts tests: from the lines of our own reporter, else from what the runner printed. Pure."""

from regrow.actors.verifier.counting.output import count_output, deselected_in_output, usage_error
from regrow.actors.verifier.counting.reporter_lines import ReporterFacts, TestedModule, read_reporter

__all__ = ["ReporterFacts", "TestedModule", "count_output", "deselected_in_output", "read_reporter", "usage_error"]
