"""The Pythons of a machine are found by looking at files, and a room gets no package that was installed into them."""

from __future__ import annotations

from pathlib import Path

import pytest

from regrow.core.sandbox.bases.interpreters import copy_interpreter, find_host_pythons


def make_python(prefix: Path, version: str, release: str | None = None) -> None:
    """What pyenv, uv or `make install` leave, as far as it is looked at."""
    library = prefix / "lib" / f"python{version}"
    (library / "ensurepip" / "_bundled").mkdir(parents=True)
    (library / "site-packages" / "numpy").mkdir(parents=True)
    (library / "test" / "support").mkdir(parents=True)
    (library / "os.py").write_text("")
    (library / "test" / "test_os.py").write_text("")
    (library / "libpython.a").write_text("")
    (prefix / "lib" / f"libpython{version}.so.1.0").write_text("")
    (prefix / "bin").mkdir(exist_ok=True)
    program = prefix / "bin" / f"python{version}"
    program.write_bytes(b"\x7fELF...")
    (prefix / "bin" / "python3").symlink_to(program.name)
    if release is not None:
        (prefix / "include" / f"python{version}").mkdir(parents=True)
        (prefix / "include" / f"python{version}" / "patchlevel.h").write_text(f'#define PY_VERSION  "{release}"\n')


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_python(tmp_path / "home/.pyenv/versions/3.13.0", "3.13", "3.13.0")
    make_python(tmp_path / "home/.local/share/uv/python/cpython-3.12.4-linux", "3.12", "3.12.4")
    make_python(tmp_path / "usr/local", "3.10")
    make_python(tmp_path / "opt/python3.9", "3.9")
    return tmp_path


def test_one_of_each_series_is_found_the_newest_first(root: Path) -> None:
    found = find_host_pythons({"HOME": str(root / "home"), "PATH": ""}, root)
    assert [(one.version, one.release) for one in found] == [
        ("3.13", "3.13.0"), ("3.12", "3.12.4"), ("3.10", "3.10"), ("3.9", "3.9"),
    ]  # fmt: skip


def test_shims_lead_to_the_versions_that_they_choose_among(root: Path) -> None:
    shims = root / "home/.pyenv/shims"
    shims.mkdir()
    (shims / "python3.13").write_text("#!/bin/sh\n")
    found = find_host_pythons({"PATH": f"relative:{shims}"}, root / "nowhere")
    assert [one.version for one in found] == ["3.13"]


def test_what_is_no_whole_python_is_not_offered(tmp_path: Path) -> None:
    make_python(tmp_path / "opt/a", "3.12")
    (tmp_path / "opt/a/lib/python3.12/os.py").unlink()
    make_python(tmp_path / "opt/b", "3.13")
    (tmp_path / "opt/b/bin/python3.13").write_text("#!/bin/sh\n")
    make_python(tmp_path / "opt/c", "3.14")
    (tmp_path / "opt/c/lib/python3.14/ensurepip/_bundled").rmdir()
    (tmp_path / "opt/d/bin").mkdir(parents=True)
    (tmp_path / "opt/d/bin/python3.11").symlink_to("gone")
    assert find_host_pythons({}, tmp_path) == ()


def test_a_room_gets_the_language_and_nothing_that_was_installed_into_it(root: Path, tmp_path: Path) -> None:
    (python,) = find_host_pythons({"PYENV_ROOT": str(root / "home/.pyenv")}, root / "nowhere")
    into = tmp_path / "room"
    copy_interpreter(python, into)
    files = {path.relative_to(into).as_posix() for path in into.rglob("*")}
    assert {
        "usr/local/bin/python3.13", "usr/local/lib/python3.13/os.py", "usr/local/include/python3.13/patchlevel.h",
        "usr/lib/libpython3.13.so.1.0", "usr/local/lib/python3.13/test/support", "usr/local/lib/python3.13/site-packages",
    } <= files  # fmt: skip
    assert not [name for name in files if "numpy" in name or name.endswith((".a", "test_os.py"))]
