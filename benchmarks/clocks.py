"""Shell: clocks, resident memory and fresh processes. Standard library only: every peer's interpreter runs it.

Throughput of a single-threaded loop is taken on the process's own processor clock, which hardly moves when other work
shares the machine. Latencies are wall clock; of those the median is quoted, not the mean. What a process holds is read
in a forked child, whose heap nobody has used before.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Callable

__all__ = ["cpu_s", "in_fresh_process", "open_descriptors", "resident_bytes", "settle", "thread_cpu_s", "wall_s"]

cpu_s = time.process_time
thread_cpu_s = time.thread_time
wall_s = time.perf_counter


def settle() -> None:
    """Collect garbage and set aside what is left, so that no collection of a round walks through imported modules.

    The collector itself stays on: what a message or a task costs it belongs to the figure.
    """
    gc.collect()
    gc.freeze()


def resident_bytes() -> int:
    """Return the resident memory of this process after a collection. Linux only."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_descriptors() -> int:
    """Return how many file descriptors this process has open. Linux only."""
    return len(os.listdir("/proc/self/fd")) - 1


def in_fresh_process(measure: Callable[[], float]) -> float:
    """Run `measure` in a forked child and return its value. No other thread may run here.

    Raises:
        RuntimeError: The child failed; its traceback is on standard error.
    """
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        _answer_and_exit(measure, read_end, write_end)
    os.close(write_end)
    with os.fdopen(read_end, encoding="ascii") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    if not text:
        msg = "the measuring child ended without an answer; its traceback is above"
        raise RuntimeError(msg)
    return float(json.loads(text))


def _answer_and_exit(measure: Callable[[], float], read_end: int, write_end: int) -> None:
    # A forked child must not return into the stack of its parent, whatever happens.
    status = 1
    try:
        os.close(read_end)
        answer = json.dumps(measure())
        with os.fdopen(write_end, "w", encoding="ascii") as pipe:
            pipe.write(answer)
        status = 0
    except BaseException:  # reported here, and to the parent as a missing answer
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)
