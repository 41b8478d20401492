"""Reads the projects that are traps, and says what is wrong with a report. Pure but for reading the list."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

__all__ = ["HOST_PORT", "OUTSIDE", "Trap", "page_of", "problem_of", "read_traps"]

PROJECTS = Path(__file__).with_name("projects")
SHARED = Path(__file__).with_name("shared.toml")
OUTSIDE = "OUTSIDE"
"""Stands in a file or a link for the path of a file of the host that must stay as it is."""
HOST_PORT = "HOST_PORT"
"""Stands in a file for the port of a server of the host, on its loopback."""


@dataclass(frozen=True, slots=True)
class Trap:
    """A project and what is right about it.

    Attributes:
        traps: Numbers of the traps that it is an instance of.
        verdict: Those that are right.
        tests: How many ran; None where that is not the point.
        code: Of one of the errors; "" where it is not the point.
        says: Words of the reason, notes or errors, in any case of letters; `says_anywhere` of the whole report.
        not_said: Words that must stand nowhere in the report.
        not_run: Words that no command of a step may hold.
        left_out: Words of what the report lists as not chosen.
        leaves_no: Word of a command line that no process has afterwards.
        untouched: The file of the host is as it was.
        deceives: It pretends.
        needs: `registry`, where it cannot be verified without.
        small: One of the few that `--small` verifies.
    """

    name: str
    about: str
    traps: tuple[int, ...]
    verdict: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    wheels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    executable: tuple[str, ...] = ()
    archive: str = ""
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    tests: int | None = None
    code: str = ""
    says: tuple[str, ...] = ()
    says_anywhere: tuple[str, ...] = ()
    not_said: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    leaves_no: str = ""
    untouched: bool = False
    host_server: bool = False
    deceives: bool = False
    needs: tuple[str, ...] = ()
    small: bool = False


def read_traps(folder: Path = PROJECTS, shared: Path = SHARED) -> tuple[Trap, ...]:
    """Read all projects, in the order of their files.

    Raises:
        ValueError: One has a key that is not known, or shares a name.
    """
    sets = cast("dict[str, dict[str, str]]", tomllib.loads(shared.read_text("utf-8")))
    found = [
        _trap(dict(entry), sets)
        for path in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(path.read_text("utf-8"))["project"]
    ]
    names = [each.name for each in found]
    if len(set(names)) != len(names):
        msg = f"two projects have one name: {sorted({name for name in names if names.count(name) > 1})}"
        raise ValueError(msg)
    return tuple(found)


def _trap(entry: dict[str, object], sets: Mapping[str, Mapping[str, str]]) -> Trap:
    files: dict[str, str] = {}
    for name in cast("Iterable[str]", entry.pop("use", ())):
        files.update(sets[name])
    for path, place in cast("Mapping[str, str]", entry.pop("copies", {})).items():
        of, _, inner = place.partition("/")
        files[path] = sets[of][inner]
    files.update(cast("Mapping[str, str]", entry.pop("files", {})))
    for path, (old, new) in cast("Mapping[str, Sequence[str]]", entry.pop("replaces", {})).items():
        if old not in files[path]:
            msg = f"{entry['name']}: {path} does not hold {old!r}"
            raise ValueError(msg)
        files[path] = files[path].replace(old, new)
    files = {path: text.removeprefix("\n") for path, text in files.items()}
    known = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    try:
        return Trap(files=files, **known)  # type: ignore[arg-type]  # The keys and values are those of the list.
    except TypeError as error:
        msg = f"{entry.get('name')}: {error}"
        raise ValueError(msg) from None


def problem_of(trap: Trap, report: Mapping[str, object]) -> str:
    """Say what is wrong with a report; "" when it is right."""
    verdict = report.get("verdict") or "none"
    if verdict not in trap.verdict:
        return f"expected {' or '.join(trap.verdict)}, got {verdict}"
    if trap.tests is not None and report.get("testsRun") != trap.tests:
        return f"expected {trap.tests} tests, got {report.get('testsRun')}"
    codes = [str(error.get("code")) for error in _objects(report, "errors")]
    if trap.code and trap.code not in codes:
        return f"expected {trap.code}, got {', '.join(codes) or 'no error'}"
    told = str([report.get(key) for key in ("reason", "notes", "errors", "deviations", "failingTests", "docsPatch")])
    everything = str(report)
    commands = [str(step.get("command")) for step in _objects(report, "steps")]
    for words, text, missing in (
        (trap.says, told, True),
        (trap.says_anywhere, everything, True),
        (trap.left_out, str(report.get("leftOut")), True),
        (trap.not_said, everything, False),
        (trap.not_run, "\n".join(commands), False),
    ):
        wrong = [word for word in words if (word.lower() not in text.lower()) == missing]
        if wrong:
            return f"{'does not say' if missing else 'holds'} {', '.join(map(repr, wrong))}"
    return ""


def _objects(report: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    return cast("list[Mapping[str, object]]", report.get(key) or [])


def page_of(traps: Sequence[Trap]) -> str:
    """The table of docs/verification_traps.md.

    >>> page_of([]).splitlines()[0]
    '| trap | project | what it is | right | tests | code |'
    """
    rows = [
        f"| {', '.join(map(str, each.traps))} | {each.name}{' (deceives)' if each.deceives else ''}"
        f"{' (registry)' if 'registry' in each.needs else ''} | {each.about.replace('|', chr(92) + '|')} "
        f"| {' or '.join(each.verdict)} | {'' if each.tests is None else each.tests} | {each.code} |"
        for each in traps
    ]
    head = ("| trap | project | what it is | right | tests | code |", "| --- | --- | --- | --- | ---: | --- |")
    return "\n".join((*head, *rows)) + "\n"
