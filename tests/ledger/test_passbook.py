"""A passbook adds up by eye: over any period, in pages of any size, and while entries are added."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.books import Books
from tests.ledger.clock import stopped_clock
from wallet_service.errors import DayInFuture, WalletNotFound
from wallet_service.identifiers import OperatorCode
from wallet_service.ledger import balances
from wallet_service.ledger.passbook import Page, passbook
from wallet_service.money import Paise

FIRST = date(2026, 4, 1)


def _page(
    books: Books,
    wallet: OperatorCode,
    first: date | None = None,
    last: date | None = None,
    *,
    after: int | None = None,
    limit: int = 200,
) -> Page:
    with books.database.snapshot() as connection:
        return passbook(connection, wallet, first=first, last=last, after=after, limit=limit)


def _as_of(books: Books, wallet: OperatorCode, day: date) -> Paise:
    with books.database.statement() as connection:
        return balances.balance_as_of(connection, wallet, day)


def _adds_up(page: Page) -> bool:
    """Say whether each balance follows from the one above it, and the closing balance is the last."""
    balance = page.opening
    for line in page.lines:
        balance = Paise(balance + (line.credit or 0) - (line.debit or 0))
        if balance != line.balance or (line.credit is None) == (line.debit is None):
            return False
    return balance == page.closing


def _a_week(books: Books, *, closes: bool) -> OperatorCode:
    """Return a wallet that paid 10.00 on the first day, 20.00 on the second, and so on; nothing on the third."""
    stop = stopped_clock(books)
    stop(f"{FIRST} 09:00")
    wallet = books.wallet("1000.00")
    for number in range(5):
        day = FIRST + timedelta(days=number)
        stop(f"{day} 12:00")
        if number != 2:
            books.pay(wallet, f"{number + 1}0.00")
        if closes and number < 4:
            books.close_day(day)
    return wallet


@pytest.mark.parametrize("closes", [True, False], ids=["closed days", "open days"])
def test_any_period_adds_up_and_follows_from_the_one_before(books: Books, closes: bool) -> None:
    wallet = _a_week(books, closes=closes)
    week = [FIRST + timedelta(days=number) for number in range(5)]

    for start in range(5):
        for end in range(start, 5):
            page = _page(books, wallet, week[start], week[end])
            assert _adds_up(page)
            assert page.closing == _as_of(books, wallet, week[end])
            assert page.opening == (_as_of(books, wallet, week[start - 1]) if start else 0)
            assert all(week[start] <= line.business_day <= week[end] for line in page.lines)

    assert [_as_of(books, wallet, day) for day in week] == [99_000, 97_000, 97_000, 93_000, 88_000]
    assert [len(_page(books, wallet, day, day).lines) for day in week] == [2, 1, 0, 1, 1]


def test_a_period_before_the_first_entry_and_one_after_the_last_are_empty(books: Books) -> None:
    wallet = _a_week(books, closes=True)

    before = _page(books, wallet, date(2025, 1, 1), date(2025, 12, 31))
    after = _page(books, wallet, date(2026, 5, 1), date(2026, 5, 31))

    assert (before.opening, before.lines, before.closing) == (0, [], 0)
    assert (after.opening, after.lines, after.closing) == (88_000, [], 88_000)


def test_pages_of_any_size_make_the_whole_book(books: Books) -> None:
    wallet = books.wallet("100.00")
    for number in range(9):
        books.pay(wallet, f"{number + 1}.00")
    whole = _page(books, wallet)

    for limit in (1, 2, 3, 9, 10, 11):
        lines, after = [], None
        while True:
            page = _page(books, wallet, after=after, limit=limit)
            assert (page.opening, page.closing) == (whole.opening, whole.closing)
            assert len(page.lines) <= limit
            lines += page.lines
            if page.next_number is None:
                break
            after = page.next_number
        assert lines == whole.lines

    assert _adds_up(whole)
    assert [line.number for line in whole.lines] == list(range(1, 11))


def test_a_place_in_the_book_survives_what_is_added(books: Books) -> None:
    wallet = books.wallet("100.00")
    books.pay(wallet, "1.00")
    books.pay(wallet, "2.00")
    first = _page(books, wallet, limit=2)

    books.pay(wallet, "3.00")
    rest = _page(books, wallet, after=first.next_number, limit=10)

    assert [line.number for line in (*first.lines, *rest.lines)] == [1, 2, 3, 4]
    assert rest.closing == 9_400
    assert rest.next_number is None


def test_a_line_says_what_it_is_for(books: Books) -> None:
    wallet = books.wallet("100.00")
    paid = books.pay(wallet, "1.00")
    books.advise(wallet, "5.00", reference="SBIN400000000009")
    refunded = books.refund(paid.debit.id, "0.50")

    lines = _page(books, wallet).lines

    assert [(line.kind, line.source) for line in lines[1:]] == [
        ("payment", paid.debit.id),
        ("top-up", f"{wallet}-C000001"),
        ("refund", paid.debit.id),
    ]
    assert lines[2].narration == "NEFT SBIN400000000009"
    assert lines[3].id == refunded.refund.id
    assert [(line.debit, line.credit) for line in lines] == [(None, 10_000), (100, None), (None, 500), (None, 50)]


def test_the_day_ends_at_midnight_in_india(books: Books) -> None:
    stop = stopped_clock(books)
    stop("2026-03-31 23:59:59.999")
    wallet = books.wallet("100.00")
    stop("2026-04-01 00:00:00")
    books.pay(wallet, "10.00")
    stop("2026-04-01 23:59:59.999999")
    books.pay(wallet, "20.00")
    stop("2026-04-02 00:00:00")
    books.pay(wallet, "30.00")

    days = [(line.business_day, line.value_date) for line in _page(books, wallet).lines]

    assert days == [(day, day) for day in (date(2026, 3, 31), FIRST, FIRST, date(2026, 4, 2))]
    assert _as_of(books, wallet, date(2026, 3, 30)) == 0
    assert _as_of(books, wallet, date(2026, 3, 31)) == 10_000
    assert _as_of(books, wallet, FIRST) == 7_000
    assert _as_of(books, wallet, date(2026, 4, 2)) == 4_000
    with pytest.raises(DayInFuture):
        _as_of(books, wallet, date(2026, 4, 3))


def test_what_is_posted_after_an_early_close_stands_in_the_next_day(books: Books) -> None:
    stop = stopped_clock(books)
    stop("2026-04-01 18:00")
    wallet = books.wallet("100.00")
    books.close_day(FIRST)
    books.pay(wallet, "10.00")
    stop("2026-04-02 09:00")
    books.pay(wallet, "20.00")

    line = _page(books, wallet).lines[1]

    assert (line.business_day, line.value_date) == (date(2026, 4, 2), FIRST)
    assert _as_of(books, wallet, FIRST) == 10_000
    assert [each.number for each in _page(books, wallet, FIRST, FIRST).lines] == [1]
    assert _adds_up(_page(books, wallet, date(2026, 4, 2), date(2026, 4, 2)))
    assert books.faults() == {}


def test_a_book_that_is_not_there_has_no_passbook(books: Books) -> None:
    for code in ("NOBODY1", "house"):
        with pytest.raises(WalletNotFound):
            _page(books, OperatorCode(code))
        with pytest.raises(WalletNotFound):
            _as_of(books, OperatorCode(code), date(2026, 1, 1))
