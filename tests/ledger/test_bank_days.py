"""The bank's working days: by rule for Sundays and Saturdays, by rows that people edit for holidays."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest

from tests.books import Books
from wallet_service import dates
from wallet_service.errors import HolidayExists, HolidayNotFound
from wallet_service.ledger import bank_days
from wallet_service.ledger.bank_days import Holiday

DAY = timedelta(days=1)
PUJA = Holiday(date(2026, 10, 19), "Durga Puja (Mahashtami)", "মহাষ্টমী")


def test_sundays_and_second_and_fourth_saturdays_are_no_bank_days(books: Books) -> None:
    every = [date(2026, 1, 1) + number * DAY for number in range(365)]
    with books.database.statement() as connection:
        holidays = {each.day for each in bank_days.list_holidays(connection, every[0], every[-1])}
        told = {day for day in every if not bank_days.is_bank_day(connection, day)}

    by_rule = set()
    for month in range(1, 13):
        weeks = calendar.Calendar().monthdatescalendar(2026, month)
        saturdays = [week[5] for week in weeks if week[5].month == month]
        by_rule |= {saturdays[1], saturdays[3]} | {week[6] for week in weeks if week[6].month == month}
    assert told == by_rule | holidays


def test_a_holiday_is_added_once_counts_at_once_and_is_removed_again(books: Books) -> None:
    friday, tuesday = date(2026, 10, 16), date(2026, 10, 20)
    with books.database.transaction() as connection:
        before = bank_days.bank_days_between(connection, friday, tuesday)
        bank_days.add_holiday(connection, PUJA, by="asha")
        during = bank_days.bank_days_between(connection, friday, tuesday)
        with pytest.raises(HolidayExists):
            bank_days.add_holiday(connection, PUJA, by="asha")
        listed = bank_days.list_holidays(connection, friday, tuesday)
        bank_days.remove_holiday(connection, PUJA.day, by="bina")
        after = bank_days.bank_days_between(connection, friday, tuesday)
        with pytest.raises(HolidayNotFound):
            bank_days.remove_holiday(connection, PUJA.day, by="bina")

    assert (before, during, after) == (3, 2, 3)  # Saturday the 17th is the third of its month.
    assert listed == [PUJA]
    with books.database.statement() as connection:
        audited = connection.exec_driver_sql("SELECT by_whom, act FROM audit WHERE act LIKE 'holiday%%' ORDER BY id")
        assert [tuple(row) for row in audited] == [("asha", "holiday-add"), ("bina", "holiday-remove")]


def test_the_first_of_april_is_closed_and_the_31st_of_march_is_open(books: Books) -> None:
    with books.database.statement() as connection:
        last, first = (bank_days.is_bank_day(connection, day) for day in (date(2026, 3, 31), date(2026, 4, 1)))

    assert (last, first) == (True, False)
    assert dates.financial_year(date(2026, 3, 31)) == "2025-26"
    assert dates.financial_year(date(2026, 4, 1)) == "2026-27"


def test_a_year_of_age_counts_its_bank_days(books: Books) -> None:
    first, last = date(2025, 11, 22), date(2026, 11, 22)
    with books.database.statement() as connection:
        counted = bank_days.bank_days_between(connection, first, last)
        one_by_one = sum(bank_days.is_bank_day(connection, first + number * DAY) for number in range(1, 366))

    assert counted == one_by_one
