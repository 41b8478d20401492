"""What a project says of its own verification: `[tool.regrow]` of pyproject.toml, or `.regrow.toml`. Pure.

It comes from the target, so it is data of a stranger: it can make a run narrower (fewer documents, a folder, less time,
deviations that its owner knows of) and has no word for anything that would make the sandbox, the network or a limit wider.
What it does not know is refused, with the nearest key that there is.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final

from regrow.config.durations import parse_duration
from regrow.protocols.errors import RegrowError, regrow_error
from regrow.protocols.plan import NO_LIMITS, Deviation, DeviationKind, DocRef, StepLimits
from regrow.protocols.plurals import plural
from regrow.protocols.verification import AcceptedDeviation
from regrow.protocols.wire import WireModel

__all__ = ["Acceptance", "Grant", "ProjectFile", "grant_secrets", "parse_project_file", "shortened", "sort_deviations"]

KEYS: Final = ("documents", "folder", "time", "limits", "secrets", "accept", "lint-docs")
"""The last is read by `lint-docs` alone."""
OWN_NAME: Final = ".regrow.toml"
PYPROJECT: Final = "pyproject.toml"
MOST_ENTRIES: Final = 100
_SIZE: Final = re.compile(r"(\d{1,18})\s*((?:[kmgt]i?)?b?)", re.IGNORECASE)
_UNIT_BYTES: Final = {"": 1, "b": 1} | {
    f"{letter}{ending}": base**power
    for power, letter in enumerate("kmgt", 1)
    for ending, base in (("", 1024), ("i", 1024), ("ib", 1024), ("b", 1000))
}
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_NEVER_SECRETS: Final = frozenset({"PATH", "HOME", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "PYTHONPATH"})
"""What the host says there would change what a step does."""


class Acceptance(WireModel):
    """A deviation that the project's owner knows of: its id, `*` allowed, and why it is accepted. `line` is where it says so."""

    deviation: str
    reason: str
    line: int = 1


class ProjectFile(WireModel):
    """What the file says.

    Attributes:
        name: The file, as it lies in the project.
        documents: Only these are read, in this order; empty finds them.
        folder: The folder of the project to be verified; the documents are named from there.
        time_s: The run ends then at the latest; it never makes a run longer.
        limits: What each step may use at most; it never makes a limit wider. What it does not name is None.
        secrets: Names of variables that its tests need, whose values are nobody's business.
        accept: Deviations that do not cost the pass.
    """

    name: str
    documents: tuple[str, ...] = ()
    folder: str | None = None
    time_s: float | None = None
    limits: StepLimits = NO_LIMITS
    secrets: tuple[str, ...] = ()
    accept: tuple[Acceptance, ...] = ()


def parse_project_file(own: str | None, pyproject: str | None) -> ProjectFile | None:
    """Return what the project says; None when it says nothing.

    Args:
        own: The text of `.regrow.toml`, None where there is none.
        pyproject: That of pyproject.toml.

    Raises:
        RegrowError: A file cannot be read as what it is, or says what is not known (E1007).
    """
    found: list[tuple[_Source, object]] = []
    if own is not None:
        found.append((_source(OWN_NAME, own), _own_settings(own)))
    if pyproject is not None and "regrow" in pyproject:
        tool = _toml(PYPROJECT, pyproject).get("tool", {})
        if isinstance(tool, Mapping) and "regrow" in tool:
            found.append((_source(PYPROJECT, pyproject), tool["regrow"]))
    if len(found) > 1:
        raise regrow_error(
            "E1007",
            "[tool.regrow] stands beside .regrow.toml",
            where=PYPROJECT,
            expected="one of the two",
            remedy="move what one of them says into the other, and remove it",
        )
    if not found:
        return None
    ((source, values),) = found
    if not isinstance(values, Mapping):
        raise _wrong(source, "regrow is no table", "a table of settings", repr(values)[:80])
    return _settings(source, values)


def _own_settings(text: str) -> object:
    """What `.regrow.toml` says; the table is left out that its settings stand in when they were moved from pyproject.toml."""
    values = _toml(OWN_NAME, text)
    if "tool" not in values:
        return values
    tool = values["tool"]
    rest = [*(key for key in values if key != "tool"), *(tool if isinstance(tool, Mapping) else ())]
    if isinstance(tool, Mapping) and rest == ["regrow"]:
        return tool["regrow"]
    raise regrow_error(
        "E1007",
        "has a table [tool] and other keys",
        where=_placed(_source(OWN_NAME, text), "tool"),
        expected="settings at the top, or all of them in [tool.regrow]",
        got=", ".join(rest),
        remedy="remove the line [tool.regrow], and what is for other tools: those do not read this file",
    )


def sort_deviations(
    found: tuple[Deviation, ...], project: ProjectFile | None
) -> tuple[tuple[Deviation, ...], tuple[AcceptedDeviation, ...]]:
    """Return the deviations that cost the pass, and those that are accepted, each with its reason.

    An acceptance that matches nothing any more is a deviation itself: the file says what is no longer true.
    """
    if project is None:
        return found, ()
    left, accepted = [], []
    used: set[Acceptance] = set()
    for deviation in found:
        rule = next((rule for rule in project.accept if fnmatchcase(deviation.strategy_id, rule.deviation)), None)
        if rule is None:
            left.append(deviation)
        else:
            used.add(rule)
            accepted.append(AcceptedDeviation(deviation=deviation, reason=rule.reason))
    left += [_stale(rule, project.name) for rule in project.accept if rule not in used]
    return tuple(left), tuple(accepted)


def shortened(deadline: dt.datetime, started_at: dt.datetime, project: ProjectFile | None) -> dt.datetime:
    """Return when a run ends at the latest: the project may make it earlier, and never later."""
    if project is None or project.time_s is None:
        return deadline
    return min(deadline, started_at + dt.timedelta(seconds=project.time_s))


def _stale(rule: Acceptance, file: str) -> Deviation:
    text = f"deviation = {rule.deviation!r}"
    return Deviation(
        strategy_id=f"stale_acceptance:{rule.deviation}",
        kind=DeviationKind.STALE_ACCEPTANCE,
        description=f"{file} accepts the deviation {rule.deviation!r}, which does not happen any more",
        corrects=DocRef(file=file, line=rule.line, end_line=rule.line, text=text),
        sentence="",
    )


def _settings(source: _Source, values: Mapping[str, object]) -> ProjectFile:
    _check_keys(source, "", values, KEYS)
    documents = values.get("documents", [])
    if not isinstance(documents, list) or len(documents) > MOST_ENTRIES:
        raise _wrong(
            source, "documents cannot be used", f"a list of at most {MOST_ENTRIES} paths", repr(documents)[:80]
        )
    return ProjectFile(
        name=source.name,
        documents=tuple(_inner_path(source, "documents", path) for path in documents),
        folder=_inner_path(source, "folder", values["folder"]) if "folder" in values else None,
        time_s=_time(source, values["time"]) if "time" in values else None,
        limits=_limits(source, values.get("limits", {})),
        secrets=_secrets(source, values.get("secrets", [])),
        accept=_acceptances(source, values.get("accept", [])),
    )


def _limits(source: _Source, values: object) -> StepLimits:
    if not isinstance(values, Mapping):
        raise _wrong(
            source, "limits is no table", '{ time = "2m", memory = "512 MiB", disk = "1 GiB" }', repr(values)[:80]
        )
    _check_keys(source, "limits.", values, ("time", "memory", "disk", "processes"))
    found: dict[str, float] = {}
    if "time" in values:
        found["time_s"] = _time(source, values["time"])
    for key, field in (("memory", "memory_bytes"), ("disk", "disk_bytes")):
        if key in values:
            found[field] = _size(source, f"limits.{key}", values[key])
    if "processes" in values:
        count = values["processes"]
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise _wrong(source, "limits.processes cannot be used", "a number from 1 on", repr(count)[:80])
        found["processes"] = count
    return NO_LIMITS.model_copy(update=found)


def _size(source: _Source, key: str, value: object) -> int:
    match = _SIZE.fullmatch(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    size = int(match[1]) * _UNIT_BYTES[match[2].lower()] if match is not None else 0
    if size < 1:
        raise _wrong(source, f"{key} cannot be used", "a size such as 512 MiB or 1 GiB, or bytes", repr(value)[:80])
    return size


def _secrets(source: _Source, values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or len(values) > MOST_ENTRIES:
        raise _wrong(source, "secrets cannot be used", f"a list of at most {MOST_ENTRIES} names", repr(values)[:80])
    for value in values:
        if not isinstance(value, str) or not _VARIABLE.fullmatch(value) or value in _NEVER_SECRETS:
            raise _wrong(source, "secrets cannot be used", "names of environment variables", repr(value)[:80])
    return tuple(dict.fromkeys(values))


def _acceptances(source: _Source, values: object) -> tuple[Acceptance, ...]:
    if not isinstance(values, list) or len(values) > MOST_ENTRIES:
        raise _wrong(source, "accept cannot be used", f"a list of at most {MOST_ENTRIES} tables", repr(values)[:80])
    found = []
    for number, value in enumerate(values, 1):
        where = f"accept[{number}]"
        if not isinstance(value, Mapping):
            raise _wrong(source, f"{where} is no table", '{ deviation = "...", reason = "..." }', repr(value)[:80])
        _check_keys(source, f"{where}.", value, ("deviation", "reason"))
        given = {key: value.get(key) for key in ("deviation", "reason")}
        for key, said in given.items():
            if not isinstance(said, str) or not said.strip():
                raise _wrong(source, f"{where} has no {key}", _WANTED[key], "" if said is None else repr(said)[:80])
        found.append(
            Acceptance(
                deviation=str(given["deviation"]),
                reason=" ".join(str(given["reason"]).split()),
                line=source.line_of_value(str(given["deviation"])),
            )
        )
    return tuple(found)


_WANTED: Final = {
    "deviation": "the id that the report shows, such as 'add_packages:libffi-dev'",
    "reason": "a sentence that says why it is accepted",
}


def _inner_path(source: _Source, key: str, value: object) -> str:
    """A path below the project: as text; that no link leads out of it is looked at where the files are."""
    path = PurePosixPath(value) if isinstance(value, str) and value else None
    if path is None or path.is_absolute() or ".." in path.parts or "\0" in str(value) or "\\" in str(value):
        raise _wrong(
            source, f"{key} cannot be used", "a path below the project, with forward slashes", repr(value)[:80]
        )
    return path.as_posix()


def _time(source: _Source, value: object) -> float:
    try:
        return parse_duration(value if isinstance(value, str) else str(value), "time")
    except RegrowError as error:
        raise _wrong(source, "time cannot be used", error.expected, error.got) from None


def _check_keys(source: _Source, above: str, values: Mapping[str, object], known: tuple[str, ...]) -> None:
    for key in values:
        if key not in known:
            raise _unknown(source, f"{above}{key}", known)


@dataclass(frozen=True, slots=True)
class _Source:
    """The file that is read: its name, its text, and where in it the settings begin (from 0)."""

    name: str
    text: str
    first: int = 0

    def line_of(self, what: str) -> int | None:
        """Return the line where the key that a complaint begins with is written; None where only a parser finds it.

        The last part is looked for (`raeson` of `accept[1].raeson`), and where it has none, the key above.
        """
        names = re.sub(r"\[\d+\]", "", what.split(" ", maxsplit=1)[0]).split(".")
        rows = list(enumerate(self.text.splitlines()[self.first :], self.first + 1))
        for name in reversed(names):
            key = re.escape(name)
            written = re.compile(rf"""^(?!\s*\#).*?(?:^|[\s,{{.\["'])["']?{key}["']?\s*(?:[=\].]|$)""")
            if found := next((number for number, line in rows if written.search(line)), None):
                return found
        return None

    def line_of_value(self, value: str) -> int:
        """Return the line where a value is written, 1 where it is written in a way that only a parser understands."""
        quoted = re.compile(rf"""["']{re.escape(value)}["']""")
        return next((number for number, line in enumerate(self.text.splitlines(), 1) if quoted.search(line)), 1)


def _source(name: str, text: str) -> _Source:
    """The file; of pyproject.toml only what stands below its table is looked at for places."""
    header = re.compile(r"""\s*\[{1,2}\s*["']?tool["']?\s*\.\s*["']?regrow\b""")
    rows = (number for number, line in enumerate(text.splitlines()) if header.match(line))
    return _Source(name, text, next(rows, 0))


def _toml(name: str, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"\s*\(at line (\d+), column \d+\)", str(error))
        said = str(error).replace(at[0], "") if at else str(error)
        where = f"{name}:{at[1]}" if at else name
        remedy = "correct the line; docs/verify.md lists what the file may say"
        raise regrow_error("E1007", "is not TOML", where=where, got=said, remedy=remedy) from None


def _wrong(source: _Source, what: str, expected: str, got: str = "") -> RegrowError:
    """Return the error of a key, which `what` begins with."""
    return regrow_error("E1007", what, where=_placed(source, what), expected=expected, got=got)


def _unknown(source: _Source, key: str, known: Sequence[str]) -> RegrowError:
    near = difflib.get_close_matches(key.rpartition(".")[2], known, n=1)
    instead = f"write {near[0]!r} instead" if near else "leave it out"
    return regrow_error(
        "E1007",
        f"does not know the key {key}",
        where=_placed(source, key),
        expected=f"one of {', '.join(known)}",
        got=key.rpartition(".")[2][:80],
        remedy=f"{instead}; docs/verify.md says what each is for",
    )


def _placed(source: _Source, what: str) -> str:
    line = source.line_of(what)
    return source.name if line is None else f"{source.name}:{line}"


# Which variables of the host the tests are given: a folder of this machine is the operator's own, and what its file names is
# given. Anything that was fetched is a stranger's, and its file is only a wish, which `--secret NAME` grants.


@dataclass(frozen=True, slots=True)
class Grant:
    """The names that are given, and notes for the report."""

    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def grant_secrets(asked: Sequence[str], project: ProjectFile | None, set_here: Collection[str], *, own: bool) -> Grant:
    """Decide which variables a run's tests are given.

    Args:
        asked: Named by `--secret`.
        project: The project's own file.
        set_here: The variables that are set and not empty.
        own: Whether the target is a folder of this machine.
    """
    wished = project.secrets if project is not None else ()
    file = project.name if project is not None else ""
    names = dict.fromkeys((*asked, *(wished if own else ())))
    given = tuple(name for name in names if name in set_here)
    notes = [f"its tests were given the {plural(len(given), 'secret')} {', '.join(given)}"] if given else []
    for name in names:
        if name not in set_here:
            who = f"{file} names" if name in wished else "--secret names"
            notes.append(f"the secret {name}, which {who}, is not set: its tests ran without it")
    notes += [
        f"{file} wishes for the secret {name}, which a target from elsewhere gets with --secret {name} only"
        for name in wished
        if name not in names
    ]
    return Grant(given, tuple(notes))
