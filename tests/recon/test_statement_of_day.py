"""A day's statement says what it knows: final by a file from after the day alone, and nothing unposted left unnamed."""

from __future__ import annotations

from datetime import date

import pytest

from tests.books import Books
from tests.ledger.clock import stopped_clock
from tests.recon.test_bank_files import DAY, OPERATORS, Desk
from wallet_service.recon import intake, posting, report
from wallet_service.recon.bank_files import BankFile

FIRST, SECOND = date(2026, 4, 1), date(2026, 4, 2)


@pytest.fixture
def evening(books: Books) -> Books:
    """Stop the clock in the evening of the fixtures' last day."""
    stopped_clock(books)("2026-04-02 20:00")
    return books


def _draw_up(books: Books, day: date) -> report.Draft:
    with books.database.snapshot() as connection:
        return report.draw_up(connection, day)


def _released_and_not_posted(books: Books, desk: Desk) -> BankFile:
    file = desk.receive(DAY)
    with books.database.transaction() as connection:
        return intake.release(connection, file.id, intake.read_for_release(connection, file.id), by="kamal")


def test_a_file_received_before_the_days_end_leaves_the_day_provisional(evening: Books) -> None:
    desk = Desk(evening)
    desk.advise_the_day()

    desk.release(desk.receive(DAY))

    drafts = [_draw_up(evening, day) for day in (FIRST, SECOND)]
    assert [draft.state for draft in drafts] == ["final", "provisional"]
    assert [draft.statement["agrees"] for draft in drafts] == [True, True]
    assert drafts[1].statement["part_a"][0]["covered_to"] == "2026-04-02"


def test_an_opening_balance_not_yet_brought_in_is_listed_and_no_difference(evening: Books) -> None:
    desk = Desk(evening)
    file = _released_and_not_posted(evening, desk)

    (bank,) = _draw_up(evening, SECOND).statement["part_a"]
    posting.post_file(evening.database, file.id)
    (after,) = _draw_up(evening, SECOND).statement["part_a"]

    opening, *lines = bank["lines_not_yet_posted"]
    assert (opening["line"], opening["amount"], opening["booked_on"]) == (None, "1000000.00", "2026-04-01")
    assert len(lines) == 7
    assert (bank["bank_per_books"], bank["difference"]) == ("0.00", "0.00")
    assert (after["lines_not_yet_posted"], after["statement_closing"]) == ([], bank["statement_closing"])


def test_the_items_of_a_day_gone_by_are_those_that_were_open_then(books: Books) -> None:
    stop = stopped_clock(books)
    stop("2026-04-02 20:00")
    desk = Desk(books)
    desk.advise_the_day()
    withdrawn = books.advise(OPERATORS[1], "40.00", booked_on=SECOND).credit
    before = _draw_up(books, SECOND).statement["part_b"]

    stop("2026-04-03 10:00")
    books.close_day(SECOND)
    books.withdraw(withdrawn.id)
    books.pay(OPERATORS[1], "1.00")
    later = books.advise(OPERATORS[2], "50.00", booked_on=SECOND).credit
    after = _draw_up(books, SECOND).statement["part_b"]
    today = _draw_up(books, date(2026, 4, 3)).statement["part_b"]

    assert after == before
    assert after["open_items"] != today["open_items"]
    named = {item["item"] for account in today["open_items"] for item in account["items"]}
    assert later.id in named
    assert withdrawn.id not in named
    assert all(account["difference"] == "0.00" for account in today["open_items"])
