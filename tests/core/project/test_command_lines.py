"""What command lines are for."""

from __future__ import annotations

import pytest

from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import describe
from regrow.core.project.shell_grammar import commands_of, parse_statements


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("pip install .", Role.CHECKOUT), ("pip3 install -e '.[dev]'", Role.CHECKOUT), (
            "python -m pip install ./", Role.CHECKOUT),
        ("sudo -H python3 -m pip install foo", Role.RELEASED), ("pip install git+https://x/y", Role.RELEASED), (
            "pip install -r a.txt", Role.REQUIREMENTS),
        ("pip install black", Role.STYLE), ("pip uninstall x", Role.REMOVE), ("python setup.py install", Role.CHECKOUT),
        ("python setup.py build_ext -i", Role.COMPILE), ("python setup.py sdist upload", Role.PUBLISH), (
            "python setup.py test", Role.TEST),
        ("uv sync", Role.CHECKOUT), ("uv run pytest", Role.TEST), ("poetry install", Role.CHECKOUT), (
            "poetry run python -m pytest", Role.TEST),
        ("hatch run test:all", Role.TEST), ("pytest", Role.TEST), ("py.test tests", Role.TEST), (
            "python3.9 -bb -m pytest", Role.TEST),
        ("python -m unittest discover", Role.TEST), ("coverage run -m pytest", Role.TEST), (
            "coverage report", Role.DOCUMENTS),
        ("python tests/run.py", Role.RUN), ("python runtests.py", Role.TEST), ("python test_x.py", Role.TEST), (
            "python tests/speed_test.py", Role.BENCHMARK),
        ("uv run poe all", Role.OTHER), ("inv all", Role.OTHER), ("make all", Role.COMPILE),
        ("make quicktest", Role.TEST),
        ("tox", Role.TEST), ("tox -e py311", Role.TEST), ("tox -e lint", Role.STYLE), ("tox -e docs", Role.DOCUMENTS), (
            "tox -l", Role.OTHER),
        ("nox -s tests-3.9", Role.TEST), ("nox -s lint", Role.STYLE), ("make", Role.COMPILE), (
            "make -j4", Role.COMPILE), ("make check", Role.TEST),
        ("python -c 'import x; x.test()'", Role.TEST), ("python3 -c 'import x; x.run_tests(1)'", Role.TEST), (
            "python -c 'import x; x.test_port(1)'", Role.RUN), ("python -c 'print(latest())'", Role.RUN),
        ("make -C src test", Role.TEST), ("make install", Role.SYSTEM_WIDE), ("make DESTDIR=/x install", Role.SYSTEM_WIDE),
        (
            "make dist", Role.PUBLISH),
        ("make bench", Role.BENCHMARK), ("make lint", Role.STYLE), ("make html", Role.DOCUMENTS), (
            "make distclean", Role.REMOVE), ("make foo", Role.COMPILE),
        ("./configure --prefix=/usr", Role.CONFIGURE), ("./configure --help", Role.OTHER), (
            "./autogen.sh", Role.CONFIGURE), ("autoreconf -fi", Role.CONFIGURE),
        ("cmake ..", Role.CONFIGURE), ("cmake --build build", Role.COMPILE), ("cmake --build build --target test", Role.TEST),
        (
            "ctest", Role.TEST),
        ("meson setup b", Role.CONFIGURE), ("meson test -C b", Role.TEST), ("ninja -C b test", Role.TEST), (
            "npm install", Role.CHECKOUT),
        ("npm ci", Role.CHECKOUT), ("npm i traverse", Role.RELEASED), ("npm test", Role.TEST), (
            "npm run build", Role.COMPILE), ("npm run lint", Role.STYLE),
        ("npm start", Role.SERVE), ("npm publish", Role.PUBLISH), ("npm init", Role.INTERACTIVE), (
            "yarn", Role.CHECKOUT), ("yarn test", Role.TEST),
        ("yarn run test", Role.TEST), ("git clone https://x/y", Role.FETCH), ("git log", Role.INTERACTIVE), (
            "git commit -m x", Role.REVISION),
        ("git commit", Role.INTERACTIVE), ("git push", Role.PUBLISH), ("git submodule update --init", Role.SUBMODULE), (
            "apt-get install gcc", Role.SYSTEM),
        ("brew install x", Role.SYSTEM), ("docker build .", Role.CONTAINER), ("python -m http.server", Role.SERVE), (
            "python", Role.INTERACTIVE),
        ("redis-cli", Role.INTERACTIVE), ("redis-cli ping", Role.OTHER), ("psql -U x", Role.INTERACTIVE), (
            "psql -U x -c 'select 1'", Role.OTHER), ("redis-server", Role.SERVE), (
            "redis-server --port 1 --daemonize yes", Role.OTHER), (
            "ssh-keygen", Role.INTERACTIVE), ("cd x", Role.SHELL), ("source venv/bin/activate", Role.ENVIRONMENT), (
            "python -m venv v", Role.ENVIRONMENT),
        ("./run_tests.sh", Role.TEST), ("bash run-tests.sh", Role.TEST), ("env A=1 make test", Role.TEST), (
            "A=1 make test", Role.TEST),
        ("xvfb-run -a pytest", Role.TEST), ("twine upload dist/*", Role.PUBLISH), ("frobnicate --all", Role.OTHER),
    ],
)  # fmt: skip
def test_line_has_its_role(line: str, role: Role) -> None:
    assert describe(commands_of(line)[0]).role is role


def test_names_that_are_installed_are_normalised() -> None:
    facts = describe(commands_of("pip install 'Foo_Bar[x]>=1' baz")[0])
    assert facts.names == ("foo-bar", "baz")


def test_statement_knows_its_lines_and_its_commands() -> None:
    first, second = parse_statements("cat <<EOF > f\nmake\nEOF\nA=1 ls | tee log &")
    assert (first.line, first.end_line, second.line, second.background) == (0, 2, 3, True)
    assert [command.words for command in second.commands] == [("ls",), ("tee", "log")]
    assert second.commands[0].assignments == (("A", "1"),)


@pytest.mark.parametrize("text", ["pytest <name>", "runner [options] [(optional) files]", "echo 'unclosed", "a ) b"])
def test_grammar_refuses_what_is_no_command(text: str) -> None:
    assert not all(statement.valid for statement in parse_statements(text))
    assert commands_of(text) == ()
