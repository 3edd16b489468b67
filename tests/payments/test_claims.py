"""A claimed deposit is credited once, by its number or because nothing else fits; else a person decides."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from tests.books import Books, set_clock
from tests.recon.test_bank_files import OPERATORS, Desk
from wallet_service.errors import AlreadyAdvised, AlreadyClaimed, AlreadyCredited, WalletError
from wallet_service.identifiers import ClaimId, OperatorCode
from wallet_service.payments import claims
from wallet_service.recon import bank_files

HEAD = """Account Name       :	PMU BSK E-WALLET POOL
Account Number     :	_00000031234567890
Opening Balance    :	{opening}
Start Date          :	{first}
End Date            :	{last}

Txn Date	Value Date	Description	Ref No./Cheque No.	Branch Code	Debit	Credit	Balance
"""
DAY = date(2026, 4, 2)
CASH = "CASH DEPOSIT-CASH DEPOSIT SELF--"
CDM = "CSH DEP (CDM)-9990012345 8574--"
FIRST, SECOND, THIRD = OPERATORS


def statement(*lines: tuple[str, str, int], opening: int = 100_000, day: str = "02/04/2026") -> bytes:
    """Return a bank's file of one day: description, branch and whole rupees of each line, negative for money out."""
    balance, rows = opening, []
    for description, branch, rupees in lines:
        balance += rupees
        debit, credit = (" ", f"{rupees}.00") if rupees > 0 else (f"{-rupees}.00", " ")
        rows.append("\t".join((day, day, description, " ", branch, debit, credit, f"{balance}.00")))
    head = HEAD.format(opening=f"{opening}.00", first=day, last=day)
    return (head + "\n".join(rows) + "\n").encode()


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def state(books: Books, claim: claims.ClaimAnswer) -> claims.Claim:
    with books.database.statement() as connection:
        return claims.get(connection, ClaimId.parse(claim.claim.id), client_id=None)


def test_the_one_claim_of_one_line_is_credited_when_the_line_comes(desk: Desk, books: Books) -> None:
    claim = books.claim(FIRST, "7500.00")
    assert claim.claim.state == "open"

    file = desk.release(desk.receive(statement((CASH, "4292", 7500))))

    tied = state(books, claim)
    assert (tied.state, tied.line, tied.entry) == ("tied", desk.lines(file)[0].id, f"{FIRST}-000001")
    assert [line.rule for line in desk.lines(file)] == ["claimed"]
    assert books.current(FIRST) == "7500.00"
    assert books.faults() == {}


def test_two_equal_deposits_are_a_persons_to_decide(desk: Desk, books: Books) -> None:
    one, two = books.claim(FIRST, "7500.00"), books.claim(SECOND, "7500.00")

    file = desk.release(desk.receive(statement((CASH, "4292", 7500), (CASH, "4292", 7500))))

    assert [line.state for line in desk.lines(file)] == ["suspense", "suspense"]
    assert [books.current(FIRST), books.current(SECOND)] == ["0.00", "0.00"]
    for claim in (one, two):
        assert state(books, claim).state == "offered"
        assert state(books, claim).offers == [line.id for line in desk.lines(file)]
    assert books.faults() == {}


def test_one_claim_does_not_choose_between_two_equal_lines(desk: Desk, books: Books) -> None:
    claim = books.claim(FIRST, "7500.00")

    desk.release(desk.receive(statement((CASH, "4292", 7500), (CASH, "4292", 7500))))

    assert state(books, claim).state == "offered"
    assert books.current(FIRST) == "0.00"


def test_a_claim_of_another_branch_fits_nothing(desk: Desk, books: Books) -> None:
    claim = books.claim(FIRST, "7500.00", branch="00091")

    desk.release(desk.receive(statement((CASH, "4292", 7500))))

    assert state(books, claim).state == "open"
    assert books.account("suspense:bank-credits") == "-7500.00"


def test_a_later_claim_is_offered_the_line_and_never_takes_it(desk: Desk, books: Books) -> None:
    file = desk.release(desk.receive(statement((CASH, "4292", 7500))))

    claim = books.claim(FIRST, "7500.00")

    assert (claim.claim.state, claim.claim.offers) == ("offered", [desk.lines(file)[0].id])
    assert books.current(FIRST) == "0.00"
    assert books.faults() == {}


def test_a_claim_made_after_the_file_was_read_goes_to_a_person(desk: Desk, books: Books) -> None:
    file = desk.receive(statement((CASH, "4292", 7500)))
    claim = books.claim(FIRST, "7500.00")

    desk.release(file)

    assert state(books, claim).state == "offered"
    assert books.current(FIRST) == "0.00"


@pytest.mark.parametrize("claim_first", [True, False])
def test_the_number_of_machine_and_sequence_decides_in_either_order(
    desk: Desk, books: Books, claim_first: bool
) -> None:
    file = desk.receive(statement((CDM, "", 20000), ("CSH DEP (CDM)-9990012345 8575--", "", 20000)))

    if not claim_first:
        desk.release(file)
    books.claim(FIRST, "20000.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")
    if claim_first:
        desk.release(file)

    assert books.current(FIRST) == "20000.00"
    assert books.account("suspense:bank-credits") == "-20000.00"
    assert books.faults() == {}


def test_the_same_deposit_is_claimed_once_and_a_second_slip_is_another(desk: Desk, books: Books) -> None:
    first = books.claim(FIRST, "7500.00", slip="11")

    with pytest.raises(AlreadyClaimed) as refused:
        books.claim(FIRST, "7500.00")
    second = books.claim(FIRST, "7500.00", slip="12")

    assert refused.value.facts["claim"] == first.claim.id
    assert second.claim.state == "open"


ACTS = ("advice", "claim", "line")


@pytest.mark.parametrize("order", list(permutations(ACTS)), ids="-".join)
def test_advice_claim_and_line_in_any_order_twice_each_credit_once(
    desk: Desk, books: Books, order: tuple[str, ...]
) -> None:
    opening = 100_000
    for act in (each for each in order for _ in range(2)):
        try:
            if act == "advice":
                books.advise(FIRST, "20000.00", reference="99900123458574", booked_on=DAY, channel="cdm")
            elif act == "claim":
                books.claim(FIRST, "20000.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")
            else:
                desk.release(desk.receive(statement((CDM, "", 20000), opening=opening)))
                opening += 20000
        except (AlreadyAdvised, AlreadyClaimed, AlreadyCredited, WalletError):
            continue

    assert books.current(FIRST) == "20000.00"
    assert books.faults() == {}


@pytest.mark.parametrize("order", list(permutations(ACTS)), ids="-".join)
def test_without_a_number_advice_claim_and_line_never_credit_twice(
    desk: Desk, books: Books, order: tuple[str, ...]
) -> None:
    for act in (each for each in order for _ in range(2)):
        try:
            if act == "advice":
                books.advise(FIRST, "7500.00", reference="8574", booked_on=DAY, channel="cash")
            elif act == "claim":
                books.claim(FIRST, "7500.00")
            else:
                desk.release(desk.receive(statement((CASH, "4292", 7500))))
        except WalletError:
            continue

    credited_once = order.index("claim") < order.index("line")
    assert books.current(FIRST) == ("7500.00" if credited_once else "0.00")
    assert books.faults() == {}


def test_a_returned_credit_is_taken_back_and_the_rest_is_owed_until_the_next_top_up(desk: Desk, books: Books) -> None:
    neft = "BY TRANSFER-NEFT*YESB0000001*YESAP60920012345*TEST REMITTER--"
    back = "TO TRANSFER-NEFT*YESB0000001*YESAP60920012345*RETURN--"
    books.advise(FIRST, "5000.00", reference="YESAP60920012345", booked_on=DAY)
    desk.release(desk.receive(statement((neft, "4430", 5000))))
    books.pay(FIRST, "4000.00")

    desk.release(desk.receive(statement((back, "4430", -5000), opening=105_000, day="03/04/2026")))

    assert books.current(FIRST) == "0.00"
    assert books.account(f"receivable:{FIRST}") == "4000.00"
    assert books.faults() == {}

    books.advise(FIRST, "1500.00")
    books.advise(FIRST, "3000.00")

    assert books.current(FIRST) == "500.00"
    assert books.account(f"receivable:{FIRST}") == "0.00"
    kinds = [kind for kind, *_ in books.entries(FIRST)]
    assert kinds == ["top-up", "payment", "return", "top-up", "recovery", "top-up", "recovery"]
    assert books.faults() == {}


def test_a_withdrawn_advice_is_taken_back_as_far_as_the_wallet_reaches(books: Books) -> None:
    howrah = books.wallet()
    advice = books.advise(howrah, "500.00")
    books.pay(howrah, "300.00")

    withdrawn = books.withdraw(advice.credit.id)

    assert withdrawn.state == "withdrawn"
    assert books.current(howrah) == "0.00"
    assert books.account(f"receivable:{howrah}") == "300.00"
    assert books.account("transit:top-ups") == "0.00"
    assert books.faults() == {}


def test_a_reversal_that_the_wallet_cannot_bear_is_owed_and_happens_once(books: Books) -> None:
    howrah = books.wallet()
    entry = books.bring_in(howrah, "100.00")
    books.pay(howrah, "100.00")

    books.reverse(entry)

    assert books.account(f"receivable:{howrah}") == "100.00"
    with pytest.raises(WalletError):
        books.reverse(entry)
    assert books.faults() == {}


def test_an_advice_waits_once_an_older_one_was_not_seen_for_two_bank_days(books: Books) -> None:
    shift = set_clock(books)
    howrah = books.wallet()
    books.advise(howrah, "500.00")
    shift("7 days")

    later = books.advise(howrah, "200.00")

    assert (later.credit.state, later.credit.reason) == ("awaiting-bank", "untied-too-long")
    assert books.current(howrah) == "500.00"


def test_what_became_of_each_line_is_shown(desk: Desk, books: Books) -> None:
    books.claim(OperatorCode(THIRD), "7500.00")
    file = desk.release(desk.receive(statement((CASH, "4292", 7500))))

    with books.database.statement() as connection:
        (line,) = bank_files.list_lines(connection, file.id, after=None, limit=10)

    assert (line.state, line.rule, line.entry) == ("posted", "claimed", f"{THIRD}-000001")
