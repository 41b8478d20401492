"""What documents must say, and no longer say, so that nobody meets again what a run had to heal. Pure.

A check is regular expressions over the lines of the documents, in the subset that Python, JavaScript and `grep -E` read
alike, without regard to case. It is as loose as the cause allows: that a package is installed by some documented command,
not that one sentence stands there word by word. One that does not tell the documents before the patch from those after it
is dropped here already; whether the written test does is tried in the rooms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import describe
from regrow.core.project.shell_grammar import commands_of
from regrow.protocols.plan import Deviation, DeviationKind, Plan, PlanStep

__all__ = ["Check", "checks_of", "holds", "lines_of"]

_LETTERS = "A-Za-z0-9_"
_SPECIAL = re.compile(r"[\[.^$*+?(){}|\\]")
NAME_WORDS = 7
"""Of the sentence that a test is named after."""


@dataclass(frozen=True, slots=True)
class Check:
    """One test to be.

    Attributes:
        name: In words joined by underscores.
        why: What happens to a reader without it.
        says: Each of these fits some line.
        silent: None of these fits any line.
        files: These are there.
        deviation: What was done besides the documents.
    """

    name: str
    why: str
    says: tuple[str, ...]
    silent: tuple[str, ...]
    deviation: Deviation
    files: tuple[str, ...] = ()


def lines_of(text: str) -> list[str]:
    """The lines of a document as all templates see them: continued ones joined, blanks collapsed.

    >>> lines_of("  $ make \\\\\\n    check\\n")
    ['$ make check']
    """
    joined = re.sub(r"\\\r?\n", " ", text)
    return [" ".join(line.split()) for line in joined.splitlines() if line.strip()]


def holds(check: Check, texts: Mapping[str, str], lists: Mapping[str, str] | None = None) -> bool:
    """Whether documents fulfil a check.

    Args:
        check: The check.
        texts: Documents by path.
        lists: Lists of requirements by path, which count where a line names them with `-r`.
    """
    lines = [line for text in texts.values() for line in lines_of(text)]
    for path, text in (lists or {}).items():
        if any(re.search(rf"-r ?{re.escape(path)}\b", line) for line in lines):
            lines += [f"install {line}" for line in lines_of(text)]
    return all(_fits(each, lines) for each in check.says) and not any(_fits(each, lines) for each in check.silent)


def _fits(pattern: str, lines: Sequence[str]) -> bool:
    return any(re.search(pattern, line, re.IGNORECASE) for line in lines)


def checks_of(
    plan: Plan, before: Mapping[str, str], after: Mapping[str, str], lists: Mapping[str, str]
) -> tuple[Check, ...]:
    """Return a check for each deviation that documents can be asked about, as loose as tells them apart.

    Args:
        plan: What healed the run.
        before: Documents by path, as they are.
        after: The same as they should be.
        lists: Lists of requirements by path.
    """
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], Check] = {}
    names: set[str] = set()
    for deviation, step in _deviations(plan):
        candidates = _candidates(deviation, step)
        fitting = (c for c in candidates if not holds(c, before, lists) and holds(c, after, lists))
        check = next(fitting, None)
        if check is None or check.name in names:
            continue
        names.add(check.name)
        found.setdefault((check.says, check.silent), check)
    return tuple(found.values())


def _deviations(plan: Plan) -> Iterator[tuple[Deviation, PlanStep | None]]:
    yield from ((step.deviation, step) for step in plan.steps if step.deviation is not None)
    yield from ((deviation, None) for deviation in plan.deviations)


def _candidates(deviation: Deviation, step: PlanStep | None) -> Iterator[Check]:
    """The loosest first."""
    old = deviation.corrects.text if deviation.corrects is not None else ""
    silent = (_alone(old),) if old and deviation.kind is not DeviationKind.ADDED_STEP else ()
    if step is None:
        if silent and deviation.kind is DeviationKind.SKIPPED_STEP:
            yield _check(f"no longer say {old}", deviation, (), silent)
        return
    names = _installed(step.command)
    if names:
        yield _check(f"install {' and '.join(names)}", deviation, tuple(names.values()), ())
    files = re.findall(r"(?:-r|--requirement)[ =]?(\S+)", step.command)
    if files:
        named = tuple(f"(-r|--requirement)[ =]?{_literal(each)}" for each in files)
        yield replace(_check(f"install what {files[0]} lists", deviation, named, ()), files=tuple(files))
    extras = re.findall(r"install\b.*\[([\w,-]+)\]", step.command)
    if extras:
        yield _check(f"install the extra {extras[0]}", deviation, (f"install.*\\[.*{_literal(extras[0])}",), ())
    whole = _literal(" ".join(step.command.split()))
    yield _check(f"say {step.command}", deviation, (whole,), ())
    if silent:
        yield _check(f"say {step.command} instead of {old}", deviation, (whole,), silent)


def _check(sentence: str, deviation: Deviation, says: tuple[str, ...], silent: tuple[str, ...]) -> Check:
    words = re.findall(r"[a-z0-9]+", sentence.lower())[:NAME_WORDS]
    return Check("documents_" + "_".join(words), f"{deviation.description}", says, silent, deviation)


def _installed(command: str) -> dict[str, str]:
    """Name of each package that a command installs -> what it looks like in documents."""
    found: dict[str, str] = {}
    for fact in (describe(simple) for simple in commands_of(command)):
        if fact.role in (Role.SYSTEM, Role.RELEASED, Role.REQUIREMENTS):
            inner = _literal if fact.role is Role.SYSTEM else _loose
            found |= {name: f"install.*[^{_LETTERS}.-]{inner(name)}($|[^{_LETTERS}-])" for name in fact.names}
    return found


def _literal(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found.group(), text)


def _loose(name: str) -> str:
    """`-`, `_` and `.` are the same in the name of a Python package (PEP 503)."""
    return "[-_.]".join(_literal(part) for part in re.split(r"[-_.]", name))


def _alone(command: str) -> str:
    """A command that is a line of its own, after a prompt or not, or stands in backquotes."""
    return f"(^|`|[$%>#] ?){_literal(' '.join(command.split()))}(`|$)"
