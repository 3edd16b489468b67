"""The days on which the bank works: not Sundays, not second and fourth Saturdays, not its holidays, which are rows.

The state can add days at short notice (domain facts B, Time), so a holiday is added and removed by a person, and the
audit keeps who did. The rule itself is the database's `bank_days`, by which breaks age and advices wait.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from wallet_service.errors import HolidayExists, HolidayNotFound
from wallet_service.ledger import audit


@dataclass(frozen=True)
class Holiday:
    """A day on which West Bengal's banks are closed, besides Sundays and second and fourth Saturdays."""

    day: date
    name: str
    name_bn: str | None


_AHEAD = timedelta(days=90)


@dataclass(frozen=True)
class Calendar:
    """The bank's working *days* of a period and of ninety days after it, in order: one look-up for many questions."""

    days: tuple[date, ...]

    def after(self, day: date, count: int) -> date:
        """Return the bank working day that comes *count* of them after *day*; with 0 the first from *day* on."""
        place = bisect_right(self.days, day) if count else bisect_left(self.days, day)
        return self.days[place + max(count - 1, 0)]

    def between(self, first: date, last: date) -> int:
        """Return how many bank working days there are after *first*, up to *last*."""
        return max(0, bisect_right(self.days, last) - bisect_right(self.days, first))


def calendar(connection: Connection, first: date, last: date) -> Calendar:
    """Return the bank's working days from *first* until well after *last*."""
    rows = connection.exec_driver_sql("SELECT day FROM bank_days(%s, %s) ORDER BY day", (first, last + _AHEAD))
    return Calendar(tuple(rows.scalars()))


def is_bank_day(connection: Connection, day: date) -> bool:
    """Return whether the bank works on a day."""
    return bool(connection.exec_driver_sql("SELECT is_bank_day(%s)", (day,)).scalar_one())


def bank_days_between(connection: Connection, first: date, last: date) -> int:
    """Return how many bank working days there are after *first*, up to *last*."""
    return int(connection.exec_driver_sql("SELECT bank_days_between(%s, %s)", (first, last)).scalar_one())


def list_holidays(connection: Connection, first: date, last: date) -> list[Holiday]:
    """Return the holidays from *first* to *last*, in order."""
    rows = connection.exec_driver_sql(
        "SELECT day, name, name_bn FROM bank_holidays WHERE day BETWEEN %s AND %s ORDER BY day", (first, last)
    )
    return [Holiday(*row) for row in rows]


def add_holiday(connection: Connection, holiday: Holiday, *, by: str) -> None:
    """Add a holiday; what is aged after this commits goes by it.

    Raises:
        HolidayExists.
    """
    added = connection.exec_driver_sql(
        "INSERT INTO bank_holidays (day, name, name_bn) VALUES (%s, %s, %s) ON CONFLICT (day) DO NOTHING",
        (holiday.day, holiday.name, holiday.name_bn),
    )
    if not added.rowcount:
        raise HolidayExists(day=holiday.day)
    facts = {"name": holiday.name, "name_bn": holiday.name_bn}
    audit.record(connection, by=by, act="holiday-add", subject=holiday.day.isoformat(), facts=facts)


def remove_holiday(connection: Connection, day: date, *, by: str) -> None:
    """Remove a holiday that was entered.

    Raises:
        HolidayNotFound.
    """
    gone = connection.exec_driver_sql("DELETE FROM bank_holidays WHERE day = %s RETURNING name", (day,)).scalar()
    if gone is None:
        raise HolidayNotFound(day=day)
    audit.record(connection, by=by, act="holiday-remove", subject=day.isoformat(), facts={"name": gone})
