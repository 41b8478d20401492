"""Templates of output, mined line by line: the Drain algorithm (He, Zhu, Zheng, Lyu, ICWS 2017), written from its paper. Pure.

A tree of fixed depth sends a line to a small group of templates: by the number of its words, then by its first words.
Within the group the line joins the template that it is most like, if that is like enough, and each word in which they
differ becomes `<*>`; otherwise it is a new one. All is bounded: children of a node, templates of a group (the least used
gives way), lines of an output. The same lines in the same order always give the same templates.

Rejected: the library drain3 (unmaintained, exact pins, state kept by jsonpickle). See docs/adr/0013.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from regrow.core.learning.masking import masked, tokens

__all__ = ["ANY", "Drain", "Mined", "group_of", "likeness", "mine"]

ANY = "<*>"
"""A word that differs between the lines of a template."""

DEPTH = 4
"""Of the tree, the root and the level of lengths counted: two words of a line choose its group (the paper's default)."""

SIMILARITY = 0.5
"""The share of equal words from which on a line joins a template: between the paper's 0.4 and 0.5, since masks did more."""

MAX_CHILDREN = 100
MAX_TEMPLATES = 100
"""Of one group."""

MAX_LINES = 5_000
"""Of one output: half from its head, half from its end."""


@dataclass(slots=True)
class Mined:
    """One template.

    Attributes:
        words: Its words; `ANY` where lines differ.
        count: How many lines it stands for.
        first: The first of them, as it was printed, and `line` its number from 1.
    """

    words: tuple[str, ...]
    count: int
    first: str
    line: int

    @property
    def text(self) -> str:
        """The template as a sentence."""
        return " ".join(self.words)


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    templates: list[Mined] = field(default_factory=list)


class Drain:
    """A tree that lines are added to, one by one."""

    def __init__(self, *, depth: int = DEPTH, similarity: float = SIMILARITY) -> None:
        if depth < 3 or not 0 < similarity <= 1:
            msg = f"a tree has a depth of at least 3 and a similarity in (0, 1], got {depth} and {similarity}"
            raise ValueError(msg)
        self._levels = depth - 2
        self._similarity = similarity
        self._root = _Node()

    def add(self, line: str, number: int = 0) -> Mined | None:
        """Take one line in; returns its template, None for a blank line."""
        words = tokens(masked(line))
        if not words:
            return None
        templates = self._leaf(words).templates
        best = max(templates, key=lambda each: (likeness(each.words, words), each.words.count(ANY)), default=None)
        if best is not None and likeness(best.words, words) >= self._similarity:
            best.words = tuple(here if here == there else ANY for here, there in zip(best.words, words, strict=True))
            best.count += 1
            return best
        if len(templates) >= MAX_TEMPLATES:
            templates.remove(min(templates, key=lambda each: (each.count, each.line)))
        found = Mined(words, 1, line.strip()[:500], number)
        templates.append(found)
        return found

    def templates(self) -> tuple[Mined, ...]:
        """All templates, in the order in which their first lines came."""
        found: list[Mined] = []
        nodes = [self._root]
        while nodes:
            node = nodes.pop()
            found += node.templates
            nodes += node.children.values()
        return tuple(sorted(found, key=lambda each: (each.line, each.words)))

    def _leaf(self, words: Sequence[str]) -> _Node:
        node = self._child(self._root, str(len(words)))
        for word in words[: self._levels]:
            node = self._child(node, ANY if _is_parameter(word) else word)
        return node

    def _child(self, node: _Node, name: str) -> _Node:
        if name not in node.children:
            if len(node.children) >= MAX_CHILDREN - 1:
                name = ANY
            node.children.setdefault(name, _Node())
        return node.children[name]


def likeness(template: Sequence[str], words: Sequence[str]) -> float:
    """Return the share of equal words of two lines of the same length; 0 for others (the paper's simSeq).

    >>> likeness(("a", "<*>", "c"), ("a", "b", "c"))
    0.6666666666666666
    """
    if len(template) != len(words) or not words:
        return 0.0
    return sum(here == there for here, there in zip(template, words, strict=True)) / len(words)


def group_of(line: str, *, depth: int = DEPTH) -> str:
    """Return the name of the group that the tree sends a line to: near-duplicates are looked for there.

    >>> group_of("error: cannot find 'x' in 3 files")
    '7 error: cannot'
    """
    words = tokens(masked(line))
    return " ".join((str(len(words)), *(ANY if _is_parameter(word) else word for word in words[: depth - 2])))


def mine(lines: Iterable[str]) -> tuple[Mined, ...]:
    """Return the templates of an output. Of a long one the head and the end are read."""
    numbered = list(enumerate(lines, 1))
    if len(numbered) > MAX_LINES:
        numbered = [*numbered[: MAX_LINES // 2], *numbered[-MAX_LINES // 2 :]]
    tree = Drain()
    for number, line in numbered:
        tree.add(line, number)
    return tree.templates()


def _is_parameter(word: str) -> bool:
    return word.startswith("<") or any(character.isdigit() for character in word)
