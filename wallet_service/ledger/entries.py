"""An entry: one account debited, one credited, one amount; never changed, only reversed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import EntryNotFound
from wallet_service.identifiers import AccountCode, EntryId
from wallet_service.money import Paise


class EntryKind(StrEnum):
    """Why an entry was posted: the business event it belongs to."""

    TOP_UP = "top-up"
    TOP_UP_SEEN = "top-up-seen"
    BANK_CREDIT = "bank-credit"
    SUSPENSE = "suspense"
    SUSPENSE_CLEARED = "suspense-cleared"
    REBATE = "rebate"
    PAYMENT = "payment"
    REFUND = "refund"
    RETURN = "return"
    OWED = "owed"
    RECOVERY = "recovery"
    CHARGE = "charge"
    INTEREST = "interest"
    DIFFERENCE = "difference"
    DIFFERENCE_EXPLAINED = "difference-explained"
    OPENING = "opening"
    REVERSAL = "reversal"
    WRITE_OFF = "write-off"
    SETTLEMENT = "settlement"


@dataclass(frozen=True)
class Entry:
    """An entry as it is meant, before it has a place in a book. *amount* is above zero, in paise."""

    kind: EntryKind
    debit: AccountCode
    credit: AccountCode
    amount: Paise

    def __post_init__(self) -> None:
        if self.amount <= 0 or self.debit == self.credit:
            raise ValueError("an entry moves an amount above zero between two accounts")
        if self.debit.startswith("wallet:") and self.credit.startswith("wallet:"):
            raise ValueError("an entry moves one wallet at most")

    @property
    def book(self) -> str:
        """Return the book in which it stands: the wallet that it moves, else the house's."""
        for account in (self.debit, self.credit):
            if account.startswith("wallet:"):
                return account.removeprefix("wallet:")
        return "house"

    def reversed(self) -> Entry:
        """Return the mirror image that undoes it."""
        return Entry(EntryKind.REVERSAL, debit=self.credit, credit=self.debit, amount=self.amount)


@dataclass(frozen=True)
class PostedEntry:
    """An entry in its place. *balance* is the wallet's after it, None in the house book, *source* its tie."""

    id: str
    book: str
    number: int
    kind: str
    debit: AccountCode
    credit: AccountCode
    amount: Paise
    balance: Paise | None
    posted_at: datetime
    business_day: date
    value_date: date
    source: str
    reverses: str | None
    reversed_by: str | None


SOURCE_SQL = """CASE e.source
    WHEN 'debit' THEN debit_id(b.code, e.source_number)
    WHEN 'credit' THEN credit_id(b.code, e.source_number)
    WHEN 'claim' THEN claim_id(b.code, e.source_number)
    WHEN 'entry' THEN entry_id(e.book, e.source_number)
    ELSE e.source || ' ' || e.source_number END"""
"""What an entry is tied to, as callers know it; for an entry ``e`` in book ``b``."""

POSTED_ENTRY_SQL = f"""e.number, b.code AS book, e.kind::text, d.code AS debit, c.code AS credit,
  e.amount_paise, e.balance_paise, e.posted_at, e.business_day, e.value_date, {SOURCE_SQL} AS source,
  CASE e.kind WHEN 'reversal' THEN entry_id(e.book, e.source_number) END AS reverses,
  (SELECT entry_id(r.book, r.number) FROM reversal_of(e.book, e.number) r) AS reversed_by"""  # noqa: S608 (our own text)
"""What `posted_entry` reads of an entry ``e`` in book ``b`` that debits the account ``d`` and credits ``c``."""

_GET = f"""
SELECT {POSTED_ENTRY_SQL}
FROM books b JOIN entries e ON e.book = b.id
JOIN accounts d ON d.id = e.debit_account JOIN accounts c ON c.id = e.credit_account
WHERE b.code = %s AND e.number = %s
"""  # noqa: S608 (our own text)


def get_entry(connection: Connection, entry_id: EntryId) -> PostedEntry:
    """Return one entry and what it is tied to.

    Raises:
        EntryNotFound.
    """
    row = connection.exec_driver_sql(_GET, (entry_id.book, entry_id.number)).one_or_none()
    if row is None:
        raise EntryNotFound(entry=str(entry_id))
    return posted_entry(row)


def posted_entry(row: Any) -> PostedEntry:
    """Return the entry of a row with the columns of `POSTED_ENTRY_SQL`."""
    return PostedEntry(
        id=str(EntryId(row.book, row.number)),
        book=row.book,
        number=row.number,
        kind=row.kind,
        debit=AccountCode(row.debit),
        credit=AccountCode(row.credit),
        amount=Paise(row.amount_paise),
        balance=None if row.balance_paise is None else Paise(row.balance_paise),
        posted_at=row.posted_at,
        business_day=row.business_day,
        value_date=row.value_date,
        source=row.source,
        reverses=row.reverses,
        reversed_by=row.reversed_by,
    )
