"""Requirements and bounds of versions as data, as far as claims in documents need them.

Only release numbers count (`3.8`, `1.2.1`): a document that names a pre-release says nothing that can be wrong of bounds.

Source: PEP 508 for the form of a requirement, PEP 440 for the meaning of the operators.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from regrow.core.project.command_lines import package_name

__all__ = ["Bound", "Requirement", "admits", "lowest", "parse_bounds", "parse_requirement", "release_of"]

Release = tuple[int, ...]
_LAST = 9_999
"""Stands for the last patch of a release whose patch is not named."""

_SPEC = re.compile(
    r"^\s*(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*\(?(?P<bounds>[^;)]*)\)"
    r"?\s*(?:;(?P<marker>.*))?$"
)
_BOUND = re.compile(r"(===|==|!=|~=|>=|<=|>|<|\^|=)\s*v?(\d+(?:\.\d+)*)(\.\*)?")


@dataclass(frozen=True, slots=True)
class Bound:
    """One comparison: `>= 3.8`. `series` when it ends in `.*`."""

    operator: str
    release: Release
    series: bool = False

    def __str__(self) -> str:
        return f"{self.operator}{'.'.join(map(str, self.release))}{'.*' if self.series else ''}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement. `name` is normalised (PEP 503), `marker` the condition as written."""

    name: str
    extras: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()
    marker: str = ""

    @property
    def wanted(self) -> str:
        """Its bounds as text; empty without any."""
        return ",".join(map(str, self.bounds))


def parse_requirement(text: str) -> Requirement | None:
    """A requirement, None when the text is a path, an address or no requirement.

    >>> found = parse_requirement("Foo_Bar[x,y] >=1.2,<2; python_version < '3.9'")
    >>> found.name, found.extras, found.wanted, found.marker
    ('foo-bar', ('x', 'y'), '>=1.2,<2', "python_version < '3.9'")
    """
    if "@" in text and "://" in text:
        text = text.partition("@")[0]
    match = _SPEC.match(text)
    name = package_name(match.group("name")) if match else ""
    if match is None or not name:
        return None
    extras = tuple(filter(None, (part.strip().lower() for part in (match.group("extras") or "").split(","))))
    return Requirement(name, extras, parse_bounds(match.group("bounds")), (match.group("marker") or "").strip())


def parse_bounds(text: str) -> tuple[Bound, ...]:
    """The comparisons of a specifier; what is none is left out.

    >>> [str(bound) for bound in parse_bounds(">=3.8, !=3.9.*, <4")]
    ['>=3.8', '!=3.9.*', '<4']
    """
    found = []
    for operator, release, series in _BOUND.findall(text):
        name = {"^": ">=", "===": "==", "=": "=="}.get(operator, operator)
        found.append(Bound(name, release_of(release), bool(series)))
        if operator == "^":  # Poetry: the first part stays.
            found.append(Bound("<", (release_of(release)[0] + 1,)))
    return tuple(found)


def release_of(text: str) -> Release:
    """The numbers of a version's release; empty when it has none.

    >>> release_of("v1.4.0a1"), release_of("dev")
    ((1, 4, 0), ())
    """
    match = re.match(r"v?(\d+(?:\.\d+)*)", text)
    return tuple(min(int(part), _LAST) for part in match.group(1).split(".")[:6]) if match else ()


def admits(bounds: tuple[Bound, ...], release: Release) -> bool:
    """Whether any version of a release series is inside the bounds: `(3, 8)` is 3.8.0 and every 3.8.x after it.

    >>> admits(parse_bounds(">=3.8.1"), (3, 8)), admits(parse_bounds(">=3.9"), (3, 8)), admits(parse_bounds("<4"), (3,))
    (True, False, True)
    """
    first = ((*release, 0, 0, 0))[: max(3, len(release))]
    last = ((*release, _LAST, _LAST, _LAST))[: max(3, len(release))]
    return all(_meets(bound, first, last) for bound in bounds)


def _meets(bound: Bound, first: Release, last: Release) -> bool:
    width = len(first)
    low = (bound.release + (0,) * width)[: max(width, len(bound.release))]
    high = (bound.release + (_LAST,) * width)[: max(width, len(bound.release))]
    match bound.operator:
        case ">=":
            return last >= low
        case ">":
            return last > low
        case "<=":
            return first <= (high if bound.series else low)
        case "<":
            return first < low
        case "==":
            return last >= low and first <= (high if bound.series else low)
        case "!=":
            return not (bound.series and low <= first and last <= high)
        case "~=":
            return last >= low and first <= (bound.release[:-1] + (_LAST,) * width)[:width]
        case _:
            return True


def lowest(bounds: tuple[Bound, ...]) -> Release:
    """The lowest release that the bounds begin with; empty when they have no lower end.

    >>> lowest(parse_bounds("!=0.9.0,>=0.8.0"))
    (0, 8, 0)
    """
    return max((b.release for b in bounds if b.operator in {">=", ">", "~=", "=="}), default=())
