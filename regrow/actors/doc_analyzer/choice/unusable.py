"""Commands that no reader of these documents types here, whatever else is chosen: for another system, with a placeholder,
without an end, for what neither builds nor tests, or done already. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from regrow.actors.doc_analyzer.choice.on_the_way import runs_beside
from regrow.actors.doc_analyzer.choice.surroundings import FOR_DOCUMENTS, off_topic_title
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import WHY_NOT_RUN, Role
from regrow.core.project.file_tree import FileTree
from regrow.core.project.placeholders import placeholder_in, usage_line
from regrow.protocols.plan import LeftOutReason, Shell

__all__ = ["LEFT_OUT_FOR", "already_there", "unusable"]

_R = LeftOutReason
LEFT_OUT_FOR: dict[Role, LeftOutReason] = {
    Role.STYLE: _R.STYLE_CHECK,
    Role.DOCUMENTS: _R.DOCUMENTATION,
    Role.BENCHMARK: _R.BENCHMARK,
    Role.PUBLISH: _R.PUBLISHING,
    Role.REVISION: _R.VERSION_CONTROL,
    Role.FETCH: _R.ALREADY_THERE,
    Role.SERVE: _R.NEVER_ENDS,
    Role.INTERACTIVE: _R.ASKS_FOR_INPUT,
    Role.CONTAINER: _R.NEEDS_A_CONTAINER,
    Role.SYSTEM_WIDE: _R.SYSTEM_WIDE,
    Role.PACKAGE: _R.PACKAGING,
    Role.RUN: _R.USAGE_EXAMPLE,
}
_LOOPS_FOR_EVER = re.compile(r"\b(?:while\s+(?:true|:|1)|until\s+false|for\s*\(\(\s*;\s*;\s*\)\))\s*[;\n]\s*do\b")


def unusable(mention: Mention) -> tuple[LeftOutReason, str] | None:
    """Why a command is not typed whatever else is chosen, in a word and in a sentence; None when it may be."""
    text = mention.typed.text
    if mention.typed.shell is Shell.WINDOWS or mention.platform not in {"any", "debian"}:
        return _R.NOT_FOR_THIS_SYSTEM, f"for {mention.platform}; the room is Debian"
    if usage_line(text):
        return _R.USAGE_EXAMPLE, "a usage line, which shows how the program is called"
    if found := placeholder_in(text):
        return _R.PLACEHOLDER, f"holds the placeholder {found!r}, which is not to be typed as it stands"
    if not mention.typed.valid:
        return _R.NOT_A_COMMAND, "not a command: the shell's grammar refuses it"
    if runs_beside(mention) and mention.role in {Role.RUN, Role.OTHER, Role.SERVE, Role.COMPILE}:
        return _R.NEVER_ENDS, "runs beside the commands after it; here a step has a room of its own, which ends with it"
    if _LOOPS_FOR_EVER.search(text) and not re.search(r"\bbreak\b", text):
        return _R.NEVER_ENDS, WHY_NOT_RUN[Role.SERVE]
    if mention.role in {
        Role.STYLE,
        Role.DOCUMENTS,
        Role.BENCHMARK,
        Role.PUBLISH,
        Role.REVISION,
        Role.FETCH,
        Role.SERVE,
        Role.INTERACTIVE,
        Role.CONTAINER,
        Role.PACKAGE,
        Role.SYSTEM_WIDE,
    }:
        return LEFT_OUT_FOR[mention.role], WHY_NOT_RUN[mention.role]
    if mention.role is Role.ENVIRONMENT and mention.main.manager in {
        "pyenv",
        "nvm",
        "workon",
        "mkvirtualenv",
        "direnv",
    }:
        return _R.NOT_FOR_THIS_SYSTEM, "chooses among interpreters; the room has one"
    if _names_only(mention):
        return _R.MENTIONED_ONLY, "names the program, which makes nothing without the name of a folder"
    if mention.role is Role.SYSTEM and FOR_DOCUMENTS.search(mention.lead):
        return _R.DOCUMENTATION, "installs what the documentation is made with"
    if mention.inline and mention.confidence < 0.5:
        return _R.MENTIONED_ONLY, "named in a sentence that does not tell the reader to type it"
    off_topic = off_topic_title(mention)
    if off_topic is not None and mention.role is not Role.SHELL:
        return _R.OTHER_SUBJECT, f"the section {off_topic!r} is about something else"
    return None


def _names_only(mention: Mention) -> bool:
    """Whether it is the bare name of what makes an environment: typed as it stands, it prints how it is used."""
    words = [command.words for command in mention.typed.commands]
    return mention.role is Role.ENVIRONMENT and words in ([("virtualenv",)], [("python", "-m", "venv")], [("pyvenv",)])


def already_there(mention: Mention, tree: FileTree, names: Collection[str], cloned: str | None) -> str | None:
    """Reasons to leave out what only leads to the checkout: it is the folder where the plan begins.

    `cloned` is the folder that a clone earlier in the same document makes, None without one. A package has often the
    name of its repository: after a clone, `cd NAME` enters the checkout and not the package in it.
    """
    commands = mention.typed.commands
    if mention.role is Role.SUBMODULE and not tree.has(".gitmodules"):
        return "this source has no submodules to fetch: what it has of them lies in it"
    if len(commands) != 1 or not commands[0].words:
        return None
    program, *arguments = commands[0].words
    folder = next((word.rstrip("/") for word in arguments if not word.startswith("-")), "")
    if program in {"cd", "pushd"} and folder and folder == cloned:
        return "the checkout is the folder where the plan begins"
    if program in {"cd", "pushd"} and folder and not tree.has_folder(folder):
        name = re.sub(r"[-_.]+", "-", folder.rpartition("/")[2]).lower()
        bare = re.sub(r"-v?\d[\d.-]*\w*$", "", name)
        if bare in names or (cloned and not re.match(r"\.\.|[-~]$", folder) and "build" not in folder):
            return "the checkout is the folder where the plan begins"
    if program in {"tar", "unzip", "gunzip"} or (program == "cd" and folder in {"~", ""}):
        return "the checkout is there; it need not be unpacked"
    return None
