"""Credits: the portal advises that money was paid into the bank for a wallet. One deposit is credited once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import CreditNotFound
from wallet_service.identifiers import (
    CreditId,
    EntryId,
    OperatorCode,
    number_of_day,
    strong_reference,
    written_reference,
)
from wallet_service.ledger.balances import Balance
from wallet_service.ledger.idempotency import POSTED, Key, refusal
from wallet_service.lines import Statements
from wallet_service.money import Paise

CHANNELS = ("neft", "rtgs", "imps", "upi", "van", "cash", "cdm", "cheque")
STATES = ("credited", "awaiting-bank", "tied", "withdrawn")


@dataclass(frozen=True)
class Credit:
    """An advised credit. *reason* says why it had to wait for the bank; *entry* is the one that credited the wallet."""

    id: str
    state: str
    reason: str | None
    wallet: OperatorCode
    amount: Paise
    bank_reference: str
    booked_on: date
    channel: str
    advised_at: datetime
    business_day: date
    entry: str | None


@dataclass(frozen=True)
class CreditAnswer:
    """The answer to a credit's key: the credit as it stood then, and the wallet after it."""

    credit: Credit
    balance: Balance
    replayed: bool


def advise(
    connection: Statements,
    *,
    wallet: OperatorCode,
    amount: Paise,
    bank_reference: str,
    booked_on: date,
    channel: str,
    key: Key,
) -> CreditAnswer:
    """Take an advice of *amount* paise. It credits at once, ties a line in suspense, or waits for the bank's line.

    Raises:
        WalletNotFound, WalletClosed, AlreadyCredited, AlreadyAdvised, BankLineDiffers, KeyReused, KeyAbandoned.
    """
    written = written_reference(bank_reference)
    row = connection.exec_driver_sql(
        "SELECT a.replayed, a.outcome, a.current_paise, a.held_paise, a.facts, (a.credit).*"
        " FROM advise(%s, %s, %s, %s, %s, %s, %s, %s, %s) AS a",
        (
            *(key.client_id, key.text, key.request_hash),
            *(wallet, amount, written, _identity(written, booked_on, channel), booked_on, channel),
        ),
    ).one()
    if row.outcome not in POSTED:
        raise refusal(row.outcome, row.facts, replayed=row.replayed)
    credit = _credit(row, wallet)
    if row.advised_as == "awaiting-bank":
        credit = replace(credit, entry=None)
    return CreditAnswer(
        credit=replace(credit, state=row.advised_as, reason=row.answered_reason),
        balance=Balance(Paise(row.current_paise), Paise(row.held_paise)),
        replayed=row.replayed,
    )


def _identity(written: str, booked_on: date, channel: str) -> str | None:
    """Return what an advice's line is found by: a deposit machine's sequence comes round again, and is of its day."""
    strong = strong_reference(written)
    return number_of_day(strong, booked_on) if strong and channel == "cdm" else strong


def get(connection: Connection, credit_id: CreditId, *, client_id: int | None) -> Credit:
    """Return a credit as it stands; with *client_id*, only that client's own.

    Raises:
        CreditNotFound.
    """
    row = connection.exec_driver_sql(
        "SELECT c.* FROM books b JOIN credits c ON c.book = b.id WHERE b.code = %s AND c.number = %s"
        " AND coalesce(c.client = %s, true)",
        (credit_id.book, credit_id.number, client_id),
    ).one_or_none()
    if row is None:
        raise CreditNotFound(credit=str(credit_id))
    return _credit(row, credit_id.book)


def find(
    connection: Connection,
    *,
    client_id: int | None,
    wallet: OperatorCode | None = None,
    state: str | None = None,
    bank_reference: str | None = None,
    after: str | None,
    limit: int,
) -> list[Credit]:
    """Return up to *limit* credits by wallet and number, beginning behind the credit *after*."""
    behind = CreditId.parse(after) if after else None
    narrowing: dict[str, Any] = {
        "c.client = %(client)s": client_id,
        "c.book = (SELECT id FROM books WHERE code = %(wallet)s)": wallet,
        "c.state = %(state)s": state,
        "c.withdrawn_on IS NOT NULL": state == "withdrawn" or None,
        "c.bank_reference = %(reference)s": bank_reference,
        "(c.book, c.number) > ((SELECT id FROM books WHERE code = %(after_book)s), %(after_number)s)": after,
    }
    rows = connection.exec_driver_sql(
        "SELECT c.*, b.code FROM credits c JOIN books b ON b.id = c.book WHERE "  # noqa: S608 (our own text)
        + " AND ".join(["true", *(clause for clause, value in narrowing.items() if value is not None)])
        + " ORDER BY c.book, c.number LIMIT %(limit)s",
        {
            "client": client_id,
            "wallet": wallet,
            "state": state,
            "reference": written_reference(bank_reference) if bank_reference else None,
            "after_book": behind.book if behind else None,
            "after_number": behind.number if behind else None,
            "limit": limit,
        },
    )
    return [_credit(row, row.code) for row in rows]


def _credit(row: Any, wallet: str) -> Credit:
    return Credit(
        id=str(CreditId(wallet, row.number)),
        state=row.state,
        reason=row.reason,
        wallet=OperatorCode(wallet),
        amount=Paise(row.amount_paise),
        bank_reference=row.bank_reference,
        booked_on=row.booked_on,
        channel=row.channel,
        advised_at=row.advised_at,
        business_day=row.business_day,
        entry=None if row.entry_number is None else str(EntryId(wallet, row.entry_number)),
    )
