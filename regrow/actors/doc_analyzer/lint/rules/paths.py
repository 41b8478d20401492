"""Files, folders, scripts and modules that commands and sentences name, against the tree and what the page makes.

A source distribution leaves out part of the repository (tests, recipes, settings of CI). There, a missing path counts only
when the tree shows that this part was shipped: the folder is there without the file, or a file of that name lies elsewhere.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Code, Command, Page, is_placeholder
from regrow.core.project.linting.near import nearest
from regrow.core.project.linting.project_facts import ProjectFacts

__all__ = ["check_paths", "leaves_source", "shipped_part"]

_KNOWN_MODULES = frozenset(
    "pip pytest tox nox build twine virtualenv coverage black ruff mypy flake8 isort sphinx jupyter notebook "
    "IPython ipykernel "
    "wheel pipx pre_commit mkdocs nose nose2 pylint bandit uvicorn gunicorn flask django celery hatch hatchling "
    "flit poetry uv "
    "pyperf asv cython tomlkit setuptools pdm pipenv invoke ensurepip py_compile pdoc doit zest build_meta "
    "streamlit".split()
)
_SAID = re.compile(
    r"(?i)\b(in|at|see|under|from|inside|within|into|open|edit|located in|found in|provided in|available in|lives? "
    r"in|stored in|"
    r"look at|check out|check|refer to|directory|folder|file|run|script)\s*:?\s*(the\s+)?(file\s+|folder\s+|"
    r"directory\s+|script\s+)?$"
)
_PATH = re.compile(r"^(?:\./)?[A-Za-z_.][\w.-]*(?:/[\w.-]+)+/?$")
_NOT_PATHS = re.compile(
    r"(?i)^(application|text|image|audio|video|multipart|font)/|^(and|or|his|her|he|she|tcp|udp|true|false|on|off|"
    r"yes|no|client|read|"
    r"input|origin|upstream|feature|bugfix|refs|heads|usr|etc|var|tmp|home|opt|dev|proc|bin|root|https?:|dist|"
    r"build|htmlcov|venv|\.venv|env|"
    r"node_modules|site-packages|\.git|\.tox|my\w*|your\w*|path|some\w*|example\.com|localhost)/"
)
_MADE = frozenset(
    {"dist", "build", "venv", ".venv", "env", "htmlcov", "_build", "docs/_build", "node_modules", "..", ".", "~", "-"}
)

_USUAL_PARTS = frozenset(
    "src source lib libs test tests doc docs example examples script scripts tools python packages".split()
)
"""What folders of a source are usually called; of other names a reader's own folder may be meant."""
_BRINGS = frozenset(
    {
        "clone",
        "tar",
        "unzip",
        "wget",
        "curl",
        "startproject",
        "startapp",
        "init",
        "new",
        "create",
        "cookiecutter",
        "git",
    }
)
"""Words by which a command brings or makes another source than this."""


def check_paths(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    """Everything about paths in commands and in sentences."""
    cloned = any(command.simple.words[:2] == ("git", "clone") for command in page.commands)
    strangers: set[tuple[str, ...]] = set()
    for command in page.commands:
        if _clones_another(facts, command):
            strangers.add(command.section)
        if command.section in strangers:
            continue  # The reader stands in the files of another project.
        if command.told and not is_placeholder(command.typed.text) and command.typed.valid and command.words:
            yield from _scripts(page, facts, command)
            yield from _modules(page, facts, command)
            yield from _conventions(page, command)
            yield from _tested_folders(page, facts, command)
            if not cloned:
                yield from _entered(page, facts, command)
    yield from _signatures(page)
    for code in page.codes:
        yield from _said(page, facts, code)


def _clones_another(facts: ProjectFacts, command: Command) -> bool:
    """Whether a command clones a repository that is not the project's."""
    words = command.simple.words
    if words[:2] != ("git", "clone") or not facts.repositories:
        return False
    match = re.search(r"([\w.-]+?)/([\w.-]+?)(?:\.git)?/?$", next((w for w in words[2:] if "/" in w), ""))
    own = {name for _, _, name in facts.repositories} | set(facts.names) | {facts.name.lower()}
    return match is not None and nearest(match.group(2).lower(), own) is None and match.group(2).lower() not in own


def shipped_part(facts: ProjectFacts, path: str) -> bool:
    """Whether the tree shows that the part of the repository where a path belongs was shipped."""
    folder, _, name = path.strip("/").rpartition("/")
    if not facts.released or name in facts.basenames:
        return True
    return bool(folder) and folder in facts.folders


def _exists(facts: ProjectFacts, path: str, folder: str = "") -> bool:
    path = path.removeprefix("./").rstrip("/")
    joined = [path, *([f"{folder}/{path}"] if folder else [])]
    return (
        any(one in facts.tree.files or one in facts.folders for one in joined)
        or any(other.endswith(f"/{path}") for other in facts.basenames.get(path.rpartition("/")[2], ()))
        or ("/" in path and any(other.endswith(f"/{path}") for other in facts.folders))
    )


def _spoken_of(page: Page, path: str, command: Command) -> bool:
    """Whether the page makes a file, or shows it under its name."""
    name = path.rpartition("/")[2]
    if any(name in target for other in page.commands for target in other.simple.writes):
        return True
    makers = ("mkdir", "touch", "cp", "mv", "wget", "curl", "unzip", "tar", "startproject", "startapp", "init", "new")
    if any(name in other.simple.words[1:] and set(makers) & set(other.words[:3]) for other in page.commands):
        return True
    pattern = re.compile(rf"(?<![\w/]){re.escape(name)}(?!\w)")
    return any(
        pattern.search(block.text)
        for block in page.blocks
        if block is not command.block and not _runs(block.text, name)
    )


def _runs(text: str, name: str) -> bool:
    return re.search(rf"(python3?|sh|bash|\./)\s*\S*{re.escape(name)}", text) is not None


def _scripts(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    words = [word for word in command.words[1:] if not word.startswith("-")]
    program = command.program
    path = ""
    if re.fullmatch(r"python(\d(\.\d+)?)?|pypy3?|sh|bash|zsh|node", program) and words and "-c" not in command.words:
        path = words[0] if re.search(r"\.(py|sh|js)$", words[0]) else ""
    elif command.words[0].startswith("./") and len(command.words[0]) > 2:
        path = command.words[0]
    elif program in {"pytest", "py.test", "nosetests", "unittest"} and words and facts.has_module("tests"):
        path = next((word.partition("::")[0] for word in words if "/" in word.rstrip("/") or word.endswith(".py")), "")
    elif program == "cat" and words and "/" in words[0]:
        path = words[0]
    if (
        not path
        or path.startswith(("/", "~"))
        or any(character in path for character in "*$<{")
        or _exists(facts, path)
    ):
        return
    name = path.rpartition("/")[2]
    if re.match(r"(?i)(some|my|your|foo|example)[_-]?", name) and name not in facts.basenames:
        return
    if name in {"manage.py", "configure", "config", "activate"} and "/" not in path.removeprefix("./"):
        return  # A project of the reader's own, or made by a generator.
    if "/" not in path.removeprefix("./") and (
        _spoken_of(page, path, command) or (facts.released and name != "setup.py")
    ):
        return
    if "/" in path and (
        _spoken_of(page, path, command) or not (shipped_part(facts, path) or path.split("/")[0] in facts.folders)
    ):
        return
    others = facts.basenames.get(name, ())
    better = others[0] if len(others) == 1 else nearest(path, facts.tree.files)
    evidence = f"a file of that name lies at {others[0]}" if others else "no file of that name is in the tree"
    line = page.line_in(command, path)
    yield page.finding(
        "missing-file", line, f"{path} is not in the source", evidence, (path, better) if better else None
    )


def _entered(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    """`cd` into a folder of the tree that is not there, on a page that clones nothing."""
    words = command.simple.words
    if words[:1] != ("cd",) or len(words) != 2 or command.inline:
        return
    folder = words[1].rstrip("/").removeprefix("./")
    own = {*facts.names, facts.name.lower(), *(name for _, _, name in facts.repositories)}
    if folder in _MADE or folder.startswith(("/", "~", "$", "..")) or folder.lower() in own or _exists(facts, folder):
        return
    if re.match(rf"{re.escape(facts.name)}[-_.]", folder, re.IGNORECASE) or _spoken_of(page, folder, command):
        return
    better = nearest(folder, facts.folders)
    if better or _part_of_source(page, facts, folder):
        message = f"the folder {folder} is not in the source"
        evidence = f"the tree has {better}" if better else "no folder of the tree has that name"
        swap = (folder, better) if better else None
        yield page.finding("missing-file", page.line_in(command, folder), message, evidence, swap)


def leaves_source(facts: ProjectFacts, folder: str) -> bool:
    """Whether who enters a folder may stand in something else than this source."""
    name = folder.rstrip("/").removeprefix("./")
    own = {*facts.names, facts.name.lower(), *(repository for _, _, repository in facts.repositories)}
    return not (name in _MADE or name in _USUAL_PARTS or name.lower() in own or _exists(facts, name))


def _part_of_source(page: Page, facts: ProjectFacts, folder: str) -> bool:
    """Whether a name can only mean a folder of this source: a usual one, on a page that brings and makes no other source."""
    top, _, rest = folder.partition("/")
    if "/" in page.file or {*folder.split("/")} & _MADE or is_placeholder(folder) or _comes_otherwise(page, facts):
        return False
    return top in facts.folders if rest else folder in _USUAL_PARTS


def _comes_otherwise(page: Page, facts: ProjectFacts) -> bool:
    """Whether a folder may be there that the tree does not show: of another source, or of a part that was not shipped."""
    brings = any(_BRINGS & {*other.simple.words[:3]} for other in page.commands)
    return facts.released or brings or ".gitmodules" in facts.tree.files


def _tested_folders(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    """`pytest test/` where the folder is `tests/`. A word behind an option may be its value, and is left."""
    if command.program not in {"pytest", "py.test", "nosetests"} or "/" in page.file or command.inline:
        return
    for before, word in zip(command.words, command.words[1:], strict=False):
        folder = word.rstrip("/").removeprefix("./")
        if before.startswith("-") or not re.fullmatch(r"[A-Za-z][\w-]*", folder) or _exists(facts, folder):
            continue
        other = folder.removesuffix("s") if folder.endswith("s") else f"{folder}s"
        better = other if other in facts.folders else None
        if better or (word.endswith("/") and not _comes_otherwise(page, facts)):
            evidence = f"the tree has {better}" if better else "no folder of the tree has that name"
            swap = (word, word.replace(folder, better)) if better else None
            message = f"the folder {folder} is not in the source"
            yield page.finding("missing-file", page.line_in(command, word), message, evidence, swap)


def _modules(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    """`python -m package.module` of the project's own packages, or of a name near to one."""
    words = list(command.simple.words)
    if not re.fullmatch(r"python(\d(\.\d+)?)?", words[0].rpartition("/")[2] if words else "") or "-m" not in words[:-1]:
        return
    module = words[words.index("-m") + 1]
    top = module.split(".")[0]
    line = page.line_in(command, module)
    if not re.fullmatch(r"[A-Za-z_][\w.-]*", module) or top in sys.stdlib_module_names or top in _KNOWN_MODULES:
        return
    if top in facts.packages or facts.has_module(top):
        if not facts.has_module(module) or (
            (facts.file_of_module(module) or "").endswith("/__init__.py") and not facts.has_module(f"{module}.__main__")
        ):
            why = "the package has no __main__" if facts.has_module(module) else "no file of the tree is that module"
            yield page.finding("missing-module", line, f"'python -m {module}' cannot run", why)
        return
    better = nearest(top, facts.packages)
    if better or top.lower().replace("_", "-") == facts.normal_name:
        meant = better or (facts.packages or ("",))[0]
        yield page.finding(
            "missing-module", line, f"there is no module '{module}'", f"the project's package is {meant}", (top, meant)
        )


def _conventions(page: Page, command: Command) -> Iterator[Finding]:
    """What a tool takes that another tool has made, under the name that the other gives it."""
    if command.words[:2] == ("twine", "upload") or command.words[:2] == ("twine", "check"):
        for word in command.words[2:]:
            if re.match(r"(\./)?build/", word):
                line = page.line_in(command, word)
                message = f"build tools put archives into dist/, not into {word.rpartition('/')[0]}/"
                yield page.finding(
                    "missing-file",
                    line,
                    message,
                    "build, setuptools, flit, hatch and poetry write to dist/",
                    (word, f"dist/{word.rpartition('/')[2]}"),
                )


def _signatures(page: Page) -> Iterator[Finding]:
    """`gpg --verify SIGNATURE FILE`, read from the lines: versions in it are often placeholders."""
    for number, row in enumerate(page.lines, 1):
        match = re.search(r"\bgpg2? --verify ([^\s`]+) ([^\s`]+)", row)
        if match is None or "*" in match.group():
            continue
        signature, file = match.groups()
        if re.sub(r"\.(asc|sig|gpg|sign)$", "", signature) != file:
            evidence = "a detached signature has the name of its file and .asc or .sig"
            message = f"the signature of {file} is not {signature}"
            yield page.finding("other-name", number, message, evidence, (signature, f"{file}.asc"))


def _folders_called(facts: ProjectFacts, name: str, text: str) -> tuple[str, ...]:
    """The one folder of a rare name that lies elsewhere, where a text names a folder (`its/name/`)."""
    found = tuple(folder for folder in facts.folders if folder.endswith(f"/{name}")) if text.endswith("/") else ()
    return found if len(found) == 1 and len(name) > 4 else ()


def _said(page: Page, facts: ProjectFacts, code: Code) -> Iterator[Finding]:
    """Code in a sentence that says that a path is there."""
    text = code.text.rstrip("/")
    if page.file.count("/") and not page.file.startswith(".github"):
        return  # Guides speak of the reader's own project.
    if code.role and code.role not in {":file:", ":code:", ":samp:"}:
        return
    if not _PATH.match(code.text) or _NOT_PATHS.match(text + "/") or is_placeholder(text) or _exists(facts, text):
        return
    if not _SAID.search(code.before) and not re.match(r"(?i)(folder|directory|file|script)\b", code.after):
        return
    if re.search(
        r"(?i)\b(creat\w+|add|new|put|save|write|your|named?|called|generat\w+|produc\w+|output|install\w*|e\.g|"
        r"like|such as|for example)\b[^.]{0,50}$",
        code.before,
    ):
        return
    top, _, rest = text.removeprefix("./").partition("/")
    name = text.rpartition("/")[2]
    others = facts.basenames.get(name, ()) or _folders_called(facts, name, code.text)
    slip = nearest(top, {folder for folder in facts.folders if "/" not in folder}) or (
        top[:-1] if top.endswith("s") and top[:-1] in facts.folders else None
    )
    inside = top in facts.folders and (not facts.released or text.rpartition("/")[0] in facts.folders)
    if not (others or slip or inside) or (top in facts.packages and "." not in name):
        return
    better = others[0] if len(others) == 1 else f"{slip}/{rest}" if slip and _exists(facts, f"{slip}/{rest}") else slip
    evidence = f"the tree has {better}" if better else f"the folder {top} does not hold it"
    line = code.line
    yield page.finding(
        "missing-file", line, f"{code.text} is not in the source", evidence, (code.text, better) if better else None
    )
