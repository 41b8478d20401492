"""Bash text as statements and simple commands, by a real grammar (tree-sitter-bash, imported here and nowhere else).

A statement is what a person types and ends with Enter: a command, a chain (`a && b`), a pipeline, a loop, a command
with its here-document. A parse error is a cheap and exact sign that a line is not a command: of 284 commands in the
documents of 54 projects the ten that did not parse were all placeholders, usage lines, sentences or Python (survey of
build verification, section 8).

Rejected: bashlex, which is GPL and 14 times slower; `shlex`, which knows words but no grammar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

__all__ = ["SimpleCommand", "Statement", "commands_of", "parse_statements"]

LIMIT_BYTES = 64_000
"""Longer text is not something that a person types; it is refused instead of parsed."""


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """One program with its arguments, quotes removed and expansions left as written.

    Attributes:
        words: The program first; empty when the statement only assigns.
        assignments: `NAME=value` before the program, or of `export`.
        reads: What standard input is read from (`< file`, `<<EOF`, `|`), or empty.
        writes: Targets of `>` and `>>`.
    """

    words: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...] = ()
    reads: str = ""
    writes: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """The first word, or the empty string."""
        return self.words[0] if self.words else ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement of a text.

    Attributes:
        text: As written, without comments that stand alone.
        line: 0-based line of its first character; `end_line` of its last.
        valid: Whether the grammar accepts it.
        commands: Its simple commands, those of pipes, chains, loops and substitutions included, in order.
        background: Whether it ends with `&`.
    """

    text: str
    line: int
    end_line: int
    valid: bool
    commands: tuple[SimpleCommand, ...]
    background: bool = False


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


def parse_statements(text: str) -> tuple[Statement, ...]:
    """The statements of a text, in order; comments between them are dropped.

    >>> [s.text for s in parse_statements("cd a && make  # build\\n# done\\nmake check")]
    ['cd a && make', 'make check']
    >>> parse_statements("pytest <name>")[0].valid
    False
    """
    data = text.encode()
    if len(data) > LIMIT_BYTES:
        return (Statement(text, 0, text.count("\n"), False, ()),)
    root = _parser().parse(data).root_node
    statements: list[Statement] = []
    broken_rows = {row for node in root.children if node.is_error or node.is_missing for row in _rows(node)}
    for node in root.children:
        if node.is_named and node.type not in {"comment", "ERROR"}:
            following = node.next_sibling
            statements.append(
                Statement(
                    text=_text(node),
                    line=node.start_point.row,
                    end_line=_rows(node)[-1],
                    valid=not node.has_error and not broken_rows.intersection(_rows(node)),
                    commands=tuple(_commands(node)),
                    background=following is not None and following.type == "&",
                )
            )
        elif node.is_error:
            statements.append(Statement(_text(node), node.start_point.row, _rows(node)[-1], False, ()))
    return tuple(statements)


def commands_of(text: str) -> tuple[SimpleCommand, ...]:
    """Every simple command of a text, or none when the grammar refuses any part of it."""
    statements = parse_statements(text)
    if not all(statement.valid for statement in statements):
        return ()
    return tuple(command for statement in statements for command in statement.commands)


def _rows(node: Node) -> range:
    last = node.end_point.row - (1 if node.end_point.column == 0 and node.end_point.row > node.start_point.row else 0)
    return range(node.start_point.row, last + 1)


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace").rstrip("\n")


def _commands(node: Node, reads: str = "") -> Iterator[SimpleCommand]:
    if node.type == "redirected_statement":
        yield from _redirected(node, reads)
    elif node.type in {"command", "declaration_command", "unset_command", "test_command"}:
        yield _simple(node, reads)
        for child in node.children:
            yield from _substitutions(child)
    elif node.type in {"variable_assignment", "variable_assignments"}:
        parts = [node] if node.type == "variable_assignment" else node.children
        yield SimpleCommand((), tuple(_assignment(part) for part in parts))
        yield from _substitutions(node)
    elif node.type == "pipeline":
        for index, child in enumerate(child for child in node.children if child.is_named):
            yield from _commands(child, "|" if index else reads)
    else:
        for child in node.children:
            if child.is_named:
                yield from _commands(child, reads)


def _substitutions(node: Node) -> Iterator[SimpleCommand]:
    """Commands inside `$(...)` and backquotes: they run too."""
    if node.type in {"command_substitution", "process_substitution"}:
        for child in node.children:
            yield from _commands(child)
        return
    for child in node.children:
        yield from _substitutions(child)


def _redirected(node: Node, reads: str) -> Iterator[SimpleCommand]:
    writes: list[str] = []
    for child in node.children:
        if child.type in {"heredoc_redirect", "herestring_redirect"}:
            reads = "<<"
        elif child.type == "file_redirect":
            operator = next((c.type for c in child.children if not c.is_named), "")
            target = _word(child.children[-1])
            if operator == "<":
                reads = target
            elif operator in {">", ">>", "&>", "&>>", ">|"}:
                writes.append(target)
    inner = [child for child in node.children if child.is_named and not child.type.endswith("_redirect")]
    for child in inner:
        for command in _commands(child, reads):
            yield SimpleCommand(command.words, command.assignments, command.reads, (*command.writes, *writes))


def _simple(node: Node, reads: str) -> SimpleCommand:
    words: list[str] = []
    assignments: list[tuple[str, str]] = []
    for child in node.children:
        if child.type == "variable_assignment":
            assignments.append(_assignment(child))
        elif child.type == "command_name":
            words.append(_word(child.children[0] if child.children else child))
        elif child.type in {"herestring_redirect", "heredoc_redirect"}:
            reads = "<<"
        elif child.type not in {"file_redirect", "comment"}:
            words.append(_word(child))
    return SimpleCommand(tuple(words), tuple(assignments), reads)


def _assignment(node: Node) -> tuple[str, str]:
    name, _, value = _text(node).partition("=")
    last = node.children[-1] if node.children else node
    return name, _word(last) if last.type in {"string", "raw_string", "concatenation"} else value


def _word(node: Node) -> str:
    if node.type == "string":
        return _text(node)[1:-1].replace('\\"', '"')
    if node.type == "raw_string":
        return _text(node)[1:-1]
    if node.type == "concatenation":
        return "".join(_word(child) for child in node.children)
    return _text(node).replace("\\\n", "")
