"""Settings: what they are (pure models), and where they come from.

Precedence: defaults < file < environment < flags. Any layer may be handed a section; only the command line and the
daemon load them.
"""

from regrow.config.loading import Loaded, Origin, load_settings, load_with_origins
from regrow.config.sections import (
    BuilderSettings,
    DocAnalyzerSettings,
    FetchSettings,
    FolderSettings,
    GcSettings,
    GuardianSettings,
    ModelSettings,
    RunSettings,
    Settings,
)
from regrow.config.template import render_template

__all__ = [
    "BuilderSettings",
    "DocAnalyzerSettings",
    "FetchSettings",
    "FolderSettings",
    "GcSettings",
    "GuardianSettings",
    "Loaded",
    "ModelSettings",
    "Origin",
    "RunSettings",
    "Settings",
    "load_settings",
    "load_with_origins",
    "render_template",
]
