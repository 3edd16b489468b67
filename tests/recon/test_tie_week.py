"""Three departments' lists in three forms, with every kind of difference in them, against what the counters paid."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from tests.books import Books
from tests.ledger.clock import begin_books
from tests.recon.tie_week import FIXTURES, LISTS, TIES, Departments, told
from tests.servers import Servers, fresh_database
from wallet_service.embedded.children import wait_until
from wallet_service.errors import Busy, ResolutionNotPossible
from wallet_service.identifiers import OperatorCode
from wallet_service.money import paise, rupees
from wallet_service.payments import approvals, settlements
from wallet_service.payments import departments as catalogue
from wallet_service.recon import breaks, intake, lists, night, resolutions, tying
from wallet_service.recon.resolutions import Particulars
from wallet_service.reports.collections import collections

SCROLL, POD, POD_NEXT, POD_AGAIN, LAND = LISTS


_WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%%department-lists%%'
"""


@pytest.fixture
def departments(books: Books) -> Departments:
    return Departments(books)


def test_each_list_is_found_to_be_what_it_must_be_and_both_sides_are_proved_to_the_paisa(
    departments: Departments,
) -> None:
    for due in LISTS:
        found = departments.take(due)

        must = {name: value for name, value in due.items() if name not in {"file", "profile", "brought", "breaks"}}
        assert told(found) == must, due["file"]
        assert found.agrees
        assert departments.breaks(due["department"]) == due["breaks"], due["file"]
    assert departments.books.faults() == {}


def test_each_day_is_settled_to_the_paisa_on_the_banks_next_working_day(departments: Departments) -> None:
    begin_books(departments.books, "2026-03-31")
    departments.until("2026-04-11 00:05")

    night.run(departments.books.database, by="clock")

    with departments.books.database.snapshot() as connection:
        found = settlements.find(connection, after=None, limit=200)
    assert sorted(
        [each.department, each.service, each.day.isoformat(), each.payments, rupees(each.collected),
         rupees(each.refunded), rupees(each.due), each.payable_on.isoformat()]
        for each in found if each.payments or each.due
    ) == sorted(TIES["settlements"])  # fmt: skip
    assert departments.books.faults() == {}


def test_a_departments_report_has_its_differences_by_their_age(departments: Departments) -> None:
    for due in LISTS:
        departments.take(due)

    with departments.books.database.snapshot() as connection:
        told = collections(connection, "POD", date(2026, 4, 1), date(2026, 4, 30)).differences
        other = collections(connection, "AGD", date(2026, 4, 1), date(2026, 4, 30)).differences

    open_ = [amount for *_, amount, _ in departments.breaks("POD")]
    assert sum(each.differences for each in told) == len(open_) > 0
    assert sum(each.amount for each in told) == sum(paise(str(amount)) for amount in open_)
    assert [each.differences for each in other] == [0, 0, 0]


def test_done_again_it_changes_nothing(departments: Departments) -> None:
    files = [departments.take(due).of.id for due in LISTS]
    before = departments.everything()

    for file in (*files, *reversed(files)):
        tying.tie_file(departments.books.database, file)

    assert departments.everything() == before


def test_what_was_late_across_the_31st_of_march_agrees_and_is_told(departments: Departments) -> None:
    scroll = departments.take(SCROLL)

    late, same_day, *_ = departments.results(scroll.of.id)

    assert (late.found, late.rule, late.receipt) == ("agreed", "receipt", "192026270000000171")
    assert late.words == ("Theirs on 01/04/2026, ours on 31/03/2026: its value is of the financial year 2025-26.")
    assert (same_day.found, same_day.words) == ("agreed", "")


def test_a_list_that_comes_again_replaces_nothing_silently(departments: Departments) -> None:
    departments.until(POD["brought"])
    first = departments.release(departments.bring((FIXTURES / POD["file"]).read_bytes(), "department-mis"))
    again = departments.bring((FIXTURES / POD_AGAIN["file"]).read_bytes(), "department-mis")
    before = departments.everything()

    second = departments.release(again)

    assert again.reason == (
        "Rows that do not count: 1, 1 of them because the payment failed. "
        f"It is the list of POD of 08/04/2026 again, version 2 after file {first.of.id}: 0 rows come and 2 go."
    )
    assert departments.differences(second.of.id) == [("gone", "BSK26040800000005"), ("gone", "BSK26040800000006")]
    old = departments.tie_out(first.of.id)
    assert (old.of.state, old.of.replaced_by, second.of.replaces) == ("replaced", second.of.id, first.of.id)
    assert [each.count for each in old.sums] == [each.count for each in first.sums]
    assert [row[:13] for row in departments.everything()[: len(before)]] == [row[:13] for row in before]
    assert {each.rule for each in departments.results(second.of.id) if each.found == "agreed"} == {"as-before"}


def test_what_failed_there_is_refunded_by_two_persons_and_the_break_closes(departments: Departments) -> None:
    books, bally = departments.books, OperatorCode("BSKOP0071011")
    pod = departments.take(POD)
    debit = departments.debits["BSK26040800000002 BSKOP0071011"]
    before = books.balance(bally).current

    with books.database.transaction() as connection:
        found = breaks.get_break(connection, f"failed-there:{debit}")
        order = Particulars(order_number="POD 8 April")
        proposed = resolutions.propose(connection, found.id, "refund", order, reason="it failed there", by="mita")
    untouched = books.balance(bally).current
    with books.database.transaction() as connection:
        approved = approvals.approve(connection, proposed.id, proposed.payload_sha256, by="kamal")
    open_now = [row[0] for row in departments.breaks("POD")]
    tying.tie_file(books.database, pod.of.id)

    assert (untouched, books.balance(bally).current) == (before, before + 1_200_00)
    assert (approved.state, found.wallet, found.next_step) == (
        "approved",
        bally,
        "Propose a refund: the department says that it did not take the payment.",
    )
    assert "failed-there" not in open_now
    (settled,) = [each for each in departments.results(pod.of.id) if each.found == "failed-there"]
    assert (settled.is_open, settled.settled_at is None, settled.settled_by) == (False, False, None)
    assert books.faults() == {}


def test_what_both_sides_agreed_on_is_judged_again_where_our_books_say_otherwise_since(
    departments: Departments,
) -> None:
    books = departments.books
    departments.until(POD["brought"])
    held = books.hold(OperatorCode("BSKOP0071012"), "40.00", department="POD", ticket="BSK26040800000902").debit
    failed = b"POD|001|BSK26040800000902||301234599|40.00||2026-04-08 11:12:41|FAILED\n"
    pod = departments.release(departments.bring((FIXTURES / POD["file"]).read_bytes() + failed, POD["profile"]))
    before = {each.ticket: each for each in departments.results(pod.of.id)}

    departments.until("2026-04-09 10:10")
    books.refund(str(before["BSK26040800000001"].debit), "843.00")
    books.capture(held.id)
    with books.database.transaction() as connection:
        asked = lists.ask_again(connection)
    tying.tie_file(books.database, pod.of.id)
    once = departments.everything()
    tying.tie_file(books.database, pod.of.id)

    now = {each.ticket: (each.found, each.was, each.is_open) for each in departments.results(pod.of.id)}
    assert [before[each].found for each in ("BSK26040800000001", "BSK26040800000902")] == ["agreed", "not-paid"]
    assert asked == [pod.of.id]
    assert now["BSK26040800000001"] == ("paid-there", "agreed", True)
    assert now["BSK26040800000902"] == ("failed-there", "not-paid", True)
    told = {(kind, amount) for kind, _, amount, _ in departments.breaks("POD")}
    assert {("paid-there", "843.00"), ("failed-there", "40.00")} <= told
    assert departments.everything() == once
    assert departments.tie_out(pod.of.id).agrees
    assert books.faults() == {}


def test_a_list_of_a_day_that_goes_on_misses_what_is_paid_later_that_day(departments: Departments) -> None:
    books, howrah = departments.books, OperatorCode("BSKOP0071012")
    row = b"POD|001|BSK26040900000900||301234567|843.00||2026-04-09 09:00:00|FAILED\n"

    def evening(instant: str) -> list[int]:
        departments.until(instant)
        with books.database.transaction() as connection:
            asked = lists.ask_again(connection)
        for file in asked:
            tying.tie_file(books.database, file)
        return asked

    departments.until("2026-04-09 09:30")
    departments.release(departments.bring(row, POD["profile"]))
    nothing = departments.breaks("POD")
    departments.until("2026-04-09 18:00")
    books.pay(howrah, "60.00", department="POD", ticket="BSK26040900000901")

    asked = [evening("2026-04-09 21:00")]
    first = departments.breaks("POD")
    books.pay(howrah, "70.00", department="POD", ticket="BSK26040900000902")
    asked.append(evening("2026-04-10 21:00"))

    def missed(found: list[list[str | None]]) -> set[str | None]:
        return {amount for kind, _, amount, _ in found if kind == "ours-only"} & {"60.00", "70.00"}

    assert [missed(each) for each in (nothing, first, departments.breaks("POD"))] == [
        set(),
        {"60.00"},
        {"60.00", "70.00"},
    ]
    assert [len(each) for each in asked] == [1, 1]
    with books.database.statement() as connection:
        assert connection.exec_driver_sql(lists._UNFINISHED).all() == []


def test_what_the_department_alone_has_is_refunded_by_nobody(departments: Departments) -> None:
    departments.take(POD)
    order = Particulars(order_number="POD 8 April")
    with departments.books.database.transaction() as connection:
        (alone,) = [each for each in breaks.list_breaks(connection, after=None, limit=50) if each.kind == "theirs-only"]
        with pytest.raises(ResolutionNotPossible):
            resolutions.propose(connection, alone.id, "refund", order, reason="it is there", by="mita")

    assert alone.wallet is None
    assert alone.reference.endswith(" line 4")


def test_a_demand_names_its_operator_and_closes_when_it_is_paid_after_all(departments: Departments) -> None:
    land = departments.take(LAND)
    ((_, _, _, operator),) = departments.breaks("LND")

    paid = departments.books.pay(
        OperatorCode("BSKOP0071012"),
        "500.00",
        department="LND",
        ticket="BSK26041000000003",
        application="MN/2026/0701/115",
    )
    tying.tie_file(departments.books.database, land.of.id)

    assert operator == "BSKOP0071012"
    (after,) = [each for each in departments.results(land.of.id) if each.ticket == "BSK26041000000003"]
    voided = departments.debits["BSK26041000000003 BSKOP0071012"]
    assert (after.found, after.was, after.debit, after.beside) == ("agreed", "paid-there", paid.debit.id, voided)
    assert departments.breaks("LND") == []
    assert departments.tie_out(land.of.id).agrees


def test_a_payment_that_a_later_version_no_longer_has_is_missed_again(departments: Departments) -> None:
    first = departments.take(POD)
    departments.take(POD_NEXT)
    (settled,) = [each for each in departments.results(first.of.id) if each.found == "ours-only"]
    without = b"\n".join((FIXTURES / POD_NEXT["file"]).read_bytes().split(b"\n")[1:])

    departments.release(departments.bring(without, "department-mis"))

    (again,) = [each for each in departments.results(first.of.id) if each.found == "ours-only"]
    assert (settled.is_open, settled.settled_by is None) == (False, False)
    assert (again.is_open, again.settled_by) == (True, None)
    assert ["ours-only", "2026-04-08", "450.00", "BSKOP0071012"] in departments.breaks("POD")


def test_a_payment_ties_one_row_and_is_missed_once_whoever_writes(departments: Departments) -> None:
    pod = departments.take(POD)
    again = """
        INSERT INTO tie_results (file, n, account, found, book, number, rule, rule_version, words)
        SELECT file, {n}, account, found, book, number, rule, rule_version, words FROM tie_results
        WHERE found = '{found}' AND file = {file} LIMIT 1
    """
    free = "(SELECT n FROM tie_results WHERE found = 'theirs-only')"

    for found, n, constraint in (
        ("agreed", free, "a_row_has_one_result"),
        ("ours-only", "NULL", "a_payment_is_missed_once"),
    ):
        with (
            departments.books.database.statement() as connection,
            pytest.raises(IntegrityError, match=constraint),
        ):
            connection.exec_driver_sql(again.format(n=n, found=found, file=pod.of.id))
    with (
        departments.books.database.statement() as connection,
        pytest.raises(IntegrityError, match="a_payment_ties_one_row"),
    ):
        connection.exec_driver_sql(
            "UPDATE tie_results t SET book = a.book, number = a.number FROM tie_results a"
            " WHERE t.found = 'theirs-only' AND a.found = 'failed-there'"
        )


def test_two_do_not_compare_a_departments_lists_at_once(departments: Departments) -> None:
    departments.until(POD["brought"])
    pod, books = departments.bring((FIXTURES / POD["file"]).read_bytes(), "department-mis"), departments.books
    with books.database.transaction() as connection:
        intake.release(connection, pod.id, {}, by="kamal")

    with books.database.statement() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({tying.LOCK})", ("POD",))
        with pytest.raises(Busy):
            tying.tie_file(books.database, pod.id)
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({tying.LOCK})", ("POD",))

    assert departments.everything() == []
    assert tying.tie_file(books.database, pod.id) == [pod.id]


def test_of_two_versions_released_at_once_the_later_one_is_decided_on_later(departments: Departments) -> None:
    departments.until(POD["brought"])
    books = departments.books
    one, other = (
        departments.bring((FIXTURES / each["file"]).read_bytes(), POD["profile"]).id for each in (POD, POD_AGAIN)
    )

    def release() -> None:
        with books.database.transaction() as connection:
            intake.release(connection, one, {}, by="kamal")

    def waits() -> bool:
        with books.database.statement() as connection:
            return bool(connection.exec_driver_sql(_WAITS).scalar_one())

    with ThreadPoolExecutor(1) as thread, books.database.transaction() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('department-lists'), hashtext('POD'))")
        released = thread.submit(release)
        assert wait_until(waits, 20.0, interval=0.02)
        departments.until("2026-04-10 16:05")
        intake.release(connection, other, {}, by="kamal")
        connection.commit()
        released.result(20.0)
    compared = tying.tie_file(books.database, one)

    assert compared == [other, one]
    assert [departments.tie_out(each).of.version for each in compared] == [1, 2]
    assert departments.tie_out(one).agrees


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(order=st.permutations([POD, POD_NEXT, LAND, SCROLL]), shuffled=st.randoms(use_true_random=False))
def test_lists_and_their_rows_in_any_order_come_to_the_same(
    servers: Servers, order: Sequence[dict[str, str]], shuffled: object
) -> None:
    """What is open at the end, and what each list is found to be, go by what is in them alone."""
    with fresh_database(servers) as fresh:
        books = Books(fresh)
        with books.database.transaction() as connection:
            catalogue.load(connection, catalogue.package_departments(), catalogue.package_services())
        departments = Departments(books)
        departments.until("2026-04-11 16:00")
        for due in order:
            lines = (FIXTURES / due["file"]).read_bytes().splitlines(keepends=True)
            if due["profile"] == "department-mis":
                shuffled.shuffle(lines)  # type: ignore[attr-defined]
            departments.release(departments.bring(b"".join(lines), due["profile"]))
        found = departments.breaks()
        books.close()

    assert found == sorted([*POD_NEXT["breaks"], *LAND["breaks"], *SCROLL["breaks"]])
