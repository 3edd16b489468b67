"""Files of one account that meet: nothing is missed or undone, and lines are posted in the chain's order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from tests.at_once import at_once, refusals
from tests.bank import Bank, BankLine
from tests.books import Books
from tests.payments.test_claims import CASH, statement
from tests.recon.test_bank_files import Desk
from wallet_service.database import Database
from wallet_service.embedded.children import wait_until
from wallet_service.errors import Busy, SamePerson
from wallet_service.recon import bank_files, intake

DAY_ONE = statement((CASH, "4292", 100))
DAY_TWO = statement((CASH, "4292", 200), opening=100_100, day="03/04/2026")
DAY_THREE = statement((CASH, "4292", 300), opening=100_300, day="04/04/2026")


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


@pytest.fixture
def patient(books: Books) -> Database:
    return Database(books.servers.service_url, lock_timeout_ms=30_000)


def _waits(books: Books, query: str) -> Callable[[], bool]:
    """Return what says whether a statement like *query* waits for a lock in these books."""

    def waits() -> bool:
        with psycopg.connect(books.servers.superuser_url) as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND query LIKE %s",
                (f"%{query}%",),
            ).fetchone()
        return found != (0,)

    return waits


def _state(books: Books, file: int) -> str:
    with books.database.statement() as connection:
        return bank_files.get(connection, file).state


def test_a_return_that_is_posted_first_waits_for_the_credit_that_it_returns(books: Books) -> None:
    bank, howrah = Bank(books), books.wallet()
    books.advise(howrah, "50.00", reference="SBIN400000000001")
    earlier = bank.file(BankLine("50.00", reference="SBIN400000000001"))
    later = bank.file(BankLine("-50.00", "NEFT RETURN", reference="SBIN400000000001"))

    posted = bank.post(later)

    assert (posted, bank.post(earlier)) == (2, 0)
    assert books.current(howrah) == "0.00"
    assert books.account("suspense:differences") == "0.00"
    assert books.faults() == {}


def test_two_workers_with_two_files_of_one_account_post_them_in_its_order(books: Books) -> None:
    bank, howrah = Bank(books), books.wallet()

    for number in range(8):
        reference = f"SBIN4{number:011d}"
        books.advise(howrah, "50.00", reference=reference)
        files = [
            bank.file(*(BankLine("1.00") for _ in range(5)), BankLine("50.00", reference=reference)),
            bank.file(BankLine("-50.00", "NEFT RETURN", reference=reference)),
        ]
        calls: list[Callable[[], object]] = [partial(bank.post, file) for file in reversed(files)]
        outcomes = at_once(calls)

        assert refusals(outcomes) == []
        assert sum(posted for posted in outcomes if isinstance(posted, int)) == 7
    assert books.current(howrah) == "0.00"
    assert books.account("suspense:differences") == "0.00"
    assert books.faults() == {}


def test_a_file_that_comes_while_the_one_before_it_is_released_does_not_wait_for_ever(
    desk: Desk, books: Books, patient: Database
) -> None:
    desk.release(desk.receive(DAY_ONE))
    between = desk.receive(DAY_TWO)
    with books.database.statement() as connection:
        statements = intake.read_for_release(connection, between.id)

    def receive() -> int:
        with patient.transaction() as connection:
            reading = intake.read(DAY_THREE, today=intake.today(connection))
            return intake.receive(connection, reading, filename="x.xls", by="mita").id

    with ThreadPoolExecutor(1) as thread:
        with books.database.transaction() as connection:
            intake.release(connection, between.id, statements, by="kamal")
            received = thread.submit(receive)
            wait_until(_waits(books, "bank_accounts"), 30)
        file = received.result(60)

    assert _state(books, file) == "read"


def test_a_file_that_is_rejected_while_the_one_between_is_released_stays_rejected(
    desk: Desk, books: Books, patient: Database
) -> None:
    desk.release(desk.receive(DAY_ONE))
    waiting = desk.receive(DAY_THREE)
    between = desk.receive(DAY_TWO)
    with books.database.statement() as connection:
        statements = intake.read_for_release(connection, between.id)

    def release() -> str:
        with patient.transaction() as connection:
            return intake.release(connection, between.id, statements, by="kamal").state

    with ThreadPoolExecutor(1) as thread:
        with books.database.transaction() as connection:
            intake.reject(connection, waiting.id, by="kamal", reason="of the wrong month")
            released = thread.submit(release)
            wait_until(_waits(books, "bank_files"), 30)
        assert released.result(60) == "released"

    assert (waiting.state, _state(books, waiting.id)) == ("waiting", "rejected")


def test_a_release_is_tried_again_where_a_file_began_to_wait_after_the_others_were_read(
    desk: Desk, books: Books
) -> None:
    desk.release(desk.receive(DAY_ONE))
    between = desk.receive(DAY_TWO)
    with books.database.statement() as connection:
        statements = intake.read_for_release(connection, between.id)
    waiting = desk.receive(DAY_THREE)

    with pytest.raises(Busy), books.database.transaction() as connection:
        intake.release(connection, between.id, statements, by="kamal")
    untouched = (_state(books, between.id), _state(books, waiting.id))
    desk.release(between)

    assert (waiting.state, untouched) == ("waiting", ("read", "waiting"))
    assert (_state(books, between.id), _state(books, waiting.id)) == ("released", "read")


def test_who_brought_a_file_is_told_so_also_after_its_release(desk: Desk, books: Books) -> None:
    file = desk.receive(DAY_ONE)
    desk.release(file)

    with pytest.raises(SamePerson):
        desk.release(file, by="mita")
