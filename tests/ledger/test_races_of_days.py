"""A day that closes while payments go on: none of its entries is late, none is left out of its sums."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random

import psycopg
import pytest

from tests.at_once import answers, at_once, going_on
from tests.books import Books, set_clock
from wallet_service.database import Database
from wallet_service.embedded.children import wait_until
from wallet_service.errors import DayClosed
from wallet_service.identifiers import DepartmentCode, OperatorCode, ServiceCode
from wallet_service.ledger import days
from wallet_service.money import paise
from wallet_service.payments import debits, wallets

SEED = 20260331


def _count(books: Books, query: str) -> int:
    with books.database.statement() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())


def _many_wallets(books: Books, count: int, money: str) -> list[OperatorCode]:
    """Open wallets in one statement, more than one lifting takes at once."""
    codes = [OperatorCode(f"MANY{number:05d}") for number in range(count)]
    with books.owner.transaction() as connection:
        connection.exec_driver_sql(
            "SELECT open_wallet(code, 'HWH012', NULL, NULL, 'HWH', 0, 'test'),"
            " bring_in_wallet_balance(code, %s, 'test') FROM unnest(%s::text[]) code",
            (paise(money), codes),
        )
    return codes


def _waits_for_a_lock(books: Books, query: str) -> bool:
    """Say whether a statement like *query* waits for a lock in these books."""
    return bool(
        _count(
            books,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            f" AND query LIKE '%%{query}%%'",
        )
    )


def test_days_close_one_after_the_other_while_payments_go_on(books: Books) -> None:
    shift, random = set_clock(books), Random(SEED)
    counters = _many_wallets(books, 700, "100.00")
    first = books.today()

    def pay() -> object:
        return books.pay(random.choice(counters), "0.01")

    def open_and_pay() -> None:
        wallet = books.wallet("1.00")
        books.pay(wallet, "0.50")

    closed = []
    with going_on(pay, pay, pay, open_and_pay) as traffic:
        for number in range(6):  # In turn the day that goes on, closed early, and the one that midnight has ended.
            if number % 2:
                shift(f"{number + 1} days")
            closed.append(books.close_day(first + timedelta(days=number)))
            shift(f"{number + 1} days")

    assert all(each.closed_now and each.books_lifted > 0 for each in closed)
    assert min(work.result() for work in traffic) > 6
    for each in closed:
        assert _count(books, f"SELECT count(*) FROM entries WHERE business_day = '{each.day}'") > 0
    assert books.faults() == {}
    _require_that_sums_are_of_the_day(books, [each.day for each in closed])


def _require_that_sums_are_of_the_day(books: Books, closed: list[date]) -> None:
    for day in closed:
        paid = _count(
            books,
            f"SELECT coalesce(sum(amount_paise), 0) FROM entries WHERE kind = 'payment' AND business_day <= '{day}'",
        )
        shown = {str(line.account): line.credit for line in books.trial_balance(day).lines}
        assert shown["department:POD:001"] == paid
        assert books.trial_balance(day).difference == 0


def test_a_close_waits_for_the_posting_in_flight_and_counts_it(books: Books) -> None:
    howrah, today = books.wallet("100.00"), books.today()
    patient = Database(books.servers.service_url, lock_timeout_ms=30_000)
    with ThreadPoolExecutor(1) as thread:
        with books.database.transaction() as connection:
            debits.pay(
                connection,
                wallet=howrah,
                department=DepartmentCode("POD"),
                service=ServiceCode("001"),
                amount=paise("10.00"),
                service_ticket_no="T",
                key=books.key("in flight"),
            )
            closing = thread.submit(days.close, patient, today)
            assert wait_until(lambda: _waits_for_a_lock(books, "lift_books"), 10.0)
            assert not closing.done()
        assert closing.result(30.0).closed_now
    patient.close()

    assert _count(books, f"SELECT count(*) FROM entries WHERE business_day = '{today}' AND kind = 'payment'") == 1
    closed = {str(line.account): line.credit for line in books.trial_balance(today).lines}
    assert closed["department:POD:001"] == 1_000
    assert books.faults() == {}


def test_a_close_that_waits_for_one_book_holds_no_other_up(books: Books) -> None:
    hooghly, howrah, today = books.wallet("100.00"), books.wallet("100.00"), books.today()
    patient = Database(books.servers.service_url, lock_timeout_ms=30_000)
    with ThreadPoolExecutor(1) as thread:
        with psycopg.connect(books.servers.owner_url) as in_flight:
            in_flight.execute("SELECT FROM books WHERE code = %s FOR UPDATE", [howrah])
            closing = thread.submit(days.close, patient, today)
            assert wait_until(lambda: _waits_for_a_lock(books, "lift_books"), 10.0)

            paid = [books.pay(hooghly, "1.00").debit.business_day for _ in range(3)]  # Busy, were it held.

            assert not closing.done()
        assert closing.result(30.0).closed_now
    patient.close()

    assert paid == [today + timedelta(days=1)] * 3
    assert books.faults() == {}


def test_a_close_waits_for_the_wallet_that_is_being_opened(books: Books) -> None:
    books.pay(books.wallet("10.00"), "1.00")
    today = books.today()
    patient = Database(books.servers.service_url, lock_timeout_ms=30_000)
    with ThreadPoolExecutor(1) as thread:
        with books.database.transaction() as connection:
            wallets.open_wallet(
                connection, operator_code=OperatorCode("COMING1"), centre_code="HWH012", district="HWH", by="test"
            )
            closing = thread.submit(days.close, patient, today)
            assert wait_until(lambda: _waits_for_a_lock(books, "begin_closing"), 10.0)
        assert closing.result(30.0).closed_now
    patient.close()

    books.bring_in(OperatorCode("COMING1"), "5.00")

    stands_in = _count(books, f"SELECT open_day - '{today}'::date FROM books WHERE code = 'COMING1'")
    assert stands_in == 1
    assert books.faults() == {}


def test_a_day_closed_by_two_at_once_is_closed_once(books: Books) -> None:
    _many_wallets(books, 700, "1.00")
    today = books.today()

    outcomes = at_once([lambda: books.close_day(today)] * 3)

    assert sum(closed.closed_now for closed in answers(outcomes)) == 1
    assert all(isinstance(outcome, DayClosed | days.Closed) for outcome in outcomes)
    with pytest.raises(DayClosed):
        books.close_day(today)
    assert books.faults() == {}


def test_a_close_that_was_cut_short_is_taken_up_again(books: Books) -> None:
    counters = _many_wallets(books, 700, "1.00")
    today = books.today()

    def stop(lifted: int) -> None:
        raise InterruptedError(f"killed after {lifted} books")

    with pytest.raises(InterruptedError, match="after 300"):
        days.close(books.database, today, stop)
    books.pay(counters[0], "0.10")
    books.pay(counters[-1], "0.10")
    closed = books.close_day(today)

    assert closed.closed_now
    assert 0 < closed.books_lifted < 700
    assert books.faults() == {}
