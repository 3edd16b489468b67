"""A bank's line that was announced credits its operator; without the line, or in doubt, nobody is credited."""

from __future__ import annotations

import pytest

from tests.bank import Bank, BankLine
from tests.books import Books
from tests.recon.profile_files import VAN
from tests.recon.test_profiles import Desk

NEFT = "NEFT*YESB0000001*YESAP60920012345*TEST REMITTER"
RTGS = "RTGS UTR NO: SBINR12026040200000099 UNKNOWN OPERATOR"


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def posted(books: Books, *lines: BankLine) -> list[tuple[str, str]]:
    """Post lines, and return the rule and the reason of each."""
    bank = Bank(books)
    file = bank.posted(*lines)
    with books.database.statement() as connection:
        rows = connection.exec_driver_sql(
            "SELECT p.rule, p.reason FROM bank_line_postings p JOIN bank_lines l ON l.id = p.line WHERE l.file = %s"
            " ORDER BY l.row_number",
            (file,),
        )
        return [tuple(row) for row in rows]


def test_a_line_that_was_announced_credits_its_operator_once(desk: Desk, books: Books) -> None:
    wallet = books.wallet(code="BSKOP0071010")
    desk.release(desk.bring(VAN))

    told = posted(books, BankLine("35000.00", NEFT), BankLine("1500.00", "INB IMPS609312345679/XX0070/TEST"))

    assert [rule for rule, _ in told] == ["announced", "announced"]
    assert "announced its reference, amount and date for BSKOP0071010" in told[0][1]
    assert books.current(wallet) == "36500.00"
    assert books.faults() == {}


def test_a_file_that_nobody_released_announces_nothing(desk: Desk, books: Books) -> None:
    wallet = books.wallet(code="BSKOP0071010")
    desk.bring(VAN)

    assert [rule for rule, _ in posted(books, BankLine("35000.00", NEFT))] == ["unexplained"]
    assert books.current(wallet) == "0.00"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (BankLine("750.50", RTGS), "BSKOP9999999, who has no wallet"),
        (BankLine("35000.01", NEFT), "announced with ₹35,000.00; the bank shows ₹35,000.01"),
        (BankLine("35000.00", f"{NEFT} BSKOP0071011"), "and names BSKOP0071011"),
    ],
)
def test_what_does_not_fit_is_parked_with_its_reason(desk: Desk, books: Books, line: BankLine, reason: str) -> None:
    wallets = [books.wallet(code=code) for code in ("BSKOP0071010", "BSKOP0071011")]
    desk.release(desk.bring(VAN))

    ((rule, said),) = posted(books, line)

    assert rule == "announced"
    assert reason in said
    assert [books.current(wallet) for wallet in wallets] == ["0.00", "0.00"]
    assert books.account("suspense:bank-credits") == f"-{line.money}"
    assert books.faults() == {}


def test_an_advice_of_the_same_reference_is_tied_and_credits_no_second_time(desk: Desk, books: Books) -> None:
    wallet = books.wallet(code="BSKOP0071010")
    desk.release(desk.bring(VAN))
    books.advise(wallet, "35000.00", reference="YESAP60920012345")

    told = posted(books, BankLine("35000.00", NEFT))

    assert [rule for rule, _ in told] == ["advised"]
    assert books.current(wallet) == "35000.00"


def test_an_operator_who_advised_the_same_by_another_reference_is_a_persons_to_decide(desk: Desk, books: Books) -> None:
    wallet = books.wallet(code="BSKOP0071010")
    desk.release(desk.bring(VAN))
    books.advise(wallet, "35000.00", reference="HDFC000000099999")

    ((rule, said),) = posted(books, BankLine("35000.00", NEFT))

    assert (rule, books.current(wallet)) == ("announced", "35000.00")
    assert "also advised or claimed" in said


@pytest.mark.parametrize("who", ["BSKOP0071010", "BSKOP0071011"])
def test_an_advice_of_what_was_announced_for_another_ties_nothing(desk: Desk, books: Books, who: str) -> None:
    wallets = {code: books.wallet(code=code) for code in ("BSKOP0071010", "BSKOP0071011")}
    books.advise(wallets[who], "35000.00", reference="YESAP60920012345")
    desk.release(desk.bring(VAN))

    ((rule, reason),) = posted(books, BankLine("35000.00", NEFT))

    assert rule == "advised"
    assert ("announced for BSKOP0071010: a person decides" in reason) == (who != "BSKOP0071010")
    assert books.faults() == {}
