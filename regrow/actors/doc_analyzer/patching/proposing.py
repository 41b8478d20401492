"""A patch of the documents after which they say what works: proposed here, proved elsewhere by a run that follows it.

Two ways. *In place*: where the documents have the commands and some are wrong or missing between them, those lines are
changed. *A section*: where they say nothing of building a checkout, or only how to install what was released, which is
right for its readers, the commands are put where the documents speak of tests, of development or of installing. Each way
is read again by the same analysis that read the documents; the first after which the commands are those that worked, and
nothing else is in the way, is the patch.

Preparation that every reader makes (`PlanStep.ref` and `deviation` both None) is no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from regrow.actors.doc_analyzer.analysis import analyze
from regrow.actors.doc_analyzer.blocks import BlockKind, Document
from regrow.actors.doc_analyzer.documents import for_maintainers, read_document
from regrow.actors.doc_analyzer.patching.style import (
    Section,
    body_end,
    command_lines,
    heading_lines,
    prefix_of,
    sections_of,
    style_of,
)
from regrow.core.project.command_facts import Role
from regrow.core.project.doc_edits import changed_lines, edited_tree, unified_diff
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import roles_of, system_packages_of
from regrow.protocols.doc_patch import DocEdit, DocPatch
from regrow.protocols.documents import DocAnalysis, DocFormat, DocRef, Shell
from regrow.protocols.plan import DeviationKind, Plan, PlanStep

__all__ = ["LINES_A_DEVIATION", "propose_patch"]

LINES_A_DEVIATION = 10
"""A patch that changes more lines than this for each deviation is not what a maintainer reads."""

_LIMIT_SECTION_LINES = 60

_NEWER_TOOLS = re.compile(
    r"(?:python\S* -m )?pip[\d.]* install (?:(?:-U|--upgrade|-q) )+(?:(?:pip|setuptools|wheel|build)(?: |$))+$"
)
"""What a document may tell its reader to do first, without which the same was built and tested; it is not taken out for that."""

_LIMIT_PLACES = 12
"""Places that are tried: each is one more reading of all documents."""

_CHANGES = frozenset(
    {
        DeviationKind.CHANGED_COMMAND,
        DeviationKind.CHOSEN_PLACEHOLDER,
        DeviationKind.OTHER_FOLDER,
        DeviationKind.OTHER_VERSION,
    }
)
_TESTS = re.compile(r"(?i)\b(?:unit ?)?tests?(?:ing|s|suite)?\b|\btest suite\b")
_DEVELOPS = re.compile(
    r"(?i)\bdevelop\w*|\bcontribut\w*|\bhacking\b|\bfrom (?:the )?source\b|\bbuild(?:ing)?\b|\bcompil\w+"
)
_INSTALLS = re.compile(r"(?i)\binstall\w*|\bsetup\b|\bgetting started\b|\bquick ?start\b")
_CLOSES = re.compile(
    r"(?i)\blicen[cs]e|\bchange(?:log|s)?\b|\bcredits?\b|\bauthors?\b|\bcontributors\b|\bmaintainers\b|\bhistory\b|\backnowledg|\brelease"
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One command that the documents should say.

    Attributes:
        at: Where they say it, or the wrong one that stands for it.
        old: The wrong one, where it stands in a sentence.
    """

    command: str
    at: DocRef | None = None
    said: bool = False
    old: str = ""


def propose_patch(tree: FileTree, analysis: DocAnalysis, plan: Plan, name: str | None = None) -> DocPatch:
    """Return a patch after which the documents say the plan, or why there is none.

    Args:
        tree: The target's files.
        analysis: What its documents say now.
        plan: What worked.
        name: What the target was called when it was fetched.
    """
    given = next((step for step in plan.steps if step.interpreter), None)
    if given is not None:
        return DocPatch(
            why=f"Debian 12 does not have Python {given.interpreter}, so no sentence brings it to its reader"
        )
    steps = [step for step in plan.steps if step.ref is not None or step.deviation is not None]
    needs = [step.deviation.sentence for step in steps if step.deviation is not None and _is_a_language(step)]
    wanted = _together([_wanted(step) for step in steps if not _is_a_language(step)])
    wanted = [_with_old(each, analysis, wanted) for each in wanted]
    target = _plain([each.command for each in wanted])
    # A notebook is JSON: its lines are no lines of text that a patch could change.
    texts = [each.file for each in analysis.documents if each.format is not DocFormat.NOTEBOOK]
    read = [document for document in (read_document(tree, file) for file in texts) if document]
    why = (
        "the project has no document to say it in"
        if not read
        else "no place was found where the documents could say it"
    )
    for edits in _ways(tree, analysis, plan, wanted, needs, read):
        try:
            patched, new = edited_tree(tree, edits)
        except ValueError as error:
            why = str(error)
            continue
        diff = unified_diff({file: tree.read(file) for file in new}, new)
        found = analyze(patched, (), name)
        problem = _problem(found, target)
        if not problem and changed_lines(diff) > LINES_A_DEVIATION * max(1, len(plan.all_deviations)):
            problem = f"it would change {changed_lines(diff)} lines for {len(plan.all_deviations)} deviations"
        if not problem:
            return DocPatch(edits=tuple(edits), diff=diff)
        why = problem
    return DocPatch(why=why)


def _with_old(each: _Wanted, analysis: DocAnalysis, wanted: Sequence[_Wanted]) -> _Wanted:
    """What is wrong, with the one command of its sentence that is no longer wanted."""
    if each.at is None or each.said:
        return each
    kept = {other.command for other in wanted}
    told = [one.text for one in analysis.commands if one.ref == each.at and one.chosen and one.text not in kept]
    return replace(each, old=told[0]) if len(told) == 1 else each


def _is_a_language(step: PlanStep) -> bool:
    """Whether a step brings a later language, which the documents ask for in a sentence: how is its reader's choice."""
    deviation = step.deviation
    return (
        deviation is not None
        and deviation.kind is DeviationKind.OTHER_VERSION
        and deviation.strategy_id == "newer_node"
    )


def _wanted(step: PlanStep) -> _Wanted:
    deviation = step.deviation
    command = _as_written(step)
    if deviation is None:
        return _Wanted(command, step.ref, said=True)
    if deviation.kind in _CHANGES and deviation.corrects is not None:
        return _Wanted(command, deviation.corrects)
    return _Wanted(command)


def _as_written(step: PlanStep) -> str:
    """The command as a document says it: system packages with `sudo`, and without what only a script needs."""
    packages = system_packages_of(step.command)
    if packages and step.command.startswith("apt-get install"):
        return f"sudo apt-get install {' '.join(packages)}"
    return step.command


def _together(wanted: Sequence[_Wanted]) -> list[_Wanted]:
    """Commands with all system packages that the documents lack in the first that installs any: one line says them."""
    lacking = [each for each in wanted if each.at is None and each.command.startswith("sudo apt-get install ")]
    packages = dict.fromkeys(name for each in lacking for name in system_packages_of(each.command))
    one = _Wanted(f"sudo apt-get install {' '.join(packages)}")
    return (
        [one if each is lacking[0] else each for each in wanted if each not in lacking[1:]] if lacking else list(wanted)
    )


def _plain(commands: Sequence[str]) -> list[str]:
    """Commands without what makes no difference to what they do here; the system packages of all of them come first."""
    packages = sorted({name for command in commands for name in system_packages_of(command)})
    others = [command for command in commands if not system_packages_of(command)]
    return [*packages, *(" ".join(re.sub(r"(^|[;&|]\s*)sudo\s+", r"\1", each).split()) for each in others)]


def _problem(found: DocAnalysis, target: Sequence[str]) -> str:
    """Why the documents as patched do not say the plan; "" when they do."""
    stands = next((each for each in found.commands if each.required), None)
    if stands is not None:
        return f"`{stands.text}` ({stands.ref}) still stands in the way"
    typed = [each.text for each in found.commands if each.chosen and each.shell is Shell.POSIX]
    chosen = _plain([text for text in typed if text in target or not _NEWER_TOOLS.match(text)])
    if sorted(chosen) != sorted(target) or chosen[-1:] != list(target[-1:]):
        return (
            f"read again, they say {len(chosen)} commands where {len(target)} are needed: {'; '.join(chosen) or 'none'}"
        )
    return ""


# -- the ways ----------------------------------------------------------------------------------------------------------


def _ways(
    tree: FileTree,
    analysis: DocAnalysis,
    plan: Plan,
    wanted: Sequence[_Wanted],
    needs: Sequence[str],
    read: Sequence[Document],
) -> Iterator[list[DocEdit]]:
    in_place = _in_place(tree, plan, wanted, read)
    if in_place is not None and needs:
        in_place = _with_sentence(in_place, wanted, needs, read)
    if in_place is not None:
        yield in_place
    places: list[tuple[int, DocEdit]] = []
    for document in read:
        if for_maintainers(document.file) and document is not read[0]:
            continue
        lines = _raw_lines(tree, document.file)
        refs = [each.ref for each in analysis.commands if each.ref.file == document.file]
        # What is installed for the system comes first, wherever it was found out that it is needed.
        commands = sorted((each.command for each in wanted), key=lambda command: not system_packages_of(command))
        places += _sections(document, lines, refs, commands, needs)
    # The best place of all documents first; of equal ones, that in the document that is read first.
    for _, edit in sorted(places, key=lambda place: place[0])[:_LIMIT_PLACES]:
        yield [edit]


def _raw_lines(tree: FileTree, file: str) -> list[str]:
    return tree.read(file).decode("utf-8", "replace").replace("\r\n", "\n").split("\n")


def _in_place(tree: FileTree, plan: Plan, wanted: Sequence[_Wanted], read: Sequence[Document]) -> list[DocEdit] | None:
    """Edits of the lines concerned; None where they are not in a block of code, or are right for other readers."""
    at = [each.at for each in wanted if each.at is not None]
    wrong = [each.at for each in wanted if each.at is not None and not each.said]
    if not at or any(Role.RELEASED in roles_of(ref.text) for ref in wrong):
        return None
    if not {ref.file for ref in at} <= {block.file for document in read for block in document.blocks}:
        return None
    lines = {ref.file: _raw_lines(tree, ref.file) for ref in at}
    edits: list[DocEdit] = []
    for place, each in enumerate(wanted):
        if each.said:
            continue
        edit = _changed(each, lines) if each.at is not None else _put_in(place, wanted, read, lines)
        if edit is None:
            return None
        edits.append(edit)
    for deviation in plan.deviations:
        if deviation.kind is DeviationKind.SKIPPED_STEP and deviation.corrects is not None:
            taken = _taken_out(deviation.corrects, read)
            if taken is None:
                return None
            edits.append(taken)
    return _joined(edits)


def _with_sentence(
    edits: list[DocEdit], wanted: Sequence[_Wanted], needs: Sequence[str], read: Sequence[Document]
) -> list[DocEdit] | None:
    """The edits, and a paragraph with what is needed before the first block of commands, or after their sentence."""
    first = next((each.at for each in wanted if each.at is not None), None)
    if first is None:
        return None
    for document in read:
        for block in document.blocks:
            if block.file != first.file or not block.line <= first.line <= block.end_line:
                continue
            if block.kind is BlockKind.CODE:
                return None  # Where a block begins is the format's matter: a section of its own says it.
            after = block.end_line
            told = DocEdit(file=first.file, line=after + 1, end_line=after, lines=("", *needs))
            return sorted([*edits, told], key=lambda edit: (edit.file, edit.line))
    return None


def _changed(each: _Wanted, lines: dict[str, list[str]]) -> DocEdit | None:
    ref = each.at
    assert ref is not None, "only a command that the documents have is changed"
    old = lines[ref.file][ref.line - 1 : ref.end_line]
    if not old:
        return None
    quoted = [(place, f"`{each.old}`") for place, line in enumerate(old) if each.old and f"`{each.old}`" in line]
    if len(quoted) == 1 and old[quoted[0][0]].count(quoted[0][1]) == 1:
        place, words = quoted[0]
        new = [*old[:place], old[place].replace(words, f"`{each.command}`"), *old[place + 1 :]]
    elif len(old) == 1 and old[0].count(ref.text) == 1:
        new = [old[0].replace(ref.text, each.command)]
    else:
        new = [prefix_of(old[0]) + line for line in each.command.split("\n")]
    return DocEdit(file=ref.file, line=ref.line, end_line=ref.end_line, lines=tuple(new))


def _put_in(
    place: int, wanted: Sequence[_Wanted], read: Sequence[Document], lines: dict[str, list[str]]
) -> DocEdit | None:
    """A line before the next command that the documents have, or after the one before."""
    after = next((each.at for each in wanted[place + 1 :] if each.at is not None), None)
    before = next((each.at for each in reversed(wanted[:place]) if each.at is not None), None)
    for ref, line in ((after, after.line if after else 0), (before, before.end_line + 1 if before else 0)):
        if ref is not None and _in_code(ref, read):
            prefix = prefix_of(lines[ref.file][ref.line - 1])
            typed = tuple(prefix + each for each in wanted[place].command.split("\n"))
            return DocEdit(file=ref.file, line=line, end_line=line - 1, lines=typed)
    return None


def _taken_out(ref: DocRef, read: Sequence[Document]) -> DocEdit | None:
    """Take the lines of a command out of its block, unless nothing would be left in it."""
    block = _in_code(ref, read)
    if block is None or (block[0] >= ref.line and block[1] <= ref.end_line):
        return None
    return DocEdit(file=ref.file, line=ref.line, end_line=ref.end_line, lines=())


def _in_code(ref: DocRef, read: Sequence[Document]) -> tuple[int, int] | None:
    """The lines of the block of code that a command stands in; None for one in a sentence."""
    for document in read:
        for block in document.blocks:
            if block.kind is BlockKind.CODE and block.file == ref.file and block.line <= ref.line <= block.end_line:
                return block.line, block.end_line
    return None


def _joined(edits: Iterable[DocEdit]) -> list[DocEdit]:
    """Edits that put lines at the same place, as one, in their order."""
    joined: list[DocEdit] = []
    for edit in edits:
        last = joined[-1] if joined else None
        if last is not None and (last.file, last.line, last.end_line) == (edit.file, edit.line, edit.end_line):
            joined[-1] = last.model_copy(update={"lines": last.lines + edit.lines})
        else:
            joined.append(edit)
    return joined


# -- a section ---------------------------------------------------------------------------------------------------------


def _sections(
    document: Document, lines: Sequence[str], refs: Sequence[DocRef], commands: Sequence[str], needs: Sequence[str] = ()
) -> Iterator[tuple[int, DocEdit]]:
    """A block with all commands: where the document speaks of tests, of development, of installing, or before its end.

    Yields:
        How good the place is, the best with 0, and what to put there.
    """
    style = style_of(document, lines, refs)
    packages = any(system_packages_of(command) for command in commands)
    languages = "".join(f", with {each.removeprefix('Needs ').removesuffix('.')}" for each in needs)
    where = ", on Debian or Ubuntu" if packages else ""
    sentence = f"From a checkout{languages}{where}, build it and run its tests with"
    block = command_lines(style, sentence, commands)
    sections = [each for each in sections_of(document, lines) if each.title]
    below = [each for each in sections if each.level > 1] or sections
    for rank, pattern in enumerate((_TESTS, _DEVELOPS)):
        for section in below:
            if pattern.search(section.title) and not _CLOSES.search(section.title):
                yield rank, _inserted(document.file, lines, section.own_end, block)
    for section in below:
        # Below a heading that holds half of the document nobody would look for it.
        if _INSTALLS.search(section.title) and section.end - section.own_end <= _LIMIT_SECTION_LINES:
            headed = [*heading_lines("Running the tests", section, document.format), "", *block]
            yield 2, _inserted(document.file, lines, section.end, headed)
    if below:
        like = _usual(below)
        headed = [*heading_lines("Running the tests", like, document.format), "", *block]
        closing = next((each for each in below if each.level == like.level and _CLOSES.search(each.title)), None)
        yield (
            3,
            _inserted(document.file, lines, closing.line - 1 if closing else body_end(lines, below[-1].end), headed),
        )
    yield 4, _inserted(document.file, lines, body_end(lines, len(lines)), block)


def _usual(sections: Sequence[Section]) -> Section:
    """One of the outermost sections, whose heading others of the document look like."""
    level = min(section.level for section in sections)
    return next(section for section in sections if section.level == level)


def _inserted(file: str, lines: Sequence[str], after: int, new: Sequence[str]) -> DocEdit:
    """Put lines after line `after`, between one empty line and the next."""
    last = after
    while last and not lines[last - 1].strip():
        last -= 1
    first = [""] if last else []
    at_end = not any(line.strip() for line in lines[last:])
    trailing = [] if at_end or not lines[last].strip() else [""]
    return DocEdit(file=file, line=last + 1, end_line=last, lines=(*first, *new, *trailing))
