"""Parts of an advice that others take at the same moment: whoever takes one locks it by all of its numbers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.at_once import SECONDS, at_once
from tests.bank import BOOKED_ON, Bank, BankLine
from tests.books import Books
from wallet_service.database import Database
from wallet_service.embedded.children import wait_until
from wallet_service.money import paise
from wallet_service.payments import credits
from wallet_service.recon import posting

ONE, TWO = "YESAP60920012345", "SBIN400000000077"
PART = BankLine("6.00", f"BY TRANSFER-NEFT*YESB0000001*{ONE}*TEST--", TWO)
REST = BankLine("4.00", reference=ONE)


def test_a_part_that_another_advice_is_taking_makes_nothing(books: Books) -> None:
    bank, first, second = Bank(books), books.wallet(), books.wallet()
    books.advise(first, "10.00", reference=ONE)
    bank.posted(PART)
    rest = bank.file(REST)
    patient = Database(books.servers.service_url, lock_timeout_ms=30_000)

    def waits() -> bool:
        with psycopg.connect(books.servers.superuser_url) as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone()
        return found != (0,)

    with ThreadPoolExecutor(1) as threads:
        with books.database.transaction() as connection:
            key = books.key("another's advice")
            credits.advise(
                connection,
                wallet=second,
                amount=paise("6.00"),
                bank_reference=TWO,
                booked_on=BOOKED_ON,
                channel="neft",
                key=key,
            )
            posted = threads.submit(posting.post_file, patient, rest)
            assert wait_until(waits, SECONDS)
        assert posted.result(SECONDS) == 1
    patient.close()

    assert (books.current(first), books.current(second)) == ("10.00", "6.00")
    assert (books.account("suspense:bank-credits"), books.account("transit:top-ups")) == ("-4.00", "10.00")
    assert books.faults() == {}


def test_parts_in_two_files_that_are_posted_at_once_make_their_advice_once(books: Books) -> None:
    bank, wallet = Bank(books), books.wallet()

    for number in range(6):
        reference = f"SBIN4{number:011d}"
        books.advise(wallet, "10.00", reference=reference)
        files = [bank.file(BankLine(money, reference=reference)) for money in ("6.00", "4.00")]
        at_once([lambda file=file: bank.post(file) for file in (*files, *files)])  # type: ignore[misc]

    assert (books.current(wallet), books.account("bank:sbi:pool")) == ("60.00", "60.00")
    assert (books.account("suspense:bank-credits"), books.account("transit:top-ups")) == ("0.00", "0.00")
    assert books.faults() == {}
