"""Names and versions behind a registry's prefix: what is let through, and what is said about the rest."""

from __future__ import annotations

import pytest
from packaging.requirements import InvalidRequirement, Requirement

from regrow.core.fetch.errors import TargetNotUnderstood
from regrow.core.fetch.registry_names import guesses, name_and_version

SPELLINGS = [
    *(
        "1",
        "1.0",
        "v1.0",
        "2024.1",
        "1!2.0",
        "1.0a1",
        "1.0-alpha.1",
        "1.0b",
        "1.0c2",
        "1.0rc1",
        "1.0_rc_1",
        "1.0preview3",
    ),
    *(
        "1.0.post1",
        "1.0-1",
        "1.0r2",
        "1.0-rev3",
        "1.0.dev0",
        "1.0a1.post2.dev3",
        "1.0+abc",
        "1.0+abc.5-x",
        "1.0+ubuntu_1",
    ),
    *(
        "",
        "bad",
        "1..0",
        "1.0.",
        "1.0+",
        "1.0+a+b",
        "1.0-",
        "1.0 rc1",
        "1.0x",
        "a1",
        "1!",
        "!1",
        "1.0rc1rc2",
        "1.0dev1post1",
    ),
]


@pytest.mark.parametrize("version", SPELLINGS)
def test_a_python_version_is_let_through_where_the_client_can_read_it(version: str) -> None:
    """The client's library ends with an exception of its own where it cannot, in the middle of a run."""
    try:
        Requirement(f"humanize=={version}")
    except InvalidRequirement:
        with pytest.raises(TargetNotUnderstood):
            name_and_version("pypi", f"humanize=={version}")
    else:
        assert name_and_version("pypi", f"humanize=={version}") == ("humanize", version)


@pytest.mark.parametrize(
    ("prefix", "rest", "says"),
    [
        ("pypi", "humanize==bad", "(expected a version of PEP 440, such as 4.15.0 or 2.0rc1, got 'bad')"),
        ("pypi", "humanize==bad", "give a released version, or pypi:humanize for the newest one"),
        ("pypi", "humanize=4.0", "write pypi:humanize==4.0"),
        ("pypi", "humanize>=4.0", "write pypi:humanize==4.0"),
        ("pypi", "humanize@4.0", "write pypi:humanize==4.0"),
        ("pypi", "hu manize", "write pypi:NAME[==VERSION]"),
        ("npm", "ini==4.1.0", "write npm:ini@4.1.0"),
        ("npm", "@scope", "expected npm:NAME[@VERSION], NAME being name or @scope/name"),
        ("npm", "@scope/name@", "give a released version, or npm:@scope/name for the newest one"),
        ("npm", "a" * 215, "got 'aaa"),
        ("deb", "hello==2.10-3", "asks for a version that no release there can have"),
        ("deb", "hello@2.10-3", "write deb:hello=2.10-3"),
        ("deb", "Hello", "NAME being small letters"),
        ("deb", "x", "at least two"),
    ],
)
def test_what_no_registry_can_hold_is_refused_with_what_is_meant(prefix: str, rest: str, says: str) -> None:
    with pytest.raises(TargetNotUnderstood) as caught:
        name_and_version(prefix, rest)
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"E2001 '{prefix}:{rest}' ")


def test_a_text_is_guessed_to_be_what_can_hold_it() -> None:
    assert guesses("Name") == ("pypi:Name", "npm:Name")
    assert guesses("hu manize") == ()
