"""The root of every error, and the six families, told apart by what the caller should do next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self


class WalletError(Exception):
    """Something the service declines to do."""

    next_step: ClassVar[str] = ""

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.title())
        self.facts: dict[str, Any] = facts
        self.replayed = False

    @classmethod
    def slug(cls) -> str:
        """Return the name by which callers know this error: ``insufficient-funds`` for ``InsufficientFunds``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """Return the one sentence that says what happened."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Return the error with facts as they were recorded, for a refusal that is told again."""
        error = cls.__new__(cls)
        WalletError.__init__(error, **facts)
        return error


class Malformed(WalletError):
    """The request cannot be understood: fix it before sending it again."""


class NotFound(WalletError):
    """There is no such thing, or it is not yours to see."""


class Conflict(WalletError):
    """What is already recorded says otherwise: look at it."""


class Refused(WalletError):
    """A rule of the books says no."""


class Unavailable(WalletError):
    """Nothing happened, or the answer was lost: send it again with the same key."""


class BooksBroken(WalletError):
    """An invariant of the books failed: wake somebody."""

    next_step = "Do not repeat it. Tell the people who run the service, with the request's id."
