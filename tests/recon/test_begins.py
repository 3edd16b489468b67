"""The day with which an account's books begin: a first file that tells of it, if only that nothing was booked."""

from __future__ import annotations

from datetime import date

import pytest

from tests.books import Books
from tests.recon.mt940_messages import DAY
from tests.recon.test_bank_files import Desk
from wallet_service.recon import bank_accounts, intake

FIRST_LINE = date(2026, 4, 2)  # The balance before it is that of 1 April.


def begin(books: Books, day: date) -> date | None:
    with books.database.transaction() as connection:
        return bank_accounts.add(connection, "sbi:pool", "31234567890", begins_on=day, by="mita").begins_on


@pytest.mark.parametrize("begins", [date(2026, 4, 1), FIRST_LINE])
def test_a_first_file_is_taken_where_its_opening_balance_tells_of_the_day(books: Books, begins: date) -> None:
    begin(books, begins)

    assert Desk(books).receive(DAY.encode()).joins == "first file"


def test_a_day_that_no_file_will_tell_of_can_be_put_right_until_there_is_a_line(books: Books) -> None:
    desk = Desk(books)
    begin(books, date(2026, 3, 31))
    file = desk.receive(DAY.encode())
    assert (file.state, "If nothing was booked on it" in str(file.reason)) == ("waiting", True)

    assert begin(books, FIRST_LINE) == FIRST_LINE
    with books.database.transaction() as connection:
        account = bank_accounts.named(connection, "sbi:pool")
        statement = intake.read(DAY.encode(), today=FIRST_LINE).statement
        assert statement is not None
        assert intake.join_waiting(connection, account.id, {file.id: statement}) == 1
    desk.release(file)

    assert begin(books, date(2026, 3, 31)) == FIRST_LINE
    assert books.faults() == {}
