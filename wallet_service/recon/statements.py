"""A bank statement and its lines, as the bank tells it. Pure values: amounts in paise, days as the bank dates them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from wallet_service.money import Paise, rupees

REJECT_TEXT = 200


class Direction(StrEnum):
    """Which way money went through the bank account. The bank's credit is our debit, so neither word is used."""

    INFLOW = "inflow"
    OUTFLOW = "outflow"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One row of a statement.

    *row* is the line of the file on which it starts, counted from 1. *amount* is above zero. Balances keep their sign:
    an account with a drawing power may be overdrawn. *description* and *reference* are evidence, never identity; an
    unusable reference is empty. A line break in *description* stands where the bank wrapped its text, perhaps inside a
    word: `narration` reads it both ways. *branch* has five digits.
    """

    row: int
    booked_on: date
    value_date: date
    direction: Direction
    amount: Paise
    balance_before: Paise
    balance_after: Paise
    description: str
    reference: str
    branch: str | None


@dataclass(frozen=True, slots=True)
class Control:
    """How many lines of one direction there are, and their sum in paise."""

    count: int
    total: Paise


@dataclass(frozen=True, slots=True)
class Statement:
    """What one bank file says about one account from *period_first* to *period_last*, both included.

    *account_number* has eleven digits; it is None where the file names no account: then who brings the file says it.
    *opening* + inflows − outflows = *closing*, and each line's balance follows from the one before: a reader returns
    nothing else. *encoding* and *form* say how the file was written. *opened_on* is the day of the opening balance; it
    is None where none is stated. From then to *period_first* nothing was booked.
    """

    account_number: str | None
    period_first: date
    period_last: date
    opening: Paise
    closing: Paise
    lines: tuple[StatementLine, ...]
    encoding: str
    form: str
    opened_on: date | None = None

    @property
    def inflows(self) -> Control:
        """Return the control total of the lines by which money came in."""
        return self._control(Direction.INFLOW)

    @property
    def outflows(self) -> Control:
        """Return the control total of the lines by which money went out."""
        return self._control(Direction.OUTFLOW)

    def _control(self, direction: Direction) -> Control:
        amounts = [line.amount for line in self.lines if line.direction is direction]
        return Control(len(amounts), Paise(sum(amounts)))


@dataclass(frozen=True, slots=True)
class LineReject:
    """Why a line of a file was refused: its number, its text (cut to 200 characters), and a reason for a clerk."""

    row: int
    text: str
    reason: str


def content_digest(statement: Statement) -> str:
    """Return the SHA-256, in hexadecimal, of what a statement says, however its file was written.

    It covers the account, the balances and each line's days, direction, amount, description and reference, blanks
    apart; not the stated period, line numbers, encoding, delimiter, branch column or line ends. So a statement saved
    again as CSV has the same digest, and one that covers later days without lines has it too (domain facts A1.7).
    """
    digest = sha256(f"{statement.account_number}|{rupees(statement.opening)}|{rupees(statement.closing)}".encode())
    for line in statement.lines:
        facts = (
            line.booked_on.isoformat(),
            line.value_date.isoformat(),
            line.direction.value,
            rupees(line.amount),
            rupees(line.balance_after),
            "".join(line.description.split()),
            "".join(line.reference.split()),
        )
        digest.update(("\n" + "\t".join(facts)).encode())
    return digest.hexdigest()
