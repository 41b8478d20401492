"""Rules for the command that tests: the next documented one, those of the project's own files, what a wrapper wraps.

A command of the project's own files comes with what it needs before it: this source in place, and its runner.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from regrow.core.failure_signatures import FailureClass
from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import package_name
from regrow.core.project.evidence import Evidence, Origin, TestCommand, TestSource
from regrow.core.project.plan_steps import Draft, added, changed, draft_of, roles_of
from regrow.core.project.recovery.completing import (
    build_drafts,
    checkout_draft,
    for_tests_draft,
    in_place,
    joined_extras,
    requirement_draft,
    runner_of,
    suite_draft,
)
from regrow.core.project.recovery.model import Case, Recovery
from regrow.core.project.recovery.proposing import changed_step, proposed
from regrow.protocols.plan import Deviation, DeviationKind, Ecosystem, StepPhase

__all__ = [
    "complete_plan",
    "inner_command",
    "installed_copy",
    "newer_runner",
    "older_runner",
    "other_test_command",
    "released_extras",
    "released_self",
    "this_interpreter",
]

_TOX = re.compile(
    r"^(?P<head>(?:[^;|]*&& )?(?:(?:python\S* -m|uvx(?: --?[\w-]+[= ][\w.-]+)*|uv run(?: --?[\w-]+[= ][\w.-]+)*|pipx run|"
    r"poetry run|pdm run|hatch run|pipenv run) )?tox)\b(?P<rest>.*)$"
)
"""tox, by itself, by a program that fetches it or enters its environment, or on one line with what installs it."""

_TYPED_PYTEST = re.compile(r"(?:\w+=\S* )*(?:python\S* -m )?(?:pytest|py\.test|coverage)\b")
_FILLS = re.compile(r"(?:^|[\s/])(uv|poetry|pdm|pipenv) (?:install|sync)(?=\s|$)")
"""A step that fills the environment of a manager."""


def _test_index(case: Case) -> int | None:
    return next((index for index, draft in enumerate(case.drafts) if draft.counts_tests), None)


def released_self(draft: Draft, evidence: Evidence) -> bool:
    """Whether a step installs the released copy of the project itself."""
    roles = roles_of(draft.command)
    own = {package_name(evidence.name), *(package_name(name) for name in evidence.packages)} - {""}
    typed = [word.strip("'\"") for word in draft.command.split()]
    words = {package_name(word) for word in typed} | {package_name(re.sub(r".*/|\.git\b.*", "", w)) for w in typed}
    return Role.RELEASED in roles and bool(own & words)


def released_extras(draft: Draft, evidence: Evidence) -> str:
    """The extras that a step asks for with the released copy, as they stand; empty without any.

    >>> step = Draft("pip install 'some-lib[all,fast]>=2'", "", StepPhase.INSTALL)
    >>> released_extras(step, Evidence(name="some_lib"))
    'all,fast'
    """
    asked = re.finditer(r"(?P<name>[A-Za-z0-9][\w.-]*)\[(?P<extras>[\w.,-]+)\]", draft.command)
    own = package_name(evidence.name)
    return next((each["extras"] for each in asked if package_name(each["name"]) == own), "")


def complete_plan(case: Case) -> Recovery | None:
    """Add everything that the documents leave out, when no step of the plan tests."""
    if _test_index(case) is not None or not case.evidence.test_commands:
        return None
    typed = list(case.drafts)
    if case.evidence.ecosystem is Ecosystem.C and not in_place(case.drafts):
        typed += build_drafts(case.evidence, "complete_plan")
    command = _runnable(case.evidence, " ".join(draft.command for draft in typed))
    drafts = _supported(case, typed, command, "complete_plan")
    command = _entered(case.evidence, drafts, command)
    folder_changed = any(draft.command.startswith("cd ") for draft in drafts)
    if folder_changed:
        command = replace(command, text=re.sub(r"(?<=--build )build\b|(?<=-C )build\b", ".", command.text))
    drafts.append(suite_draft(command, "complete_plan", None, None if folder_changed else case.evidence))
    return proposed(case, "complete_plan", case.rebuilt(drafts))


def _supported(case: Case, drafts: list[Draft], command: TestCommand, strategy: str) -> list[Draft]:
    """Steps with what a command of the project's own files needs before it: this source in place, and its runner."""
    if case.evidence.ecosystem is Ecosystem.C:
        return drafts if in_place(tuple(drafts)) else [*drafts, *build_drafts(case.evidence, strategy)]
    if not in_place(tuple(drafts)):
        released = next((i for i, draft in enumerate(drafts) if released_self(draft, case.evidence)), None)
        extras = released_extras(drafts[released], case.evidence) if released is not None else ""
        corrects = drafts[released].documented if released is not None else None
        install = checkout_draft(case.evidence, strategy, corrects, extras=extras)
        if install is not None and released is not None:
            drafts[released] = install
        elif install is not None:
            drafts.append(install)
    wanted = runner_of(command.text)
    costly = case.evidence.extension is not None and in_place(case.drafts)
    if _manager_of(drafts):
        return drafts
    if not wanted and command.source in {TestSource.TOX, TestSource.NOX} and not _asks_for_requirements(drafts):
        # unittest, which comes with the language, though not what the tests import
        needs = for_tests_draft(case.evidence, strategy)
        return (joined_extras(drafts, needs, costly=costly) or [*drafts, needs]) if needs else drafts
    if wanted and case.evidence.ecosystem is Ecosystem.PYTHON and not any(wanted in draft.command for draft in drafts):
        needs = requirement_draft(case.evidence, strategy, wanted)
        drafts = (joined_extras(drafts, needs, costly=costly) or [*drafts, needs]) if needs else drafts
    return drafts


def _asks_for_requirements(drafts: Sequence[Draft]) -> bool:
    return any(Role.REQUIREMENTS in roles_of(draft.command) or ".[" in draft.command for draft in drafts)


def _manager_of(drafts: Sequence[Draft]) -> str:
    """The manager whose own environment a step fills and no later one enters; empty when there is none."""
    found = ""
    for draft in drafts:
        if filled := _FILLS.search(draft.command):
            found = filled.group(1)
        elif "activate" in draft.command:
            found = ""
    return found


def _entered(evidence: Evidence, drafts: Sequence[Draft], command: TestCommand) -> TestCommand:
    """A command of the project's own files, in the environment that the steps before it have filled.

    Where uv is told nothing it leaves out what is declared for tests alone.
    """
    manager = _manager_of(drafts)
    parts = re.match(r"(?P<settings>(?:\w+=\S* )*)(?P<rest>(?:python|pytest|py\.test|coverage)\b.*)$", command.text)
    if not manager or parts is None:
        return command
    wanted = runner_of(command.text)
    declared = requirement_draft(evidence, "entered", wanted)
    kind = next((each for each in evidence.test_requirements if declared and each.ref == declared.ref), None)
    named = f" --{kind.kind} {kind.name}" if manager == "uv" and kind and kind.kind in {"group", "extra"} else ""
    return replace(command, text=f"{parts['settings']}{manager} run{named} {parts['rest']}")


def _runnable(evidence: Evidence, done: str = "") -> TestCommand:
    """The first command that needs no wrapper of its own and no report options of plugins that may be missing.

    `done` are the commands typed so far: what CMake or Meson configured is tested by their own runners.
    """
    for maker, runner in (("cmake", ("ctest", "cmake")), ("meson", ("meson test",))):
        if maker in done and (fitting := [each for each in evidence.test_commands if each.text.startswith(runner)]):
            return fitting[0]
    plain = [
        each
        for each in evidence.test_commands
        if not re.search(r"\b(uv|tox|nox|hatch|coverage|codspeed|bench)\b|--cov", each.text)
    ]
    return (plain or list(evidence.test_commands))[0]


def other_test_command(case: Case) -> Recovery | None:
    """The next documented command, then those of the project's own files."""
    step = case.failure.step
    index = case.index if step is not None and step.counts_tests else _test_index(case)
    if index is None or index >= len(case.drafts) or (step is not None and case.index != index):
        return None
    if case.failure.tests_passed:
        return None  # a suite that ran is not exchanged for one that may be smaller (trap 15)
    gone = case.sign is not None and case.sign.kind is FailureClass.RELEASE_GONE
    if _only_lacks_a_module(case) or (gone and (step is None or step.network)):
        return None
    current = case.drafts[index]
    for candidate in case.plan.candidates:
        if candidate.step.command != current.command:
            plan = case.replace(draft_of(candidate.step), index)
            if plan is not None:
                shorter = plan.model_copy(
                    update={"candidates": tuple(c for c in plan.candidates if c.step.command != candidate.step.command)}
                )
                return Recovery(f"other_test_command:{candidate.step.command}", f"'{current.command}' failed", shorter)
    first = _runnable(case.evidence) if case.evidence.test_commands else None
    for command in sorted(case.evidence.test_commands, key=lambda each: each is not first):
        entered = _entered(case.evidence, case.drafts[:index], command)
        draft = suite_draft(entered, "other_test_command", current.documented)
        if draft.command != current.command and not any(draft.command == other.command for other in case.drafts):
            before = _supported(case, list(case.drafts[:index]), command, "other_test_command")
            return Recovery(
                f"other_test_command:{draft.command}",
                f"'{current.command}' failed",
                case.rebuilt([*before, draft, *case.drafts[index + 1 :]]),
            )
    return None


def _only_lacks_a_module(case: Case) -> bool:
    """Whether the failure is a module of somebody else, which no other command brings; what it starts may be misspelt."""
    lacking = [each.name for each in case.evidence.missing if each.origin is Origin.FOREIGN]
    return any(not runner_of(name) and not re.search(rf"-m {re.escape(name)}(\s|$)", case.command) for name in lacking)


def this_interpreter(case: Case) -> Recovery | None:
    """`tox` over a matrix of interpreters: the one that is here."""
    match = _TOX.match(case.command)
    if match is None or re.search(r"-e[ =]?py(\s|$)", case.command):
        return None
    command = f"{match.group('head')} -e py"
    if any(command == draft.command for draft in case.drafts):
        return _without_repetition(case, command)
    plan = changed_step(case, "this_interpreter", command, f"To run the tests with the Python at hand: `{command}`.")
    found = proposed(case, "this_interpreter", plan)
    # Whichever interpreter is missing, it is the same that is done: once.
    return replace(found, strategy_id=f"this_interpreter:{command}") if found is not None else None


def _without_repetition(case: Case, command: str) -> Recovery | None:
    """The plan without a step that would do with the Python at hand what another step does already."""
    old = case.drafts[case.index]
    deviation = Deviation(
        strategy_id="this_interpreter",
        kind=DeviationKind.SKIPPED_STEP,
        description=f"leaves '{old.command}' out, which with the Python at hand is '{command}' again",
        corrects=old.documented,
        sentence=f"`{old.command}` needs further interpreters.",
    )
    rest = [draft for place, draft in enumerate(case.drafts) if place != case.index]
    return proposed(case, "this_interpreter", case.rebuilt(rest, (deviation,)))


def installed_copy(case: Case) -> Recovery | None:
    """Pytest told to look among what is installed first, where the source tree hides what was compiled.

    Source: pytest's manual on import modes (`append` is for tests of an installed package with the same import root).
    """
    index = _test_index(case)
    if index is None or case.evidence.extension is None or _is_own_module(case) is False:
        return None
    old = case.drafts[index]
    typed = re.fullmatch(
        r"(?P<settings>(?:\w+=\S* )*)(?:python\S* -m )?(?:pytest|py\.test)(?P<rest>(?: .*)?)", old.command
    )
    installs = [draft.command for draft in case.drafts[:index] if Role.CHECKOUT in roles_of(draft.command)]
    if (
        typed is None
        or "--import-mode" in old.command
        or not installs
        or re.search(r" -e\b|develop", " ".join(installs))
    ):
        return None
    command = f"{typed['settings']}pytest --import-mode=append{typed['rest']}"
    told = f"'{command}' instead of '{old.command}', which imports the source tree, where nothing is compiled"
    sentence = f"To test what is installed: `{command}`."
    deviation = changed("installed_copy", told, sentence, old.documented)
    draft = Draft(command, old.reason, old.phase, old.ref, deviation, old.counts_tests)
    return proposed(case, "installed_copy", case.replace(draft, index))


def _is_own_module(case: Case) -> bool | None:
    """Whether the module that is missing is one within the project's packages; None where no module is."""
    if case.sign is None or case.sign.kind is not FailureClass.MISSING_MODULE:
        return None
    package, _, module = case.sign.subject.partition(".")
    return bool(module) and package in case.evidence.packages


def older_runner(case: Case) -> Recovery | None:
    """The last pytest before the one that says of what these tests use that it goes."""
    goes = case.sign.subject if case.sign is not None else ""
    if not goes.isdigit() or not _TYPED_PYTEST.match(case.command):
        return None
    command = f"python -m pip install 'pytest<{int(goes) - 1}'"
    deviation = added(
        "older_runner",
        f"uses a pytest before {int(goes) - 1}",
        f"The tests need a pytest before {int(goes) - 1}: `{command}`.",
    )
    why = f"the tests use what pytest {goes} no longer has, and its predecessor says so"
    return proposed(case, "older_runner", case.insert(Draft(command, why, StepPhase.INSTALL, None, deviation)))


def newer_runner(case: Case) -> Recovery | None:
    """A pytest of today where the pinned one is older than this Python."""
    if not _TYPED_PYTEST.match(case.command):
        return None
    command = "python -m pip install --upgrade pytest"
    told = "uses a newer pytest than the one that is pinned, which is older than this Python"
    deviation = added("newer_runner", told, f"With Python 3.10 or later: `{command}`.")
    why = "the pinned pytest cannot read what this Python compiles"
    return proposed(case, "newer_runner", case.insert(Draft(command, why, StepPhase.INSTALL, None, deviation)))


def inner_command(case: Case) -> Recovery | None:
    """What tox or nox would run, without it."""
    if runner_of(case.command) not in {"tox", "nox"} or not case.evidence.test_commands:
        return None
    command = _runnable(case.evidence)
    if runner_of(command.text) in {"tox", "nox"}:
        return None
    before = _supported(case, list(case.drafts[: case.index]), command, "inner_command")
    test = suite_draft(_entered(case.evidence, before, command), "inner_command", case.drafts[case.index].documented)
    found = proposed(case, "inner_command", case.rebuilt([*before, test, *case.drafts[case.index + 1 :]]))
    return replace(found, strategy_id=f"inner_command:{test.command}") if found is not None else None
