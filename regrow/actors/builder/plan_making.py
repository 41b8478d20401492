"""The literal plan: what the documents say to type, in their order, each step with the file and line that says so.

Nothing that the documents do not say is put into it, with one exception that is preparation and no deviation: a Python
project gets a virtual environment, because Debian refuses `pip install` outside of one (PEP 668) and every newcomer
makes one first; it is left out when the documents make their own. A language that they ask for in a sentence is installed
(`toolchains`). What to do when the literal plan fails is not decided
here (`regrow.core.project.recovery`); other documented test commands stand beside the plan as candidates, which are
literal too.

What the documents it follows say besides is named with the reason why it is not done. A command that they require and that
cannot be done as it is written is left out as a deviation: without it the plan is not what they say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from regrow.actors.builder.toolchains import prepared_languages
from regrow.core.project.command_facts import Role
from regrow.core.project.evidence import Evidence
from regrow.core.project.plan_steps import Draft, assemble, phase_of, roles_of
from regrow.core.sandbox.values import CHECKOUT
from regrow.protocols.plan import (
    CommandKind,
    Deviation,
    DeviationKind,
    DocAnalysis,
    DocCommand,
    DocRef,
    Ecosystem,
    LeftOutCommand,
    Plan,
    Shell,
    StepPhase,
)

__all__ = ["PREPARE_PYTHON", "PlanLine", "as_typed", "make_plan", "nothing_said", "render_plan", "say_left_out"]

PREPARE_PYTHON = 'python3 -m venv "$HOME/venv" && . "$HOME/venv/bin/activate"'
"""Outside the checkout, so that no tool of the project sees it."""

_LIMIT_CANDIDATES = 4
_LIMIT_READ = 3
"""Documents that a message names."""

_SAME_BLOCK_LINES = 3
"""Between two commands of one block stand a comment and an empty line at most."""

_MAKES_READY = frozenset((Role.CHECKOUT, Role.RELEASED, Role.REQUIREMENTS, Role.CONFIGURE, Role.COMPILE))
"""What tests may need to have been done."""


def make_plan(analysis: DocAnalysis, evidence: Evidence) -> Plan:
    """The literal plan of an analysis.

    A plan without a step that `counts_tests` says that no document tells how to test.
    """
    chosen = [command for command in analysis.commands if command.chosen and command.shell is Shell.POSIX]
    ordered = _in_plan_order(chosen)
    tests = [command for command in ordered if command.kind is CommandKind.TEST]
    drafts = [_draft(command, counts=command.kind is CommandKind.TEST) for command in ordered]
    drafts = _say_reordered(chosen, drafts)
    drafts = _with_services(drafts, analysis)
    if evidence.ecosystem is Ecosystem.PYTHON or _uses_pip(ordered):
        drafts = _with_environment(drafts)
    drafts = [*prepared_languages(analysis, ordered, evidence), *drafts]
    others = [command for command in analysis.commands if not command.chosen and command.alternatives_group == "test"]
    alternatives = [(as_typed(tests[0].text), _draft(other, counts=True)) for other in _distinct(others) if tests]
    left_out = _left_out(analysis)
    return assemble(
        drafts, alternatives[:_LIMIT_CANDIDATES], [_skipped(each) for each in left_out if each.required], left_out
    )


def _with_services(drafts: list[Draft], analysis: DocAnalysis) -> list[Draft]:
    """The servers that the documents start for the tests, before the first of these."""
    first = next((index for index, draft in enumerate(drafts) if draft.counts_tests), None)
    if first is None:
        return drafts
    services = [
        Draft(
            as_typed(server.command),
            f"{server.ref}: left running while the tests are typed",
            StepPhase.TEST,
            server.ref,
            service=True,
            port=server.port,
        )
        for server in analysis.servers
        if server.for_tests
    ]
    return [*drafts[:first], *services, *drafts[first:]]


def _left_out(analysis: DocAnalysis) -> list[LeftOutCommand]:
    """What the documents that the plan follows (all, when it follows none) tell the reader to type besides."""
    started = {server.ref for server in analysis.servers if server.for_tests}
    followed = {command.ref.file for command in analysis.commands if command.chosen}
    return [
        LeftOutCommand(
            text=command.text,
            ref=command.ref.model_copy(update={"text": command.text}),
            reason=command.left_out,
            detail=command.reason,
            in_path=command.in_path,
            required=command.required,
        )
        for command in analysis.commands
        if command.left_out is not None
        and (not followed or command.ref.file in followed)
        and command.ref not in started
    ]


def _skipped(command: LeftOutCommand) -> Deviation:
    shown = command.text if len(command.text) <= 120 else command.text[:117] + "..."
    return Deviation(
        strategy_id=f"left_out:{command.reason.value}",
        kind=DeviationKind.SKIPPED_STEP,
        description=f"leaves out '{shown}' ({command.reason.value}): {command.detail}",
        corrects=command.ref,
        sentence=f"To build and test, `{shown}` is not needed.",
    )


def as_typed(text: str) -> str:
    """A documented command as it is run in the room: without `sudo`, with consent where apt would ask, without a clone.

    The room is the reader's own machine, so root rights are not asked for; what is dropped is shown in the step's
    reason.

    >>> as_typed("sudo apt-get install gcc"), as_typed("sudo -H pip install ."), as_typed("npm test")
    ('apt-get install -y gcc', 'pip install .', 'npm test')
    """
    text = re.sub(r"^git clone [^&;\n]+&&\s*(?:cd [^&;\n]+&&\s*)?(?=\S)", "", text)
    text = re.sub(r"(^|[;&|]\s*|\n\s*)sudo(?:\s+-[A-Za-z]+(?:\s+\w+(?=\s+-))?)*\s+", r"\1", text)
    return re.sub(r"\b(apt(?:-get)?)\s+((?:-\S+\s+)*)(install)(?!.*\s(?:-y|--yes|-qy|-yq)\b)", r"\1 \2\3 -y", text)


def _in_plan_order(chosen: Sequence[DocCommand]) -> list[DocCommand]:
    """As the documents have them; when another document installs after the one that tests, its commands come first."""
    last_test = _last_test(chosen)
    if last_test is None:
        return list(chosen)
    return [*chosen[last_test + 1 :], *chosen[: last_test + 1]]


def _last_test(chosen: Sequence[DocCommand]) -> int | None:
    return max((index for index, command in enumerate(chosen) if command.kind is CommandKind.TEST), default=None)


def _say_reordered(chosen: Sequence[DocCommand], drafts: list[Draft]) -> list[Draft]:
    """Name what a block tells the reader to install or build only after the test that needs it.

    A reader types a block from top to bottom. Where sections are the other way round, they look for the one that comes
    first, so that is no fault; nor is it when something was installed before the test, which may be all that it needs.
    """
    last_test = _last_test(chosen)
    if last_test is None or any(roles_of(command.text) & _MAKES_READY for command in chosen[:last_test]):
        return drafts
    test, moved = chosen[last_test], dict[DocRef, Deviation]()
    above = test
    for command in chosen[last_test + 1 :]:
        if command.ref.file != above.ref.file or not 0 <= command.ref.line - above.ref.end_line <= _SAME_BLOCK_LINES:
            break
        above = command
        if roles_of(command.text) & _MAKES_READY:
            moved[command.ref] = Deviation(
                strategy_id="reordered",
                kind=DeviationKind.REORDERED,
                description=f"does '{command.text}' before '{test.text}', which stands above it",
                corrects=test.ref,
                sentence=f"Before `{test.text}`: `{command.text}`.",
            )
    return [replace(draft, deviation=moved.get(draft.ref)) if draft.ref is not None else draft for draft in drafts]


def _draft(command: DocCommand, *, counts: bool) -> Draft:
    text = as_typed(command.text)
    reason = f"{command.ref}: {command.reason}"
    if text != command.text:
        reason += (
            "; run without sudo, in a room of its own" if "sudo" in command.text else "; with consent given beforehand"
        )
    if command.from_root:
        text = f"cd {CHECKOUT} && {text}"
        reason += "; from the root of the source, where its section begins"
    phase = StepPhase.TEST if counts else phase_of(text)
    return Draft(text, reason, phase, command.ref, None, counts)


def _uses_pip(commands: Iterable[DocCommand]) -> bool:
    return any(re.search(r"\bpip[\d.]* install\b", command.text) for command in commands)


def _with_environment(drafts: list[Draft]) -> list[Draft]:
    first_use = next((index for index, draft in enumerate(drafts) if draft.phase is not StepPhase.SETUP), len(drafts))
    makes = any(re.search(r"-m venv|\bvirtualenv\b|\buv venv", draft.command) for draft in drafts[:first_use])
    enters = any(
        Role.ENVIRONMENT in roles_of(draft.command) and "activate" in draft.command for draft in drafts[:first_use]
    )
    # `uv` finds the `.venv` that it made; another one that is active would get what `uv pip` installs, and not be used.
    by_uv = any(re.search(r"\buv venv\b", draft.command) for draft in drafts)
    if by_uv or (makes and enters):
        return drafts
    reason = "preparation: Debian's Python installs into virtual environments only (PEP 668)"
    return [Draft(PREPARE_PYTHON, reason, StepPhase.SETUP), *drafts]


def _distinct(commands: Iterable[DocCommand]) -> list[DocCommand]:
    seen: dict[str, DocCommand] = {}
    for command in commands:
        if command.confidence >= 0.5 and "-- " not in command.text and not re.search(r"::|(?:^|\s)-k\s", command.text):
            seen.setdefault(command.text, command)
    return list(seen.values())


def say_left_out(plan: Plan) -> str | None:
    """What is left out on the way to a tested build, in one short line; None when nothing is.

    >>> say_left_out(Plan(plan_id="p", steps=(), literal=True)) is None
    True
    """
    on_the_way = sorted((each for each in plan.left_out if each.in_path), key=lambda each: not each.required)
    if not on_the_way:
        return None
    words = Counter(each.reason.value for each in on_the_way)
    counted = ", ".join(f"{count} {word}" for word, count in words.items())
    return f"not done of what the documents say: {counted}; the first at {on_the_way[0].ref}"


def nothing_said(analysis: DocAnalysis) -> str:
    """What is wrong with documents that give no step: which were read, so that it is known where the sentence is missing.

    >>> nothing_said(DocAnalysis())
    'no document says how to install, build or test the project (there is none)'
    """
    read = [document.file for document in analysis.documents]
    shown = ", ".join(read[:_LIMIT_READ]) + (f" and {len(read) - _LIMIT_READ} more" if len(read) > _LIMIT_READ else "")
    where = f"read: {shown}" if read else "there is none"
    return f"no document says how to install, build or test the project ({where})"


class PlanLine(tuple[str, str, str, str]):
    """`(mark, command, where, why)` for one line of a plan as people read it; mark is a step's number, `or`, or `-`."""

    __slots__ = ()


def render_plan(plan: Plan) -> tuple[PlanLine, ...]:
    """A plan as people read it: steps, then candidates, then what is left out and why."""
    rows = [
        PlanLine(
            (
                str(number),
                step.command,
                str(step.ref or ""),
                step.deviation.description if step.deviation else step.reason,
            )
        )
        for number, step in enumerate(plan.steps, 1)
    ]
    rows += [PlanLine(("or", c.step.command, str(c.step.ref or ""), c.step.reason)) for c in plan.candidates]
    rows += [
        PlanLine(("-", command.text, str(command.ref), f"{command.reason.value}: {command.detail}"))
        for command in plan.left_out
    ]
    return tuple(rows)
