"""An account's ledger adds up over closed and open days alike, whatever page and period is asked for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.books import Books, set_clock
from wallet_service.identifiers import AccountCode, EntryId
from wallet_service.ledger.account_ledger import AccountLedger, account_ledger
from wallet_service.money import paise

DAY = timedelta(days=1)
ACCOUNTS = ("department:POD:001", "transit:top-ups", "opening:balances", "wallet:BSKOP0000001")


def ledger(books: Books, code: str, first: date, last: date, **page: object) -> AccountLedger:
    asked: dict[str, object] = {"after": None, "limit": 200, **page}
    with books.database.snapshot() as connection:
        return account_ledger(connection, AccountCode(code), first=first, last=last, **asked)  # type: ignore[arg-type]


def moved(told: AccountLedger) -> int:
    """Return what the lines add to the balance on the account's normal side, in paise."""
    net = sum((line.debit or 0) - (line.credit or 0) for line in told.lines)
    return net if told.normal_side == "debit" else -net


@pytest.fixture
def first_day(books: Books) -> date:
    """Keep books for four days, of which the first two are closed, and return the first."""
    shift = set_clock(books)
    first = books.today()
    howrah, hooghly = books.wallet("100.00", code="BSKOP0000001"), books.wallet("100.00", code="BSKOP0000002")
    for day in range(4):
        shift(f"{day} days")
        books.advise(howrah, "10.00", booked_on=first)
        paid = books.pay(howrah, f"{day + 1}.00")
        books.pay(hooghly, "2.00")
        books.refund(paid.debit.id, "0.50")
    for day in range(2):
        books.close_day(first + day * DAY)
    return first


@pytest.mark.parametrize("code", ACCOUNTS)
def test_opening_and_lines_make_the_closing_of_any_period(books: Books, first_day: date, code: str) -> None:
    days = [first_day + n * DAY for n in range(-1, 5)]

    for first in days:
        closing = ledger(books, code, first - DAY, first - DAY).closing
        for last in (day for day in days if day >= first):
            told = ledger(books, code, first, last)
            assert told.opening == closing
            assert told.opening + moved(told) == told.closing
            assert all(first <= line.business_day <= last for line in told.lines)


def test_its_closing_is_that_of_the_trial_balance_as_of_each_day(books: Books, first_day: date) -> None:
    for day in (first_day + n * DAY for n in range(4)):
        trial = {line.account: line.debit - line.credit for line in books.trial_balance(day).lines}
        for code in ACCOUNTS[:-1]:
            told = ledger(books, code, day, day)
            assert trial[AccountCode(code)] == (told.closing if told.normal_side == "debit" else -told.closing)
    assert ledger(books, "department:POD:001", day, day).closing == paise("16.00")


@pytest.mark.parametrize("code", ACCOUNTS)
def test_pages_of_any_size_tell_each_entry_once_in_order(books: Books, first_day: date, code: str) -> None:
    last = first_day + 3 * DAY
    whole = ledger(books, code, first_day, last).lines

    for size in (1, 3, len(whole)):
        found, after = [], None
        while True:
            told = ledger(books, code, first_day, last, after=after, limit=size)
            found += told.lines
            if told.next_entry is None:
                break
            after = EntryId.parse(told.next_entry)
        assert found == whole
