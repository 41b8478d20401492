"""Shell: runs inside the room, in the project's own Python: does the examples of the documents, and writes what came of each.

The blocks of one document share their names, as they do for a reader. Nothing is judged here: of each statement the value or
what it printed is written down, or how it failed.
"""

import ast
import contextlib
import doctest
import io
import json
import os
import re
import sys
import traceback
from typing import Any, Dict, Iterator, Optional, Tuple

TEXT_LIMIT = 4000


def statements(block: Dict[str, Any]) -> Iterator[Tuple[int, str, Optional[str], str]]:
    """Each statement of a block as (line, source, what is shown, how it is shown)."""
    if block["session"]:
        for each in doctest.DocTestParser().get_examples(block["code"]):
            yield each.lineno, each.source, each.want or None, "session"
        return
    lines = block["code"].split("\n")
    tree = ast.parse(block["code"])
    for number, node in enumerate(tree.body):
        last = tree.body[number + 1].lineno - 1 if number + 1 < len(tree.body) else len(lines)
        end = getattr(node, "end_lineno", None) or last
        begin = min([node.lineno] + [each.lineno for each in getattr(node, "decorator_list", [])])
        source = "\n".join(lines[begin - 1 : end])
        shown = None
        prints = (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and getattr(node.value.func, "id", "") == "print"
        )
        if isinstance(node, ast.Expr):
            shown = result_of(lines[end - 1], lines[end] if end < len(lines) else "")
        yield node.lineno - 1, source, shown, "print" if prints else "value"


ARROW = re.compile(r"#\s*(?:=>|->|→|⇒|==>|prints?:|outputs?:|returns?:)\s*(?P<shown>\S.*)$", re.IGNORECASE)
COMMENT = re.compile(r"(?<=[)\]\w'\"])\s+#+\s*(?P<shown>\S.*)$")


def result_of(line: str, below: str) -> Optional[str]:
    """The result that a comment shows: behind an arrow anything, else only what Python itself would write."""
    found = ARROW.search(line)
    if found is None and re.match(r"\s*#", below):
        found = ARROW.match(below.strip())
    if found is not None:
        return found.group("shown").strip()
    plain = COMMENT.search(line)
    if plain is not None:
        text = plain.group("shown").strip()
        try:
            ast.literal_eval(text)
            return text
        except (ValueError, SyntaxError, MemoryError):
            return None
    return None


def run(source: str, mode: str, names: Dict[str, Any]) -> Dict[str, Any]:
    """Do one statement."""
    printed = io.StringIO()
    fact = {}  # type: Dict[str, Any]
    values = []  # type: List[str]

    def show(value: Any) -> None:
        if value is not None:
            values.append(repr(value))
            print(repr(value))

    kept = sys.displayhook
    sys.displayhook = show
    try:
        with contextlib.redirect_stdout(printed):
            text = source if source.endswith("\n") else source + "\n"
            exec(compile(text, "<example>", "exec" if mode == "print" else "single"), names)  # noqa: S102 - its work
    except BaseException as error:
        fact["error"] = type(error).__name__
        fact["message"] = "".join(traceback.format_exception_only(type(error), error))[-TEXT_LIMIT:]
        if isinstance(error, KeyboardInterrupt):
            raise
    finally:
        sys.displayhook = kept
    fact["got"] = printed.getvalue()[:TEXT_LIMIT]
    fact["value"] = values[-1][:TEXT_LIMIT] if values else None
    return fact


def main() -> int:
    """Do the blocks of one document."""
    with io.open(sys.argv[1], encoding="utf-8") as file:
        spec = json.load(file)
    descriptor = os.open(spec["results"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.argv = ["example"]
    sys.path.append("")  # After what is installed: the checkout may lack what its build has made.
    names = {"__name__": "__main__"}  # type: Dict[str, Any]
    for block in spec["blocks"]:
        try:
            found = list(statements(block))
        except (ValueError, SyntaxError) as error:
            found = []
            os.write(descriptor, (json.dumps({"id": block["id"], "unreadable": str(error)}) + "\n").encode("utf-8"))
        for line, source, shown, mode in found:
            fact = run(source, mode, names)
            fact.update(id=block["id"], line=line, source=source, shown=shown, mode=mode)
            os.write(descriptor, (json.dumps(fact) + "\n").encode("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
