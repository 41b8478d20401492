"""Rules for what the system lacks: packages with a compiler, a header or a program, and what makes a make file."""

from __future__ import annotations

import re

from regrow.core.failure_signatures import FailureClass
from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import package_name
from regrow.core.project.plan_steps import Draft, added, changed, roles_of, system_packages_of
from regrow.core.project.recovery.completing import build_drafts, checkout_draft, requirement_draft, runner_of
from regrow.core.project.recovery.model import Case, NeedsSystemPackages, Recovery
from regrow.core.project.recovery.proposing import proposed
from regrow.core.project.recovery.system_files import package_of
from regrow.protocols.plan import Deviation, DeviationKind, Ecosystem, StepPhase

__all__ = [
    "add_packages",
    "build_extension",
    "enable_tests",
    "install_extension",
    "leave_out_absent",
    "macro_files",
    "made_program",
    "make_configure",
    "make_tools",
]

_C = FailureClass
_MAKE_TOOLS = ("autoconf", "automake", "libtool")
_COMPILER = ("build-essential", "pkg-config", "python3-dev")


def add_packages(case: Case) -> Recovery | None:
    """The packages that have what a build asked for."""
    sign = case.sign
    if sign is None:
        return None
    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    python = case.evidence.ecosystem is Ecosystem.PYTHON
    match sign.kind:
        case _C.MISSING_COMPILER:
            names = ("build-essential", "pkg-config", *(("python3-dev",) if python else ()))
        case _C.MISSING_PYTHON_HEADER:
            names = _COMPILER
        case _C.MISSING_HEADER:
            files = (f"*/include/{sign.subject}", f"*/include/*/{sign.subject}")
        case _C.MISSING_PACKAGE_CONFIG:
            files = (f"*/pkgconfig/{sign.subject}.pc",)
        case _C.MISSING_LIBRARY:
            files = (f"*/lib{sign.subject}.so",)
            if sign.subject.startswith("lib"):
                # The distribution has it for other machines too, elsewhere.
                files = (f"usr/lib/*-linux-gnu/{sign.subject}", f"lib/*-linux-gnu/{sign.subject}", f"*/{sign.subject}")
        case _C.DEVELOPMENT_PACKAGES:
            libraries = tuple(re.split(r",? and |, | or ", sign.subject))
        case _C.MISSING_MACRO:
            known = package_of("macro", sign.subject)
            names = (known,) if known else ()
            files = () if known else macro_files(sign.subject)
        case _C.LOCALE:
            # A room has the locale C.UTF-8 alone; Debian makes others on demand, or has them all in one package.
            names = ("locales-all",) if "ocale" in sign.evidence else ("tzdata",)
        case _C.COMMAND_NOT_FOUND:
            name = sign.subject.rpartition("/")[2]
            if (
                not name
                or sign.subject.startswith("./")
                or requirement_draft(case.evidence, "add_packages", runner_of(name) or package_name(name))
            ):
                return None
            files = (f"usr/bin/{name}", f"usr/sbin/{name}", f"bin/{name}")
        case _:
            return None
    before = case.failure.step.step_id if case.failure.step else None
    return Recovery(
        f"add_packages:{sign.subject or names[0]}",
        sign.evidence,
        None,
        NeedsSystemPackages(names, files, libraries),
        before=before,
    )


def macro_files(macro: str) -> tuple[str, ...]:
    """Where a macro of autoconf may be defined: a file of its own name, or of the package that its name begins with.

    >>> macro_files("AM_PATH_GTK_2_0")[:2]
    ('usr/share/aclocal/am_path_gtk_2_0.m4', 'usr/share/aclocal/gtk_2_0.m4')
    """
    whole = macro.lower()
    rest = re.sub(r"^(?:a[cmx]_)(?:path_|prog_|check_|lib_)?", "", whole)
    names = dict.fromkeys((whole, rest, rest.replace("_", "-"), rest.partition("_")[0]))
    return tuple(f"usr/share/aclocal/{name}.m4" for name in names)


def make_configure(case: Case) -> Recovery | None:
    """No `./configure`, or no make file: what makes it comes first, where the project lies and not in a folder below.

    A program that is not installed is no such case, nor is a plan that configures in a way of its own.
    """
    named = case.sign.subject if case.sign is not None else ""
    if case.sign is not None and case.sign.kind is _C.COMMAND_NOT_FOUND and not named.startswith("./"):
        return None
    drafts = build_drafts(case.evidence, "make_configure")
    typed = {(draft.command.split() or [""])[0] for draft in case.drafts}
    missing = [draft for draft in drafts if draft.command == "make" or draft.command.split()[0] not in typed]
    if case.evidence.ecosystem is not Ecosystem.C or not missing or missing[0].phase is not StepPhase.BUILD:
        return None
    before = (
        [draft for draft in missing if draft.command != "make"]
        if case.command.startswith(("make", "./configure"))
        else missing
    )
    entered = next((place for place, draft in enumerate(case.drafts) if draft.command.startswith("cd ")), case.index)
    return proposed(case, "make_configure", case.insert(*before, at=min(entered, case.index))) if before else None


def make_tools(case: Case) -> Recovery | None:
    """The tools that make `./configure`, where a step that was to make it has ended well and left none.

    Such scripts often go on after a tool that they have not found, so no step says which one it was.
    """
    if case.sign is None or case.sign.subject != "./configure" or case.evidence.ecosystem is not Ecosystem.C:
        return None
    before = case.drafts[: case.index]
    maker = next((i for i, draft in enumerate(before) if Role.CONFIGURE in roles_of(draft.command)), None)
    there = {name for draft in before for name in system_packages_of(draft.command)}
    called_for = [package_of("macro", macro) for macro in case.evidence.macros]
    # The part of gettext that autoreconf starts is a package of its own.
    called_for += ["autopoint"] if "gettext" in called_for else []
    names = tuple(name for name in dict.fromkeys((*_MAKE_TOOLS, *called_for)) if name and name not in there)
    if maker is None or not names:
        return None
    told = f"`{before[maker].command}` has not made ./configure"
    return Recovery("make_tools", told, None, NeedsSystemPackages(names), before=case.plan.steps[maker].step_id)


def made_program(case: Case) -> Recovery | None:
    """Run the program that a target for tests only makes: the last thing that make did was to link it."""
    step = case.failure.step
    if step is None or case.failure.exit_code not in (0, None) or not step.counts_tests or "make" not in step.command:
        return None
    printed = [line for line in case.failure.output.splitlines() if line.strip() and not line.startswith("make")]
    linked = re.search(
        r"^\S*(?:cc|gcc|\+\+|clang|libtool)\b.* -o (?:\./)?(?P<name>\w*test\w*)\b", printed[-1] if printed else ""
    )
    if linked is None or case.index >= len(case.drafts):
        return None
    old, command = case.drafts[case.index], f"./{linked['name']}"
    sentence = f"`{old.command}` makes the tests; to run them: `{command}`."
    deviation = added("made_program", f"runs the tests with '{command}', which '{old.command}' only makes", sentence)
    made = Draft(old.command, old.reason, StepPhase.BUILD, old.ref, old.deviation, False)
    run = Draft(command, printed[-1].strip()[:200], StepPhase.TEST, None, deviation, True)
    rest = list(case.drafts)
    return proposed(case, "made_program", case.rebuilt([*rest[: case.index], made, run, *rest[case.index + 1 :]]))


def build_extension(case: Case) -> Recovery | None:
    """A compiler, where an extension that the project may do without was left out of the build in silence."""
    if (
        case.failure.step is not None
        or case.evidence.extension is None
        or case.evidence.ecosystem is not Ecosystem.PYTHON
    ):
        return None
    reason = f"{case.evidence.extension} declares compiled modules, and the tests lack a part"
    return Recovery("build_extension", reason, None, NeedsSystemPackages(_COMPILER))


def enable_tests(case: Case) -> Recovery | None:
    """Configure with the option that the project's own recipe has for its tests, and that is off unless it is given."""
    option = case.evidence.test_option
    place = next(
        (
            i
            for i, draft in enumerate(case.drafts)
            if re.search(r"(?:^|&& )(?:cmake|meson setup|meson) ", draft.command)
        ),
        None,
    )
    if not option or place is None or option in case.drafts[place].command:
        return None
    old = case.drafts[place]
    command = re.sub(r"((?:^|&& )(?:cmake|meson setup|meson)) ", rf"\1 {option} ", old.command, count=1)
    sentence = f"To build the tests too: `{command}`."
    told = f"'{command}' instead of '{old.command}', which leaves the tests out"
    deviation = changed("enable_tests", told, sentence, old.documented)
    draft = Draft(command, old.reason, old.phase, old.ref, deviation, old.counts_tests)
    return proposed(case, "enable_tests", case.replace(draft, place))


def leave_out_absent(case: Case) -> Recovery | None:
    """A documented step that starts a program of the project's own folder which is not there, or installs from a list alone
    that is not there: it goes on without. What the list would have brought is missed by what needs it.
    """
    step, sign = case.failure.step, case.sign
    if step is None or sign is None or step.deviation is not None or step.phase is StepPhase.TEST:
        return None
    listed = re.fullmatch(
        r"(?:python\S* -m )?pip[\d.]* install (?:-\w+ )*?(?:-r ?|--requirement[= ])(\S+)", step.command
    )
    starts = sign.subject.startswith("./") and step.command.split()[:1] == [sign.subject]
    if not starts and (listed is None or listed.group(1).strip("'\"") != sign.subject):
        return None
    deviation = Deviation(
        strategy_id="leave_out_absent",
        kind=DeviationKind.SKIPPED_STEP,
        description=f"leaves '{step.command}' out, which is not in this source",
        corrects=step.ref,
        sentence=f"`{step.command}` is not in this distribution: say what it is for, or ship it.",
    )
    rest = [draft for place, draft in enumerate(case.drafts) if place != case.index]
    return proposed(case, "leave_out_absent", case.rebuilt(rest, (deviation,)))


def install_extension(case: Case) -> Recovery | None:
    """Install the checkout before tests to which a module of its own is empty.

    Python takes a folder without `__init__.py` for a module, though only as long as no real one is installed: a folder of
    C sources stands for the module that is made of them.
    """
    evidence, failure, sign = case.evidence, case.failure, case.sign
    if sign is None or evidence.ecosystem is not Ecosystem.PYTHON or evidence.extension is None:
        return None
    if failure.tests_passed or sign.subject in evidence.packages:
        return None  # It is there, and lacks what the tests ask of it.
    if any(Role.CHECKOUT in roles_of(draft.command) for draft in case.drafts):
        return None
    draft = checkout_draft(evidence, "install_extension")
    return proposed(case, "install_extension", case.insert(draft) if draft else None)
