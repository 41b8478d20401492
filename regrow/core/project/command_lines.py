"""What a command line is for: from words to `CommandFacts`, by the tables of `command_tables`.

Wrappers are looked through (`sudo`, `env A=b`, `python -m`, `uv run`, `npx`, `coverage run -m`), so that what is judged
is the program that does the work. A program that is not known has the role `other`: it is never guessed to be a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from regrow.core.project.command_facts import CommandFacts, Role
from regrow.core.project.command_tables import (
    ANSWERED_BY,
    PLATFORM_OF,
    PROGRAM_ROLES,
    SCRIPT_ROLES,
    SYSTEM_MANAGERS,
    TARGET_ROLES,
)
from regrow.core.project.shell_grammar import SimpleCommand

__all__ = ["describe", "package_name", "target_role", "unwrapped"]

_PYTHON = re.compile(r"^(?:.*/)?(python|pypy|py)(-?[23](\.\d+)?)?(\.exe)?$")
_PIP = re.compile(r"^(?:.*/)?pip(-?[23](\.\d+)?)?$")
_JAVA_TESTS = re.compile(r"\borg\.(?:junit|testng)\.|junit-platform-console")
_WRAPPERS = frozenset(
    {"sudo", "doas", "time", "nice", "command", "exec", "xvfb-run", "nohup", "eatmydata", "winpty", "npx"}
)
_RUNNERS = {
    "uv": "run",
    "poetry": "run",
    "pipenv": "run",
    "pdm": "run",
    "rye": "run",
    "conda": "run",
    "bundle": "exec",
    "yarn": "run",
    "pnpm": "exec",
    "uvx": "",
    "pipx": "run",
    "hatch": "run",
}
LONGEST_PAUSE_S = 300.0
"""The time that a step has (`plan_steps`)."""

_SIDE_WORK = frozenset({Role.STYLE, Role.DOCUMENTS, Role.PUBLISH, Role.BENCHMARK})
_TESTS_BY_NAME = re.compile(r"(?i)py|test|unit|func|integration|\d|ci|default|check|cov")
_CALLS_TESTS = re.compile(r"(?:^|[\s;.,(])(?:run_?|self_?)?tests?(?:_all|_suite|_main)?\(")
"""`import x; x.test()`: the tests that a package brings with it. `x.test_port(1)` is none of them."""
_PIP_VALUES = frozenset(
    "-r --requirement -c --constraint -t --target -i --index-url --extra-index-url -f --find-links --prefix "
    "--root --group "
    "--python --config-settings -C --global-option --install-option --platform --python-version --progress-bar "
    "--no-binary "
    "--only-binary --upgrade-strategy --trusted-host --proxy --timeout --cache-dir --src --log".split()
)


def package_name(spec: str) -> str:
    """The name in a requirement, as PEP 503 normalises it; empty when it is a path or an address.

    >>> package_name("Foo_Bar[extra]>=1.0"), package_name("./dist/x.whl"), package_name("@types/node@18")
    ('foo-bar', '', '@types/node')
    """
    if spec.startswith("@"):
        return "@" + spec[1:].partition("@")[0].lower()
    if "://" in spec or spec.startswith((".", "/", "~", "$")) or spec.endswith((".whl", ".tar.gz", ".zip")):
        return ""
    match = re.match(r"[A-Za-z0-9][\w.+-]*", spec)
    return re.sub(r"[-_.]+", "-", match.group().rstrip(".")).lower() if match else ""


def unwrapped(words: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The program that does the work with its arguments, and whether root rights were asked for.

    >>> unwrapped(["sudo", "-H", "python3", "-m", "pip", "install", "x"])
    (('pip', 'install', 'x'), True)
    """
    rest, sudo = list(words), False
    for _ in range(8):
        shorter = _without_wrapper(rest)
        if shorter is None:
            break
        sudo = sudo or rest[0] in {"sudo", "doas"}
        rest = shorter
    return tuple(rest), sudo


def _without_wrapper(words: list[str]) -> list[str] | None:
    if not words:
        return None
    program = words[0]
    if program in _WRAPPERS or program == "env":
        index = 1
        while index < len(words) and (words[index].startswith("-") or (program == "env" and "=" in words[index])):
            index += 2 if words[index] in {"-u", "-n", "-p", "-s"} and program != "npx" else 1
        return words[index:] or None
    if program in _RUNNERS:
        verb = _RUNNERS[program]
        if verb and words[1:2] != [verb]:
            return None
        index = 2 if verb else 1
        while index < len(words) and words[index].startswith("-"):
            index += 2 if words[index] in {"--with", "--extra", "--group", "-n", "--python", "-p", "--from"} else 1
        return None if program in {"yarn", "hatch", "pdm"} and _is_target(words[index:]) else words[index:] or None
    if _PYTHON.match(program):
        module = _module_of(words)
        return None if module is None else [_module_name(module[0]), *module[1:]]
    if program == "coverage" and words[1:2] == ["run"]:
        rest = [word for word in words[2:] if not re.match(r"-(?!m$)|--", word)]
        return rest[1:] if rest[:1] == ["-m"] else ["python", *rest] if rest else None
    return None


def _is_target(words: list[str]) -> bool:
    """Whether a runner's words name a task of the project (`yarn run test`) and not a program."""
    if not words or target_role(words[0]) is not None:
        return True
    return words[0] not in PROGRAM_ROLES and not _PYTHON.match(words[0]) and not _PIP.match(words[0])


def _module_of(words: list[str]) -> list[str] | None:
    """`[module, arguments...]` of `python [options] -m module ...`; None when it runs no module."""
    for index, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-[A-Za-z]*m", word):
            return words[index + 1 :] or None
        if not word.startswith("-") and words[index - 1] not in {"-W", "-X"}:
            return None
        if word == "-c":
            return None
    return None


def _module_name(module: str) -> str:
    tests = re.fullmatch(r"tests?(\.\w+)*|(\w+\.)+((run_?)?tests?|tests?\.\w+)", module)
    return "unittest" if tests else {"py.test": "pytest"}.get(module, module)


def target_role(name: str) -> Role | None:
    """What a target of a task runner is for, by its name; None when the name says nothing.

    >>> [target_role(n) for n in ("check", "test-upload", "docs", "benchmark", "frobnicate")]
    [<Role.TEST: 'test'>, <Role.PUBLISH: 'publish'>, <Role.DOCUMENTS: 'documents'>, <Role.BENCHMARK: 'benchmark'>, None]
    """
    return next((role for pattern, role in TARGET_ROLES if pattern.fullmatch(name)), None)


def describe(command: SimpleCommand) -> CommandFacts:
    """What a simple command does.

    >>> [describe(SimpleCommand(words)).role.value for words in (("pip", "install", "-e", ".[dev]"), ("make", "check"))]
    ['checkout', 'test']
    """
    words, sudo = unwrapped(command.words)
    if not words:
        return CommandFacts(Role.SHELL)
    program, arguments = words[0], list(words[1:])
    name = program.rsplit("/", 1)[-1]
    platform = (
        "windows"
        if "\\" in program or name.endswith((".bat", ".exe", ".cmd", ".ps1"))
        else PLATFORM_OF.get(name, "any")
    )
    if _PIP.match(program):
        role, manager, names = _pip(arguments)
    elif name in SYSTEM_MANAGERS or name in {"dpkg", "rpm"}:
        role, manager, names = _system(name, arguments)
    elif name in _DESCRIBERS and (program == name or name not in PROGRAM_ROLES):
        role, manager, names = _DESCRIBERS[name](arguments)
    elif _PYTHON.match(program):
        role, manager, names = _python(arguments)
    else:
        role, manager, names = _program(program, name, arguments)
    if role is Role.RELEASED and names and all(PROGRAM_ROLES.get(each) in _SIDE_WORK for each in names):
        role = Role.STYLE
    if role in {Role.CONFIGURE, Role.TEST, Role.COMPILE} and {"--help", "--version"} & set(arguments):
        role = Role.OTHER
    if command.reads not in {"", "|", "<<"} and role is Role.INTERACTIVE:
        role = Role.OTHER
    if name in ANSWERED_BY and ANSWERED_BY[name] & {*arguments, *(("",) if _positional(arguments) else ())}:
        role = Role.OTHER
    return CommandFacts(role, manager, names, platform, sudo)


_Facts = tuple[Role, str, tuple[str, ...]]


def _positional(arguments: list[str], with_value: frozenset[str] = frozenset()) -> list[str]:
    found: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in with_value:
            skip = True
        elif not argument.startswith("-"):
            found.append(argument)
    return found


def _pip(arguments: list[str]) -> _Facts:
    if arguments[:1] == ["uninstall"]:
        return Role.REMOVE, "pip", ()
    if arguments[:1] != ["install"]:
        return Role.OTHER, "pip", ()
    specs = _positional(arguments[1:], _PIP_VALUES)
    names = tuple(name for name in map(package_name, specs) if name)
    if any(re.match(r"\.{1,2}(/|\[|$)|file:|\$PWD", spec) or spec.endswith(".whl") or "/*" in spec for spec in specs):
        return Role.CHECKOUT, "pip", names
    if any(
        word in {"-r", "--requirement", "--group"} or word.startswith(("-r", "--requirement=", "--group="))
        for word in arguments
    ):
        return Role.REQUIREMENTS, "pip", names
    if not specs:
        return Role.OTHER, "pip", ()
    return Role.RELEASED, "pip", names or tuple(specs)


def _system(manager: str, arguments: list[str]) -> _Facts:
    verbs = {
        "install",
        "-S",
        "-Sy",
        "-Syu",
        "add",
        "-i",
        "in",
        "reinstall",
        "-iA",
        "--install",
        "build-dep",
        "groupinstall",
    }
    words = [word for word in arguments if not (word.startswith("-") and word not in verbs)]
    if not words or words[0] not in verbs:
        maintenance = {"update", "upgrade", "tap", "-Syu", "makecache", "dist-upgrade", "full-upgrade", "refresh"}
        return (Role.SYSTEM if words and words[0] in maintenance else Role.OTHER), manager, ()
    return Role.SYSTEM, manager, tuple(words[1:])


def _python(arguments: list[str]) -> _Facts:
    files = _positional(arguments, frozenset({"-W", "-X"}))
    if "-c" in arguments:
        code = " ".join(arguments[arguments.index("-c") + 1 :][:1])
        return (Role.TEST if _CALLS_TESTS.search(code) else Role.RUN), "python", ()
    if not files:
        return Role.INTERACTIVE, "python", ()
    script = files[0].rsplit("/", 1)[-1]
    if script == "setup.py":
        return _setup_script(files[1:] or ["help"])
    if script == "manage.py":
        return _verbs("manage.py", {"test": Role.TEST, "runserver": Role.SERVE}, Role.RUN)(files[1:])
    return _script(script), "python", ()


def _setup_script(verbs: list[str]) -> _Facts:
    table = {
        "install": Role.CHECKOUT,
        "develop": Role.CHECKOUT,
        "test": Role.TEST,
        "nosetests": Role.TEST,
        "pytest": Role.TEST,
        "check": Role.STYLE,
        "ptr": Role.TEST,
        "build": Role.COMPILE,
        "build_ext": Role.COMPILE,
        "build_py": Role.COMPILE,
        "egg_info": Role.COMPILE,
        "sdist": Role.PACKAGE,
        "bdist_wheel": Role.PACKAGE,
        "bdist_egg": Role.PACKAGE,
        "bdist": Role.PACKAGE,
        "bdist_rpm": Role.PACKAGE,
        "upload": Role.PUBLISH,
        "register": Role.PUBLISH,
        "build_sphinx": Role.DOCUMENTS,
        "clean": Role.REMOVE,
        "cython": Role.COMPILE,
    }
    roles = [table.get(verb, Role.OTHER) for verb in verbs]
    for wanted in (Role.PUBLISH, Role.TEST, Role.CHECKOUT, Role.COMPILE):
        if wanted in roles:
            return wanted, "setup.py", ()
    return roles[0], "setup.py", ()


def _script(name: str) -> Role:
    stem = re.sub(r"\.(py|sh|bash|pl|js|rb|mjs|cjs|ts)$", "", name)
    return next((role for pattern, role in SCRIPT_ROLES if pattern.fullmatch(stem)), Role.RUN)


_NOT_OF_BUILDS = frozenset("poe inv invoke doit just task nox tox paver fab".split())


def _targets(manager: str, default: Role, with_value: frozenset[str] = frozenset()) -> Callable[[list[str]], _Facts]:
    """A runner whose positional words are targets; the strongest of them counts."""

    def facts(arguments: list[str]) -> _Facts:
        targets = [word for word in _positional(arguments, with_value) if "=" not in word and "$" not in word]
        if any(word in {"-h", "--help", "--version", "-l", "--list", "list", "help", "info"} for word in arguments):
            return Role.OTHER, manager, ()
        # A file that make builds is a target too, and its name says nothing of a purpose.
        unnamed = default if default is Role.COMPILE else Role.OTHER
        roles = [target_role(target) or unnamed for target in targets]
        if manager not in {"make", "npm"}:
            roles = [Role.REQUIREMENTS if role is Role.SYSTEM_WIDE else role for role in roles]
        if manager in _NOT_OF_BUILDS and "all" in targets:  # every task: checks of style, documents, tests
            return Role.OTHER, manager, ()
        for wanted in (Role.TEST, Role.SYSTEM_WIDE, Role.PUBLISH):
            if wanted in roles:
                return wanted, manager, ()
        return (roles[-1] if roles else default), manager, ()

    return facts


def _npm(manager: str) -> Callable[[list[str]], _Facts]:
    scripts = _targets("npm", Role.OTHER)

    def facts(arguments: list[str]) -> _Facts:
        verb = arguments[0] if arguments else ("install" if manager == "yarn" else "")
        rest = _positional(arguments[1:])
        if verb in {"install", "i", "ci", "add", "clean-install"}:
            if not rest:
                return Role.CHECKOUT, manager, ()
            if any(re.match(r"\.{1,2}(/|$)", spec) for spec in rest):
                return Role.CHECKOUT, manager, ()
            return Role.RELEASED, manager, tuple(filter(None, map(package_name, rest)))
        if verb in {"test", "t", "tst", "install-test", "it"}:
            return Role.TEST, manager, ()
        if verb in {"run", "run-script"}:
            return scripts(rest[:1])
        if verb in {"publish", "version", "login", "adduser", "pack"}:
            return Role.PUBLISH, manager, ()
        if verb in {"init", "create"}:
            return Role.INTERACTIVE, manager, ()
        if verb in {"start", "dev"}:
            return Role.SERVE, manager, ()
        if manager in {"yarn", "pnpm", "bun"}:
            return scripts([verb] if verb else [])
        return Role.OTHER, manager, ()

    return facts


def _git(arguments: list[str]) -> _Facts:
    verb = (_positional(arguments, frozenset({"-C", "-c"})) or [""])[0]
    if verb == "clone":
        return Role.FETCH, "git", ()
    if verb == "submodule":
        return Role.SUBMODULE, "git", ()
    if verb in {"log", "diff", "show", "blame", "reflog", "rebase", "add"} and {"-i", "-p", "--interactive"} & {
        "-i",
        *arguments,
    }:
        return (Role.INTERACTIVE if verb in {"log", "diff", "show", "blame", "reflog"} else Role.REVISION), "git", ()
    if verb == "commit" and not any(
        word.startswith(("-m", "--message", "-am", "-F", "-C", "--no-edit")) for word in arguments
    ):
        return Role.INTERACTIVE, "git", ()
    return (Role.PUBLISH if verb == "push" else Role.REVISION), "git", ()


def _conda(arguments: list[str]) -> _Facts:
    verb = arguments[0] if arguments else ""
    if verb in {"activate", "deactivate", "create", "env", "init", "config", "update"}:
        return Role.ENVIRONMENT, "conda", ()
    if verb == "install":
        names = _positional(arguments[1:], frozenset({"-c", "--channel", "-n", "--name", "-p"}))
        return Role.RELEASED, "conda", tuple(filter(None, map(package_name, names)))
    return Role.OTHER, "conda", ()


def _project_manager(manager: str) -> Callable[[list[str]], _Facts]:
    """poetry, uv, pdm, hatch, pipenv, rye, flit: each installs the checkout by its own verbs."""

    def facts(arguments: list[str]) -> _Facts:
        words = _positional(arguments)
        verb = words[0] if words else ""
        if manager == "uv" and verb == "pip":
            role, _, names = _pip([word for word in arguments if word != "pip"])
            return role, "uv", names
        if verb in {"venv", "shell", "env", "python", "init", "self", "config", "lock", "use"}:
            return (Role.INTERACTIVE if verb in {"shell", "init"} else Role.ENVIRONMENT), manager, ()
        if verb in {"install", "sync"} and (manager != "pipenv" or len(words) == 1) and manager != "pipx":
            return Role.CHECKOUT, manager, ()
        if verb in {"add", "install", "tool"}:
            return Role.RELEASED, manager, tuple(filter(None, map(package_name, words[-1:])))
        if verb in {"publish", "version", "bump"}:
            return Role.PUBLISH, manager, ()
        if verb == "build":
            return Role.PACKAGE, manager, ()
        if verb == "test":
            return Role.TEST, manager, ()
        if verb == "run":
            name = words[1] if len(words) > 1 else ""
            return target_role(name) or target_role(name.rsplit(":", 1)[-1]) or Role.OTHER, manager, ()
        if verb in {"fmt", "lint", "check", "format"}:
            return Role.STYLE, manager, ()
        # `uv ruff check .` for `uv run ruff check .`: what was meant is known, though it cannot be typed so.
        return (Role.STYLE if PROGRAM_ROLES.get(verb) is Role.STYLE else Role.OTHER), manager, ()

    return facts


def _cmake(arguments: list[str]) -> _Facts:
    joined = " ".join(arguments)
    if "--install" in arguments:
        return Role.SYSTEM_WIDE, "cmake", ()
    if "--build" in arguments:
        target = re.search(r"(?:--target|-t)[ =](\S+)", joined)
        role = target_role(target.group(1)) if target else None
        return role or Role.COMPILE, "cmake", ()
    return (Role.OTHER if arguments[:1] in (["-E"], ["--version"], ["--help"]) else Role.CONFIGURE), "cmake", ()


def _verbs(manager: str, table: dict[str, Role], default: Role = Role.OTHER) -> Callable[[list[str]], _Facts]:
    def facts(arguments: list[str]) -> _Facts:
        verb = (_positional(arguments) or [""])[0]
        return table.get(verb, default), manager, ()

    return facts


def _environment_role(name: str) -> Role:
    return target_role(name) or (Role.TEST if _TESTS_BY_NAME.search(name) else Role.OTHER)


def _tox(arguments: list[str]) -> _Facts:
    named = re.findall(r"(?:^| )-e[ =]?(\S+)", " ".join(arguments))
    roles = [_environment_role(name) for entry in named for name in entry.split(",")]
    if any(
        word in {"-a", "--listenvs", "--help", "-h", "--devenv", "devenv", "config", "-w", "list"}
        or re.match(r"-l", word)
        for word in arguments
    ):
        return Role.OTHER, "tox", ()
    return (Role.TEST if not roles or Role.TEST in roles else roles[0]), "tox", ()


def _nox(arguments: list[str]) -> _Facts:
    named = [
        word for word in _positional(arguments, frozenset({"-f", "--noxfile", "-p", "--python", "-k", "-t"})) if word
    ]
    roles = [_environment_role(re.sub(r"[-(].*", "", name)) for name in named]
    if any(word in {"-l", "--list", "--help"} for word in arguments):
        return Role.OTHER, "nox", ()
    return (Role.TEST if not roles or Role.TEST in roles else roles[0]), "nox", ()


def _sphinx(arguments: list[str]) -> _Facts:
    builds_doctest = "doctest" in arguments
    return (Role.TEST if builds_doctest else Role.DOCUMENTS), "sphinx-build", ()


def _sleep(arguments: list[str]) -> _Facts:
    """A pause ends; one that is longer than any step may take does not, as far as its reader can see."""
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
    pauses = [re.fullmatch(r"(\d+(?:\.\d*)?)([smhd]?)", word) for word in arguments]
    known = sum(float(pause[1]) * units[pause[2]] for pause in pauses if pause)
    endless = known > LONGEST_PAUSE_S or any(re.match(r"inf", word) for word in arguments)
    return (Role.SERVE if endless else Role.SHELL), "sleep", ()


def _tail(arguments: list[str]) -> _Facts:
    follows = any(re.match(r"-[a-zA-Z]*[fF]|--follow|--retry", word) for word in arguments)
    return (Role.SERVE if follows else Role.SHELL), "tail", ()


def _flask(arguments: list[str]) -> _Facts:
    verb = (_positional(arguments, frozenset({"--app", "-A", "--env-file", "-e"})) or ["run"])[0]
    return {"run": Role.SERVE, "shell": Role.INTERACTIVE}.get(verb, Role.RUN), "flask", ()


def _program(program: str, name: str, arguments: list[str]) -> _Facts:
    if name in {"bash", "sh", "zsh", "perl", "ruby", "node", "nodejs", "Rscript"}:
        files = _positional(arguments)
        if "-c" in arguments or "-e" in arguments:
            return Role.RUN, name, ()
        return (_script_path(files[0]) if files else Role.INTERACTIVE), name, ()
    if "/" in program and (name not in PROGRAM_ROLES or program.startswith((".", "/"))) and "bin/" not in program:
        return _script_path(program), name, ()
    if name in PROGRAM_ROLES:
        return PROGRAM_ROLES[name], name, ()
    return _script(name) if name.endswith((".sh", ".py", ".bash", ".pl")) else Role.OTHER, name, ()


def _script_path(path: str) -> Role:
    name = path.rsplit("/", 1)[-1]
    by_name = PROGRAM_ROLES.get(name)
    if by_name in {Role.CONFIGURE, Role.TEST, Role.COMPILE}:
        return by_name
    return _script(name)


_DESCRIBERS: dict[str, Callable[[list[str]], _Facts]] = {
    **dict.fromkeys(("npm",), _npm("npm")),
    "yarn": _npm("yarn"),
    "pnpm": _npm("pnpm"),
    "bun": _npm("bun"),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _conda),
    **{name: _project_manager(name) for name in ("poetry", "uv", "pdm", "hatch", "pipenv", "rye", "flit", "pipx")},
    **dict.fromkeys(
        ("make", "gmake", "nmake"),
        _targets("make", Role.COMPILE, frozenset({"-C", "-f", "-j", "--directory", "--file", "-I", "-o"})),
    ),
    "ninja": _targets("ninja", Role.COMPILE, frozenset({"-C", "-j", "-f"})),
    "scons": _targets("scons", Role.COMPILE),
    **{
        name: _targets(name, Role.OTHER)
        for name in ("just", "inv", "invoke", "task", "rake", "paver", "doit", "poe", "fab", "ant", "gradle")
    },
    "waf": _verbs(
        "waf", {"configure": Role.CONFIGURE, "build": Role.COMPILE, "check": Role.TEST, "install": Role.SYSTEM_WIDE}
    ),
    "cmake": _cmake,
    "git": _git,
    "tox": _tox,
    "nox": _nox,
    "sphinx-build": _sphinx,
    "meson": _verbs(
        "meson",
        {
            "setup": Role.CONFIGURE,
            "compile": Role.COMPILE,
            "test": Role.TEST,
            "install": Role.SYSTEM_WIDE,
            "configure": Role.CONFIGURE,
            "dist": Role.PUBLISH,
            "wrap": Role.FETCH,
        },
        Role.CONFIGURE,
    ),
    "cargo": _verbs(
        "cargo",
        {
            "build": Role.COMPILE,
            "test": Role.TEST,
            "nextest": Role.TEST,
            "install": Role.RELEASED,
            "add": Role.RELEASED,
            "publish": Role.PUBLISH,
            "bench": Role.BENCHMARK,
            "fmt": Role.STYLE,
            "clippy": Role.STYLE,
            "doc": Role.DOCUMENTS,
            "run": Role.RUN,
        },
    ),
    "go": _verbs(
        "go",
        {
            "build": Role.COMPILE,
            "test": Role.TEST,
            "get": Role.RELEASED,
            "install": Role.RELEASED,
            "vet": Role.STYLE,
            "run": Role.RUN,
        },
    ),
    "mvn": _verbs(
        "mvn",
        {
            "test": Role.TEST,
            "verify": Role.TEST,
            "install": Role.TEST,
            "package": Role.COMPILE,
            "compile": Role.COMPILE,
        },
    ),
    "java": lambda arguments: (Role.TEST if _JAVA_TESTS.search(" ".join(arguments)) else Role.RUN, "java", ()),
    "easy_install": lambda arguments: (
        (Role.CHECKOUT if "." in arguments else Role.RELEASED),
        "easy_install",
        tuple(filter(None, map(package_name, _positional(arguments)))),
    ),
    "maturin": _verbs("maturin", {"develop": Role.CHECKOUT, "build": Role.PACKAGE, "publish": Role.PUBLISH}),
    "sleep": _sleep,
    "tail": _tail,
    "flask": _flask,
    "php": lambda arguments: ((Role.SERVE if "-S" in arguments else Role.RUN), "php", ()),
    **{
        name: _verbs(
            name,
            {**dict.fromkeys(("serve", "server", "s", "run", "runserver"), Role.SERVE), "test": Role.TEST},
            Role.RUN,
        )
        for name in "rails hugo jekyll streamlit ng next vite astro fastapi litestar django django-admin".split()
    },
    "http.server": lambda _: (Role.SERVE, "python", ()),
    "SimpleHTTPServer": lambda _: (Role.SERVE, "python", ()),
    "venv": lambda _: (Role.ENVIRONMENT, "venv", ()),
    "ensurepip": lambda _: (Role.SHELL, "python", ()),
    "build": lambda _: (Role.PACKAGE, "build", ()),
    "coverage": _verbs("coverage", {"run": Role.TEST}, Role.DOCUMENTS),
    "timeit": lambda _: (Role.BENCHMARK, "python", ()),
    "xcode-select": lambda _: (Role.SYSTEM, "xcode-select", ()),
    "python-c": lambda _: (Role.RUN, "python", ()),
}
"""What a program does by its arguments. A program without a row is looked up in `PROGRAM_ROLES` by its name alone."""
