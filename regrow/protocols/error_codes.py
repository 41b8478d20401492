"""Every error code, who must act, and how to explain one: the words; the rows are in `error_table.py`.

The thousands say what an error is about. E1001 to E5004 are the specification's, with its names; the others are ours. A code
is never given to another error, and never leaves the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from regrow.protocols.status import Verdict

__all__ = ["RANGES", "ErrorCode", "ErrorRow", "Who"]

RANGES: Final[Mapping[str, str]] = {
    "E1": "documentation",
    "E2": "build",
    "E3": "verification",
    "E4": "recovery and checkpoints",
    "E5": "the system underneath",
    "E6": "usage, settings, daemon (E61xx: actors)",
    "E7": "labs: tool generation, repair, tournaments",
    "E8": "bytemap",
    "E9": "security and API",
}
"""The first two characters of a code -> what such errors are about. E7, E8 and E9 are reserved for their parts."""


class Who(StrEnum):
    """Who must act so that an error goes away."""

    CALLER = "caller"
    """Whoever called: other arguments, other settings, another order."""
    PEER = "peer"
    """Whoever is on the other side: the project that is verified, its documents, a server, another program."""
    ENVIRONMENT = "environment"
    """Whoever runs the machine: disk, memory, network, permissions, missing tools."""
    US = "us"
    """The authors of regrow: a bug."""


class ErrorCode(StrEnum):
    """The specification's `SystemErrorCode`, and ours after it in each thousand."""

    DOC_NOT_FOUND = "E1001"
    DOC_PARSE_ERROR = "E1002"
    DOC_INCOMPLETE = "E1003"
    DOC_INVALID_FORMAT = "E1004"
    DOC_CONTRADICTORY = "E1005"
    DOC_TOO_LARGE = "E1006"
    PROJECT_FILE_INVALID = "E1007"

    BUILD_INIT_FAILED = "E2001"
    BUILD_ENV_SETUP_FAILED = "E2002"
    BUILD_GENERATION_FAILED = "E2003"
    BUILD_COMPILATION_ERROR = "E2004"
    BUILD_TIMEOUT = "E2005"
    BUILD_ROOM_BROKEN = "E2006"
    BUILD_TARGET_UNSAFE = "E2007"
    BUILD_HASH_MISMATCH = "E2008"
    BUILD_STEP_REFUSED = "E2009"
    BUILD_LIMIT_EXCEEDED = "E2010"
    BUILD_PREREQUISITE_MISSING = "E2011"
    BUILD_INSTALL_FAILED = "E2012"

    VERIFY_TEST_FAILED = "E3001"
    VERIFY_ENDPOINT_MISSING = "E3002"
    VERIFY_AUTH_FAILED = "E3003"
    VERIFY_MATH_INCONSISTENT = "E3004"
    VERIFY_NO_TESTS = "E3005"
    VERIFY_OUTPUT_DIFFERS = "E3006"
    VERIFY_WRONG_COPY = "E3007"
    VERIFY_NOT_REPRODUCIBLE = "E3008"
    VERIFY_FLAKY = "E3009"
    VERIFY_FILE_MISSING = "E3010"
    VERIFY_NOT_COUNTED = "E3011"
    VERIFY_COUNTS_DISAGREE = "E3014"

    RECOVERY_STRATEGY_FAILED = "E4001"
    RECOVERY_CHECKPOINT_CORRUPT = "E4002"
    RECOVERY_MAX_RETRIES = "E4003"
    RECOVERY_RESOURCE_EXHAUSTED = "E4004"
    RECOVERY_FORBIDDEN = "E4005"
    RECOVERY_NOT_REPLAYED = "E4006"
    RECOVERY_CHECKPOINT_VERSION = "E4007"

    SYSTEM_OUT_OF_MEMORY = "E5001"
    SYSTEM_DISK_FULL = "E5002"
    SYSTEM_NETWORK_ERROR = "E5003"
    SYSTEM_PERMISSION_DENIED = "E5004"
    SYSTEM_STORE_FAILED = "E5005"

    USAGE_INVALID = "E6001"
    SETTINGS_INVALID = "E6002"
    RUN_CANCELLED = "E6003"
    RUN_UNKNOWN = "E6004"
    INTERNAL = "E6005"
    DAEMON_NOT_RUNNING = "E6006"
    EXTRA_MISSING = "E6007"
    RUN_BUSY = "E6008"
    RUN_ILLEGAL_TRANSITION = "E6009"
    STATEMENT_EMPTY = "E6010"

    ACTOR_ERROR = "E6100"
    ACTOR_DEFINITION = "E6101"
    ACTOR_SPEC = "E6102"
    ACTOR_SEND_FAILED = "E6110"
    ACTOR_MAILBOX_FULL = "E6111"
    ACTOR_UNHANDLED_MESSAGE = "E6112"
    ACTOR_STOPPED = "E6113"
    ACTOR_RESTARTING = "E6114"
    ACTOR_ASK_TIMEOUT = "E6115"
    ACTOR_DEADLOCK = "E6116"
    ACTOR_START_FAILED = "E6120"
    ACTOR_TREE_FAILED = "E6121"
    ACTOR_CHILD_REFUSED = "E6122"
    ACTOR_WIRE_REFUSED = "E6130"
    ACTOR_STATE_NOT_SAVED = "E6131"
    ACTOR_SUPERSEDED = "E6132"


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """What is known about one code.

    `condition` says when it is raised and `remedy` what whoever must act does about it; both are sentences without the
    full stop, because they are printed after a semicolon too. `example` is a message of this error, without code and
    remedy. `verdict` is what a run ends with when this error stands in the end; None when it does not end a run.
    """

    code: ErrorCode
    who: Who
    condition: str
    remedy: str
    example: str
    verdict: Verdict | None = None

    @property
    def name(self) -> str:
        """The specification's name of the code, such as BUILD_TIMEOUT."""
        return self.code.name
