"""Makes a plan from what the documents say and carries it out in a clean room."""

from regrow.actors.builder.plan_making import make_plan, render_plan
from regrow.core.workshop.shell_state import wrap

__all__ = ["make_plan", "render_plan", "wrap"]
