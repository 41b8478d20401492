"""Shell: where the process begins: whatever comes while the command line is being loaded ends in a sentence or an object."""

from __future__ import annotations

import os
import sys

from regrow.cli.process.last_word import LAST_WORD, heed_early, interruption

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    try:
        heed_early()
        from regrow.cli.main import main as run

        run()
    except KeyboardInterrupt as error:
        code, told = interruption(error)
        LAST_WORD.tell(told, sys.argv[1:])
        sys.stderr.write("interrupted before anything was begun\n")
        sys.stderr.flush()
        # Not by the interpreter's way out: where a library was being loaded, that ends by SIGINT once more.
        os._exit(code)
