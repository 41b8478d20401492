"""What is chosen from whole documents, why the rest is not, and that reading stays linear."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from regrow.actors.doc_analyzer import analyze
from regrow.actors.doc_analyzer.documents import find_documents, for_maintainers, format_of
from regrow.core.project.file_tree import FileTree
from regrow.protocols.plan import CommandKind, DocAnalysis, PrerequisiteKind

SETUP = '[project]\nname = "demo"\nversion = "1.0"\n[build-system]\nrequires = ["hatchling"]\n'
PYTHON = {"pyproject.toml": SETUP, "demo/__init__.py": "", "tests/test_demo.py": "import pytest\n"}


def read(readme: str, **more: str) -> DocAnalysis:
    files = {
        "README.md": readme,
        **PYTHON,
        **{name.replace("__", "/").replace("_DOT_", "."): text for name, text in more.items()},
    }
    return analyze(FileTree.of(files))


def chosen(analysis: DocAnalysis) -> list[str]:
    return [command.text for command in analysis.commands if command.chosen]


def reason(analysis: DocAnalysis, text: str) -> str:
    return next(command.reason for command in analysis.commands if command.text == text)


def test_development_section_is_followed_instead_of_the_released_copy() -> None:
    found = read(
        "# Demo\n\n## Install\n\n```sh\npip install demo\n```\n\n## Development\n\n```sh\ngit clone "
        "https://example.org/demo\ncd demo\n"
        "pip install -e '.[test]'\npytest\n```\n"
    )
    assert chosen(found) == ["pip install -e '.[test]'", "pytest"]
    assert "released copy" in reason(found, "pip install demo")
    assert "checkout" in reason(found, "cd demo")


def test_of_pip_conda_apt_brew_and_a_bat_block_only_pip_is_chosen() -> None:
    found = read(
        "# Demo\n\n## Install\n\n```sh\npip install .\n```\n\nor with conda:\n\n```sh\nconda install "
        "demo\n```\n\nOn Fedora:\n\n```sh\n"
        "sudo dnf install demo\n```\n\nOn macOS:\n\n```sh\nbrew install demo\n```\n\n```bat\npip install "
        "demo\n```\n\n## Tests\n\n```sh\npytest\n```\n"
    )
    assert chosen(found) == ["pip install .", "pytest"]
    assert all(command.reason for command in found.commands)
    assert "conda" in reason(found, "conda install demo")
    assert "macos" in reason(found, "brew install demo")


def test_when_only_the_released_copy_is_documented_it_is_chosen_and_said() -> None:
    found = read("# Demo\n\n```sh\npip install demo\n```\n\n## Tests\n\n```sh\npytest\n```\n")
    assert chosen(found) == ["pip install demo", "pytest"]
    assert any(f.code == "E1003" and "released copy" in f.message for f in found.findings)


def test_missing_test_command_is_a_finding() -> None:
    found = read("# Demo\n\n```sh\npip install .\n```\n")
    assert [f.message for f in found.findings if f.code == "E1003"] == ["no document says how to run the tests"]


def test_tree_without_documents_is_a_finding() -> None:
    assert [f.code for f in analyze(FileTree.of({"a.c": ""})).findings] == ["E1001"]


@pytest.mark.parametrize(
    "command",
    [
        "python tests/test_speed.py",
        "python benchmark.py",
        "make bench",
        "make test-upload",
        "make release",
        "tox -e lint",
        "black .",
        "pre-commit run --all-files",
        "python tests/fuzz_test.py",
        "python -m http.server",
        "git commit",
        "git log",
        "npm init",
        "docker run demo pytest",
        "twine upload dist/*",
        "sphinx-build docs out",
        "sudo make install",
        "pytest <name>",
        "pytest [options] [files]",
        "make <target>",
    ],
)
def test_what_is_not_the_suite_is_never_chosen(command: str) -> None:
    found = read(f"# Demo\n\n## Tests\n\n```sh\n{command}\n```\n\n```sh\npytest\n```\n")
    assert chosen(found) == ["pytest"]
    assert reason(found, command.replace("pytest [options] [files]", "pytest [options] [files]"))


def test_python_block_that_assigns_test_is_no_command() -> None:
    assert chosen(read("# Demo\n\n```python\ntest = decorate(test)\n```\n")) == []


def test_shell_lines_before_the_chosen_command_are_kept_in_order() -> None:
    found = read("# Demo\n\n## Tests\n\n```sh\ncd tests\nexport MODE=x\npytest\n```\n")
    assert chosen(found) == ["cd tests", "export MODE=x", "pytest"]


def test_virtual_environment_made_in_one_block_and_used_in_another_is_kept() -> None:
    found = read(
        "# Demo\n\n## Developing\n\n```sh\npython -m venv venv\nsource venv/bin/activate  # or "
        "venv\\Scripts\\activate on Windows\n```\n\nThen\n\n"
        "```sh\npip install -e .\n```\n\nand\n\n```sh\npytest\n```\n"
    )
    assert chosen(found) == ["python -m venv venv", "source venv/bin/activate", "pip install -e .", "pytest"]


def test_sentence_that_tells_to_run_code_gives_a_command_of_less_confidence() -> None:
    found = read("# Demo\n\n## Tests\n\nInstall with `pip install .` and run `pytest` to test.\n")
    assert chosen(found) == ["pip install .", "pytest"]
    assert all(command.confidence < 0.8 for command in found.commands)


def test_sentence_that_advises_against_code_gives_none() -> None:
    assert chosen(read("# Demo\n\nDo not run `python setup.py test`.\n")) == []


def test_newcomers_document_comes_before_the_maintainers() -> None:
    files = {"README": "Type:\n\n    ./configure\n    make\n    make check\n", "README-dev":
        "Run:\n\n    ./bootstrap\n    make dist\n",
             "configure": "", "a.c": ""}  # fmt: skip
    found = analyze(FileTree.of(files))
    assert chosen(found) == ["./configure", "make", "make check"]
    assert for_maintainers("README-dev")
    assert not for_maintainers("README.md")


def test_block_whose_configure_is_not_there_gives_way_to_the_one_that_makes_it() -> None:
    readme = (
        "# x\n\nTo build:\n\n    $ ./configure\n    $ make\n\nFrom git:\n\n    $ ./bootstrap\n"
        "    $ ./configure\n    $ make\n"
    )
    found = analyze(FileTree.of({"README.md": readme, "bootstrap": "", "configure.ac": "", "a.c": ""}))
    assert chosen(found) == ["./bootstrap", "./configure", "make"]
    found = analyze(FileTree.of({"README.md": readme, "bootstrap": "", "configure": "", "configure.ac": "", "a.c": ""}))
    assert chosen(found) == ["./configure", "make"]


def test_two_wrappers_that_are_both_named_are_a_contradiction() -> None:
    found = read("# Demo\n\n## Tests\n\n```sh\ntox\n```\n", CONTRIBUTING_DOT_md="# C\n\n## Tests\n\n```sh\nnox\n```\n")
    (finding,) = [f for f in found.findings if f.code == "E1005"]
    assert "README.md:6" in finding.message
    assert "CONTRIBUTING.md:6" in finding.message


def test_file_that_a_chosen_command_needs_and_the_tree_lacks_is_a_finding() -> None:
    found = read("# Demo\n\n## Tests\n\n```sh\npip install -r requirements-dev.txt\npytest\n```\n")
    assert [(f.path, f.exists) for f in found.files] == [("requirements-dev.txt", False)]
    assert any("requirements-dev.txt, which is not in the source" in f.message for f in found.findings)


def test_prerequisites_carry_their_constraint_and_their_sentence() -> None:
    found = read(
        "# Demo\n\n## Requirements\n\nRequires Python 3.9 or newer and a running PostgreSQL.\n\n```sh\nsudo "
        "apt-get install libpq-dev\n```\n"
        "\nSet the environment variable `DEMO_URL`.\n"
    )
    seen = {(p.kind, p.name, p.version, p.ref.line) for p in found.prerequisites}
    assert (PrerequisiteKind.LANGUAGE, "python", ">=3.9", 5) in seen
    assert (PrerequisiteKind.SERVICE, "postgresql", None, 5) in seen
    assert (PrerequisiteKind.SYSTEM_PACKAGE, "libpq-dev", None, 8) in seen
    assert (PrerequisiteKind.ENVIRONMENT, "DEMO_URL", None, 11) in seen


def test_endpoints_and_outputs_are_read_from_sessions() -> None:
    found = read(
        "# Demo\n\n```console\n$ curl -X POST -u me:x http://localhost:8000/items\n{}\n```\n\nCall `GET /health`.\n"
    )
    assert {(e.method, e.path, e.port, e.authenticated) for e in found.endpoints} == {
        ("POST", "/items", 8000, True),
        ("GET", "/health", None, False),
    }
    assert [each.expected_body for each in found.endpoints] == ["{}", None]
    assert found.expected_outputs == (), "what an address answers is no output of a program"


def test_every_command_points_at_its_line() -> None:
    readme = "# Demo\n\n```sh\npip install .\n\npytest\n```\n"
    for command in read(readme).commands:
        assert readme.split("\n")[command.ref.line - 1] == command.text
        assert command.kind in {CommandKind.INSTALL, CommandKind.TEST}


def test_documents_are_found_in_a_newcomers_order() -> None:
    names = ["docs/development.rst", "HACKING", "README-dev", "README.zh.md", "docs/index.md",
        "INSTALL.txt", "README.rst", "src/README.md",
             ".github/CONTRIBUTING.md", "docs/requirements.txt", "LICENSE"]  # fmt: skip
    found = find_documents(FileTree.of(dict.fromkeys(names, "x")))
    assert found == (
        "README.rst",
        "INSTALL.txt",
        ".github/CONTRIBUTING.md",
        "HACKING",
        "README-dev",
        "docs/index.md",
        "docs/development.rst",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A\n===\n\n.. code:: sh\n\n  make\n", "restructuredtext"),
        ("# A\n\n```\nmake\n```\n", "markdown"),
        ("A\n===\n\nmake it\n", "text"),
    ],
)
def test_format_of_a_name_without_ending_is_seen_from_the_text(text: str, expected: str) -> None:
    assert format_of("README", text).value == expected


def test_binary_document_and_broken_encoding_do_not_stop_the_reader() -> None:
    found = analyze(
        FileTree.of({"README": b"\x00\x01", "INSTALL": b"caf\xe9: type\n\n    make check\n", "Makefile": "", "a.c": ""})
    )
    assert chosen(found) == ["make check"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("README.md", "## A `make` b\n\ntext [x](y) **z** | a | b |\n\n```sh\nmake\n```\n\n"),
        ("README.md", "| a | `make` | c |\n|---|---|---|\n" + "| 1 | 2 | 3 |\n" * 40 + "\n"),
        ("README.rst", "Title\n=====\n\ntext ``make`` *x*::\n\n    make\n\n"),
        ("README", "1. Type `make' to build.\n\n     make\n\n"),
    ],
)
def test_twenty_times_the_text_takes_at_most_twenty_five_times_the_work(name: str, unit: str) -> None:
    """Trap 18 in small, by calls instead of seconds: a count is the same on a busy machine."""

    def work(size: int) -> int:
        tree = FileTree.of({name: unit * (size // len(unit))})
        calls = 0

        def count(frame: FrameType, event: str, arg: object) -> None:
            nonlocal calls
            calls += event in {"call", "c_call"}

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            analyze(tree, limit_bytes=size * 2)
        finally:
            sys.setprofile(before)
        return calls

    work(2_000)
    assert work(60_000) <= 25 * work(3_000)


def test_document_beyond_the_limit_is_read_in_part_and_named() -> None:
    tree = FileTree.of({"README.md": "# A\n\n```sh\nmake check\n```\n" + "x " * 60_000, "Makefile": "", "a.c": ""})
    found = analyze(tree, limit_bytes=50_000)
    assert chosen(found) == ["make check"]
    assert found.documents[0].truncated
    assert [f.code for f in found.findings if f.code == "E1006"] == ["E1006"]


@pytest.mark.parametrize(
    ("lead", "typed"),
    [
        ("PDF manual - Debian <= stretch:", False),
        ("To build the documentation:", False),
        ("For the tests and the documentation:", True),
        ("Debian/Ubuntu:", True),
    ],
)
def test_packages_for_the_documentation_alone_are_not_installed(lead: str, *, typed: bool) -> None:
    block = "```sh\nsudo apt-get install demo-fonts\n```"
    found = read(f"# Demo\n\n## Building\n\n{lead}\n\n{block}\n\nThen:\n\n```sh\npip install .\npytest\n```\n")
    assert ("sudo apt-get install demo-fonts" in chosen(found)) is typed


@pytest.mark.parametrize(
    ("comment", "typed"),
    [('# on Windows, it may be "pip.py"', True), ("# on Windows", False), ("# Windows only", False)],
)
def test_a_comment_on_how_it_is_spelt_elsewhere_does_not_make_a_command_foreign(comment: str, *, typed: bool) -> None:
    found = read(f"# Demo\n\n## Tests\n\n```\n$ pip install .    {comment}\n$ pytest\n```\n")
    assert ("pip install ." in chosen(found)) is typed


def test_commands_of_a_numbered_list_in_plain_text_are_typed() -> None:
    text = "Build by hand:\n\n1. mkdir build\n2. cd build\n3. cmake ..\n4. make \n5. build output left in demo-X.Y.Z\n"
    files = {"BUILDING": text, "CMakeLists.txt": "project(demo C)\n", "a.c": ""}
    assert chosen(analyze(FileTree.of(files))) == ["mkdir build", "cd build", "cmake ..", "make"]


def test_sentences_of_a_numbered_list_are_not_typed() -> None:
    text = "Steps:\n\n1. make sure it works\n2. make a copy, then go on\n3. make\n"
    assert chosen(analyze(FileTree.of({"INSTALL": text, "Makefile": "all:\n", "a.c": ""}))) == []


def test_doubled_quotes_of_plain_text_hold_one_command_each() -> None:
    text = "Then type ``make''. To test it, type ``make test``. A shortcut is ``make check''.\n"
    found = analyze(FileTree.of({"INSTALL": text, "Makefile": "test:\n", "a.c": ""}))
    assert {command.text for command in found.commands} == {"make", "make test", "make check"}


def test_a_sentence_that_says_which_command_runs_the_tests_tells_to_type_it() -> None:
    text = (
        "2) Building\n\nType ``make''.\n\n3) Testing\n\n``make test'' runs demo against a collection of test cases.\n"
    )
    assert chosen(analyze(FileTree.of({"INSTALL": text, "Makefile": "test:\n", "a.c": ""}))) == ["make", "make test"]


@pytest.mark.parametrize(("lead", "typed"), [("For example, on FreeBSD:", True), ("On FreeBSD:", False)])
def test_a_system_that_is_named_as_an_example_does_not_make_commands_foreign(lead: str, *, typed: bool) -> None:
    readme = f"# Demo\n\n## Building\n\n{lead}\n\n    cmake .\n    make\n    make test\n\nTo run benchmarks:\n\n    make newbench\n"
    found = analyze(FileTree.of({"README.md": readme, "CMakeLists.txt": "project(demo C)\n", "a.c": ""}))
    assert chosen(found) == (["cmake .", "make", "make test"] if typed else [])


def test_a_second_way_to_build_and_test_the_same_is_not_typed_after_the_first() -> None:
    first = "If you have GNU make, you can simply run `make` and `make test`."
    second = "You can use cmake by hand:\n\n    mkdir build\n    cd build\n    cmake ..\n    make\n    make test"
    readme = f"# Demo\n\n## Building\n\n{first}\n\n{second}\n"
    files = {"README.md": readme, "Makefile": "test:\n", "CMakeLists.txt": "project(demo C)\n", "a.c": ""}
    found = chosen(analyze(FileTree.of(files)))
    assert found.count("make test") == 1
