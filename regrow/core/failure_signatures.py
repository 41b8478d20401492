"""What the output of a failed command says went wrong: a class, the thing that it is about, and the line that shows it.

A signature is a row of a table: a class and a pattern over one line of output. Nothing here decides what to do; the
rules of `regrow.core.project.recovery` do, and the guardian keeps records by class. All rows are tried, so that a run
that lacks a header and a module says both. The order of the rows is the order of the answer: what makes the rest a
consequence first (no network, a full disk), the general last (a failing test).

The classes are those that were measured on 54 projects (survey of build verification, section 7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["FailureClass", "FailureSign", "failure_signs"]

LIMIT_BYTES = 200_000
"""Of longer output the end is read: the cause of a failed build stands there."""


class FailureClass(StrEnum):
    """Why a command failed."""

    DISK_FULL = "disk_full"
    NETWORK = "network"
    OUT_OF_MEMORY = "out_of_memory"
    EXTERNALLY_MANAGED = "externally_managed"
    MISSING_COMPILER = "missing_compiler"
    MISSING_PYTHON_HEADER = "missing_python_header"
    MISSING_HEADER = "missing_header"
    MISSING_PACKAGE_CONFIG = "missing_package_config"
    MISSING_LIBRARY = "missing_library"
    DEVELOPMENT_PACKAGES = "development_packages"
    MISSING_MACRO = "missing_macro"
    COMMAND_NOT_FOUND = "command_not_found"
    MISSING_MODULE = "missing_module"
    MISSING_NODE_MODULE = "missing_node_module"
    HALF_LOADED_MODULE = "half_loaded_module"
    RUNNER_TOO_NEW = "runner_too_new"
    RUNNER_TOO_OLD = "runner_too_old"
    OLD_SETUPTOOLS = "old_setuptools"
    NO_SETUP_COMMAND = "no_setup_command"
    MISSING_INTERPRETER = "missing_interpreter"
    OTHER_PYTHON = "other_python"
    OLD_NODE = "old_node"
    UNKNOWN_ENVIRONMENT = "unknown_environment"
    UNKNOWN_RUNNER_OPTION = "unknown_runner_option"
    MISSING_FIXTURE = "missing_fixture"
    SHADOWED_EXTENSION = "shadowed_extension"
    TOOL_TOO_OLD = "tool_too_old"
    NO_VERSION_CONTROL = "no_version_control"
    NO_SUCH_TARGET = "no_such_target"
    MISSING_SCRIPT = "missing_script"
    RELEASE_GONE = "release_gone"
    UNKNOWN_PACKAGE = "unknown_package"
    PEER_CONFLICT = "peer_conflict"
    SERVICE_REFUSED = "service_refused"
    MISSING_ACCOUNT = "missing_account"
    MISSING_DATABASE = "missing_database"
    MISSING_FILE = "missing_file"
    PERMISSION = "permission"
    LOCALE = "locale"
    NO_TESTS = "no_tests"
    LIFECYCLE_SCRIPT = "lifecycle_script"
    USAGE = "usage"
    TEST_FAILURE = "test_failure"


@dataclass(frozen=True, slots=True)
class FailureSign:
    """One thing that the output shows.

    Attributes:
        kind: The class.
        subject: What is missing or wrong (`pytest`, `zlib.h`, `libxml-2.0`); empty when the class says it all.
        evidence: The line that shows it.
        line: Its number in the text that was read, from 1.
    """

    kind: FailureClass
    subject: str
    evidence: str
    line: int


_C = FailureClass
_ROWS: tuple[tuple[FailureClass, str], ...] = (
    (_C.DISK_FULL, r"No space left on device|ENOSPC|Disk quota exceeded"),
    (
        _C.NETWORK,
        r"Temporary failure in name resolution|Name or service not known|Could not resolve host|getaddrinfo "
        r"(?:ENOTFOUND|EAI_AGAIN)|"
        r"(?:Connect|Read)TimeoutError|ConnectionResetError|Network is unreachable|Max retries exceeded|"
        r"ETIMEDOUT|ECONNRESET|"
        r"Failed to establish a new connection|Temporary failure resolving|50[234] (?:Bad Gateway|Service "
        r"Unavailable|Gateway Time-?out)|"
        r"Remote end closed connection|Connection timed out|IncompleteRead|ProxyError|SSLEOFError|unable to "
        r"access 'http|CONNECT tunnel failed|Proxy tunneling failed|Tunnel connection failed|Received HTTP code \d+ from proxy",
    ),
    (
        _C.OUT_OF_MEMORY,
        r"virtual memory exhausted|Cannot allocate memory|MemoryError$|JavaScript heap out of memory|internal "
        r"compiler error: Killed",
    ),
    (_C.EXTERNALLY_MANAGED, r"externally-managed-environment|This environment is externally managed"),
    (
        _C.MISSING_COMPILER,
        r"no acceptable C compiler found|error: command '(?P<subject>[\w./+-]*(?:gcc|cc|clang|g\+\+))' failed: "
        r"No such file|"
        r"No such file or directory: '(?P<subject3>[\w./+-]*(?:gcc|cc|clang|g\+\+|c\+\+))'|"
        r"unable to execute '(?P<subject2>[\w./+-]*(?:gcc|cc|clang|g\+\+|c\+\+))'|(?:CMAKE_C(?:XX)?_COMPILER "
        r"not set|No CMAKE_C(?:XX)?_COMPILER could be found)|"
        r"C compiler cannot create executables|Unknown compiler\(s\)|(?:gcc|cc|g\+\+|c\+\+|clang): (?:command "
        r")?not found|"
        r"make: (?:gcc|cc|g\+\+|c\+\+|clang): No such file",
    ),
    (_C.MISSING_PYTHON_HEADER, r"fatal error: (?P<subject>Python\.h): No such file"),
    (
        _C.MISSING_HEADER,
        r"fatal error: (?P<subject>[\w./+-]+\.h(?:pp|h)?): No such file|fatal error: '(?P<subject2>[\w./+-]+)' "
        r"file not found",
    ),
    (
        _C.MISSING_PACKAGE_CONFIG,
        r"Package '?(?P<subject>[\w.+-]+)'?,? (?:required by .*, )?(?:was )?not found|No package "
        r"'(?P<subject2>[\w.+-]+)' found|"
        r"Dependency \"(?P<subject3>[\w.+-]+)\" not found|Package (?P<subject4>[\w.+-]+) was not found in the "
        r"pkg-config",
    ),
    (
        _C.MISSING_LIBRARY,
        r"cannot find -l(?P<subject>[\w.+-]+)|error while loading shared libraries: (?P<subject2>[\w.+-]+):|"
        r"(?P<subject4>lib[\w.+-]+\.so[\w.]*): cannot open shared object file|"
        r"Could NOT find (?P<subject3>\w+)|"
        r"^configure: error: .*(?:[Cc]annot find|[Cc]ould not find|not found|[Mm]issing|[Rr]equire).*\blib(?!c\b|rar|tool)"
        r"(?P<subject5>[a-z][a-z0-9]+)\b|"
        r"(?:[Cc]ould not|[Cc]annot|[Cc]an't|[Uu]nable to|[Ff]ailed to) (?:load|find|locate|open) (?:the )?(?:shared )?"
        r"(?:library )?['\"]?lib(?!rar|c\b)(?P<subject6>[a-z][\w+-]*)(?:\.so[\w.]*)?['\"]?(?: (?:shared )?library)?[.!]?$",
    ),
    (
        # A sentence of a build script: "make sure the libxml2 and libxslt development packages are installed".
        _C.DEVELOPMENT_PACKAGES,
        r"(?i:(?:make sure|ensure|check)\b.*?\bthe (?P<subject>[\w.+-]+(?:(?:,? and |, | or )[\w.+-]+)*) "
        r"(?:development|devel|dev) (?:packages?|headers?|files?|librar(?:y|ies)))|"
        r"(?i:(?:please )?install (?:the )?(?P<subject2>[\w.+-]+(?:(?:,? and |, )[\w.+-]+)*) (?:development|devel|dev) "
        r"(?:packages?|headers?|files?|librar(?:y|ies)))|"
        r"(?i:(?P<subject3>[\w.+-]+(?:(?:,? and |, )[\w.+-]+)*) development (?:packages?|headers?|files?|librar(?:y|ies)) "
        r"(?:are|is|were|was) (?:not installed|missing|required|needed|not found))",
    ),
    (
        # A macro of autoconf that nothing defines: autoconf says so itself, or the configure that it made anyway.
        _C.MISSING_MACRO,
        r"possibly undefined macro: (?P<subject>\w+)|: (?P<subject2>(?:A[CMX]|LT|LTDL|PKG|GTK|IT|GLIB)_[A-Z0-9_]+): "
        r"(?:command )?not found$|(?P<subject3>LIBTOOL)' is undefined$|required file '\./(?P<subject4>ltmain\.sh)' "
        r"not found$|configure: line \d+: [`'](?P<subject5>(?:A[CMX]|LT|LTDL|PKG|GTK|IT|GLIB)_[A-Z0-9_]+)[(,]",
    ),
    (
        _C.COMMAND_NOT_FOUND,
        r"(?:^|: )(?:line \d+: )?(?P<subject>[\w./+-]+): (?:command )?not found$|env: "
        r"[‘'](?P<subject2>[\w.+-]+)[’']: No such file|"
        r"(?:make(?:\[\d+\])?: )(?P<subject3>[\w./+-]+): No such file or directory|(?P<subject4>[\w.+-]+) "
        r"executable not found|"
        r"Can't exec \"(?P<subject5>[\w./+-]+)\"|FileNotFoundError: .*No such file or directory: "
        r"'(?P<subject6>[\w+-]+)'|"
        # poetry, pdm and pipenv of a program that their environment has not
        r"^Command not found: (?P<subject7>[\w.+-]+)$|Command '(?P<subject8>[\w.+-]+)' is not found in your PATH|"
        r"the command (?P<subject9>[\w.+-]+) could not be found within PATH|"
        # meson-python of the tool that it starts
        r"error: Could not find (?P<subject10>[a-z][\w.+-]*) version [\d.]+ or newer|"
        # scripts that prepare a build
        r"(?i:\bno [`'\"](?P<subject12>[a-z][\w+-]*)['\"] (?:was )?found\b|"
        r"\byou (?:must have|need(?: to have)?|need to install|must install) [`'\"]?(?P<subject13>[a-z][\w+-]*)['\"]? "
        r"(?:\(\S+\) )?installed|"
        r"\bunable to (?:locate|find) (?:the )?(?P<subject14>autoconf|autoreconf|automake|aclocal|libtoolize|autopoint)\b)|"
        # the reason for which tests were skipped
        r"skipped for a missing part: `?(?P<subject11>[a-z][\w.+-]*)`?(?:\(\d\))?(?: command| executable| program| binary)? "
        r"(?:is |was )?not (?:found|installed|available)\b",
    ),
    (
        _C.SHADOWED_EXTENSION,
        r"cannot import name '(?P<subject>_\w+)' from (?:partially initialized module )?'|No module named "
        r"'(?P<subject2>\w+\._\w+)'",
    ),
    (
        _C.MISSING_MODULE,
        r"(?:ModuleNotFoundError|ImportError): No module named '?(?P<subject>[\w.]+)'?|: No module named "
        r"'?(?P<subject2>[\w.]+)'?$|"
        # what a project says itself, where it imports what is optional
        r"(?:Error|ImproperlyConfigured): [\"'`]?(?P<subject3>\w+)[\"'`]? (?:module |package |library )?is (?:required|not "
        r"installed)\b|(?:Error|ImproperlyConfigured): .*\b[Pp]lease install (?:the )?[\"'`]?(?P<subject4>\w+)[\"'`]?"
        r"(?: module| package| library)?[.!]?$|Error: .*\bDo you have (?P<subject5>\w+) installed\?|"
        r"Error: .*\bthe (?P<subject6>\w+) (?:module|package|library) is not installed\b",
    ),
    (_C.MISSING_NODE_MODULE, r"Cannot find (?:module|package) '(?P<subject>[^'./][^']*)'"),
    (
        _C.HALF_LOADED_MODULE,
        r"AttributeError: (?:partially initialized )?module '(?P<subject>[\w.]+)' has no attribute",
    ),
    (
        _C.OLD_SETUPTOOLS,
        r"(?P<subject>use_2to3) is invalid|cannot import name '(?P<subject2>Feature)' from 'setuptools'",
    ),
    (
        # pytest of what it will no longer have, where the project makes an error of such a warning
        _C.RUNNER_TOO_NEW,
        r"^(?:E|INTERNALERROR>) .*\bPytestRemovedIn(?P<subject>\d+)Warning",
    ),
    (
        # what a pytest of before 2020 makes of the syntax trees of Python 3.10 and later
        _C.RUNNER_TOO_OLD,
        r"^(?:E\s+|INTERNALERROR> )?TypeError: required field \"(?P<subject>lineno)\" missing from alias$",
    ),
    (
        _C.NO_SETUP_COMMAND,
        r"error: invalid command '(?P<subject>[\w-]+)'|option --(?P<subject2>[\w-]+) not recognized|"
        # Debian's Python of a setuptools that is not Debian's
        r"AttributeError: (?P<subject3>install_layout)\b",
    ),
    (
        _C.MISSING_INTERPRETER,
        r"could not find python interpreter (?:with spec\S*|matching any of the specs) (?P<subject>\S+)|"
        r"InterpreterNotFound: (?P<subject2>\S+)|"
        r"Python interpreter (?P<subject3>[\w.]+) not found|pyenv: version .(?P<subject4>[\d.]+). is not installed",
    ),
    (
        # pip, poetry, pdm and uv of a project that the Python at hand is too old or too new for.
        _C.OTHER_PYTHON,
        r"requires a different Python: \S+ not in '(?P<subject>[^']+)'|"
        r"Current Python version \(\S+\) is not allowed by the project \((?P<subject2>[^)]+)\)|"
        r"No interpreter found for Python (?P<subject3>[<>=!~][^\s,;]*(?:, ?[<>=!~][^\s,;]*)*)|"
        r"does not satisfy (?:the )?(?:project's )?(?:Python|`?requires-python`?)[^<>=~]*(?P<subject4>[<>=~]=?\s?[\d.]+)|"
        r"different python version: .*Requires-Python (?P<subject5>[<>=~!][\w.,<>=~!*]*)",
    ),
    (
        # Node of a module or an option that only a later one knows: most often a tool around the tests, not the tests.
        _C.OLD_NODE,
        r"(?P<subject>ERR_REQUIRE_ESM)\b|(?P<subject2>ERR_UNKNOWN_BUILTIN_MODULE)\b|^\S*node: bad option: (?P<subject3>--[\w-]+)|"
        r"SyntaxError: (?P<subject4>The requested module '(?:node:)?\w+(?:/\w+)*') does not provide an export named|"
        r"(?i:\brequires? (?P<subject5>node(?:\.?js)?(?: version)? ?(?:v|>=? ?)*\d+)|"
        r"(?P<subject6>node(?:\.?js)? v?\d+(?:\.[\dx.]+)? or (?:greater|higher|later|newer|above)) is required)|"
        r"^npm (?:ERR!|error) code (?P<subject7>EBADENGINE)|SyntaxError: (?P<subject8>Invalid regular expression flags)|"
        r"SyntaxError: (?P<subject9>Unexpected token 'with')|"
        r"ReferenceError: (?P<subject10>File|crypto|CustomEvent|WebSocket|navigator|Iterator) is not defined|"
        r"TypeError: [\w.$]*\.?(?P<subject11>toSorted|toReversed|toSpliced|withResolvers|groupBy|isWellFormed|fromAsync) "
        r"is not a function|(?P<subject12>t\.plan is not a function)|"
        # an error that nothing caught: Node names itself below it
        r"^(?P<subject13>Node\.js v\d+)\.",
    ),
    (
        _C.UNKNOWN_ENVIRONMENT,
        r"provided environments not found in configuration file: (?P<subject>\S+)|unknown environment "
        r"'(?P<subject2>\S+)'|"
        # tox of an environment for which it lacks a plugin; it ends well without having run anything
        r"environment (?P<subject3>\S+) marked as unavailable, runner",
    ),
    (
        _C.UNKNOWN_RUNNER_OPTION,
        r"error: unrecognized arguments: (?P<subject>--?[\w-]+)|[Uu]nknown config option: (?P<subject2>\w+)|"
        r"Unknown pytest\.mark\.(?P<subject3>\w+)",
    ),
    (_C.MISSING_FIXTURE, r"fixture '(?P<subject>\w+)' not found"),
    (
        _C.TOOL_TOO_OLD,
        r"no such option: (?P<subject>--?[\w-]+)|Could NOT find .*required is at least|CMake "
        r"(?P<subject2>[\d.]+) or higher is required",
    ),
    (
        _C.NO_VERSION_CONTROL,
        r"setuptools-scm was unable to detect version|(?P<subject>fatal: not a git repository)|Unable to "
        r"determine version|versioneer",
    ),
    (
        _C.NO_SUCH_TARGET,
        r"No rule to make target [`'](?P<subject>[^']+)'|ninja: error: unknown target '(?P<subject2>[^']+)'|No "
        r"targets specified and no makefile found",
    ),
    (_C.MISSING_SCRIPT, r"[Mm]issing script: \"?(?P<subject>[\w:-]+)\"?"),
    (
        _C.RELEASE_GONE,
        r"No matching version found for (?P<subject>\S+?)\.?$|ETARGET|No matching distribution found for "
        r"(?P<subject2>\S+)|404 Not Found - GET \S*/(?P<subject3>[\w.@-]+)",
    ),
    (
        # apt's words; one line may hold several, where it is told what apt said.
        _C.UNKNOWN_PACKAGE,
        r"Unable to locate package (?P<subject>[\w.+-]+)|Package '?(?P<subject2>[\w.+-]+)'? has no installation candidate|"
        r"Couldn't find any package by (?:glob|regex) '(?P<subject3>[\w.+-]+)'",
    ),
    (_C.PEER_CONFLICT, r"ERESOLVE (?P<subject>unable to resolve|could not resolve)"),
    (
        _C.SERVICE_REFUSED,
        r"connection to server at \S+ \(\S+\), port (?P<subject4>\d+) failed(?!: FATAL)|"
        r"\.s\.PGSQL\.(?P<subject5>\d+)\"? failed(?!: FATAL)|"
        r"[Cc]onnection refused.*?(?:port (?P<subject>\d+))|ECONNREFUSED \S+?:(?P<subject2>\d+)|could not "
        r"connect to server|"
        r"Can't connect to (?:local )?(?:MySQL |MariaDB |)server|Error (?:99|111) connecting to \S+?:(?P<subject3>\d+)|"
        r"Connect call failed \('[\d.:]+', (?P<subject6>\d+)|dial tcp \S+?:(?P<subject7>\d+): connect: connection refused|"
        r"(?:localhost|127\.0\.0\.1):(?P<subject8>\d+):? .*[Cc]onnection refused",
    ),
    (
        _C.MISSING_ACCOUNT,
        r"role \"(?P<subject>[\w.-]+)\" does not exist|Access denied for user '(?P<subject2>[\w.-]+)'@",
    ),
    (_C.MISSING_DATABASE, r"database \"(?P<subject>[\w.-]+)\" does not exist|Unknown database '(?P<subject2>[\w.-]+)'"),
    (
        _C.MISSING_FILE,
        r"Could not open requirements file: .*'(?P<subject>[^']+)'|can't open file '(?P<subject2>[^']+)'|"
        r"FileNotFoundError: .*No such file or directory: '(?P<subject3>[^']+)'|ERROR: file or directory not "
        r"found: (?P<subject4>\S+)|"
        r"(?:cd|bash|sh|cat|cp)(?:: line \d+)?(?:: cd)?: (?P<subject5>[\w./+-]+): No such file or directory|"
        r"ENOENT: no such file or directory, open '(?P<subject6>[^']+)'|"
        # Node of the file that it is started with, or of one that a file of the project asks for
        r"Cannot find module '(?P<subject7>/[^']+)'",
    ),
    (_C.PERMISSION, r"[Pp]ermission denied|EACCES|Operation not permitted"),
    (
        _C.LOCALE,
        r"unsupported locale setting|cannot change locale|ZoneInfoNotFoundError: (?P<subject>.*)|No time zone found",
    ),
    (
        _C.NO_TESTS,
        r"no tests ran|^Ran 0 tests|NO TESTS RAN|collected 0 items|No tests were found|no test specified|No "
        r"test files found",
    ),
    (_C.LIFECYCLE_SCRIPT, r"^> \S+@\S+ (?P<subject>(?:pre|post)\w+)$"),
    (
        # Or Django's, of tests that are started without what their own runner sets up.
        _C.USAGE,
        r"^usage: (?P<subject>\S+)|^Usage: (?P<subject2>\S+)|ImproperlyConfigured: Requested setting \w+, but settings are not",
    ),
    (
        _C.TEST_FAILURE,
        r"=+ .*\b\d+ failed\b.*=+|^FAILED \((?:failures|errors)=|^# FAIL: +[1-9]|\d+% tests passed, [1-9]\d* "
        r"tests? failed|^# fail [1-9]|\d+ failing$",
    ),
)
_COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in _ROWS)
_STARTERS = re.compile(
    r"^> |(?:command )?not (?:be )?found|No module named|No such file|error|ERROR|Error|fail|FAIL|"
    r"[Uu]sage|[Tt]ests?|Package|No |not |Could|Cannot|Can't|"
    r"invalid|unable|Unable|denied|refused|cannot|ECONN|E[A-Z]{4,}|setup|Unknown|unknown|no such|No such|"
    r"compiler|interpreter|ImproperlyConfigured|PytestRemovedIn|ERR_|bad option|Node|requires? node|"
    r"Missing|missing|must have|need to|configure: line|"
    r"Temporary|space|[Cc]onnect|Network|externally|development|devel|[Dd]atabase|role|Access"
)


def failure_signs(output: str, exit_code: int | None = None) -> tuple[FailureSign, ...]:
    """What an output shows, each class and subject once, in the order of the table.

    Args:
        output: What the command printed, both streams.
        exit_code: 127 says that a command was not found, 5 of pytest that it collected nothing; None when unknown.

    >>> [(s.kind.value, s.subject) for s in failure_signs("bash: line 1: pytest: command not found", 127)]
    [('command_not_found', 'pytest')]
    >>> [(s.kind.value, s.subject) for s in failure_signs("x.c:1: fatal error: zlib.h: No such file or directory")]
    [('missing_header', 'zlib.h')]
    """
    lines = output[-LIMIT_BYTES:].splitlines()
    found: dict[tuple[FailureClass, str], FailureSign] = {}
    for number, line in enumerate(lines, 1):
        short = re.sub(r"\x1b\[[0-9;]*m", "", line[:1_000]).rstrip()
        if not _STARTERS.search(short):
            continue
        for kind, pattern in _COMPILED:
            match = pattern.search(short)
            if match is None:
                continue
            subject = next((value for value in match.groupdict().values() if value), "")
            found.setdefault((kind, subject), FailureSign(kind, subject, short.strip()[:300], number))
            break
    if exit_code == 5 and not any(kind is _C.NO_TESTS for kind, _ in found):
        shown = next((line for line in reversed(lines) if line.strip()), "exit status 5")
        if re.search(r"pytest|collected|deselected|no tests", output[-2_000:]):
            found[_C.NO_TESTS, ""] = FailureSign(_C.NO_TESTS, "", shown[:300], len(lines))
    rank = {kind: index for index, (kind, _) in enumerate(_ROWS)}
    return tuple(sorted(found.values(), key=lambda sign: (rank[sign.kind], sign.line)))
