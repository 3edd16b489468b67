"""A deposit that the bank takes back leaves its wallet once, whether a rule finds it or two persons do."""

from __future__ import annotations

import pytest

from tests.books import Books
from tests.payments.desk import Finance
from tests.recon.test_parts import FIRST, Bank, advised, state
from tests.recon.test_returns_and_sums import DAY, ONE, SECOND, TWO, decided, neft
from wallet_service.errors import ResolutionNotPossible
from wallet_service.recon.bank_files import FileLine

BACK = neft(words="RETURN")
OTHER = "YESAP60920099999"


@pytest.fixture
def bank(books: Books) -> Bank:
    bank = Bank(books)
    bank.shows((neft(OTHER, FIRST), 90_000))  # Other money of the operator's, which must stay.
    return bank


@pytest.fixture
def finance(books: Books) -> Finance:
    return Finance(books)


def taken(finance: Finance, back: FileLine, deposit: FileLine, amount: str | None = None) -> str:
    """Return what becomes of taking a deposit, or an *amount* of it, from the first operator, for a debit."""
    kind = "reversal" if back.rule in {"returned", "reversal"} else "unexplained-debit"
    about = f"{kind}:bank-line-{back.id}"
    return finance.approve(finance.propose(about, "explain-return", line=deposit.id, wallet=FIRST, amount=amount)).state


def refused(finance: Finance, back: FileLine, deposit: FileLine, amount: str | None = None) -> str:
    """Return in words why it cannot be taken."""
    with pytest.raises(ResolutionNotPossible) as found:
        taken(finance, back, deposit, amount)
    return str(found.value.facts)


def test_what_a_rule_took_back_no_two_persons_take_again(bank: Bank, books: Books, finance: Finance) -> None:
    (deposit,) = bank.shows((neft(), 500))
    credit = books.advise(FIRST, "500.00", reference=ONE, booked_on=DAY.replace(day=3)).credit

    lines = bank.shows((BACK, -500), (BACK, -500))

    assert (credit.state, decided(lines)) == ("tied", [("returned", "return"), ("returned", "difference")])
    assert "not taken back" in refused(finance, lines[1], deposit)
    assert books.current(FIRST) == "90000.00"
    assert books.faults() == {}


def test_what_went_back_whole_is_not_taken_again_part_by_part(bank: Bank, books: Books, finance: Finance) -> None:
    advised(books, "80000.00", booked_on=DAY.replace(day=3))
    parts = bank.shows((neft(), 30_000), (neft(), 50_000))

    whole, again = bank.shows((BACK, -80_000), (BACK, -80_000))

    assert decided([whole, again]) == [("returned", "return"), ("returned", "difference")]
    for part, amount in zip(parts, ("30000.00", "50000.00"), strict=True):
        assert "not taken back" in refused(finance, again, part, amount)
    assert books.current(FIRST) == "90000.00"
    assert books.faults() == {}


@pytest.mark.parametrize("rupees", [500, 80_000])  # Credited at once, and when the bank has shown it.
def test_parts_are_taken_one_by_one_and_the_whole_is_not_taken_after_them(
    bank: Bank, books: Books, finance: Finance, rupees: int
) -> None:
    credit = advised(books, f"{rupees}.00", booked_on=DAY.replace(day=3))
    sums = (rupees - 100, 100)
    parts = bank.shows(*((neft(), each) for each in sums))
    backs = [bank.shows((BACK, -each))[0] for each in sums]

    assert taken(finance, backs[0], parts[0]) == "approved"
    assert (state(books, credit), books.current(FIRST)) == ("withdrawn", "90100.00")
    assert books.faults() == {}
    (whole,) = bank.shows((BACK, -rupees))

    assert decided([*backs, whole]) == [("returned", "difference")] * 3
    assert taken(finance, backs[1], parts[1]) == "approved"
    assert "not taken back" in refused(finance, whole, parts[1], "100.00")
    assert books.current(FIRST) == "90000.00"
    assert books.faults() == {}


def test_an_advice_that_went_back_under_another_number_is_taken_whole(
    bank: Bank, books: Books, finance: Finance
) -> None:
    credit = advised(books, booked_on=DAY.replace(day=3))
    (deposit,) = bank.shows((neft(), 500))
    (back,) = bank.shows((neft(TWO, "RETURN"), -500))

    assert "goes back whole" in refused(finance, back, deposit, "499.00")
    assert taken(finance, back, deposit) == "approved"
    (late,) = bank.shows((BACK, -500))

    assert (state(books, credit), books.current(FIRST)) == ("withdrawn", "90000.00")
    assert decided([late]) == [("returned", "difference")]
    assert "not taken back" in refused(finance, late, deposit)
    assert books.faults() == {}


def test_each_of_several_advices_that_share_a_line_is_taken_by_itself(
    bank: Bank, books: Books, finance: Finance
) -> None:
    credits = [
        books.advise(FIRST, f"{rupees}.00", reference=number, booked_on=DAY.replace(day=3)).credit.id
        for rupees, number in ((300, ONE), (500, TWO))
    ]
    (deposit,) = bank.shows((neft(), 800), column=TWO)
    (back,) = bank.shows((neft("YESAP60920077777", "RETURN"), -300))
    assert decided([deposit]) == [("advised-together", "together")]

    assert "goes back whole" in refused(finance, back, deposit, "299.00")
    assert taken(finance, back, deposit, "300.00") == "approved"

    assert [state(books, credit) for credit in credits] == ["withdrawn", "tied"]
    assert books.current(FIRST) == "90500.00"
    assert books.faults() == {}
    (rest,) = bank.shows((neft(TWO, "RETURN"), -500))
    assert decided([rest]) == [("returned", "return")]
    assert books.current(FIRST) == "90000.00"
    assert books.faults() == {}


def test_a_deposit_that_named_its_wallet_is_taken_by_a_rule_or_by_two_persons(
    bank: Bank, books: Books, finance: Finance
) -> None:
    first, second = bank.shows((neft(ONE, FIRST), 500), (neft(TWO, FIRST), 700))
    (other,) = bank.shows((neft("YESAP60920077777", "RETURN"), -500))
    assert taken(finance, other, first, "200.00") == "approved"
    assert books.faults() == {}

    late, undone, again = bank.shows((BACK, -500), (neft(TWO, "RETURN"), -700), (neft(TWO, "RETURN"), -700))

    assert decided([late, undone, again]) == [
        *(("returned", "difference"), ("returned", "undo")),
        ("returned", "difference"),
    ]
    assert "no more than 300.00" in refused(finance, late, first)
    assert "not taken back" in refused(finance, again, second)
    assert taken(finance, late, first, "300.00") == "approved"
    assert books.current(FIRST) == "90000.00"
    assert books.faults() == {}


def test_what_was_credited_out_of_the_differences_is_taken_back(books: Books, finance: Finance) -> None:
    howrah, line = books.wallet("500.00"), finance.parked("300.00")
    kept = finance.approve(finance.propose(finance.about(line), "write-to-differences"))
    surplus = f"unexplained-credit:surplus-{kept.id}"
    finance.approve(finance.propose(surplus, "credit-wallet", wallet=howrah, amount="250.00"))
    about = f"unexplained-debit:bank-line-{finance.goes_out('300.00')}"

    with pytest.raises(ResolutionNotPossible) as found:
        finance.propose(about, "explain-return", line=line, wallet=howrah)
    assert "no more than 250.00" in str(found.value.facts)
    finance.approve(finance.propose(about, "explain-return", line=line, wallet=howrah, amount="250.00"))

    assert books.current(howrah) == "500.00"
    assert books.faults() == {}


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        ("DELETE FROM deposits_returned", "is of 50000 paise, of wallets' deposits it took 0"),
        ("UPDATE deposits_returned SET amount_paise = 1", "of wallets' deposits it took 1"),
        ("DELETE FROM deposits_taken_back", "gave back nothing"),
        ("UPDATE deposits_taken_back SET taken_paise = 1", "had 50000 paise of it, gave back 1"),
        (f"UPDATE deposits_returned SET book = (SELECT id FROM books WHERE code = '{SECOND}')", "the returns are 0"),
    ],
)
def test_what_a_rule_took_back_is_counted(bank: Bank, books: Books, spoilt: str, says: str) -> None:
    advised(books, booked_on=DAY.replace(day=3))
    bank.shows((neft(), 500))
    bank.shows((BACK, -500))
    assert books.faults() == {}

    books.spoil(spoilt)

    found = books.faults()
    assert found.keys() == {12}
    assert any(says in row for row in found[12]), found
