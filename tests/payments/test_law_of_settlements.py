"""The law of settlements bites: whatever is spoiled behind the backs of all triggers is found, and the row is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.books import Books
from tests.ledger.spoiled import without
from tests.payments.settling import Treasury
from tests.servers import Servers, copied_database, fresh_database


@pytest.fixture(scope="module")
def made(servers: Servers) -> Iterator[Servers]:
    """Return books in which settlements are due, advised, paid and carried over."""
    with fresh_database(servers) as fresh:
        books = Books(fresh)
        treasury, howrah = Treasury(books), books.wallet("1000.00")
        books.pay(howrah, "100.00")
        books.pay(howrah, "70.00", department="LND")
        treasury.next_day()
        advice = treasury.advise("LND")
        treasury.bank_shows("-70.00", advice.number)
        books.refund(books.pay(howrah, "25.00", department="LND").debit.id, "25.00")
        treasury.next_day()
        treasury.advise("POD")
        books.pay(howrah, "30.00")
        treasury.next_day()
        books.close()
        yield fresh


@pytest.mark.parametrize(
    ("laws", "sql", "named"),
    [
        ({12}, "DELETE FROM settlements WHERE due_paise = 3000", "3000 paise, of which 0 due"),
        (
            {12},
            "UPDATE settlements SET due_paise = 3001, collected_paise = 3001 WHERE due_paise = 3000",
            "3001 paise net, its account moved 3000",
        ),
        (
            {12},
            without(
                "settlements", "a_settlement_adds_up", "UPDATE settlements SET brought_paise = 5 WHERE due_paise = 3000"
            ),
            "brings 5 paise of a shortfall, the day before left 0",
        ),
        (
            {12},
            "UPDATE settlement_advices SET amount_paise = 9999 WHERE amount_paise = 10000",
            "9999 paise, its settle",
        ),
        ({12}, "UPDATE advised_settlements SET is_live = false WHERE amount_paise = 10000", "of which 0 live"),
        (
            {10, 12},
            "UPDATE advised_settlements SET entry_number = NULL WHERE entry_number IS NOT NULL",
            "has no source, or another amount",
        ),
        (
            {10, 12},
            "UPDATE settlement_advices SET line = NULL, paid_at = NULL WHERE line IS NOT NULL",
            "entries (settlement) move 0 paise of the bank",
        ),
        (
            {10},
            "UPDATE entries SET source_number = 99 WHERE kind = 'settlement'",
            "which does not pay it",
        ),
    ],
)
def test_a_spoiled_row_of_settlements_is_found_and_named(made: Servers, laws: set[int], sql: str, named: str) -> None:
    with copied_database(made) as own:
        books = Books(own)
        assert books.faults() == {}

        books.spoil(sql)

        found = books.faults()
        books.close()
    assert found.keys() == laws
    assert any(named in row for rows in found.values() for row in rows), found


_ANYTHING_GOES = """
CREATE OR REPLACE FUNCTION room_for_advices(p_department text) RETURNS TABLE (service text, paise bigint)
LANGUAGE sql STABLE AS $$ SELECT code, 10000000 FROM services WHERE department = p_department $$
"""


def test_an_advice_of_more_than_a_department_is_owed_is_found_before_it_is_paid(books: Books) -> None:
    treasury, howrah = Treasury(books), books.wallet("1000.00")
    paid = books.pay(howrah, "100.00").debit
    treasury.next_day()
    books.refund(paid.id, "100.00")
    treasury.next_day()
    books.as_owner(_ANYTHING_GOES)

    treasury.advise()

    found = books.faults()
    assert found.keys() == {12}
    assert found[12] == [
        "account department:POD:001: 10000 paise advised and not paid, it owes 0, and 0 went back since"
    ]
