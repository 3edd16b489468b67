"""What a history asks of the books, and how they say no: values that model and service share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise
from wallet_service.payments.claims import ClaimAnswer
from wallet_service.payments.credits import CreditAnswer
from wallet_service.payments.debits import Abandoned, Answer
from wallet_service.payments.refunds import RefundAnswer

ONCE_PER_TICKET = "LND:001"
SERVICES = ("POD:001", "POD:002", "TRA:001", ONCE_PER_TICKET)
REASON = "refused by the department"
SPELLINGS = 4
Number = tuple[int, date | None]
"""What a deposit is known by; at a machine, whose sequence comes round again, on its day."""


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
    def number(self) -> Number:
        """Return what it is known by."""
        return self.deposit, self.booked_on if self.channel == "cdm" else None

    @property
    def written(self) -> str:
        """Return the reference as the books keep it."""
        if self.weak:
            return f"TT{self.deposit:05d}"
        return number_of(self.deposit) if self.spelling == 1 else f"HDFCR{number_of(self.deposit)}"

    @property
    def typed(self) -> str:
        """Return the reference as somebody typed it."""
        if self.spelling == 2:
            return f" {self.written[:5].lower()}-{self.written[5:]} "
        return f"'{self.written}" if self.spelling == 3 else self.written


@dataclass(frozen=True)
class Claim:
    """Say that money was paid in at a branch or a machine; by the deposit's number with *deposit*."""

    wallet: OperatorCode
    amount: Paise
    deposited_on: date
    branch: str | None = None
    deposit: int | None = None
    slip: str | None = None

    @property
    def number(self) -> Number | None:
        """Return what it is known by, if it tells that."""
        return None if self.deposit is None else (self.deposit, self.deposited_on)

    @property
    def mode(self) -> str:
        """Return the way in which it was paid in."""
        return "cash" if self.branch else "cdm"

    @property
    def cdm_no(self) -> str | None:
        """Return the machine's number, for a deposit at a machine."""
        if self.deposit is not None:
            return number_of(self.deposit)[:10]
        return None if self.branch else "77"

    @property
    def slip_no(self) -> str | None:
        """Return what stands on the slip: of a numbered deposit, the machine's sequence."""
        return self.slip if self.deposit is None else number_of(self.deposit)[10:]


@dataclass(frozen=True)
class Batch:
    """Pay several departments in one request; each item has its own key."""

    items: tuple[tuple[str, Place], ...]
    atomic: bool


Request = Place | Capture | Void | Refund | Advise | Claim | Batch


@dataclass(frozen=True)
class BankLine:
    """A line of the bank's statement; an outflow has a *charge*, a *withdrawal* or a returned *neft* for its way."""

    way: str
    amount: Paise
    value_date: date
    deposit: int | None = None
    branch: str = ""
    operators: tuple[OperatorCode, ...] = ()
    returned: bool = False

    @property
    def is_inflow(self) -> bool:
        """Say whether money came in."""
        return self.way not in {"charge", "withdrawal"} and not self.returned

    @property
    def description(self) -> str:
        """Return the bank's words for it."""
        number = "" if self.deposit is None else number_of(self.deposit)
        return {
            "neft": f"{'TO' if self.returned else 'BY'} TRANSFER-NEFT*YESB0000001*YE{number}*TEST REMITTER--",
            "machine": f"CSH DEP (CDM)-{number[:10]} {number[10:]}--",
            "cash": "CASH DEPOSIT-CASH DEPOSIT SELF--",
            "names": f"BY TRANSFER-INB {' '.join(self.operators)} TOP UP--",
            "charge": "SMS CHARGES OF THE MONTH--",
            "interest": "CREDIT INTEREST--",
            "withdrawal": "TO DEBIT THROUGH THE COUNTER--",
        }[self.way]


def number_of(deposit: int) -> str:
    """Return the digits by which every source knows a deposit."""
    return f"5{deposit:013d}"


def written(number: Number) -> str:
    """Return a deposit's number as the books keep it."""
    deposit, day = number
    return number_of(deposit) if day is None else f"{number_of(deposit)}@{day}"


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


@dataclass(frozen=True)
class Several:
    """The answers of a batch, in the order of its items."""

    results: tuple[Answer | Refusal, ...]
    replayed: bool


Told = Answer | RefundAnswer | CreditAnswer | ClaimAnswer | Several | Refusal
Ended = Told | Abandoned
