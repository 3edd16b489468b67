"""A department's list is its answer for payments that were unknown, and a rebate is no difference."""

from __future__ import annotations

from datetime import date

import pytest

from tests.books import Books
from wallet_service.database import Database
from wallet_service.identifiers import DebitId, OperatorCode
from wallet_service.money import paise
from wallet_service.payments import unknowns
from wallet_service.payments.debits import Debit
from wallet_service.payments.unknowns import DepartmentAnswer
from wallet_service.recon import breaks, intake, taking, tying

SERVICE = "001"


@pytest.fixture
def howrah(books: Books) -> OperatorCode:
    return books.wallet("1000.00")


def listed(books: Books, *rows: tuple[Debit, str, str]) -> int:
    """Let the department of power send a list of today, each row a debit, its amount and its state; compare it."""
    day: date = books.today()
    content = "".join(
        f"POD|{SERVICE}|{debit.service_ticket_no}|||{rupees}|R{place}|{day} 10:00:{place:02d}|{state}\n"
        for place, (debit, rupees, state) in enumerate(rows)
    )
    keep = taking.read(books.database, content.encode(), profile="department-mis")
    with books.database.transaction() as connection:
        file = keep(connection, filename="pod.txt", by="mita")
    with books.database.transaction() as connection:
        intake.release(connection, file.id, {}, by="kamal")
    tying.tie_file(books.database, file.id)
    return file.id


def kinds(books: Books) -> list[tuple[str, str]]:
    with books.database.statement() as connection:
        return [(each.kind, each.reference) for each in breaks.list_breaks(connection, after=None, limit=50)]


def answer(database: Database, debit: str) -> tuple[str | None, str | None, bool]:
    """Return what a debit's department answered, by whom, and whether nothing is left to resolve."""
    parsed = DebitId.parse(debit)
    with database.statement() as connection:
        row = connection.exec_driver_sql(
            "SELECT u.answer::text, u.answered_by, u.resolved_at IS NOT NULL AS settled FROM unknown_payments u"
            " JOIN books b ON b.id = u.book WHERE b.code = %s AND u.number = %s",
            (parsed.book, parsed.number),
        ).one()
    return row.answer, row.answered_by, row.settled


def test_a_list_answers_for_what_was_unknown(books: Books, howrah: OperatorCode) -> None:
    taken, failed, other, held = (
        books.pay(howrah, "100.00", ticket="T-1").debit,
        books.pay(howrah, "200.00", ticket="T-2").debit,
        books.pay(howrah, "50.00", ticket="T-3").debit,
        books.hold(howrah, "40.00", ticket="T-4").debit,
    )
    for each in (taken, failed, other, held):
        books.mark_unknown(each.id)

    file = listed(
        books, (taken, "100.00", "SUCCESS"), (failed, "200.00", "FAILED"), (other, "51.00", "SUCCESS"),
        (held, "40.00", "SUCCESS"),
    )  # fmt: skip
    tying.tie_file(books.database, file)

    assert answer(books.database, taken.id) == ("paid", f"list {file}", True)
    assert answer(books.database, failed.id) == ("not-paid", f"list {file}", False)
    assert answer(books.database, other.id) == (None, None, False)
    assert answer(books.database, held.id) == ("paid", f"list {file}", False)
    assert {each for each in kinds(books) if each[0] == "unknown-payment"} == {
        ("unknown-payment", each.id) for each in (failed, other, held)
    }
    books.refund(failed.id, "200.00")
    books.capture(held.id)
    assert answer(books.database, failed.id)[2]
    assert answer(books.database, held.id)[2]
    assert books.faults() == {}


def test_of_a_list_and_the_departments_own_answer_the_later_counts(books: Books, howrah: OperatorCode) -> None:
    taken, held, other = (
        books.pay(howrah, "10.00", ticket="T-1").debit,
        books.hold(howrah, "20.00", ticket="T-2").debit,
        books.pay(howrah, "30.00", ticket="T-3").debit,
    )
    for each in (taken, held, other):
        books.mark_unknown(each.id)

    older = listed(books, (taken, "10.00", "SUCCESS"), (held, "20.00", "FAILED"))
    assert answer(books.database, taken.id) == ("paid", f"list {older}", True)
    assert answer(books.database, held.id) == ("not-paid", f"list {older}", False)
    for debit, said in ((taken, "not-paid"), (held, "paid"), (other, "not-paid")):
        with books.database.transaction() as connection:
            unknowns.resolve(connection, DebitId.parse(debit.id), DepartmentAnswer(said), by="power")
    tying.tie_file(books.database, older)
    assert answer(books.database, taken.id) == ("not-paid", "power", False)
    assert answer(books.database, held.id) == ("paid", "power", False)

    newer = listed(books, (taken, "10.00", "SUCCESS"), (held, "20.00", "FAILED"), (other, "30.00", "SUCCESS"))
    assert answer(books.database, taken.id) == ("paid", f"list {newer}", True)
    assert answer(books.database, held.id) == ("not-paid", f"list {newer}", False)
    assert answer(books.database, other.id) == ("paid", f"list {newer}", True)


def test_a_bill_with_a_rebate_agrees_by_its_demand_or_by_what_was_paid(books: Books, howrah: OperatorCode) -> None:
    books.allow_rebate(basis_points=100)
    demand, net = books.pay(howrah, "100.00", ticket="T-1").debit, books.pay(howrah, "300.00", ticket="T-2").debit

    listed(books, (demand, "100.00", "SUCCESS"), (net, "297.00", "SUCCESS"))

    assert kinds(books) == []


def test_a_rebated_payment_that_failed_there_is_explained_by_its_whole_refund(
    books: Books, howrah: OperatorCode
) -> None:
    books.allow_rebate(basis_points=100)
    failed = books.pay(howrah, "100.00", ticket="T-1").debit
    file = listed(books, (failed, "100.00", "FAILED"))
    assert kinds(books) == [("failed-there", failed.id)]

    books.refund(failed.id, "99.00")
    tying.tie_file(books.database, file)

    assert kinds(books) == []
    assert books.current(howrah) == "1000.00"
    assert books.faults() == {}


def test_a_hold_that_the_department_took_is_explained_by_its_capture_with_a_rebate(
    books: Books, howrah: OperatorCode
) -> None:
    books.allow_rebate(basis_points=100)
    held = books.hold(howrah, "100.00", ticket="T-1").debit
    file = listed(books, (held, "100.00", "SUCCESS"))
    assert [each[0] for each in kinds(books)] == ["paid-there"]

    books.capture(held.id)
    assert kinds(books) == []
    tying.tie_file(books.database, file)

    assert kinds(books) == []
    assert books.current(howrah) == "901.00"
    assert paise("901.00") == books.balance(howrah).current
