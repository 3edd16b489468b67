"""A number that stands in the reference column of many lines: it makes no two of them one, and moves nobody's money."""

from __future__ import annotations

import pytest

from tests.books import Books
from tests.payments.test_claims import statement
from tests.recon.camt_documents import day_of, entry
from tests.recon.mt940_messages import DAY as MESSAGE
from tests.recon.test_bank_files import OPERATORS, Desk
from tests.recon.test_returns_and_sums import DAY, ONE, TWO, decided, neft, open_sums
from wallet_service.recon.bank_files import FileLine

FIRST, SECOND, _ = OPERATORS
CUSTOMER = "CUST0012345678"
PAYOUT = "TO TRANSFER-INB NEFT UTR NO: SBIN426092012345--WBSEDCL"


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def shown(
    desk: Desk, *lines: tuple[str, int], opening: int = 100_000, day: str = "02/04/2026", column: str = CUSTOMER
) -> list[FileLine]:
    """Return the lines that the bank shows on one day, once they are posted: words and whole rupees of each."""
    content = statement(*((words, "4430", rupees) for words, rupees in lines), opening=opening, day=day)
    return desk.lines(desk.release(desk.receive(content.replace(b"\t \t4430", f"\t{column}\t4430".encode()))))


def test_two_deposits_under_their_own_numbers_are_two_and_one_that_goes_back_is_that_one(
    desk: Desk, books: Books
) -> None:
    books.advise(FIRST, "10000.00", reference=ONE, booked_on=DAY)
    books.advise(SECOND, "10000.00", reference=TWO, booked_on=DAY)

    lines = shown(desk, (neft(ONE), 10_000), (neft(TWO), 10_000))
    assert all(line.reference == CUSTOMER for line in lines)
    lines += shown(desk, (neft(ONE, "RETURN"), -10_000), opening=120_000, day="03/04/2026")

    assert decided(lines) == [("advised", "tie"), ("advised", "tie"), ("returned", "return")]
    assert (books.current(FIRST), books.current(SECOND)) == ("0.00", "10000.00")
    assert open_sums(books) == ("0.00", "0.00", "0.00")
    assert books.faults() == {}


def test_a_payout_takes_no_deposit_back_out_of_a_wallet(desk: Desk, books: Books) -> None:
    lines = shown(desk, (neft(words=FIRST), 10_000))
    lines += shown(desk, (PAYOUT, -10_000), opening=110_000, day="03/04/2026")

    assert decided(lines) == [("operator-named", "wallet"), ("unexplained", "difference")]
    assert books.current(FIRST) == "10000.00"
    assert books.faults() == {}


def test_a_debit_without_a_number_of_its_own_takes_from_a_wallet_only_by_its_words(desk: Desk, books: Books) -> None:
    lines = shown(desk, (neft(words=FIRST), 300), ("TO TRANSFER-INB WBSEDCL--", -300), ("REVERSAL--", -300))

    assert decided(lines) == [("operator-named", "wallet"), ("returned", "difference"), ("returned", "undo")]
    assert books.current(FIRST) == "0.00"
    assert books.faults() == {}


def test_a_payout_takes_no_advised_credit_back_by_the_number_in_its_column(desk: Desk, books: Books) -> None:
    books.advise(FIRST, "300.00", reference=CUSTOMER, booked_on=DAY)

    lines = shown(desk, (neft(), 300), (PAYOUT, -300))

    assert decided(lines) == [("advised", "tie"), ("returned", "difference")]
    assert books.current(FIRST) == "300.00"
    assert books.faults() == {}


def test_what_a_machine_took_in_goes_back_under_its_number(desk: Desk, books: Books) -> None:
    machine = "CSH DEP (CDM)-9990012345 8574--"
    books.advise(FIRST, "300.00", reference="99900123458574", booked_on=DAY, channel="cdm")

    lines = shown(desk, (machine, 300))
    lines += shown(desk, (machine, -300), opening=100_300, day="03/04/2026")

    assert decided(lines) == [("advised", "tie"), ("returned", "return")]
    assert books.current(FIRST) == "0.00"
    assert books.faults() == {}


def test_a_deposit_does_not_vanish_into_a_debit_of_another_number(desk: Desk, books: Books) -> None:
    lines = shown(desk, (PAYOUT, -300), (neft(words=FIRST), 300))

    assert decided(lines) == [("unexplained", "difference"), ("operator-named", "wallet")]
    assert books.current(FIRST) == "300.00"
    assert books.faults() == {}


def test_a_deposit_that_names_somebody_explains_no_debit_even_under_one_number(desk: Desk, books: Books) -> None:
    lines = shown(desk, (neft(words="WBSEDCL"), -300), (neft(words=FIRST), 300))

    assert decided(lines) == [("returned", "difference"), ("reversal", "suspense")]
    assert open_sums(books) == ("-300.00", "300.00", "0.00")
    assert books.faults() == {}


def test_a_charge_under_the_number_of_a_deposit_is_a_charge(desk: Desk, books: Books) -> None:
    books.advise(FIRST, "300.00", reference=ONE, booked_on=DAY)

    lines = shown(desk, (neft(), 300), ("COMM---", -59), column=ONE)

    assert decided(lines) == [("advised", "tie"), ("charge", "charge")]
    assert books.account("bank:charges") == "59.00"
    assert books.faults() == {}


def test_what_a_payer_writes_on_all_his_payments_hides_no_number_of_the_clearing(desk: Desk, books: Books) -> None:
    books.advise(FIRST, "300.00", reference=ONE, booked_on=DAY)
    books.advise(SECOND, "300.00", reference=TWO, booked_on=DAY)
    refs = "<EndToEndId>BSKWALLETTOPUP</EndToEndId><ClrSysRef>{}</ClrSysRef>"
    told = [f"<NtryDtls><TxDtls><Refs>{refs.format(number)}</Refs></TxDtls></NtryDtls>" for number in (ONE, TWO)]

    content = day_of(*(entry("300.00", within=each) for each in told), closing="1600.00").encode()
    lines = desk.lines(desk.release(desk.receive(content)))

    assert decided(lines) == [("advised", "tie")] * 2
    assert (books.current(FIRST), books.current(SECOND)) == ("300.00", "300.00")
    assert books.faults() == {}


def test_what_is_left_of_an_rtgs_number_makes_no_two_lines_one(desk: Desk, books: Books) -> None:
    content = (
        MESSAGE.replace("CR5000,00NTRFYESAP60920012345", "CR250000,00NTRFSBINR12026040200")
        .replace("NEFT*YESB0000001*YESAP60920012345*TEST REMITTER", f"TOP UP {FIRST}")
        .replace("SBINR120260402//", "SBINR12026040200//")
        .replace("RTGS UTR NO: SBINR12026040200000017 ", "")
        .replace("INR759441,00", "INR1004441,00")
    )

    lines = desk.lines(desk.release(desk.receive(content.encode())))

    assert [line.reference for line in lines[1:3]] == ["SBINR12026040200"] * 2
    assert decided(lines)[1:3] == [("operator-named", "wallet"), ("unexplained", "difference")]
    assert books.current(FIRST) == "250000.00"
    assert books.faults() == {}
