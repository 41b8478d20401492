"""Of the commands that the plan leaves out, which stand on the reader's way, and which of those stop a reader. Pure.

On the way is what stands in the part of a document that a chosen command comes from, or under a title about installing,
building or testing. Required is what stands there before the end of the tests, serves building or testing, and cannot be
done as it is written: it holds a placeholder, asks for an answer, never ends, needs a container, or is no command. A pass
without it would not be what the documents say. What does not count, and why:

- another way to do what is done (`or with conda`), an example, and what the reader may leave out;
- version control, style, documentation, publishing: no part of building or testing, whatever stands in them;
- entering the checkout and making an environment, which the plan does in its own way; a project of the reader's own
  (`npm init`);
- a server, an interpreter or a pager at the end of its block: it shows what was built in use, unless the sentence before it
  says that the tests need it. With a command below it
  that the plan does, the reader comes to that one only after it has ended, which it never does: that counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regrow.actors.doc_analyzer.choice.choosing import Choice
from regrow.actors.doc_analyzer.choice.on_the_way import asked_for, left_running, needed_by_tests
from regrow.actors.doc_analyzer.choice.surroundings import (
    EXAMPLE,
    MAY_BE_LEFT_OUT,
    OTHER_WAY,
    TEST_TITLE,
    USAGE_TITLE,
    WORK_TITLE,
    off_topic_title,
)
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import Role
from regrow.protocols.plan import LeftOutReason

__all__ = ["Place", "places"]

_R = LeftOutReason
_CANNOT_BE_DONE = frozenset({_R.PLACEHOLDER, _R.ASKS_FOR_INPUT, _R.NEVER_ENDS, _R.NEEDS_A_CONTAINER, _R.NOT_A_COMMAND})
_NEITHER_BUILDS_NOR_TESTS = frozenset(
    {
        Role.FETCH,
        Role.REVISION,
        Role.STYLE,
        Role.DOCUMENTS,
        Role.BENCHMARK,
        Role.PUBLISH,
        Role.PACKAGE,
        Role.SYSTEM_WIDE,
        Role.REMOVE,
        Role.ENVIRONMENT,
    }
)
_ONE_IS_ENOUGH = frozenset({Role.CONFIGURE, Role.COMPILE, Role.TEST, Role.CHECKOUT})
_INTERPRETERS = frozenset("python python2 python3 ipython ptpython bpython node irb ghci julia".split())
_SHOWS_USE = frozenset(
    "python python3 ipython node irb ghci psql mysql sqlite3 redis-cli telnet ftp sftp ssh gdb lldb less more man top "
    "htop open xdg-open code subl start".split()
)
"""Interactive programs that look at something; an editor, a `read` or a `passwd` does work that comes next."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command stands that was left out: see the module."""

    in_path: bool = False
    required: bool = False


def places(choices: Sequence[Choice]) -> tuple[Place, ...]:
    """A place for each choice; an empty one for what was chosen."""
    chosen = [(index, choice.mention) for index, choice in enumerate(choices) if choice.chosen]
    tests = [index for index, mention in chosen if mention.role is Role.TEST]
    return tuple(_place(index, choice, chosen, tests) for index, choice in enumerate(choices))


_Chosen = Sequence[tuple[int, Mention]]


def _place(index: int, choice: Choice, chosen: _Chosen, tests: Sequence[int]) -> Place:
    mention = choice.mention
    if choice.chosen or (mention.inline and mention.confidence < 0.7):
        return Place()
    beside = [(other, each) for other, each in chosen if _same_part(mention, each)]
    titles = mention.headings[1:] or mention.headings  # the first is the project's name
    titled = any(WORK_TITLE.search(title) or TEST_TITLE.search(title) for title in titles)
    shown = any(USAGE_TITLE.search(title) for title in titles) and not beside
    in_path = bool(beside or titled) and not shown and off_topic_title(mention) is None
    if not in_path or choice.left_out not in _CANNOT_BE_DONE:
        return Place(in_path)
    late = any(index > test and _same_document(mention, each) for test, each in chosen if test in tests)
    if late or _by_choice(choice, chosen):
        return Place(in_path)
    followed = any(other > index and _same_block(mention, each) for other, each in chosen)
    if followed:
        return Place(in_path, _serves(mention))
    if _is_interpreter(mention):
        return Place(in_path)
    # A server shows the project in use unless something is said of the tests, or it is left running for what comes next.
    serves = choice.left_out is LeftOutReason.NEVER_ENDS
    asked = needed_by_tests(mention) or (left_running(mention) if serves else asked_for(mention))
    on_way = bool(beside or asked or _prepares(mention))
    return Place(in_path, on_way and _serves(mention) and (asked or not _in_use(mention)))


def _same_document(one: Mention, other: Mention) -> bool:
    return one.document == other.document


def _same_block(one: Mention, other: Mention) -> bool:
    return _same_document(one, other) and one.block == other.block


def _same_part(one: Mention, other: Mention) -> bool:
    """Whether two commands stand under the same title, or under titles of one second-level section."""
    if not _same_document(one, other):
        return False
    deep = len(one.headings) > 1 and len(other.headings) > 1
    return one.headings == other.headings or (deep and one.headings[:2] == other.headings[:2])


def _by_choice(choice: Choice, chosen: _Chosen) -> bool:
    """Whether a reader may leave it out: another way, an example, or an addition."""
    mention = choice.mention
    words = (mention.lead, mention.typed.comment)
    if choice.group is not None or any(OTHER_WAY.search(text) or MAY_BE_LEFT_OUT.search(text) for text in words):
        return True
    if any(EXAMPLE.search(text[-120:]) for text in words):
        return True
    return mention.role in _ONE_IS_ENOUGH and any(
        each.role is mention.role and each.main.manager == mention.main.manager for _, each in chosen
    )


def _serves(mention: Mention) -> bool:
    """Whether leaving it out may change what is built or tested."""
    words = mention.typed.text.split()
    elsewhere = words[:1] in (["cd"], ["pushd"]) or bool({"init", "create"} & set(words[1:2]))
    return not elsewhere and mention.role not in _NEITHER_BUILDS_NOR_TESTS


def _prepares(mention: Mention) -> bool:
    return mention.role in {Role.SHELL, Role.SYSTEM, Role.RELEASED, Role.REQUIREMENTS, Role.INTERACTIVE}


def _is_interpreter(mention: Mention) -> bool:
    """Whether it waits for a language to be typed, which shows something and prepares nothing that stays."""
    programs = {command.program.rpartition("/")[2] for command in mention.typed.commands}
    return mention.role is Role.INTERACTIVE and bool(programs) and programs <= _INTERPRETERS


def _in_use(mention: Mention) -> bool:
    """Whether a command that nothing follows shows what was built, or looks at something."""
    if mention.role in {Role.SERVE, Role.CONTAINER, Role.RUN, Role.OTHER}:
        return mention.main.manager not in _IDLES
    return mention.role is Role.INTERACTIVE and mention.main.manager in _SHOWS_USE


_IDLES = frozenset({"sleep", "tail", "yes"})
"""They never end and show nothing of the project: no use of it, wherever they stand."""
