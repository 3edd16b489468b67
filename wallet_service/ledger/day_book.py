"""The day book: every entry of a business day, in all books."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from wallet_service.errors import DayInFuture
from wallet_service.identifiers import EntryId
from wallet_service.ledger.entries import POSTED_ENTRY_SQL, PostedEntry, posted_entry

# OFFSET 0 keeps the day together: entries are found by their day, and never by walking the books from the beginning.
_PAGE = f"""
SELECT {POSTED_ENTRY_SQL}
FROM (SELECT * FROM (SELECT * FROM entries WHERE business_day = %(day)s OFFSET 0) of_the_day
      WHERE (book, number) > (coalesce((SELECT id FROM books WHERE code = %(book)s), -1), %(number)s)
      ORDER BY book, number LIMIT %(limit)s) e
JOIN books b ON b.id = e.book JOIN accounts d ON d.id = e.debit_account JOIN accounts c ON c.id = e.credit_account
ORDER BY e.book, e.number
"""  # noqa: S608 (our own text)


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
    found = [posted_entry(row) for row in connection.exec_driver_sql(_PAGE, asked)]
    if not found and connection.exec_driver_sql("SELECT %s > india_today()", (day,)).scalar_one():
        raise DayInFuture(day=day)
    return found
