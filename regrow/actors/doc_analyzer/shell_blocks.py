"""Commands out of a block of code: prompts, output between them, continuation lines, here-documents, comments.

One typed line is one command; a statement that spans lines (a loop, a here-document, a line ended by `\\`) is one too.
In a block with prompts only prompted lines are typed and the rest is output. Whether a bare line is a command depends
on the language that the block declares: in `bash` any line that the grammar accepts, without a language only one whose
first word is a program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from regrow.core.project.command_tables import known_program
from regrow.core.project.shell_grammar import SimpleCommand, Statement, parse_statements
from regrow.protocols.plan import Shell

__all__ = ["Typed", "commands_in_block", "looks_typed"]

SHELL_LANGUAGES = frozenset(
    "bash sh shell zsh console shell-session shellsession terminal sh-session bash-session ksh fish cli cmdline "
    "commandline session"
    " posix-terminal shellscript bashsession command".split()
)
WINDOWS_LANGUAGES = frozenset("bat batch cmd powershell ps1 pwsh dos doscon batchfile ps1con".split())
PYTHON_LANGUAGES = frozenset("python py python3 pycon py3 ipython ipython3 doctest default python-console pytb".split())
NODE_LANGUAGES = frozenset("javascript js jsx node nodejs typescript ts mjs cjs".split())
UNDECLARED = frozenset(
    {"", "text", "none", "plain", "plaintext", "txt", "default", "raw", "output", "guess", "eval_rst"}
)

_POSIX_PROMPT = re.compile(
    r"""^\s*(?:\([\w .@:/~-]+\)\s*)?                        # (venv)
        (?:\[[^\]\n]{1,60}\]\s?|[\w.-]+@[\w.-]+:?\s?[\w~/.-]*\s?|~[\w/.-]*\s|[\w./~-]*(?=[$]))?   # user@host:dir
        (?P<mark>[$%❯➜»])\s+(?P<rest>\S.*)$""",
    re.VERBOSE,
)
_ROOT_PROMPT = re.compile(r"^\s*(?:[\w.-]+@[\w.-]+[^#$\n]{0,40})?(?:\([\w .-]+\)\s*)?#\s+(?P<rest>\S.*)$")
_WINDOWS_PROMPT = re.compile(
    r"^\s*(?:\([\w .-]+\)\s*)?(?:PS ?(?:[A-Za-z]:)?[^>\n]{0,80}|[A-Za-z]:\\?[^>\n]{0,80})>\s*(?P<rest>\S.*)?$"
)
_OTHER_PROMPT = re.compile(
    r"^\s*(?:>>>|In \[\d*\]:|(?:sqlite|mysql|redis[^>]*|irb[^>]*|psql|node|iex[^>]*|ghci)>|[\w]+=[#>])(?:\s|$)"
)
_TWO_PROMPTS = re.compile(r"^[ \t]*>>>[ \t]+(?=[$#%][ \t]+\S)", re.MULTILINE)
"""A shell's prompt behind an interpreter's: the markup of a Python session around commands of the shell."""
_ANGLE_PROMPT = re.compile(r"^\s*>\s+(?P<rest>\S.*)$")
_HERE_DOCUMENT = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
_ANGLES = re.compile(r"<[A-Za-z][^<>\n]*>")
_WINDOWS_PATH = re.compile(r"\\[Ss]cripts\\|^[A-Za-z]:\\|^\S+\.(?:bat|cmd|ps1)\b|^\.?\\?\w+\\\w+")
_WORDS_OF_SPEECH = re.compile(r"(?:read\s+-[a-zA-Z]|sleep\s+(?:\d|inf)|tail\s+-\w)")
"""Programs whose names are words of every text; what stands behind them says that they are typed."""
_PROSE_AFTER_PROGRAM = frozenset(
    "sure the a an it your this that you is are and will can of to in for with on as or if these all".split()
)


@dataclass(frozen=True, slots=True)
class Typed:
    """One command as typed.

    Attributes:
        text: Without its prompt, trailing comment and continuation.
        line: 0-based line inside the block; `end_line` the last.
        shell: What understands it.
        valid: Whether the shell's grammar accepts it.
        commands: Its simple commands; empty when invalid or not POSIX.
        output: Lines that follow a prompted command: what it prints.
        prompted: Whether a prompt stood before it.
        comment: The comment on its line or directly above it.
        background: Whether it ends with `&`: it is left running while the next ones are typed.
    """

    text: str
    line: int
    end_line: int
    shell: Shell
    valid: bool
    commands: tuple[SimpleCommand, ...] = ()
    output: str = ""
    prompted: bool = False
    comment: str = ""
    background: bool = False


def commands_in_block(text: str, language: str = "") -> tuple[Typed, ...]:
    """The commands of a block, in order; none when it is of another language or holds only output.

    >>> [t.text for t in commands_in_block("$ make  # all\\ncc -c x.c\\n# make install", "console")]
    ['make', 'make install']
    >>> [t.text for t in commands_in_block("# install it\\npip install .", "bash")]
    ['pip install .']
    """
    text = _TWO_PROMPTS.sub("", text)
    if language in PYTHON_LANGUAGES - {"default"} or language in NODE_LANGUAGES:
        return _prompted(text.split("\n")) if re.search(r"^\s*\$ \S", text, re.MULTILINE) else ()
    declared = language in SHELL_LANGUAGES
    windows = language in WINDOWS_LANGUAGES
    if not declared and not windows and language not in UNDECLARED:
        return ()
    lines = text.split("\n")
    if any(_OTHER_PROMPT.match(line) for line in lines if line.strip()) and not any(map(_POSIX_PROMPT.match, lines)):
        return ()
    if windows or any(_WINDOWS_PROMPT.match(line) for line in lines):
        return _windows(lines)
    if _has_prompts(lines, language):
        return _prompted(lines)
    return _bare(text, declared)


def looks_typed(text: str) -> bool:
    """Whether a piece of text without any mark-up of its own is a command: its program is known and it parses.

    >>> looks_typed("pytest -x"), looks_typed("make sure you have it"), looks_typed("foo()"), looks_typed("setup.py")
    (True, False, False, False)
    """
    statements = parse_statements(text)
    if len(statements) != 1 and not all(statement.valid for statement in statements):
        return False
    return bool(statements) and all(_bare_command(statement, declared=False) for statement in statements)


def _has_prompts(lines: list[str], language: str) -> bool:
    if any(_POSIX_PROMPT.match(line) for line in lines):
        return True
    filled = [line for line in lines if line.strip()]
    rooted = [match.group("rest") for match in map(_ROOT_PROMPT.match, filled) if match]
    session = language in {
        "console",
        "shell-session",
        "shellsession",
        "session",
        "terminal",
        "bash-session",
        "sh-session",
    }
    if rooted and (session or (len(rooted) == len(filled) and language in UNDECLARED)):
        return any(_root_command(rest) for rest in rooted) and _root_command(rooted[0])
    angled = [match.group("rest") for match in map(_ANGLE_PROMPT.match, filled) if match]
    return bool(angled) and _ANGLE_PROMPT.match(filled[0]) is not None and looks_typed(angled[0])


def _root_command(rest: str) -> bool:
    words = rest.split()
    return (
        known_program(words[0])
        and not (len(words) > 1 and words[1].lower() in _PROSE_AFTER_PROGRAM)
        and looks_typed(rest)
    )


def _strip_prompt(line: str) -> str | None:
    """What was typed after the prompt of a line; None when it has no prompt."""
    if match := _POSIX_PROMPT.match(line):
        return match.group("rest")
    if (match := _ROOT_PROMPT.match(line)) and _root_command(match.group("rest")):
        return match.group("rest")
    return None


def _prompted(lines: list[str]) -> tuple[Typed, ...]:
    angled = not any(_strip_prompt(line) for line in lines)
    found: list[Typed] = []
    index = 0
    comment = ""
    while index < len(lines):
        typed = _strip_prompt(lines[index])
        if typed is None and angled and (match := _ANGLE_PROMPT.match(lines[index])):
            typed = match.group("rest")
        if typed is None:
            comment = lines[index].strip().lstrip("# ") if lines[index].lstrip().startswith("#") else ""
            index += 1
            continue
        start = index
        typed, index = _whole(typed, lines, index)
        output_from = index
        while (
            index < len(lines)
            and _strip_prompt(lines[index]) is None
            and not (angled and _ANGLE_PROMPT.match(lines[index]))
        ):
            index += 1
        output = "\n".join(lines[output_from:index]).strip("\n")
        statements = parse_statements(typed)
        if not all(statement.valid for statement in statements):
            statements = (Statement(typed, 0, typed.count("\n"), False, ()),)
        said = comment or _comment(typed)
        found += [_typed(each, start + each.line, output, prompted=True, comment=said) for each in statements]
        comment = ""
    return tuple(found)


def _whole(typed: str, lines: list[str], index: int) -> tuple[str, int]:
    """A typed line with its continuation lines and here-documents, and the index after them."""
    index += 1
    ends = [match.group(2) for match in _HERE_DOCUMENT.finditer(typed)]
    while index < len(lines):
        if typed.endswith("\\"):
            typed += "\n" + re.sub(r"^\s*>\s+", "    ", lines[index].rstrip())
        elif ends:
            row = re.sub(r"^> ?", "", lines[index])
            typed += "\n" + row
            if row.strip() == ends[0]:
                ends.pop(0)
        else:
            break
        index += 1
    return typed, index


def _bare(text: str, declared: bool) -> tuple[Typed, ...]:
    statements = parse_statements(text)
    if not all(statement.valid for statement in statements) or _ANGLES.search(text):
        # One bad line must not hide the good ones: each logical line is judged alone. `pytest <name>` with a line below
        # it is a valid redirection across the line end, hence the second condition.
        statements = _line_by_line(text)
    lines = text.split("\n")
    found = []
    for statement in statements:
        if _WINDOWS_PATH.search(statement.text):
            found.append(Typed(statement.text, statement.line, statement.end_line, Shell.WINDOWS, True))
        elif _bare_command(statement, declared):
            found.append(
                _typed(statement, statement.line, "", prompted=False, comment=_comment_near(lines, statement.line))
            )
        elif not statement.valid and (declared or _first_known(statement.text)):
            found.append(Typed(statement.text, statement.line, statement.end_line, Shell.POSIX, False))
    if not declared and found and len(found) * 2 < len(statements):
        # Mostly not commands: the listing of files, a help text, a session's output.
        return ()
    return tuple(found)


def _line_by_line(text: str) -> tuple[Statement, ...]:
    lines = text.split("\n")
    found: list[Statement] = []
    index = 0
    while index < len(lines):
        start = index
        typed, index = _whole(lines[index].strip(), lines, index)
        if not typed or typed.startswith("#"):
            continue
        parsed = parse_statements(typed)
        if parsed and all(statement.valid for statement in parsed):
            found += [
                Statement(s.text, start + s.line, start + s.end_line, True, s.commands, s.background) for s in parsed
            ]
        else:
            found.append(Statement(typed, start, index - 1, False, ()))
    return tuple(found)


def _first_known(text: str) -> bool:
    words = text.split()
    return bool(words) and known_program(words[0])


def _bare_command(statement: Statement, declared: bool) -> bool:
    if not statement.valid or not statement.commands:
        return False
    first = statement.commands[0]
    if not first.words:
        return bool(first.assignments) and (declared or statement.text[:1].isupper())
    words = first.words
    if len(words) > 1 and words[1].lower() in _PROSE_AFTER_PROGRAM and not words[0].startswith("."):
        return False
    if known_program(words[0]):
        if re.search(r"\.(py|sh|pl|bash)$", words[0]) and not words[0].startswith((".", "/")) and not declared:
            return False
        return not (
            len(words) == 1
            and "/" not in words[0]
            and not declared
            and words[0] in {"python", "node", "bash", "git", "npm", "pip"}
        )
    if not declared:
        return _WORDS_OF_SPEECH.match(statement.text) is not None
    return re.fullmatch(r"[a-z0-9_.~$/][\w.+@~$/{}-]*", words[0]) is not None and not words[0].endswith((":", ",", "."))


def _typed(statement: Statement, line: int, output: str, *, prompted: bool, comment: str) -> Typed:
    end = line + statement.end_line - statement.line
    text = f"{statement.text} &" if statement.background else statement.text
    commands, valid = statement.commands, statement.valid
    return Typed(text, line, end, Shell.POSIX, valid, commands, output, prompted, comment, statement.background)


def _comment(text: str) -> str:
    match = re.search(r"(?:^|\s)#\s*(.+)$", text)
    return match.group(1) if match else ""


def _comment_near(lines: list[str], index: int) -> str:
    own = _comment(lines[index]) if index < len(lines) else ""
    above = lines[index - 1].strip() if index else ""
    return own or (above.lstrip("# ") if above.startswith("#") else "")


def _windows(lines: list[str]) -> tuple[Typed, ...]:
    found: list[Typed] = []
    prompts = any(_WINDOWS_PROMPT.match(line) for line in lines)
    index = 0
    while index < len(lines):
        start = index
        match = _WINDOWS_PROMPT.match(lines[index])
        text = (match.group("rest") or "") if match else "" if prompts else lines[index].strip()
        index += 1
        while text.endswith(("^", "`")) and index < len(lines):
            text = text[:-1].rstrip() + " " + lines[index].strip()
            index += 1
        if text and not text.lower().startswith(("rem ", "::", "#")):
            found.append(Typed(text, start, index - 1, Shell.WINDOWS, True, prompted=match is not None))
    return tuple(found)
