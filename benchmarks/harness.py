"""Shell: runs the two sides of a row in turn, each in a process of its own, and makes a figure of the rounds.

Floor, ours, floor, ours: the sides alternate within a round and the order is turned round every other round, so that a
machine that speeds up or slows down favours neither. Each side warms up once at its small size, which is not counted.
A side's process lives for all rounds of its row and no longer: nothing that one row leaves behind meets another.

Rejected: both sides in one process. A tracer provider can be set once in a process, and the heap that one side leaves
behind is the other one's collector time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from benchmarks.figures import Figure
from benchmarks.rows import Row

__all__ = ["SideFailed", "measure"]

SideName = Literal["floor", "ours"]

ROOT = Path(__file__).resolve().parents[1]


class SideFailed(RuntimeError):
    """One side of a row raised or ended; its traceback went to standard error."""


class SideProcess:
    """One side of one row, waiting in its own interpreter for rounds to run."""

    def __init__(self, module: str, row: Row, side: SideName, small: bool) -> None:
        self._label = f"{row.name} ({side})"
        command = [sys.executable, "-m", "benchmarks.side", module, row.name, side, *(["--small"] if small else [])]
        # One hash seed for both sides: the layout of dicts and sets is no part of the question.
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def request(self) -> None:
        """Order one round."""
        if self._process.stdin is None or self._process.poll() is not None:
            raise SideFailed(f"{self._label} ended before its round")
        self._process.stdin.write("round\n")
        self._process.stdin.flush()

    def answer(self) -> float:
        """Wait for the round and return its value.

        Raises:
            SideFailed: The side ended instead.
        """
        if self._process.stdout is None:
            raise SideFailed(f"{self._label} has no output")
        line = self._process.stdout.readline()
        if not line:
            raise SideFailed(f"{self._label} failed with exit status {self._process.wait()}; see its traceback above")
        return float(line)


def measure(module: str, row: Row, *, rounds: int, small: bool) -> Figure:
    """Measure one row.

    Args:
        module: Where the row stands, to be imported by its two processes.
        row: What is measured.
        rounds: At least 1; quote nothing that was taken with fewer than 5.
        small: Tiny sizes, no warm-up.

    Raises:
        SideFailed: A side could not run.
    """
    values: dict[SideName, list[float]] = {"floor": [], "ours": []}
    with SideProcess(module, row, "floor", small) as floor, SideProcess(module, row, "ours", small) as ours:
        processes: dict[SideName, SideProcess] = {"floor": floor, "ours": ours}
        for process in processes.values():
            # The answer to the first request, the warm-up, says that imports are over: both idle from then on.
            process.request()
            process.answer()
        for turn in range(rounds):
            order: tuple[SideName, SideName] = ("floor", "ours") if turn % 2 == 0 else ("ours", "floor")
            for side in order:
                processes[side].request()
                values[side].append(processes[side].answer())
    return Figure(row.name, row.unit, row.floor_name, tuple(values["ours"]), tuple(values["floor"]), row.bar)
