"""Shell: one JSON object, one line, to whoever reads standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from regrow.cli.process.last_word import LAST_WORD
from regrow.cli.report.progress import drop_output

__all__ = ["print_object"]


def print_object(told: Mapping[str, object]) -> None:
    """Print an object as one line. A reader that has gone away is no error."""
    LAST_WORD.said = True
    try:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
