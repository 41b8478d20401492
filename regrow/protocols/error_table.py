"""The one table of errors: condition, who must act, remedy, an example, and the verdict it leaves a run with.

`docs/errors.md` and `regrow explain CODE` are made from it (`error_pages.py`), `RegrowError` takes its remedy from it when
it is given none, and a run takes its verdict from it. A row answers for one code; the words are those of `error_codes.py`.

The module is long because it is one table and nothing else: a reader looks a code up, nobody reads it through.
Undecided is what could not be judged: the room, the network or the time was missing, which says nothing of the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regrow.protocols.error_codes import ErrorCode, ErrorRow, Who
from regrow.protocols.status import Verdict

__all__ = ["ERRORS", "verdict_of"]

_CALLER, _PEER, _ENVIRONMENT, _US = Who.CALLER, Who.PEER, Who.ENVIRONMENT, Who.US
_FAIL, _UNDECIDED, _CANCELLED = Verdict.FAIL, Verdict.UNDECIDED, Verdict.CANCELLED
_C = ErrorCode
_Row = ErrorRow

_ROWS: Final = (
    # E1: documentation
    _Row(
        _C.DOC_NOT_FOUND,
        _PEER,
        "the source tree holds no document that a reader would look at",
        "add a README that says how to install and test the project",
        "the target holds no README, INSTALL or documentation folder (looked at 214 files)",
        _FAIL,
    ),
    _Row(
        _C.DOC_PARSE_ERROR,
        _PEER,
        "a document cannot be decoded or its markup cannot be read",
        "save the document as UTF-8 and repair the markup at the place that is named",
        "docs/install.rst:41 cannot be decoded (expected UTF-8, got byte 0xff)",
        _FAIL,
    ),
    _Row(
        _C.DOC_INCOMPLETE,
        _PEER,
        "the documents lack something that a reader needs: a prerequisite, an install command, a test command",
        "say in the README (or INSTALL) which commands install, build and test the project, each in a block of its own",
        "README.md says how to install but no document says how to run the tests",
        _FAIL,
    ),
    _Row(
        _C.DOC_INVALID_FORMAT,
        _PEER,
        "a documented command cannot be typed as it stands: a placeholder, an unclosed quote, an include outside the tree",
        "write the command as it is to be typed, and say what a reader puts in place of each placeholder",
        "README.md:12 holds the placeholder <name> in 'pip install <name>'",
        _FAIL,
    ),
    _Row(
        _C.DOC_CONTRADICTORY,
        _PEER,
        "two documents say different things of which at most one works",
        "keep the sentence that works and correct the other",
        "README.md:30 says 'tox', CONTRIBUTING.md:8 says 'nox'; only 'nox' works",
        _FAIL,
    ),
    _Row(
        _C.DOC_TOO_LARGE,
        _CALLER,
        "a document is larger than the limit; its first part was read",
        "raise [doc_analyzer] document_limit_bytes, or split the document",
        "docs/reference.md is larger than the limit (limit 2000000 bytes, got 20971520 bytes)",
    ),
    _Row(
        _C.PROJECT_FILE_INVALID,
        _CALLER,
        "the project's own file ([tool.regrow] of pyproject.toml, or .regrow.toml) says what cannot be used",
        "correct the key that is named; docs/verify.md lists what the file may say",
        ".regrow.toml:3 does not know the key documnets (expected one of documents, folder, time)",
        _UNDECIDED,
    ),
    # E2: build
    _Row(
        _C.BUILD_INIT_FAILED,
        _CALLER,
        "the target cannot be found, fetched or unpacked, so the run cannot begin",
        "check the target's spelling and version: a folder, an archive, a git address, pypi:NAME, npm:NAME or deb:NAME",
        "target 'pypi:humanise==99' has no source distribution (newest is 4.9.0)",
        _UNDECIDED,
    ),
    _Row(
        _C.BUILD_ENV_SETUP_FAILED,
        _ENVIRONMENT,
        "no sandbox can be had on this machine, or a room cannot be made in it",
        "run 'regrow doctor' and do what it names, or accept the risk with --unsafe-no-sandbox",
        "no sandbox: bubblewrap cannot make a user namespace (Operation not permitted)",
        _UNDECIDED,
    ),
    _Row(
        _C.BUILD_GENERATION_FAILED,
        _PEER,
        "no plan can be made from the documents: nothing to type leads to a build",
        "document the commands that install and test the project from its source",
        "no plan: the only documented command installs the released copy, not this source",
        _FAIL,
    ),
    _Row(
        _C.BUILD_COMPILATION_ERROR,
        _PEER,
        "a build step ended with a status other than 0, or by a signal",
        "read the step's output in the run folder, then mend the build or the sentence that it was taken from",
        "step 'make' ended with exit status 2 (README.md:21)",
        _FAIL,
    ),
    _Row(
        _C.BUILD_TIMEOUT,
        _CALLER,
        "a step or the whole run did not end by its deadline",
        "raise [builder] step_timeout_s or split the step",
        "step 'compile' exceeded its deadline by 12.4 s (limit 300 s)",
        _UNDECIDED,
    ),
    _Row(
        _C.BUILD_ROOM_BROKEN,
        _ENVIRONMENT,
        "a new room failed its self-test, so nothing that happens in it says anything about the project",
        "run 'regrow doctor'; it names the test that fails and what to change",
        "room self-test 'localhost over IPv6' failed (expected a connection, got refused)",
        _UNDECIDED,
    ),
    _Row(
        _C.BUILD_TARGET_UNSAFE,
        _PEER,
        "an archive would write outside its folder, links out of it, or unpacks to more than the limit",
        "do not use this archive; ask whoever made it for a clean one, or raise [fetch] unpacked_limit_bytes if it is right",
        "archive entry '../../etc/passwd' leaves the target's folder",
        _UNDECIDED,
    ),
    _Row(
        _C.BUILD_HASH_MISMATCH,
        _PEER,
        "what was downloaded is not what the index announced",
        "try again; if it stays so, do not use this file and tell the index",
        "humanize-4.9.0.tar.gz has another SHA-256 (expected 582a…, got 0f31…)",
        _UNDECIDED,
    ),
    _Row(
        _C.BUILD_STEP_REFUSED,
        _CALLER,
        "a step was not run because the policy forbids it: a placeholder, sudo, a command that never returns",
        "replace the step, or allow it in the policy if you trust it",
        "step 'sudo systemctl start postgresql' was refused by the policy (sudo of anything but a package manager)",
        _FAIL,
    ),
    _Row(
        _C.BUILD_LIMIT_EXCEEDED,
        _CALLER,
        "a step used more processes, processor time or output than its limit and was ended",
        "raise the limit that is named under [builder], or find out why the step needs so much",
        "step 'pytest' printed more than its limit (limit 67108864 bytes)",
        _UNDECIDED,
    ),
    _Row(
        _C.BUILD_PREREQUISITE_MISSING,
        _PEER,
        "a step needs a tool, library, service or interpreter that the documents do not tell a reader to install",
        "name the prerequisite in the documents, with the version that is needed",
        "step 'pip install .' needs Python.h, which no document tells a reader to install",
        _FAIL,
    ),
    _Row(
        _C.BUILD_INSTALL_FAILED,
        _PEER,
        "an install or set-up step ended with a status other than 0, or by a signal",
        "read the step's output in the run folder, then mend the packaging or the sentence that it was taken from",
        "step 'pip install -e .[test]' ended with exit status 1 (README.md:17)",
        _FAIL,
    ),
    # E3: verification
    _Row(
        _C.VERIFY_TEST_FAILED,
        _PEER,
        "tests ran and at least one of them failed",
        "mend the failing tests that are named, or what they test; they are listed in the report",
        "1 of 49 tests failed: test_vobject.TestParse.test_unicode",
        _FAIL,
    ),
    _Row(
        _C.VERIFY_ENDPOINT_MISSING,
        _PEER,
        "a documented address does not answer, or not as documented",
        "correct the documented address, or make the program answer on it",
        "GET /health is not there (expected 200, got 404)",
        _FAIL,
    ),
    _Row(
        _C.VERIFY_AUTH_FAILED,
        _PEER,
        "a documented way to authenticate is refused, or a protected address answers without it",
        "correct the documented way to authenticate, or protect the address",
        "GET /admin answers without credentials (expected 401, got 200)",
        _FAIL,
    ),
    _Row(
        _C.VERIFY_MATH_INCONSISTENT,
        _PEER,
        "a number that the documents state is wrong: a sum, a share, a version, how many tests there are",
        "correct the number in the sentence that is named",
        "README.md:12 does not add up (stated 5, is 4)",
        _FAIL,
    ),
    _Row(
        _C.VERIFY_NO_TESTS,
        _PEER,
        "the test step ended with status 0 but no test was executed",
        "document a command that runs the tests; zero tests are not a pass",
        "step 'make test' ended with exit status 0 and ran no test",
        _FAIL,
    ),
    _Row(
        _C.VERIFY_OUTPUT_DIFFERS,
        _PEER,
        "a documented command prints something else than the documents show",
        "correct the output in the documents, or the program",
        "README.md:55 shows other output (expected 'a year ago', got '1 year ago')",
        _FAIL,
    ),
    _Row(
        _C.VERIFY_WRONG_COPY,
        _PEER,
        "the tests did not touch what was built: the released copy or the source tree shadows it",
        "run the tests from another folder, or install the checkout in place",
        "tests imported msgpack from the source tree, not from what was built",
        _FAIL,
    ),
    _Row(
        _C.VERIFY_NOT_REPRODUCIBLE,
        _PEER,
        "two builds of the same source differ in their artefacts",
        "remove the cause that is named: time stamps, file order, absolute paths, locale, parallel order",
        "demo-1.0.tar.gz differs between two builds by its time stamps",
    ),
    _Row(
        _C.VERIFY_FLAKY,
        _PEER,
        "a test passes in some repetitions and fails in others, with nothing changed",
        "mend the test that is named; the rate and the number of repetitions are in the report",
        "test_retry.test_backoff failed in 3 of 20 repetitions",
        _UNDECIDED,
    ),
    _Row(
        _C.VERIFY_FILE_MISSING,
        _PEER,
        "a file that the documents or the tests need is not in the source distribution",
        "add the file that is named to the source distribution",
        "tests/data/recurrence.ics is opened by a test and is not in the archive",
        _FAIL,
    ),
    _Row(
        _C.VERIFY_NOT_COUNTED,
        _PEER,
        "the test step ended with status 0 but its tests cannot be counted",
        "let a test runner run them and print its summary or write a JUnit file; until then only the exit status is known",
        "step 'make check' ended with exit status 0; its tests cannot be counted",
        _UNDECIDED,
    ),
    _Row(
        _C.VERIFY_COUNTS_DISAGREE,
        _PEER,
        "counts of the tests contradict one another: they do not add up, or two sources count the same tests differently",
        "look at the runner's own report in the run folder; a plugin or wrapper may change the count",
        "test counts do not add up (expected 906 run, got 900 passed + 2 failed)",
        _UNDECIDED,
    ),
    # E4: recovery and checkpoints
    _Row(
        _C.RECOVERY_STRATEGY_FAILED,
        _PEER,
        "a recovery strategy was carried out and the failure is still there",
        "nothing to do: the next strategy is tried; the failure itself is named beside this one",
        "strategy 'retry-with-backoff' did not help: step 'pip install .' fails as before",
        _FAIL,
    ),
    _Row(
        _C.RECOVERY_CHECKPOINT_CORRUPT,
        _ENVIRONMENT,
        "a checkpoint does not match its signature and was refused; the previous good one is used, or none, as the policy says",
        "check the disk; if every checkpoint of the run is refused, start the run again",
        "checkpoint 7 of runs/run-1 is corrupt (expected SHA-256 582a…, got 0f31…)",
    ),
    _Row(
        _C.RECOVERY_MAX_RETRIES,
        _PEER,
        "all attempts to recover are spent",
        "mend the cause that is named, or allow more attempts with [guardian] max_recoveries",
        "recovery gave up after 14 attempts; the last failure is E2011",
        _FAIL,
    ),
    _Row(
        _C.RECOVERY_RESOURCE_EXHAUSTED,
        _ENVIRONMENT,
        "a recovery cannot be carried out because memory, disk or time is used up",
        "free what is named, then go on with 'regrow resume RUN'",
        "no time is left for another attempt (needs about 120 s, 14 s left)",
        _UNDECIDED,
    ),
    _Row(
        _C.RECOVERY_FORBIDDEN,
        _CALLER,
        "a strategy would hide the fault: skip the failing test, ignore an exit status, drop a requirement",
        "use a strategy that mends the cause; hiding one is never allowed",
        "strategy 'skip-failing' was refused: it adds --deselect to the test command",
        _FAIL,
    ),
    _Row(
        _C.RECOVERY_NOT_REPLAYED,
        _PEER,
        "what healed the run does not do so again in a new room, so the healing was a left-over of failed attempts",
        "look at the replay in the run folder; the plan lacks a step that a failed attempt did by the way",
        "the healed plan gives other tests in a new room (expected 157, got 0)",
        _FAIL,
    ),
    _Row(
        _C.RECOVERY_CHECKPOINT_VERSION,
        _CALLER,
        "a checkpoint was written by a version that this one cannot read; the actor does not start, and what was saved stays",
        "use the version that wrote it, give the state a migrate, or start again in another store",
        "checkpoint 3 of bank/account has version 4 (expected at most 2)",
    ),
    # E5: the system underneath
    _Row(
        _C.SYSTEM_OUT_OF_MEMORY,
        _ENVIRONMENT,
        "a step, or regrow itself, needs more memory than it may use or than there is",
        "raise [builder] memory_limit_bytes, or run on a machine with more memory",
        "step 'compile' was ended at its memory limit (limit 2147483648 bytes)",
        _UNDECIDED,
    ),
    _Row(
        _C.SYSTEM_DISK_FULL,
        _ENVIRONMENT,
        "the disk is full, or a step wrote more than it may",
        "free space with 'regrow clean', or raise [builder] disk_limit_bytes",
        "step 'unpack' wrote more than its limit (limit 4294967296 bytes)",
        _UNDECIDED,
    ),
    _Row(
        _C.SYSTEM_NETWORK_ERROR,
        _ENVIRONMENT,
        "a host that is needed cannot be reached, resolved or trusted",
        "check the network and the package clients' settings, then go on with 'regrow resume RUN'",
        "the package index does not answer (3 attempts, 30 s)",
        _UNDECIDED,
    ),
    _Row(
        _C.SYSTEM_PERMISSION_DENIED,
        _ENVIRONMENT,
        "a file, folder, port or kernel facility is not ours to use",
        "grant the access that is named, or choose another place with --run-dir",
        "the run folder cannot be written (owner root, mode 0755)",
        _UNDECIDED,
    ),
    _Row(
        _C.SYSTEM_STORE_FAILED,
        _ENVIRONMENT,
        "the store refuses to read or write; nothing is acknowledged until it works again",
        "check the disk and the permissions of the store's folder; 'regrow doctor' names it",
        "the store cannot commit (database is locked by another process)",
        _UNDECIDED,
    ),
    # E6: usage, settings, daemon
    _Row(
        _C.USAGE_INVALID,
        _CALLER,
        "an argument or option cannot be understood",
        "see 'regrow COMMAND --help'",
        "option --format has no kind 'pdf' (expected text, json or html)",
    ),
    _Row(
        _C.SETTINGS_INVALID,
        _CALLER,
        "a setting is unknown, of the wrong type or out of bounds",
        "correct the setting; 'regrow config show' prints each with its bounds and where it came from",
        "[builder] step_timeout_s in regrow.toml:14 is out of bounds (expected more than 0, got -1)",
    ),
    _Row(
        _C.RUN_CANCELLED,
        _CALLER,
        "somebody stopped the run; what was saved is kept",
        "go on with 'regrow resume RUN'",
        "run 3f1c was interrupted in phase building after 6 of 9 steps",
        _CANCELLED,
    ),
    _Row(
        _C.RUN_UNKNOWN,
        _CALLER,
        "no run of that id is stored here",
        "list the runs with 'regrow runs'",
        "run 3f1c is not known in this store",
    ),
    _Row(
        _C.INTERNAL,
        _US,
        "something happened that regrow's own rules exclude",
        "please report it with the run folder; secrets are redacted in it",
        "the run's table has no row for this event",
        _UNDECIDED,
    ),
    _Row(
        _C.DAEMON_NOT_RUNNING,
        _CALLER,
        "the command needs the daemon and none answers",
        "this version has no daemon yet: 'regrow verify' does its work in a process of its own",
        "no daemon answers on its socket",
    ),
    _Row(
        _C.EXTRA_MISSING,
        _CALLER,
        "the feature needs libraries that are not installed",
        "install the extra that is named, for instance pip install 'regrow[daemon]'",
        "redis checkpoints need the extra 'redis' (the module redis is not installed)",
    ),
    _Row(
        _C.RUN_BUSY,
        _CALLER,
        "another process is working on the run",
        "wait for it, or stop it first; its process id is named",
        "run 3f1c is being worked on by process 4711",
    ),
    _Row(
        _C.RUN_ILLEGAL_TRANSITION,
        _US,
        "a state table was given an event that its state does not allow; the state is unchanged",
        "please report it with the run folder",
        "build machine: 'docs_analyzed' is not allowed in 'completed' (expected no event)",
        _UNDECIDED,
    ),
    _Row(
        _C.STATEMENT_EMPTY,
        _PEER,
        "a statement about the build was asked for, and there is no build or nothing that it made",
        "mend what the run found first; only a run that passed or was healed has a build to speak of",
        "run 3f1c has no build to state anything of (expected a run that ended with pass or healed, got fail)",
    ),
    # E61: actors
    _Row(
        _C.ACTOR_ERROR,
        _US,
        "the root of the runtime's errors; never raised itself",
        "catch it to catch every error of the runtime",
        "an error of the actor runtime",
    ),
    _Row(
        _C.ACTOR_DEFINITION,
        _CALLER,
        "an actor class cannot work: a handler without a message, two handlers for one message, a wrong reply type",
        "correct the class where the message says",
        "Account.deposit takes no message: annotate exactly one parameter with a Message class",
    ),
    _Row(
        _C.ACTOR_SPEC,
        _CALLER,
        "a child spec or supervisor spec cannot work; nothing was started",
        "correct the spec at the path that is named",
        "bank/account: max_restarts must be at least 0, got -1",
    ),
    _Row(
        _C.ACTOR_SEND_FAILED,
        _CALLER,
        "a message did not get through; it is handed back",
        "look at retry_safe before you send it again",
        "bank/account could not be reached",
    ),
    _Row(
        _C.ACTOR_MAILBOX_FULL,
        _CALLER,
        "a mailbox has no room and its policy does not wait",
        "wait with tell, send less, or give the child a larger mailbox",
        "the mailbox of bank/account is full (capacity 1024)",
    ),
    _Row(
        _C.ACTOR_UNHANDLED_MESSAGE,
        _CALLER,
        "an actor has no handler for a message of this type",
        "send what the actor handles, or add a handler",
        "Account has no handler for Withdraw",
    ),
    _Row(
        _C.ACTOR_STOPPED,
        _CALLER,
        "the actor has stopped and will not start again",
        "look the name up again, or start the child",
        "bank/account has stopped",
    ),
    _Row(
        _C.ACTOR_RESTARTING,
        _CALLER,
        "the incarnation that had the message ended before it replied",
        "send it again when retry_safe is true, or when handling it twice does no harm",
        "bank/account crashed while it handled GetBalance (ValueError)",
    ),
    _Row(
        _C.ACTOR_ASK_TIMEOUT,
        _CALLER,
        "no reply came by the deadline; a later one is dropped",
        "give the ask more time, or find out what keeps the actor busy",
        "bank/account did not reply to GetBalance within 5 s",
    ),
    _Row(
        _C.ACTOR_DEADLOCK,
        _CALLER,
        "an ask would close a cycle of actors that wait for one another",
        "tell instead of asking at one place of the cycle that is named",
        "bank/a asks bank/b, which waits for bank/a",
    ),
    _Row(
        _C.ACTOR_START_FAILED,
        _CALLER,
        "a child did not start; what had been started for it was stopped again",
        "mend what its on_start raised; the message holds it",
        "bank/account did not start within 5 s",
    ),
    _Row(
        _C.ACTOR_TREE_FAILED,
        _CALLER,
        "the root supervisor gave up: intensity exceeded, or a child could not be stopped",
        "mend the child that is named first; the root is never restarted by us",
        "bank gave up: 4 restarts within 5 s (limit 3)",
    ),
    _Row(
        _C.ACTOR_CHILD_REFUSED,
        _CALLER,
        "a change of a running tree was refused",
        "look at outcome: the child is already there, not there, running, or there are too many",
        "bank/workers refuses a child: 10 are running (max_children 10)",
    ),
    _Row(
        _C.ACTOR_WIRE_REFUSED,
        _PEER,
        "a message that crosses a process, a machine or the store cannot be written or read",
        "let both sides know the same message types in the same version, or send less at once",
        "bank:Deposit does not fit its type: amount: input should be a valid integer",
    ),
    _Row(
        _C.ACTOR_STATE_NOT_SAVED,
        _CALLER,
        "a state holds what a new incarnation could not read back; the checkpoint before it stays, and no reply is given",
        "give the field a type whose JSON can be read back, exclude it, or keep it out of the state",
        "bank/account: its state Ledger was not saved: field 'limit': input should be at least 0, got -1",
    ),
    _Row(
        _C.ACTOR_SUPERSEDED,
        _CALLER,
        "another tree on the same store has started an actor of this path; what the first one did since is not saved",
        "run one tree with these names on a store, or give each its own store",
        "bank/account: another incarnation has taken over its checkpoints (its epoch is 7, this one's 6)",
    ),
)

ERRORS: Final[Mapping[ErrorCode, ErrorRow]] = {row.code: row for row in _ROWS}
"""Code -> row, in the order of the codes."""


def verdict_of(code: str) -> Verdict:
    """Return what a run ends with when this error stands in the end.

    An error that does not end a run by itself leaves it undecided, because then nothing was found out.

    Raises:
        ValueError: There is no such code.
    """
    return ERRORS[ErrorCode(code)].verdict or Verdict.UNDECIDED
