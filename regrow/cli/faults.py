"""What the operating system refused, said as an error with a code: the user reads a sentence, never a traceback."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regrow.protocols.errors import RegrowError, regrow_error

__all__ = ["fault_of", "refusals_of"]

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_WRONG_KIND = frozenset({errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP})


def fault_of(error: OSError, where: str, remedy: str) -> RegrowError:
    """Say an error of the operating system with the code of whoever must act.

    Args:
        error: What the operating system said.
        where: The file or folder, as a noun: "the run folder '/srv/runs'".
        remedy: What to do about it, unless the disk is full.

    >>> fault_of(OSError(errno.ENOSPC, "No space left on device"), "'/srv/runs'", "set --run-dir").code.value
    'E5002'
    """
    said = error.strerror or str(error)
    if error.errno in _NO_SPACE:
        return regrow_error("E5002", "cannot be written", where=where, got=said, remedy=f"free some space, or {remedy}")
    if error.errno in _WRONG_KIND:
        return regrow_error("E6001", "cannot be used", where=where, got=said, remedy=remedy)
    return regrow_error("E5004", "cannot be used", where=where, got=said, remedy=remedy)


@contextmanager
def refusals_of(what: str, path: Path, remedy: str) -> Iterator[None]:
    """Turn the `OSError`s of a block that works on one path into errors with a code.

    Raises:
        RegrowError: E5002, E5004 or E6001.
    """
    try:
        yield
    except OSError as error:
        raise fault_of(error, f"{what} {str(path)!r}", remedy) from error
