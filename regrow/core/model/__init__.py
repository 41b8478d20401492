"""Shell: the port to a language model, which is optional: asked by one door, within a budget, recorded, replayable."""

from regrow.core.model.desk import Model, ModelBudget, ModelDesk, ModelUnavailable
from regrow.core.model.recorded import Calls, ReplayedModel, digest_of

__all__ = ["Calls", "Model", "ModelBudget", "ModelDesk", "ModelUnavailable", "ReplayedModel", "digest_of"]
