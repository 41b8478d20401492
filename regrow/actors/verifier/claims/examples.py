"""Outcomes of the examples of one document. Pure: each statement's value is compared with what the block shows."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from regrow.actors.verifier.claims.comparing import Agreement, agree, agree_values
from regrow.actors.verifier.claims.outcomes import CHANGES, cut, named, sensitive, tolerance
from regrow.actors.verifier.claims.planning import SURE
from regrow.protocols.documents import DocRef, Example
from regrow.protocols.verification import CheckKind, CheckOutcome

__all__ = ["Statement", "of_examples"]

_CONTEXT = frozenset(
    "NameError ImportError ModuleNotFoundError FileNotFoundError ConnectionError ConnectionRefusedError TimeoutError OSError "
    "EOFError PermissionError SyntaxError IndentationError KeyboardInterrupt SystemExit gaierror URLError IsADirectoryError "
    "UnboundLocalError UnicodeDecodeError UnicodeEncodeError BlockingIOError RuntimeError".split()
)
"""What fails for want of something that the block takes for granted."""
_MOMENT = re.compile(
    r"(?i)\b(?:now|today|utcnow|time|random\w*|uuid\w*|getpid|environ|gethostname|locale|tempfile|mkdtemp|platform|getcwd|"
    r"perf_counter|urandom|secrets|faker|id|hash|dir|help|vars|globals|locals|open|input|requests|urlopen|sys)\b"
)
_OBJECT = re.compile(r"<[\w.]+ (?:object|at|instance)\b|\bat 0x|0x[0-9a-f]{4,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it was done. `again` is what a second run gave."""

    line: int
    source: str
    shown: str | None
    mode: str
    got: str = ""
    value: str | None = None
    error: str = ""
    message: str = ""
    again: str | None = None

    @property
    def result(self) -> str:
        """What is compared."""
        if self.error:
            return self.message
        return self.value if self.mode == "value" and self.value is not None else self.got


def of_examples(
    blocks: Sequence[Example], done: Sequence[Sequence[Statement]], packages: Iterable[str]
) -> Iterator[CheckOutcome]:
    """One outcome a block: the first statement that differs, else how many agree.

    Args:
        done: For each block what was done of it, in order; empty where nothing was.
    """
    known = frozenset(packages) | sys.stdlib_module_names
    strange: set[str] = set()
    moment = False
    broken = ""
    for block, statements in zip(blocks, done, strict=True):
        imports = _imports(block)
        strange |= {name for name in imports if name not in known}
        if imports & frozenset(packages):
            broken = ""  # It begins anew.
        outcome, broken = _of_block(block, statements, strange, broken, moment)
        moment = moment or bool(_MOMENT.search(block.code))
        yield outcome


def _imports(block: Example) -> frozenset[str]:
    text = re.sub(r"^\s*(?:>>>|\.\.\.) ?", "", block.code, flags=re.MULTILINE)
    return frozenset(match[1] for match in re.finditer(r"^\s*(?:from|import)\s+([A-Za-z_]\w*)", text, re.MULTILINE))


def _of_block(
    block: Example, statements: Sequence[Statement], strange: set[str], broken: str, moment: bool
) -> tuple[CheckOutcome, str]:
    if not statements:
        return _outcome(block, None, "not run: the time for this was over, or it cannot be read"), broken
    agreed, tolerated = 0, list[str]()
    for each in statements:
        found = _agreement(each)
        if each.error and (found is None or not found.same):
            why = f"{each.error} at line {block.ref.line + each.line}"
            if broken or each.error in _CONTEXT or each.shown is None:
                return _outcome(
                    block, None, f"not judged: {broken or why}, for want of something before it"
                ), broken or why
        if found is None:
            continue
        if found.same:
            agreed += 1
            tolerated.extend([tolerance(found)] if tolerance(found) else [])
            continue
        return _differs(block, each, strange, broken, moment), broken or "a statement above it differs"
    if block.output is not None and not any(each.shown for each in statements):
        return _of_whole(block, statements, strange, broken, moment), broken
    if not agreed:
        return _outcome(block, None, "nothing in it can be compared"), broken
    more = f" ({'; '.join(dict.fromkeys(tolerated))})" if tolerated else ""
    return _outcome(block, True, f"{agreed} result{'s' if agreed > 1 else ''} as shown{more}"), broken


def _agreement(each: Statement) -> Agreement | None:
    """None when nothing is shown for it."""
    if each.shown is None:
        return None
    if re.search(r"^\s*Traceback \(", each.shown, re.MULTILINE):
        wanted = [line for line in each.shown.splitlines() if line.strip()][-1].strip()
        name, other = (text.partition(":")[0].rpartition(".")[2] for text in (wanted, each.message.strip() or " "))
        return Agreement(name == other, how="" if wanted == each.message.strip() else "the kind of the error alone")
    if each.error:
        return Agreement(False)
    if each.mode == "session":
        return agree_values(re.sub(r"^\s*<BLANKLINE>\s*$", "", each.shown, flags=re.MULTILINE), each.got)
    found = agree_values(each.shown, each.result)
    quoted = each.shown.strip()
    if not found.same and len(quoted) > 1 and quoted[0] == quoted[-1] and quoted[0] in "'\"":
        return agree(quoted[1:-1], each.result)
    if not found.same and each.result[:1] in {"'", '"'}:
        return agree(quoted, each.result.strip()[1:-1])
    return found


def _differs(block: Example, each: Statement, strange: set[str], broken: str, moment: bool) -> CheckOutcome:
    shown = {"expected": cut(each.shown or ""), "got": cut(each.result)}
    if each.again is None or not agree(each.result, each.again).same:
        return _outcome(block, None, f"`{named(each.source)}` gives {CHANGES}", **shown)
    why = ""
    if broken:
        why = broken
    elif each.error:
        why = f"it raises {each.error}, which may come of what stands before it"
    elif strange:
        why = f"it uses {', '.join(sorted(strange)[:3])}, whose versions the documents do not fix"
    elif moment or _MOMENT.search(block.code) or sensitive(each.source):
        why = "it is of the moment or of the machine"
    elif _OBJECT.search(each.shown or "") or _OBJECT.search(each.result):
        why = "it shows an object, not a value"
    elif block.confidence < SURE or not _is_value(each):
        why = "the documents may not show the exact text"
    detail = f"`{named(each.source)}` at line {block.ref.line + each.line} gives another result"
    detail += f"; told only, since {why}" if why else ""
    ref = DocRef(
        file=block.ref.file,
        line=block.ref.line + each.line,
        end_line=block.ref.line + each.line,
        text=each.source.strip()[:500],
    )
    return _outcome(block, False, detail, ref=ref, decides=not why, **shown)


def _is_value(each: Statement) -> bool:
    """Whether what is shown is plainly meant as the result: a session's, or a value of Python."""
    if each.mode == "session":
        return True
    try:
        ast.literal_eval((each.shown or "").strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return each.mode == "print"
    return True


def _of_whole(
    block: Example, statements: Sequence[Statement], strange: set[str], broken: str, moment: bool
) -> CheckOutcome:
    """A block whose output stands below it as a whole."""
    printed = "".join(each.got for each in statements)
    again = "".join(each.again or "" for each in statements)
    whole = Statement(0, block.code, block.output, "print", got=printed, again=again)
    found = agree(block.output or "", printed)
    if found.same:
        return _outcome(block, True, "; ".join(part for part in ("prints what is shown", tolerance(found)) if part))
    return _differs(block, whole, strange, broken, moment)


def _outcome(block: Example, passed: bool | None, detail: str, **more: object) -> CheckOutcome:
    given = {"kind": CheckKind.EXAMPLE, "name": f"example at {block.ref}", "ref": block.ref, "decides": False}
    return CheckOutcome.model_validate({**given, "passed": passed, "detail": detail, **more})
