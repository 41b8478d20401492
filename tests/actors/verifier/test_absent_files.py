"""A file that a test looked for: one row, one complaint."""

import pytest

from regrow.actors.verifier.absent_files import absent_file
from regrow.core.project.file_tree import FileTree

TREE = FileTree.of({"setup.py": "", "tests/test_a.py": "", "tests/data/here.json": "{}", "pkg/__init__.py": ""})


@pytest.mark.parametrize(
    ("complaint", "path"),
    [
        ("ImportError: cannot import name 'unittest' from 'tests' (unknown location)", "tests/__init__.py"),
        ("ImportError: cannot import name 'x' from 'pkg' (unknown location)", ""),
        ("ImportError: cannot import name 'x' from 'elsewhere' (unknown location)", ""),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'tests/data/gone.json'", "tests/data/gone.json"),
        ("[Errno 2] No such file or directory: '/build/checkout/tests/data/gone.json'", "tests/data/gone.json"),
        ("[Errno 2] No such file or directory: 'tests/data/here.json'", ""),
        ("[Errno 2] No such file or directory: '/tmp/made-by-a-test.txt'", ""),
        ("[Errno 2] No such file or directory: '../outside.txt'", ""),
        ("[Errno 2] No such file or directory: 'git'", ""),
        ("assert 1 == 2", ""),
    ],
)
def test_only_a_file_beside_those_of_the_source_is_absent_from_it(complaint: str, path: str) -> None:
    assert absent_file(TREE, complaint, "/build/checkout") == path
