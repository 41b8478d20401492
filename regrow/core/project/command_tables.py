"""Names of programs and of their targets, as data. No behaviour lives here.

A name stands here because it is a program that many projects share (a package manager, a runner, a tool), never because
one project uses it.
"""

from __future__ import annotations

import re

from regrow.core.project.command_facts import Role

__all__ = [
    "ANSWERED_BY",
    "FILE_PROGRAMS",
    "PLATFORM_OF",
    "PROGRAM_ROLES",
    "SCRIPT_ROLES",
    "SYSTEM_MANAGERS",
    "TARGET_ROLES",
    "known_program",
]

SYSTEM_MANAGERS = frozenset(
    "apt apt-get aptitude yum dnf zypper pacman apk brew port pkg pkg_add emerge snap flatpak choco winget scoop "
    "nix-env nix guix xbps-install eopkg opkg slackpkg".split()
)

PLATFORM_OF: dict[str, str] = {
    **dict.fromkeys(("apt", "apt-get", "aptitude", "dpkg"), "debian"),
    **dict.fromkeys(("yum", "dnf", "rpm"), "fedora"),
    **dict.fromkeys(("brew", "port", "xcode-select", "xcrun", "hdiutil", "xcodebuild"), "macos"),
    **dict.fromkeys(
        ("choco", "winget", "scoop", "nmake", "msbuild", "vcvarsall.bat", "setx", "copy", "del"), "windows"
    ),
    "zypper": "suse",
    "pacman": "arch",
    "yay": "arch",
    "apk": "alpine",
    "pkg": "freebsd",
    "pkg_add": "openbsd",
    "emerge": "gentoo",
    **dict.fromkeys(("nix-env", "nix", "nix-shell", "guix"), "nix"),
    **dict.fromkeys(("conda", "mamba", "micromamba"), "conda"),
    **dict.fromkeys(("snap", "flatpak"), "snap"),
}

FILE_PROGRAMS = frozenset(
    "cd pushd popd export unset set alias mkdir cp mv ln touch chmod echo printf cat tar unzip gunzip install "
    "patch sed "
    "ls pwd test [ true umask ulimit hash type which tee rehash".split()
)
"""Programs that change the shell or a few files, and end at once."""

PROGRAM_ROLES: dict[str, Role] = {
    **dict.fromkeys(FILE_PROGRAMS, Role.SHELL),
    **dict.fromkeys(
        ("source", ".", "virtualenv", "deactivate", "workon", "mkvirtualenv", "pyenv", "nvm", "direnv"),
        Role.ENVIRONMENT,
    ),
    **dict.fromkeys(
        "pytest py.test nosetests nose2 unittest trial green ward stestr zope-testrunner ctest prove jest mocha "
        "ava tap "
        "vitest karma lab nyc c8 bats busted behave lettuce testr pytest3 pytest-3 xdist avocado doctest sure "
        "runtests".split(),
        Role.TEST,
    ),
    **dict.fromkeys(
        "black ruff isort flake8 mypy pyright pylint bandit codespell pre-commit prek yapf autopep8 pycodestyle "
        "pydocstyle "
        "pyflakes eslint prettier standard xo clang-format clang-tidy cppcheck shellcheck vulture pyupgrade "
        "blue autoflake "
        "check-manifest tslint jshint semistandard cpplint pyroma djlint ty basedpyright pytype interrogate".split(),
        Role.STYLE,
    ),
    **dict.fromkeys(
        "sphinx-build sphinx-apidoc sphinx-quickstart mkdocs doxygen pdoc jsdoc typedoc pydoc".split(), Role.DOCUMENTS
    ),
    **dict.fromkeys("asv pyperf hyperfine perf locust wrk afl-fuzz airspeed".split(), Role.BENCHMARK),
    **dict.fromkeys(
        "twine bumpversion bump2version bump-my-version towncrier gh hub zest.releaser fullrelease release-it "
        "semantic-release standard-version goreleaser dput debuild".split(),
        Role.PUBLISH,
    ),
    **dict.fromkeys(
        "vim vi nano emacs less more man top htop ipython ssh ssh-keygen passwd gdb lldb read ed ftp sftp "
        "telnet irb dialog whiptail zenity psql mysql sqlite3 redis-cli open xdg-open code subl start cmd "
        "powershell".split(),
        Role.INTERACTIVE,
    ),
    **dict.fromkeys(
        "uvicorn gunicorn hypercorn daphne flask jupyter jupyter-lab redis-server nginx ptw watch ping "
        "pytest-watch yes webpack-dev-server nodemon http-server live-server serve watchmedo celery supervisord caddy".split(),
        Role.SERVE,
    ),
    **dict.fromkeys(
        "docker docker-compose podman vagrant kubectl helm heroku terraform ansible ansible-playbook minikube "
        "singularity apptainer systemctl service launchctl act".split(),
        Role.CONTAINER,
    ),
    **dict.fromkeys(
        "configure config Configure autogen.sh autoreconf autoconf automake aclocal libtoolize bootstrap bootstrap.sh "
        "buildconf qmake premake configure.py gyp intltoolize autoheader glibtoolize".split(),
        Role.CONFIGURE,
    ),
    **dict.fromkeys(
        "gcc cc g++ c++ clang clang++ tcc ld ar cython swig gfortran javac tsc rollup webpack esbuild babel "
        "browserify gulp grunt bazel node-gyp flex bison yacc lex ldconfig build.sh".split(),
        Role.COMPILE,
    ),
    **dict.fromkeys("rm rmdir".split(), Role.REMOVE),
    **dict.fromkeys("wget curl svn hg bzr fossil cvs rsync aria2c fetch".split(), Role.FETCH),
    **dict.fromkeys("pip-compile pip-sync createdb createuser dropdb initdb locale-gen".split(), Role.SHELL),
}

TARGET_ROLES: tuple[tuple[re.Pattern[str], Role], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), role)
    for pattern, role in (
        (
            r"(.*[-_:.])?(\w*bench(marks?)?|perf(ormance)?|speed|fuzz(ing|er)?|stress|profile|compare|asv)([-_:.].*)?",
            Role.BENCHMARK,
        ),
        (
            r"(.*[-_:.])?(publish|release|upload|deploy|bump|version|tag|dist|sdist|changelog|announce|"
            r"distcheck|prerelease)([-_:.].*)?",
            Role.PUBLISH,
        ),
        (
            r"(.*[-_:.])?(lint(er|ing)?|format(ting)?|fmt|style|black|ruff|flake8|mypy|pylint|isort|pep8|"
            r"pyright|typing|types?|"
            r"typecheck|type-?check|pre-?commit|eslint|prettier|codespell|check-?manifest|checkstyle|pyflakes|"
            r"security|bandit|"
            r"spell(check)?|validate|qa|hooks|zizmor|tsc)([-_:.].*)?",
            Role.STYLE,
        ),
        (
            r"(.*[-_:.])?(docs?|html|apidoc|man|manual|sphinx|pdf|coverage[-_]?(html|report|xml)?|"
            r"cov[-_]?report|report|"
            r"combine|covreport|codecov|linkcheck|readme|website|livehtml)([-_:.].*)?",
            Role.DOCUMENTS,
        ),
        (r"(.*[-_:.])?(serve|start|watch|up|shell|runserver|server|dev|docker|preview|live)([-_:.].*)?", Role.SERVE),
        (
            r"(dev[-_]?)?(install[-_]?(dev|deps|requirements)|deps|dev|develop|venv|setup|env|init|requirements|"
            r"bootstrap|sync|"
            r"dependencies|dev[-_]?(setup|env|install))",
            Role.REQUIREMENTS,
        ),
        (r"uninstall([-_].*)?|\w*-?clean(all)?|clobber", Role.REMOVE),
        (r"install([-_]?.*)?", Role.SYSTEM_WIDE),
        (
            r"(run[-_]?)?(.*[-_:.])?(unit|integration|functional|self|py|all|regression|quick|fast|full)?[-_]?"
            r"tests?([-_:.].*)?|"
            r"check(s|[-_]?all|[-_:.].*)?|specs?|"
            r"py(thon)?[23]?\.?\d{0,2}|pypy3?(\.?\d+)?|py\d+-.*|testall|ci|nosetests|doctests?|coverage|cov|"
            r"memcheck|valgrind|tap",
            Role.TEST,
        ),
        (
            r"all|build([-_:.].*)?|compile|default|lib|shared|static|bundle|prepare|generate|ext|build_ext|"
            r"cython|inplace|rebuild",
            Role.COMPILE,
        ),
    )
)
"""What the target of a task runner (make, tox, npm run, just, ...) is for, by its name; the first that matches
counts.
"""

SCRIPT_ROLES: tuple[tuple[re.Pattern[str], Role], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), role)
    for pattern, role in (
        (r".*(bench|perf|speed|fuzz|stress|profil|upload|publish|release|deploy|timing|compare).*", Role.BENCHMARK),
        (
            r"(run[-_]?)?(all|unit|self|py|do|main)?[-_]?tests?([-_]?(suite|all|runner|main|py|it))?|(run|all|"
            r"do)[-_]?tests?|"
            r"tests?[-_].+|.+[-_]tests?|check|runtests?[-_]?.*|alltests?",
            Role.TEST,
        ),
        (r"(auto)?gen(erate)?|bootstrap|configure|buildconf|autogen", Role.CONFIGURE),
        (r"build.*|compile.*|make.*", Role.COMPILE),
        (r"install.*|setup|bootstrap.*", Role.REQUIREMENTS),
    )
)
"""What a script is for, by its name without folder and ending."""

_MORE_PROGRAMS = frozenset(
    "python python2 python3 pypy pypy3 py pip pip2 pip3 pipx pipenv poetry pdm uv uvx rye hatch flit conda "
    "mamba micromamba "
    "easy_install tox nox npm npx yarn pnpm bun node nodejs deno corepack make gmake cmake meson ninja scons "
    "waf cargo go "
    "rustup mvn gradle ant perl ruby gem bundle rake php composer bash sh zsh sudo doas su git env time "
    "coverage just inv "
    "invoke task paver doit poe dpkg rpm msbuild nmake kaleido dotnet swift julia Rscript R setx tcsh csh exec "
    "eval eatmydata "
    "maturin build fab stack cabal opam dune mix rebar3 lein sbt bazelisk buildout bower bin/buildout "
    "adduser useradd".split()
)


ANSWERED_BY: dict[str, frozenset[str]] = {
    "redis-cli": frozenset({""}),
    "psql": frozenset({"-c", "-f", "--command", "--file", "-l", "--list"}),
    "mysql": frozenset({"-e", "--execute"}),
    "redis-server": frozenset({"--daemonize"}),
}
"""Words with which these programs ask nothing and come back; "" stands for any word that is no option."""


def known_program(name: str) -> bool:
    """Whether a word is a program that documents commonly tell people to type.

    Paths to a script (`./configure`, `tools/run.sh`, `env/bin/python`) count; plain words of a sentence do not.
    """
    if name in PROGRAM_ROLES or name in _MORE_PROGRAMS or name in SYSTEM_MANAGERS or name in PLATFORM_OF:
        return name not in {
            "test",
            "check",
            "more",
            "less",
            "open",
            "start",
            "watch",
            "read",
            "yes",
            "dialog",
            "type",
            "set",
            "service",
            "code",
            "act",
            "serve",
            "tap",
            "standard",
            "fetch",
            "perf",
            "build",
            "task",
            "config",
            "sure",
            "doctest",
            "lab",
            "green",
            "ward",
            "black",
            "time",
            "blue",
            "port",
            "install",
            "man",
            "top",
            "patch",
            "go",
            "R",
            "just",
            "lex",
            "ed",
            "configure",
            "Configure",
            "buildconf",
            "[",
            "autogen.sh",
            "install.sh",
            "build.sh",
            "unittest",
            "gyp",
            "babel",
            "hash",
            "which",
            "true",
            "hub",
            "report",
            "stack",
            "copy",
            "bootstrap",
        }
    return bool(
        re.fullmatch(
            r"\.{1,2}/[\w./+-]+|[\w.+-]+(/[\w.+-]+)*\.(sh|bash|py|pl)|(?:[\w.+-]+/)*bin/[\w.+-]+|(python|pip|"
            r"pytest)-?[23](\.\d+)?",
            name,
        )
    )
