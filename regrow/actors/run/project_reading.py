"""Shell: reads the project's own file out of a fetched tree, and finds the folder that it names. Blocking."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from regrow.actors.run.project_file import OWN_NAME, PYPROJECT, ProjectFile, parse_project_file
from regrow.protocols.errors import regrow_error

__all__ = ["folder_of", "read_project", "read_project_file"]

LIMIT_BYTES: Final = 1024 * 1024


def read_project(root: Path) -> tuple[ProjectFile | None, Path]:
    """Return what the project says of its own verification, and the folder that is verified.

    Raises:
        RegrowError: It says what cannot be used (E1007).
    """
    project = read_project_file(root)
    return project, folder_of(root, project)


def read_project_file(root: Path) -> ProjectFile | None:
    """Return what the project says of its own verification; None when it says nothing.

    Raises:
        RegrowError: It says what cannot be used (E1007).
    """
    return parse_project_file(_text(root / OWN_NAME), _text(root / PYPROJECT))


def folder_of(root: Path, project: ProjectFile | None) -> Path:
    """Return the folder that is verified: the project's root, or the one that its file names.

    Raises:
        RegrowError: There is no such folder, a link leads out of the project, or a document is not there (E1007).
    """
    if project is None:
        return root
    folder = root / project.folder if project.folder is not None else root
    _check_inside(root, folder, project.name, f"folder {project.folder!r}", folder.is_dir())
    for document in project.documents:
        path = folder / document
        _check_inside(root, path, project.name, f"document {document!r}", path.is_file())
    return folder


def _check_inside(root: Path, path: Path, name: str, what: str, there: bool) -> None:
    if not there or not path.resolve().is_relative_to(root.resolve()):
        raise regrow_error("E1007", f"names the {what}, which is not in the project", where=name)


def _text(path: Path) -> str | None:
    """Links are not followed: the tree is a stranger's."""
    if path.is_symlink() or not path.is_file():
        return None
    with path.open("rb") as file:
        data = file.read(LIMIT_BYTES + 1)
    if len(data) > LIMIT_BYTES:
        if path.name == PYPROJECT:  # not ours to judge
            return None
        raise regrow_error("E1007", "is too large", where=path.name, expected=f"at most {LIMIT_BYTES} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if path.name == PYPROJECT:
            return None
        raise regrow_error("E1007", "is not UTF-8", where=path.name) from None
