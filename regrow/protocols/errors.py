"""Errors that reach a user: each has a code, says what happened to what, and what to do.

* RegrowError
  + CallerError        other arguments, settings, limits
  + PeerError          the project that is verified, its documents, a server, another program
  + EnvironmentFault   disk, memory, network, permissions, missing tools (EnvironmentError is Python's own name)
  + InternalError      us: a bug

The class follows from the code's row in `error_table.py`, so `regrow_error` picks it; a subclass in another module (for
instance one that carries more than text) derives from the class of its codes. The runtime's own errors, which carry the
message that did not get through, are in `actor_errors.py`; their codes are in the same table.
"""

from __future__ import annotations

from typing import ClassVar, Final

from regrow.protocols.error_codes import ErrorCode, ErrorRow, Who
from regrow.protocols.error_table import ERRORS

__all__ = ["CallerError", "EnvironmentFault", "InternalError", "PeerError", "RegrowError", "regrow_error"]


class RegrowError(Exception):
    """An error with a code.

    Args:
        code: A code of the table.
        what: What happened, as a predicate of `where` when that is given: "exceeded its deadline by 12.4 s".
        where: To what it happened: "step 'compile'", "README.md:14".
        expected: What was expected; alone, it stands in the parentheses as it is ("limit 300 s").
        got: What came instead.
        remedy: What to do about it; None takes the table's.

    Raises:
        ValueError: There is no such code.
        TypeError: The class says that somebody else must act than the code's row does.

    >>> print(CallerError("E2005", "exceeded its deadline by 12.4 s", where="step 'compile'", expected="limit 300 s"))
    E2005 step 'compile' exceeded its deadline by 12.4 s (limit 300 s); raise [builder] step_timeout_s or split the step
    """

    who: ClassVar[Who | None] = None

    def __init__(
        self,
        code: str,
        what: str,
        *,
        where: str = "",
        expected: str = "",
        got: str = "",
        remedy: str | None = None,
    ) -> None:
        self.code: Final = ErrorCode(code)
        if self.who is not None and self.who is not self.row.who:
            msg = f"{self.code.value} is for the {self.row.who.value} to act on, {type(self).__name__} for the {self.who.value}"
            raise TypeError(msg)
        self.what = what
        self.where = where
        self.expected = expected
        self.got = got
        self.remedy = self.row.remedy if remedy is None else remedy
        super().__init__(self.message)

    @property
    def row(self) -> ErrorRow:
        """What the table says about the code."""
        return ERRORS[self.code]

    @property
    def message(self) -> str:
        """What happened, without the code and the remedy: for a report that shows them apart."""
        details = f"expected {self.expected}, got {self.got}" if self.expected and self.got else self.expected
        if self.got and not self.expected:
            details = f"got {self.got}"
        parts = (self.where, self.what, f"({details})" if details else "")
        return " ".join(part for part in parts if part)

    def __str__(self) -> str:
        """Return code, message and remedy in one line."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.code.value} {self.message}{remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by the arguments, which are keywords, so that an error survives the way out of another process."""
        state = {**self.__dict__}
        return (
            _rebuild,
            (type(self), self.code.value, self.what, self.where, self.expected, self.got, self.remedy),
            state,
        )


class CallerError(RegrowError):
    """Whoever called must act: other arguments, settings or limits."""

    who = Who.CALLER


class PeerError(RegrowError):
    """The other side must act: the project that is verified, its documents, a server, another program."""

    who = Who.PEER


class EnvironmentFault(RegrowError):
    """Whoever runs the machine must act."""

    who = Who.ENVIRONMENT


class InternalError(RegrowError):
    """We must act: a bug of regrow."""

    who = Who.US


_CLASS_OF: Final = {
    Who.CALLER: CallerError,
    Who.PEER: PeerError,
    Who.ENVIRONMENT: EnvironmentFault,
    Who.US: InternalError,
}


def regrow_error(
    code: str,
    what: str,
    *,
    where: str = "",
    expected: str = "",
    got: str = "",
    remedy: str | None = None,
) -> RegrowError:
    """Return the error of a code, of the class that says who must act. The arguments are those of `RegrowError`.

    >>> type(regrow_error("E5002", "is full", where="/var/lib/regrow")).__name__
    'EnvironmentFault'
    """
    error_class = _CLASS_OF[ERRORS[ErrorCode(code)].who]
    return error_class(code, what, where=where, expected=expected, got=got, remedy=remedy)


def _rebuild(
    error_class: type[RegrowError], code: str, what: str, where: str, expected: str, got: str, remedy: str
) -> RegrowError:
    error = error_class.__new__(error_class)
    RegrowError.__init__(error, code, what, where=where, expected=expected, got=got, remedy=remedy)
    return error
