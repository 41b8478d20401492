"""Which of the mentioned commands a newcomer who wants to build and test the checkout would type, and why not the
others.

The test command is chosen first, since it says which way is meant; then what its own region of the document says must
come before it; then, when nothing there puts the checkout in place, the installation that another section documents.
Measured: of the failures on unseen projects four in ten were a wrong choice (survey of build verification, section 7),
so what was not chosen keeps its place as an alternative, with the reason.

A region is the part of a document that is about one thing: a second-level section of a README, the whole of a document
that is about developing (CONTRIBUTING, HACKING, INSTALL).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from regrow.actors.doc_analyzer.choice.clones import clone_folder, foreign_lines
from regrow.actors.doc_analyzer.choice.configure_scripts import (
    MAKES_CONFIGURE,
    lacking_scripts,
    script_missing,
    together,
)
from regrow.actors.doc_analyzer.choice.environments import lacking_makers
from regrow.actors.doc_analyzer.choice.folders import enters_checkout, from_the_root
from regrow.actors.doc_analyzer.choice.on_the_way import goes_with, is_script, on_the_way, said_to_test
from regrow.actors.doc_analyzer.choice.surroundings import (
    DEVELOPING,
    OTHER_WAY,
    USAGE_TITLE,
)
from regrow.actors.doc_analyzer.choice.test_commands import (
    absent_script,
    choose_tests,
    moved_between,
    same_by_make,
)
from regrow.actors.doc_analyzer.choice.unusable import LEFT_OUT_FOR, already_there, unusable
from regrow.actors.doc_analyzer.documents import for_maintainers
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import WHY_NOT_RUN, Role
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import LeftOutReason

__all__ = ["Choice", "ProjectFacts", "choose"]

_PUTS_IN_PLACE = frozenset({Role.CHECKOUT, Role.CONFIGURE, Role.COMPILE})
_PREPARES = frozenset(
    {
        Role.CHECKOUT,
        Role.REQUIREMENTS,
        Role.RELEASED,
        Role.SYSTEM,
        Role.ENVIRONMENT,
        Role.SUBMODULE,
        Role.CONFIGURE,
        Role.COMPILE,
    }
)
_R = LeftOutReason
"""The word for `WHY_NOT_RUN`; what is not here is not needed."""
_READY_MADE = re.compile(r"-(?:binary|bin|wheels?|prebuilt|static)$")
"""What a release is called after the project when it was built beforehand (`psycopg2-binary`)."""
_SHOWS_ONLY = frozenset("ls cat pwd which type true hash alias echo printf".split())


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What the choice needs to know of the project besides its documents.

    Attributes:
        names: Its names as PEP 503 normalises them (distribution, repository folder).
        tree: Its files.
    """

    names: frozenset[str]
    tree: FileTree


@dataclass(frozen=True, slots=True)
class Choice:
    """What became of one mention.

    `left_out` is the word for the reason of one that was not chosen. `from_root` says that it begins at the root of the
    source, wherever the command before it has gone.
    """

    mention: Mention
    chosen: bool
    reason: str
    group: str | None = None
    left_out: LeftOutReason | None = None
    from_root: bool = False


@dataclass
class _Desk:
    """The reasons collected so far; the first one given to a mention stays."""

    mentions: Sequence[Mention]
    facts: ProjectFacts
    reasons: dict[int, str] = field(default_factory=dict)
    chosen: dict[int, str] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    words: dict[int, LeftOutReason] = field(default_factory=dict)

    def refuse(
        self, index: int, reason: str, group: str | None = None, word: LeftOutReason = _R.ALTERNATIVE_OF
    ) -> None:
        self.reasons.setdefault(index, reason)
        self.words.setdefault(index, word)
        if group:
            self.groups.setdefault(index, group)

    def word_of(self, index: int) -> LeftOutReason:
        return self.words.get(index) or LEFT_OUT_FOR.get(self.mentions[index].role, _R.NOT_NEEDED)

    def open(self) -> list[int]:
        return [index for index in range(len(self.mentions)) if index not in self.reasons]


def choose(mentions: Sequence[Mention], facts: ProjectFacts) -> tuple[Choice, ...]:
    """A choice for each mention, in the order of the mentions."""
    desk = _Desk(mentions, facts)
    _refuse_unusable(desk)
    before = -1
    for test in _pick_tests(desk):
        _choose_before(desk, test, before)
        before = test
    _choose_installation(desk)
    _choose_makers(desk)
    _choose_on_the_way(desk)
    _choose_shell_lines(desk)
    _leave_out_impossible(desk)
    rooted = from_the_root(desk.mentions, desk.chosen, desk.facts.tree)
    return tuple(
        Choice(
            mention,
            index in desk.chosen,
            desk.chosen.get(index)
            or desk.reasons.get(index)
            or WHY_NOT_RUN.get(mention.role)
            or "not needed: another section says how",
            desk.groups.get(index),
            None if index in desk.chosen else desk.word_of(index),
            index in rooted,
        )
        for index, mention in enumerate(mentions)
    )


def _refuse_unusable(desk: _Desk) -> None:
    cloned: dict[int, str] = {}
    foreign = foreign_lines(desk.mentions, desk.facts.names, desk.facts.tree)
    for index, mention in enumerate(desk.mentions):
        if index in foreign:
            desk.refuse(
                index, f"fetches {foreign[index]} or works in it, which is another project", word=_R.OTHER_SUBJECT
            )
            continue
        if mention.role is Role.FETCH:
            cloned[mention.document] = clone_folder(mention)
        if missing := script_missing(desk.mentions, index, desk.facts.tree):
            for other in range(index, min(index + 50, len(desk.mentions))):
                if together(mention, desk.mentions[other]) and desk.mentions[other].role in _BUILDS:
                    desk.refuse(other, missing, word=_R.NOT_IN_THE_SOURCE)
        elif refused := unusable(mention):
            desk.refuse(index, refused[1], word=refused[0])
        elif reason := already_there(mention, desk.facts.tree, desk.facts.names, cloned.get(mention.document)):
            desk.refuse(index, reason, word=_R.ALREADY_THERE)
        elif enters_checkout(desk.mentions, index, desk.facts.names, desk.facts.tree):
            desk.refuse(index, "the checkout is the folder where the plan begins", word=_R.ALREADY_THERE)


def _pick_tests(desk: _Desk) -> tuple[int, ...]:
    named = [index for index in desk.open() if desk.mentions[index].role is Role.TEST]
    said = [
        index
        for index in desk.open()
        if said_to_test(desk.mentions[index]) and desk.mentions[index].main.manager not in desk.facts.names
    ]
    candidates = named or said
    shipped = [index for index in candidates if absent_script(desk.mentions, index, desk.facts.tree) is None]
    if shipped and len(shipped) < len(candidates):
        # Of several suites those that the archive has are run; where it has none, the first says so itself.
        for index in set(candidates) - set(shipped):
            absent = absent_script(desk.mentions, index, desk.facts.tree)
            desk.refuse(index, f"{absent} is not among the files of this source", word=_R.NOT_IN_THE_SOURCE)
        candidates = shipped
    found = choose_tests(desk.mentions, candidates)
    for index in said if found.typed and named else ():
        if is_script(desk.mentions[index], desk.facts.tree) and index > found.typed[-1]:
            desk.refuse(
                index, "stands where the documents say how to test; its name does not tell", word=_R.OTHER_TESTS
            )
    for index in found.typed:
        further = "runs tests that no other command runs"
        desk.chosen[index] = "the first command that runs the tests" if index == found.first else further
        desk.groups[index] = "test"
    for index, test in same_by_make(desk.mentions, found.typed):
        desk.refuse(index, f"another way to do what '{desk.mentions[test].typed.text}' does", "test")
    for index, (word, reason) in found.refused.items():
        desk.refuse(index, reason, None if word is _R.MENTIONED_ONLY else "test", word)
    return found.typed


def _region(mention: Mention) -> tuple[int, str, str]:
    """Which part of which document: see the module's first words."""
    if DEVELOPING.search(mention.ref.file):
        return mention.document, mention.ref.file, ""
    titles = mention.headings
    return mention.document, mention.ref.file, titles[1] if len(titles) > 1 else titles[0] if titles else ""


def _choose_before(desk: _Desk, test: int, after: int) -> None:
    """What the region of a test command says must come before it, from the test before on."""
    region = _region(desk.mentions[test])
    before = [
        index
        for index in desk.open()
        if after < index < test and index not in desk.chosen and _region(desk.mentions[index]) == region
    ]
    wanted = [index for index in before if desk.mentions[index].role in _PREPARES]
    in_block = [
        index
        for index in before
        if desk.mentions[index].role in {Role.OTHER, Role.REMOVE}
        and not desk.mentions[index].inline
        and desk.mentions[index].block == desk.mentions[test].block
    ]
    for index in _without_alternatives(desk, wanted, desk.mentions[test]):
        desk.chosen[index] = "stands before the test command in the same part of the document"
    for index in in_block:
        desk.chosen[index] = "typed together with the test command"


def _choose_installation(desk: _Desk) -> None:
    """The documented way to put the checkout in place, when the test's region has none; else the released copy."""
    if _in_place(desk):
        _refuse_released(desk)
        return
    open_now = [index for index in desk.open() if index not in desk.chosen]
    usable = [
        index for index in open_now if not any(USAGE_TITLE.search(t) for t in desk.mentions[index].headings[1:])
    ] or open_now
    for roles in (frozenset({Role.CHECKOUT, Role.CONFIGURE}), frozenset({Role.COMPILE})):
        found = [index for index in usable if desk.mentions[index].role in roles]
        if found:
            first = min(found, key=lambda index: (for_maintainers(desk.mentions[index].ref.file), index))
            _choose_region(desk, first, usable)
            _refuse_released(desk)
            return
    own = [index for index in usable if _installs_itself(desk.mentions[index], desk.facts)]
    if own:
        best = min(
            own,
            key=lambda index: (
                _manager_rank(desk.mentions[index]),
                OTHER_WAY.search(desk.mentions[index].lead) is not None,
                index,
            ),
        )
        desk.chosen[best] = "the documented installation (it installs the released copy, not this checkout)"
        for index in own:
            desk.refuse(
                index, "another way to install; " + f"'{desk.mentions[best].typed.text}' is chosen", "install"
            ) if index != best else None
        desk.groups[best] = "install"
    _choose_runner(desk, usable)


def _choose_runner(desk: _Desk, usable: Sequence[int]) -> None:
    """Where nothing says how the checkout is installed: what another section says of installing what runs the tests."""
    runners = {desk.mentions[index].main.manager for index in desk.chosen if desk.groups.get(index) == "test"}
    found = [
        index
        for index in usable
        if index not in desk.chosen
        and any(fact.role is Role.RELEASED and runners & set(fact.names) for fact in desk.mentions[index].facts)
    ]
    if found:
        _choose_region(desk, min(found), usable, "installs what runs the tests")


def _in_place(desk: _Desk) -> bool:
    """Whether what is chosen builds or installs what the first test needs; `npm install` does not for one of Python."""
    tests = [index for index in desk.chosen if desk.groups.get(index) == "test"]
    in_node = bool(tests) and desk.mentions[min(tests)].main.manager in _NODE
    return any(
        desk.mentions[index].role in _PUTS_IN_PLACE
        and (not tests or index < min(tests) or (desk.mentions[index].main.manager in _NODE) is in_node)
        for index in desk.chosen
    )


_NODE = frozenset(("npm", "yarn", "pnpm", "bun", "node", "jest", "mocha"))


def _choose_region(
    desk: _Desk,
    first: int,
    usable: Iterable[int],
    why: str = "the documented way to build or install from this source",
) -> None:
    region = _region(desk.mentions[first])
    deepest = desk.mentions[first].headings
    same = [
        index
        for index in usable
        if _region(desk.mentions[index]) == region
        and desk.mentions[index].role in _PREPARES
        and not _installs_itself(desk.mentions[index], desk.facts)
    ]
    close = [
        i for i in same if desk.mentions[i].headings == deepest or i < first or desk.mentions[i].role is Role.COMPILE
    ]
    for index in _without_alternatives(desk, close or [first], None):
        desk.chosen[index] = why


def _without_alternatives(desk: _Desk, wanted: list[int], test: Mention | None) -> list[int]:
    """Of commands that do the same by other means keep one, and name the others."""
    kept: list[int] = []
    managers = {desk.mentions[index].main.manager for index in wanted if desk.mentions[index].role is Role.CHECKOUT}
    preferred = _preferred_manager(managers, test)
    for index in wanted:
        mention = desk.mentions[index]
        rivals = [other for other in kept if _same_purpose(desk.mentions[other], mention)]
        if mention.role is Role.CHECKOUT and preferred and mention.main.manager != preferred:
            desk.refuse(index, f"another way to install; the one with {preferred} is chosen", "install")
        elif rivals and (mention.role in _BUILDS or _said_as_alternative(mention)):
            group = "build" if mention.role in _BUILDS else mention.role.value
            desk.groups.update(dict.fromkeys(rivals, group))
            desk.refuse(index, f"another way to do what '{desk.mentions[rivals[-1]].typed.text}' does", group)
        elif _said_before(desk, index, [*kept, *desk.chosen]):
            desk.refuse(index, "said before", word=_R.SAID_BEFORE)
        elif _installs_itself(mention, desk.facts) and mention.role is Role.RELEASED:
            desk.refuse(index, "installs the released copy, not this checkout", "install")
        else:
            kept.append(index)
    return kept


def _said_before(desk: _Desk, index: int, kept: Iterable[int]) -> bool:
    mention = desk.mentions[index]
    return mention.role is not Role.COMPILE and any(
        desk.mentions[other].typed.text == mention.typed.text and not moved_between(desk.mentions, other, index)
        for other in kept
    )


_BUILDS = frozenset({Role.CONFIGURE, Role.COMPILE})


def _said_as_alternative(mention: Mention) -> bool:
    inline_copy = mention.inline and mention.role is Role.CHECKOUT
    return inline_copy or bool(
        OTHER_WAY.search(mention.lead) or OTHER_WAY.search(mention.typed.comment) or mention.label
    )


def _same_purpose(one: Mention, other: Mention) -> bool:
    """Whether two commands, typed at different places, do the same thing by other means.

    Two ways to configure are rivals, and so are two ways to compile; what makes `./configure` comes before it and is
    none.
    """
    if (one.document, one.block) == (other.document, other.block) and not other.inline:
        return False
    if one.role in _BUILDS and other.role in _BUILDS:
        if one.role is Role.CONFIGURE and other.role is Role.CONFIGURE:
            return not (one.main.manager in MAKES_CONFIGURE and other.main.manager not in MAKES_CONFIGURE)
        if one.role is other.role:
            return one.typed.text == other.typed.text or one.main.manager != other.main.manager or not other.inline
        return one.role is Role.COMPILE and other.role is Role.CONFIGURE
    return one.role is other.role


def _preferred_manager(managers: set[str], test: Mention | None) -> str:
    if len(managers) < 2:
        return ""
    program = test.typed.commands[0].program if test and test.typed.commands else ""
    if program in managers:
        return program
    return min(managers, key=lambda name: (_MANAGERS.index(name) if name in _MANAGERS else len(_MANAGERS), name))


_MANAGERS = (
    "pip",
    "npm",
    "setup.py",
    "yarn",
    "pnpm",
    "uv",
    "poetry",
    "pdm",
    "hatch",
    "pipenv",
    "conda",
    "easy_install",
)
"""Which is taken when several are documented: what comes with the language first."""


def _manager_rank(mention: Mention) -> int:
    return _MANAGERS.index(mention.main.manager) if mention.main.manager in _MANAGERS else len(_MANAGERS)


def _installs_itself(mention: Mention, facts: ProjectFacts) -> bool:
    """Whether a command installs the project by its name or address: the released copy, not the checkout (trap 2)."""
    for fact in mention.facts:
        if fact.role is Role.RELEASED:
            sources = [re.sub(r"[#@?].*$", "", name) for name in fact.names if "://" in name or "git+" in name]
            words = [source.rpartition("/")[2].removesuffix(".git").lower() for source in sources]
            named = {*fact.names, *(re.sub(r"[-_.]+", "-", word) for word in words)}
            if facts.names & {each for name in named for each in (name, _READY_MADE.sub("", name))}:
                return True
    return False


def _refuse_released(desk: _Desk) -> None:
    for index in desk.open():
        if index not in desk.chosen and _installs_itself(desk.mentions[index], desk.facts):
            desk.refuse(index, "installs the released copy, not this checkout", "install")


def _choose_makers(desk: _Desk) -> None:
    for index in lacking_scripts(desk.mentions, desk.open(), desk.chosen, desk.facts.tree):
        desk.chosen[index] = "makes the ./configure that another line starts"
    for index, mention in enumerate(desk.mentions):
        if mention.role is Role.PACKAGE and any(
            index < other
            and together(mention, desk.mentions[other])
            and re.search(r"\bdist/", desk.mentions[other].typed.text)
            for other in desk.chosen
        ):
            desk.chosen[index] = "makes the archive that another line installs"


def _choose_on_the_way(desk: _Desk) -> None:
    other_ways = [index for index in desk.groups if index in desk.reasons]
    for index in desk.open():
        if index not in desk.chosen and (way := goes_with(desk.mentions, index, other_ways, desk.chosen)) is not None:
            desk.refuse(index, f"prepares '{desk.mentions[way].typed.text}', which is left out")
    waiting = [
        index
        for index in desk.open()
        if index not in desk.chosen
        and not _only_shows(desk.mentions[index])
        and not _installs_itself(desk.mentions[index], desk.facts)
        and not _said_before(desk, index, desk.chosen)
    ]
    for index in on_the_way(desk.mentions, waiting, desk.chosen, desk.facts.tree):
        desk.chosen[index] = "the documents ask for it on the way to the tests"


def _only_shows(mention: Mention) -> bool:
    command = mention.typed.commands[0] if mention.typed.commands else None
    return command is not None and command.program in _SHOWS_ONLY and not command.writes


def _choose_shell_lines(desk: _Desk) -> None:
    """`cd`, `export`, `cp` belong to the chosen command that follows them in the same section."""
    for index in desk.open():
        mention = desk.mentions[index]
        if index in desk.chosen or mention.role not in {Role.SHELL, Role.ENVIRONMENT, Role.REMOVE, Role.SUBMODULE}:
            continue
        if _only_shows(mention):
            desk.refuse(index, "only shows something", word=_R.USAGE_EXAMPLE)
            continue
        near = mention.role in {Role.REMOVE, Role.SHELL}
        follows = (
            other
            for other in desk.chosen
            if other > index
            and desk.mentions[other].ref.file == mention.ref.file
            and desk.mentions[other].document == mention.document
            and (
                desk.mentions[other].block - mention.block <= (0 if mention.role is Role.REMOVE else 4)
                if near
                else True
            )
            and (desk.mentions[other].headings == mention.headings or _region(desk.mentions[other]) == _region(mention))
        )
        if next(follows, None) is not None:
            desk.chosen[index] = "prepares the shell for the command after it"


def _leave_out_impossible(desk: _Desk) -> None:
    """Entering an environment goes with the command that makes it."""
    for index, maker in lacking_makers(desk.mentions, desk.chosen, desk.facts.tree).items():
        del desk.chosen[index]
        made_by = desk.mentions[maker].typed.text
        desk.refuse(index, f"enters the environment of '{made_by}', which is left out", word=desk.word_of(maker))
