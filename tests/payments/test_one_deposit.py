"""What may be one deposit told twice is never credited twice: a person decides."""

from __future__ import annotations

import pytest

from tests.books import Books, set_clock
from tests.payments.test_claims import CASH, CDM, DAY, state, statement
from tests.recon.test_bank_files import OPERATORS, Desk
from wallet_service.errors import AlreadyPaid, WalletNotEmpty
from wallet_service.payments import wallets

FIRST, SECOND, THIRD = OPERATORS
NAMED = f"DEP TFR-{FIRST} TOP UP--"


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def test_a_line_naming_an_operator_is_parked_where_he_advised_the_same(desk: Desk, books: Books) -> None:
    books.advise(FIRST, "7500.00", booked_on=DAY)

    file = desk.release(desk.receive(statement((NAMED, "4430", 7500))))

    assert [(line.rule, line.state) for line in desk.lines(file)] == [("operator-named", "suspense")]
    assert books.current(FIRST) == "7500.00"
    assert books.faults() == {}


def test_an_advice_waits_where_a_line_named_its_operator_with_the_same(desk: Desk, books: Books) -> None:
    desk.release(desk.receive(statement((NAMED, "4430", 7500))))

    advice = books.advise(FIRST, "7500.00", booked_on=DAY)

    assert (advice.credit.state, advice.credit.reason) == ("awaiting-bank", "deposit-seen")
    assert books.current(FIRST) == "7500.00"


@pytest.mark.parametrize("claim_first", [True, False])
def test_a_claim_does_not_take_anothers_line_after_one_that_named_him(
    desk: Desk, books: Books, claim_first: bool
) -> None:
    claims = [books.claim(FIRST, "7500.00")] if claim_first else []
    desk.release(desk.receive(statement((NAMED, "4292", 7500))))
    claims += [] if claim_first else [books.claim(FIRST, "7500.00")]
    before = books.current(FIRST)

    desk.release(desk.receive(statement((NAMED, "4292", 7500), (CASH, "4292", 7500))))

    assert state(books, claims[0]).state in {"open", "offered"}
    assert (before, books.current(FIRST)) == (("0.00", "0.00") if claim_first else ("7500.00", "7500.00"))
    assert books.faults() == {}


def test_a_number_that_two_claim_is_taken_by_no_third(desk: Desk, books: Books) -> None:
    books.claim(FIRST, "20000.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")
    books.claim(SECOND, "20000.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")
    desk.release(desk.receive(statement((CDM, "", 20000))))

    third = books.claim(THIRD, "20000.00", mode="cdm", branch=None, cdm="999001234", slip="58574")

    assert third.claim.state == "offered"
    assert [books.current(operator) for operator in OPERATORS] == ["0.00", "0.00", "0.00"]


def test_a_hold_of_a_demand_that_was_paid_meanwhile_is_not_taken_late(books: Books) -> None:
    books.as_owner("UPDATE services SET once_per = 'ticket' WHERE department = 'POD' AND code = '001'")
    shift = set_clock(books)
    howrah = books.wallet("1000.00")
    held = books.hold(howrah, "100.00", ticket="T", expires_in=60)
    shift("2 hours")
    paid = books.pay(howrah, "100.00", ticket="T")

    with pytest.raises(AlreadyPaid) as refused:
        books.capture(held.debit.id)

    assert refused.value.facts["debit"] == paid.debit.id
    assert (books.current(howrah), books.available(howrah)) == ("900.00", "900.00")
    assert books.faults() == {}


def test_a_wallet_with_an_open_claim_is_not_closed(books: Books) -> None:
    howrah = books.wallet()
    books.claim(howrah, "7500.00")

    with books.database.transaction() as connection, pytest.raises(WalletNotEmpty) as refused:
        wallets.close(connection, howrah, reason="test", by="test")

    assert refused.value.facts["claims_open"] == 1
