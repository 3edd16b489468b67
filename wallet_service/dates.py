"""Dates: instants are UTC, the business day is the calendar date in Asia/Kolkata."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

INDIA = ZoneInfo("Asia/Kolkata")


def now() -> datetime:
    """Return the present instant in UTC, by this machine's clock. Postings go by the database's clock, not by this."""
    return datetime.now(UTC)


def business_day(instant: datetime) -> date:
    """Return the calendar date in Asia/Kolkata of an aware *instant*; holidays are business days too."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone")
    return instant.astimezone(INDIA).date()


def today() -> date:
    """Return the business day of the present instant."""
    return business_day(now())


def financial_year(day: date) -> str:
    """Return the April-to-March year in which *day* falls, as ``"2026-27"``."""
    start = financial_year_begins(day).year
    return f"{start}-{(start + 1) % 100:02d}"


def financial_year_begins(day: date) -> date:
    """Return the first of April with which the financial year of *day* begins."""
    return date(day.year if day.month >= 4 else day.year - 1, 4, 1)


def days_between(first: date, last: date) -> list[date]:
    """Return every date from *first* to *last*, both included, in order."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def wire(instant: datetime) -> str:
    """Return an aware instant as RFC 3339 in UTC with microseconds: ``2026-04-02T06:31:40.000123Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
