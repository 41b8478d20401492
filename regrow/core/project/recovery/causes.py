"""What a person is told when nothing is left to try: the cause in one sentence, and what to do about it. Pure.

One row for each class of failure that has a remedy of its own; for the others the error's own remedy has to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from regrow.core.failure_signatures import FailureClass, FailureSign, failure_signs
from regrow.core.project.evidence import MissingModule, Origin
from regrow.core.project.plan_steps import needs_network
from regrow.core.project.recovery.model import Failure
from regrow.core.project.recovery.system_files import package_of, packages_of
from regrow.core.project.refused_hosts import WHAT_ALLOWS_A_HOST, WHAT_FILLS_THE_CACHE, missing_in, refusal_in
from regrow.protocols.error_codes import ErrorCode
from regrow.protocols.error_table import ERRORS

__all__ = ["advice_for"]

_C = FailureClass
_NAME_THE_PACKAGE = "name in the documents the system package that has it"

_ROWS: Final[Mapping[FailureClass, str]] = {
    _C.DISK_FULL: "the disk is full: free some space and run again",
    _C.NETWORK: "a host could not be reached: run again when it can",
    _C.OUT_OF_MEMORY: "the step needs more memory than its limit: raise the limit and run again",
    _C.MISSING_COMPILER: "it needs a compiler: say so in the documents",
    _C.MISSING_PYTHON_HEADER: "it needs the headers of Python: say in the documents that python3-dev is needed",
    _C.MISSING_HEADER: f"the header {{subject}} is missing: {_NAME_THE_PACKAGE}",
    _C.MISSING_PACKAGE_CONFIG: f"pkg-config does not know {{subject}} ({{subject}}.pc is missing): {_NAME_THE_PACKAGE}",
    _C.MISSING_LIBRARY: f"the library {{subject}} is missing: {_NAME_THE_PACKAGE}",
    _C.MISSING_MACRO: f"nothing defines {{subject}} for autoconf: {_NAME_THE_PACKAGE}",
    _C.COMMAND_NOT_FOUND: "the command {subject} is missing: say in the documents how it is installed",
    _C.MISSING_MODULE: "the module {subject} is missing: name in the documents the package that has it",
    _C.MISSING_NODE_MODULE: "the module {subject} is missing: add it to package.json",
    _C.MISSING_INTERPRETER: "the interpreter {subject} is missing: say in the documents which one is needed",
    _C.OTHER_PYTHON: "it needs Python {subject}, and Debian 12 has 3.11: say so in the documents",
    _C.OLD_NODE: "it needs a newer Node than this one ({subject}): say in the documents which, or pin the tool that asks for it",
    _C.UNKNOWN_RUNNER_OPTION: "the test runner does not know {subject}: name in the documents the plugin that has it",
    _C.MISSING_FIXTURE: "nothing has the fixture {subject}: name in the documents the plugin that has it",
    _C.TOOL_TOO_OLD: "a tool is too old for {subject}: say in the documents which version is needed",
    _C.NO_VERSION_CONTROL: "the version is taken from git, and this archive has none: say how to build from an archive",
    _C.NO_SUCH_TARGET: "there is no target {subject}: correct the command in the documents",
    _C.MISSING_SCRIPT: "package.json has no script {subject}: correct the command in the documents",
    _C.RELEASE_GONE: "the registry does not have {subject}: correct the requirement",
    _C.UNKNOWN_PACKAGE: "this distribution has no package {subject}: name in the documents the one that it has instead",
    _C.PEER_CONFLICT: "requirements exclude one another: correct them in package.json",
    _C.SERVICE_REFUSED: "it needs a service that is not running: say in the documents how to start it",
    _C.MISSING_ACCOUNT: "the server has no account {subject}: say in the documents how it is made",
    _C.MISSING_DATABASE: "the server has no database {subject}: say in the documents how it is made",
    _C.DEVELOPMENT_PACKAGES: "it needs the development packages of {subject}: name them in the documents",
    _C.MISSING_FILE: "{subject} is not among the files of this distribution: ship it, or correct the command",
    _C.LOCALE: "it needs a locale or a time zone that is missing: name it in the documents",
}


def advice_for(failure: Failure, missing: Sequence[MissingModule] = ()) -> str:
    """What to do about a failure that nothing mends, in one sentence without a full stop.

    `missing` is what is known of the modules that it could not import.

    >>> advice_for(Failure(None, "x.c:1:10: fatal error: foo.h: No such file or directory", 1))
    'the header foo.h is missing: name in the documents the system package that has it'
    """
    if missing_in(failure.output):
        return WHAT_FILLS_THE_CACHE
    if failure.code == ErrorCode.SYSTEM_NETWORK_ERROR and _had_no_network(failure):
        return _without_network(failure)
    own = {each.name for each in missing if each.origin is Origin.OWN}
    for sign in failure_signs(failure.output, failure.exit_code):
        if sign.kind is _C.MISSING_MODULE and sign.subject.split(".")[0] in own:
            return f"the module {sign.subject} is the project's own: ship it, or correct the import or the folder"
        if sign.kind is _C.NETWORK and _had_no_network(failure):
            return _without_network(failure)
        if sign.kind in _ROWS and (sign.subject or "{subject}" not in _ROWS[sign.kind]):
            return _ROWS[sign.kind].format(subject=sign.subject) + _known_package(sign)
    try:
        return ERRORS[ErrorCode(failure.code)].remedy
    except (ValueError, KeyError):
        return "read the log of the step that failed"


def _had_no_network(failure: Failure) -> bool:
    return failure.step is not None and not failure.step.network


def _without_network(failure: Failure) -> str:
    """What to do where waiting helps nothing: the host, every host, or the network of such steps is not to be had."""
    step = failure.step
    if refusal_in(failure.output):
        return WHAT_ALLOWS_A_HOST
    if step is not None and needs_network(step.command, step.phase):
        return "this run gives no step the network: run again without --no-network"
    return "no step but one that installs has the network: let it do without, or fetch what it needs while installing"


def _known_package(sign: FailureSign) -> str:
    if sign.kind is _C.MISSING_MACRO:
        package = package_of("macro", sign.subject)
        return f" (on Debian {package})" if package else ""
    patterns = {
        _C.MISSING_HEADER: f"*/include/{sign.subject}",
        _C.MISSING_PACKAGE_CONFIG: f"*/pkgconfig/{sign.subject}.pc",
        _C.MISSING_LIBRARY: f"*/{sign.subject}" if sign.subject.startswith("lib") else f"*/lib{sign.subject}.so",
        _C.COMMAND_NOT_FOUND: f"usr/bin/{sign.subject}",
    }
    found = packages_of([patterns[sign.kind]]) if sign.kind in patterns else ()
    return f" (on Debian {found[0]})" if found else ""
