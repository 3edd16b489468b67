"""A clerk can print the reconciliation statement: 80 columns, every figure of it, and what is wrong said plainly."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.books import Books
from tests.recon.week import WEEK, Week
from wallet_service.recon import report
from wallet_service.recon.page import WIDTH, as_page
from wallet_service.recon.report import Reconciliation


@pytest.fixture
def made(books: Books) -> Reconciliation:
    """The first day of the fixtures' week, drawn up and kept."""
    week = Week(books)
    week.play(WEEK[0])
    with books.database.snapshot() as connection:
        draft = report.draw_up(connection, WEEK[0].day)
    with books.database.transaction() as connection:
        return report.keep(connection, draft, by="mita")


def _with(made: Reconciliation, **changes: Any) -> Reconciliation:
    statement = {**made.statement, **changes}
    return Reconciliation(made.day, 2, "provisional", statement, "kamal", datetime(2026, 4, 7, 4, 0, tzinfo=UTC))


def test_the_page_tells_every_figure_in_80_columns(made: Reconciliation) -> None:
    page = as_page(made)

    assert max(len(line) for line in page.splitlines()) <= WIDTH
    assert page.startswith("RECONCILIATION STATEMENT OF 06/04/2026")
    for told in ("₹2,62,441.00", "₹55,000.00", "₹59.00", "₹7,500.00", "₹2,00,000.00", "₹2,62,500.00", "It agrees."):
        assert told in page
    assert "Open items of suspense:bank-credits: 1 open item" in page
    assert "Nobody can be found for it" in page


def test_lines_not_yet_posted_are_listed_with_what_they_take_from_the_closing_balance(made: Reconciliation) -> None:
    (bank,) = made.statement["part_a"]
    long = "CASH DEPOSIT-CASH DEPOSIT SELF AT 04292 A BRANCH WHOSE NAME GOES ON LONGER THAN A LINE OF PAPER HOLDS"
    lines = [{"line": 7, "booked_on": "2026-04-06", "amount": "7500.00", "description": long}]

    page = as_page(_with(made, part_a=[{**bank, "lines_not_yet_posted": lines}]))

    assert max(len(line) for line in page.splitlines()) <= WIDTH
    assert "not yet posted: line 7, 06/04/2026" in page
    assert "-₹7,500.00" in page


def test_a_statement_that_does_not_agree_says_so_at_its_end(made: Reconciliation) -> None:
    page = as_page(_with(made, agrees=False))

    assert "IT DOES NOT AGREE" in page
    assert "PROVISIONAL" in page.splitlines()[0]


def test_before_the_first_file_the_page_says_that_there_is_none(made: Reconciliation) -> None:
    page = as_page(_with(made, part_a=[]))

    assert "No bank account has a number yet" in page
