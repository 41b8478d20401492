"""What the documentation of a project says: sentences, commands, prerequisites, files, endpoints, expected output.

The reply of the documentation analyser (`DocAnalysis`). Everything points at the sentence it came from (`DocRef`), so that
each step of a plan, each deviation and each patch can name it. What is done about it is in `plan.py`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from regrow.protocols.wire import Count, NonEmpty, Ratio, WireModel

__all__ = [
    "Claim",
    "ClaimKind",
    "CommandKind",
    "DocAnalysis",
    "DocCommand",
    "DocFinding",
    "DocFormat",
    "DocRef",
    "DocumentSummary",
    "Ecosystem",
    "Endpoint",
    "Example",
    "ExpectedFile",
    "ExpectedOutput",
    "LeftOutReason",
    "LineNumber",
    "Prerequisite",
    "PrerequisiteKind",
    "Server",
    "Severity",
    "Shell",
]

LineNumber = Annotated[int, Field(ge=1)]
"""A line of a file, counted from 1."""


class DocRef(WireModel):
    """A sentence or a command in a document.

    `file` is relative to the project's root, with forward slashes. `line` to `end_line` counts both ends, from 1.
    `text` is what stands there, without the markup around it.
    """

    file: NonEmpty
    line: LineNumber
    end_line: LineNumber
    text: str

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.end_line < self.line:
            msg = f"end_line {self.end_line} is before line {self.line} of {self.file}"
            raise ValueError(msg)
        return self

    def __str__(self) -> str:
        """Return `file:line`, as editors and compilers write it."""
        return f"{self.file}:{self.line}"


class Ecosystem(StrEnum):
    """The tools a project is built with."""

    PYTHON = "python"
    NODE = "node"
    C = "c"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much a finding matters: it stops a reader, misleads one, or is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class CommandKind(StrEnum):
    """What a documented command is for."""

    INSTALL = "install"
    BUILD = "build"
    TEST = "test"
    RUN = "run"
    SETUP = "setup"
    CLONE = "clone"
    OTHER = "other"


class Shell(StrEnum):
    """What understands a documented command: a POSIX shell, a Windows one, or an interpreter's prompt."""

    POSIX = "posix"
    WINDOWS = "windows"
    PYTHON = "python"
    NODE = "node"


class LeftOutReason(StrEnum):
    """Why a documented command is no step of the plan. The first five could not be done as they are written."""

    PLACEHOLDER = "placeholder"
    ASKS_FOR_INPUT = "asks_for_input"
    NEVER_ENDS = "never_ends"
    NEEDS_A_CONTAINER = "needs_a_container"
    NOT_A_COMMAND = "not_a_command"
    NOT_FOR_THIS_SYSTEM = "not_for_this_system"
    NOT_IN_THE_SOURCE = "not_in_the_source"
    ALTERNATIVE_OF = "alternative_of"
    OTHER_TESTS = "other_tests"
    SAID_BEFORE = "said_before"
    ALREADY_THERE = "already_there"
    USAGE_EXAMPLE = "usage_example"
    OTHER_SUBJECT = "other_subject"
    STYLE_CHECK = "style_check"
    DOCUMENTATION = "documentation"
    BENCHMARK = "benchmark"
    PACKAGING = "packaging"
    PUBLISHING = "publishing"
    VERSION_CONTROL = "version_control"
    SYSTEM_WIDE = "system_wide"
    MENTIONED_ONLY = "mentioned_only"
    NOT_NEEDED = "not_needed"


class DocCommand(WireModel):
    """A command that the documents say to type, and whether it was chosen.

    `alternatives_group` names the commands of which a reader types one ("with pip ... or with conda ..."); None when there
    is no choice. `reason` says why it was chosen or not, `left_out` the latter in a word; None when it was chosen.
    `in_path` says that it stands where the documents say how to build, install or test; `required`, that a reader who
    follows them comes to it on the way and cannot do it as it is written. `from_root` says that its section begins at the root
    of the source, not in the folder where the command before it ended. `confidence` is the reader's own, that this is
    a command of that kind at all.
    """

    text: NonEmpty
    ref: DocRef
    kind: CommandKind
    shell: Shell = Shell.POSIX
    alternatives_group: str | None = None
    chosen: bool
    reason: str
    left_out: LeftOutReason | None = None
    in_path: bool = False
    required: bool = False
    from_root: bool = False
    confidence: Ratio


class PrerequisiteKind(StrEnum):
    """What sort of thing must be there before the first command."""

    LANGUAGE = "language"
    SYSTEM_PACKAGE = "system_package"
    SERVICE = "service"
    ENVIRONMENT = "environment"
    TOOL = "tool"


class Prerequisite(WireModel):
    """Something that the documents take for granted or ask for. `version` is the constraint as written (`>=3.11`)."""

    kind: PrerequisiteKind
    name: NonEmpty
    version: str | None = None
    ref: DocRef


class ExpectedFile(WireModel):
    """A path that the documents say is there, or will be (`produced`) after the commands before it.

    `exists` is what the analyser found in the source tree; None when it did not look.
    """

    path: NonEmpty
    ref: DocRef
    produced: bool = False
    exists: bool | None = None


class Server(WireModel):
    """A command that does not return: it answers on a port while others are typed.

    `port` is the one that the command or the words around it name. `for_tests` says that the tests are typed while it runs.
    """

    command: NonEmpty
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    for_tests: bool = False
    ref: DocRef
    confidence: Ratio = 0.5


class Endpoint(WireModel):
    """An address that the documents say can be called once the project runs. `path` begins with a slash and has its query.

    Attributes:
        headers: As `Name: value`, those that the documents show.
        user: `name:password`, as they show it.
        body: What is sent.
        expected_status: None when they show none.
        expected_body: What they show as the answer; None when they show none.
        refused_without: They say that it is refused without what proves who calls.
        called: They show the call itself, so that it can be repeated; False when they only list the address.
    """

    method: NonEmpty = "GET"
    path: Annotated[str, Field(pattern=r"^/")]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    headers: tuple[str, ...] = ()
    user: str | None = None
    body: str | None = None
    expected_status: Annotated[int, Field(ge=100, le=599)] | None = None
    expected_body: str | None = None
    authenticated: bool = False
    refused_without: bool = False
    called: bool = False
    ref: DocRef
    confidence: Ratio = 0.5


class ExpectedOutput(WireModel):
    """What the documents say a command prints. `command` is that command as written; `text` may hold `...` for any text.

    `before` are the commands that stand above it in its block: they are typed first, in the same shell. `partly` says that
    the words around it do not show all that it prints.
    """

    command: str
    text: str
    before: tuple[str, ...] = ()
    partly: bool = False
    ref: DocRef
    confidence: Ratio = 0.5


class Example(WireModel):
    """Code of the documents that shows what comes of it.

    `session` says that it is what an interpreter shows (`>>>`); else it is code, whose comments (`# => 3`) or `output` show
    the results.
    """

    language: Shell
    code: NonEmpty
    session: bool = False
    output: str | None = None
    ref: DocRef
    confidence: Ratio = 0.5


class ClaimKind(StrEnum):
    """What a sentence states that can be found wrong."""

    VERSION = "version"
    LANGUAGE_VERSION = "language_version"
    TEST_COUNT = "test_count"
    TESTS_PASS = "tests_pass"
    ARITHMETIC = "arithmetic"


class Claim(WireModel):
    """A statement that can be checked. `known` is what it really is, and `holds` whether both agree: empty and None where only
    a run can tell.
    """

    kind: ClaimKind
    text: NonEmpty
    stated: str
    known: str = ""
    holds: bool | None = None
    ref: DocRef
    confidence: Ratio = 0.5


class DocFormat(StrEnum):
    """The markup of a document."""

    MARKDOWN = "markdown"
    RESTRUCTUREDTEXT = "restructuredtext"
    ASCIIDOC = "asciidoc"
    NOTEBOOK = "notebook"
    TEXT = "text"


class DocumentSummary(WireModel):
    """One document that was read. `truncated` when only its first part was, because of the limit on bytes."""

    file: NonEmpty
    format: DocFormat
    title: str = ""
    size_bytes: Count
    line_count: Count
    command_count: Count = 0
    truncated: bool = False


class DocFinding(WireModel):
    """Something wrong or missing in the documents, with the code of `error_codes.py` that describes it (`E1003`)."""

    code: Annotated[str, Field(pattern=r"^E\d{4}$")]
    severity: Severity
    message: NonEmpty
    ref: DocRef | None = None


class DocAnalysis(WireModel):
    """All that the documents of one project say, in the order in which a reader meets it."""

    documents: tuple[DocumentSummary, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()
    commands: tuple[DocCommand, ...] = ()
    files: tuple[ExpectedFile, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    expected_outputs: tuple[ExpectedOutput, ...] = ()
    examples: tuple[Example, ...] = ()
    claims: tuple[Claim, ...] = ()
    servers: tuple[Server, ...] = ()
    ecosystem: Ecosystem = Ecosystem.UNKNOWN
    project_name: str | None = None
    project_version: str | None = None
    findings: tuple[DocFinding, ...] = ()
