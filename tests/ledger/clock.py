"""The clock of the books, stopped where a test wants it."""

from __future__ import annotations

from collections.abc import Callable

from tests.books import Books


def stopped_clock(books: Books) -> Callable[[str], None]:
    """Return what stops the one clock of this test's own books at an instant of India's: ``2026-04-01 23:59``.

    A book that was opened before stands in its own day, and does not go back: stop the clock first.
    """

    def stop(instant: str) -> None:
        books.as_owner(
            "CREATE OR REPLACE FUNCTION instant() RETURNS timestamptz LANGUAGE sql VOLATILE AS"
            f" $$ SELECT timestamptz '{instant} Asia/Kolkata' $$"
        )

    return stop


def begin_books(books: Books, day: str) -> None:
    """Let the house book, in which nothing stands yet, be open in *day* and not in that of its migration."""
    books.as_owner(f"UPDATE books SET open_day = '{day}' WHERE id = 0 AND number = 0")
