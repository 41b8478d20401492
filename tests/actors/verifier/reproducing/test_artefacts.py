"""Which files are artefacts, in which surroundings they are built, and how a project is packed."""

import os
from pathlib import Path

import pytest

from regrow.actors.verifier.reproducing.artefacts import artefact_name
from regrow.actors.verifier.reproducing.collecting import collect, compare_made, prepare_source
from regrow.actors.verifier.reproducing.packing import PACKED, packing_command, steps_that_build
from regrow.actors.verifier.reproducing.surroundings import ALL, Kit, possible, surroundings
from regrow.core.project.plan_steps import Draft, assemble
from regrow.protocols.plan import Ecosystem, StepPhase
from regrow.protocols.reproducibility import Aspect

CHECKOUT, HOME = "/build/checkout", "/home/builder"
KIT = Kit(clock="/usr/lib/x/libfaketime.so.1", locale=True, processors=4)


@pytest.mark.parametrize(
    ("path", "ecosystem", "name"),
    [
        ("build/checkout/dist/a-1.0.whl", Ecosystem.PYTHON, "dist/a-1.0.whl"),
        ("build/regrow/packed/a-1.0.whl", Ecosystem.PYTHON, "a-1.0.whl"),
        ("build/checkout/build/lib/a.so", Ecosystem.PYTHON, "build/lib/a.so"),
        ("build/checkout/build/temp.linux-x86_64/a.so", Ecosystem.PYTHON, ""),
        ("build/checkout/a.egg-info/SOURCES.txt", Ecosystem.PYTHON, ""),
        ("home/builder/venv/lib/python3.11/site-packages/a.py", Ecosystem.PYTHON, ""),
        ("build/checkout/node_modules/x/index.js", Ecosystem.NODE, ""),
        ("build/checkout/hello", Ecosystem.C, "hello"),
        ("build/checkout/src/hello.o", Ecosystem.C, ""),
        ("build/checkout/config.log", Ecosystem.C, ""),
        ("build/checkout/src/.libs/liba.so.1", Ecosystem.C, "src/.libs/liba.so.1"),
        ("usr/local/bin/hello", Ecosystem.C, "/usr/local/bin/hello"),
        ("home/builder/.local/bin/hello", Ecosystem.C, "~/.local/bin/hello"),
        ("home/builder/.cache/x", Ecosystem.C, ""),
        ("usr/local/bin/hello", Ecosystem.PYTHON, ""),
        ("usr/bin/gcc", Ecosystem.C, ""),
        ("tmp/x", Ecosystem.C, ""),
    ],
)
def test_what_somebody_else_would_be_given_is_an_artefact(path: str, ecosystem: Ecosystem, name: str) -> None:
    assert artefact_name(path, CHECKOUT, HOME, ecosystem, PACKED) == name


def test_an_artefact_has_one_name_wherever_it_was_built() -> None:
    other = surroundings(ALL, KIT)
    path = f"{other.checkout}/dist/a.whl".lstrip("/")
    assert artefact_name(path, other.checkout, other.home, Ecosystem.PYTHON, PACKED) == "dist/a.whl"


@pytest.mark.parametrize("aspect", ALL)
def test_each_aspect_changes_something_and_nothing_else_does(aspect: Aspect) -> None:
    assert surroundings((aspect,), KIT) != surroundings((), KIT)
    assert surroundings((), KIT) == surroundings((), Kit())


def test_what_is_not_there_is_not_varied() -> None:
    assert set(ALL) - set(possible(Kit(order=False))) == {Aspect.LOCALE, Aspect.FILE_ORDER, Aspect.JOBS}
    assert possible(KIT) == ALL


def test_variables_that_are_tried_win_and_know_where_the_project_lies() -> None:
    other = surroundings(ALL, KIT, {"CFLAGS": "-ffile-prefix-map={checkout}=.", "PYTHONHASHSEED": "0"})
    assert other.environment["CFLAGS"] == f"-ffile-prefix-map={other.checkout}=."
    assert other.environment["PYTHONHASHSEED"] == "0"
    assert other.moved("pip install /build/checkout") == f"pip install {other.checkout}"


@pytest.mark.parametrize(
    ("ecosystem", "files", "made", "word"),
    [
        (Ecosystem.PYTHON, ["pyproject.toml"], [], "pip wheel"),
        (Ecosystem.PYTHON, ["setup.py"], ["a.so"], "pip wheel"),
        (Ecosystem.PYTHON, ["setup.py"], ["dist/a.whl"], ""),
        (Ecosystem.PYTHON, ["README"], [], ""),
        (Ecosystem.NODE, ["package.json"], [], "npm pack"),
        (Ecosystem.NODE, ["package.json"], ["a-1.tgz"], ""),
        (Ecosystem.C, ["Makefile"], ["hello"], ""),
    ],
)
def test_a_project_is_packed_when_its_steps_do_not(
    ecosystem: Ecosystem, files: list[str], made: list[str], word: str
) -> None:
    command = packing_command(ecosystem, files, made)
    assert (word in command) if word else command == ""


def test_steps_that_only_get_the_tests_ready_are_not_repeated() -> None:
    commands = ["python3 -m venv env", ". env/bin/activate", "pip install .", "pip install pytest"]
    steps = assemble([Draft(command, "documented", StepPhase.INSTALL) for command in commands]).steps
    assert [step.command for step in steps_that_build(steps)] == commands[:3]


def make(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def test_only_what_the_build_made_or_changed_is_collected(tmp_path: Path) -> None:
    source = make(tmp_path / "source", same="1", changed="1")
    lower = make(tmp_path / "l1/build/checkout", same="1", changed="2", made="x", gone="y", env__lib__a="z")
    make(lower, env__pyvenv="")
    (lower / "env/pyvenv").rename(lower / "env/pyvenv.cfg")
    (lower / "link").symlink_to("/etc/passwd")
    upper = make(tmp_path / "l2/build/checkout", made="xx")

    made = collect([tmp_path / "l1", tmp_path / "l2"], source, CHECKOUT, HOME, Ecosystem.C)
    assert {name: one.path.read_text("utf-8") for name, one in made.items()} == {
        "changed": "2",
        "made": "xx",
        "gone": "y",
    }
    assert made["made"].path == upper / "made"
    assert [name for name, _ in compare_made(made, {})] == ["changed", "gone", "made"]
    assert compare_made(made, made) == []


def test_a_copy_of_the_source_in_another_order_holds_each_file_once(tmp_path: Path) -> None:
    source = make(tmp_path / "source", **{f"d{folder}__f{number}": "x" for folder in range(3) for number in range(5)})
    copies = prepare_source(source, tmp_path / "copies", 0o077, 1_000_000.0, split=True)
    files = [[path.relative_to(copy) for path in copy.rglob("*") if path.is_file()] for copy in copies]

    assert not set(files[0]) & set(files[1])
    assert set(files[0]) | set(files[1]) == {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    assert all(len(each) in (6, 9) for each in files)
    first = copies[0] / files[0][0]
    assert (first.stat().st_mode & 0o777, os.stat(first).st_mtime) == (0o600, 1_000_000.0)
    # The lower of the two lists what comes last on the disk.
    for folder in ("d0", "d1", "d2"):
        listed = os.listdir(source / folder)
        assert {path.name for path in files[0] if path.parent.name == folder} == set(listed[2:])
