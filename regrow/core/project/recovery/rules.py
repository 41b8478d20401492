"""The rules: which sign or code leads to which change of the plan.

Order is the default preference; the guardian reorders by its records. A rule proposes at most one change for a sign,
and its strategy id names what the change is about, so that nothing is proposed twice in a run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from regrow.core.failure_signatures import FailureClass, FailureSign, failure_signs
from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import package_name
from regrow.core.project.evidence import Evidence, MissingModule, Origin
from regrow.core.project.evidence.missing import distribution_of, node_package
from regrow.core.project.plan_steps import Draft, added, changed, draft_of, roles_of
from regrow.core.project.recovery.completing import (
    added_extras,
    apart,
    checkout_draft,
    joined_extras,
    manager_draft,
    may_be_entered,
    requirement_draft,
    runner_of,
)
from regrow.core.project.recovery.exchanging import exchange_packages
from regrow.core.project.recovery.interpreters import newer_interpreter, older_interpreter, other_interpreter
from regrow.core.project.recovery.managers import install_instead, this_environment, without_manager
from regrow.core.project.recovery.model import Case, Failure, Recovery, hides_fault
from regrow.core.project.recovery.native_rules import (
    add_packages,
    build_extension,
    enable_tests,
    install_extension,
    leave_out_absent,
    made_program,
    make_configure,
    make_tools,
)
from regrow.core.project.recovery.node_rules import (
    direct_runner,
    legacy_peers,
    newer_node,
    without_lifecycle,
    without_style_part,
    without_style_tool,
)
from regrow.core.project.recovery.plugins import plugin_of
from regrow.core.project.recovery.proposing import changed_step, proposed
from regrow.core.project.recovery.services import make_account, start_service
from regrow.core.project.recovery.suites import (
    complete_plan,
    inner_command,
    installed_copy,
    newer_runner,
    older_runner,
    other_test_command,
    released_extras,
    released_self,
    this_interpreter,
)
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.plan import DeviationKind, Ecosystem, Plan, StepPhase

__all__ = ["RETRY_DELAYS_S", "RULES", "Rule", "next_candidate", "recoveries", "with_packages"]

RETRY_DELAYS_S = (2.0, 8.0, 30.0)
"""Waits before a network error is tried again; the caller adds jitter."""

_C = FailureClass


@dataclass(frozen=True, slots=True)
class Rule:
    """One row.

    Attributes:
        strategy_id: Its name in records and deviations.
        signs: Classes that it answers to.
        codes: Error codes that it answers to without any sign.
        propose: The change, None when the rule does not apply after all.
        tests_only: Whether it answers only when the test step failed, or none did.
    """

    strategy_id: str
    signs: frozenset[FailureClass]
    codes: frozenset[str]
    propose: Callable[[Case], Recovery | None]
    tests_only: bool = False


def recoveries(plan: Plan, failure: Failure, evidence: Evidence, tried: Iterable[str] = ()) -> tuple[Recovery, ...]:
    """Everything that may help, in the default order, without what was tried and without what changes nothing."""
    seen = set(tried)
    signs: Sequence[FailureSign | None] = [*failure_signs(failure.output, failure.exit_code), None]
    at_tests = failure.step is None or failure.step.phase is StepPhase.TEST
    found: list[Recovery] = []
    for rule in RULES:
        for sign in signs:
            answers = sign.kind in rule.signs if sign is not None else failure.code in rule.codes
            if not answers or (rule.tests_only and not at_tests):
                continue
            proposal = rule.propose(Case(plan, failure, evidence, sign))
            if proposal is not None and rule.strategy_id == "retry_network":
                proposal = _later(proposal, seen)
            if proposal is None or proposal.strategy_id in seen or _forbidden(plan, proposal):
                continue
            seen.add(proposal.strategy_id)
            found.append(proposal)
    return tuple(found)


def next_candidate(
    plan: Plan, failures: Sequence[Failure], evidence: Evidence, tried: Iterable[str] = ()
) -> Plan | None:
    """The first amended plan for the last failure that is not only the old one; None when there is none."""
    if not failures:
        return None
    for proposal in recoveries(plan, failures[-1], evidence, tried):
        if proposal.plan is not None and proposal.plan.plan_id != plan.plan_id:
            return proposal.plan
    return None


def with_packages(plan: Plan, recovery: Recovery, names: Sequence[str]) -> Plan:
    """The plan with a step that installs the packages that were found for a request."""
    command = "apt-get install -y --no-install-recommends " + " ".join(map(shlex.quote, sorted(names)))
    sentence = (
        f"Needs the system packages {', '.join(sorted(names))}: `sudo apt-get install {' '.join(sorted(names))}`."
    )
    deviation = added(recovery.strategy_id, f"installs the system packages {', '.join(sorted(names))}", sentence)
    draft = Draft(command, recovery.reason, StepPhase.SETUP, None, deviation)
    case = Case(plan, Failure(None), Evidence())
    # What was set up before the first step that builds stays as it is: it is not done again, packages above all.
    ids = [step.step_id for step in plan.steps]
    failed = ids.index(recovery.before) if recovery.before in ids else 0
    first = next((place for place, step in enumerate(plan.steps) if step.phase is not StepPhase.SETUP), 0)
    # What loads a library as it runs is not built again for it.
    loaded = re.search(r":lib\S+\.so\.\d", recovery.strategy_id) is not None
    return case.insert(draft, at=failed if loaded else min(first, failed)) or plan


def _forbidden(plan: Plan, proposal: Recovery) -> bool:
    if proposal.plan is None:
        return False
    before = {step.command for step in plan.steps}
    return any(
        hides_fault(step.command)
        for step in proposal.plan.steps
        if step.command not in before
        and step.deviation is not None
        and not any(hides_fault(other.command) for other in plan.steps)
    )


def _retry(case: Case) -> Recovery | None:
    if case.failure.step is not None and not case.failure.step.network:
        return None  # It has no network to wait for: the next time ends in the same way.
    return Recovery(
        "retry_network", case.sign.evidence if case.sign else case.failure.code, case.plan, delay_s=RETRY_DELAYS_S[0]
    )


def _later(proposal: Recovery, tried: set[str]) -> Recovery | None:
    """The retry after those that were tried, with its longer wait; None after the last."""
    for number, delay_s in enumerate(RETRY_DELAYS_S, 1):
        name = f"retry_network:{number}"
        if name not in tried:
            return Recovery(name, proposal.reason, proposal.plan, delay_s=delay_s)
    return None


def _requirements(case: Case) -> Recovery | None:
    """Install what the project declares, where a runner or a module is missing."""
    if case.sign is None or case.evidence.ecosystem is not Ecosystem.PYTHON:
        return None
    name = case.sign.subject.rpartition("/")[2].split(".")[0]
    if case.sign.kind in {_C.UNKNOWN_RUNNER_OPTION, _C.MISSING_FIXTURE}:
        name = plugin_of(case.sign.subject)
        if not name:
            return None
    missing = _missing(case)
    if missing is not None and missing.origin is not Origin.FOREIGN:
        return None
    own = {package.lower() for package in case.evidence.packages}
    if name.lower() in own:
        return None
    as_module = case.sign.kind is _C.MISSING_MODULE
    wanted = runner_of(name) or (distribution_of(name) if as_module else package_name(name))
    if not wanted:
        return None
    draft = requirement_draft(
        case.evidence,
        "install_requirements",
        wanted,
        draft_of(case.failure.step).documented if case.failure.step else None,
    )
    if draft is None and case.sign.kind in {_C.UNKNOWN_RUNNER_OPTION, _C.MISSING_FIXTURE}:
        command = f"python -m pip install {wanted}"
        deviation = added(
            "install_requirements",
            f"installs {wanted} for {case.sign.subject}",
            f"The tests need {wanted}: `{command}`.",
        )
        draft = Draft(command, f"the tests use {case.sign.subject} of {wanted}", StepPhase.INSTALL, None, deviation)
    if draft is None:
        return None
    if draft.command == apart(wanted) and may_be_entered(wanted, case.drafts):
        command = f"python -m pip install {wanted}"
        told = (
            draft.deviation.model_copy(update={"sentence": f"Needs {wanted}: `{command}`."})
            if draft.deviation
            else None
        )
        draft = Draft(command, draft.reason, draft.phase, draft.ref, told)
    joined = joined_extras(case.drafts[: case.index], draft, costly=case.evidence.extension is not None)
    plan = case.rebuilt([*joined, *case.drafts[case.index :]]) if joined else case.insert(draft)
    return proposed(case, "install_requirements", plan)


def _manager(case: Case) -> Recovery | None:
    """`poetry run pytest` where nothing was installed with poetry."""
    if case.sign is None or case.sign.subject == runner_of(case.command):
        return None  # It is the manager itself that is missing.
    draft = manager_draft(
        case.command, "manager_install", draft_of(case.failure.step).documented if case.failure.step else None
    )
    return proposed(case, "manager_install", case.insert(draft) if draft else None)


def _missing(case: Case) -> MissingModule | None:
    """What is known of the module that a sign is about."""
    if case.sign is None or case.sign.kind not in {_C.MISSING_MODULE, _C.MISSING_NODE_MODULE}:
        return None
    first = case.sign.subject.strip(".").split(".")[0]
    names = {first, case.sign.subject, node_package(case.sign.subject)}
    return next((each for each in case.evidence.missing if each.name in names), None)


def _node_module(case: Case) -> Recovery | None:
    """A package that the sources import, that package.json does not name."""
    missing = _missing(case)
    if missing is None or not missing.distribution or case.evidence.ecosystem is not Ecosystem.NODE:
        return None
    corrects = draft_of(case.failure.step).documented if case.failure.step else None
    draft = requirement_draft(case.evidence, "install_module", missing.distribution, corrects)
    return proposed(case, "install_module", case.insert(draft) if draft else None)


def _checkout(case: Case) -> Recovery | None:
    """Install the checkout where the documents install the released copy, or nothing."""
    own = {package.lower() for package in case.evidence.packages}
    missing = _missing(case)
    if (
        case.sign is not None
        and case.sign.kind is _C.MISSING_MODULE
        and not (missing is not None and missing.declared)
        and case.sign.subject.split(".")[0].lower() not in own
    ):
        return None
    released = next((i for i, d in enumerate(case.drafts) if released_self(d, case.evidence)), None)
    corrects = case.drafts[released].documented if released is not None else None
    extras = released_extras(case.drafts[released], case.evidence) if released is not None else ""
    draft = checkout_draft(case.evidence, "install_checkout", corrects, extras=extras)
    if draft is None or any(Role.CHECKOUT in roles_of(other.command) for other in case.drafts):
        return None
    if released is not None:
        deviation = changed(
            "install_checkout",
            f"installs the checkout instead of '{case.drafts[released].command}'",
            draft.deviation.sentence if draft.deviation else "",
            corrects,
        )
        plan = case.replace(Draft(draft.command, draft.reason, draft.phase, draft.ref, deviation), released)
    else:
        where = next((i for i, d in enumerate(case.drafts) if d.phase is not StepPhase.SETUP), len(case.drafts))
        plan = case.insert(draft, at=where)
    return proposed(case, "install_checkout", plan)


def _modern_script(case: Case) -> Recovery | None:
    """`setup.py install` and `setup.py test` of another era, or where the build system no longer has that script."""
    if "setup.py" not in case.command:
        return None
    absent = case.sign is not None and case.sign.kind is _C.MISSING_FILE
    if absent and case.sign is not None and not case.sign.subject.endswith("setup.py"):
        return None
    if re.search(r"setup\.py\s+(?:\S+\s+)*(?:install|develop)\b", case.command):
        draft = checkout_draft(case.evidence, "modern_script", editable="develop" in case.command)
        plan = changed_step(case, "modern_script", draft.command, f"To install: `{draft.command}`.") if draft else None
        return proposed(case, "modern_script", plan)
    return (
        other_test_command(case)
        if re.search(r"setup\.py\s+(?:\S+\s+)*(?:test|pytest|nosetests|ptr)\b", case.command)
        else None
    )


def _old_setuptools(case: Case) -> Recovery | None:
    """The last setuptools that has what setup.py asks for, in the place of the newest that an isolated build takes."""
    removed = 58
    if case.sign is not None and case.sign.kind is _C.MISSING_MODULE:
        if case.sign.subject.split(".")[0] != "pkg_resources" or Role.CHECKOUT not in roles_of(case.command):
            return None
        removed = 81
    others = [each for each in case.evidence.build_requires if package_name(each) not in {"setuptools", "wheel"}]
    command = " ".join(["python -m pip install", f"'setuptools<{removed}' wheel", *map(shlex.quote, others)])
    deviation = added(
        "old_setuptools",
        f"uses setuptools {removed - 1}, the last that has what setup.py asks for",
        f"Needs setuptools before {removed}: `{command}`.",
    )
    why = f"setup.py uses what setuptools {removed} removed"
    plan = case.insert(Draft(command, why, StepPhase.INSTALL, None, deviation))
    if plan is None or "pip install" not in case.command or "--no-build-isolation" in case.command:
        return proposed(case, "old_setuptools", plan)
    inner = Case(plan, case.failure, case.evidence, case.sign)
    where = next(i for i, draft in enumerate(inner.drafts) if draft.command == case.command)
    old = inner.drafts[where]
    isolated = old.command.replace("pip install", "pip install --no-build-isolation", 1)
    change = changed(
        "old_setuptools", f"'{isolated}' instead of '{old.command}'", f"To install: `{isolated}`.", old.documented
    )
    return proposed(
        case, "old_setuptools", inner.replace(Draft(isolated, old.reason, old.phase, old.ref, change), where)
    )


def _dependencies_first(case: Case) -> Recovery | None:
    """A build that imports the project itself, before what it imports is there."""
    step, sign = case.failure.step, case.sign
    own = sign is not None and sign.subject.split(".")[0] in case.evidence.packages
    missing = _missing(case)
    if step is None or not (own or (missing is not None and missing.declared)) or not case.evidence.requires:
        return None
    if step.phase is StepPhase.TEST or Role.CHECKOUT not in roles_of(step.command) or "setup.py" not in step.command:
        return None
    command = "python -m pip install " + " ".join(map(shlex.quote, case.evidence.requires))
    sentence = f"The build imports the project itself, so first install what that needs: `{command}`."
    deviation = added("dependencies_first", "installs what the project runs with before it is built", sentence)
    why = "the build imports the project, and what that imports is not there"
    return proposed(case, "dependencies_first", case.insert(Draft(command, why, StepPhase.INSTALL, None, deviation)))


def _newer_tool(case: Case) -> Recovery | None:
    if "pip" not in case.command:
        return None
    command = "python -m pip install --upgrade pip"
    option = case.sign.subject if case.sign else ""
    deviation = added(
        "newer_tool", f"uses the newest pip, which knows {option}", f"Needs a newer pip for {option}: `{command}`."
    )
    return proposed(
        case,
        "newer_tool",
        case.insert(Draft(command, f"this pip does not know {option}", StepPhase.INSTALL, None, deviation)),
    )


def _environment(case: Case) -> Recovery | None:
    command = 'python3 -m venv "$HOME/venv" && . "$HOME/venv/bin/activate"'
    deviation = added(
        "make_environment",
        "makes a virtual environment first",
        "First make a virtual environment: `python3 -m venv venv && . venv/bin/activate`.",
    )
    return proposed(
        case,
        "make_environment",
        case.insert(Draft(command, "pip refuses to install into the system", StepPhase.SETUP, None, deviation), at=0),
    )


def _editable(case: Case) -> Recovery | None:
    """The tests import the source tree, whose extension is not built: build it in place."""
    index = next((i for i, d in enumerate(case.drafts) if Role.CHECKOUT in roles_of(d.command)), None)
    if case.sign is not None and case.sign.kind is _C.MISSING_MODULE:
        package, _, module = case.sign.subject.partition(".")
        if not module or package not in case.evidence.packages or case.evidence.extension is None or index is None:
            return None  # Only what is compiled is in the installed copy and not in the source tree.
    corrects = case.drafts[index].documented if index is not None else None
    extras = ",".join(dict.fromkeys(filter(None, (added_extras(each) for each in case.drafts))))
    draft = checkout_draft(case.evidence, "editable_install", corrects, editable=True, extras=extras)
    if draft is None or case.evidence.ecosystem is not Ecosystem.PYTHON:
        return None
    if index is None:
        return proposed(case, "editable_install", case.insert(draft))
    if " -e" in case.drafts[index].command or "develop" in case.drafts[index].command:
        return None
    # What would install it once more, for an extra, would not be in place.
    rest = [each for place, each in enumerate(case.drafts) if place > index and not added_extras(each)]
    return proposed(case, "editable_install", case.rebuilt([*case.drafts[:index], draft, *rest]))


def _node_install(case: Case) -> Recovery | None:
    if case.evidence.ecosystem is not Ecosystem.NODE or (
        case.sign is not None and case.sign.subject in {"npm", "node", "npx"}
    ):
        return None
    released = next((i for i, d in enumerate(case.drafts) if released_self(d, case.evidence)), None)
    draft = checkout_draft(
        case.evidence, "npm_install", case.drafts[released].documented if released is not None else None
    )
    if draft is None:
        return None
    return proposed(case, "npm_install", case.replace(draft, released) if released is not None else case.insert(draft))


def _missing_file(case: Case) -> Recovery | None:
    """A step that installs from a file that the archive lacks is left out, and what the project declares takes its
    place: its test requirements, or this source with what it runs with.
    """
    if case.sign is None or "pip install" not in case.command or case.index >= len(case.drafts):
        return None
    old = case.drafts[case.index]
    corrects = old.documented
    wanted = "" if case.evidence.test_requirements else case.evidence.tests.runner
    draft = requirement_draft(case.evidence, "missing_requirements", wanted, corrects)
    if draft is None and not any(Role.CHECKOUT in roles_of(other.command) for other in case.drafts):
        draft = checkout_draft(case.evidence, "missing_requirements", corrects)
    if draft is None or draft.command == old.command or any(draft.command == other.command for other in case.drafts):
        return None
    deviation = changed(
        "missing_requirements",
        f"'{draft.command}' instead of '{old.command}', whose file is not there",
        f"`{case.sign.subject}` is not in the distribution; use `{draft.command}`.",
        corrects,
    )
    return proposed(
        case,
        "missing_requirements",
        case.replace(Draft(draft.command, draft.reason, draft.phase, draft.ref, deviation)),
    )


def _version(case: Case) -> Recovery | None:
    """A version that is computed from version control, which an archive has not: the archive's own is given."""
    version = case.evidence.version
    if version is None or case.evidence.ecosystem is not Ecosystem.PYTHON:
        return None
    command = f"export SETUPTOOLS_SCM_PRETEND_VERSION={version} PBR_VERSION={version}"
    deviation = added(
        "given_version", f"gives the version {version} of the archive", f"In an archive without .git: `{command}`."
    ).model_copy(update={"kind": DeviationKind.ENVIRONMENT})
    return proposed(
        case,
        "given_version",
        case.insert(Draft(command, "the archive has no .git", StepPhase.SETUP, case.evidence.metadata, deviation)),
    )


def _rule(
    strategy: str,
    signs: Iterable[FailureClass],
    propose: Callable[[Case], Recovery | None],
    codes: Iterable[ErrorCode] = (),
    *,
    tests_only: bool = False,
) -> Rule:
    return Rule(strategy, frozenset(signs), frozenset(code.value for code in codes), propose, tests_only)


_NOT_THE_SUITE = (
    _C.USAGE,
    _C.NO_SUCH_TARGET,
    _C.MISSING_FILE,
    _C.NO_TESTS,
    _C.COMMAND_NOT_FOUND,
    _C.MISSING_SCRIPT,
    _C.UNKNOWN_ENVIRONMENT,
    _C.MISSING_INTERPRETER,
    _C.NO_SETUP_COMMAND,
    _C.MISSING_MODULE,
    _C.UNKNOWN_RUNNER_OPTION,
    _C.PERMISSION,
    _C.OLD_NODE,  # a wrapper that counts coverage
    _C.NETWORK,  # a wrapper that would download an interpreter; the command that it wraps needs none
    _C.RELEASE_GONE,  # a recipe that installs before it tests, in a step without a network
)

RULES: tuple[Rule, ...] = (
    _rule("retry_network", [_C.NETWORK], _retry, [ErrorCode.SYSTEM_NETWORK_ERROR]),
    _rule(
        "complete_plan",
        [_C.NO_TESTS],
        complete_plan,
        [ErrorCode.VERIFY_NO_TESTS, ErrorCode.DOC_INCOMPLETE],
        tests_only=True,
    ),
    _rule("make_environment", [_C.EXTERNALLY_MANAGED], _environment),
    _rule("newer_tool", [_C.TOOL_TOO_OLD], _newer_tool),
    _rule("old_setuptools", [_C.OLD_SETUPTOOLS, _C.MISSING_MODULE], _old_setuptools),
    _rule("this_environment", [_C.MISSING_FILE, _C.COMMAND_NOT_FOUND], this_environment),
    _rule("newer_runner", [_C.RUNNER_TOO_OLD], newer_runner, tests_only=True),
    _rule("older_runner", [_C.RUNNER_TOO_NEW], older_runner, tests_only=True),
    _rule("dependencies_first", [_C.HALF_LOADED_MODULE, _C.MISSING_MODULE], _dependencies_first),
    _rule("install_extension", [_C.HALF_LOADED_MODULE], install_extension, tests_only=True),
    _rule("modern_script", [_C.NO_SETUP_COMMAND, _C.MISSING_MODULE, _C.PERMISSION, _C.MISSING_FILE], _modern_script),
    _rule("given_version", [_C.NO_VERSION_CONTROL], _version),
    _rule("manager_install", [_C.COMMAND_NOT_FOUND, _C.MISSING_MODULE], _manager),
    _rule("install_checkout", [_C.MISSING_MODULE, _C.SHADOWED_EXTENSION], _checkout, [ErrorCode.VERIFY_WRONG_COPY]),
    _rule(
        "install_requirements",
        [_C.COMMAND_NOT_FOUND, _C.MISSING_MODULE, _C.UNKNOWN_RUNNER_OPTION, _C.MISSING_FIXTURE],
        _requirements,
    ),
    _rule("npm_install", [_C.MISSING_NODE_MODULE, _C.COMMAND_NOT_FOUND], _node_install),
    _rule("install_module", [_C.MISSING_NODE_MODULE], _node_module),
    _rule("legacy_peers", [_C.PEER_CONFLICT], legacy_peers),
    _rule("make_tools", [_C.COMMAND_NOT_FOUND, _C.MISSING_FILE], make_tools),
    _rule("make_configure", [_C.COMMAND_NOT_FOUND, _C.MISSING_FILE, _C.NO_SUCH_TARGET], make_configure),
    _rule("missing_requirements", [_C.MISSING_FILE], _missing_file),
    _rule(
        "add_packages",
        [
            _C.MISSING_COMPILER,
            _C.MISSING_PYTHON_HEADER,
            _C.MISSING_HEADER,
            _C.MISSING_PACKAGE_CONFIG,
            _C.MISSING_LIBRARY,
            _C.DEVELOPMENT_PACKAGES,
            _C.MISSING_MACRO,
            _C.COMMAND_NOT_FOUND,
            _C.LOCALE,
        ],
        add_packages,
    ),
    _rule("exchange_packages", [_C.UNKNOWN_PACKAGE], exchange_packages),
    _rule("start_service", [_C.SERVICE_REFUSED], start_service),
    _rule("make_account", [_C.MISSING_ACCOUNT, _C.MISSING_DATABASE], make_account),
    _rule("build_extension", [], build_extension, [ErrorCode.BUILD_PREREQUISITE_MISSING]),
    _rule("editable_install", [_C.SHADOWED_EXTENSION, _C.MISSING_MODULE], _editable, [ErrorCode.VERIFY_WRONG_COPY]),
    _rule(
        "installed_copy",
        [_C.SHADOWED_EXTENSION, _C.MISSING_MODULE],
        installed_copy,
        [ErrorCode.VERIFY_WRONG_COPY],
        tests_only=True,
    ),
    _rule(
        "this_interpreter",
        [_C.MISSING_INTERPRETER, _C.UNKNOWN_ENVIRONMENT, _C.TEST_FAILURE, _C.COMMAND_NOT_FOUND, _C.NO_TESTS],
        this_interpreter,
        [
            ErrorCode.VERIFY_NO_TESTS,
            ErrorCode.VERIFY_TEST_FAILED,
            ErrorCode.SYSTEM_NETWORK_ERROR,
            ErrorCode.BUILD_TIMEOUT,  # a matrix takes its time once for each interpreter
        ],
        tests_only=True,
    ),
    _rule(
        "inner_command",
        [_C.MISSING_INTERPRETER, _C.UNKNOWN_ENVIRONMENT, _C.COMMAND_NOT_FOUND, _C.MISSING_MODULE, _C.NO_TESTS],
        inner_command,
        [
            ErrorCode.VERIFY_NO_TESTS,
            ErrorCode.VERIFY_NOT_COUNTED,  # tox without settings installs the project and runs nothing
            ErrorCode.VERIFY_TEST_FAILED,
            ErrorCode.SYSTEM_NETWORK_ERROR,
            ErrorCode.BUILD_TIMEOUT,
        ],
        tests_only=True,
    ),
    _rule("without_style_tool", [_C.RELEASE_GONE], without_style_tool),
    _rule("enable_tests", [_C.NO_TESTS], enable_tests, [ErrorCode.VERIFY_NO_TESTS], tests_only=True),
    _rule("without_lifecycle", [_C.LIFECYCLE_SCRIPT], without_lifecycle, tests_only=True),
    _rule(
        "without_style_part",
        [_C.OLD_NODE, _C.MISSING_NODE_MODULE, _C.COMMAND_NOT_FOUND, _C.MISSING_SCRIPT, _C.NETWORK],
        without_style_part,
        [ErrorCode.VERIFY_TEST_FAILED, ErrorCode.SYSTEM_NETWORK_ERROR],
        tests_only=True,
    ),
    _rule("newer_node", [_C.OLD_NODE], newer_node),
    _rule("made_program", [], made_program, [ErrorCode.VERIFY_NOT_COUNTED, ErrorCode.VERIFY_NO_TESTS], tests_only=True),
    _rule(
        "direct_runner", [], direct_runner, [ErrorCode.VERIFY_NOT_COUNTED, ErrorCode.VERIFY_NO_TESTS], tests_only=True
    ),
    _rule("leave_out_absent", [_C.MISSING_FILE, _C.COMMAND_NOT_FOUND], leave_out_absent),
    _rule("other_interpreter", [_C.OTHER_PYTHON], other_interpreter),
    _rule("without_manager", [], without_manager, [ErrorCode.BUILD_COMPILATION_ERROR]),
    _rule("install_instead", [], install_instead, [ErrorCode.BUILD_COMPILATION_ERROR]),
    _rule(
        "other_test_command",
        _NOT_THE_SUITE,
        other_test_command,
        [ErrorCode.VERIFY_NO_TESTS, ErrorCode.SYSTEM_NETWORK_ERROR],
        tests_only=True,
    ),
    _rule("newer_interpreter", [], newer_interpreter, [ErrorCode.VERIFY_TEST_FAILED], tests_only=True),
    _rule("older_interpreter", [], older_interpreter, [ErrorCode.VERIFY_TEST_FAILED], tests_only=True),
)
"""All rules, in the default order."""
