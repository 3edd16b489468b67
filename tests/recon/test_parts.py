"""Several lines of one reference that make one advice together, played through the books."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from tests.books import Books
from tests.ledger.clock import stopped_clock
from tests.payments.desk import Finance
from tests.payments.test_claims import statement
from tests.recon.test_bank_files import OPERATORS, Desk
from tests.recon.test_returns_and_sums import DAY, ONE, TWO, decided, neft, open_sums
from wallet_service.identifiers import CreditId
from wallet_service.payments import credits
from wallet_service.recon import breaks, report
from wallet_service.recon.bank_files import FileLine

FIRST, SECOND, _ = OPERATORS
NOTHING = ("0.00", "0.00", "0.00")


class Bank:
    """The pool account, whose files come one after the other, a day each. Amounts are whole rupees."""

    def __init__(self, books: Books) -> None:
        self.desk = Desk(books)
        self._balance, self._days = 100_000, iter(range(2, 30))

    def shows(
        self, *lines: tuple[str, int], on: int | None = None, day: int | None = None, column: str = " "
    ) -> list[FileLine]:
        """Return the lines of the next file, posted: words and rupees of each, valued *on* a day, a *column* of all."""
        day = day or next(self._days)
        told = statement(*((words, "4430", rupees) for words, rupees in lines), opening=self._balance, day=_day(day))
        told = told.replace(b"--\t \t", f"--\t{column}\t".encode())
        if on is not None:  # Booked later, and counting for an earlier day.
            told = told.replace(f"\n{_day(day)}\t{_day(day)}".encode(), f"\n{_day(day)}\t{_day(on)}".encode())
        self._balance += sum(rupees for _, rupees in lines)
        return self.desk.lines(self.desk.release(self.desk.receive(told)))


def _day(day: int) -> str:
    return f"{day:02d}/04/2026"


@pytest.fixture
def bank(books: Books) -> Bank:
    return Bank(books)


def advised(books: Books, rupees: str = "500.00", **told: object) -> str:
    return books.advise(FIRST, rupees, **({"reference": ONE, "booked_on": DAY} | told)).credit.id  # type: ignore[arg-type]


def state(books: Books, credit: str) -> str:
    with books.database.statement() as connection:
        return credits.get(connection, CreditId.parse(credit), client_id=None).state


def test_two_lines_of_one_file_make_the_advice(bank: Bank, books: Books) -> None:
    credit = advised(books)

    first, last = bank.shows((neft(), 300), (neft(), 200))

    assert decided([first, last]) == [("advised-otherwise", "suspense"), ("advised-in-parts", "parts")]
    assert "the bank shows ₹300.00. What comes under it with the same date may be the rest" in str(first.reason)
    assert f"With bank line {first.id} it makes the credit advised to {FIRST} exactly" in str(last.reason)
    assert last.candidates == (credit, f"line {first.id}")
    assert [line.state for line in (first, last)] == ["posted", "posted"]
    assert (state(books, credit), books.current(FIRST)) == ("tied", "500.00")
    assert open_sums(books) == NOTHING
    assert books.entries("house")[-4:] == [
        ("suspense", "bank:sbi:pool", "suspense:bank-credits", "300.00"),
        ("suspense", "bank:sbi:pool", "suspense:bank-credits", "200.00"),
        ("suspense-cleared", "suspense:bank-credits", "transit:top-ups", "300.00"),
        ("suspense-cleared", "suspense:bank-credits", "transit:top-ups", "200.00"),
    ]
    assert books.faults() == {}


def test_parts_of_two_files_wait_for_each_other_as_open_items(bank: Bank, books: Books) -> None:
    credit = advised(books)

    bank.shows((neft(), 300))

    assert (state(books, credit), open_sums(books)) == ("credited", ("-300.00", "0.00", "500.00"))
    with books.database.statement() as connection:
        kinds = {each.kind for each in breaks.list_breaks(connection, after=None, limit=9)}
    assert "unmatched-credit" in kinds
    assert books.faults() == {}

    bank.shows((neft(), 200), on=2)

    assert (state(books, credit), open_sums(books), books.current(FIRST)) == ("tied", NOTHING, "500.00")
    assert books.faults() == {}
    for day in (DAY, date(2026, 4, 3)):
        with books.database.snapshot() as connection:
            assert report.draw_up(connection, day).statement["agrees"]


def test_an_advice_that_waited_for_the_bank_is_credited_by_its_parts_alone(bank: Bank, books: Books) -> None:
    credit = advised(books, "80000.00")
    assert state(books, credit) == "awaiting-bank"

    bank.shows((neft(), 30_000), (neft(), 40_000))
    assert (books.current(FIRST), open_sums(books)) == ("0.00", ("-70000.00", "0.00", "0.00"))
    bank.shows((neft(), 10_000), on=2)

    assert (state(books, credit), books.current(FIRST), open_sums(books)) == ("tied", "80000.00", NOTHING)
    assert books.faults() == {}


def test_what_its_parts_credit_repays_what_the_operator_owes(bank: Bank, books: Books) -> None:
    bank.shows((neft(TWO, FIRST), 300))
    books.pay(FIRST, "300.00")
    bank.shows((neft(TWO, "RETURN"), -300))
    advised(books, "80000.00", booked_on=date(2026, 4, 4))

    bank.shows((neft(), 30_000), (neft(), 50_000))

    assert books.current(FIRST) == "79700.00"
    assert books.account(f"receivable:{FIRST}") == "0.00"
    assert books.faults() == {}


@pytest.mark.parametrize(
    ("rupees", "others"),
    [
        ((300, 200, 200), ()),  # Either of the two may be the rest,
        ((250, 250), ()),  # the same twice may be one deposit,
        ((300, 199), ()),  # and nearly is not exactly.
        ((300, 200), ((neft(words="X"), 500),)),  # One line is the whole of it.
        ((300, 200, 400, 100), ()),
        ((300,), ((neft("PUNBP60920012345"), 200),)),
        ((300,), ((f"BY TRANSFER-NEFT*YESB0000001*{TWO}*{ONE}--", 200),)),
    ],
)
def test_a_sum_that_is_not_the_only_one_stays_open(
    bank: Bank, books: Books, rupees: tuple[int, ...], others: tuple[tuple[str, int], ...]
) -> None:
    credit = advised(books)

    lines = bank.shows(*((neft(), each) for each in rupees), *others)

    assert "advised-in-parts" not in {line.rule for line in lines}
    assert books.current(FIRST) == "500.00"
    assert state(books, credit) == ("tied" if 500 in (money for _, money in others) else "credited")
    assert books.faults() == {}


def test_a_part_of_another_day_is_none(bank: Bank, books: Books) -> None:
    credit = advised(books)

    bank.shows((neft(), 300))
    bank.shows((neft(), 200))

    assert (state(books, credit), open_sums(books)) == ("credited", ("-500.00", "0.00", "500.00"))
    assert books.faults() == {}


def test_a_deposit_in_cash_is_not_made_of_several_lines(bank: Bank, books: Books) -> None:
    credit = advised(books, channel="cash")

    bank.shows((neft(), 300), (neft(), 200))

    assert (state(books, credit), books.current(FIRST)) == ("awaiting-bank", "0.00")


def test_what_is_shown_again_after_its_parts_made_it_matches_nothing_more(bank: Bank, books: Books) -> None:
    credit = advised(books)
    bank.shows((neft(), 300), (neft(), 200))

    again = bank.shows((neft(), 300), (neft(), 200), (neft(), 500), on=2)

    assert {line.state for line in again} == {"suspense"}
    assert (state(books, credit), books.current(FIRST), books.account("suspense:bank-credits")) == (
        *("tied", "500.00"),
        "-1000.00",
    )
    assert books.faults() == {}


@pytest.mark.parametrize("resolution", ["credit-wallet", "return-to-sender"])
def test_a_part_that_two_persons_gave_or_sent_away_makes_nothing(bank: Bank, books: Books, resolution: str) -> None:
    credit = advised(books)
    (first,) = bank.shows((neft(), 300))
    finance = Finance(books)
    whose = {"wallet": SECOND, "amount": "300.00"} if resolution == "credit-wallet" else {}
    finance.approve(finance.propose(finance.about(first.id), resolution, **whose))  # type: ignore[arg-type]

    (last,) = bank.shows((neft(), 200), on=2)

    assert (state(books, credit), last.rule) == ("credited", "advised-otherwise")
    assert books.current(SECOND) == ("300.00" if whose else "0.00")
    assert books.faults() == {}


def test_another_banks_line_of_the_same_digits_is_no_reason_to_doubt_the_parts(bank: Bank, books: Books) -> None:
    credit = advised(books)

    lines = bank.shows((neft(), 300), (neft("PUNBP60920012345"), 200), (neft(), 200))

    assert [line.rule for line in lines] == ["advised-otherwise", "shared-reference", "advised-in-parts"]
    assert (state(books, credit), open_sums(books)) == ("tied", ("-200.00", "0.00", "0.00"))
    assert books.faults() == {}


def test_parts_that_are_seen_after_an_early_close_count_for_the_day(books: Books) -> None:
    stopped_clock(books)("2026-04-02 20:00")
    bank = Bank(books)
    advised(books)
    bank.shows((neft(), 300))
    books.close_day(DAY)

    bank.shows((neft(), 200), day=2)

    with books.database.snapshot() as connection:
        drawn = report.draw_up(connection, DAY).statement
    assert drawn["agrees"]
    assert [each["items"] for each in drawn["part_b"]["open_items"]] == [[], []]
    assert books.faults() == {}


def test_a_part_that_the_bank_takes_back_later_is_a_persons_to_decide(bank: Bank, books: Books) -> None:
    credit = advised(books)
    bank.shows((neft(), 300), (neft(), 200))

    (back,) = bank.shows((neft(words="RETURN"), -300))

    assert decided([back]) == [("returned", "difference")]
    assert (state(books, credit), books.current(FIRST), open_sums(books)) == (
        "tied",
        "500.00",
        ("0.00", "300.00", "0.00"),
    )
    with books.database.statement() as connection:
        assert [each.kind for each in breaks.list_breaks(connection, after=None, limit=9)] == ["reversal"]
    assert books.faults() == {}


def test_a_part_that_goes_back_before_the_rest_comes_makes_nothing(bank: Bank, books: Books) -> None:
    credit = advised(books)
    bank.shows((neft(), 300))

    bank.shows((neft(words="RETURN"), -300))
    bank.shows((neft(), 200), on=2)

    assert (state(books, credit), open_sums(books)) == ("credited", ("-200.00", "0.00", "500.00"))
    assert books.faults() == {}


def test_the_whole_that_the_bank_takes_back_in_one_line_leaves_the_wallet(bank: Bank, books: Books) -> None:
    credit = advised(books)
    bank.shows((neft(), 300), (neft(), 200))

    lines = bank.shows((neft(words="RETURN"), -500), (neft(words="RETURN"), -500))

    assert decided(lines) == [("returned", "return"), ("returned", "difference")]
    assert (state(books, credit), books.current(FIRST)) == ("withdrawn", "0.00")
    assert books.faults() == {}


def test_no_constraint_lets_a_part_be_used_twice(bank: Bank, books: Books) -> None:
    advised(books)
    _, last = bank.shows((neft(), 300), (neft(), 200))

    with pytest.raises(psycopg.errors.CheckViolation, match="each_paisa_of_an_advice_is_seen_once"):
        books.as_owner("UPDATE split_credits SET seen_paise = seen_paise + 1")
    with pytest.raises(psycopg.errors.UniqueViolation, match="a_line_is_a_part_of_one_advice"):
        books.as_owner("INSERT INTO credit_parts SELECT * FROM credit_parts")
    with pytest.raises(psycopg.errors.UniqueViolation, match="entries_once_per"):
        books.as_owner(
            "SELECT post_entry('suspense-cleared', account_id('suspense:bank-credits'), account_id('transit:top-ups'),"
            f" 1, NULL, 'bank-line', {last.id})"
        )


@pytest.mark.parametrize(
    ("spoilt", "law", "says"),
    [
        ("DELETE FROM credit_parts WHERE line = {first}", 10, "made by 1 line(s) of 20000 paise"),
        ("DELETE FROM credit_parts; DELETE FROM split_credits", 10, "line {last} and the credit"),
        ("UPDATE split_credits SET seen_paise = 1", 10, "made by 2 line(s) of 50000 paise"),
        ("UPDATE credits SET line = {first}", 10, "made by 2 line(s) of 50000 paise"),
        ("UPDATE bank_line_postings SET disposition = 'suspense'", 10, "made by 2 line(s) of 50000 paise"),
        ("UPDATE credits SET state = 'credited', line = NULL", 12, "its open items are 50000"),
    ],
)
def test_the_laws_find_parts_that_tell_otherwise(bank: Bank, books: Books, spoilt: str, law: int, says: str) -> None:
    advised(books)
    first, last = bank.shows((neft(), 300), (neft(), 200))
    assert books.faults() == {}

    books.spoil(spoilt.format(first=first.id, last=last.id))

    assert any(says.format(last=last.id) in row for row in books.faults()[law])
