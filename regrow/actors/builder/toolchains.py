"""Languages that the documents ask for in a sentence, and how a room gets them.

"You need Rust 1.60 or newer" is an instruction to a newcomer, who installs Rust before the first command. The room does
what they would: the distribution's package of that language, as preparation and not as a deviation, since the documents say
so. A language that nothing says stays what it was: a deviation, when a command turns out to be missing.

Only languages that a base root may lack are here; that a tool such as cmake is asked for in prose does not say under which
name it is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from regrow.core.project.command_lines import unwrapped
from regrow.core.project.evidence import Evidence
from regrow.core.project.plan_steps import Draft, system_packages_of
from regrow.core.project.recovery.node_rules import ROOM_NODE, node_command, node_series
from regrow.core.project.shell_grammar import parse_statements
from regrow.protocols.plan import DocAnalysis, DocCommand, Ecosystem, Prerequisite, PrerequisiteKind, StepPhase

__all__ = ["prepared_languages"]

_SOFT = re.compile(
    r"(?i)\b(supports?|works?|tested|compatible|binding|optional\w*|alternativ\w*|if you|only for|bundled)\b"
)
"""Words of a sentence that names a language without asking for it."""

_FIRM = re.compile(r"(?i)\b(requires?|required|must|needs?|needed|prerequisites?|make sure|ensure|install)\b")


@dataclass(frozen=True, slots=True)
class _Language:
    """What provides a language, and the programs by which a plan shows that it uses it."""

    packages: tuple[str, ...]
    programs: frozenset[str]


_LANGUAGES = {
    "rust": _Language(("cargo",), frozenset({"cargo", "rustc"})),
    "go": _Language(("golang-go",), frozenset({"go", "gofmt"})),
    "java": _Language(
        ("default-jdk-headless",), frozenset({"java", "javac", "mvn", "gradle", "ant", "gradlew", "mvnw"})
    ),
    "c": _Language(("gcc", "g++", "libc6-dev"), frozenset({"make", "gcc", "cc", "g++", "cmake", "configure"})),
    "node": _Language(("nodejs", "npm"), frozenset({"node", "npm", "npx"})),
}
_IN_THE_ROOM = {
    Ecosystem.NODE: frozenset({"node"}),
    Ecosystem.C: frozenset({"c"}),
    Ecosystem.UNKNOWN: frozenset({"c"}),
}
"""What the base root of a kind of project has already."""


def prepared_languages(analysis: DocAnalysis, ordered: Sequence[DocCommand], evidence: Evidence) -> list[Draft]:
    """The steps that install what the documents ask for and the commands use; none for what a command installs itself."""
    programs = _programs(ordered)
    said = {package for command in ordered for package in system_packages_of(command.text)}
    there = _IN_THE_ROOM.get(evidence.ecosystem, frozenset())
    drafts = _later_node(analysis, ordered, evidence)
    for name, language in _LANGUAGES.items():
        asked = next((each for each in analysis.prerequisites if each.name == name and _is_asked_for(each)), None)
        builds = name == "c" and evidence.extension is not None and "pip" in programs
        if (
            asked is None
            or name in there
            or said & set(language.packages)
            or not (language.programs & programs or builds)
        ):
            continue
        command = f"apt-get install -y --no-install-recommends {' '.join(language.packages)}"
        reason = f"preparation: {asked.ref} asks for it ('{asked.ref.text[:80]}')"
        drafts.append(Draft(command, reason, StepPhase.SETUP))
    return drafts


def _later_node(analysis: DocAnalysis, ordered: Sequence[DocCommand], evidence: Evidence) -> list[Draft]:
    """The Node that the documents ask for, where the distribution's is older; none where a command brings one."""
    if evidence.ecosystem is not Ecosystem.NODE or any(re.search(r"\b(?:nvm|fnm|n|volta) ", c.text) for c in ordered):
        return []
    for each in analysis.prerequisites:
        least = re.match(r">=?\s*(\d+)", each.version or "") if each.name == "node" and _is_asked_for(each) else None
        series = node_series(int(least[1])) if least and int(least[1]) > ROOM_NODE else None
        if series is not None:
            reason = f"preparation: {each.ref} asks for it ('{each.ref.text[:80]}')"
            return [Draft(node_command(series), reason, StepPhase.SETUP)]
    return []


def _is_asked_for(prerequisite: Prerequisite) -> bool:
    text = prerequisite.ref.text
    return prerequisite.kind is PrerequisiteKind.LANGUAGE and (_FIRM.search(text) is not None or not _SOFT.search(text))


def _programs(commands: Iterable[DocCommand]) -> frozenset[str]:
    """The programs that commands start, without folders and wrappers (`sudo`, `python -m`)."""
    started = (
        unwrapped(simple.words)[0]
        for command in commands
        for statement in parse_statements(command.text)
        for simple in statement.commands
    )
    return frozenset(words[0].rpartition("/")[2] for words in started if words)
