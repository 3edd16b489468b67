"""What may be one deposit told twice is never credited twice: a person decides."""

from __future__ import annotations

import pytest

from tests.books import Books, set_clock
from tests.payments.test_claims import CASH, CDM, DAY, state, statement
from tests.recon.test_bank_files import OPERATORS, Desk
from wallet_service.errors import AlreadyPaid, WalletNotEmpty, WalletNotFound
from wallet_service.identifiers import CreditId, OperatorCode
from wallet_service.payments import credits, wallets

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


def test_a_demand_that_is_paid_tells_nothing_of_itself_to_a_wallet_that_is_not_there(books: Books) -> None:
    books.as_owner("UPDATE services SET once_per = 'ticket' WHERE department = 'POD' AND code = '001'")
    books.pay(books.wallet("1000.00"), "100.00", ticket="T")

    with pytest.raises(WalletNotFound) as refused:
        books.pay(OperatorCode("NOBODY1"), "100.00", ticket="T")

    assert not {"debit", "state"} & set(refused.value.facts)


def test_a_wallet_with_an_open_claim_is_not_closed(books: Books) -> None:
    howrah = books.wallet()
    books.claim(howrah, "7500.00")

    with books.database.transaction() as connection, pytest.raises(WalletNotEmpty) as refused:
        wallets.close(connection, howrah, reason="test", by="test")

    assert refused.value.facts["claims_open"] == 1


@pytest.mark.parametrize("line_first", [True, False])
def test_the_advice_of_a_deposit_whose_claim_its_number_tied_is_tied_with_it(
    desk: Desk, books: Books, line_first: bool
) -> None:
    advice = books.advise(FIRST, "20000.00", reference="SLIP 77", booked_on=DAY, channel="cdm")
    files = [statement((CDM, "", 20000)), statement((CASH, "4292", 20000), opening=120_000, day="03/04/2026")]
    if line_first:
        desk.release(desk.receive(files.pop(0)))
    books.claim(FIRST, "20000.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")
    for file in files:
        desk.release(desk.receive(file))

    with books.database.statement() as connection:
        told = credits.get(connection, CreditId.parse(advice.credit.id), client_id=None)
    assert (told.state, told.entry) == ("tied", f"{FIRST}-000001")
    assert books.current(FIRST) == "20000.00"
    assert books.faults() == {}


def test_an_advice_does_not_take_a_line_that_others_claim_by_its_number(desk: Desk, books: Books) -> None:
    books.claim(FIRST, "20000.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")
    books.claim(SECOND, "20000.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")
    desk.release(desk.receive(statement((CDM, "", 20000))))

    advice = books.advise(THIRD, "20000.00", reference="99900123458574", booked_on=DAY, channel="cdm")

    assert (advice.credit.state, advice.credit.reason) == ("awaiting-bank", "contested")
    assert [books.current(operator) for operator in OPERATORS] == ["0.00", "0.00", "0.00"]
    assert books.account("suspense:bank-credits") == "-20000.00"
    assert books.faults() == {}


def test_a_lapsed_hold_no_longer_keeps_its_demand_from_being_paid(books: Books) -> None:
    books.as_owner("UPDATE services SET once_per = 'ticket' WHERE department = 'POD' AND code = '001'")
    shift = set_clock(books)
    howrah, other = books.wallet("1000.00"), books.wallet("1000.00")
    books.hold(howrah, "100.00", ticket="T", expires_in=60)
    with pytest.raises(AlreadyPaid):
        books.pay(other, "100.00", ticket="T")

    shift("2 hours")
    books.pay(other, "100.00", ticket="T")

    assert books.current(other) == "900.00"
    assert books.faults() == {}


def test_of_many_payments_of_one_ticket_twenty_are_told(books: Books) -> None:
    howrah = books.wallet("1000.00")
    for _ in range(22):
        books.pay(howrah, "1.00", ticket="T")

    answer = books.pay(howrah, "1.00", ticket="T")

    assert len(answer.same_ticket) == len(set(answer.same_ticket)) == 20


def test_what_the_bank_takes_back_does_not_use_up_the_reference(desk: Desk, books: Books) -> None:
    taken_back = "UPI/REV/609212345678/NAME OF/YESB/xx@yy/UPI--"
    shown = "UPI/CR/609212345678/NAME OF/YESB/xx@yy/UPI--"
    desk.release(desk.receive(statement((taken_back, "4430", 5000))))

    advice = books.advise(FIRST, "5000.00", reference="609212345678", booked_on=DAY, channel="upi")
    file = desk.release(desk.receive(statement((taken_back, "4430", 5000), (shown, "4430", 5000))))

    assert advice.credit.state == "credited"
    assert [line.rule for line in desk.lines(file)] == ["advised"]
    assert (books.current(FIRST), books.account("suspense:bank-credits")) == ("5000.00", "-5000.00")
    assert books.faults() == {}


@pytest.mark.parametrize(
    ("other", "they_are"),
    [
        ((CASH, "91", 7500), "told apart"),  # of another branch
        ((CASH, "4292", 7501), "told apart"),  # of another amount
        ((CASH, "4292", -7500), "told apart"),  # the other way
        ((CASH, "4292", 7500), "alike"),
        ((CASH, "", 7500), "alike"),  # of no branch that is known
        ((f"DEP TFR-{THIRD} TOP UP--", "4292", 7500), "alike"),
    ],
)
def test_a_claim_is_credited_where_its_line_is_told_apart_from_the_others(
    desk: Desk, books: Books, other: tuple[str, str, int], they_are: str
) -> None:
    claim = books.claim(FIRST, "7500.00")

    desk.release(desk.receive(statement(other, (CASH, "4292", 7500))))

    assert state(books, claim).state == ("tied" if they_are == "told apart" else "offered")
    assert books.current(FIRST) == ("7500.00" if they_are == "told apart" else "0.00")
    assert books.faults() == {}


def test_a_line_without_a_branch_is_offered_to_a_claim_that_names_one(desk: Desk, books: Books) -> None:
    claim = books.claim(FIRST, "7500.00")

    file = desk.release(desk.receive(statement((CASH, "", 7500))))

    (line,) = desk.lines(file)
    assert (line.rule, line.state) == ("claimed", "suspense")
    assert (state(books, claim).state, state(books, claim).offers) == ("offered", [line.id])
    assert books.current(FIRST) == "0.00"
