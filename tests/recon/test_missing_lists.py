"""A department's list that does not come: missed when its term is over, of what no list covers."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest

from tests.books import Books
from tests.payments.settling import MONDAY, Treasury
from tests.recon.profile_files import text_of
from tests.recon.tie_week import FIXTURES
from wallet_service.errors import BreakNotFound, DepartmentNotFound, ListsNotExpected, ResolutionNotPossible
from wallet_service.identifiers import DepartmentCode, OperatorCode
from wallet_service.money import Paise, rupees
from wallet_service.recon import breaks, intake, list_terms, profiles, resolutions, taking
from wallet_service.recon.breaks import Break
from wallet_service.recon.list_terms import ListTerm

DAY = timedelta(days=1)
FRIDAY, SATURDAY, SUNDAY = MONDAY + 4 * DAY, MONDAY + 5 * DAY, MONDAY + 6 * DAY
"""The Saturday is the second of its month: the bank works on Friday, and next on Monday."""
OF_ONE_SERVICE = (
    text_of("department-mis")
    .replace('name = "department-mis"', 'name = "pod-bills"')
    .replace("service = { at = 2 }", 'service = { always = "001" }')
)
SCROLL = (FIXTURES / "transport-scroll.toml").read_text(encoding="utf-8")
_numbers = count(1)


class Finance(Treasury):
    """The treasury with one operator, and finance that expects lists: Mita brings them, Kamal releases them."""

    def __init__(self, books: Books, *, first: date = MONDAY) -> None:
        super().__init__(books, first=first)
        self.wallet: OperatorCode = books.wallet("9000.00")
        with books.database.transaction() as connection:
            for declaration in (OF_ONE_SERVICE, SCROLL):
                profiles.save(connection, declaration, by="mita")

    def pay(self, money: str, service: str = "001", department: str = "POD") -> str:
        """Pay a department today."""
        return self.books.pay(self.wallet, money, department=department, service=service).debit.id

    def expect(self, department: str = "POD", bank_days: int = 1, first: date = MONDAY) -> None:
        """Say that a department sends lists."""
        with self.books.database.transaction() as connection:
            list_terms.expect(connection, department, bank_days, first, by="asha")

    def end(self, department: str, last: date) -> None:
        """Say that a department sends no list of any later day."""
        with self.books.database.transaction() as connection:
            list_terms.end(connection, department, last, by="asha")

    def bring(self, day: date, *, department: str = "POD", profile: str = "department-mis") -> int:
        """Take in a department's list of a day, and return its file."""
        number = next(_numbers)
        row = f"{department}|001|T{number}||3012|10.00|R{number}|{day} 11:10:14|SUCCESS\n"
        return self._take_in(row, profile)

    def bring_scroll(self, *days: date) -> int:
        """Take in scroll 92 of the bank for road tax, with a receipt of each of some days, and return its file."""
        receipt = (
            '<Rcpt GRN="1920262700000{0}" BRN="SBI{0}" Hoa="0041" Amt="20.00" TxnDt="{1}T12:10:11" Mode="ONLINE"/>'
        )
        receipts = "".join(receipt.format(10_000 + next(_numbers), day) for day in days)
        head = (
            f'<Scroll ScrollNo="92" ScrollDate="2027-07-07" Bank="SBI" Count="{len(days)}" Total="{20 * len(days)}.00">'
        )
        return self._take_in(f"{head}{receipts}</Scroll>", "transport-scroll")

    def release(self, file: int) -> None:
        """Let the second person release a list."""
        with self.books.database.transaction() as connection:
            intake.release(connection, file, {}, by="kamal")

    def missing(self, limit: int = 200) -> list[Break]:
        """Return the breaks of lists that have not come, in their order."""
        with self.books.database.statement() as connection:
            return breaks.list_breaks(connection, kind="list-missing", after=None, limit=limit)

    def missed(self) -> list[tuple[str, str]]:
        """Return which lists are missing, and what was collected."""
        return [(each.reference.removeprefix("list "), rupees(each.amount or Paise(0))) for each in self.missing()]

    def _take_in(self, content: str, profile: str) -> int:
        keep = taking.read(self.books.database, content.encode(), profile=profile)
        with self.books.database.transaction() as connection:
            file = keep(connection, filename="list.txt", by="mita")
        assert file.state == "read", file.reason
        return file.id


@pytest.fixture
def finance(books: Books) -> Finance:
    return Finance(books)


def test_a_list_is_missed_when_its_term_is_over_by_the_banks_working_days(books: Books) -> None:
    finance = Finance(books, first=FRIDAY)
    finance.expect(bank_days=1, first=FRIDAY)
    finance.pay("250.00")
    finance.pay("50.00", service="002")
    finance.pay("25.00", service="002")

    seen = {finance.next_day(): finance.missed() for _ in range(5)}

    told = ("POD 2027-07-09", "325.00")
    assert list(seen.values()) == [[], [], [], [told], [told]]
    assert list(seen)[3] == FRIDAY + 4 * DAY
    (found,) = finance.missing()
    assert (found.id, found.kind, found.wallet) == ("list-missing:list-POD-2027-07-09", "list-missing", None)
    assert found.words == "The Power Department's list of 09/07/2027 has not come: 001, 002; 3 payments."
    assert "released" in found.next_step
    assert (found.since, found.age_days, found.age_bank_days) == (FRIDAY, 5, 3)


def test_a_list_of_the_day_itself_is_missed_on_the_banks_next_working_day(books: Books) -> None:
    finance = Finance(books, first=SATURDAY)
    finance.expect(bank_days=0, first=SATURDAY)
    for _ in range(2):
        finance.pay("100.00")
        finance.next_day()

    monday = finance.missing()

    assert [(each.reference, each.since, each.age_bank_days) for each in monday] == [
        ("list POD 2027-07-10", SATURDAY, 1),
        ("list POD 2027-07-11", SUNDAY, 1),
    ]
    assert monday[0].words.endswith("has not come: 001; 1 payment.")


def test_only_what_is_expected_is_missed(finance: Finance) -> None:
    finance.expect("POD", first=MONDAY + DAY)
    finance.expect("TRA", first=MONDAY + 30 * DAY)
    for _ in range(2):
        finance.pay("10.00")
        finance.pay("20.00", department="TRA")
        finance.pay("40.00", department="LND")
        finance.next_day()

    finance.next_day(3)

    assert finance.missed() == [("POD 2027-07-06", "10.00")]


def test_a_day_on_which_nothing_was_paid_has_no_list_and_what_went_back_is_in_that_of_its_day(finance: Finance) -> None:
    finance.expect()
    paid = finance.pay("10.00")
    finance.books.refund(finance.pay("5.00"), "5.00")
    finance.next_day()
    finance.books.refund(paid, "10.00")

    finance.next_day(3)

    assert [(each.service, each.day, each.payments) for each in finance.settled()] == [
        ("001", MONDAY, 2),
        ("001", MONDAY + DAY, 0),
    ]
    assert finance.missed() == [("POD 2027-07-05", "15.00")]


def test_a_released_list_of_the_day_closes_it_and_no_other(finance: Finance) -> None:
    finance.expect()
    finance.expect("TRA")
    for _ in range(2):
        finance.pay("10.00")
        finance.pay("20.00", department="TRA")
        finance.next_day()
    finance.next_day(2)
    every = [("POD 2027-07-05", "10.00"), ("TRA 2027-07-05", "20.00")]
    every += [("POD 2027-07-06", "10.00"), ("TRA 2027-07-06", "20.00")]
    assert finance.missed() == every

    file = finance.bring(MONDAY)
    assert finance.missed() == every
    finance.release(file)

    assert finance.missed() == every[1:]


def test_a_list_of_one_service_leaves_the_others_missing(finance: Finance) -> None:
    finance.expect()
    finance.pay("10.00", service="001")
    finance.pay("20.00", service="002")
    finance.next_day(3)

    finance.release(finance.bring(MONDAY, profile="pod-bills"))
    (rest,) = finance.missing()
    finance.release(finance.bring(MONDAY))

    assert (rest.id, rupees(rest.amount or Paise(0))) == ("list-missing:list-POD-2027-07-05", "20.00")
    assert rest.words.endswith("has not come: 002; 1 payment.")
    assert finance.missing() == []


def test_a_scroll_covers_the_days_that_its_newest_version_tells_of(finance: Finance) -> None:
    finance.expect("TRA")
    for _ in range(2):
        finance.pay("20.00", department="TRA")
        finance.next_day()
    finance.next_day(2)
    finance.release(finance.bring_scroll(MONDAY, MONDAY + DAY))
    again = finance.bring_scroll(MONDAY + DAY)
    assert finance.missing() == []

    finance.release(again)

    assert finance.missed() == [("TRA 2027-07-05", "20.00")]


def test_who_works_on_it_is_kept_and_it_has_no_resolution_but_to_wait(finance: Finance) -> None:
    finance.expect()
    finance.pay("10.00")
    finance.next_day(3)
    (found,) = finance.missing()

    with finance.books.database.transaction() as connection:
        taken = breaks.hand(connection, found.id, "rahim", by="mita")
        with pytest.raises(ResolutionNotPossible) as refused:
            resolutions.propose(connection, found.id, "refund", reason="none", by="mita")

    assert (taken.id, taken.owner) == (found.id, "rahim")
    assert refused.value.facts == {"reason": "A break of this kind can be resolved by: wait."}
    finance.release(finance.bring(MONDAY))
    with finance.books.database.transaction() as connection, pytest.raises(BreakNotFound):
        breaks.hand(connection, found.id, "rahim", by="mita")


def test_they_come_page_by_page_in_the_order_of_their_days(books: Books) -> None:
    finance = Finance(books, first=date(2027, 7, 30))
    finance.expect(bank_days=3, first=date(2027, 7, 30))
    finance.expect("TRA", bank_days=1, first=date(2027, 7, 30))
    for _ in range(4):
        finance.pay("10.00")
        finance.pay("10.00", department="TRA")
        finance.next_day()
    finance.next_day(10)

    paged: list[Break] = []
    with books.database.statement() as connection:
        while some := breaks.list_breaks(connection, after=(paged[-1].since, paged[-1].id) if paged else None, limit=3):
            paged += some

    assert [each.reference.removeprefix("list ") for each in paged] == [
        "POD 2027-07-30",
        "TRA 2027-07-30",
        "POD 2027-07-31",
        "TRA 2027-07-31",
        "POD 2027-08-01",
        "TRA 2027-08-01",
        "POD 2027-08-02",
        "TRA 2027-08-02",
    ]
    assert paged == finance.missing()


def test_what_is_missing_stays_when_it_is_ended_and_goes_when_it_is_said_anew(finance: Finance) -> None:
    for department in ("ZZZ", "POD"):
        with pytest.raises(DepartmentNotFound if department == "ZZZ" else ListsNotExpected):
            finance.end(department, MONDAY)
    with pytest.raises(DepartmentNotFound):
        finance.expect("ZZZ")
    finance.expect()
    for _ in range(3):
        finance.pay("10.00")
        finance.next_day()
    finance.next_day(2)
    assert len(finance.missed()) == 3

    finance.end("POD", MONDAY + DAY)
    ended = finance.missed()
    with finance.books.database.statement() as connection:
        told = list_terms.list_terms(connection)
    finance.expect(bank_days=2, first=MONDAY + DAY)
    later = finance.missed()
    finance.expect(bank_days=1, first=MONDAY + DAY)

    assert ended == [("POD 2027-07-05", "10.00"), ("POD 2027-07-06", "10.00")]
    assert told == [ListTerm(DepartmentCode("POD"), 1, MONDAY, MONDAY + DAY)]
    assert later == [("POD 2027-07-06", "10.00")]
    assert finance.missed() == [*later, ("POD 2027-07-07", "10.00")]
    with finance.books.database.statement() as connection:
        audited = connection.exec_driver_sql("SELECT by_whom, act, subject, facts FROM audit WHERE act LIKE 'lists-%%'")
        assert [tuple(row) for row in audited] == [
            ("asha", "lists-expect", "POD", {"bank_days": 1, "first_day": "2027-07-05"}),
            ("asha", "lists-end", "POD", {"last_day": "2027-07-06"}),
            ("asha", "lists-expect", "POD", {"bank_days": 2, "first_day": "2027-07-06"}),
            ("asha", "lists-expect", "POD", {"bank_days": 1, "first_day": "2027-07-06"}),
        ]
