"""Which names a project's own modules and classes have, from their source alone.

Where a module makes names at run time (`import *` of a stranger, `__getattr__`, `globals()`, `setattr`), or a class has a
base or a decorator that cannot be read, the answer is "cannot be told" and nothing is said of it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property

from regrow.core.project.linting.near import nearest
from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["PythonApi"]

_LIMIT_BYTES = 600_000
_DEEPEST = 8
_STAR = re.compile(r"^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*\(?[ \t]*\*", re.MULTILINE)
_MAKERS = frozenset({"globals", "exec", "vars", "setattr", "locals"})
_EVERYONES = frozenset(dir(object)) | {
    "__dict__",
    "__doc__",
    "__module__",
    "__name__",
    "__file__",
    "__path__",
    "__version__",
}


@dataclass(frozen=True)
class _Module:
    name: str
    tree: ast.Module
    package: bool
    text: str

    @cached_property
    def statements(self) -> tuple[ast.stmt, ...]:
        """Statements at the top, those under `if`, `try`, `with` and `for` included."""
        found: list[ast.stmt] = []
        waiting: list[ast.stmt] = list(self.tree.body)
        while waiting:
            node = waiting.pop(0)
            found.append(node)
            for key in ("body", "orelse", "finalbody"):
                if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
                    waiting += getattr(node, key, [])
            if isinstance(node, ast.Try):
                waiting += [statement for handler in node.handlers for statement in handler.body]
        return tuple(found)


class PythonApi:
    """Names of a project's modules. Parses each file once, and only files that may hold a name which is looked for."""

    def __init__(self, facts: ProjectFacts) -> None:
        self._facts = facts
        self._modules: dict[str, _Module | None] = {}
        self._words: dict[str, frozenset[str]] = {}
        self._names: dict[str, frozenset[str] | None] = {}
        self._texts: dict[str, str] = {}
        self._classes: dict[tuple[str, str], tuple[_Module, ast.ClassDef] | None] = {}

    def module(self, name: str) -> _Module | None:
        """A module that can be read, None otherwise."""
        if name not in self._modules:
            self._modules[name] = self._parse(name)
        return self._modules[name]

    def _parse(self, name: str) -> _Module | None:
        path = self._facts.file_of_module(name)
        if path is None or path.endswith(".pyx"):
            return None
        text = self._text(path)
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            return None
        return _Module(name, tree, path.endswith("/__init__.py"), text)

    def _text(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = self._facts.tree.text(path, _LIMIT_BYTES) or ""
        return self._texts[path]

    def names(self, module: str, depth: int = 0) -> frozenset[str] | None:
        """Every name that a module has, None when it cannot be told."""
        if module not in self._names and depth <= _DEEPEST:
            self._names[module] = None  # A module that takes its own names by a circle of imports has none that way.
            self._names[module] = self._all_names(module, depth)
        return self._names.get(module)

    def _all_names(self, module: str, depth: int) -> frozenset[str] | None:
        found = self.module(module)
        if found is None:
            return None
        names: set[str] = set(_EVERYONES)
        for node in found.statements:
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
                more = self.names(self._source(found, node), depth + 1)
                if more is None:
                    return None
                names |= more
            more_names = _defined(node)
            if more_names is None:
                return None
            names |= more_names
        if "__getattr__" in names or _made_at_run_time(found):
            return None
        if found.package:
            names |= self._submodules(module)
        return frozenset(names)

    def words(self, package: str) -> frozenset[str]:
        """Every word of the package's source, strings and comments included; empty when some of it cannot be read."""
        if package not in self._words:
            found: set[str] = set()
            for path in self._files_of(package):
                found |= set(re.findall(r"[A-Za-z_]\w*", self._text(path)))
            compiled = any(path.endswith((".pyx", ".c", ".rs", ".so")) for path in self._facts.tree.files)
            self._words[package] = frozenset() if compiled else frozenset(found)
        return self._words[package]

    def _files_of(self, package: str) -> list[str]:
        return [
            path for path in self._facts.python_files() if package in path.split("/")[:2] or path == f"{package}.py"
        ]

    def _stands(self, package: str, name: str) -> bool:
        """Whether a word stands anywhere in a package, without making a set of all its words."""
        if package in self._words:
            return name in self._words[package]
        word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?!\w)")
        return any(name in text and word.search(text) for text in map(self._text, self._files_of(package)))

    def lacks(self, module: str, name: str) -> bool:
        """Whether a module surely has no such name."""
        if self._brings(module, name, set()):
            return False  # Most names are there, and all names of a module cost the parsing of all that it imports.
        known = self.names(module)
        if known is not None:
            return name not in known
        package = module.split(".", maxsplit=1)[0]
        if self._stands(package, name):
            return False
        words = self.words(package)
        return bool(words) and name not in words and nearest(name, words) is not None

    def _brings(self, module: str, name: str, seen: set[str]) -> bool:
        """Whether a module surely has a name: only files that hold the word are parsed."""
        path = self._facts.file_of_module(module)
        if path is None or module in seen:
            return False
        seen.add(module)
        package = path.endswith("/__init__.py")
        if name in self._text(path):
            found = self.module(module)
            if found is not None and any(name in (_defined(node) or ()) for node in found.statements):
                return True
        if package and name in self._submodules(module):
            return True
        stars = _STAR.findall(self._text(path))
        return any(self._brings(_absolute(module, package, len(dots), rest), name, seen) for dots, rest in stars)

    def signature(self, module: str, name: str) -> ast.arguments | None:
        """The parameters of a function, or of a class without `self`; None when they cannot be told."""
        found = self.find_class(module, name)
        if found is not None:
            makers = [n for n in found[1].body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
            odd = (
                found[1].decorator_list
                or found[1].keywords
                or any(isinstance(n, ast.FunctionDef) and n.name == "__new__" for n in found[1].body)
            )
            if len(makers) != 1 or odd or makers[0].decorator_list or not makers[0].args.args:
                return None
            arguments = makers[0].args
            return ast.arguments(
                arguments.posonlyargs,
                arguments.args[1:],
                arguments.vararg,
                arguments.kwonlyargs,
                arguments.kw_defaults,
                arguments.kwarg,
                arguments.defaults,
            )
        home = self.module(module)
        bodies = [n for n in home.statements if isinstance(n, ast.FunctionDef) and n.name == name] if home else []
        return bodies[0].args if len(bodies) == 1 and not bodies[0].decorator_list else None

    def own_members(self, module: str, name: str, depth: int = 0) -> frozenset[str]:
        """Methods and attributes of a class and of those bases that can be read."""
        found = self.find_class(module, name)
        if found is None or depth > _DEEPEST:
            return frozenset()
        home, node = found
        names = {inner.name for inner in node.body if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)}
        names |= {
            n.id for part in node.body if isinstance(part, ast.Assign) for n in part.targets if isinstance(n, ast.Name)
        }
        for base in node.bases:
            if isinstance(base, ast.Name):
                names |= self.own_members(home.name, base.id, depth + 1)
        return frozenset(names)

    def _submodules(self, module: str) -> set[str]:
        path = self._facts.file_of_module(module) or ""
        folder = path.rpartition("/")[0] + "/"
        inside = [file[len(folder) :] for file in self._facts.tree.files if file.startswith(folder)]
        return {part.split("/")[0].split(".")[0] for part in inside}

    def _source(self, module: _Module, node: ast.ImportFrom) -> str:
        """The absolute name of the module that an import takes from."""
        return _absolute(module.name, module.package, node.level, node.module or "")

    def find_class(self, module: str, name: str, depth: int = 0) -> tuple[_Module, ast.ClassDef] | None:
        """The class behind a name of a module, through imports inside the project."""
        if depth > _DEEPEST:
            return None
        if (module, name) not in self._classes:
            self._classes[module, name] = None  # A circle of imports brings nothing.
            self._classes[module, name] = self._find_class(module, name, depth)
        return self._classes[module, name]

    def _find_class(self, module: str, name: str, depth: int) -> tuple[_Module, ast.ClassDef] | None:
        path = self._facts.file_of_module(module)
        if path is not None and name not in self._text(path):
            # Nothing but `import *` can bring it, and that is seen without parsing.
            for dots, rest in _STAR.findall(self._text(path)):
                source = _absolute(module, path.endswith("/__init__.py"), len(dots), rest)
                inner = self.find_class(source, name, depth + 1)
                if inner is not None:
                    return inner
            return None
        found = self.module(module)
        if found is None:
            return None
        for node in found.statements:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return found, node
            for alias in node.names if isinstance(node, ast.ImportFrom) else ():
                wanted = name if alias.name == "*" else alias.name
                if isinstance(node, ast.ImportFrom) and (alias.name == "*" or (alias.asname or alias.name) == name):
                    inner = self.find_class(self._source(found, node), wanted, depth + 1)
                    if inner is not None:
                        return inner
        return None

    def readable(self, module: str, name: str, depth: int = 0) -> bool:
        """Whether a class and all its bases are the project's own, so that a name of theirs stands in its source."""
        found = self.find_class(module, name)
        if found is None or depth > _DEEPEST:
            return False
        home, node = found
        bases = [
            base for base in node.bases if not ast.unparse(base).startswith(("object", "Generic", "typing.", "ABC"))
        ]
        return not node.keywords and all(
            isinstance(base, ast.Name) and self.readable(home.name, base.id, depth + 1) for base in bases
        )

    def members(self, module: str, name: str, depth: int = 0) -> frozenset[str] | None:
        """Every attribute that a class and its instances have, None when it cannot be told."""
        found = self.find_class(module, name)
        if found is None or depth > _DEEPEST:
            return None
        home, node = found
        if node.keywords or node.decorator_list:
            return None
        names = set(_EVERYONES)
        for base in node.bases:
            if ast.unparse(base) == "object":
                continue
            more = self.members(home.name, base.id, depth + 1) if isinstance(base, ast.Name) else None
            if more is None:
                return None
            names |= more
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(inner.name)
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                names.add(inner.id)
            elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                names.add(inner.attr)
            elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.isidentifier():
                names.add(inner.value)  # `__slots__`, `setattr(self, "x", ...)`
        if {"__getattr__", "__getattribute__"} & names - _EVERYONES or "setattr" in ast.unparse(node):
            return None
        return frozenset(names)


def _absolute(module: str, package: bool, level: int, rest: str) -> str:
    """The absolute name of what `from ...rest import` names in a module."""
    if not level:
        return rest
    parts = module.split(".")
    kept = parts[: len(parts) - level + (1 if package else 0)]
    return ".".join([*kept, *([rest] if rest else [])])


def _defined(node: ast.stmt) -> set[str] | None:
    """Names that one statement makes."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        case (
            ast.Assign()
            | ast.AnnAssign()
            | ast.AugAssign()
            | ast.For()
            | ast.With()
            | ast.If()
            | ast.Try()
            | ast.Expr()
        ):
            return {
                inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
            }
        case _:
            return set()


def _made_at_run_time(module: _Module) -> bool:
    """Whether names are put into a module by other means than statements.

    Inside a function `setattr`, `vars` and `locals` are of other objects and of the function's own names; `globals`, `exec`
    and `sys.modules` reach the module from anywhere.
    """
    if not re.search(rf"\b({'|'.join(sorted(_MAKERS))})\(|\bsys\.modules\b", module.text):
        return False
    tree = module.tree
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS
        if made and (ast.unparse(node).startswith(("globals", "exec")) or id(node) not in inner):
            return True
        if isinstance(node, ast.Attribute) and node.attr == "modules" and getattr(node.value, "id", "") == "sys":
            return True
    return False
