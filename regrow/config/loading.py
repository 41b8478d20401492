"""Shell: gathers settings from file, environment and flags, remembers where each value came from, and says exactly what
is wrong with one that cannot be used.

The file is the first of: `--config FILE` or `REGROW_CONFIG` (it must exist), `./regrow.toml`, `regrow.toml` in the
user's configuration folder. One file, not several merged: a value has one place to look for. In the environment a
setting is `REGROW_SECTION__FIELD` (two underscores).
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource

from regrow.config import folders
from regrow.config.sections import Settings
from regrow.protocols.errors import CallerError

__all__ = ["Loaded", "Origin", "load_settings", "load_with_origins"]

PREFIX = "REGROW_"
NEAR = Path("regrow.toml")
_YOURS = frozenset({("builder", "further_hosts")})
"""Besides all of `[model]`: what a settings' file in the folder that one stands in cannot set, since it may be a stranger's."""
"""The file of the folder that one stands in. It may belong to the project that is verified."""
_SETTINGS_INVALID = "E6002"

Values = Mapping[str, Mapping[str, object]]
"""Section -> field -> raw value."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: `default`, `file` (with path and line), `environment` (with the variable) or `flag`."""

    kind: str
    where: str = ""

    def __str__(self) -> str:
        """Return it as a user would say it."""
        return f"{self.kind} {self.where}".rstrip()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings and the origin of each, by `section.field`; what is not in `origins` is a default."""

    settings: Settings
    origins: Mapping[str, Origin]


class _FromEnvironment(Settings, BaseSettings):  # type: ignore[misc]  # two kinds of one dictionary
    """The same settings with pydantic-settings' readers; never made, only read for."""


def load_settings(flags: Values | None = None) -> Settings:
    """Return the settings that hold here.

    Args:
        flags: What the command line said, by section and field. It wins over everything.

    Raises:
        CallerError: A file, variable or flag is unknown or cannot be used (E6002).
    """
    return load_with_origins(flags).settings


def load_with_origins(flags: Values | None = None) -> Loaded:
    """Return the settings and where each came from. Arguments and errors are those of `load_settings`."""
    merged: dict[str, dict[str, object]] = {}
    origins: dict[str, Origin] = {}
    path = _settings_file()
    text = "" if path is None else _read(path)
    for kind, values in (
        ("file", {} if path is None else _parse(path, text)),
        ("environment", _environment()),
        ("flag", flags or {}),
    ):
        for section, fields in values.items():
            if not isinstance(fields, Mapping):
                raise _refusal(f"[{section}]", Origin(kind, str(path or "")), "a section with settings", repr(fields))
            for field, value in fields.items():
                origin = _origin(kind, section, field, path, text)
                _check_known(section, field, origin)
                if kind == "file" and path == NEAR and (section == "model" or (section, field) in _YOURS):
                    raise _of_the_user_alone(section, field, origin)
                merged.setdefault(section, {})[field] = value
                origins[f"{section}.{field}"] = origin
    try:
        return Loaded(Settings.model_validate(merged), origins)
    except ValidationError as error:
        raise _unusable(error, origins) from None


def _settings_file() -> Path | None:
    chosen = os.environ.get("REGROW_CONFIG")
    if chosen:
        path = Path(chosen)
        if not path.is_file():
            raise CallerError(_SETTINGS_INVALID, "is not there", where=f"the settings' file {path}")
        return path
    return next((path for path in (NEAR, folders.config_file()) if path.is_file()), None)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CallerError(_SETTINGS_INVALID, f"cannot be read: {error}", where=f"the settings' file {path}") from None


def _parse(path: Path, text: str) -> dict[str, dict[str, object]]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CallerError(_SETTINGS_INVALID, f"is not TOML: {error}", where=f"the settings' file {path}") from None


def _environment() -> dict[str, dict[str, object]]:
    for name in os.environ:
        section = name.removeprefix(PREFIX).partition("__")[0].lower()
        if name.startswith(PREFIX) and "__" in name and section not in Settings.model_fields:
            _check_known(section, "", Origin("environment", name))
    source = EnvSettingsSource(_FromEnvironment, env_prefix=PREFIX, env_nested_delimiter="__")
    return {section: values for section, values in source().items() if isinstance(values, dict)}


def _origin(kind: str, section: str, field: str, path: Path | None, text: str) -> Origin:
    if kind == "environment":
        return Origin(kind, f"{PREFIX}{section}__{field}".upper())
    if kind == "flag":
        return Origin(kind, f"--{field.replace('_', '-')}")
    line = _line_of(text, section, field)
    return Origin(kind, f"{path}:{line}" if line else str(path))


def _line_of(text: str, section: str, field: str) -> int | None:
    """Return the line where a file sets a setting, None when it is written in a way that only a parser understands."""
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            current = heading[1]
        elif current == section and re.match(rf"\s*['\"]?{re.escape(field)}['\"]?\s*=", line):
            return number
    return None


def _check_known(section: str, field: str, origin: Origin) -> None:
    """Refuse what is not a setting, with the nearest one that is.

    Raises:
        CallerError: E6002.
    """
    known_section = Settings.model_fields.get(section)
    if known_section is None:
        near = difflib.get_close_matches(section, Settings.model_fields, n=1)
        meant = f"[{near[0]}]" if near else "one of " + ", ".join(f"[{name}]" for name in Settings.model_fields)
        raise _refusal(f"[{section}]", origin, meant, f"unknown section [{section}]")
    model = known_section.annotation
    fields = getattr(model, "model_fields", {})
    if field not in fields:
        near = difflib.get_close_matches(field, fields, n=1, cutoff=0.4)
        meant = near[0] if near else "one of " + ", ".join(fields)
        raise _refusal(f"[{section}] {field}", origin, meant, f"unknown setting {field}")


def _of_the_user_alone(section: str, field: str, origin: Origin) -> CallerError:
    """Say that a project cannot choose who is asked or reached, nor which variable is sent there as a key."""
    return CallerError(
        _SETTINGS_INVALID,
        "is yours to choose, not that of the folder that you stand in",
        where=f"[{section}] {field} in {origin.where}",
        remedy=f"put it into {folders.config_file()}, or name this file with --config",
    )


def _unusable(error: ValidationError, origins: Mapping[str, Origin]) -> CallerError:
    """Turn pydantic's first complaint into ours."""
    first = error.errors(include_url=False)[0]
    section, field = (str(part) for part in first["loc"][:2])
    expected = first["msg"].removeprefix("Input should be ")
    return _refusal(f"[{section}] {field}", origins[f"{section}.{field}"], expected, repr(first["input"]))


def _refusal(what: str, origin: Origin, expected: str, got: str) -> CallerError:
    place = {"environment": "the environment's ", "flag": "flag "}.get(origin.kind, "")
    return CallerError(
        _SETTINGS_INVALID, "cannot be used", where=f"{what} in {place}{origin.where}", expected=expected, got=got
    )
