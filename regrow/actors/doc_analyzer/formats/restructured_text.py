"""reStructuredText to blocks, by docutils (imported here and nowhere else).

docutils is told to insert no file and no raw content; `.. include::` is followed here, inside the tree only, and what
lies outside is refused and named. Directives of Sphinx that docutils does not know are read as what they show: code, a
tab, a note. Roles of Sphinx (`:ref:`, `:func:`) become their text.

docutils is told of directives through its global register; the names are added once, when this module is first used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives, roles
from docutils.utils import SystemMessage

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, InlineCode
from regrow.core.project.file_tree import inside

__all__ = ["read_restructured_text"]

_CODE_DIRECTIVES = (
    "code",
    "code-block",
    "sourcecode",
    "prompt",
    "parsed-literal",
    "console",
    "ipython",
    "literalinclude",
    "highlight",
)
_LABELLED = ("tab", "tab-item", "group-tab", "dropdown", "details", "collapse", "code-tab", "topic", "only")
_PASSED_ON = (
    "tabs",
    "tab-set",
    "versionadded",
    "versionchanged",
    "deprecated",
    "seealso",
    "grid",
    "grid-item",
    "card",
    "margin",
    "rst-class",
    "centered",
    "hlist",
    "cssclass",
    "todo",
    "envvar",
    "program",
    "option",
    "glossary",
    "automodule",
    "versionremoved",
    "describe",
    "rubric",
    "function",
    "class",
    "method",
    "module",
    "py:function",
    "py:class",
)
_IGNORED = (
    "toctree",
    "currentmodule",
    "index",
    "autoclass",
    "autofunction",
    "autoexception",
    "autodata",
    "automethod",
    "autoattribute",
    "testsetup",
    "testcleanup",
    "plot",
    "graphviz",
    "mermaid",
    "raw",
    "include",
    "figure",
    "image",
    "sectionauthor",
    "codeauthor",
    "tabularcolumns",
    "literalinclude",
    "highlight",
    "default-role",
    "csv-table",
    "doctest",
    "testcode",
    "testoutput",
    "autosummary",
    "click",
    "argparse",
    "program-output",
    "meta",
    "youtube",
    "py:module",
    "py:currentmodule",
)
_INCLUDE = re.compile(r"^(?P<margin>\s*)\.\. include:: *(?P<path>\S+)\s*$")
_OPTION = re.compile(r"^\s+:(?P<name>[\w-]+):\s*(?P<value>.*)$")
_LIMIT_INCLUDES = 50
_LIMIT_LINES = 60_000
"""Lines of a document with everything that it includes. docutils reads some 20,000 lines a second."""

_SETTINGS: dict[str, object] = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "_disable_config": True,
    "syntax_highlight": "none",
    "doctitle_xform": False,
    "sectsubtitle_xform": False,
    "docinfo_xform": False,
    "smart_quotes": False,
    "warning_stream": False,
    "line_length_limit": 100_000,
    "input_encoding": "unicode",
}

_LIMIT_AWAY = 12
"""How far the first line of a node may be from the line that docutils names: options of its directive stand between."""

Lines = list[tuple[str, str, int]]
"""Each line with the file and the line number (from 1) that it comes from."""
Problems = list[tuple[int, str]]


def read_restructured_text(
    text: str, file: str, read: Callable[[str], str | None]
) -> tuple[tuple[Block, ...], tuple[tuple[int, str], ...]]:
    """The blocks of a document, and what could not be followed as `(line, sentence)`.

    Args:
        text: The document.
        file: Its path in the tree; paths of includes are relative to its folder.
        read: The text of another file of the tree, None when it is missing or binary.

    >>> blocks, problems = read_restructured_text("A\\n=\\n\\n.. include:: /etc/passwd\\n", "a.rst", lambda path: None)
    >>> problems
    ((4, 'include of /etc/passwd refused: it lies outside the tree'),)
    """
    problems: Problems = []
    lines = list(_with_includes(text, file, read, problems, (file,), [0]))[:_LIMIT_LINES]
    _register()
    try:
        tree = publish_doctree("\n".join(line for line, _, _ in lines), settings_overrides=_SETTINGS)
    except (
        SystemMessage,
        RecursionError,
        AssertionError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        # docutils raises these from broken nesting; the document is then read as plain text by the caller.
        problems.append(
            (1, f"not valid reStructuredText: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
        )
        return (), tuple(problems)
    return tuple(_Walk(lines).blocks(tree, (), "", 0)), tuple(problems)


def _with_includes(
    text: str,
    file: str,
    read: Callable[[str], str | None],
    problems: Problems,
    chain: tuple[str, ...],
    count: list[int],
) -> Iterator[tuple[str, str, int]]:
    lines = text.expandtabs(8).split("\n")
    for number, line in enumerate(lines, 1):
        match = _INCLUDE.match(line)
        if match is None:
            yield line, file, number
            continue
        options = _options(lines[number : number + 8])
        path = match.group("path")
        target = inside(file.rpartition("/")[0], path)
        count[0] += 1
        if path.startswith("<"):
            continue
        if target is None:
            problems.append((number, f"include of {path} refused: it lies outside the tree"))
        elif target in chain or count[0] > _LIMIT_INCLUDES:
            problems.append((number, f"include of {path} refused: it includes itself or is one of too many"))
        elif (content := read(target)) is None:
            problems.append((number, f"include of {path}: no such file in the tree"))
        elif not {"literal", "code", "parser"} & options.keys():
            inner = list(_with_includes(content, target, read, problems, (*chain, target), count))
            yield from ((match.group("margin") + part, where, at) for part, where, at in _selected(inner, options))
        yield "", file, number


def _options(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        match = _OPTION.match(line)
        if match is None:
            break
        found[match.group("name")] = match.group("value").strip()
    return found


def _selected(lines: Lines, options: dict[str, str]) -> Lines:
    """The part of an included file that `start-line`, `end-line`, `start-after` and `end-before` leave."""
    first = int(options["start-line"]) if options.get("start-line", "").lstrip("-").isdigit() else None
    last = int(options["end-line"]) if options.get("end-line", "").lstrip("-").isdigit() else None
    lines = lines[first:last]
    if after := options.get("start-after"):
        lines = next((lines[i + 1 :] for i, (line, _, _) in enumerate(lines) if after in line), lines)
    if before := options.get("end-before"):
        lines = next((lines[:i] for i, (line, _, _) in enumerate(lines) if before in line), lines)
    return lines


class _Code(Directive):
    """Code in a named language: `.. code-block:: console`."""

    has_content = True
    optional_arguments = 10
    final_argument_whitespace = True
    option_spec = None

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        words = (self.arguments[0] if self.arguments else "").split()
        language = {"prompt": "console", "parsed-literal": ""}.get(self.name, words[0] if words else "")
        if self.name == "prompt" and words and words[0] in {"python", "powershell", "cmd", "batch"}:
            language = words[0]
        node = nodes.literal_block(text, text, language=language.lower())
        node["directive"] = self.name
        node.line = self.lineno + 1
        return [node] if text.strip() else []


class _Container(Directive):
    """A directive whose content counts; its argument labels it when it is a tab or a folded part."""

    has_content = True
    optional_arguments = 50
    final_argument_whitespace = True
    option_spec = None

    def run(self) -> list[nodes.Node]:
        argument = self.arguments[0] if self.arguments else ""
        if self.name == "code-tab":
            language, _, title = argument.partition(" ")
            text = "\n".join(self.content)
            code = nodes.literal_block(text, text, language=language.lower())
            code["label"] = title
            code.line = self.lineno + 1
            return [code]
        node = nodes.container()
        node["label"] = argument if self.name in _LABELLED else ""
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class _Nothing(Directive):
    """A directive that shows nothing to type."""

    has_content = True
    optional_arguments = 50
    final_argument_whitespace = True
    option_spec = None

    def run(self) -> list[nodes.Node]:
        return []


def _spare_options(directive: type[Directive]) -> type[Directive]:
    """Accept any option: options of Sphinx directives are many, and none matters here."""

    class _AnyOption(dict[str, Callable[[str | None], str]]):
        def __getitem__(self, key: str) -> Callable[[str | None], str]:
            return lambda value: value or ""

        def __bool__(self) -> bool:
            return True

    return type(directive.__name__, (directive,), {"option_spec": _AnyOption()})


def _role_text(
    name: str, rawtext: str, text: str, _line: int, _inliner: object, _options: object = None, _content: object = None
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    shown = re.sub(r"\s*<[^>]*>$", "", text).lstrip("!~")
    if name in {"command", "program", "code", "file", "option", "kbd", "samp", "shell", "bash", "sh"}:
        return [nodes.literal(rawtext, shown)], []
    return [nodes.Text(shown)], []


@cache
def _register() -> None:
    for names, base in (
        (_IGNORED, _Nothing),
        (_PASSED_ON, _Container),
        (_LABELLED, _Container),
        (_CODE_DIRECTIVES, _Code),
    ):
        spared = _spare_options(base)
        for name in names:
            directives.register_directive(name, spared)
    for name in (
        "ref doc func class meth mod attr exc data const obj any term option envvar command program "
        "file samp kbd guilabel "
        "menuselection pep rfc issue pr gh user github pull py:func py:class py:meth py:mod py:attr "
        "py:exc py:obj py:data "
        "c:func c:type download numref keyword token abbr dfn makevar manpage mailheader regexp "
        "std:option code shell "
        "bash sh commit changeset source pypi repo".split()
    ):
        # The stubs of docutils say that a role returns references; its documentation says nodes and system messages.
        roles.register_local_role(name, _role_text)  # type: ignore[arg-type]


class _Walk:
    """Goes through the tree once; lines are found by their text from a cursor that only moves on."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._cursor = 0
        self._level = 0

    def blocks(self, node: nodes.Node, headings: tuple[str, ...], label: str, lists: int) -> Iterator[Block]:
        for child in node.children:
            if isinstance(child, nodes.section):
                yield from self._section(child, headings, label)
            elif isinstance(child, nodes.literal_block | nodes.doctest_block):
                yield self._code(child, headings, label)
            elif isinstance(child, nodes.paragraph | nodes.term | nodes.rubric):
                yield self._sentence(child, headings, label, lists)
            elif isinstance(child, nodes.bullet_list | nodes.enumerated_list | nodes.definition_list):
                yield from self.blocks(child, headings, label, lists + 1)
            elif isinstance(child, nodes.Element) and not isinstance(
                child, nodes.comment | nodes.system_message | nodes.title
            ):
                yield from self.blocks(child, headings, child.get("label") or label, lists)

    def _section(self, node: nodes.section, headings: tuple[str, ...], label: str) -> Iterator[Block]:
        title = node.next_node(nodes.title)
        name = title.astext() if title is not None else ""
        file, line = self._find(name.split("\n")[0], title)
        path = (*headings, name)
        yield Block(BlockKind.HEADING, file, line, line, name, path)
        yield from self.blocks(node, path, label, 0)

    def _code(self, node: nodes.Element, headings: tuple[str, ...], label: str) -> Block:
        text = node.astext().rstrip("\n")
        file, line = self._find(next((part for part in text.split("\n") if part.strip()), ""), node)
        language = str(node.get("language") or "")
        if isinstance(node, nodes.doctest_block):
            language = "pycon"
        return Block(
            BlockKind.CODE,
            file,
            line,
            line + text.count("\n"),
            text,
            headings,
            language=language,
            label=str(node.get("label") or label),
            literal="directive" not in node,
        )

    def _sentence(self, node: nodes.Element, headings: tuple[str, ...], label: str, lists: int) -> Block:
        source = node.rawsource or node.astext()
        rows = source.strip("\n").split("\n")
        file, line = self._find(rows[0], node)
        text = " ".join(node.astext().split())
        return Block(
            BlockKind.TEXT,
            file,
            line,
            line + len(rows) - 1,
            text,
            headings,
            label=label,
            inline=tuple(self._inline(node)),
            list_depth=lists,
        )

    def _inline(self, node: nodes.Element) -> Iterator[InlineCode]:
        text = node.astext()
        position = 0
        for literal in node.findall(nodes.literal):
            code = literal.astext()
            start = text.find(code, position)
            position = max(position, start) + len(code)
            before = " ".join(text[max(0, start - 120) : start].split())
            yield InlineCode(" ".join(code.split()), before + " ", text[position : position + 60])

    def _find(self, wanted: str, node: nodes.Node | None) -> tuple[str, int]:
        """Where a piece of text stands: of the lines that hold it, the one nearest to what docutils names.

        docutils names the line of what it parses itself, but not of every node of a directive; without a name the next
        line from the cursor counts. The first line alone would not do: a list entry `Python` stands in many lines.
        """
        wanted = wanted.strip()
        named = getattr(node, "line", None)
        index = self._near(wanted, named - 1) if named is not None else None
        if index is None:
            later = range(self._cursor, min(len(self._lines), self._cursor + 2_000))
            index = next((at for at in later if wanted and wanted in self._lines[at][0]), None)
        if index is None:
            index = min(max((named or self._cursor + 1) - 1, 0), len(self._lines) - 1)
        else:
            self._cursor = index
        return self._lines[index][1], self._lines[index][2]

    def _near(self, wanted: str, named: int) -> int | None:
        """The line nearest to one that docutils names, and at most a few lines from it."""
        for away in range(_LIMIT_AWAY):
            for index in (named + away, named - away):
                if wanted and 0 <= index < len(self._lines) and wanted in self._lines[index][0]:
                    return index
        return None
