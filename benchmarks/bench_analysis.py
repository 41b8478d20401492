"""Question: how long does it take to read what a large project says?

Method: the largest of the public projects that `./run corpus` verifies is fetched once (pypi:lxml: some 470 files,
four documents that are read, 40 modules of tests whose imports are). A round lists its tree, reads its documents, and
finds everything that they say: prerequisites, commands, files, endpoints, outputs, claims and findings, as a
verification does before it makes a plan. `analysis.limit` compares with the one second that was asked for;
`analysis.reading` with a program that reads the bytes of the same documents and looks at every character once, in
order to compare machines. It is one thread that waits for nothing but files: time is processor time, so that a
machine that does other things too does not show. The small size reads this project's own documents, and asks no other
machine.

What would change our mind: a project that takes longer. Half of the time goes into the imports of its tests, which Python's own
parser reads, most of the rest into reStructuredText by docutils.
"""

from __future__ import annotations

import tempfile
from functools import cache, partial
from pathlib import Path

import anyio

from benchmarks.clocks import cpu_s
from benchmarks.figures import Bar
from benchmarks.rows import Row, Size
from regrow.actors.doc_analyzer.analysis import analyze
from regrow.config import load_settings
from regrow.core.fetch import fetch
from regrow.core.project.folder_tree import open_folder

__all__ = ["ROWS"]

LARGEST = "pypi:lxml"
HERE = Path(__file__).resolve().parents[1]


@cache
def _source(small: bool) -> Path:
    if small:
        return HERE
    into = Path(tempfile.mkdtemp(prefix="bench-analysis-")) / "source"
    downloads = load_settings().folders.cache_dir / "downloads"
    return anyio.run(partial(fetch, LARGEST, into, downloads=downloads)).root


@cache
def _documents(small: bool) -> tuple[str, ...]:
    found = analyze(open_folder(_source(small)))
    if not found.commands:
        raise RuntimeError(f"nothing was found in {found.documents}")
    return tuple(each.file for each in found.documents)


def analysed(size: Size) -> float:
    """Return the seconds of one reading."""
    _documents(size.small)  # imports, and tables that are made once in a process
    begin = cpu_s()
    analyze(open_folder(_source(size.small)))
    return cpu_s() - begin


def read(size: Size) -> float:
    """Return the seconds that reading the same documents takes, each character looked at."""
    names, root = _documents(size.small), _source(size.small)
    begin = cpu_s()
    for name in names:
        sum(character == "\n" for character in (root / name).read_text("utf-8", "replace"))
    return cpu_s() - begin


ROWS = (
    Row("analysis.limit", "s", "1 s", analysed, lambda _: 1.0, Bar("lower", 1.0)),
    Row("analysis.reading", "s", "each character looked at once", analysed, read, Bar("lower")),
)
