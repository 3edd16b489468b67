"""Which debit pays a settlement: the one that names its advice, to the paisa; what contradicts itself is a person's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.bank import Bank, BankLine
from tests.books import Books
from tests.payments.settling import Treasury
from wallet_service.identifiers import DepartmentCode
from wallet_service.money import Paise
from wallet_service.recon import narration, settled
from wallet_service.recon.answers import Disposition
from wallet_service.recon.candidates import Candidates, Line, PayoutCandidate
from wallet_service.recon.statements import Direction

DAY = date(2026, 4, 2)
POWER = PayoutCandidate("SA2627000001", DepartmentCode("POD"), Paise(10_000), "advised")
MORE_POWER = replace(POWER, number="SA2627000002", amount=Paise(2_500))
LAND = replace(POWER, number="SA2627000003", department=DepartmentCode("LND"))


def _line(rupees: int, words: str = "TO TRANSFER", direction: Direction = Direction.OUTFLOW) -> Line:
    return Line(DAY, DAY, direction, Paise(100 * rupees), narration.parse(words, ""))


@pytest.mark.parametrize(
    ("line", "payouts", "becomes"),
    [
        (_line(100), (POWER,), Disposition.SETTLEMENT),
        (_line(125), (POWER, MORE_POWER), Disposition.SETTLEMENT),
        (_line(100), (POWER, MORE_POWER), Disposition.DIFFERENCE),
        (_line(200), (POWER, LAND), Disposition.DIFFERENCE),
        (_line(99), (POWER,), Disposition.DIFFERENCE),
        (_line(101), (POWER,), Disposition.DIFFERENCE),
        (_line(100), (replace(POWER, state="paid"),), Disposition.DIFFERENCE),
        (_line(125), (POWER, replace(MORE_POWER, state="called off")), Disposition.DIFFERENCE),
        (_line(100, "NEFT RETURN"), (POWER,), Disposition.DIFFERENCE),
        (_line(5, "COMMISSION"), (POWER,), None),
        (_line(100, "COMMISSION"), (POWER,), Disposition.SETTLEMENT),
        (_line(100), (), None),
        (_line(100, direction=Direction.INFLOW), (POWER,), None),
    ],
)
def test_a_debit_pays_all_that_it_names_to_the_paisa_or_nothing(
    line: Line, payouts: tuple[PayoutCandidate, ...], becomes: Disposition | None
) -> None:
    answer = settled.settled(line, Candidates(payouts=payouts))

    assert (answer and answer.disposition) == becomes


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("TO TRANSFER-SA2627000001 POWER--", {"SA2627000001"}),
        ("to transfer/sa2627000001/sa2627000002", {"SA2627000001", "SA2627000002"}),
        ("NEFT*SBIN0000091*SBIN527186000123*SA2627000001", {"SA2627000001"}),
        ("SA26270000011 XSA2627000001 SA262700000 SA2627OOOOO1", set()),
    ],
)
def test_a_number_is_a_whole_word_of_the_line(words: str, named: set[str]) -> None:
    assert settled.numbers(words) == named


def test_a_number_that_the_banks_column_broke_in_two_is_read_as_one(books: Books) -> None:
    treasury = Treasury(books)
    books.pay(books.wallet("1000.00"), "100.00")
    treasury.next_day()
    advice = treasury.advise()

    *_, became = treasury.bank_shows("-100.00", f"TO TRANSFER POWER {advice.number[:7]}\n{advice.number[7:]} --")

    assert became == "settlement"


def test_of_two_lines_of_one_file_that_name_an_advice_the_first_pays_it(books: Books) -> None:
    payouts = settled.Payouts([POWER])
    payouts.paid(POWER.number)
    (seen,) = payouts.of_line(_line(100), (), f"TO TRANSFER {POWER.number}")
    treasury = Treasury(books)
    books.pay(books.wallet("1000.00"), "100.00")
    treasury.next_day()
    advice = treasury.advise()
    bank: Bank = treasury.bank

    bank.posted(BankLine("-100.00", advice.number), BankLine("-100.00", advice.number))

    assert seen.state == "paid"
    assert treasury.advice(advice.number).state == "paid"
    assert [amount for _, amount in treasury.breaks()] == ["100.00"]
    assert books.faults() == {}
