"""What an installed regrow brings along beside its modules."""

from __future__ import annotations

from importlib.resources import files


def test_type_checkers_of_users_see_the_types() -> None:
    assert files("regrow").joinpath("py.typed").is_file()
