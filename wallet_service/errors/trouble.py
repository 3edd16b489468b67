"""What is not the caller's doing: the service cannot answer now, or its books are broken."""

from __future__ import annotations

from wallet_service.errors.tree import BooksBroken, Unavailable


class Busy(Unavailable):
    """Another request holds what this one needs; nothing happened."""

    next_step = "Send it again with the same key in a moment."


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached; nothing happened."""

    next_step = "Send it again with the same key in a moment."


class OutcomeUnknown(Unavailable):
    """The answer of the database was lost: it may or may not have happened."""

    next_step = "Send it again with the same key: it happens once, whatever became of this try."


class LawBroken(BooksBroken):
    """A law of the books does not hold."""


class InternalError(BooksBroken):
    """The service met something it did not expect; nothing was posted by this request unless its key says so."""
