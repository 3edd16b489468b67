"""The bank files of `fixtures/`, moved so that their last day is today. Apart from the dates they keep every byte.

The morning's is made in their form, since it names an advice of the demo's own.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path

from wallet_service.dates import INDIA
from wallet_service.demo.own_service import DemoFailed
from wallet_service.money import Paise, rupees_for_people

_FIXTURES = Path(__file__).parents[2] / "fixtures" / "sbi"
_NAME = "sbi-pool-2026-04-02"
_FIRST, _LAST = date(2026, 4, 1), date(2026, 4, 2)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ENOUGH_SECONDS = 180.0  # For the day, and for the minute by which its books set their clock ahead.


def statement(today: date) -> bytes:
    """Return the statement as the bank gives it: yesterday and today.

    Raises:
        DemoFailed: the fixtures are not there.
    """
    return _moved(_read(f"{_NAME}.xls"), today)


def statement_of_the_evening(today: date) -> bytes:
    """Return the same day's later download: the statement again, and what came after it.

    Raises:
        DemoFailed: the fixtures are not there.
    """
    return _moved(_read(f"{_NAME}-evening.xls"), today)


def statement_of_the_morning(today: date, morning: date, *, words: str, amount: Paise, opening: Paise) -> bytes:
    """Return the next download, in the same form: from the day after *today* to *morning*, with one debit of *amount*.

    *opening* is the balance at which the evening's ended, in paise; *words* are what the bank writes of the debit.

    Raises:
        DemoFailed: the fixtures are not there.
    """
    head, columns, rest = _read(f"{_NAME}-evening.xls").partition(b"Txn Date")
    columns += rest.partition(b"\n")[0]
    _, blank, foot = rest.rpartition(b"\n\n")
    for told, new in (
        (b"10,00,000.00", _amount(opening)),
        (_slashed(_FIRST), _slashed(today + timedelta(days=1))),
        (_slashed(_LAST), _slashed(morning)),
    ):
        head = head.replace(told, new)
    booked = _slashed(morning)
    left = _amount(Paise(opening - amount))
    line = (booked, booked, words.encode(), b"TRANSFER TO 4697732105304", b"91", _amount(amount), b" ", left)
    return head + columns + b"\n" + b"\t".join(line) + blank + foot


def statement_as_csv(today: date) -> bytes:
    """Return the same statement as a spreadsheet saves it.

    Raises:
        DemoFailed: the fixtures are not there.
    """
    return _moved(_read(f"{_NAME}.csv"), today)


def seconds_to_wait(now: datetime) -> float:
    """Return how long to wait so that the whole demo falls on one day in India: nothing, but near midnight."""
    there = now.astimezone(INDIA)
    midnight = (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    left = (midnight - there).total_seconds()
    return left + 1.0 if left < _ENOUGH_SECONDS else 0.0


def _moved(content: bytes, today: date) -> bytes:
    moved = {spelling: new for day in (_FIRST, _LAST) for spelling, new in _spellings(day, today + (day - _LAST))}
    return re.sub(b"|".join(map(re.escape, moved)), lambda found: moved[found[0]], content)


def _spellings(day: date, new: date) -> tuple[tuple[bytes, bytes], ...]:
    """Return how the bank and a spreadsheet write a day, each with the new day in the same way."""
    return (_slashed(day), _slashed(new)), (_hyphened(day), _hyphened(new))


def _slashed(day: date) -> bytes:
    return f"{day:%d/%m/%Y}".encode()


def _hyphened(day: date) -> bytes:
    return f"{day:%d}-{_MONTHS[day.month - 1]}-{day:%y}".encode()


def _amount(amount: Paise) -> bytes:
    return rupees_for_people(amount).removeprefix("₹").encode()


def _read(name: str) -> bytes:
    path = _FIXTURES / name
    try:
        return path.read_bytes()
    except OSError as error:
        raise DemoFailed(f"{path} cannot be read ({error}): run the demo from a checkout of the project.") from error
