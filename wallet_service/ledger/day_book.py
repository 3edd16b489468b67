"""The day book: every entry of a business day, in all books; and those among them that count much earlier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from wallet_service import dates
from wallet_service.errors import DayInFuture
from wallet_service.identifiers import EntryId
from wallet_service.ledger.entries import POSTED_ENTRY_SQL, PostedEntry, posted_entry
from wallet_service.money import Paise

# OFFSET 0 keeps the day together: entries are found by their day, and never by walking the books from the beginning.
_PAGE = """
SELECT {entry}
FROM (SELECT * FROM (SELECT * FROM entries WHERE {which} OFFSET 0) of_the_day
      WHERE (book, number) > (coalesce((SELECT id FROM books WHERE code = %(book)s), -1), %(number)s)
      ORDER BY book, number LIMIT %(limit)s) e
JOIN books b ON b.id = e.book JOIN accounts d ON d.id = e.debit_account JOIN accounts c ON c.id = e.credit_account
ORDER BY e.book, e.number
"""
_OF_THE_DAY = _PAGE.format(entry=POSTED_ENTRY_SQL, which="business_day = %(day)s")
_IS_LATE = "business_day = %(day)s AND value_date < business_day AND value_date < %(before)s"
_LATE = _PAGE.format(entry=POSTED_ENTRY_SQL, which=_IS_LATE)
_HOW_MANY_LATE = f"""
SELECT count(*) AS how_many, coalesce(sum(amount_paise), 0)::bigint AS paise FROM entries WHERE {_IS_LATE}
"""  # noqa: S608 (our own text)
LONG_BEFORE = timedelta(days=35)


@dataclass(frozen=True)
class Late:
    """How many entries of a day count much earlier, and what they come to in paise."""

    count: int
    amount: Paise


def day_book(connection: Connection, day: date, *, after: EntryId | None, limit: int) -> list[PostedEntry]:
    """Return up to *limit* entries of a business day by book, the house's first, and number, beginning behind *after*.

    Raises:
        DayInFuture.
    """
    asked = {
        "day": day,
        "book": after.book if after else None,
        "number": after.number if after else 0,
        "limit": limit,
    }
    return _found(connection, _OF_THE_DAY, asked)


def late_entries(connection: Connection, day: date, *, after: EntryId | None, limit: int) -> list[PostedEntry]:
    """Return up to *limit* entries of a business day that count much earlier, in the order of the day book.

    Those are March's residue in April, for they count for a financial year gone by, and what counts for a day more
    than `LONG_BEFORE` the business day.

    Raises:
        DayInFuture.
    """
    asked = {
        "day": day,
        "before": late_before(day),
        "book": after.book if after else None,
        "number": after.number if after else 0,
        "limit": limit,
    }
    return _found(connection, _LATE, asked)


def count_late(connection: Connection, day: date) -> Late:
    """Return how many entries of a business day count much earlier."""
    row = connection.exec_driver_sql(_HOW_MANY_LATE, {"day": day, "before": late_before(day)}).one()
    return Late(row.how_many, Paise(row.paise))


def late_before(day: date) -> date:
    """Return the day before which an entry of a business day counts much earlier than it was posted."""
    return max(dates.financial_year_begins(day), day - LONG_BEFORE)


def _found(connection: Connection, query: str, asked: Mapping[str, object]) -> list[PostedEntry]:
    found = [posted_entry(row) for row in connection.exec_driver_sql(query, asked)]
    if not found and connection.exec_driver_sql("SELECT %s > india_today()", (asked["day"],)).scalar_one():
        raise DayInFuture(day=asked["day"])
    return found
