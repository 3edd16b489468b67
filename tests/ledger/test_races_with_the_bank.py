"""Advices, payments and bank lines that meet: one deposit is credited once, and nothing waits in a circle."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import psycopg
import pytest

from tests.at_once import answers, at_once, connect, going_on, refusals
from tests.bank import Bank, BankLine
from tests.books import Books
from wallet_service.errors import AlreadyCredited, BankLineDiffers

SEED = 20260402


@pytest.fixture(autouse=True)
def _connected(books: Books) -> None:
    connect(books.database, 24)


def _deadlocks(books: Books) -> int:
    """Return how many deadlocks the server has seen in these books; sessions that have ended have told theirs."""
    books.database.close()
    with psycopg.connect(books.servers.superuser_url) as connection:
        row = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])


def _reference(number: int) -> str:
    return f"SBIN4{number:011d}"


def test_a_reference_advised_twice_at_once_in_two_spellings_is_credited_once(books: Books) -> None:
    wallets = [books.wallet(), books.wallet()]

    for number in range(10):
        digits = f"{52_025_040_212_000_000 + number}"
        spellings = [f"HDFCR{digits}", f"R{digits}", f"hdfcr-{digits}"]
        calls = [partial(books.advise, wallet, "10.00", reference=each) for wallet in wallets for each in spellings]
        outcomes = at_once(calls)

        assert len(answers(outcomes)) == 1
        assert refusals(outcomes) == ["already-credited"] * 5
    assert books.account("transit:top-ups") == "100.00"
    assert books.faults() == {}


def test_an_advice_and_its_bank_line_at_once_credit_once(books: Books) -> None:
    bank, howrah = Bank(books), books.wallet()

    for number in range(25):
        reference = _reference(number)
        file = bank.file(BankLine("10.00", reference=reference))
        calls: list[Callable[[], object]] = [
            partial(bank.post, file),
            partial(bank.post, file),
            partial(books.advise, howrah, "10.00", reference=reference),
            partial(books.advise, howrah, "10.00", reference=reference),
        ]
        outcomes = at_once(calls)

        assert refusals(outcomes) == ["already-credited"]
        assert sum(posted for posted in outcomes if isinstance(posted, int)) == 1
    assert books.current(howrah) == "250.00"
    assert (books.account("transit:top-ups"), books.account("suspense:bank-credits")) == ("0.00", "0.00")
    assert books.faults() == {}


def test_files_that_share_wallets_in_opposite_order_never_deadlock(books: Books) -> None:
    bank, random = Bank(books), Random(SEED)
    wallets = [books.wallet("1000.00") for _ in range(8)]
    numbers = iter(range(100_000))
    advised: list[str] = []

    def lines() -> list[BankLine]:
        """Return a line for each wallet that names it, and one for each that was advised and one that will be."""
        named = [BankLine("1.00", f"BY TRANSFER {wallet}") for wallet in wallets]
        known = [BankLine("2.00", reference=advised.pop()) for _ in wallets if advised]
        coming = [BankLine("3.00", reference=_reference(next(numbers))) for _ in wallets]
        return [*named, *known, *coming]

    def pay() -> object:
        return books.pay(random.choice(wallets), "0.01")

    def advise() -> None:
        reference = _reference(next(numbers))
        books.advise(random.choice(wallets), "2.00", reference=reference)
        advised.append(reference)

    with going_on(pay, pay, advise) as traffic:
        for _ in range(25):
            both = lines()
            files = [bank.file(*both[::2], *both[1::2]), bank.file(*lines()[::-1])]
            coming = [line.reference for line in both if line.money == "3.00"]
            calls: list[Callable[[], object]] = [
                *(partial(bank.post, file) for file in files),
                *(
                    partial(books.advise, wallet, "3.00", reference=each)
                    for wallet, each in zip(wallets, coming, strict=True)
                ),
            ]
            assert refusals(at_once(calls)) == []

    assert min(work.result() for work in traffic) > 0
    assert books.faults() == {}
    assert _deadlocks(books) == 0


def test_locks_asked_for_in_opposite_order_are_taken_in_one(books: Books) -> None:
    wallets = [books.wallet() for _ in range(12)]
    with books.database.statement() as connection:
        ids = [
            connection.exec_driver_sql("SELECT id FROM books WHERE code = %s", (wallet,)).scalar_one()
            for wallet in wallets
        ]
    references = [_reference(number) for number in range(12)]

    def locked(order: int) -> int:
        for _ in range(50):
            with books.database.transaction() as connection:
                connection.exec_driver_sql("SELECT lock_bank_references(%s)", (references[::order],))
                connection.exec_driver_sql("SELECT lock_books_and_house(%s)", (ids[::order],))
        return 50

    outcomes = at_once([partial(locked, order) for order in (1, -1, 1, -1)])

    assert answers(outcomes) == [50, 50, 50, 50]
    assert _deadlocks(books) == 0


def test_a_line_in_suspense_is_cleared_by_the_first_advice_that_fits(books: Books) -> None:
    bank, wallets = Bank(books), [books.wallet() for _ in range(3)]
    reference = _reference(1)
    bank.posted(BankLine("10.00", reference=reference))

    outcomes = at_once(
        [
            *(partial(books.advise, wallet, "10.00", reference=reference) for wallet in wallets),
            partial(books.advise, wallets[0], "11.00", reference=reference),
        ]
    )

    assert len(answers(outcomes)) == 1
    assert all(
        isinstance(error, AlreadyCredited | BankLineDiffers) for error in outcomes if error not in answers(outcomes)
    )
    assert books.account("suspense:bank-credits") == "0.00"
    assert books.account("bank:sbi:pool") == "10.00"
    assert books.faults() == {}


def test_an_account_begins_with_its_chains_balance_whichever_file_is_posted_first(books: Books) -> None:
    bank = Bank(books, "1000.00")
    first, second = bank.file(BankLine("10.00")), bank.file(BankLine("20.00"))

    bank.post(second)
    bank.post(first)

    assert books.entries("house")[0] == ("opening", "bank:sbi:pool", "opening:balances", "1000.00")
    assert books.account("bank:sbi:pool") == "1030.00"
    assert books.faults() == {}
