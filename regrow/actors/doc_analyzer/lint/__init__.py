"""Finds errors in the documents of a project by comparing what they say with the tree, without running anything.

`open_target` reads, `lint` judges. Each family of rules is a module of `rules`; every rule stands in `rule_table.RULES`.
"""

from regrow.actors.doc_analyzer.lint.linting import LintTarget, lint, open_target
from regrow.actors.doc_analyzer.lint.model import Edit, Finding, LintResult, Part
from regrow.actors.doc_analyzer.lint.rule_table import RULES, Rule

__all__ = ["RULES", "Edit", "Finding", "LintResult", "LintTarget", "Part", "Rule", "lint", "open_target"]
