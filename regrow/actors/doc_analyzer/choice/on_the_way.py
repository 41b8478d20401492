"""What a reader types on the way to the tests besides installing: preparation that no other rule has chosen. Pure.

A command is on the way when it stands in the document of a test that is typed, above it, in a section about installing,
building or testing, or when the words before it ask for it (`before you run the tests`, `create`, `the tests need`). Data
that a script of the project makes is made wherever it stands above the tests, and a script of the project is run that stands in
one block between what is typed and the test. Not on the way: what the reader may leave
out, an example, another way, and what prepares such a way (`pip install tox` above a `tox` that is not run).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from regrow.actors.doc_analyzer.choice.surroundings import (
    EXAMPLE,
    MAY_BE_LEFT_OUT,
    NEEDED,
    OTHER_WAY,
    TEST_TITLE,
    USAGE_TITLE,
    WORK_TITLE,
    off_topic_title,
    words_before,
)
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import Role
from regrow.core.project.file_tree import FileTree

__all__ = [
    "asked_for",
    "goes_with",
    "is_script",
    "left_running",
    "needed_by_tests",
    "on_the_way",
    "runs_beside",
    "said_to_test",
]

_ALWAYS = frozenset((Role.REQUIREMENTS, Role.SUBMODULE, Role.SHELL))
_WHEN_ASKED = frozenset(
    (Role.RUN, Role.OTHER, Role.COMPILE, Role.CONFIGURE, Role.RELEASED, Role.SYSTEM, Role.SUBMODULE)
)
_PREPARES = _ALWAYS | {Role.RELEASED, Role.SYSTEM, Role.ENVIRONMENT}
_MAKES = frozenset((Role.COMPILE, Role.CONFIGURE, Role.REQUIREMENTS))
_TESTS = re.compile(r"(?i)\btest(s|ing|ed|[- ]?suite)?\b")
_RUNS_TESTS = re.compile(r"(?i)\b(?:run|running|execute|start|launch)\b[^.]{0,30}\btest(?:s|[- ]?suite)\b")
_ELSEWHERE = re.compile(
    r"(?i)\b(another|other|second|separate|new|different) (terminal|shell|window|console|tab)\b|\bin the background\b"
)
_STARTS_SERVER = re.compile(
    r"(?i)\b(start|launch|run|bring up) (the|a|an|your|its) (?:[\w-]+ ){0,2}(server|service|daemon)\b"
)
_INTERPRETERS = frozenset(("python", "python3", "node", "sh", "bash", "perl", "ruby"))


def asked_for(mention: Mention) -> bool:
    """Whether the words before a command, or the title above it, ask for it on the way to the tests."""
    words = (words_before(mention), mention.typed.comment)
    if any(NEEDED.search(text) for text in words):
        return True
    innermost = mention.headings[-1] if len(mention.headings) > 1 else ""
    return bool(re.match(r"(?i)(prepar|pre-?requisite|requirement|set(ting)? ?up|before)", innermost))


def needed_by_tests(mention: Mention) -> bool:
    """Whether the words before a command say that the tests need it."""
    words = words_before(mention) + " " + mention.typed.comment
    return bool(NEEDED.search(words) and _TESTS.search(words))


def runs_beside(mention: Mention) -> bool:
    """Whether a reader leaves a command running while the next ones are typed."""
    return left_running(mention) or bool(_STARTS_SERVER.search(words_before(mention) + " " + mention.typed.comment))


def left_running(mention: Mention) -> bool:
    """Whether it is said that the next commands are typed while it runs: by `&`, or by another terminal."""
    return mention.typed.background or bool(_ELSEWHERE.search(words_before(mention) + " " + mention.typed.comment))


def said_to_test(mention: Mention) -> bool:
    """Whether a command of an unknown program stands where the documents say how the tests are run."""
    if mention.inline or mention.role not in {Role.OTHER, Role.RUN} or _by_choice(mention):
        return False
    innermost = mention.headings[-1] if len(mention.headings) > 1 else ""
    return bool(TEST_TITLE.search(innermost) or _RUNS_TESTS.search(mention.lead)) and not USAGE_TITLE.search(innermost)


def on_the_way(
    mentions: Sequence[Mention], open_now: Collection[int], typed: Collection[int], tree: FileTree
) -> tuple[int, ...]:
    """Which of the commands that nothing was said of are typed.

    Args:
        open_now: Neither typed nor refused.
        typed: Chosen so far.
        tree: The project's files.
    """
    tests = [index for index in typed if mentions[index].role is Role.TEST or said_to_test(mentions[index])]
    return tuple(index for index in sorted(open_now) if _belongs(mentions, index, tests, typed, tree))


def goes_with(mentions: Sequence[Mention], index: int, others: Collection[int], typed: Collection[int]) -> int | None:
    """The command left out as another way that a command prepares: the next one of its section, before any that is typed."""
    here = mentions[index]
    if here.role not in _PREPARES:
        return None
    for after in range(index + 1, len(mentions)):
        if mentions[after].document != here.document or mentions[after].headings != here.headings or after in typed:
            return None
        if after in others and mentions[after].role in {Role.TEST, Role.CONFIGURE, Role.COMPILE, Role.CHECKOUT}:
            return after
    return None


def _belongs(
    mentions: Sequence[Mention], index: int, tests: Sequence[int], typed: Collection[int], tree: FileTree
) -> bool:
    mention = mentions[index]
    below = [test for test in tests if test > index and mentions[test].document == mention.document]
    alone = not tests and mention.role is Role.REQUIREMENTS
    if not (below or alone) or _by_choice(mention) or off_topic_title(mention) is not None:
        return False
    tested = needed_by_tests(mention)
    if mention.inline:
        return mention.confidence >= 0.55 and tested and mention.role in _ALWAYS | _WHEN_ASKED
    titles = mention.headings[1:] or mention.headings
    in_use = any(USAGE_TITLE.search(title) for title in titles)
    if is_script(mention, tree) and (mention.role in _MAKES or _between(mentions, index, below, typed)):
        return True
    if in_use and not tested:
        return False
    if mention.role in _ALWAYS and not _only_moves(mention):
        titled = any(WORK_TITLE.search(title) or TEST_TITLE.search(title) for title in titles)
        return titled or asked_for(mention)
    built = any(mentions[other].role in {Role.COMPILE, Role.CONFIGURE} for other in typed)
    if mention.role in {Role.COMPILE, Role.CONFIGURE} and built and not tested:
        return False
    return mention.role in _WHEN_ASKED and asked_for(mention) and not _of_the_reader(mention, tree)


def _between(mentions: Sequence[Mention], index: int, tests: Sequence[int], typed: Collection[int]) -> bool:
    """Whether a command stands in one block between commands that are typed and a test: a reader types the block whole."""
    mention = mentions[index]
    if mention.role not in {Role.RUN, Role.OTHER} or mention.inline:
        return False

    def here(other: int) -> bool:
        return (mentions[other].document, mentions[other].block) == (mention.document, mention.block)

    return any(map(here, tests)) and any(other < index and here(other) for other in typed)


def _of_the_reader(mention: Mention, tree: FileTree) -> bool:
    """Whether a command starts a script that the source does not have and that is looked for on the path: one of the reader's."""
    names = {path.rpartition("/")[2] for path in tree.files}
    programs = {command.program for command in mention.typed.commands}
    return any(re.search(r"^[^/]+\.(?:py|sh|pl|rb|js)$", name) and name not in names for name in programs)


def _by_choice(mention: Mention) -> bool:
    """Whether a reader may leave it out: another way, an example, an addition."""
    texts = (words_before(mention), mention.typed.comment)
    return bool(mention.label) or any(
        OTHER_WAY.search(text) or MAY_BE_LEFT_OUT.search(text) or EXAMPLE.search(text[-120:]) for text in texts
    )


def _only_moves(mention: Mention) -> bool:
    return all(command.program in {"cd", "pushd", "popd"} for command in mention.typed.commands)


def is_script(mention: Mention, tree: FileTree) -> bool:
    """Whether a command starts a file of the project."""
    words = [word for command in mention.typed.commands[:1] for word in command.words]
    if words[:1] and words[0].rpartition("/")[2] in _INTERPRETERS:
        words = words[1:]
    return bool(words) and tree.has(words[0].removeprefix("./"))
