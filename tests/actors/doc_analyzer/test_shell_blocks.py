"""Commands out of blocks: a table of blocks with what a person would type (trap 5 asks for 60)."""

from __future__ import annotations

import pytest

from regrow.actors.doc_analyzer.shell_blocks import commands_in_block, looks_typed
from regrow.protocols.plan import Shell

TABLE: list[tuple[str, str, list[str]]] = [
    # Prompts.
    ("$ make", "", ["make"]),
    ("$ make\ncc -c a.c\n$ make check", "console", ["make", "make check"]),
    ("% make\n% make install", "", ["make", "make install"]),
    ("(venv) $ pytest -x", "", ["pytest -x"]),
    ("(.venv) user@host:~/src$ tox", "", ["tox"]),
    ("user@host:~/src$ make", "", ["make"]),
    ("[user@host src]$ make", "", ["make"]),
    ("~/src $ make", "", ["make"]),
    ("❯ npm test", "", ["npm test"]),
    ("➜  npm test", "", ["npm test"]),
    ("> npm install\n> npm test", "", ["npm install", "npm test"]),
    ("> a quoted sentence", "", []),
    # A root prompt is a prompt, a comment is a comment.
    ("# make install", "console", ["make install"]),
    ("# apt-get install gcc\n# make install", "", ["apt-get install gcc", "make install"]),
    ("$ make\n# make install", "", ["make", "make install"]),
    ("# a comment\nmake", "bash", ["make"]),
    ("# make sure that you have a compiler\nmake", "bash", ["make"]),
    ("# make install", "bash", []),
    ("make  # builds it", "sh", ["make"]),
    ("$ # first\n$ make", "", ["make"]),
    # What stands between prompted lines is output.
    ("$ pytest\n===== 3 passed =====", "console", ["pytest"]),
    ("$ python setup.py build\nrunning build\nrunning build_py\n$ ls", "", ["python setup.py build", "ls"]),
    # Continuation.
    ("pip install a \\\n    b\npytest", "sh", ["pip install a \\\n    b", "pytest"]),
    ("$ pip install a \\\n>   b\nCollecting a", "console", ["pip install a \\\n    b"]),
    ("$ pip install a \\\n    b", "console", ["pip install a \\\n    b"]),
    # Here-documents, with and without prompts.
    ("cat > f <<EOF\nmake\nEOF\nls", "sh", ["cat > f <<EOF\nmake\nEOF", "ls"]),
    ("$ cat > f <<EOF\nmake\nEOF\n$ ls", "console", ["cat > f <<EOF\nmake\nEOF", "ls"]),
    ("$ cat <<'EOF' > f\na\n$ b\nEOF", "console", ["cat <<'EOF' > f\na\n$ b\nEOF"]),
    # Chains, lists, pipes, loops.
    ("make && make check", "bash", ["make && make check"]),
    ("./configure; make; make test", "bash", ["./configure", "make", "make test"]),
    ("pytest | tee log", "bash", ["pytest | tee log"]),
    ("for i in 1 2; do\n  make $i\ndone", "bash", ["for i in 1 2; do\n  make $i\ndone"]),
    ("cd code\nexport MODE=x\npytest", "bash", ["cd code", "export MODE=x", "pytest"]),
    ("MODE=x pytest", "", ["MODE=x pytest"]),
    ("CFLAGS='-O2 -g' ./configure", "", ["CFLAGS='-O2 -g' ./configure"]),
    ("python -m venv venv\nsource venv/bin/activate", "bash", ["python -m venv venv", "source venv/bin/activate"]),
    ("(cd build && make)", "bash", ["(cd build && make)"]),
    # Without a language only programs count.
    ("./configure\nmake\nmake check", "", ["./configure", "make", "make check"]),
    ("pip install 'x[extra]>=1'", "", ["pip install 'x[extra]>=1'"]),
    ("tests/\n  test_a.py\nREADME", "", []),
    ("name: value\nother: 1", "", []),
    ('{"a": 1}', "", []),
    ("Install the package", "", []),
    ("make sure you have gcc", "", []),
    ("hello", "", []),
    ("hello --world", "bash", ["hello --world"]),
    ("-e git+https://example.org/x.git#egg=x", "", []),
    ("setup.py", "", []),
    # Other languages and interpreters.
    (">>> import x\n>>> x.f()\n1", "", []),
    (">>> import x", "pycon", []),
    ("import os\nos.getcwd()", "python", []),
    ("In [1]: 1 + 1", "", []),
    ("sqlite> select 1;", "", []),
    ("[tox]\nenvlist = py", "ini", []),
    ("on: push\njobs: {}", "yaml", []),
    ("const x = 1", "js", []),
    ("int main(void) { return 0; }", "c", []),
    # Windows: read as such, so that it can be named as not chosen.
    ("C:\\> pip install x", "", ["pip install x"]),
    ("C:\\src> nmake", "", ["nmake"]),
    ("PS C:\\> pip install x", "", ["pip install x"]),
    ("PS> pip install x", "powershell", ["pip install x"]),
    ("set A=1\npip install ^\n  x", "bat", ["set A=1", "pip install x"]),
    ("venv\\Scripts\\activate", "bash", ["venv\\Scripts\\activate"]),
    # One bad line does not hide the others.
    ("pip install .\npytest <name>\nmake", "bash", ["pip install .", "pytest <name>", "make"]),
    ("echo 'unclosed\nmake", "bash", ["echo 'unclosed", "make"]),
]


@pytest.mark.parametrize(("block", "language", "expected"), TABLE)
def test_block_gives_the_commands_that_a_person_would_type(block: str, language: str, expected: list[str]) -> None:
    assert [typed.text for typed in commands_in_block(block, language)] == expected


def test_the_table_has_at_least_the_sixty_blocks_of_trap_5() -> None:
    assert len(TABLE) >= 60


def test_root_prompt_is_a_command_and_a_comment_is_not() -> None:
    assert [t.text for t in commands_in_block("# make install", "console")] == ["make install"]
    assert commands_in_block("# a comment", "console") == ()


def test_windows_commands_are_marked_as_such() -> None:
    assert {t.shell for t in commands_in_block("C:\\> make\nC:\\> make check", "")} == {Shell.WINDOWS}
    mixed = commands_in_block("source venv/bin/activate\nvenv\\Scripts\\activate", "bash")
    assert [t.shell for t in mixed] == [Shell.POSIX, Shell.WINDOWS]


def test_output_belongs_to_the_command_above_it() -> None:
    first, second = commands_in_block("$ python -m x\nhello\nworld\n$ ls", "console")
    assert first.output == "hello\nworld"
    assert second.output == ""


def test_lines_count_from_the_first_line_of_the_block() -> None:
    first, second = commands_in_block("$ cat <<EOF\na\nEOF\nout\n$ make", "console")
    assert (first.line, first.end_line, second.line) == (0, 2, 4)


def test_comment_beside_a_command_is_kept_for_its_platform() -> None:
    assert commands_in_block("make  # on Linux", "bash")[0].comment == "on Linux"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pytest", True),
        ("make check", True),
        ("./run-tests.sh", True),
        ("python -m pytest", True),
        ("make sure", False),
        ("make sure you", False),
        ("make the docs", False),
        ("setup.py", False),
        ("x = 1", False),
        ("foo()", False),
        ("python", False),
        ("Schema.validate", False),
        ("test", False),
    ],
)
def test_text_of_a_sentence_is_a_command_only_when_it_names_a_program(text: str, expected: bool) -> None:
    assert looks_typed(text) is expected


def test_prompt_of_a_shell_behind_one_of_an_interpreter_is_a_prompt() -> None:
    assert [each.text for each in commands_in_block(">>> $ pip install .\n>>> $ pytest", "pycon")] == [
        "pip install .",
        "pytest",
    ]
    assert commands_in_block(">>> x = 1\n>>> price > 3", "pycon") == ()


def test_ampersand_at_the_end_stays_with_its_command() -> None:
    served, tested = commands_in_block("python serve.py &\npytest", "sh")
    assert (served.text, served.background) == ("python serve.py &", True)
    assert (tested.text, tested.background) == ("pytest", False)
