"""Code of blocks and sentences: does it parse, and does the project's own source have the names that it uses?

Fragments are common in documents, so only what no reading could accept is reported: a block with an ellipsis, a template's
marks or a prompt of another interpreter is left alone, and so is a name of a module that makes its names at run time.
"""

from __future__ import annotations

import ast
import builtins
import configparser
import io
import itertools
import json
import re
import tokenize
import tomllib
from collections.abc import Iterator

from regrow.actors.doc_analyzer.blocks import Block
from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Page, is_python
from regrow.actors.doc_analyzer.lint.rules.api_use import Source, check_api_use
from regrow.core.project.linting.near import nearest, same_letters
from regrow.core.project.linting.project_facts import ProjectFacts
from regrow.core.project.linting.python_api import PythonApi

__all__ = ["check_code_blocks"]

_TEMPLATE = re.compile(
    r"…|\.\.\.|<[A-Za-z][\w -]*>|\{\{|\{%|^\s*[%!]|^\s*@@|^[-+] |\bdef \w+\([^)]*\)\s*(?:->?\s*)?(?:#.*)?$|\$ ",
    re.MULTILINE,
)
_GO_ON = ("else:", "elif ", "except", "finally:")
_SECTIONS = re.compile(r"(?i)(\.pypirc|setup\.cfg|tox\.ini|pytest\.ini|\.coveragerc|mypy\.ini|\.editorconfig|\.flake8)")


def check_code_blocks(page: Page, facts: ProjectFacts, api: PythonApi) -> Iterator[Finding]:
    """Everything about code."""
    blocks: list[tuple[Source, ast.Module]] = []
    for place, block in page.code_blocks:
        if is_python(block):
            source = _python_of(block)
            tree = _parse(source.text)
            if isinstance(tree, ast.Module):
                yield from _too_early(page, source, tree, {name for _, earlier in blocks for name in _bound(earlier)})
                blocks.append((source, tree))
            else:
                blocks += _salvaged(source)
                if not _TEMPLATE.search(block.text) and block.language:
                    yield from _broken(page, block, source, tree)
                else:
                    yield from _unbalanced(page, source)
            yield from _commas(page, source.text, source)
            yield from _applications(page, facts, block)
        else:
            yield from _data(page, place, block)
    for code in page.codes:
        tree = _parse(code.text) if re.search(r"\bimport \w+;", code.text) else None
        if isinstance(tree, ast.Module):
            blocks.append((Source(code.text, (code.line,)), tree))
    yield from check_api_use(page, facts, api, blocks)
    for code in page.codes:
        if "[" in code.text and code.text.count("'") + code.text.count('"') >= 4:
            yield from _commas(page, code.text, Source(code.text, (code.line,)))


def _python_of(block: Block) -> Source:
    """The code of a block; of a session, what was typed."""
    rows = block.text.split("\n")
    if not any(re.match(r"\s*>>>", row) for row in rows):
        margin = min((len(row) - len(row.lstrip()) for row in rows if row.strip()), default=0)
        return Source("\n".join(row[margin:] for row in rows), tuple(block.line + i for i in range(len(rows))))
    kept = [(i, match.group(1)) for i, row in enumerate(rows) if (match := re.match(r"\s*(?:>>>|\.\.\.) ?(.*)$", row))]
    return Source("\n".join(text for _, text in kept), tuple(block.line + i for i, _ in kept))


def _parse(text: str) -> ast.Module | SyntaxError | None:
    try:
        found = compile(
            text, "<document>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return found if isinstance(found, ast.Module) else None


def _salvaged(source: Source) -> Iterator[tuple[Source, ast.Module]]:
    """Those statements at the margin that parse by themselves, of a block that does not parse as a whole."""
    rows = source.text.split("\n")
    starts = [
        i for i, row in enumerate(rows) if row[:1].strip() and row[:1] not in ")]}#" and not row.startswith(_GO_ON)
    ]
    for start, end in itertools.pairwise([*starts, len(rows)]):
        text = re.sub(r",\s*(?:\.{3,}|…)", "", "\n".join(rows[start:end]))
        tree = _parse(text)
        if isinstance(tree, ast.Module):
            yield Source(text, source.lines[start:end] or source.lines), tree


def _unbalanced(page: Page, source: Source) -> Iterator[Finding]:
    """A bracket that is never closed or closed by another, in code that is a fragment: dots stand for what is left out."""
    rows = [re.sub(r"^\s*(?:\.\.\.|…),?\s*$|,\s*(?:\.{3,}|…)(?=\s*\))", "", row) for row in source.text.split("\n")]
    error = _parse("\n".join(rows))
    if not isinstance(error, SyntaxError) or re.search(r"[<{]\w[\w ]*[>}]|\$ ", source.text):
        return
    said = error.msg or ""
    if re.search(r"was never closed|does not match opening|unmatched '", said):
        line = source.line(error.lineno or 1)
        shown = (error.text or "").strip()[:80]
        yield page.finding("python-syntax", line, f"the code does not parse: {said}", shown)


def _applications(page: Page, facts: ProjectFacts, block: Block) -> Iterator[Finding]:
    """Entries of Django's INSTALLED_APPS that are nearly a package of the project and are none."""
    inside = False
    for offset, row in enumerate(block.text.split("\n")):
        inside = inside or re.search(r"\bINSTALLED_APPS\b", row) is not None
        for name in re.findall(r"[\"']([A-Za-z_][\w-]*)(?:\.[\w.]+)?[\"']", row) if inside else ():
            if name in facts.packages or facts.has_module(name) or name.lower().replace("_", "-") in facts.imported:
                continue
            better = nearest(name, facts.packages) or next(
                (own for own in facts.packages if same_letters(own, name)), None
            )
            if better is None and name.lower().replace("_", "-") == facts.normal_name and facts.packages:
                better = facts.packages[0]
            if better is not None:
                message = f"there is no application '{name}'"
                evidence = f"the project's package is called {better}"
                yield page.finding("missing-module", block.line + offset, message, evidence, (name, better))
        if inside and re.search(r"[\])]\s*$", row):
            inside = False


def _broken(page: Page, block: Block, source: Source, error: ast.Module | SyntaxError | None) -> Iterator[Finding]:
    if not isinstance(error, SyntaxError):
        return
    said = error.msg or ""
    fragment = re.search(
        r"expected an indented block|unexpected indent|unindent|outside (function|loop)|unexpected EOF|'return'|"
        r"'yield'|'await'",
        said,
    )
    signature = re.match(r"\s*(async )?(def|class) \w+\.", source.text)
    if (
        signature
        or fragment
        or re.search(r"^\s*print [\"'\w]", source.text, re.MULTILINE)
        or block.language in {"ipython", "ipython3"}
    ):
        return
    line = source.line(error.lineno or 1)
    shown = (error.text or "").strip()[:80]
    yield page.finding("python-syntax", line, f"the code does not parse: {said}", shown)


def _bound(tree: ast.AST) -> set[str]:
    """Every name that a piece of code binds, at whatever depth."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


def _too_early(page: Page, source: Source, tree: ast.Module, before: set[str]) -> Iterator[Finding]:
    """A name that the statements at the top of a block use above the statement that makes it."""
    known = before | set(dir(builtins))
    for index, statement in enumerate(tree.body):
        known |= _bound(statement)
        later = {name: node for node in tree.body[index + 1 :] for name in _bound(node)}
        for node in _at_once(statement):
            if (
                isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Load)
                and node.id in later
                and node.id not in known
            ):
                line = source.line(node.lineno)
                at = source.line(later[node.id].lineno)
                yield page.finding(
                    "wrong-order", line, f"'{node.id}' is used above the line that makes it", f"line {at} makes it"
                )
                return


def _at_once(statement: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the statement does: bodies of functions run later."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp):
            waiting += list(ast.iter_child_nodes(node))


def _commas(page: Page, text: str, source: Source) -> Iterator[Finding]:
    """Two string literals beside each other in brackets, where the others are set apart by commas."""
    try:
        tokens = [
            t
            for t in tokenize.generate_tokens(io.StringIO(text).readline)
            if t.type not in {tokenize.NL, tokenize.COMMENT}
        ]
    except (tokenize.TokenError, SyntaxError, IndentationError, ValueError):
        return
    brackets: list[str] = []
    for one, other in itertools.pairwise(tokens):
        if one.type == tokenize.OP and one.string in "[({":
            brackets.append(one.string)
        elif one.type == tokenize.OP and one.string in "])}" and brackets:
            brackets.pop()
        if one.type != tokenize.STRING or other.type != tokenize.STRING or brackets[-1:] != ["["]:
            continue
        words = all(re.fullmatch(r"[rbu]?([\"'])[\w.:/-]+\1", token.string) for token in (one, other))
        if words and "," in text:
            line = source.line(one.end[0])
            message = f"a comma is missing between {one.string} and {other.string}"
            yield page.finding(
                "missing-comma", line, message, "Python joins the two strings into one", (one.string, f"{one.string},")
            )


def _looks_like_json(block: Block) -> bool:
    """A block of no declared language that is braces around rows of `"key": ...`."""
    rows = [row.strip() for row in block.text.split("\n") if row.strip()]
    if block.language or len(rows) < 4 or rows[0] != "{" or rows[-1] != "}":
        return False
    return all(re.match(r"\"[^\"]+\"\s*:\s*\S|[\]})]+,?$", row) for row in rows[1:])


def _data(page: Page, place: int, block: Block) -> Iterator[Finding]:
    bare = re.sub(r"\"(?:\\\\.|[^\"\\\n])*\"", '""', block.text)  # An address in a string is no comment.
    if re.search(r"\.\.\.|…|<[A-Za-z]|\{\{|//|/\*|^\s*#", bare, re.MULTILINE):
        return
    if block.language == "json" or _looks_like_json(block):
        try:
            json.loads(block.text)
        except json.JSONDecodeError as error:
            if block.text.lstrip().startswith(("{", "[")):
                yield page.finding(
                    "data-syntax",
                    block.line + error.lineno - 1,
                    f"the JSON does not parse: {error.msg}",
                    "by the grammar of JSON",
                )
        except RecursionError:
            return
    elif block.language == "toml":
        try:
            tomllib.loads(block.text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            match = re.search(r"line (\d+)", str(error))
            line = block.line + (int(match.group(1)) - 1 if match else 0)
            yield page.finding(
                "data-syntax", min(line, block.end_line), f"the TOML does not parse: {error}", "by the grammar of TOML"
            )
    elif block.language in {"ini", "cfg", "dosini"} and _SECTIONS.search(page.lead(place)):
        try:
            configparser.ConfigParser(interpolation=None, strict=False).read_string(block.text)
        except configparser.MissingSectionHeaderError:
            named = _SECTIONS.search(page.lead(place))
            yield page.finding(
                "data-syntax",
                block.line,
                "the first line stands in no section",
                f"{named.group() if named else ''} is read by sections",
            )
        except configparser.Error:
            return
