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

    Safe to repeat, and to kill at any point and run again. The night does the same, step by step, and tests the laws.

    Raises:
        DayInFuture, DayClosed, EarlierDayOpen.
    """
    with database.statement() as connection:
        begin(connection, day)
    lifted = lift(database, day, progress)
    with database.transaction() as connection:
        closed = finish(connection, day)
    return Closed(day, lifted, closed)


def begin(connection: Connection, day: date, *, by: str | None = None) -> None:
    """Write down that a day is to be closed, as *by* asked; nothing happens where that was written down before.

    Raises:
        DayInFuture, DayClosed, EarlierDayOpen.
    """
    begun = connection.exec_driver_sql("SELECT outcome, facts FROM begin_closing(%s, %s)", (day, by)).one()
    if begun.outcome is not None:
        raise refusal(begun.outcome, begun.facts)


def lift(database: Database, day: date, progress: Callable[[int], None] = lambda lifted: None) -> int:
    """Lift every book that stands in *day* or before to the next day, and return how many that were.

    A few hundred a transaction, each book once its posting in flight is done, the house book last. *progress* is told
    the running count.

    Raises:
        Busy: a posting in flight took too long. Run it again.
    """
    lifted = 0
    with database.statement() as connection:
        while count := _lift(connection, day):
            lifted += count
            progress(lifted)
    return lifted


def finish(connection: Connection, day: date) -> bool:
    """Take the sums of a day whose books are all lifted and close it; False where it is closed already."""
    return bool(connection.exec_driver_sql("SELECT finish_closing(%s)", (day,)).scalar_one())


def last_closed(connection: Connection) -> date | None:
    """Return the last business day that is closed."""
    found: date | None = connection.exec_driver_sql("SELECT max(day) FROM days WHERE closed_at IS NOT NULL").scalar()
    return found


def begun_by(connection: Connection, day: date) -> str | None:
    """Return who asked first for a business day to be closed, None where nobody did."""
    found: str | None = connection.exec_driver_sql("SELECT began_by FROM days WHERE day = %s", (day,)).scalar()
    return found


def closed_at(connection: Connection, day: date) -> datetime | None:
    """Return when a business day was closed, None while it is open."""
    found: datetime | None = connection.exec_driver_sql("SELECT closed_at FROM days WHERE day = %s", (day,)).scalar()
    return found


def _lift(connection: Connection, day: date) -> int:
    return int(connection.exec_driver_sql("SELECT lift_books(%s, %s)", (day, _BOOKS_AT_ONCE)).scalar_one())
