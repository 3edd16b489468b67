"""The turn of the financial year: what comes in April and counts for March is in March's statements, and is listed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.books import Books
from tests.ledger.clock import begin_books, stopped_clock
from tests.recon.week import said_of
from wallet_service.errors import DayInFuture
from wallet_service.identifiers import EntryId, OperatorCode
from wallet_service.ledger import day_book
from wallet_service.money import rupees
from wallet_service.recon import bank_accounts, business_day, intake, night, posting, report

HOWRAH = OperatorCode("BSKOP0071010")
ACCOUNT = "35345678901"
LAST, FIRST, THIRD = date(2027, 3, 31), date(2027, 4, 1), date(2027, 4, 3)
# A deposit of the year's last day, and an advised transfer of that day, which the bank books on the next.
STATEMENT = f"""\
Account Name       :\tTEST POOL
Account Number     :\t_000000{ACCOUNT}
Account Description:\tCURRENT ACCOUNT
Currency           :\tINR
IFS Code           :\tSBIN0000091
Opening Balance    :\t1,000.00
Start Date         :\t{{first}}
End Date           :\t01/04/2027

Txn Date\tValue Date\tDescription\tRef No./Cheque No.\tBranch Code\tDebit\tCredit\tBalance
{{first}}\t{{first}}\tCASH DEPOSIT-CASH DEPOSIT {HOWRAH}--\t \t91\t \t15.00\t1,015.00
01/04/2027\t31/03/2027\tBY TRANSFER-NEFT*YESB0000001*YESAP70900012345*TEST REMITTER--\tTRANSFER\t91\t \t60.00\t1,075.00
"""


class Spring:
    """The books at the end of March 2027, and the nights that follow."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.stop = stopped_clock(books)

    def begin(self, day: date) -> None:
        """Begin the books on *day*: one operator, who advises a transfer on the year's last day."""
        self.stop(f"{day} 08:00")
        begin_books(self.books, day.isoformat())
        self.books.wallet(code=HOWRAH)
        with self.books.database.transaction() as connection:
            bank_accounts.add(connection, "sbi:pool", ACCOUNT, begins_on=day, by="test")
        self.stop(f"{LAST} 11:00")
        self.books.advise(HOWRAH, "60.00", reference="YESAP70900012345", booked_on=LAST)

    def nights(self, first: date, last: date) -> None:
        """Let the nights of these days be done, each after midnight."""
        for number in range((last - first).days + 1):
            self.stop(f"{first + timedelta(days=number + 1)} 00:05")
            night.run(self.books.database, by="clock")

    def file_comes(self, morning: str, first: date) -> None:
        """Take in, release and post the bank's statement, whose first line was booked on *first*."""
        self.stop(morning)
        content = STATEMENT.format(first=first.strftime("%d/%m/%Y")).encode()
        reading = intake.read(content, today=self.books.today())
        database = self.books.database
        with database.transaction() as connection:
            file = intake.receive(connection, reading, filename="march.xls", by="mita", account="sbi:pool")
            intake.release(connection, file.id, intake.read_for_release(connection, file.id), by="kamal")
        assert posting.post_file(database, file.id) == 2

    def versions(self, day: date) -> list[tuple[str, dict[str, object]]]:
        """Return the versions of a day's statement: their states, and what they say."""
        with self.books.database.snapshot() as connection:
            last = report.get(connection, day).version
            found = [report.get(connection, day, number) for number in range(1, last + 1)]
        return [(each.state, said_of(each.statement)) for each in found]

    def late(self, day: date) -> list[tuple[str, str, date]]:
        """Return what is listed of a day as counting much earlier: kind, rupees, and the day it counts for."""
        with self.books.database.snapshot() as connection:
            found = day_book.late_entries(connection, day, after=None, limit=200)
            rest = day_book.late_entries(connection, day, after=EntryId.parse(found[0].id), limit=200) if found else []
            told = business_day.view(connection, day).late_entries
        assert (told.count, told.paise) == (len(found), sum(each.amount for each in found))
        assert rest == found[1:]
        return [(each.kind, rupees(each.amount), each.value_date) for each in found]


@pytest.fixture
def spring(books: Books) -> Spring:
    return Spring(books)


def test_a_deposit_of_march_that_comes_in_april_makes_new_versions_of_the_statements_since(spring: Spring) -> None:
    spring.begin(LAST)
    spring.nights(LAST, THIRD - timedelta(days=1))
    spring.file_comes(f"{THIRD} 09:00", LAST)
    spring.nights(THIRD, THIRD)

    (before, without), (after, march) = spring.versions(LAST)
    _, (in_april, april) = spring.versions(FIRST)

    assert (before, without["bank"]) == ("provisional", "0.00")
    assert without["owed_to_the_scheme"] == {"transit:top-ups": "60.00"}
    assert (after, march) == (
        "final",
        {
            "bank": "1015.00",
            "owed_to_the_scheme": {"transit:top-ups": "60.00"},
            "owed_by_the_scheme": {"wallet:*": "75.00", "opening:balances": "1000.00"},
            "open_items": {"transit:top-ups": [["60.00", 0]]},
        },
    )
    assert (in_april, april["bank"], april["open_items"]) == ("final", "1075.00", {})
    assert [state for state, _ in spring.versions(THIRD - timedelta(days=1))] == ["provisional", "provisional"]
    assert spring.late(THIRD) == [("opening", "1000.00", LAST), ("bank-credit", "15.00", LAST)]
    with spring.books.database.snapshot() as connection, pytest.raises(DayInFuture):
        day_book.late_entries(connection, THIRD + timedelta(days=2), after=None, limit=1)
    assert spring.books.faults() == {}


@pytest.mark.parametrize(
    ("day", "value_date", "is_late"),
    [
        (date(2027, 6, 10), date(2027, 5, 6), False),
        (date(2027, 6, 10), date(2027, 5, 5), True),
        (date(2027, 4, 1), date(2027, 3, 31), True),
        (date(2027, 5, 6), date(2027, 4, 1), False),
        (date(2027, 3, 31), date(2027, 2, 24), False),
        (date(2028, 2, 29), date(2028, 1, 24), True),
    ],
)
def test_the_35th_day_before_is_not_late_and_the_one_before_that_is(day: date, value_date: date, is_late: bool) -> None:
    assert (value_date < day_book.late_before(day)) is is_late
