"""Change the decision modules a little, one place at a time, and see whether a test notices.

    python -m tests.supervisors.mutants [--jobs 2] [--every 1] [--module intensity]

Each mutant runs in a forked process: the tables first, then, for those that the tables let live, the explorations. What
lives through both is printed; `docs/mutants.md` explains each. Changed are comparisons, `and` and `or`, `not`, numbers,
booleans, arithmetic, members of enumerations, conditions, and statements that are left out.
"""

from __future__ import annotations

import argparse
import ast
import copy
import enum
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis  # noqa: F401  imported before the fork, so that no mutant waits for it
import pytest

from regrow.protocols import exits

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "supervisors"
STRATEGIES = ("policies", "protocol", "child", "child_map", "group", "moves", "live_changes", "decide")
MODULES = (
    "regrow.supervisors.intensity",
    "regrow.supervisors.backoff",
    "regrow.supervisors.liveness",
    *(f"regrow.supervisors.strategies.{name}" for name in STRATEGIES),
)
EXPLORATIONS = "small_group or breaks_a_rule or larger_groups"
LIMIT_S = 240
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
}  # fmt: skip
ENUMS = ("Phase", "After", "Change", "Outcome", "GiveUpKind", "StopReason", "Strategy", "AutoShutdown",
         "ExitKind")  # fmt: skip


def mutants(source: str, members: dict[str, list[str]]) -> Iterator[tuple[int, str, ast.Module]]:
    """Yield the line, what was changed, and the changed module, for every place that can be changed."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    kept = _untouched(tree)
    for index, node in enumerate(nodes):
        if id(node) in kept:
            continue
        for number, what in enumerate(_changes(node, members)):
            changed = copy.deepcopy(tree)
            _apply(list(ast.walk(changed))[index], number, members)
            yield getattr(node, "lineno", 0), what, ast.fix_missing_locations(changed)


def _untouched(tree: ast.Module) -> set[int]:
    """Return the nodes that no test can see: annotations, docstrings, `__all__`, bodies of enumerations, messages."""
    kept: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.arg | ast.AnnAssign):
            parts.append(node.annotation)
        if isinstance(node, ast.FunctionDef):
            parts.append(node.returns)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "enum.Enum" for base in node.bases):
            parts.append(node)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            parts.append(node)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            parts.append(node)
        if isinstance(node, ast.JoinedStr):
            parts.append(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "assert_never":
            parts.append(node)
        if isinstance(node, ast.FunctionDef) and node.name in ("__repr__", "__hash__"):
            parts.append(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            parts.append(node)
        if isinstance(node, ast.FunctionDef):
            parts.extend(node.decorator_list)
        if isinstance(node, ast.ClassDef):
            parts.extend(node.decorator_list)
        kept.update(id(inner) for part in parts if part is not None for inner in ast.walk(part))
    return kept


def _changes(node: ast.AST, members: dict[str, list[str]]) -> list[str]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            return [f"{type(op).__name__} -> {SWAPS[type(op)].__name__}: {ast.unparse(node)}"]
        case ast.BoolOp(op=op):
            return [f"{type(op).__name__} -> {SWAPS[type(op)].__name__}: {ast.unparse(node)}"]
        case ast.BinOp(op=op) if type(op) in SWAPS:
            return [f"{type(op).__name__} -> {SWAPS[type(op)].__name__}: {ast.unparse(node)}"]
        case ast.UnaryOp(op=ast.Not()):
            return [f"without not: {ast.unparse(node)}"]
        case ast.Constant(value=bool(value)):
            return [f"{value} -> {not value}"]
        case ast.Constant(value=int() | float()):
            return [f"{node.value!r} + 1"]
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in members and attr in members[name]:
            return [f"{name}.{attr} -> {_next(members[name], attr)}"]
        case ast.If() | ast.IfExp():
            return [f"always: {ast.unparse(node.test)}", f"never: {ast.unparse(node.test)}"]
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            return [f"left out: {ast.unparse(node)}"]
        case _:
            return []


def _apply(node: ast.AST, number: int, members: dict[str, list[str]]) -> None:
    match node:
        case ast.Compare():
            node.ops = [SWAPS[type(node.ops[0])]()]  # type: ignore[list-item]  # an operator of the same kind
        case ast.BoolOp() | ast.BinOp():
            node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]  # an operator of the same kind
        case ast.UnaryOp():
            node.op = ast.UAdd()
            node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int() | float() as value):
            node.value = value + 1
        case ast.Attribute(value=ast.Name(id=name)):
            node.attr = _next(members[name], node.attr)
        case ast.If() | ast.IfExp():
            node.test = ast.Constant(number == 0)
        case ast.Expr():
            node.value = ast.Constant(None)
        case ast.AugAssign():
            node.value = ast.Constant(0)
        case _:
            raise TypeError(f"no change for {node}")


def _next(names: list[str], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another body."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self._module, self._tree = module, tree

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        del path, target
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._module else None

    def exec_module(self, module: object) -> None:
        exec(compile(self._tree, self._module, "exec"), vars(module))


def lives(module: str, tree: ast.Module) -> bool:
    """Say whether no test notices this mutant."""
    return all(_passes(module, tree, chosen) for chosen in (f"not ({EXPLORATIONS})", EXPLORATIONS))


def _passes(module: str, tree: ast.Module, chosen: str) -> bool:
    child = os.fork()
    if child == 0:
        _run_tests(module, tree, chosen)
    deadline_s = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline_s:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)  # a mutant that never ends is noticed
    os.waitpid(child, 0)
    return False


def _run_tests(module: str, tree: ast.Module, chosen: str) -> None:
    code = 1
    try:
        signal.alarm(LIMIT_S)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        for name in [name for name in sys.modules if name.startswith(("regrow.supervisors", "tests."))]:
            del sys.modules[name]
        sys.meta_path.insert(0, _Mutated(module, tree))
        files = [str(TESTS / f"test_{name}.py") for name in ("strategies", "intensity", "backoff", "liveness")]
        code = int(pytest.main(["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-k", chosen, *files]))
        code = 0 if code == int(pytest.ExitCode.NO_TESTS_COLLECTED) else code
    finally:
        os._exit(code)


def enum_members() -> dict[str, list[str]]:
    """Return the members of the enumerations that decisions are made of, by the name of the enumeration."""
    from regrow.supervisors import strategies
    from regrow.supervisors.strategies import child

    found: dict[str, list[str]] = {}
    for name in ENUMS:
        kind = getattr(strategies, name, None) or getattr(child, name, None) or getattr(exits, name)
        assert issubclass(kind, enum.Enum)
        found[name] = [member.name for member in kind]
    return found


def main() -> int:
    """Run all mutants and print those that live, and a table."""
    parser = argparse.ArgumentParser(description="change the decision modules and see whether a test notices")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="only every so many-th mutant")
    parser.add_argument("--module", default="", help="only modules whose name contains this")
    options = parser.parse_args()
    members = enum_members()
    survivors = 0
    for module in (name for name in MODULES if options.module in name):
        path = ROOT / (module.replace(".", "/") + ".py")
        all_of_it = list(mutants(path.read_text(), members))[:: options.every]
        if not _passes(module, ast.parse(path.read_text()), f"not ({EXPLORATIONS})"):
            sys.exit(f"the tests fail without any change, loaded as {module}")
        with ThreadPoolExecutor(options.jobs) as pool:
            alive = list(pool.map(lambda mutant: lives(module, mutant[2]), all_of_it))  # noqa: B023  used at once
        for (line, what, _), lived in zip(all_of_it, alive, strict=True):
            if lived:
                print(f"lives: {path.relative_to(ROOT)}:{line}: {what}", flush=True)
        print(f"{module}: {len(all_of_it) - sum(alive)} of {len(all_of_it)} killed", flush=True)
        survivors += sum(alive)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
