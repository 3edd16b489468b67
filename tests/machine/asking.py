"""What a history asks of the books, and how they say no: values that model and service share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise
from wallet_service.payments.credits import CreditAnswer
from wallet_service.payments.debits import Abandoned, Answer
from wallet_service.payments.refunds import RefundAnswer

ONCE_PER_TICKET = "LND:001"
SERVICES = ("POD:001", "POD:002", "TRA:001", ONCE_PER_TICKET)
REASON = "refused by the department"
SPELLINGS = 4


@dataclass(frozen=True)
class Place:
    """Pay a department: at once, or with *expires_in* seconds by a hold."""

    wallet: OperatorCode
    service: str
    amount: Paise
    ticket: str
    expires_in: int | None = None


@dataclass(frozen=True)
class Capture:
    """Take a hold, in part with *amount*."""

    debit: str
    amount: Paise | None = None


@dataclass(frozen=True)
class Void:
    """Give a hold back."""

    debit: str


@dataclass(frozen=True)
class Refund:
    """Give back what a department did not take."""

    debit: str
    amount: Paise
    cause: str = "failed"


@dataclass(frozen=True)
class Advise:
    """Tell that *deposit* was paid in, under one of the spellings of its reference, or one that cannot identify it."""

    wallet: OperatorCode
    amount: Paise
    deposit: int
    booked_on: date
    channel: str
    spelling: int = 0
    weak: bool = False

    @property
    def written(self) -> str:
        """Return the reference as the books keep it."""
        if self.weak:
            return f"TT{self.deposit:05d}"
        return f"5{self.deposit:013d}" if self.spelling == 1 else f"HDFCR5{self.deposit:013d}"

    @property
    def typed(self) -> str:
        """Return the reference as somebody typed it."""
        if self.spelling == 2:
            return f" {self.written[:5].lower()}-{self.written[5:]} "
        return f"'{self.written}" if self.spelling == 3 else self.written


Request = Place | Capture | Void | Refund | Advise


@dataclass(frozen=True)
class Refusal:
    """A rule that said no, by the name callers know, with its facts."""

    slug: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    replayed: bool = False


@dataclass(frozen=True)
class Broke:
    """The database refused what the posting functions tried: the books never answer so."""

    message: str


Told = Answer | RefundAnswer | CreditAnswer | Refusal
Ended = Told | Abandoned
