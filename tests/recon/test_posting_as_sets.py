"""Lines posted as sets leave the books that lines leave one by one, each decided from what the books say by then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.books import Books
from tests.recon.batches_of_lines import (
    DAYS,
    DEPOSITS,
    OPERATORS,
    SHOWN,
    SMALL,
    TOLD,
    Shown,
    Told,
    given_by,
    posted,
    reference_of,
    released_file,
    tied,
)
from tests.servers import Servers, fresh_database
from wallet_service.errors import LawBroken
from wallet_service.recon import posting

NEVER_AS_SETS = """
CREATE OR REPLACE FUNCTION lines_are_plain(p_lines decided_line[]) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false'
"""


NOTHING_HOLDS = """
CREATE OR REPLACE FUNCTION line_can_be_posted(
  l bank_lines, p_disposition text, c credits, p_book integer, p_number bigint, p_credits jsonb, p_parts bigint[]
) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false'
"""


CASH = Shown("cash", 1, 0, 0)
SPLIT = [Told(False, 0, 1, 2, 0)]
PARTS = [Shown("neft", 1, 0, 0), Shown("neft", 1, 1, 0)]


@pytest.fixture(scope="module")
def two_books(servers: Servers) -> Iterator[tuple[Books, Books]]:
    """Return books that post lines as sets, and books that never do."""
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            books = Books(stack.enter_context(fresh_database(servers)))
            stack.callback(books.close)
            for operator in OPERATORS:
                books.wallet(code=operator)
            found.append(books)
        found[1].as_owner(NEVER_AS_SETS)
        yield found[0], found[1]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(TOLD, max_size=6), spent=SMALL, shown=st.lists(SHOWN, min_size=1, max_size=14))
@example([Told(False, 0, 1, 0, 0)], 1, [Shown("neft", 1, 0, 0), Shown("back", 1, 0, 0), Shown("named", 1, 1, 1)])
@example([Told(True, 0, 0, 0, 0), Told(False, 0, 0, 0, 0, by_cash=True)], 0, [Shown("cash", 1, 0, 0)] * 2)
@example([Told(True, 0, 1, 0, 0), Told(False, 0, 0, 0, 0, by_cash=True)], 0, [Shown("machine", 1, 0, 0)] * 2)
@example([Told(True, 0, 2, 1, 0), Told(True, 0, 0, 0, 0)], 0, [Shown("machine", 2, 0, 0), Shown("cash", 1, 1, 0)])
@example([Told(True, 0, 0, 0, 0), Told(False, 0, 1, 0, 0, by_cash=True)], 0, [Shown("machine", 1, 0, 0, 0, 1), CASH])
@example([Told(False, 0, 1, 0, 0), Told(False, 1, 2, 1, 0)], 0, [Shown("bulk", 1, 1, 0), Shown("neft", 1, 0, 0)])
@example([Told(False, 0, 1, 0, 0), Told(False, 1, 2, 1, 0)], 1, [Shown("bulk", 1, 1, 0), Shown("back", 1, 0, 0)])
@example([], 1, [Shown("back", 1, 0, 0), Shown("reversal", 1, 0, 0), Shown("neft", 1, 0, 0), Shown("back", 1, 0, 0)])
@example([Told(True, 0, 2, 0, 0, by_cash=True)], 0, [Shown("machine", 2, 1, 0), CASH])
@example(SPLIT, 0, [*PARTS, Shown("back", 1, 0, 0), Shown("neft", 1, 0, 0), Shown("named", 1, 1, 0)])
@example([*SPLIT, Told(False, 0, 1, 0, 0), Told(False, 1, 2, 1, 0)], 1, [*PARTS, Shown("bulk", 2, 1, 0), *PARTS])
def test_a_batch_leaves_what_its_lines_leave_one_by_one(
    two_books: tuple[Books, Books], told: list[Told], spent: int, shown: list[Shown]
) -> None:
    sets, single = two_books

    as_sets, one_by_one = posted(sets, told, spent, shown, 200), posted(single, told, spent, shown, 1)

    assert as_sets == one_by_one


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(TOLD.filter(lambda each: not each.by_cash), max_size=5),
    shown=st.lists(SHOWN.filter(lambda each: each.kind in DEPOSITS), min_size=2, max_size=7),
    order=st.permutations(range(7)),
)
@example(told=SPLIT, shown=[*PARTS, Shown("neft", 2, 0, 0), CASH], order=[1, 3, 0, 2, 4, 5, 6])
@example(told=SPLIT, shown=[*PARTS, Shown("neft", 1, 0, 1)], order=[2, 1, 0, 3, 4, 5, 6])
def test_in_another_order_the_lines_give_everybody_the_same(
    two_books: tuple[Books, Books], told: list[Told], shown: list[Shown], order: list[int]
) -> None:
    books, _ = two_books

    straight = given_by(posted(books, told, 0, shown, 200))
    other = given_by(posted(books, told, 0, [shown[place] for place in order if place < len(shown)], 3))

    assert other == straight


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(TOLD.filter(lambda each: not each.by_cash), max_size=5),
    shown=st.lists(SHOWN.filter(lambda each: each.kind in DEPOSITS - {"named"}), min_size=1, max_size=6),
)
@example(told=SPLIT, shown=PARTS)
@example(told=SPLIT, shown=PARTS[:1])
def test_lines_shown_again_under_their_numbers_give_nobody_more(
    two_books: tuple[Books, Books], told: list[Told], shown: list[Shown]
) -> None:
    books, _ = two_books

    once, twice = (posted(books, told, 0, lines, 200) for lines in (shown, shown * 2))

    assert all(again[2] <= first[2] for first, again in zip(once["books"], twice["books"], strict=True))
    assert tied(twice) <= tied(once)


def test_what_no_longer_holds_is_posted_neither_way(books: Books) -> None:
    for operator in OPERATORS:
        books.wallet(code=operator)
    advice = books.advise(OPERATORS[0], "5000.00", reference=reference_of(1), booked_on=DAYS[0])
    with books.database.transaction() as connection:
        file = released_file(connection, [Shown("neft", 1, 0, 0), Shown("neft", 2, 0, 0)])
        ids = connection.exec_driver_sql("SELECT array_agg(id ORDER BY id) FROM bank_lines").scalar_one()
    assert advice.credit.state == "credited"

    with books.database.transaction() as connection:
        failed = connection.exec_driver_sql(
            "SELECT post_bank_lines((SELECT jsonb_agg(jsonb_build_object('line', line, 'disposition', 'tie', 'rule',"
            " 'advised', 'version', 1, 'candidates', '[]'::jsonb, 'reason', 'x', 'book', b.id, 'number', 1, 'offers',"
            " '[]'::jsonb)) FROM unnest(%s::bigint[]) line, books b WHERE b.code = %s))",
            (ids, OPERATORS[0]),
        ).scalar_one()
        connection.rollback()

    assert failed == ids[1]
    assert posting.post_file(books.database, file) == 2
    assert books.faults().keys() <= {13}  # The lines were written here without a chain of balances.


def test_a_decision_that_does_not_hold_is_a_broken_law(books: Books) -> None:
    books.wallet(code=OPERATORS[0])
    with books.database.transaction() as connection:
        file = released_file(connection, [Shown("named", 1, 0, 0)])
    books.as_owner(f"{NEVER_AS_SETS}; {NOTHING_HOLDS}")

    with pytest.raises(LawBroken):
        posting.post_file(books.database, file)

    assert books.entries(OPERATORS[0]) == []
