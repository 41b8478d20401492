"""Which of the documented test commands are typed: the one that runs the suite, and all that run something else. Pure.

A command is another way to run the same tests (`or`, a tab, another runner over the whole suite, a part of it, coverage), or
it runs tests of its own; then it is typed too, in the place where it stands. Where neither can be told it is not typed, and
the report says so at its head. What tells, in this order: words before it (`or` against `then`, `also`, `and`), another
folder, the same block (a reader types a block from top to bottom), the runner, and the targets that it is given.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from regrow.actors.doc_analyzer.choice.surroundings import (
    ADDS,
    DEVELOPING,
    EXAMPLE,
    OTHER_WAY,
    TEST_TITLE,
    USAGE_TITLE,
    WORK_TITLE,
    words_before,
)
from regrow.actors.doc_analyzer.documents import for_maintainers
from regrow.actors.doc_analyzer.mentions import Mention
from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import describe, unwrapped
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import LeftOutReason

__all__ = ["TestChoice", "absent_script", "choose_tests", "moved_between", "same_by_make"]

LIMIT_FURTHER = 8
"""So many test commands besides the first are typed: each may take the whole time of a step."""
_DOUBTFUL = 0.3
_ONE_TEST = re.compile(
    r"::|(?:^|\s)-k\s|\btests?/[\w/]+\.(?:py|js)\b(?! .*\.py)|-m \S+\.\S+\.test|(?:unittest|nose\w*|trial) \w+\.\w+"
)
_ONE_SYSTEM = re.compile(
    r"(?i)\b(?:for|on|under|with|against|using) (?:the )?(?:python|py|pypy|cpython|django|node)\b[\w .-]{0,12}\bonly\b|"
    r"\bonly (?:for|on|under|with|against) (?:python|py|pypy|cpython|django|node)\b"
)
"""Words before a command that runs the tests with one interpreter of many."""
_SCRIPT = re.compile(r"^(?:\./)?[\w./-]+\.(?:py|sh|pl|js|rb)$")
_SPECIAL_RUN = re.compile(
    r"-e[ =]?\w*(?:27|3[3-8]|pypy)|py\d+-\w+|python2|-n \d|--pyargs|-x\b|--pdb|--lf|--watch|--durations"
)
_VARIANT = re.compile(
    r"valgrind|memcheck|sanitize|\basan\b|\bubsan\b|fuzz|(?<!\w)cov(?!\w)|coverage|--cov|--tb\b|installcheck|distcheck|"
    r"all-tests|\bnyc\b|\bc8\b|debug"
)
"""The same tests under another light."""
_BEYOND = re.compile(r"integration|e2e|end-to-end|slow|functional|system|acceptance|regression|extra|doctest")
"""Names of suites that a plain `test` seldom holds."""
_CANONICAL = re.compile(
    r"(?:python\S* -m )?(?:pytest|py\.test|tox|nox|unittest)(?: -v| -q| tests?/?| discover)*$|(?:npm|yarn|pnpm) "
    r"(?:run )?test$|"
    r"make (?:-j\S* )?(?:test|check)s?$|ctest\b|meson test\b|ninja (?:-C \S+ )?test$|python\S* setup\.py test$"
)
"""How the whole suite is usually run: with no choice of tests, environments or reports."""
_WHOLE = frozenset({"", "test", "tests", "check", "checks", "tests/", "test/", ".", "discover", "run", "./...", "all"})
_FAMILIES = {
    **dict.fromkeys(
        "pytest py.test unittest tox nox nose nose2 nosetests trial green hatch setup.py".split(), "python"
    ),
    **dict.fromkeys("npm yarn pnpm bun jest mocha ava tap vitest node karma".split(), "node"),
    **dict.fromkeys("ctest meson cmake ninja".split(), "native"),
    **dict.fromkeys(("cargo", "go", "mvn", "gradle", "java", "prove", "bats"), "other"),
}
_TASK_RUNNERS = frozenset(
    "make npm yarn pnpm bun just inv invoke task rake paver doit poe fab ant gradle ninja scons".split()
)
_WITH_VALUE = frozenset("-n -c -o -j -W -X --tb --config --maxfail -r --reporter --timeout --test-dir".split())
"""Options whose value chooses no tests; that of any other option counts as a target (`-s tests/unit`, `-e unit`)."""
_WITH_VALUE_OF = {
    "tox": frozenset(("-p", "--parallel", "--runner", "--discover")),
    "pytest": frozenset(("-p",)),
    "nox": frozenset(("-p", "--python", "--force-python")),
}
"""The same, of one runner: `-p` of unittest is a pattern of tests."""
_INTERPRETERS = re.compile(r"(?:tests?-?)?(?:py(?:py|thon)?-?)?\d*(?:\.?\d+)*(?:-.*)?")
"""Environments of tox and nox that are only another interpreter (`py312`, `tests-3.9`)."""


@dataclass(frozen=True, slots=True)
class TestChoice:
    """What becomes of the test commands.

    Attributes:
        typed: Numbers of those that are typed, in the order of the documents.
        first: The one that runs the suite; None when no command is likely enough.
        refused: For each other one, the word and the reason.
    """

    __test__ = False  # pytest would collect a class of this name

    typed: tuple[int, ...] = ()
    first: int | None = None
    refused: Mapping[int, tuple[LeftOutReason, str]] = field(default_factory=dict)


def choose_tests(mentions: Sequence[Mention], candidates: Sequence[int]) -> TestChoice:
    """Choose among the numbers of the mentions that run tests."""
    scores = {index: _score(mentions[index]) for index in candidates}
    ranked = sorted(candidates, key=lambda index: (-scores[index], index))
    if not ranked:
        return TestChoice()
    if scores[ranked[0]] < _DOUBTFUL:
        doubtful = (LeftOutReason.MENTIONED_ONLY, "too doubtful to be the test suite")
        return TestChoice(refused=dict.fromkeys(ranked, doubtful))
    typed, refused = [ranked[0]], dict[int, tuple[LeftOutReason, str]]()
    for index in sorted(ranked[1:]):
        found = _refusal(mentions, index, typed)
        if found is None and len(typed) > LIMIT_FURTHER:
            found = (LeftOutReason.OTHER_TESTS, f"more than {1 + LIMIT_FURTHER} test commands are not typed")
        if found is None:
            typed.append(index)
        else:
            refused[index] = found
    return TestChoice(tuple(sorted(typed)), ranked[0], refused)


def absent_script(mentions: Sequence[Mention], index: int, tree: FileTree) -> str | None:
    """The file that a test command starts, when the source does not have it there; else None.

    Where the document goes to a folder before, only a name that lies nowhere in the source is one that is not there.
    """
    mention = mentions[index]
    words = _test_words(mention)
    started = next((word for word in words if _SCRIPT.search(word)), None)
    if started is None or (words[0] == started and not started.startswith("./")):
        return None
    if tree.has(posixpath.normpath(started)):
        return None
    entered = _folders(mention) or any(
        command.program in {"cd", "pushd"}
        for other in mentions[:index]
        if other.document == mention.document
        for command in other.typed.commands
    )
    name = started.rpartition("/")[2]
    return None if entered and any(path.rpartition("/")[2] == name for path in tree.files) else started


def same_by_make(mentions: Sequence[Mention], typed: Sequence[int]) -> Iterator[tuple[int, int]]:
    """A bare `make` that the words before it call another way to do what a test command above it does, with that one."""
    for index, mention in enumerate(mentions):
        if (
            mention.role is not Role.COMPILE
            or mention.main.manager != "make"
            or not OTHER_WAY.search(words_before(mention))
        ):
            continue
        above = [test for test in typed if test < index and mentions[test].document == mention.document]
        if above and mentions[above[-1]].headings == mention.headings:
            yield index, above[-1]


def moved_between(mentions: Sequence[Mention], one: int, other: int) -> bool:
    """Whether a reader goes to another folder between two commands of one document."""
    first, last = sorted((one, other))
    return any(
        command.program in {"cd", "pushd", "popd"}
        for mention in mentions[first + 1 : last]
        if mention.document == mentions[first].document and not mention.inline
        for command in mention.typed.commands
    )


def _score(mention: Mention) -> float:
    text = mention.typed.text
    score = mention.confidence - 0.03 * min(mention.document, 8)
    titles = " / ".join(mention.headings[1:] or mention.headings)
    if TEST_TITLE.search(titles) or TEST_TITLE.search(mention.lead):
        score += 0.25
    if WORK_TITLE.search(titles) or DEVELOPING.search(mention.ref.file):
        score += 0.15
    if any(USAGE_TITLE.search(title) for title in mention.headings[1:]):
        score -= 0.4
    if for_maintainers(mention.ref.file):
        score -= 0.3
    if _ONE_TEST.search(text):
        score -= 0.35
    if _is_example(mention):
        score -= 0.25
    if _SPECIAL_RUN.search(text):
        score -= 0.3
    if _ONE_SYSTEM.search(words_before(mention)):
        score -= 0.3
    if re.search(r"doctest \S+\.(?:md|rst|txt)|^cd |-{1,2}collect", text):
        score -= 0.3
    if _CANONICAL.match(text):
        score += 0.05
    if _VARIANT.search(text) or _BEYOND.search(text):
        score -= 0.1
    return score


def _is_example(mention: Mention) -> bool:
    return bool(EXAMPLE.search(mention.lead[-120:]) or EXAMPLE.search(mention.typed.comment))


_Refusal = tuple[LeftOutReason, str]


def _refusal(mentions: Sequence[Mention], index: int, typed: Sequence[int]) -> _Refusal | None:
    """Why a test command is not typed besides those that are; None when it is."""
    for other in typed:
        if found := _beside(mentions, other, index):
            word, how = found
            return word, f"{how}; '{mentions[other].typed.text}' is chosen"
    if _score(mentions[index]) < _DOUBTFUL:
        return LeftOutReason.ALTERNATIVE_OF, "too doubtful to be a test suite of its own"
    return None


_ALTERNATIVE = (LeftOutReason.ALTERNATIVE_OF, "another way to run the tests")
_PART = (LeftOutReason.ALTERNATIVE_OF, "runs a part of the tests, or the same in another way")
_UNTOLD = (LeftOutReason.OTHER_TESTS, "it cannot be told whether it runs other tests")


def _beside(mentions: Sequence[Mention], typed: int, index: int) -> _Refusal | None:
    """What one command is to another that is typed: the word why it is left out, None when it runs tests of its own."""
    chosen, mention = mentions[typed], mentions[index]
    later = mention if index > typed else chosen
    before = words_before(later)
    if (
        OTHER_WAY.search(before)
        or OTHER_WAY.search(later.typed.comment)
        or (chosen.label and mention.label and mention.label != chosen.label)
    ):
        return _ALTERNATIVE
    if chosen.typed.text == mention.typed.text:
        if _built_anew(mentions, typed, index):
            return _ALTERNATIVE
        moved = mention.document == chosen.document and moved_between(mentions, typed, index)
        return None if moved else (LeftOutReason.SAID_BEFORE, "said twice")
    if _is_example(mention) or re.search(r"::|(?:^|\s)-k\s", mention.typed.text) or _is_variant(mention, chosen):
        return _PART
    adds = bool(ADDS.search(before) or ADDS.search(later.typed.comment))
    if mention.document != chosen.document:
        return _UNTOLD if _runner(mention) == _runner(chosen) and not _within(mention, chosen) else _ALTERNATIVE
    if adds and mention.confidence >= 0.5:
        return None
    if mention.inline and mention.confidence < 0.7:
        return _ALTERNATIVE
    if moved_between(mentions, typed, index) and _runner(mention) != _runner(chosen):
        return None
    if _folders(mention) - _folders(chosen):
        return None
    return _by_runner(chosen, mention)


def _built_anew(mentions: Sequence[Mention], one: int, other: int) -> bool:
    """Whether between two test commands of one document all is configured anew: then they test two builds of the same."""
    first, last = sorted((one, other))
    return mentions[first].document == mentions[last].document and any(
        mention.role is Role.CONFIGURE and not mention.inline and mention.block == mentions[last].block
        for mention in mentions[first + 1 : last]
    )


def _by_runner(chosen: Mention, mention: Mention) -> _Refusal | None:
    together = chosen.block == mention.block and not mention.inline
    runner, targets = _runner(mention), _targets(mention)
    if runner == _runner(chosen):
        if _within(mention, chosen):
            # A part that a plain run may leave out by the project's own settings is run again: that harms nothing.
            more = _BEYOND.search(mention.typed.text) or _settings(mention) - _settings(chosen)
            return None if together and more else _PART
        named = not (targets <= _WHOLE and _targets(chosen) <= _WHOLE)
        if together or (named and (runner not in _TASK_RUNNERS or _BEYOND.search(mention.typed.text))):
            return None
        return _UNTOLD if named else _ALTERNATIVE
    families = {_FAMILIES.get(runner, ""), _FAMILIES.get(_runner(chosen), "")}
    if "" not in families and len(families) == 2:
        return None
    whole = targets <= _WHOLE and (runner in _FAMILIES or runner in _TASK_RUNNERS)
    if together:
        return _UNTOLD if whole and not _BEYOND.search(mention.typed.text) else None
    return _ALTERNATIVE if whole and not _BEYOND.search(mention.typed.text) else _UNTOLD


def _is_variant(mention: Mention, chosen: Mention) -> bool:
    return bool(_VARIANT.search(mention.typed.text)) and not _VARIANT.search(chosen.typed.text)


def _within(mention: Mention, chosen: Mention) -> bool:
    """Whether a command of the same runner runs nothing that the other one does not."""
    targets = _targets(mention)
    if targets == _targets(chosen):
        return _runner(mention) in _FAMILIES or _runner(mention) in _TASK_RUNNERS or not targets
    if _runner(mention) in {"tox", "nox"} and all(map(_INTERPRETERS.fullmatch, targets)):
        return True
    return _runner(mention) not in _TASK_RUNNERS and _targets(chosen) <= _WHOLE


def _folders(mention: Mention) -> frozenset[str]:
    """Where a line itself goes before it tests (`cd a && make test`)."""
    return frozenset(
        command.words[1] for command in mention.typed.commands if command.program == "cd" and command.words[1:]
    )


def _settings(mention: Mention) -> frozenset[tuple[str, str]]:
    return frozenset(each for command in mention.typed.commands for each in command.assignments)


def _test_words(mention: Mention) -> tuple[str, ...]:
    tests = [command.words for command in mention.typed.commands if describe(command).role is Role.TEST]
    return unwrapped(tests[0])[0] if tests else ()


def _runner(mention: Mention) -> str:
    return mention.main.manager


def _targets(mention: Mention) -> frozenset[str]:
    """What a test command is told to run: targets of a task runner, paths, modules; empty for all."""
    found: list[str] = []
    words = _test_words(mention)
    with_value = _WITH_VALUE | _WITH_VALUE_OF.get(_runner(mention), frozenset())
    for number, word in enumerate(words[1:], 1):
        if word.startswith("-") or "=" in word or (words[number - 1] in with_value and number > 1):
            continue
        found.append(word)
    return frozenset(found) - ({"run", "run-script"} if words[:1] and words[0] in _TASK_RUNNERS else {"discover"})
