"""Causes of failures, measured: `python -m tests.core.learning` prints precision and recall over labelled outputs of real tools."""
