"""Outcomes of the examples of one document. Pure: each statement's value is compared with what the block shows."""

from __future__ import annotations

import ast
import builtins
import doctest
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from regrow.actors.verifier.claims.comparing import Agreement, agree, agree_values
from regrow.actors.verifier.claims.outcomes import CHANGES, cut, named, sensitive, tolerance
from regrow.actors.verifier.claims.planning import SURE
from regrow.protocols.documents import DocRef, Example
from regrow.protocols.plurals import counted
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
    own = frozenset(packages)
    known = own | sys.stdlib_module_names
    state = _State(own)
    for block, statements in zip(blocks, done, strict=True):
        imports = _imports(block)
        strange = tuple(name for name in sorted(imports) if name not in known and name not in state.strange)
        # A block that imports the project begins anew.
        state = replace(state, strange=state.strange + strange, broken="" if imports & own else state.broken)
        outcome, broken = _of_block(block, statements, state)
        state = replace(state, broken=broken, moment=state.moment or bool(_MOMENT.search(block.code)))
        yield outcome


@dataclass(frozen=True, slots=True)
class _State:
    """What stands before a block in its document.

    Attributes:
        packages: Import names of the project.
        strange: Modules of others that were imported.
        broken: What went wrong before it; "" when nothing did.
        moment: Something before it is of the moment.
    """

    packages: frozenset[str]
    strange: tuple[str, ...] = ()
    broken: str = ""
    moment: bool = False


def _imports(block: Example) -> frozenset[str]:
    text = re.sub(r"^\s*(?:>>>|\.\.\.) ?", "", block.code, flags=re.MULTILINE)
    found = re.finditer(r"^\s*(?:from\s+(?P<one>[A-Za-z_]\w*)|import\s+(?P<many>[^#\n;]+))", text, re.MULTILINE)
    names = [name for match in found for name in (match["one"] or match["many"]).split(",")]
    return frozenset(name.strip().partition(" ")[0].partition(".")[0] for name in names)


def _of_block(block: Example, statements: Sequence[Statement], state: _State) -> tuple[CheckOutcome, str]:
    broken = state.broken
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
        return _differs(block, each, state), broken or "a statement above it differs"
    if block.output is not None and not any(each.shown for each in statements):
        return _of_whole(block, statements, state), broken
    if not agreed:
        return _outcome(block, None, "nothing in it can be compared"), broken
    more = f" ({'; '.join(dict.fromkeys(tolerated))})" if tolerated else ""
    return _outcome(block, True, f"{counted(agreed, 'result')} as shown{more}"), broken


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
    if each.mode == "session" and not each.got and re.match(r"\s*[\w., ]+=[^=]", each.source):
        return None  # An assignment shows nothing, whatever stands below it.
    if each.mode == "session":
        return _in_quotes_or_not(each) or agree_values(
            re.sub(r"^\s*<BLANKLINE>\s*$", "", each.shown, flags=re.MULTILINE), each.got
        )
    found = agree_values(each.shown, each.result)
    quoted = each.shown.strip()
    if not found.same and len(quoted) > 1 and quoted[0] == quoted[-1] and quoted[0] in "'\"":
        return agree(quoted[1:-1], each.result)
    if not found.same and each.result[:1] in {"'", '"'}:
        return agree(quoted, each.result.strip()[1:-1])
    return found


def _in_quotes_or_not(each: Statement) -> Agreement | None:
    """That a text is the one that is shown but for its quotes; None when it is not."""
    shown, got = (each.shown or "").strip(), each.got.strip()
    bare = len(got) > 1 and got[0] == got[-1] and got[0] in "'\"" and got[1:-1] == shown
    return Agreement(True, how="but for its quotes") if bare else None


def _differs(block: Example, each: Statement, state: _State) -> CheckOutcome:
    shown = {"expected": cut(each.shown or ""), "got": cut(each.result)}
    if each.again is None or not agree(each.result, each.again).same:
        return _outcome(block, None, f"`{named(each.source)}` gives {CHANGES}", **shown)
    why = ""
    if state.broken:
        why = state.broken
    elif each.error:
        why = f"it raises {each.error}, which may come of what stands before it"
    elif state.strange:
        why = f"it uses {', '.join(state.strange[:3])}, whose versions the documents do not fix"
    elif state.moment or _MOMENT.search(block.code) or sensitive(each.source):
        why = "it is of the moment or of the machine"
    elif _OBJECT.search(each.shown or "") or _OBJECT.search(each.result):
        why = "it shows an object, not a value"
    elif block.confidence < SURE or not _same_kind(each):
        why = "the documents may not show the exact text"
    elif not _stands_alone(block, state.packages):
        why = "it goes on from what stands before it"
    detail = f"`{named(each.source)}` at line {block.ref.line + each.line} gives another result"
    detail += f"; told only, since {why}" if why else ""
    ref = DocRef(
        file=block.ref.file,
        line=block.ref.line + each.line,
        end_line=block.ref.line + each.line,
        text=each.source.strip()[:500],
    )
    return _outcome(block, False, detail, ref=ref, decides=not why, **shown)


def _same_kind(each: Statement) -> bool:
    """Whether both are plain values of one kind: what is shown of other things changes with every release of anything."""
    try:
        shown, got = (ast.literal_eval(text.strip()) for text in (each.shown or "", each.result))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return type(shown) is type(got) or {type(shown), type(got)} <= {int, float}


def _stands_alone(block: Example, packages: frozenset[str]) -> bool:
    """Whether a reader can do the block without any other: it imports the project, and defines all names that it uses."""
    code = block.code
    if block.session:
        code = "".join(each.source for each in doctest.DocTestParser().get_examples(code))
    try:
        tree = ast.parse(code)
    except (ValueError, SyntaxError):
        return False
    known = {name for name in dir(builtins) if not name.startswith("_")}
    used = set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name):
                known.add(name)
            case ast.alias(name=name, asname=other):
                known.add(other or name.partition(".")[0])
            case ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                known.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                known.add(name)
            case _:
                pass
    return bool(_imports(block) & packages) and used <= known


def _of_whole(block: Example, statements: Sequence[Statement], state: _State) -> CheckOutcome:
    """A block whose output stands below it as a whole."""
    printed = "".join(each.got for each in statements)
    again = "".join(each.again or "" for each in statements)
    whole = Statement(0, block.code, block.output, "print", got=printed, again=again)
    found = agree(block.output or "", printed)
    if found.same:
        return _outcome(block, True, "; ".join(part for part in ("prints what is shown", tolerance(found)) if part))
    return _differs(block, whole, state)


def _outcome(block: Example, passed: bool | None, detail: str, **more: object) -> CheckOutcome:
    given = {"kind": CheckKind.EXAMPLE, "name": f"example at {block.ref}", "ref": block.ref, "decides": False}
    return CheckOutcome.model_validate({**given, "passed": passed, "detail": detail, **more})
