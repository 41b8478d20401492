"""Says which copy of the project the tests touched: what was built, or the source tree beside it (traps 2, 3, 35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import PurePosixPath

from regrow.actors.verifier.counting.reporter_lines import TestedModule
from regrow.core.project.file_tree import FileTree
from regrow.protocols.run_messages import CheckKind, CheckOutcome

_INSTALLED = ("site-packages", "dist-packages")
_NAME = "tests touch what was built"


def tested_copy(
    modules: Sequence[TestedModule], packages: Sequence[str], root: str, built: Mapping[str, str]
) -> CheckOutcome:
    """Judge by the modules that the reporter saw.

    Args:
        modules: Of all processes that reported.
        packages: Top-level modules that the project consists of.
        root: The project's folder inside the room.
        built: Compiled modules that the build made: file -> SHA-256. Empty for a project without any.

    Returns:
        Passed when each compiled module was loaded (the same bytes, wherever from), or there is none and the project's
        code was loaded at all. None when nothing was reported.
    """
    seen = [module for module in modules if module.name.partition(".")[0] in set(packages)]
    if not modules:
        return CheckOutcome(
            kind=CheckKind.TESTED_COPY, name=_NAME, passed=None, detail="the runner reported no modules"
        )
    if not seen:
        detail = f"the tests imported none of {', '.join(sorted(packages)) or 'the project'}"
        return CheckOutcome(kind=CheckKind.TESTED_COPY, name=_NAME, passed=False if packages else None, detail=detail)
    places = "; ".join(f"{module.name} from {module.file} ({_place(module.file, root)})" for module in _tops(seen))
    loaded = {module.sha256 for module in seen if module.sha256}
    missed = sorted(PurePosixPath(file).name for file, digest in built.items() if digest not in loaded)
    if built and len(missed) == len(built):
        detail = f"{places}; none of the compiled modules was loaded: {', '.join(missed)}"
        return CheckOutcome(kind=CheckKind.TESTED_COPY, name=_NAME, passed=False, detail=detail)
    detail = places + (f"; not loaded: {', '.join(missed)}" if missed else "")
    return CheckOutcome(kind=CheckKind.TESTED_COPY, name=_NAME, passed=True, detail=detail)


def installation_of(module: TestedModule, packages: Sequence[str]) -> str | None:
    """The folder of installed modules that one of the project's was loaded from; None when it was not.

    >>> installation_of(TestedModule("demo.a", "/v/lib/site-packages/demo/a.py", None), ["demo"])
    '/v/lib/site-packages'
    """
    parts = PurePosixPath(module.file).parts
    at = max((index for index, part in enumerate(parts) if part in _INSTALLED), default=None)
    if at is None or module.name.partition(".")[0] not in packages:
        return None
    return str(PurePosixPath(*parts[: at + 1]))


def released_copy(
    modules: Sequence[TestedModule], packages: Sequence[str], tree: FileTree, why: str
) -> CheckOutcome | None:
    """Judge a run in which the checkout is not what is installed: a module that was loaded from an installation and is not
    the checkout's, byte for byte, is that of a release. None when there is no such module; `why` says how it came there.
    """
    for module in modules:
        site = installation_of(module, packages)
        if site is None or not module.sha256:
            continue
        own = str(PurePosixPath(module.file).relative_to(site))
        same_name = [path for path in tree.files if path == own or path.endswith(f"/{own}")]
        if same_name and module.sha256 not in {sha256(tree.read(path)).hexdigest() for path in same_name}:
            detail = (
                f"{module.name} from {module.file} (installed copy), which is not {same_name[0]} of this source; {why}"
            )
            return CheckOutcome(kind=CheckKind.TESTED_COPY, name=_NAME, passed=False, detail=detail)
    return None


def shadowed(
    modules: Sequence[TestedModule], packages: Sequence[str], root: str, tree: FileTree
) -> CheckOutcome | None:
    """Judge whether the tests have loaded a file of their own by the project's name, which the project itself has elsewhere."""
    for module in modules:
        if module.name not in packages or not PurePosixPath(module.file).is_relative_to(root):
            continue
        own = str(PurePosixPath(module.file).relative_to(root))
        files = (f"{module.name}.py", f"{module.name}/__init__.py")
        real = [path for path in tree.files if path.endswith(files) and _is_named(path, files) and not _of_tests(path)]
        if _of_tests(own) and own in tree.files and real:
            detail = f"{module.name} from {own}, a file of the tests, in the place of {real[0]}"
            return CheckOutcome(kind=CheckKind.TESTED_COPY, name=_NAME, passed=False, detail=detail)
    return None


def _is_named(path: str, files: tuple[str, ...]) -> bool:
    return any(path == file or path.endswith(f"/{file}") for file in files)


def _of_tests(path: str) -> bool:
    return bool({"test", "tests", "testing"} & set(PurePosixPath(path).parts[:-1]))


def _tops(modules: Sequence[TestedModule]) -> list[TestedModule]:
    return [module for module in modules if "." not in module.name] or list(modules[:1])


def _place(file: str, root: str) -> str:
    parts = PurePosixPath(file).parts
    if any(name in parts for name in _INSTALLED):
        return "installed copy"
    return "source tree" if PurePosixPath(file).is_relative_to(root) else "elsewhere"
