"""Numbered alike need not be one deposit: another bank's, another sum's, another day's, or announced for another."""

from __future__ import annotations

from datetime import date

import pytest

from tests.books import Books
from tests.payments.test_claims import DAY, state, statement
from tests.recon.test_bank_files import OPERATORS, Desk
from wallet_service.errors import AlreadyAdvised, AlreadyCredited, BankLineDiffers
from wallet_service.identifiers import CreditId, OperatorCode
from wallet_service.payments import credits

FIRST, SECOND, _ = OPERATORS
DIGITS = "326092000123"
SBI, PNB = f"SBIN{DIGITS}", f"PUNB{DIGITS}"
SUSPENSE = "suspense:bank-credits"


def neft(reference: str, words: str = "TEST REMITTER") -> str:
    return f"BY TRANSFER-NEFT*{reference[:4]}0000091*{reference}*{words}--"


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def test_the_digits_of_another_banks_reference_take_no_line_from_suspense(desk: Desk, books: Books) -> None:
    desk.release(desk.receive(statement((neft(SBI), "", 10_000))))

    others = books.advise(SECOND, "10000.00", reference=PNB, booked_on=DAY)
    own = books.advise(FIRST, "10000.00", reference=SBI, booked_on=DAY)

    assert (others.credit.state, others.credit.reason) == ("awaiting-bank", "contested")
    assert own.credit.state == "tied"
    assert (books.current(FIRST), books.current(SECOND), books.account(SUSPENSE)) == ("10000.00", "0.00", "0.00")
    assert books.faults() == {}


def test_another_banks_line_of_the_same_digits_does_not_pay_an_advice(desk: Desk, books: Books) -> None:
    advised = books.advise(FIRST, "10000.00", reference=SBI, booked_on=DAY)

    desk.release(desk.receive(statement((neft(PNB), "", 10_000), (neft(SBI), "", 10_000))))

    with books.database.statement() as connection:
        assert credits.get(connection, CreditId.parse(advised.credit.id), client_id=None).state == "tied"
    assert (books.current(FIRST), books.account(SUSPENSE)) == ("10000.00", "-10000.00")
    assert books.faults() == {}


@pytest.mark.parametrize("written", [DIGITS, f"N{DIGITS}", f"sbin {DIGITS}", f"SBINR{DIGITS}"])
def test_the_same_digits_are_one_reference_where_no_other_bank_is_named(desk: Desk, books: Books, written: str) -> None:
    desk.release(desk.receive(statement((neft(SBI), "", 10_000))))

    assert books.advise(SECOND, "10000.00", reference=written, booked_on=DAY).credit.state == "tied"


def test_an_advice_is_not_refused_for_that_of_another_bank_and_not_taken_twice(books: Books) -> None:
    books.wallet(code=FIRST)
    books.wallet(code=SECOND)
    books.advise(FIRST, "100.00", reference=SBI)

    others = books.advise(SECOND, "100.00", reference=PNB)

    assert (others.credit.state, others.credit.reason) == ("awaiting-bank", "contested")
    with pytest.raises(AlreadyAdvised) as refused:
        books.advise(SECOND, "100.00", reference=PNB)
    assert refused.value.facts["credit"] == others.credit.id
    with pytest.raises(AlreadyCredited):
        books.advise(SECOND, "100.00", reference=DIGITS)
    assert books.faults() == {}


@pytest.mark.parametrize(("sums", "rupees"), [((300, 500), 300), ((300, 500), 500), ((500, 300), 500)])
def test_an_advice_takes_the_line_of_its_sum_among_those_of_one_reference(
    desk: Desk, books: Books, sums: tuple[int, int], rupees: int
) -> None:
    desk.release(desk.receive(statement(*((neft(SBI), "", each) for each in sums))))

    advice = books.advise(FIRST, f"{rupees}.00", reference=SBI, booked_on=DAY)

    assert advice.credit.state == "tied"
    assert (books.current(FIRST), books.account(SUSPENSE)) == (f"{rupees}.00", f"-{800 - rupees}.00")
    assert books.faults() == {}


@pytest.mark.parametrize(("rupees", "day"), [(400, DAY), (300, date(2026, 4, 1))])
def test_an_advice_of_no_line_of_its_reference_is_told_that_they_differ(
    desk: Desk, books: Books, rupees: int, day: date
) -> None:
    desk.release(desk.receive(statement((neft(SBI), "", 300), (neft(SBI), "", 500))))

    with pytest.raises(BankLineDiffers):
        books.advise(FIRST, f"{rupees}.00", reference=SBI, booked_on=day)


def test_what_the_bank_shows_again_is_not_taken_by_an_advice_of_it(desk: Desk, books: Books) -> None:
    named = neft(SBI, FIRST)
    desk.release(desk.receive(statement((named, "", 300))))
    (again,) = desk.lines(desk.release(desk.receive(statement((named, "", 300), opening=100_300, day="03/04/2026"))))
    assert again.state == "suspense"

    with pytest.raises(AlreadyCredited):
        books.advise(SECOND, "300.00", reference=SBI, booked_on=DAY)

    assert (books.current(FIRST), books.current(SECOND)) == ("300.00", "0.00")
    assert books.faults() == {}


def test_a_claim_takes_the_line_of_its_sum_among_those_of_one_number(desk: Desk, books: Books) -> None:
    machine = "CSH DEP (CDM)-9990012345 8574--"
    lines = desk.lines(desk.release(desk.receive(statement((machine, "", 300), (machine, "", 500)))))

    claim = books.claim(FIRST, "500.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")

    assert (state(books, claim).state, state(books, claim).line) == ("tied", lines[1].id)
    assert (books.current(FIRST), books.account(SUSPENSE)) == ("500.00", "-300.00")
    assert books.faults() == {}


@pytest.mark.parametrize("tells", ["claim", "advice"])
def test_a_machines_sequence_that_comes_round_again_is_another_deposit(desk: Desk, books: Books, tells: str) -> None:
    machine, later = "CSH DEP (CDM)-9990012345 8574--", date(2026, 7, 20)
    old = books.claim(FIRST, "5000.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")
    desk.release(desk.receive(statement((machine, "", 5000))))

    if tells == "claim":
        books.claim(SECOND, "700.00", deposited_on=later, mode="cdm", branch=None, cdm="9990012345", slip="8574")
    else:
        books.advise(SECOND, "700.00", reference="9990012345 8574", booked_on=later, channel="cdm")
    shown = statement((machine, "", 700), opening=105_000, day="20/07/2026")
    desk.release(desk.receive(shown.replace(b"Start Date          :\t20/07", b"Start Date          :\t03/04")))

    assert state(books, old).state == "tied"
    assert (books.current(FIRST), books.current(SECOND), books.account(SUSPENSE)) == ("5000.00", "700.00", "0.00")
    assert books.faults() == {}


def announced(books: Books, operator: OperatorCode) -> None:
    """Let the bank have announced that a reference is for an operator, in a file that was released."""
    books.as_owner(
        "WITH file AS (INSERT INTO bank_files (state, sha256, filename, received_by, decided_by)"
        " VALUES ('released', sha256('announced'), 'van.csv', 'maker', 'checker') RETURNING id)"
        " INSERT INTO announcements (file, n, row_number, reference, amount_paise, day, operator)"
        f" SELECT id, 1, 1, '{DIGITS}', 10000, '2026-04-02', '{operator}' FROM file"
    )


@pytest.mark.parametrize("is_own", [True, False])
def test_an_advice_of_what_the_bank_announced_for_another_waits_for_the_bank(books: Books, is_own: bool) -> None:
    books.wallet(code=FIRST)
    books.wallet(code=SECOND)
    announced(books, FIRST if is_own else SECOND)

    advice = books.advise(FIRST, "100.00", reference=SBI, booked_on=DAY).credit

    assert (advice.state, advice.reason) == (("credited", None) if is_own else ("awaiting-bank", "contested"))
    assert books.current(FIRST) == ("100.00" if is_own else "0.00")
    assert books.faults() == {}
