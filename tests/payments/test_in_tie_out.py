"""What is in tie-out: of what a department is due, what its lists do not say that it was paid."""

from __future__ import annotations

from datetime import date

import pytest

from tests.books import Books
from tests.payments.desk import MAKER
from tests.payments.settling import MONDAY, Treasury
from wallet_service.identifiers import DebitId
from wallet_service.money import paise, rupees
from wallet_service.payments import adjustments

POWER = "department:POD:001"


@pytest.fixture
def treasury(books: Books) -> Treasury:
    return Treasury(books)


def _row(ticket: str, amount: str, *, status: str = "SUCCESS", day: date = MONDAY) -> str:
    return f"POD|001|{ticket}||101|{amount}||{day} 12:00:00|{status}"


def _told(treasury: Treasury) -> tuple[str, str, str]:
    """Return what of the department's account is due, in tie-out and advised."""
    found = treasury.payable(POWER)
    return found["due"], found["in_tie_out"], found["advised"]


def test_what_a_list_lacks_or_tells_as_failed_or_less_is_due_in_tie_out_until_it_is_explained(
    treasury: Treasury, books: Books
) -> None:
    howrah = books.wallet("1000.00")
    for ticket, amount in (("AGREES", "100.00"), ("LACKING", "40.00"), ("LESS", "50.00"), ("MORE", "10.00")):
        books.pay(howrah, amount, ticket=ticket)
    failed = books.pay(howrah, "30.00", ticket="FAILED").debit
    treasury.next_day()
    before = _told(treasury)

    rows = [_row("AGREES", "100.00"), _row("FAILED", "30.00", status="FAILED"), _row("NOBODYS", "7.00")]
    treasury.list_comes([*rows, _row("LESS", "20.00"), _row("MORE", "15.00")])

    listed = _told(treasury)
    with books.database.transaction() as connection:
        given_back = adjustments.propose_refund(
            connection, DebitId.parse(failed.id), amount=paise("30.00"), cause="failed", order_number="17",
            reason="it failed there", by=MAKER,
        )  # fmt: skip
    assert treasury.approve(given_back).state == "approved"
    refunded = _told(treasury)
    treasury.list_comes([*rows, _row("LESS", "50.00"), _row("MORE", "10.00"), _row("LACKING", "40.00")])
    explained = _told(treasury)

    assert before == ("230.00", "0.00", "0.00")
    assert listed == ("130.00", "100.00", "0.00")
    assert refunded == ("160.00", "70.00", "0.00")
    assert explained == ("230.00", "0.00", "0.00")
    assert books.faults() == {}


def test_it_is_no_more_than_the_day_is_due(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    paid = books.pay(howrah, "80.00", ticket="BEFORE").debit
    tuesday = treasury.next_day()
    books.refund(paid.id, "80.00")
    books.pay(howrah, "100.00", ticket="LACKING")
    treasury.next_day()

    treasury.list_comes([_row("NOBODYS", "1.00", day=tuesday)])

    assert [(rupees(each.due), rupees(each.in_tie_out)) for each in treasury.settled()] == [
        ("80.00", "0.00"),
        ("20.00", "20.00"),
    ]
    assert _told(treasury) == ("80.00", "20.00", "0.00")


def test_who_approves_an_advice_sees_what_of_it_is_in_tie_out(treasury: Treasury, books: Books) -> None:
    books.pay(books.wallet("1000.00"), "100.00", ticket="LACKING")
    treasury.next_day()
    treasury.list_comes([_row("NOBODYS", "1.00")])

    proposed = treasury.propose()
    treasury.approve(proposed)

    assert (proposed.payload["amount"], proposed.payload["in_tie_out"]) == ("100.00", "100.00")
    assert _told(treasury) == ("0.00", "0.00", "100.00")
    assert [rupees(each.in_tie_out) for each in treasury.settled()] == ["0.00"]
    assert books.faults() == {}


def test_an_advice_is_stale_where_lists_contradict_more_of_it_than_its_approver_is_shown(
    treasury: Treasury, books: Books
) -> None:
    howrah = books.wallet("1000.00")
    for ticket in ("LACKING", "LATER"):
        books.pay(howrah, "100.00", ticket=ticket)
    treasury.next_day()
    treasury.list_comes([_row("LATER", "100.00")])
    proposed, as_well = treasury.propose(), treasury.propose()

    treasury.list_comes([_row("NOBODYS", "1.00")])
    stale = treasury.approve(proposed)
    treasury.list_comes([_row("LATER", "100.00"), _row("LACKING", "100.00")])
    approved = treasury.approve(as_well)

    assert (stale.state, approved.state) == ("stale", "approved")
    assert stale.reason == "The department's lists contradict 200.00 of it by now, and 100.00 when it was proposed."


def test_what_is_left_of_a_part_refund_agrees_and_what_is_more_is_contested(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    part, less = (books.pay(howrah, "100.00", ticket=ticket).debit for ticket in ("PART", "LESS"))
    treasury.next_day()
    for paid in (part, less):
        books.refund(paid.id, "30.00")

    treasury.list_comes([_row("PART", "70.00"), _row("LESS", "60.00")])
    listed = _told(treasury)
    books.refund(less.id, "10.00")

    assert listed == ("190.00", "10.00", "0.00")
    assert _told(treasury) == ("200.00", "0.00", "0.00")
    assert books.faults() == {}
