"""Shell: the sources of this checkout, parsed once, and what the rules of the architecture ask of them."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Source", "modules", "tracked_files"]

ROOT = Path(__file__).resolve().parent.parent

_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Source:
    """One module. `path` is relative to the checkout, with slashes."""

    path: str
    text: str
    tree: ast.Module

    @property
    def docstring(self) -> str:
        """The module's docstring, or nothing."""
        return ast.get_docstring(self.tree) or ""

    @property
    def is_shell(self) -> bool:
        """Whether it says that it touches the outside. A page of help may stand before the word."""
        return any(paragraph.startswith("Shell:") for paragraph in self.docstring.split("\n\n"))

    @property
    def lines(self) -> int:
        """How long it is."""
        return self.text.count("\n")

    def imports(self) -> Iterator[tuple[str, int, bool]]:
        """Give each imported module, its line, and whether it is imported at run time. `from a import b` is `a.b`."""
        for_types = {
            id(node)
            for block in ast.walk(self.tree)
            if isinstance(block, ast.If) and ast.unparse(block.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
            for node in ast.walk(block)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name, node.lineno, id(node) not in for_types
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield f"{node.module or '.'}.{alias.name}", node.lineno, id(node) not in for_types

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Give each function and method with its qualified name."""
        yield from _functions(self.tree, "")

    def public_definitions(self) -> Iterator[Function | ast.ClassDef]:
        """Give the classes and functions of the module itself whose names have no underscore."""
        for node in self.tree.body:
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                yield node

    def declared(self) -> list[str] | None:
        """Return what `__all__` says, or None."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                return [str(name) for name in ast.literal_eval(node.value)]
        return None

    def swallowing_handlers(self) -> Iterator[ast.ExceptHandler]:
        """Give the handlers of `Exception`, `BaseException` or everything that do not raise again."""
        for node in ast.walk(self.tree):
            if (
                isinstance(node, ast.ExceptHandler)
                and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
                and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            ):
                yield node


def _functions(node: ast.AST, above: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield above + child.name, child
        name = f"{above}{child.name}." if isinstance(child, Function | ast.ClassDef) else above
        yield from _functions(child, name)


def nesting(node: ast.AST, depth: int = 0) -> int:
    """Return how deep blocks lie in one another in a function; `elif` is no deeper than its `if`."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _SCOPES):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, nesting(child, depth + (isinstance(child, _BLOCKS) and not is_elif)))
    return deepest


@functools.cache
def modules(*folders: str) -> Sequence[Source]:
    """Parse every module below the folders."""
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            found.append(Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text)))
    return found


@functools.cache
def tracked_files() -> Sequence[Path]:
    """Return the files that git knows; in an unpacked archive, every file that is not hidden or made by a tool."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.decode().rstrip("\0").split("\0")
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    skipped = {"__pycache__", "build", "dist"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") or part in skipped for part in path.relative_to(ROOT).parts[:-1])
    ]
