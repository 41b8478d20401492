"""Shell: opens the language model of the settings for the runs of a tree."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from regrow.config import ModelSettings
from regrow.core.model import Model, ModelBudget, ModelDesk

__all__ = ["desk_of"]


def desk_of(settings: ModelSettings, runs_dir: Path, environment: Mapping[str, str] | None = None) -> ModelDesk:
    """Return the desk at which runs ask. Nothing is imported and nobody is asked until one does."""
    variables = os.environ if environment is None else environment
    budget = ModelBudget(settings.calls_limit, settings.tokens_limit, settings.time_limit_s, settings.cost_limit_usd)
    key = variables.get(settings.key_variable, "") if settings.key_variable else ""

    def open_model(name: str) -> Model:
        from regrow.core.model.any_provider import AnyProvider

        return AnyProvider(name, settings.base_url, key)

    # The key's variable may have any name; by this one its value is masked.
    return ModelDesk(runs_dir, budget, open_model, {**variables, "REGROW_MODEL_API_KEY": key})
