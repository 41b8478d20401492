"""The options and sub-commands of a project's own programs, read from its source without running it.

A flag is said not to exist only when nothing in the package's source can define it: no literal `--flag`, and no parameter
whose name becomes that flag (click and typer make `--dry-run` of `dry_run`). So a false alarm needs a flag that is put
together at run time; argparse's unambiguous beginnings (`--verb` for `--verbose`) are accepted too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["Program", "own_program", "own_programs"]

_PARSERS = re.compile(
    r"^\s*(?:import|from)\s+(?:argparse|optparse|click|typer|docopt|fire|cyclopts|getopt|cleo|absl|tyro|plac|asyncclick|"
    r"rich_click|django\.core\.management|configargparse|jsonargparse)\b",
    re.MULTILINE,
)
_UNKNOWABLE = re.compile(
    r"\b(fire\.Fire|docopt\(|parse_known_args|ignore_unknown_options|allow_extra_args|REMAINDER|cyclopts|tyro|plac)\b"
)
_GROUPS = re.compile(
    r"\badd_subparsers\b|\b(Group|MultiCommand|Typer|DefaultGroup|CommandCollection)\b|@\w[\w.]*\.group\b|\.(add_typer|add_command)\("
)
_FLAG = re.compile(r"--[A-Za-z][\w-]*")
_LIMIT_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class Program:
    """What is known of one console script.

    Attributes:
        home: The file of its entry point.
        flags: Every literal long flag in its package.
        parameters: Names of parameters that may become flags; empty unless click or typer is used.
        short: Every literal short flag.
        commands: Sub-commands that its parsers or groups define.
        words: Every string in its package that may be a sub-command; `parser_words` those of files that read arguments.
        grouped: Whether any file may make sub-commands.
        choices: Option -> the values that it takes, where they are written out.
        open: Whether its entry point passes on options that it does not know.
    """

    home: str
    flags: frozenset[str]
    parameters: frozenset[str]
    short: frozenset[str]
    commands: frozenset[str]
    words: frozenset[str]
    parser_words: frozenset[str]
    grouped: bool
    choices: Mapping[str, frozenset[str]]
    open: bool

    def knows(self, flag: str) -> bool:
        """Whether a long flag may exist."""
        if self.open or flag in self.flags or flag in {"--help", "--version"}:
            return True
        if any(known.startswith(flag) for known in self.flags):
            return True
        word = flag[2:].removeprefix("no-").replace("-", "_")
        return flag[2:].replace("-", "_") in self.parameters or word in self.parameters


_Read = dict[frozenset[str], tuple[dict[str, str], Program | None]]
"""Source texts and what was read from them, by the packages that they are of."""


def own_programs(facts: ProjectFacts, texts: Iterable[str]) -> dict[str, Program]:
    """The programs of a project that any of the texts names, by what is typed for them."""
    words = {word for text in texts for word in re.findall(r"[\w.-]+", text)}
    read: _Read = {}
    names = sorted({*facts.scripts, *facts.packages} & words)
    found = {name: own_program(facts, name, read) for name in names}
    return {name: program for name, program in found.items() if program is not None}


def own_program(facts: ProjectFacts, script: str, read: _Read | None = None) -> Program | None:
    """The program behind a console script or a package that is run by `python -m`, None when it has no entry "
    "point in the tree or no known parser.

    Args:
        facts: The project.
        script: What is typed.
        read: What other programs of the same packages have had read already.
    """
    read = {} if read is None else read
    target = facts.scripts.get(script, f"{script}.__main__" if script in facts.packages else "")
    module = target.partition(":")[0].strip()
    home = facts.file_of_module(module) if module else None
    packages = frozenset({module.split(".")[0]})
    if home is None and target in facts.tree.files:
        home, packages = target, frozenset(facts.packages)  # A script of the tree, which setup.py copies as it is.
    if home is None:
        return None
    if packages not in read:
        texts = _texts(facts, packages)
        read[packages] = texts, _program(home, {home: facts.tree.text(home, _LIMIT_BYTES) or "", **texts})
    texts, program = read[packages]
    if home in texts:
        # The programs of one package differ in their entry point alone.
        return None if program is None else replace(program, home=home, open=_is_open(home, texts))
    return _program(home, {home: facts.tree.text(home, _LIMIT_BYTES) or "", **texts})


def _texts(facts: ProjectFacts, packages: frozenset[str]) -> dict[str, str]:
    """The source of packages, their tests left out."""
    texts = {}
    for path in facts.python_files():
        parts = path.split("/")
        if packages & set(parts[:2]) and not re.search(r"(^|/)(tests?|testing)/|(^|/)test_", path):
            texts[path] = facts.tree.text(path, _LIMIT_BYTES) or ""
    return texts


def _is_open(home: str, texts: Mapping[str, str]) -> bool:
    if _UNKNOWABLE.search(texts[home]) is not None:
        return True
    return _PARSERS.search(texts[home]) is None and any(_UNKNOWABLE.search(text) for text in texts.values())


def _program(home: str, texts: Mapping[str, str]) -> Program | None:
    if not any(_PARSERS.search(text) for text in texts.values()):
        return None
    joined = "\n".join(texts.values())
    parameters: set[str] = set()
    commands: set[str] = set()
    choices: dict[str, frozenset[str]] = {}
    reading = [text for text in texts.values() if _PARSERS.search(text)]
    for text in texts.values():
        if _PARSERS.search(text):
            named, found = _read(text)
            commands |= found
            for option, values in _choices(text).items():
                choices[option] = choices.get(option, frozenset()) | values
            parameters |= named if re.search(r"\b(click|typer|asyncclick)\b", text) else set()
    functions = set(re.findall(r"\bdef (\w+)", joined))
    words = set(re.findall(r"[\"']([\w-]{1,40})[\"']", joined)) | functions | {f.replace("_", "-") for f in functions}
    return Program(
        home=home,
        flags=frozenset(_FLAG.findall(joined)),
        parameters=frozenset(parameters),
        short=frozenset(re.findall(r"[\"'](-[A-Za-z0-9])[\"'/]", joined)),
        commands=frozenset(commands),
        words=frozenset(words),
        parser_words=frozenset(re.findall(r"[\"']([\w-]{1,40})[\"']", "\n".join(reading))),
        grouped=any(_GROUPS.search(text) for text in reading),
        choices={option: values for option, values in choices.items() if values},
        open=_is_open(home, texts),
    )


@lru_cache(maxsize=2_000)
def _read(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Parameters of functions and sub-commands of one file."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset(), frozenset()
    parameters: set[str] = set()
    commands: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parameters |= {arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
            if any(re.search(r"\.command\b", ast.unparse(decorator)) for decorator in node.decorator_list):
                commands.add(node.name.replace("_", "-"))
        elif isinstance(node, ast.ClassDef):
            # Typed fields of a class become flags where arguments are read into one.
            fields = [part.target for part in node.body if isinstance(part, ast.AnnAssign)]
            parameters |= {target.id for target in fields if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            if node.func.attr in {"add_parser", "command"} and isinstance(first, ast.Constant):
                commands.add(str(first.value))
    return frozenset(parameters), frozenset(commands)


@lru_cache(maxsize=2_000)
def _choices(text: str) -> Mapping[str, frozenset[str]]:
    """Options of one file whose values are a list of strings; an option with other values maps to nothing."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, frozenset[str]] = {}
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        flags = [a.value for a in node.args if isinstance(a, ast.Constant) and str(a.value).startswith("-")]
        listed = [keyword.value for keyword in node.keywords if keyword.arg == "choices"]
        for keyword in node.keywords:
            if keyword.arg == "type" and isinstance(keyword.value, ast.Call) and keyword.value.args:
                listed += [keyword.value.args[0]] if ast.unparse(keyword.value.func).endswith("Choice") else []
        for flag in flags:
            values = _strings(listed[0]) if len(listed) == 1 else frozenset()
            known = found.get(str(flag))
            # Two commands may have one option with other values: only what both write out is known.
            found[str(flag)] = values if known is None else (known | values if known and values else frozenset())
    return found


def _strings(node: ast.expr) -> frozenset[str]:
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return frozenset()
    values = [item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return frozenset(values) if len(values) == len(node.elts) else frozenset()
