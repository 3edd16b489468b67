"""A book as its owner sees it: opening balance, entries, closing balance; it adds up by eye."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from wallet_service.errors import WalletNotFound
from wallet_service.identifiers import EntryId, OperatorCode
from wallet_service.ledger.balances import LAST_NUMBER_SQL
from wallet_service.ledger.entries import SOURCE_SQL
from wallet_service.money import Paise


@dataclass(frozen=True)
class Line:
    """One entry of a wallet's book; exactly one of *debit* (money out) and *credit* (money in) is there, in paise."""

    number: int
    id: str
    posted_at: datetime
    business_day: date
    value_date: date
    kind: str
    narration: str | None
    debit: Paise | None
    credit: Paise | None
    balance: Paise
    source: str


@dataclass(frozen=True)
class Page:
    """Lines of a period in the order of their numbers; *opening* and *closing* are the whole period's, in paise."""

    opening: Paise
    lines: list[Line]
    closing: Paise
    next_number: int | None


# Without a first day nothing is looked for: a plan for all calls would walk the whole book for a day that is NULL.
_BOUNDS = f"""
SELECT b.id, b.number,
  CASE WHEN %(first)s::date IS NULL THEN 0 ELSE coalesce((SELECT number FROM entries WHERE book = b.id AND number = (
    {LAST_NUMBER_SQL.replace("%(day)s", "(%(first)s::date - 1)")})), 0) END AS before,
  CASE WHEN %(last)s::date IS NULL THEN b.number
       ELSE coalesce({LAST_NUMBER_SQL.replace("%(day)s", "%(last)s::date")}, 0) END AS upto
FROM books b WHERE b.code = %(code)s AND b.id <> 0
"""  # noqa: S608 (our own text)

_LINES = f"""
SELECT e.number, e.posted_at, e.business_day, e.value_date, e.kind::text, e.amount_paise, e.balance_paise,
  e.debit_account = e.book AS is_debit, {SOURCE_SQL} AS source,
  CASE e.source
    WHEN 'debit' THEN (SELECT coalesce(d.narration, s.name) FROM debits d
      JOIN services s ON s.department = d.department AND s.code = d.service
      WHERE d.book = e.book AND d.number = e.source_number)
    WHEN 'credit' THEN (SELECT upper(c.channel::text) || ' ' || c.bank_reference FROM credits c
      WHERE c.book = e.book AND c.number = e.source_number)
    WHEN 'claim' THEN (SELECT upper(c.mode::text) || ' ' || coalesce(c.branch_code, c.cdm_no) FROM claims c
      WHERE c.book = e.book AND c.number = e.source_number) END AS narration
FROM entries e JOIN books b ON b.id = e.book
WHERE e.book = %(book)s AND e.number > %(after)s AND e.number <= %(upto)s
ORDER BY e.number LIMIT %(limit)s
"""  # noqa: S608 (our own text)


def passbook(
    connection: Connection,
    operator_code: OperatorCode,
    *,
    first: date | None,
    last: date | None,
    after: int | None,
    limit: int,
) -> Page:
    """Return up to *limit* entries of a wallet in business days *first* to *last*, beginning behind number *after*.

    Raises:
        WalletNotFound.
    """
    bounds = connection.exec_driver_sql(_BOUNDS, {"code": operator_code, "first": first, "last": last}).one_or_none()
    if bounds is None:
        raise WalletNotFound(wallet=operator_code)
    before = bounds.before if first is not None else 0
    upto = max(bounds.upto, before)
    start = max(before, after or 0)
    rows = connection.exec_driver_sql(
        _LINES, {"book": bounds.id, "after": start, "upto": upto, "limit": limit + 1}
    ).all()
    lines = [
        Line(
            number=row.number,
            id=str(EntryId(operator_code, row.number)),
            posted_at=row.posted_at,
            business_day=row.business_day,
            value_date=row.value_date,
            kind=row.kind,
            narration=row.narration,
            debit=Paise(row.amount_paise) if row.is_debit else None,
            credit=None if row.is_debit else Paise(row.amount_paise),
            balance=Paise(row.balance_paise),
            source=row.source,
        )
        for row in rows[:limit]
    ]
    return Page(
        opening=_balance_at(connection, bounds.id, before),
        lines=lines,
        closing=_balance_at(connection, bounds.id, upto),
        next_number=lines[-1].number if len(rows) > limit else None,
    )


def _balance_at(connection: Connection, book: int, number: int) -> Paise:
    found = connection.exec_driver_sql(
        "SELECT balance_paise FROM entries WHERE book = %s AND number = %s", (book, number)
    ).scalar()
    return Paise(found or 0)
