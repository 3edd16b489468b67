"""The entries of one event are of one business day, also in two books and while the day is being closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.bank import Bank, BankLine
from tests.books import Books
from wallet_service.identifiers import OperatorCode

REFERENCE = "SBIN400000000001"


def withdrawn(books: Books, wallet: OperatorCode) -> Callable[[], object]:
    advice = books.advise(wallet, "100.00").credit
    return lambda: books.withdraw(advice.id)


def reversed_(books: Books, wallet: OperatorCode) -> Callable[[], object]:
    entry = books.bring_in(wallet, "100.00")
    return lambda: books.reverse(entry)


def returned(books: Books, wallet: OperatorCode) -> Callable[[], object]:
    bank = Bank(books)
    books.advise(wallet, "100.00", reference=REFERENCE)
    bank.posted(BankLine("100.00", reference=REFERENCE))
    return lambda: bank.posted(BankLine("-100.00", "NEFT RETURN", reference=REFERENCE))


def _days(books: Books) -> list[tuple[str, date]]:
    """Return book and business day of the last entry of the wallet and of what is owed."""
    with books.database.statement() as connection:
        rows = connection.exec_driver_sql(
            "SELECT kind::text, business_day FROM entries WHERE kind IN ('return', 'reversal', 'owed') ORDER BY book"
        )
        return [(str(row.kind), row.business_day) for row in rows]


@pytest.mark.parametrize("house_first", [False, True])
@pytest.mark.parametrize("verb", [withdrawn, reversed_, returned])
def test_what_is_taken_back_while_a_day_closes_is_of_one_day(
    books: Books, verb: Callable[[Books, OperatorCode], Callable[[], object]], house_first: bool
) -> None:
    howrah, today = books.wallet(), books.today()
    take_back = verb(books, howrah)
    books.pay(howrah, "60.00")
    with books.database.statement() as connection:
        connection.exec_driver_sql("SELECT begin_closing(%s, %s)", (today, "tests"))
        if not house_first:
            connection.exec_driver_sql("SELECT lift_books(%s, 1000)", (today,))  # Every wallet, and not the house yet.
    if house_first:
        books.as_owner(f"UPDATE books SET open_day = '{today + timedelta(days=1)}' WHERE id = 0")

    take_back()

    kinds = [(kind, day - today) for kind, day in _days(books)]
    assert [kind for kind, _ in kinds] == ["owed", "reversal" if verb is reversed_ else "return"]
    assert {after for _, after in kinds} == {timedelta(days=1)}
    books.close_day(today)
    assert books.faults() == {}


@pytest.mark.parametrize("house_first", [False, True])
def test_lines_that_make_an_advice_while_a_day_closes_are_of_one_day(books: Books, house_first: bool) -> None:
    howrah, today, bank = books.wallet(), books.today(), Bank(books)
    books.advise(howrah, "80000.00", reference=REFERENCE)  # More than an advice may credit at once.
    bank.posted(BankLine("60000.00", reference=REFERENCE))
    with books.database.statement() as connection:
        connection.exec_driver_sql("SELECT begin_closing(%s, %s)", (today, "tests"))
    later = today + timedelta(days=1)
    books.as_owner(f"UPDATE books SET open_day = '{later}' WHERE {'id = 0' if house_first else 'id <> 0'}")

    bank.posted(BankLine("20000.00", reference=REFERENCE))

    with books.database.statement() as connection:
        of_the_event = "SELECT kind::text, business_day FROM entries ORDER BY posted_at DESC, book LIMIT 3"
        found = {(row.kind, row.business_day) for row in connection.exec_driver_sql(of_the_event)}
    assert found == {("suspense", later), ("suspense-cleared", later)}
    books.close_day(today)
    assert books.faults() == {}
