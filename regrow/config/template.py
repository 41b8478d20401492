"""The text of `config/regrow.toml`: every setting with its default, commented out, and what it means."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from regrow.config.sections import Settings

__all__ = ["render_template"]

_HEAD = """\
# Every setting of regrow with its default. Made by `regrow config template`; a test keeps the two equal.
# Copy what you change to ./regrow.toml, to the user's configuration folder, or name a file with --config.
# In the environment: REGROW_SECTION__FIELD. What holds, and why: `regrow config show`.
"""


def render_template() -> str:
    """Return the file. It is TOML whose every setting is a comment, so that using it as it is changes nothing."""
    parts = [_HEAD]
    for name, section in Settings.model_fields.items():
        model = section.annotation
        assert isinstance(model, type), name
        assert issubclass(model, BaseModel), name
        lines = [f"\n# {(model.__doc__ or '').splitlines()[0]}", f"[{name}]"]
        for field_name, field in model.model_fields.items():
            lines += [f"# {field.description}", f"# {field_name} = {_shown(field)}"]
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


def _shown(field: FieldInfo) -> str:
    """Return the default as TOML; a default that depends on the system is shown as it is on Linux."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "shown" in extra:
        return json.dumps(extra["shown"])
    default = field.default
    return json.dumps(str(default) if isinstance(default, Path) else default)
