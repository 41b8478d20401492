"""What is done to unpacked packages in the place of their maintainer scripts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from regrow.core.sandbox.bases.clean import finish_tree


@pytest.mark.parametrize(
    ("programs", "link", "leads_to"),
    [
        (["automake-1.16", "aclocal-1.16"], "aclocal", "aclocal-1.16"),
        (["automake-1.15", "automake-1.16"], "automake", "automake-1.16"),
        (["gcc"], "cc", "gcc"),
        (["mawk", "gawk"], "awk", "gawk"),
        (["../lib/jvm/java-17/bin/java"], "java", "../lib/jvm/java-17/bin/java"),
        (["nc.traditional"], "nc", "nc.traditional"),
    ],
)
def test_a_program_is_found_under_the_name_that_its_package_registers(
    programs: list[str], link: str, leads_to: str, tmp_path: Path
) -> None:
    for name in programs:
        path = tmp_path / "usr/bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    finish_tree(tmp_path)
    assert os.readlink(tmp_path / "usr/bin" / link) == leads_to
    assert (tmp_path / "usr/bin" / link).exists()


def test_a_name_that_a_package_brings_itself_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    for name in ("cc", "gcc"):
        (tmp_path / "usr/bin" / name).write_text(name)
    finish_tree(tmp_path)
    assert (tmp_path / "usr/bin/cc").read_text() == "cc"
    assert sorted(os.listdir(tmp_path / "usr/bin")) == ["cc", "gcc"]
