"""Names that Python code of a page takes from the project, against the project's source.

Two kinds of evidence. Where the source tells every name of a module or class, a name that is not among them does not exist.
Where it does not (a base of a stranger, names made at run time), a name counts as missing only when it stands nowhere in the
whole package, not even in a string or a comment.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Page
from regrow.core.project.linting.near import nearest, same_letters
from regrow.core.project.linting.project_facts import ProjectFacts
from regrow.core.project.linting.python_api import PythonApi
from regrow.core.project.linting.tool_table import stdlib_names

__all__ = ["Source", "check_api_use"]

_RULE = "missing-name"


@dataclass(frozen=True)
class Source:
    """Python of one block with the line that each of its lines comes from."""

    text: str
    lines: tuple[int, ...]

    def line(self, number: int) -> int:
        """The line of the document."""
        return self.lines[min(max(number, 1), len(self.lines)) - 1] if self.lines else 1


@dataclass
class _Names:
    """What names of a page stand for; a name that is bound to two things stands for neither."""

    modules: dict[str, str] = field(default_factory=dict)
    members: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    instances: dict[str, set[tuple[str, str] | None]] = field(default_factory=dict)


def check_api_use(
    page: Page, facts: ProjectFacts, api: PythonApi, blocks: Sequence[tuple[Source, ast.Module]]
) -> Iterator[Finding]:
    """Imports, attributes and keyword arguments."""
    names = _Names()
    for source, tree in blocks:
        yield from _imports(page, facts, api, source, tree)
        for node in ast.walk(tree):
            _import(facts, api, node, names)
    for _, tree in blocks:
        for node in ast.walk(tree):
            _bind(api, node, names)
    said: set[tuple[int, str]] = set()
    for source, tree in blocks:
        imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names if a.asname is None}
        for node in ast.walk(tree):
            found = (
                _of_language(page, source, node, imported)
                or _attribute(page, api, source, node, names)
                or _call(page, api, source, node, names)
            )
            if found is not None and (found.line, found.message) not in said:
                said.add((found.line, found.message))
                yield found
    yield from _unimported(page, facts, api, blocks)


def _imports(page: Page, facts: ProjectFacts, api: PythonApi, source: Source, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _module(page, facts, source.line(node.lineno), alias.name)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            line = source.line(node.lineno)
            problems = list(_module(page, facts, line, node.module))
            yield from problems
            if problems or node.module.split(".")[0] not in facts.packages:
                continue
            for alias in node.names:
                missing = alias.name != "*" and not facts.has_module(f"{node.module}.{alias.name}")
                if missing and api.lacks(node.module, alias.name):
                    at = next(
                        (n for n in range(line, line + 8) if n <= len(page.lines) and alias.name in page.lines[n - 1]),
                        line,
                    )
                    yield _missing(page, api, at, node.module, alias.name, api.names(node.module))


def _missing(page: Page, api: PythonApi, line: int, where: str, name: str, known: frozenset[str] | None) -> Finding:
    better = nearest(name, known if known is not None else api.words(where.split(".", maxsplit=1)[0]))
    swap = (name, better) if better else None
    return page.finding(_RULE, line, f"{where} has no name '{name}'", "compared with its source", swap)


def _module(page: Page, facts: ProjectFacts, line: int, module: str) -> Iterator[Finding]:
    top = module.split(".", maxsplit=1)[0]
    if top in facts.packages:
        if not facts.has_module(module):
            parent = module.rpartition(".")[0]
            stems = {path.rpartition("/")[2].partition(".")[0] for path in facts.tree.files if path.endswith(".py")}
            better = nearest(module, {f"{parent}.{stem}" for stem in stems if facts.has_module(f"{parent}.{stem}")})
            swap = (module, better) if better else None
            message = f"there is no module '{module}'"
            yield page.finding("missing-module", line, message, f"the package {top} has no such file", swap)
        return
    normal = top.lower().replace("_", "-")
    if top in sys.stdlib_module_names or facts.has_module(top) or normal in facts.imported or not facts.packages:
        return
    better = nearest(top, facts.packages) or next((n for n in facts.packages if same_letters(n, top)), None)
    if better is None and normal == facts.normal_name:
        better = facts.packages[0]
    if better is not None and normal not in facts.declared:
        evidence = f"the project's package is called {better}"
        yield page.finding("missing-module", line, f"there is no module '{top}'", evidence, (top, better))


def _import(facts: ProjectFacts, api: PythonApi, node: ast.AST, names: _Names) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if facts.has_module(alias.name) and alias.name.split(".")[0] in facts.packages:
                bound = alias.asname or alias.name.split(".")[0]
                names.modules[bound] = alias.name if alias.asname else bound
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names if node.module.split(".")[0] in facts.packages else ():
            bound = alias.asname or alias.name
            if api.module(f"{node.module}.{alias.name}") is not None:
                names.modules[bound] = f"{node.module}.{alias.name}"
            else:
                names.members.setdefault(bound, set()).add((node.module, alias.name))


def _target(node: ast.AST, names: _Names) -> tuple[str, str] | None:
    """The member of a module that an expression names."""
    if isinstance(node, ast.Name):
        found = names.members.get(node.id, set())
        return next(iter(found)) if len(found) == 1 else None
    if isinstance(node, ast.Attribute) and (module := _module_of(node.value, names)) is not None:
        return module, node.attr
    return None


def _module_of(node: ast.AST, names: _Names) -> str | None:
    if isinstance(node, ast.Name):
        return names.modules.get(node.id)
    return None


def _bind(api: PythonApi, node: ast.AST, names: _Names) -> None:
    """Remember of which class the values of names are; the last word of a name that is bound otherwise is None."""
    pairs: list[tuple[ast.AST, ast.AST | None]] = []
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.With | ast.AsyncWith):
        pairs = [(item.optional_vars, item.context_expr) for item in node.items if item.optional_vars is not None]
    elif isinstance(node, ast.For | ast.comprehension):
        pairs = [(node.target, None)]
    elif isinstance(node, ast.arg):
        names.instances.setdefault(node.arg, set()).add(None)
    for target, value in pairs:
        made = _target(value.func if isinstance(value, ast.Call) else value, names) if value is not None else None
        if made is not None and api.find_class(*made) is None:
            made = None
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name):
                names.instances.setdefault(inner.id, set()).add(made if inner is target else None)


def _attribute(page: Page, api: PythonApi, source: Source, node: ast.AST, names: _Names) -> Finding | None:
    if not isinstance(node, ast.Attribute):
        return None
    line = source.line(node.end_lineno or node.lineno)
    module = _module_of(node.value, names)
    bound = names.instances.get(node.value.id, set()) if isinstance(node.value, ast.Name) else set()
    stored = not isinstance(node.ctx, ast.Load)
    if module is not None and not bound and not stored:
        return _missing(page, api, line, module, node.attr, api.names(module)) if api.lacks(module, node.attr) else None
    pair = next(iter(bound)) if len(bound) == 1 else _target(node.value, names) if not bound else None
    if pair is None or api.find_class(*pair) is None:
        return None
    known = api.members(*pair)
    absent = _nowhere(api, pair, node.attr) if known is None or stored else node.attr not in known
    return _missing(page, api, line, ".".join(pair), node.attr, known) if absent else None


def _of_language(page: Page, source: Source, node: ast.AST, imported: set[str]) -> Finding | None:
    """A name that a module of the language, or one of its streams, does not have."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return None
    where = ast.unparse(node.value) if isinstance(node.value, ast.Name | ast.Attribute) else ""
    known = stdlib_names().get(where)
    if known is None or where.split(".")[0] not in imported or node.attr in known or node.attr.startswith("__"):
        return None
    return _missing_of(page, source.line(node.end_lineno or node.lineno), where, node.attr, known)


def _missing_of(page: Page, line: int, where: str, name: str, known: frozenset[str]) -> Finding | None:
    better = nearest(name, known) or next((one for one in sorted(known) if len(one) > 3 and name.endswith(one)), None)
    if better is None:
        return None  # A name of a release that the table does not know.
    return page.finding(
        _RULE, line, f"{where} has no name '{name}'", "compared with the language's own", (name, better)
    )


def _nowhere(api: PythonApi, pair: tuple[str, str], name: str) -> bool:
    """Whether a class whose names cannot be told is used with one that no file of its package writes.

    With strangers for bases a slip of a name that the class has is needed too. Where all bases are the project's own and
    only `__getattr__` is in the way, a name that is made of parts of the class's names is enough (`insert_one`, of `insert`):
    what `__getattr__` finds elsewhere has names of its own.
    """
    words = api.words(pair[0].split(".")[0])
    if not words or name in words:
        return False
    own = api.own_members(*pair)
    if nearest(name, own) is not None:
        return True
    parts = {part for part in name.split("_") if len(part) > 3}
    return api.readable(*pair) and any(parts & set(member.split("_")) for member in own)


def _call(page: Page, api: PythonApi, source: Source, node: ast.AST, names: _Names) -> Finding | None:
    """A call that the signature refuses: a keyword of no parameter, too many arguments, or one too few."""
    pair = _target(node.func, names) if isinstance(node, ast.Call) else None
    wanted = api.signature(*pair) if pair is not None else None
    if pair is None or wanted is None or not isinstance(node, ast.Call) or any(k.arg is None for k in node.keywords):
        return None
    shown = ".".join(pair)
    places = [parameter.arg for parameter in (*wanted.posonlyargs, *wanted.args)]
    given = {keyword.arg for keyword in node.keywords if keyword.arg is not None}
    named = {*places, *(parameter.arg for parameter in wanted.kwonlyargs)}
    line = source.line(node.lineno)
    evidence = f"its parameters are {', '.join(places) or 'none'}"
    for keyword in node.keywords if wanted.kwarg is None else ():
        if keyword.arg not in named:
            better = nearest(keyword.arg or "", named)
            swap = (keyword.arg or "", better) if better else None
            message = f"{shown} has no parameter '{keyword.arg}'"
            return page.finding(_RULE, source.line(keyword.value.lineno), message, evidence, swap)
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    if wanted.vararg is None and len(node.args) > len(places):
        return page.finding(
            "missing-argument", line, f"{shown} takes {len(places)} arguments, not {len(node.args)}", evidence
        )
    needed = places[: len(places) - len(wanted.defaults)] if wanted.defaults else places
    lacking = [name for name in needed[len(node.args) :] if name not in given]
    if lacking:
        return page.finding("missing-argument", line, f"{shown} is called without '{lacking[0]}'", evidence)
    return None


def _unimported(
    page: Page, facts: ProjectFacts, api: PythonApi, blocks: Sequence[tuple[Source, ast.Module]]
) -> Iterator[Finding]:
    """A public class of the project that is called and that no block of the page imports."""
    bound = {name for _, tree in blocks for name in _all_bound(tree)}
    stars = any(
        alias.name == "*"
        for _, tree in blocks
        for n in ast.walk(tree)
        if isinstance(n, ast.ImportFrom)
        for alias in n.names
    )
    imports = any(
        isinstance(n, ast.ImportFrom) and (n.module or "").split(".")[0] in facts.packages
        for _, tree in blocks
        for n in ast.walk(tree)
    )
    for source, tree in blocks if imports and not stars else ():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id in bound:
                continue
            name = node.func.id
            home = next((module for module in _sources(blocks, facts) if api.find_class(module, name)), None)
            if home is not None and not hasattr(builtins, name):
                line = source.line(node.lineno)
                yield page.finding("missing-name", line, f"'{name}' is used and never imported", f"{home} has it")
                return


def _sources(blocks: Sequence[tuple[Source, ast.Module]], facts: ProjectFacts) -> tuple[str, ...]:
    """Modules of the project that the page imports from, and their neighbours."""
    found: dict[str, None] = {}
    for _, tree in blocks:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in facts.packages:
                found[node.module] = None
    tops = {name.split(".")[0] for name in found}
    for path in facts.python_files():
        module = path.removeprefix("src/").removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        if module.split(".")[0] in tops and module.count(".") <= 1 and "test" not in module:
            found[module] = None
    return tuple(found)[:60]


def _all_bound(tree: ast.Module) -> set[str]:
    found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found
