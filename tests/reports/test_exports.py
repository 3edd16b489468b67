"""What leaves the books: every column right, nothing personal, and the same bytes whenever it is fetched."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta

import psycopg
import pytest

from tests.books import Books
from tests.reports.papers import ask, fetch, fetch_with_sums, rows
from wallet_service.errors import DayInFuture, ExportNotFound, InvalidRequest, ServiceNotFound, WalletNotFound
from wallet_service.identifiers import EntryId, OperatorCode
from wallet_service.ledger.entries import get_entry
from wallet_service.money import rupees
from wallet_service.reports import exports

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1", "=cmd|' /C calc'!A0"]


def _busy(books: Books) -> OperatorCode:
    """Post something of each sort that moves a wallet, and return the wallet."""
    howrah = books.wallet("500.00")
    books.advise(howrah, "250.05")
    paid = books.pay(howrah, "100.01")
    books.refund(paid.debit.id, "0.01")
    books.capture(books.hold(howrah, "20.00").debit.id, "12.50")
    books.withdraw(books.advise(howrah, "30.00").credit.id)
    return howrah


def test_every_entry_is_told_as_it_stands(books: Books) -> None:
    _busy(books)
    books.wallet("1.00")

    told = rows(fetch(books, ask(books)))

    with books.database.statement() as connection:
        for row in told:
            entry = get_entry(connection, EntryId.parse(row["id"]))
            assert (row["book"], int(row["number"]), row["kind"]) == (entry.book, entry.number, entry.kind)
            assert (row["debit_account"], row["credit_account"]) == (entry.debit, entry.credit)
            assert row["amount"] == rupees(entry.amount)
            assert row["balance"] == ("" if entry.balance is None else rupees(entry.balance))
            assert row["posted_at"].endswith("+00")
            assert (row["business_day"], row["value_date"]) == (str(entry.business_day), str(entry.value_date))
            assert row["source"] == entry.source
        count = connection.exec_driver_sql("SELECT count(*) FROM entries").scalar_one()
    assert len(told) == count >= 8


def test_amounts_are_exact_to_the_paisa(books: Books) -> None:
    largest = "9999999999999.99"
    howrah = books.wallet(largest)
    for money in ("0.01", "0.10", "1.00", "90071992547.41"):
        books.pay(howrah, money)

    told = [row["amount"] for row in rows(fetch(books, ask(books)))]

    assert told == [largest, "0.01", "0.10", "1.00", "90071992547.41"]


def test_an_export_is_the_same_bytes_whatever_is_posted_after_it(books: Books) -> None:
    howrah = _busy(books)
    with psycopg.connect(books.servers.service_url) as in_flight:
        in_flight.execute(
            "SELECT pay(1, 'in flight', '\\x00', %s, 'POD', '001', 100, 'T', NULL, NULL, NULL, NULL)", [howrah]
        )
        export = ask(books)
    before, sums = fetch_with_sums(books, export)
    books.pay(howrah, "1.00")
    books.wallet("7.00")
    after_more = fetch(books, export)
    books.close_day(books.today())
    books.pay(howrah, "1.00")

    assert before == after_more == fetch(books, export)
    assert (sums.rows, sums.bytes) == (len(rows(before)), len(before))
    assert sums.sha256 == hashlib.sha256(before).hexdigest()
    assert len(rows(fetch(books, ask(books)))) == sums.rows + 3


def test_a_closed_day_needs_no_bounds_and_an_open_one_is_taken_as_it_is(books: Books) -> None:
    howrah = _busy(books)
    today = books.today()
    books.close_day(today)
    closed = ask(books)
    books.pay(howrah, "3.00")
    both = ask(books, last=today + timedelta(days=1))
    books.pay(howrah, "4.00")

    first, second = rows(fetch(books, closed)), rows(fetch(books, both))

    assert second[: len(first)] == first
    assert [row["amount"] for row in second[len(first) :]] == ["3.00"]
    with psycopg.connect(books.servers.service_url) as connection:
        kept = connection.execute("SELECT closed_to, cardinality(books) FROM exports ORDER BY id").fetchall()
    assert kept == [(today, 0), (today, 1)]


def test_what_was_paid_is_told_without_personal_data(books: Books) -> None:
    howrah = _busy(books)
    books.spoil("UPDATE debits SET consumer_no = 'CONSUMER', application_no = 'APPLICATION', narration = 'NARRATION'")

    content = fetch(books, ask(books, "debits"))

    assert [(row["wallet"], row["kind"], row["amount"]) for row in rows(content)] == [
        (howrah, "payment", "100.01"),
        (howrah, "refund", "0.01"),
        (howrah, "payment", "12.50"),
    ]
    assert not any(word in content for word in (b"CONSUMER", b"APPLICATION", b"NARRATION"))


def test_what_came_in_and_was_taken_back_is_told(books: Books) -> None:
    howrah = _busy(books)

    told = rows(fetch(books, ask(books, "credits")))

    assert [(row["kind"], row["credit"], row["debit"], row["channel"]) for row in told] == [
        ("opening", "500.00", "", ""),
        ("top-up", "250.05", "", "neft"),
        ("top-up", "30.00", "", "neft"),
        ("return", "", "30.00", "neft"),
    ]
    assert {row["wallet"] for row in told} == {howrah}


@pytest.mark.parametrize("formula", FORMULAS)
def test_words_from_outside_are_no_formula(books: Books, formula: str) -> None:
    howrah = books.wallet("10.00")
    paid = books.pay(howrah, "1.00").debit.id
    advised = books.advise(howrah, "1.00").credit.id
    words = "E'" + formula.replace("'", "''").replace("\t", r"\t").replace("\r", r"\r").replace("\n", r"\n") + "'"
    books.spoil(f"UPDATE debits SET service_ticket_no = {words}; UPDATE credits SET bank_reference = {words}")

    (debit,) = rows(fetch(books, ask(books, "debits")))
    (credit,) = [row for row in rows(fetch(books, ask(books, "credits"))) if row["source"] == advised]

    assert (debit["id"], debit["service_ticket_no"]) == (paid, f"'{formula}")
    assert credit["bank_reference"] == f"'{formula}"
    assert debit["amount"] == "1.00"


def test_a_filter_narrows_closed_and_open_days_alike(books: Books) -> None:
    howrah, nadia = books.wallet("50.00"), books.wallet("50.00")
    for wallet, department in ((howrah, "POD"), (nadia, "POD"), (howrah, "LND")):
        books.pay(wallet, "1.00", department=department)
    today = books.today()
    asked = ({"wallet": howrah}, {"department": "POD"}, {"kind": "opening"}, {"wallet": howrah, "kind": "payment"})

    open_ = [fetch(books, ask(books, **filters)) for filters in asked]
    books.close_day(today)
    closed = [fetch(books, ask(books, **filters)) for filters in asked]

    assert open_ == closed
    assert [len(rows(content)) for content in open_] == [3, 2, 2, 2]
    assert {row["book"] for row in rows(open_[0])} == {howrah}


def test_what_cannot_be_asked_for_is_refused(books: Books) -> None:
    today = books.today()

    with pytest.raises(DayInFuture):
        ask(books, last=today + timedelta(days=1))
    with pytest.raises(InvalidRequest, match=r"."):
        ask(books, first=today - timedelta(days=367))
    with pytest.raises(InvalidRequest):
        ask(books, first=today, last=today - timedelta(days=1))
    with pytest.raises(WalletNotFound):
        ask(books, wallet="NOBODY")
    with pytest.raises(ServiceNotFound):
        ask(books, department="ZZZ")
    assert ask(books, first=today - timedelta(days=366)).file is None


def test_the_audit_has_who_took_what_and_why(books: Books) -> None:
    export = ask(books, "debits", department="POD", first=date(2026, 4, 1), last=date(2026, 4, 30))
    with books.database.transaction() as connection:
        exports.record_fetch(connection, export, by="system:test")

    with psycopg.connect(books.servers.service_url) as connection:
        told = connection.execute("SELECT by_whom, act, subject, facts FROM audit WHERE act LIKE 'export%' ORDER BY id")
        facts = json.loads(
            '{"report": "debits", "from": "2026-04-01", "to": "2026-04-30", "format": "csv",'
            ' "filters": {"department": "POD"}, "purpose": "a test"}'
        )
        assert told.fetchall() == [
            ("system:test", "export", str(export.id), facts),
            ("system:test", "export-fetch", str(export.id), {}),
        ]


def test_an_export_is_its_askers_own(books: Books) -> None:
    export = ask(books)

    with books.database.statement() as connection:
        assert exports.get(connection, export.id, client_id=None) == export
        with pytest.raises(ExportNotFound):
            exports.get(connection, export.id, client_id=1)
