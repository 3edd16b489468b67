"""What the bank takes back, gives back, credits twice or pays in one sum, played through the books."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from tests.books import Books
from tests.payments.test_claims import CDM, statement
from tests.recon.test_bank_files import OPERATORS, Desk
from wallet_service.identifiers import CreditId
from wallet_service.payments import credits
from wallet_service.recon import report
from wallet_service.recon.bank_files import FileLine

FIRST, SECOND, _ = OPERATORS
ONE, TWO = "YESAP60920012345", "YESAP60920054321"
DAY = date(2026, 4, 2)
SUSPENSE, DIFFERENCES, TRANSIT = "suspense:bank-credits", "suspense:differences", "transit:top-ups"


def neft(reference: str = ONE, words: str = "TEST REMITTER") -> str:
    return f"BY TRANSFER-NEFT*YESB0000001*{reference}*{words}--"


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def shown(desk: Desk, *lines: tuple[str, int], column: str = " ") -> list[FileLine]:
    """Return the lines that the bank shows on one day, once they are posted: words and whole rupees of each."""
    content = statement(*((words, "4430", rupees) for words, rupees in lines))
    return desk.lines(desk.release(desk.receive(content.replace(b"--\t \t", f"--\t{column}\t".encode()))))


def decided(lines: list[FileLine]) -> list[tuple[str | None, str | None]]:
    return [(line.rule, line.disposition) for line in lines]


def open_sums(books: Books) -> tuple[str, str, str]:
    return books.account(SUSPENSE), books.account(DIFFERENCES), books.account(TRANSIT)


def test_a_debit_that_the_bank_reverses_under_its_number_explains_itself(desk: Desk, books: Books) -> None:
    cycle = [("TO TRANSFER-UPI/DR/609312345678/X--", -300), ("BY TRANSFER-UPI/REV/609312345678/X--", 300)]

    lines = shown(desk, *cycle, *cycle)

    assert decided(lines) == [("unexplained", "difference"), ("reversal", "undo")] * 2
    assert [line.candidates for line in lines][1] == tuple(f"line {lines[place].id}" for place in (0, 2, 3))
    assert open_sums(books) == ("0.00", "0.00", "0.00")
    assert books.faults() == {}


def test_a_deposit_of_nobody_that_is_sent_back_leaves_suspense_once(desk: Desk, books: Books) -> None:
    lines = shown(desk, (neft(), 300), (neft(words="RETURN"), -300), (neft(words="RETURN"), -300))

    assert decided(lines) == [("unexplained", "suspense"), ("returned", "undo"), ("returned", "difference")]
    assert open_sums(books) == ("0.00", "300.00", "0.00")
    assert books.faults() == {}


def test_what_a_named_operator_was_credited_is_taken_back_and_the_rest_is_owed(desk: Desk, books: Books) -> None:
    lines = shown(desk, (neft(words=FIRST), 300))
    books.pay(FIRST, "200.00")
    back = statement((neft(words="RETURN"), "4430", -300), opening=100_300, day="03/04/2026")

    lines += desk.lines(desk.release(desk.receive(back)))

    assert decided(lines) == [("operator-named", "wallet"), ("returned", "undo")]
    assert books.current(FIRST) == "0.00"
    assert books.account(f"receivable:{FIRST}") == "200.00"
    assert books.faults() == {}


def test_what_was_credited_twice_goes_back_once_and_the_wallet_keeps_its_own(desk: Desk, books: Books) -> None:
    books.advise(FIRST, "300.00", reference=ONE, booked_on=DAY)

    lines = shown(desk, (neft(), 300), (neft(), 300), (neft(words="RETURN"), -300), (neft(words="RETURN"), -300))

    assert decided(lines) == [
        *(("advised", "tie"), ("twice-credited", "suspense")),
        *(("returned", "undo"), ("returned", "return")),
    ]
    assert books.current(FIRST) == "0.00"
    assert open_sums(books) == ("0.00", "0.00", "0.00")
    assert books.faults() == {}


def test_one_line_pays_two_advices_to_the_paisa(desk: Desk, books: Books) -> None:
    advised = [
        books.advise(FIRST, "300.00", reference=ONE, booked_on=DAY),
        books.advise(SECOND, "500.00", reference=TWO, booked_on=DAY),
    ]

    (line,) = shown(desk, (neft(), 800), column=TWO)

    assert decided([line]) == [("advised-together", "together")]
    assert line.candidates == tuple(each.credit.id for each in advised)
    assert (books.current(FIRST), books.current(SECOND)) == ("300.00", "500.00")
    assert open_sums(books) == ("0.00", "0.00", "0.00")
    assert books.faults() == {}
    with books.database.snapshot() as connection:
        assert report.draw_up(connection, DAY).statement["agrees"]


def test_a_share_of_one_line_may_go_back_by_its_own_number(desk: Desk, books: Books) -> None:
    books.advise(FIRST, "300.00", reference=ONE, booked_on=DAY)
    books.advise(SECOND, "500.00", reference=TWO, booked_on=DAY)
    shown(desk, (neft(), 800), column=TWO)

    back = statement((neft(TWO, "RETURN"), "4430", -500), opening=100_800, day="03/04/2026")
    (line,) = desk.lines(desk.release(desk.receive(back)))

    assert decided([line]) == [("returned", "return")]
    assert (books.current(FIRST), books.current(SECOND)) == ("300.00", "0.00")
    assert books.faults() == {}


def test_no_constraint_lets_a_line_be_tied_for_more_than_it_has_or_undone_twice(desk: Desk, books: Books) -> None:
    books.advise(FIRST, "300.00", reference=ONE, booked_on=DAY)
    books.advise(SECOND, "500.00", reference=TWO, booked_on=DAY)
    (line,) = shown(desk, (neft(), 800), column=TWO)

    with pytest.raises(psycopg.errors.CheckViolation, match="each_paisa_of_a_line_is_tied_once"):
        books.as_owner("UPDATE shared_lines SET tied_paise = tied_paise + 1")
    with pytest.raises(psycopg.errors.UniqueViolation, match="a_bank_line_ties_one_advice_a_share"):
        books.as_owner("UPDATE credits SET share = 1 WHERE share = 2")

    books.spoil(f"UPDATE credits SET share = 0 WHERE line = {line.id} AND share = 2")
    assert any(f"line {line.id}: shared by 30000" in row for row in books.faults()[12])


@pytest.mark.parametrize("number_first", [True, False])
def test_a_deposit_that_was_claimed_and_advised_goes_back_once(desk: Desk, books: Books, number_first: bool) -> None:
    books.claim(FIRST, "5000.00", mode="cdm", branch=None, cdm="9990012345", slip="8574")
    advice = books.advise(FIRST, "5000.00", reference="609312345678", booked_on=DAY, channel="cash")
    shown(desk, (CDM, 5000))
    by_number, by_reference = (f"REVERSAL {CDM}", -5000), ("IMPS RETURN 609312345678--", -5000)
    both = (by_number, by_reference) if number_first else (by_reference, by_number)

    back = statement(*((words, "4430", rupees) for words, rupees in both), opening=105_000, day="03/04/2026")
    lines = desk.lines(desk.release(desk.receive(back)))

    assert [line.disposition for line in lines] == ["undo" if number_first else "return", "difference"]
    assert books.current(FIRST) == "0.00"
    assert open_sums(books) == ("0.00", "5000.00", "0.00")
    with books.database.statement() as connection:
        assert credits.get(connection, CreditId.parse(advice.credit.id), client_id=None).state == "withdrawn"
        assert not connection.exec_driver_sql("SELECT FROM receivables").all()
    assert books.faults() == {}
