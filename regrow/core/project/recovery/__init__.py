"""What to try when a plan failed: rules from a sign in the output to an amended plan, each change a named deviation.

Pure, and shared by the guardian (which picks by record among what applies) and the builder.
"""

from regrow.core.project.recovery.model import Failure, NeedsSystemPackages, Recovery, hides_fault
from regrow.core.project.recovery.rules import RULES, Rule, next_candidate, recoveries, with_packages

__all__ = [
    "RULES",
    "Failure",
    "NeedsSystemPackages",
    "Recovery",
    "Rule",
    "hides_fault",
    "next_candidate",
    "recoveries",
    "with_packages",
]
