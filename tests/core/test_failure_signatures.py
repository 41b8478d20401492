"""Lines that real tools print, and what they show."""

from __future__ import annotations

import pytest

from regrow.core.failure_signatures import FailureClass as C
from regrow.core.failure_signatures import failure_signs


@pytest.mark.parametrize(
    ("line", "kind", "subject"),
    [
        ("bash: line 1: pytest: command not found", C.COMMAND_NOT_FOUND, "pytest"),
        ("/bin/sh: 1: autoreconf: not found", C.COMMAND_NOT_FOUND, "autoreconf"),
        ("env: 'node': No such file or directory", C.COMMAND_NOT_FOUND, "node"),
        ("make: flex: No such file or directory", C.COMMAND_NOT_FOUND, "flex"),
        ("Command not found: pytest", C.COMMAND_NOT_FOUND, "pytest"),
        ("[PdmUsageError]: Command 'pytest' is not found in your PATH.", C.COMMAND_NOT_FOUND, "pytest"),
        (
            "Error: the command pytest could not be found within PATH or Pipfile's [scripts].",
            C.COMMAND_NOT_FOUND,
            "pytest",
        ),
        ("Error: pg_config executable not found.", C.COMMAND_NOT_FOUND, "pg_config"),
        ('Can\'t exec "libtoolize": No such file or directory at autoreconf line 1', C.COMMAND_NOT_FOUND, "libtoolize"),
        (
            "E   ImportError: libstdc++.so.6: cannot open shared object file: No such file or directory",
            C.MISSING_LIBRARY,
            "libstdc++.so.6",
        ),
        ("meson-python: error: Could not find ninja version 1.8.2 or newer.", C.COMMAND_NOT_FOUND, "ninja"),
        ("/x/venv/bin/python: No module named pytest", C.MISSING_MODULE, "pytest"),
        ("ModuleNotFoundError: No module named 'yaml'", C.MISSING_MODULE, "yaml"),
        ("ImportError: No module named six", C.MISSING_MODULE, "six"),
        ("Error: Cannot find module 'tape'", C.MISSING_NODE_MODULE, "tape"),
        ("configure: error: no acceptable C compiler found in $PATH", C.MISSING_COMPILER, ""),
        ("error: command 'gcc' failed: No such file or directory", C.MISSING_COMPILER, "gcc"),
        (
            "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory",
            C.MISSING_COMPILER,
            "x86_64-linux-gnu-gcc",
        ),
        ("make: cc: No such file or directory", C.MISSING_COMPILER, ""),
        ("a.c:1:10: fatal error: Python.h: No such file or directory", C.MISSING_PYTHON_HEADER, "Python.h"),
        ("a.c:1:10: fatal error: graphviz/cgraph.h: No such file or directory", C.MISSING_HEADER, "graphviz/cgraph.h"),
        ("No package 'libxml-2.0' found", C.MISSING_PACKAGE_CONFIG, "libxml-2.0"),
        (
            'meson.build:3:0: ERROR: Dependency "glib-2.0" not found, tried pkgconfig',
            C.MISSING_PACKAGE_CONFIG,
            "glib-2.0",
        ),
        ("/usr/bin/ld: cannot find -lz: No such file or directory", C.MISSING_LIBRARY, "z"),
        ("x: error while loading shared libraries: libpq.so.5: cannot open", C.MISSING_LIBRARY, "libpq.so.5"),
        (
            "Error: Please make sure the libxml2 and libxslt development packages are installed.",
            C.DEVELOPMENT_PACKAGES,
            "libxml2 and libxslt",
        ),
        ("please install the zlib development headers", C.DEVELOPMENT_PACKAGES, "zlib"),
        ("libfoo development files are missing", C.DEVELOPMENT_PACKAGES, "libfoo"),
        ("E: Unable to locate package python-dev", C.UNKNOWN_PACKAGE, "python-dev"),
        ("E: Package 'libssl1.1' has no installation candidate", C.UNKNOWN_PACKAGE, "libssl1.1"),
        ("E: Couldn't find any package by glob 'python3.7'", C.UNKNOWN_PACKAGE, "python3.7"),
        ("in development mode", None, None),
        (
            'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory',
            C.SERVICE_REFUSED,
            "5432",
        ),
        (
            'psycopg2.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
            C.SERVICE_REFUSED,
            "5432",
        ),
        ("redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379.", C.SERVICE_REFUSED, "6379"),
        ("ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 11211)", C.SERVICE_REFUSED, "11211"),
        ("Error: connect ECONNREFUSED 127.0.0.1:6379", C.SERVICE_REFUSED, "6379"),
        (
            'connection to server at "localhost" (::1), port 5432 failed: FATAL:  database "demo_test" does not exist',
            C.MISSING_DATABASE,
            "demo_test",
        ),
        ('FATAL:  database "demo_test" does not exist', C.MISSING_DATABASE, "demo_test"),
        ('FATAL:  role "builder" does not exist', C.MISSING_ACCOUNT, "builder"),
        ("AttributeError: module 'vobject' has no attribute 'VERSION'", C.HALF_LOADED_MODULE, "vobject"),
        ("error: externally-managed-environment", C.EXTERNALLY_MANAGED, ""),
        ("error in x setup command: use_2to3 is invalid.", C.OLD_SETUPTOOLS, "use_2to3"),
        ("error: invalid command 'test'", C.NO_SETUP_COMMAND, "test"),
        ("no such option: --group", C.TOOL_TOO_OLD, "--group"),
        ("__main__.py: error: unrecognized arguments: --cov", C.UNKNOWN_RUNNER_OPTION, "--cov"),
        ("E       fixture 'mocker' not found", C.MISSING_FIXTURE, "mocker"),
        ("Error [ERR_REQUIRE_ESM]: require() of ES Module /a/index.mjs not supported.", C.OLD_NODE, "ERR_REQUIRE_ESM"),
        ("node: bad option: --experimental-x", C.OLD_NODE, "--experimental-x"),
        ("./configure: line 6079: `LT_INIT(dlopen)'", C.MISSING_MACRO, "LT_INIT"),
        ("configure: error: cannot find required MD5 functions in libc or libmd", C.MISSING_LIBRARY, "md"),
        ("E   OSError: Could not load libspatialindex_c library", C.MISSING_LIBRARY, "spatialindex_c"),
        ("configure: error: cannot find the library that is required", None, None),
        ("airtap: Node 20 or greater is required.", C.OLD_NODE, "Node 20 or greater"),
        ("  error: 't.plan is not a function'", C.OLD_NODE, "t.plan is not a function"),
        ("Node.js v18.20.4", C.OLD_NODE, "Node.js v18"),
        ("Node.js v22.1.0", C.OLD_NODE, "Node.js v22"),
        ("No 'autoreconf' found. You must install the autoconf package.", C.COMMAND_NOT_FOUND, "autoreconf"),
        ("You must have autoconf installed to compile demo.", C.COMMAND_NOT_FOUND, "autoconf"),
        ("**Error**: You must have `autoconf' installed.", C.COMMAND_NOT_FOUND, "autoconf"),
        ("py27: skipped because could not find python interpreter with spec(s): py27", C.MISSING_INTERPRETER, "py27"),
        ("make: *** No rule to make target 'check'.  Stop.", C.NO_SUCH_TARGET, "check"),
        ('npm error Missing script: "test"', C.MISSING_SCRIPT, "test"),
        ("npm error notarget No matching version found for left-pad@9.", C.RELEASE_GONE, "left-pad@9"),
        ("npm error code ERESOLVE", None, None),
        ("npm error ERESOLVE unable to resolve dependency tree", C.PEER_CONFLICT, "unable to resolve"),
        (
            "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'dev.txt'",
            C.MISSING_FILE,
            "dev.txt",
        ),
        ("python: can't open file '/x/test.py': [Errno 2] No such file", C.MISSING_FILE, "/x/test.py"),
        ("OSError: [Errno 28] No space left on device", C.DISK_FULL, ""),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", C.NETWORK, ""),
        ("npm error code EAI_AGAIN getaddrinfo EAI_AGAIN registry", C.NETWORK, ""),
        ("LookupError: setuptools-scm was unable to detect version for /x.", C.NO_VERSION_CONTROL, ""),
        ("locale.Error: unsupported locale setting", C.LOCALE, ""),
        ('connection to server at "127.0.0.1", port 5432 failed: Connection refused', None, None),
        ("Error 111 connecting to localhost:6379. Connection refused.", C.SERVICE_REFUSED, "6379"),
        ("Ran 0 tests in 0.000s", C.NO_TESTS, ""),
        ("============ 1 failed, 3 passed in 0.1s ============", C.TEST_FAILURE, ""),
        ("ImportError: cannot import name '_speed' from 'demo'", C.SHADOWED_EXTENSION, "_speed"),
        ("> demo@1.0.0 posttest", C.LIFECYCLE_SCRIPT, "posttest"),
        ("usage: runner [-h]", C.USAGE, "runner"),
        ("test_error_is_found ... ok", None, None),
        ("collecting: no module is missing here", None, None),
    ],
)
def test_line_shows_its_cause(line: str, kind: C | None, subject: str | None) -> None:
    signs = failure_signs(f"some output\n{line}\nmore\n")
    if kind is None or subject is None:
        assert not signs or signs[0].kind is not C.TEST_FAILURE
    else:
        assert [(sign.kind, sign.subject) for sign in signs] == [(kind, subject)]
        assert signs[0].line == 2


def test_causes_are_ordered_so_that_consequences_come_last() -> None:
    output = "1 failing\n===== 2 failed =====\nModuleNotFoundError: No module named 'a'\nNo space left on device\n"
    assert failure_signs(output)[0].kind is C.DISK_FULL


def test_exit_status_5_of_pytest_says_that_nothing_was_collected() -> None:
    assert [s.kind for s in failure_signs("collected 3 items / 3 deselected", 5)] == [C.NO_TESTS]
    assert failure_signs("some other tool", 5) == ()


def test_colours_do_not_hide_the_cause() -> None:
    assert failure_signs("\x1b[31mModuleNotFoundError: No module named 'x'\x1b[0m")[0].subject == "x"


def test_each_cause_is_named_once() -> None:
    assert len(failure_signs("No module named 'x'\n" * 50)) <= 1
