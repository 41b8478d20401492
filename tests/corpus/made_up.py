"""Small made-up projects of several kinds whose documents leave something out, as real ones do. Pure.

Each kind comes in a few forms that differ in names, wording and what they need, so that nothing of one can be copied to
the next. Of one kind the same things are missing: that is what there is to learn.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MADE_UP"]


def _native(name: str, title: str, test: str) -> dict[str, str]:
    """Python with an extension: no document says that it needs a compiler and the runner."""
    return {
        "README.md": f"# {title}\n\n## Install\n\n```sh\npip install .\n```\n\n## Test\n\n```sh\n{test}\n```\n",
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        f'[project]\nname = "{name}"\nversion = "1.0"\n[project.optional-dependencies]\ntest = ["pytest"]\n'
        f'[tool.setuptools]\npackages = ["{name}"]\n',
        "setup.py": "from setuptools import Extension, setup\n"
        f'setup(ext_modules=[Extension("{name}._fast", ["{name}/fast.c"])])\n',
        f"{name}/__init__.py": "",
        f"{name}/fast.c": "#include <Python.h>\n"
        'static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "_fast", NULL, -1, NULL};\n'
        "PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&m); }\n",
        f"tests/test_{name}.py": f"import pytest\n\nimport {name}._fast\n\n\n"
        f"@pytest.mark.parametrize('n', [1, 2])\ndef test_is_there(n):\n    assert {name}._fast.__name__ == '{name}._fast'\n",
    }


def _autotools(name: str, how: str, library: bool) -> dict[str, str]:
    """Autotools without a configure: nobody says what makes it."""
    init = f"AC_INIT([{name}],[1.0])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\n" + ("LT_INIT\n" if library else "")
    make = (
        f"lib_LTLIBRARIES = lib{name}.la\nlib{name}_la_SOURCES = {name}.c\ncheck_PROGRAMS = t\nt_SOURCES = t.c\n"
        f"t_LDADD = lib{name}.la\nTESTS = t\n"
        if library
        else f"check_PROGRAMS = t\nt_SOURCES = t.c {name}.c\nTESTS = t\n"
    )
    return {
        "README": f"{name}\n====\n\n{how}:\n\n    ./configure\n    make\n\nThen test it:\n\n    make check\n",
        "configure.ac": f"{init}AC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n",
        "Makefile.am": make,
        f"{name}.c": f"int {name}(int x) {{ return x + 1; }}\n",
        "t.c": f"int {name}(int);\nint main(void) {{ return {name}(1) == 2 ? 0 : 1; }}\n",
    }


def _cmake(name: str, tests: int) -> dict[str, str]:
    """CMake: neither it nor a compiler is named."""
    added = "".join(f"add_test(NAME t{number} COMMAND t {number})\n" for number in range(tests))
    return {
        "README.md": f"# {name}\n\n## Building\n\n```sh\ncmake -S . -B build\ncmake --build build\n```\n\n"
        "## Testing\n\n```sh\nctest --test-dir build\n```\n",
        "CMakeLists.txt": f"cmake_minimum_required(VERSION 3.13)\nproject({name} C)\nenable_testing()\n"
        f"add_executable(t t.c)\n{added}",
        "t.c": "int main(int c, char **v) { return c > 1 && v[1] ? 0 : 1; }\n",
    }


def _make(name: str, heading: str) -> dict[str, str]:
    """A plain make file: neither make nor a compiler is named."""
    return {
        "README.md": f"# {name}\n\n{heading}\n\n```sh\nmake\n```\n\nRun the tests:\n\n```sh\nmake check\n```\n",
        "Makefile": f"CC = cc\nall: {name}\n{name}: {name}.c\n\t$(CC) -o {name} {name}.c\n"
        f"check: {name}\n\t@./{name} && echo '1..1' && echo 'ok 1 - {name}'\n",
        f"{name}.c": "int main(void) { return 0; }\n",
    }


def _pure(name: str, extra: str) -> dict[str, str]:
    """Python alone: the runner is not named."""
    return {
        "README.md": f"# {name}\n\n```sh\npip install .\n```\n\n```sh\npytest\n```\n",
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        f'[project]\nname = "{name}"\nversion = "1.0"\n[project.optional-dependencies]\n{extra} = ["pytest"]\n'
        f'[tool.setuptools]\npy-modules = ["{name}"]\n',
        f"{name}.py": "ONE = 1\n",
        f"test_{name}.py": f"import pytest\n\nimport {name}\n\n\ndef test_one():\n    assert {name}.ONE == 1\n",
    }


MADE_UP: Mapping[str, Mapping[str, str]] = {
    "native-a": _native("quickadd", "Quick add", "pytest"),
    "native-b": _native("rowhash", "rowhash: hashes of rows", "python -m pytest"),
    "native-c": _native("bitring", "A ring of bits", "pytest tests"),
    "native-d": _native("fastlex", "fastlex", "python -m pytest -q"),
    "autotools-a": _autotools("plus", "To build", library=False),
    "autotools-b": _autotools("incr", "Compile it with", library=False),
    "autotools-c": _autotools("succ", "Building", library=False),
    "autotools-d": _autotools("addone", "How to build", library=False),
    "cmake-a": _cmake("tiny", 1),
    "cmake-b": _cmake("small", 3),
    "cmake-c": _cmake("little", 2),
    "make-a": _make("yes1", "Build it:"),
    "make-b": _make("okay", "To compile:"),
    "make-c": _make("fine", "Compile with"),
    "pure-a": _pure("onlyone", "test"),
    "pure-b": _pure("justone", "dev"),
}
"""Name -> path -> text."""
