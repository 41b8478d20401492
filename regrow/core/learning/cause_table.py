"""Rules from a line of output to a cause: data, each row with a line that it is for. Pure.

The order is the order of the answer: what makes the rest a consequence stands first (a full disk, no network), what only
says that something failed stands last. Within a cause the order does not matter. A test feeds each row its own line.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

__all__ = ["CAUSE_RULES", "Cause", "CauseRule"]


class Cause(StrEnum):
    """Why a step failed, in the words of the specification's classification."""

    DISK_FULL = "disk_full"
    OUT_OF_MEMORY = "out_of_memory"
    NETWORK = "network"
    TIME_OUT = "time_out"
    CRASH = "crash"
    MISSING_SERVICE = "missing_service"
    MISSING_HEADER = "missing_header"
    MISSING_LIBRARY = "missing_library"
    VERSION_CONFLICT = "version_conflict"
    LOCALE = "locale"
    MISSING_MODULE = "missing_module"
    MISSING_TOOL = "missing_tool"
    WRONG_ORDER = "wrong_order"
    STALE_COMMAND = "stale_command"
    TEST_DATA = "test_data"
    WRONG_PATH = "wrong_path"
    PERMISSION = "permission"
    UNDOCUMENTED_STEP = "undocumented_step"
    COMPILE_ERROR = "compile_error"
    TEST_FAILURE = "test_failure"
    UNKNOWN = "unknown"


class CauseRule(NamedTuple):
    """One row: a cause, a pattern over one line without colours, and a line that shows it."""

    cause: Cause
    pattern: str
    example: str


_C = Cause

CAUSE_RULES: Final[tuple[CauseRule, ...]] = (
    CauseRule(_C.DISK_FULL, r"No space left on device|\bENOSPC\b", "OSError: [Errno 28] No space left on device"),
    CauseRule(_C.DISK_FULL, r"Disk quota exceeded|\bEDQUOT\b", "cp: error writing 'a': Disk quota exceeded"),
    CauseRule(_C.OUT_OF_MEMORY, r"^MemoryError\b|\bMemoryError$", "MemoryError"),
    CauseRule(_C.OUT_OF_MEMORY, r"JavaScript heap out of memory", "FATAL ERROR: JavaScript heap out of memory"),
    CauseRule(
        _C.OUT_OF_MEMORY,
        r"virtual memory exhausted|out of memory allocating",
        "cc1: out of memory allocating 65536 bytes",
    ),
    CauseRule(
        _C.OUT_OF_MEMORY,
        r"Cannot allocate memory|std::bad_alloc|\bENOMEM\b",
        "OSError: [Errno 12] Cannot allocate memory",
    ),
    CauseRule(
        _C.OUT_OF_MEMORY, r"internal compiler error: Killed", "g++: internal compiler error: Killed (program cc1plus)"
    ),
    CauseRule(
        _C.NETWORK,
        r"Temporary failure (?:in name resolution|resolving)|Name or service not known|[Cc]ould not resolve (?:host|')",
        "curl: (6) Could not resolve host: example.invalid",
    ),
    CauseRule(
        _C.NETWORK,
        r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|unable to resolve host address|nodename nor servname",
        "npm error request to u failed, reason: getaddrinfo ENOTFOUND example.invalid",
    ),
    CauseRule(
        _C.NETWORK,
        r"(?:Connect|Read)Timeout(?:Error)?\b|Max retries exceeded|NewConnectionError|Network is unreachable|No route to host",
        "WARNING: Retrying after connection broken by 'ConnectTimeoutError(1)'",
    ),
    CauseRule(
        _C.NETWORK,
        r"\b(?:ETIMEDOUT|ECONNRESET|UND_ERR_CONNECT_TIMEOUT)\b|Connection reset by peer|Remote end closed connection",
        "npm error code ETIMEDOUT",
    ),
    CauseRule(
        _C.NETWORK,
        r"\b50[234] (?:Bad Gateway|Service Unavailable|Gateway Time-?out)",
        "HTTP error 503 Service Unavailable while getting a file",
    ),
    CauseRule(
        _C.NETWORK,
        r"ProxyError|CONNECT tunnel failed|Tunnel connection failed|Received HTTP code \d+ from proxy|SSLEOFError|"
        r"CERTIFICATE_VERIFY_FAILED|unable to access 'https?:",
        "fatal: unable to access 'https://example.invalid/': CONNECT tunnel failed, response 403",
    ),
    CauseRule(
        _C.NETWORK,
        r"curl: \(28\)|^wget: download timed out|Connection timed out",
        "curl: (28) Connection timed out after 2001 ms",
    ),
    CauseRule(
        _C.TIME_OUT,
        r"TimeoutExpired|(?<!Connect)(?<!Read)\bTimeoutError\b|timed out after \d",
        "subprocess.TimeoutExpired: Command '['sleep', '5']' timed out after 1 seconds",
    ),
    CauseRule(
        _C.TIME_OUT,
        r"\*\*\*Timeout|^\s*\d+/\d+ .*\bTIMEOUT\b|Timeout >\d|Exceeded timeout of \d+|Timeout of \d+ ?ms exceeded",
        "1/1 Test #1: a ................***Timeout   1.02 sec",
    ),
    CauseRule(
        _C.CRASH,
        r"Segmentation fault|\bSIGSEGV\b|\bSEGFAULT\b|Fatal Python error",
        "bash: line 1:  4711 Segmentation fault      (core dumped) ./a.out",
    ),
    CauseRule(
        _C.CRASH,
        r"Aborted\s+(?:\(core dumped\)|\.|\S)|\bSIGABRT\b|double free or corruption|stack smashing detected|"
        r"Illegal instruction|Bus error",
        "bash: line 1:  4711 Aborted                 (core dumped) ./a.out",
    ),
    CauseRule(
        _C.MISSING_SERVICE,
        r"[Cc]onnection refused|\bECONNREFUSED\b|ConnectionRefusedError",
        "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
    ),
    CauseRule(
        _C.MISSING_SERVICE,
        r"connection to server (?:at|on socket) .* failed|[Cc]ould not connect to (?:the )?(?:server|database)|"
        r"Can't connect to (?:local )?(?:MySQL |MariaDB |)server",
        'psql: error: connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory',
    ),
    CauseRule(
        _C.MISSING_SERVICE,
        r"Failed to connect to (?:localhost|127\.0\.0\.1|\[?::1\]?) port \d+",
        "curl: (7) Failed to connect to localhost port 8931 after 0 ms: Couldn't connect to server",
    ),
    CauseRule(
        _C.MISSING_SERVICE,
        r"Cannot connect to the Docker daemon",
        "Cannot connect to the Docker daemon at unix:///run/d.sock.",
    ),
    CauseRule(
        _C.MISSING_SERVICE,
        r"role \"[\w.-]+\" does not exist|database \"[\w.-]+\" does not exist|Access denied for user|Unknown database '",
        'FATAL:  database "tests" does not exist',
    ),
    CauseRule(
        _C.MISSING_HEADER,
        r"fatal error: [\w./+-]+: No such file|fatal error: '[\w./+-]+' file not found",
        "a.c:1:10: fatal error: zlib.h: No such file or directory",
    ),
    CauseRule(
        _C.MISSING_HEADER,
        r"configure: error: .*\b(?:[\w/]+\.h\b|headers?\b).*|C header ['\"][\w./+-]+['\"] not found|"
        r"(?i:could not find|cannot find|missing) (?:the )?(?:header|include) ?(?:file)?",
        "configure: error: yaml.h header not found",
    ),
    CauseRule(
        _C.VERSION_CONFLICT,
        r"Could NOT find .*required is at least|(?:CMake|Autoconf version) [\d.]+ or higher is required|"
        r"Meson version is .* but project requires|Autoconf version \S+ or higher is required",
        "  CMake 9.1 or higher is required.  You are running version 3.25.1",
    ),
    CauseRule(
        _C.VERSION_CONFLICT,
        r"[Dd]ependency (?:lookup for )?\"?[\w.+-]+\"? (?:with method .* )?found: NO found [\d.]+ but need|"
        r"Invalid version, need .* found",
        "Dependency zlib found: NO found 1.2.13 but need: '>=99'",
    ),
    CauseRule(
        _C.VERSION_CONFLICT,
        r"^Requested '.*' but version of|requires a different Python|Requires-Python|not in '[<>=!~]=?\d",
        "ERROR: Package 'a' requires a different Python: 3.11.2 not in '>=4'",
    ),
    CauseRule(
        _C.VERSION_CONFLICT,
        r"ResolutionImpossible|conflicting dependencies|The conflict is caused by|have incompatible|"
        r"Cannot install .* because these package versions|but you have \S+ \S+ which is incompatible",
        "ERROR: ResolutionImpossible: for help visit the page",
    ),
    CauseRule(
        _C.VERSION_CONFLICT,
        r"No matching version found for|No matching distribution found for \S+[=<>!~]=?\d|\bETARGET\b|\bERESOLVE\b|"
        r"\bEBADENGINE\b|\bEPEERINVALID\b",
        "npm error notarget No matching version found for semver@999.0.0.",
    ),
    CauseRule(
        _C.VERSION_CONFLICT,
        r"requires pytest-\d|'minversion' is '|requires at least pytest|module 'pytest' has no attribute|"
        r"VersionConflict|ContextualVersionConflict|DistributionNotFound",
        "ERROR: pytest.ini: 'minversion' requires pytest-99.0, actual pytest-8.4.0'",
    ),
    CauseRule(
        _C.VERSION_CONFLICT,
        r"cannot import name '[A-Za-z]\w*' from '\w+(?:\.\w+)*'|module '[\w.]+' has no attribute '\w+'",
        "ImportError: cannot import name 'Mapping' from 'collections' (/usr/lib/python3.11/collections/__init__.py)",
    ),
    CauseRule(
        _C.VERSION_CONFLICT,
        r"could not find python interpreter|InterpreterNotFound|Python interpreter \S+ not found|"
        r"pyenv: version .* is not installed",
        "py27: skipped because could not find python interpreter with spec(s): py27",
    ),
    CauseRule(
        _C.MISSING_LIBRARY,
        r"cannot find -l[\w.+-]+|library not found for -l",
        "/usr/bin/ld: cannot find -lpq: No such file",
    ),
    CauseRule(
        _C.MISSING_LIBRARY,
        r"error while loading shared libraries|OSError: lib\S+: cannot open shared object|undefined reference to",
        "./a: error while loading shared libraries: libq.so.1: cannot open shared object file: No such file or directory",
    ),
    CauseRule(
        _C.MISSING_LIBRARY,
        r"Package '?[\w.+-]+'?,? (?:required by .*, )?(?:was )?not found|No package '[\w.+-]+' found|"
        r"Package requirements \(.*\) were not met",
        "No package 'libxml-2.0' found",
    ),
    CauseRule(
        _C.MISSING_LIBRARY,
        r"[Dd]ependency \"?[\w.+-]+\"? (?:not found|found: NO)|Could NOT find \w+|Could not find a package configuration file",
        'meson.build:2:0: ERROR: Dependency "glib-2.0" not found, tried pkgconfig',
    ),
    CauseRule(
        _C.MISSING_LIBRARY,
        r"configure: error: .*\blib\w*\b.*(?:not found|required|missing)|the .* development (?:packages?|files) are",
        "configure: error: libz is required but was not found",
    ),
    CauseRule(
        _C.MISSING_LIBRARY,
        r"possibly undefined macro: |: (?:AX|PKG|LT)_\w+: command not found",
        "error: possibly undefined macro: AC_PROG_LIBTOOL",
    ),
    CauseRule(
        _C.LOCALE,
        r"unsupported locale setting|cannot change locale|Setting locale failed|locale::facet",
        "locale.Error: unsupported locale setting",
    ),
    CauseRule(
        _C.LOCALE,
        r"ZoneInfoNotFoundError|No time zone found|UnknownTimeZoneError",
        "zoneinfo._common.ZoneInfoNotFoundError: 'No time zone found with key Europe/Nowhere'",
    ),
    CauseRule(
        _C.LOCALE,
        r"UnicodeEncodeError: 'ascii'|UnicodeDecodeError: 'ascii'|'ascii' codec can't",
        "UnicodeEncodeError: 'ascii' codec can't encode character '\\xe9' in position 0",
    ),
    CauseRule(_C.MISSING_MODULE, r"No module named '?[\w.]+'?", "ModuleNotFoundError: No module named 'yaml'"),
    CauseRule(
        _C.MISSING_MODULE,
        r"Cannot find (?:module|package) '[^'./][^']*'|Cannot import '[\w.]+'|\bBackendUnavailable\b",
        "Error: Cannot find module 'tape'",
    ),
    CauseRule(
        _C.MISSING_MODULE,
        r"Can't locate \S+\.pm in @INC",
        "Can't locate Foo/Bar.pm in @INC (you may need to install it)",
    ),
    CauseRule(
        _C.MISSING_MODULE,
        r"fixture '\w+' not found|error: unrecognized arguments: -|unknown config option: \w+|Unknown pytest\.mark",
        "E       fixture 'mocker' not found",
    ),
    CauseRule(
        _C.MISSING_TOOL,
        r"(?:^|: )(?:line \d+: )?(?!\./)[\w+-][\w.+-]*: (?:command )?not found\b|sh: \d+: [\w.+-]+: not found",
        "bash: line 1: pytest: command not found",
    ),
    CauseRule(
        _C.MISSING_TOOL,
        r"env: [‘'][\w.+-]+[’']: No such file|"
        r"make(?:\[\d+\])?: (?!\S+\.(?:mk|make): )[\w.+-]+: No such file or directory|Can't exec \"[\w./+-]+\"",
        "make: flex: No such file or directory",
    ),
    CauseRule(
        _C.MISSING_TOOL,
        r"No such file or directory: '[\w+-]+(?:-\d+)?'$|unable to execute '[\w./+-]+'|"
        r"error: command '[\w./+-]+' failed: No such file|"
        r"spawn [\w.+-]+ ENOENT",
        "FileNotFoundError: [Errno 2] No such file or directory: 'git'",
    ),
    CauseRule(
        _C.MISSING_TOOL,
        r"no acceptable C compiler|Unknown compiler\(s\)|is not a full path and was not found in the PATH|"
        r"CMAKE_C(?:XX)?_COMPILER not set|"
        r"C compiler cannot create executables|No CMAKE_C(?:XX)?_COMPILER could be found",
        "configure: error: no acceptable C compiler found in $PATH",
    ),
    CauseRule(
        _C.MISSING_TOOL,
        r"[Pp]rogram '?[\w .+-]+'? (?:not found|found: NO)|Could not find \w+ using the following names|executable not found|"
        r"(?:not found|not be found) in (?:your )?\$?PATH|could not be found within PATH|^Command not found: |"
        r"failed with \S+ \(could not find executable|is not found in your PATH",
        "meson.build:2:0: ERROR: Program 'valac' not found or not executable",
    ),
    CauseRule(
        _C.WRONG_ORDER,
        r"No targets specified and no makefile found|not a CMake build directory|could not load cache|"
        r"^Error: \S+ is not a directory$|CMakeCache\.txt.*not found",
        "make: *** No targets specified and no makefile found.  Stop.",
    ),
    CauseRule(
        _C.WRONG_ORDER,
        r"\./configure: (?:No such file|not found)|is not configured|Current directory is not a meson build directory|"
        r"No test configuration file found|file INSTALL cannot find",
        "bash: line 1: ./configure: No such file or directory",
    ),
    CauseRule(
        _C.WRONG_ORDER,
        r"can only install with an existing package-lock|Please run (?:`|')?[\w ]+(?:install|build|configure)\b|"
        r"[Rr]un .*\./configure.* first|"
        r"partially initialized module",
        "npm error The `npm ci` command can only install with an existing package-lock.json",
    ),
    CauseRule(
        _C.STALE_COMMAND,
        r"No rule to make target [`'](?!.*/)[\w-]+'\.|unknown target '|[Mm]issing script: ",
        "make: *** No rule to make target 'check'.  Stop.",
    ),
    CauseRule(
        _C.STALE_COMMAND,
        r"error: invalid command '|[Nn]o such option|no such command|[Uu]nknown option|unrecognized option|invalid option|"
        r"option --[\w-]+ not recognized|is not a git command",
        "error: invalid command 'test'",
    ),
    CauseRule(
        _C.STALE_COMMAND,
        r"provided environments not found in configuration|unknown environment|Sessions not found|session .* not found",
        "ROOT: HandledError| provided environments not found in configuration file: lint",
    ),
    CauseRule(
        _C.STALE_COMMAND,
        r"Unable to locate package|has no installation candidate|Couldn't find any package by|use_2to3 is invalid|"
        r"No matching distribution found for [\w.-]+$|404 Not Found - GET",
        "E: Unable to locate package python-dev",
    ),
    CauseRule(
        _C.TEST_DATA,
        r"No such file or directory:? .*(?:tests?|fixtures?|testdata|test_data|data|samples?|resources)/[\w./+-]+",
        "FileNotFoundError: [Errno 2] No such file or directory: 'tests/data/sample.json'",
    ),
    CauseRule(
        _C.TEST_DATA,
        r"ENOENT: no such file or directory, \w+ '[^']*(?:tests?|fixtures?|testdata|samples?)/",
        "Error: ENOENT: no such file or directory, open 'test/fixtures/a.json'",
    ),
    CauseRule(_C.WRONG_PATH, r"^make: \S+\.(?:mk|make): No such file", "make: build.mk: No such file or directory"),
    CauseRule(
        _C.WRONG_PATH,
        r"Could not open requirements file|can't open file '|file or directory not found: |is not a valid editable requirement|"
        r"neither 'setup\.py' nor 'pyproject\.toml' found|Neither 'setup\.py' nor",
        "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'dev.txt'",
    ),
    CauseRule(
        _C.WRONG_PATH,
        r"Cannot find module '[./]|The source directory .* does not exist|does not appear to contain CMakeLists|"
        r"not a git repository|"
        r"should either be a path|Invalid requirement: .*path",
        'CMake Error: The source directory "x" does not exist.',
    ),
    CauseRule(_C.WRONG_PATH, r"No such file or directory|\bENOENT\b", "cp: cannot stat 'a': No such file or directory"),
    CauseRule(
        _C.PERMISSION,
        r"[Pp]ermission denied|\bEACCES\b|Operation not permitted|\bEPERM\b|Read-only file system",
        "bash: line 1: ./a.sh: Permission denied",
    ),
    CauseRule(
        _C.PERMISSION,
        r"externally-managed-environment|are you root\?|must be run as root",
        "error: externally-managed-environment",
    ),
    CauseRule(
        _C.UNDOCUMENTED_STEP,
        r"no tests ran|collected 0 items|^Ran 0 tests|NO TESTS RAN|No tests were found|no test specified|No test files found",
        "===== no tests ran in 0.01s =====",
    ),
    CauseRule(
        _C.UNDOCUMENTED_STEP,
        r"does not contain a CMakeLists\.txt|[Ss]ubmodule|git submodule update",
        "  does not contain a CMakeLists.txt file.",
    ),
    CauseRule(
        _C.UNDOCUMENTED_STEP,
        r"setuptools-scm was unable to detect version|Unable to determine version|versioneer",
        "LookupError: setuptools-scm was unable to detect version for /x.",
    ),
    CauseRule(
        _C.UNDOCUMENTED_STEP,
        r"^KeyError: '[A-Z][A-Z0-9_]{3,}'|environment variable \S+ (?:is )?(?:not set|required|missing)|"
        r"Set the [A-Z_]+ environment variable",
        "KeyError: 'DATABASE_URL'",
    ),
    CauseRule(
        _C.COMPILE_ERROR,
        r"^\S+\.\w+:\d+(?::\d+)?: error: |^cc1: all warnings being treated as errors",
        "a.c:1:20: error: 'x' undeclared (first use in this function)",
    ),
    CauseRule(
        _C.COMPILE_ERROR,
        r"^(?:E\s+)?SyntaxError: |^IndentationError: ",
        "SyntaxError: Missing parentheses in call to 'print'",
    ),
    CauseRule(
        _C.TEST_FAILURE,
        r"^=+ .*\b\d+ (?:failed|error)\b|^FAILED \((?:failures|errors)=|^\*\*\*Test Failed\*\*\*",
        "===== 1 failed in 0.01s =====",
    ),
    CauseRule(
        _C.TEST_FAILURE,
        r"^# FAIL: +[1-9]|\d+% tests passed, [1-9]\d* tests? failed|^# fail [1-9]|ℹ fail [1-9]|\d+ failing$|^Fail: +[1-9]",
        "50% tests passed, 1 tests failed out of 2",
    ),
    CauseRule(_C.TEST_FAILURE, r"^not ok \d+|^E\s+assert|AssertionError", "not ok 1 - a"),
)
"""All rows."""
