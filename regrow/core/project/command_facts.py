"""What is known of a command line: the kind of step that it is, and what it acts on.

A fact is a value; `command_lines` finds it. The role is finer than the wire's kind, because the plan needs to tell an
installation of the checkout from one of the released copy, and a test from the style check beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["WHY_NOT_RUN", "CommandFacts", "Role"]


class Role(StrEnum):
    """What a command is for."""

    CHECKOUT = "checkout"
    """Installs the files at hand (`pip install .`, `npm install`)."""
    RELEASED = "released"
    """Installs named packages from a registry; `names` are they."""
    REQUIREMENTS = "requirements"
    """Installs what a file or a group of the project lists."""
    SYSTEM = "system"
    """Installs packages of the operating system; `names` are they."""
    ENVIRONMENT = "environment"
    """Makes, enters or leaves an isolated environment."""
    SHELL = "shell"
    """Changes the shell or its files: `cd`, `export`, `mkdir`, `cp`."""
    FETCH = "fetch"
    """Brings the project's own source here."""
    SUBMODULE = "submodule"
    CONFIGURE = "configure"
    COMPILE = "compile"
    PACKAGE = "package"
    """Makes an archive or a wheel."""
    SYSTEM_WIDE = "system_wide"
    """Copies what was built into the system (`make install`)."""
    TEST = "test"
    RUN = "run"
    STYLE = "style"
    DOCUMENTS = "documents"
    BENCHMARK = "benchmark"
    PUBLISH = "publish"
    REVISION = "revision"
    """Version control other than fetching: branches, commits."""
    SERVE = "serve"
    INTERACTIVE = "interactive"
    CONTAINER = "container"
    REMOVE = "remove"
    OTHER = "other"


WHY_NOT_RUN: dict[Role, str] = {
    Role.STYLE: "a style or type check is neither build nor test",
    Role.DOCUMENTS: "makes the documentation, not the project",
    Role.BENCHMARK: "a speed, fuzz or stress program is not the test suite",
    Role.PUBLISH: "a maintainer's command: it publishes a release",
    Role.REVISION: "the checkout is there; version control changes nothing that is tested",
    Role.FETCH: "the checkout is there; it need not be fetched",
    Role.SERVE: "never returns",
    Role.INTERACTIVE: "waits for someone to answer",
    Role.CONTAINER: "needs a container, which is another machine",
    Role.SYSTEM_WIDE: "copies into the system, which the tests do not need",
    Role.PACKAGE: "makes an archive for others; the tests do not need it",
    Role.REMOVE: "removes something",
    Role.OTHER: "neither installs, builds nor tests",
    Role.RUN: "shows the project in use",
}
"""Reasons why a command of a role is no part of a plan that builds and tests."""


@dataclass(frozen=True, slots=True)
class CommandFacts:
    """What one simple command does.

    Attributes:
        role: What it is for.
        manager: The program that installs (`pip`, `npm`, `apt`), or the runner that tests (`pytest`, `make`).
        names: Package names that it installs, without versions and extras.
        platform: `any`, or the only system that has the program (`debian`, `fedora`, `macos`, `windows`, ...).
        sudo: Whether root rights are asked for.
    """

    role: Role
    manager: str = ""
    names: tuple[str, ...] = ()
    platform: str = "any"
    sudo: bool = False
