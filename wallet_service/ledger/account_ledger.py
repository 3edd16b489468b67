"""An account's ledger: its balance before a period, what moved it, and its balance after; found without its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import EntryNotFound, FilterTooWide
from wallet_service.identifiers import AccountCode, EntryId
from wallet_service.ledger.accounts import AccountKind, get_account
from wallet_service.ledger.balances import LAST_NUMBER_SQL
from wallet_service.ledger.entries import SOURCE_SQL
from wallet_service.money import Paise

LONGEST_PERIOD_DAYS = 366


@dataclass(frozen=True)
class LedgerLine:
    """An entry from one account's side: exactly one of *debit* and *credit* is there, in paise.

    *other_account* is the entry's other side; *balance* what the account had after it, told of wallets only.
    """

    id: str
    posted_at: datetime
    business_day: date
    value_date: date
    kind: str
    other_account: AccountCode
    debit: Paise | None
    credit: Paise | None
    balance: Paise | None
    source: str


@dataclass(frozen=True)
class AccountLedger:
    """A page of an account's ledger by business day; *opening* and *closing* are the whole period's, in paise.

    Both are positive on the account's *normal_side*, ``debit`` or ``credit``.
    """

    account: AccountCode
    normal_side: str
    first: date
    last: date
    opening: Paise
    lines: list[LedgerLine]
    closing: Paise
    next_entry: str | None


_BALANCE = "SELECT coalesce(max(balance_paise), 0) FROM house_balances(%(day)s) WHERE account = %(account)s"
_WALLET_AT = f"""
SELECT e.number, e.balance_paise FROM books b JOIN entries e ON e.book = b.id AND e.number = {LAST_NUMBER_SQL}
WHERE b.id = %(account)s
"""  # noqa: S608 (our own text)
_OF_A_WALLET = """
SELECT * FROM entries WHERE book = %(account)s AND number > %(after_number)s AND number <= %(upto)s
ORDER BY number LIMIT %(limit)s
"""
_OF_A_SIDE = """(
SELECT * FROM entries WHERE {side} = %(account)s AND {side} <> book AND business_day BETWEEN %(first)s AND %(last)s
  AND (business_day, book, number) > (%(first)s, %(after_book)s, %(after_number)s)
ORDER BY business_day, book, number LIMIT %(limit)s)"""
_OF_THE_HOUSE = (
    f"{_OF_A_SIDE.format(side='debit_account')} UNION ALL {_OF_A_SIDE.format(side='credit_account')}"
    " ORDER BY business_day, book, number LIMIT %(limit)s"
)
_LINES = f"""
SELECT e.number, b.code, e.posted_at, e.business_day, e.value_date, e.kind::text, e.amount_paise, e.balance_paise,
  e.debit_account = %(account)s AS is_debit, e.book = %(account)s AS is_wallet, o.code AS other, {SOURCE_SQL} AS source
FROM ({{page}}) e JOIN books b ON b.id = e.book
JOIN accounts o ON o.id = CASE e.debit_account WHEN %(account)s THEN e.credit_account ELSE e.debit_account END
ORDER BY e.business_day, e.book, e.number
"""  # noqa: S608 (our own text)


def account_ledger(
    connection: Connection,
    code: AccountCode,
    *,
    first: date | None,
    last: date | None,
    after: EntryId | None,
    limit: int,
) -> AccountLedger:
    """Return up to *limit* entries of an account in business days *first* to *last*, beginning behind entry *after*.

    Without *last*, up to the open day; without *first*, the year before *last*. Call it on a snapshot.

    Raises:
        AccountNotFound.
        FilterTooWide: more than 366 days.
        EntryNotFound: there is no entry *after*.
    """
    account, kind = get_account(connection, code)
    last = last or _open_day(connection)
    first = first or last - timedelta(days=LONGEST_PERIOD_DAYS - 1)
    if (last - first).days >= LONGEST_PERIOD_DAYS:
        raise FilterTooWide
    period = {"account": account, "first": first, "last": last, "limit": limit + 1}
    page = _wallet_page if kind is AccountKind.WALLET else _house_page
    opening, rows, closing = page(connection, period, kind, after)
    lines = [_line(row) for row in rows[:limit]]
    return AccountLedger(
        account=code,
        normal_side="debit" if kind.is_debit else "credit",
        first=first,
        last=last,
        opening=opening,
        lines=lines,
        closing=closing,
        next_entry=lines[-1].id if len(rows) > limit else None,
    )


_Page = tuple[Paise, list[Any], Paise]


def _wallet_page(connection: Connection, period: dict[str, Any], kind: AccountKind, after: EntryId | None) -> _Page:
    """Return opening balance, rows and closing balance of a wallet: its entries stand together in its own book."""
    before, opening = _wallet_at(connection, period["account"], period["first"] - timedelta(days=1))
    upto, closing = _wallet_at(connection, period["account"], period["last"])
    asked = {**period, "after_number": max(before, after.number if after else 0), "upto": upto}
    return opening, list(connection.exec_driver_sql(_LINES.format(page=_OF_A_WALLET), asked)), closing


def _house_page(connection: Connection, period: dict[str, Any], kind: AccountKind, after: EntryId | None) -> _Page:
    """Return opening balance, rows and closing balance of an account of the house: its entries stand in many books."""
    place: dict[str, Any] = {"after_book": -1, "after_number": 0}
    if after is not None:
        day, book = _place_of(connection, after)
        if day >= period["first"]:
            place = {"first": day, "after_book": book, "after_number": after.number}
    rows = list(connection.exec_driver_sql(_LINES.format(page=_OF_THE_HOUSE), {**period, **place}))
    ends = (period["first"] - timedelta(days=1), period["last"])
    opening, closing = (
        int(connection.exec_driver_sql(_BALANCE, {"account": period["account"], "day": day}).scalar_one())
        for day in ends
    )
    return Paise(opening), rows, Paise(closing)


def _wallet_at(connection: Connection, account: int, day: date) -> tuple[int, Paise]:
    """Return the number of a wallet's last entry up to a day, and the balance after it; zeros where there is none."""
    row = connection.exec_driver_sql(_WALLET_AT, {"account": account, "day": day}).one_or_none()
    return (0, Paise(0)) if row is None else (row.number, Paise(row.balance_paise))


def _place_of(connection: Connection, entry: EntryId) -> tuple[date, int]:
    """Return the business day and the book's id of an entry."""
    row = connection.exec_driver_sql(
        "SELECT e.business_day, e.book FROM entries e JOIN books b ON b.id = e.book"
        " WHERE b.code = %s AND e.number = %s",
        (entry.book, entry.number),
    ).one_or_none()
    if row is None:
        raise EntryNotFound(entry=str(entry))
    return row.business_day, row.book


def _open_day(connection: Connection) -> date:
    """Return the latest business day that an entry may have."""
    found: date = connection.exec_driver_sql("SELECT greatest(max(open_day), india_today()) FROM books").scalar_one()
    return found


def _line(row: Any) -> LedgerLine:
    return LedgerLine(
        id=str(EntryId(row.code, row.number)),
        posted_at=row.posted_at,
        business_day=row.business_day,
        value_date=row.value_date,
        kind=row.kind,
        other_account=AccountCode(row.other),
        debit=Paise(row.amount_paise) if row.is_debit else None,
        credit=None if row.is_debit else Paise(row.amount_paise),
        balance=Paise(row.balance_paise) if row.is_wallet else None,
        source=row.source,
    )
