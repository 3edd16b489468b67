"""An advice that comes after its lines takes them from suspense where they are all of its reference, and make it."""

from __future__ import annotations

import pytest

from tests.books import Books
from tests.payments.desk import Finance
from tests.recon.test_bank_files import OPERATORS
from tests.recon.test_parts import NOTHING, Bank
from tests.recon.test_returns_and_sums import DAY, ONE, neft, open_sums
from wallet_service.errors import AlreadyCredited, BankLineDiffers
from wallet_service.money import rupees

FIRST, SECOND, _ = OPERATORS


@pytest.fixture
def bank(books: Books) -> Bank:
    return Bank(books)


def test_an_advice_that_comes_after_its_lines_takes_them_all(bank: Bank, books: Books) -> None:
    bank.shows((neft(), 300), (neft(words=FIRST), 200))

    answer = books.advise(FIRST, "500.00", reference=ONE, booked_on=DAY)
    with pytest.raises(AlreadyCredited):
        books.advise(SECOND, "500.00", reference=ONE, booked_on=DAY)

    assert (answer.credit.state, answer.credit.entry, rupees(answer.balance.current)) == (
        *("tied", f"{FIRST}-000001"),
        "500.00",
    )
    assert (books.current(FIRST), open_sums(books)) == ("500.00", NOTHING)
    assert books.faults() == {}


@pytest.mark.parametrize(
    ("shown", "money", "channel"),
    [
        ((300,), "500.00", "neft"),
        ((300, 200, 100), "500.00", "neft"),
        ((250, 250), "500.00", "neft"),
        ((300, 200), "500.01", "neft"),
        ((300, 200), "500.00", "cash"),
    ],
)
def test_an_advice_takes_no_lines_that_are_not_its_amount_all_together(
    bank: Bank, books: Books, shown: tuple[int, ...], money: str, channel: str
) -> None:
    bank.shows(*((neft(), each) for each in shown))

    with pytest.raises(BankLineDiffers):
        books.advise(FIRST, money, reference=ONE, booked_on=DAY, channel=channel)

    assert books.current(FIRST) == "0.00"
    assert books.faults() == {}


def test_an_advice_takes_no_lines_that_are_sent_back(bank: Bank, books: Books) -> None:
    lines = bank.shows((neft(), 300), (neft(), 200))
    finance = Finance(books)
    finance.approve(finance.propose(finance.about(lines[1].id), "return-to-sender"))

    with pytest.raises(BankLineDiffers):
        books.advise(FIRST, "500.00", reference=ONE, booked_on=DAY)
