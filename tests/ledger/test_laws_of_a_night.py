"""A check since a day looks at what happened from that day on, and at all that it touched, however old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.books import Books, set_clock
from wallet_service.ledger import laws
from wallet_service.ledger.proving import Step

DAY = timedelta(days=1)
A_PAISA_LESS = "UPDATE debits SET captured_paise = captured_paise - 1, released_paise = released_paise + 1"


@pytest.fixture
def three_days(books: Books) -> Books:
    """Keep books for three days: a hold is placed and a debit paid on the first, captured and refunded on the third."""
    shift = set_clock(books)
    first = books.today()
    howrah = books.wallet("500.00", code="HOWRAH1")
    held = books.hold(howrah, "50.00", expires_in=604_800, ticket="HELD").debit.id
    paid = books.pay(howrah, "20.00", ticket="PAID").debit.id
    for day in range(2):
        books.close_day(first + day * DAY)
        shift(f"{day + 1} days")
    books.capture(held, "40.00")
    books.refund(paid, "5.00")
    return books


def test_nothing_is_found_in_healthy_books_since_any_day(three_days: Books) -> None:
    today = three_days.today()

    assert [three_days.faults(today - day * DAY) for day in range(4)] == [{}] * 4


def test_a_debit_captured_later_than_it_was_placed_is_looked_at(three_days: Books) -> None:
    three_days.spoil(f"{A_PAISA_LESS} WHERE service_ticket_no = 'HELD'")

    assert three_days.faults(three_days.today()).keys() == {9, 10}


def test_a_debit_refunded_later_than_it_was_paid_is_looked_at(three_days: Books) -> None:
    three_days.spoil("UPDATE debits SET refunded_paise = 499 WHERE service_ticket_no = 'PAID'")

    assert three_days.faults(three_days.today()).keys() == {9}


def test_a_key_of_the_night_that_names_nothing_or_is_gone_is_found(three_days: Books) -> None:
    three_days.spoil(
        "DELETE FROM keys WHERE outcome = 'refunded'; UPDATE keys SET number = 99 WHERE outcome = 'captured'"
    )

    (said,) = three_days.faults(three_days.today()).values()

    assert any("which is not there" in row for row in said)
    assert any("refunded" in row and "has no key" in row for row in said)


def test_what_lies_before_the_day_is_left_to_the_whole_check(three_days: Books) -> None:
    three_days.spoil("UPDATE entries SET balance_paise = balance_paise + 1 WHERE number = 1 AND book <> 0")

    assert three_days.faults(three_days.today()) == {}
    assert three_days.faults().keys() >= {3}


def test_a_check_tells_what_it_is_at_and_how_long_each_step_took(three_days: Books) -> None:
    told: list[Step] = []

    with three_days.database.snapshot() as connection:
        laws.check(connection, laws.LAWS, progress=told.append)

    begun, done = told[::2], told[1::2]
    assert [step.name for step in begun] == [step.name for step in done]
    assert all(step.seconds is None for step in begun)
    assert all(step.seconds is not None and step.seconds >= 0 for step in done)
    assert len(begun) >= len({law.number for law in laws.LAWS if law.query})
