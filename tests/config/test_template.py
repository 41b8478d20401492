"""`config/regrow.toml` is what the settings say."""

import re
import tomllib
from pathlib import Path

from regrow.config import Settings, render_template

CHECKED_IN = Path(__file__).parents[2] / "config" / "regrow.toml"


def test_checked_in_file_is_the_rendered_one() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == render_template(), "regrow config template > config/regrow.toml"


def test_file_as_it_is_changes_nothing() -> None:
    assert Settings.model_validate(tomllib.loads(render_template())).model_dump() == Settings().model_dump()


def test_every_setting_taken_out_of_its_comment_is_valid() -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", render_template(), flags=re.MULTILINE)
    values = Settings.model_validate(tomllib.loads(text))
    assert values.builder == Settings().builder
    assert sum(len(type(section).model_fields) for _, section in values) == text.count(" = ")
