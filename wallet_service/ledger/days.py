"""The business day: open in each book, then closed in order with its sums; a closed day takes no more entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.ledger.idempotency import refusal

_BOOKS_AT_ONCE = 300


@dataclass(frozen=True)
class Closed:
    """A closed day. *closed_now* is False where another had closed it meanwhile."""

    day: date
    books_lifted: int
    closed_now: bool


def close(database: Database, day: date, progress: Callable[[int], None] = lambda lifted: None) -> Closed:
    """Close a business day: lift every book to the next one, then take the day's sums. Payments go on meanwhile.

    Safe to repeat, and to kill at any point and run again.

    Raises:
        DayInFuture, DayClosed, EarlierDayOpen.
    """
    with database.statement() as connection:
        begun = connection.exec_driver_sql("SELECT outcome, facts FROM begin_closing(%s)", (day,)).one()
        if begun.outcome is not None:
            raise refusal(begun.outcome, begun.facts)
        lifted = 0
        while count := _lift(connection, day):
            lifted += count
            progress(lifted)
    with database.transaction() as connection:
        closed = connection.exec_driver_sql("SELECT finish_closing(%s)", (day,)).scalar_one()
    return Closed(day, lifted, bool(closed))


def last_closed(connection: Connection) -> date | None:
    """Return the last business day that is closed."""
    found: date | None = connection.exec_driver_sql("SELECT max(day) FROM days WHERE closed_at IS NOT NULL").scalar()
    return found


def closed_at(connection: Connection, day: date) -> datetime | None:
    """Return when a business day was closed, None while it is open."""
    found: datetime | None = connection.exec_driver_sql("SELECT closed_at FROM days WHERE day = %s", (day,)).scalar()
    return found


def _lift(connection: Connection, day: date) -> int:
    return int(connection.exec_driver_sql("SELECT lift_books(%s, %s)", (day, _BOOKS_AT_ONCE)).scalar_one())
