"""Install commands as values: who installs, what is named, from which files, at which versions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from regrow.actors.doc_analyzer.lint.pages import Command
from regrow.core.project.command_facts import Role
from regrow.core.project.linting.requirements import Requirement, parse_requirement

__all__ = ["Install", "install_of", "installs_own"]

_PIP = re.compile(r"^pip(-?[23](\.\d+)?)?$")
_WITH_VALUE = frozenset(
    "-t --target -i --index-url --extra-index-url -f --find-links --prefix --root --group --python "
    "--config-settings -C "
    "--global-option --install-option --platform --python-version --progress-bar --no-binary --only-binary "
    "--upgrade-strategy --trusted-host --proxy --timeout --cache-dir --src --log --cert --channel -n --name "
    "--retries".split()
)
_VERBS = {
    "pip": ("install",),
    "uv": ("add", "pip install", "tool install"),
    "poetry": ("add",),
    "pipenv": ("install",),
    "pipx": ("install",),
    "pdm": ("add",),
    "rye": ("add",),
    "easy_install": ("",),
}
_OTHERS = {
    "npm": ("install", "i", "add"),
    "yarn": ("add",),
    "gem": ("install",),
    "cargo": ("install",),
    "conda": ("install",),
    "mamba": ("install",),
    "apt-get": ("install",),
    "apt": ("install",),
    "brew": ("install",),
    "dnf": ("install",),
    "yum": ("install",),
}


@dataclass(frozen=True, slots=True)
class Install:
    """What one install command names.

    Attributes:
        manager: `pip` for every installer that takes names of the Python index, else the program's own name.
        specs: Each requirement as written and as parsed.
        files: Files behind `-r` and `-c`.
        sources: Addresses of repositories.
        local: Paths of this machine, `.` among them, with their extras.
    """

    command: Command
    manager: str
    specs: tuple[tuple[str, Requirement], ...]
    files: tuple[str, ...]
    sources: tuple[str, ...]
    local: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """Normalised names that it installs."""
        return frozenset(requirement.name for _, requirement in self.specs)


def install_of(command: Command) -> Install | None:
    """The install command that a command is, None when it is none."""
    words = command.words
    if not words:
        return None
    program = "pip" if _PIP.match(command.program) else command.program
    for manager, verbs in ((program, verbs) for verbs in (_VERBS.get(program), _OTHERS.get(program)) if verbs):
        for verb in verbs:
            count = len(verb.split())
            rest = words[1:]
            while rest and rest[0].startswith("-") and program != "conda":
                rest = rest[1:]
            if " ".join(rest[:count]) == verb:
                return _parsed(command, "pip" if manager in _VERBS else manager, rest[count:])
    return None


def _parsed(command: Command, manager: str, arguments: tuple[str, ...]) -> Install:
    specs: list[tuple[str, Requirement]] = []
    files: list[str] = []
    sources: list[str] = []
    local: list[str] = []
    index = 0
    while index < len(arguments):
        word = arguments[index]
        index += 1
        attached = re.match(r"(?:-r|-c|--requirement=|--constraint=)(?=.)(.+)", word)
        if word in {"-c", "--channel"} and manager in {"conda", "mamba"}:
            index += 1
        elif word in {"-r", "-c", "--requirement", "--constraint"} and manager == "pip":
            files += arguments[index : index + 1]
            index += 1
        elif (attached and manager == "pip" and not word.startswith(("--req", "--con"))) or (attached and "=" in word):
            files.append(attached.group(1))
        elif word in _WITH_VALUE:
            index += 1
        elif word.startswith("-"):
            continue
        elif "://" in word or word.startswith("git+"):
            sources.append(word)
        elif re.match(r"\.{0,2}/|\.{1,2}(\[|$)|~", word) or word.endswith((".whl", ".tar.gz", ".zip")):
            local.append(word)
        elif (requirement := parse_requirement(word)) is not None and re.match(r"[A-Za-z0-9]", word):
            specs.append((word, requirement))
    return Install(command, manager, tuple(specs), tuple(files), tuple(sources), tuple(local))


def installs_own(install: Install, names: frozenset[str]) -> bool:
    """Whether a command installs the project itself: by its name, from its repository, or from the files at hand."""
    return bool(names & install.names or install.local or install.sources or install.files)


def is_install(command: Command) -> bool:
    """Whether a command brings the project or its requirements, by whatever program."""
    return command.facts.role in {Role.CHECKOUT, Role.RELEASED, Role.REQUIREMENTS} or install_of(command) is not None
