"""Which of the mentioned commands are typed, and what is said of those that are not."""

from regrow.actors.doc_analyzer.choice.choosing import Choice, ProjectFacts, choose
from regrow.actors.doc_analyzer.choice.leaving_out import Place, places

__all__ = ["Choice", "Place", "ProjectFacts", "choose", "places"]
