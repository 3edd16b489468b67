"""The words in which tests speak of nights: a day with all that a night does, one that is killed, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import psycopg

from tests.bank import Bank, BankLine
from tests.books import Books, set_clock
from tests.servers import Servers, copied_database
from wallet_service.database import Database
from wallet_service.errors import DatabaseUnavailable
from wallet_service.identifiers import OperatorCode
from wallet_service.recon import night

PAYERS = tuple(OperatorCode(f"KOLKATA{number}") for number in range(4))
"""Wallets that nothing else is about: what they pay while the night is done counts for the next day."""

_OTHERS = "(SELECT id FROM books WHERE code NOT LIKE 'KOLKATA%')"
_ENTRY = "book, number, debit_account, credit_account, amount_paise, balance_paise, business_day, value_date, kind"
_SAME_IN_THE_END = (
    f"SELECT {_ENTRY} FROM entries WHERE book IN {_OTHERS} ORDER BY book, number",
    "SELECT day, closed_at IS NOT NULL FROM days ORDER BY day",
    "SELECT account, day, payments, due_paise, carried_paise FROM settlements ORDER BY account, day",
    "SELECT * FROM day_balances ORDER BY account, day",
    "SELECT * FROM day_books ORDER BY book, day",
    f"SELECT id, current_paise, held_paise, number, open_day FROM books WHERE id IN {_OTHERS} ORDER BY id",
    "SELECT line, disposition, rule, book, entry_number FROM bank_line_postings ORDER BY line",
    "SELECT line, amount_paise, cleared_paise, reason FROM suspense_items ORDER BY line",
    "SELECT day, version, state, statement FROM reconciliations ORDER BY day, version",
    "SELECT day, step, ended_at IS NOT NULL, failure FROM night_steps ORDER BY day, step",
    "SELECT day, law, faults FROM night_laws ORDER BY day, law",
    "SELECT act, subject FROM audit WHERE act = 'close-day' ORDER BY id",
)
_ITS_NAME = "night"


def a_day_gone_by(books: Books) -> None:
    """Let a day pass that leaves each step of its night something to do, and a bank file with lines for each rule."""
    shift = set_clock(books)
    bank = Bank(books, "1000.00")
    howrah = books.wallet("500.00", code="HOWRAH1")
    hooghly = books.wallet("300.00", code="HOOGHLY1")
    for number in range(4):
        books.wallet("10.00", code=f"NADIA{number}")
    for payer in PAYERS:
        books.wallet("1000.00", code=payer)
    books.pay(howrah, "100.00")
    books.hold(howrah, "50.00", expires_in=60)
    books.hold(hooghly, "20.00", expires_in=60)
    books.advise(hooghly, "60.00", reference="SBIN400000000001")
    books.advise(hooghly, "45.00", reference="SBIN400000000002")
    bank.file(BankLine("60.00", reference="SBIN400000000001"), BankLine("15.00", "BY TRANSFER HOOGHLY1"))
    bank.file(BankLine("35.00", "NOBODY KNOWS"), BankLine("-5.00", "CASH HANDLING CHARGES"), BankLine("-3.00", "WHAT"))
    shift("1 day")


@contextmanager
def copy_of(made: Servers) -> Iterator[Books]:
    """Keep a copy of books that nobody is connected to."""
    with copied_database(made) as servers:
        keeper = Books(servers)
        yield keeper
        keeper.close()


def kill_at(books: Books, is_there: Callable[[int, str], bool]) -> bool:
    """Run the night until it is where *is_there* says, by its count of tellings and their words, and kill it there.

    All its connections end at once, as with its process. Returns False where it came to its end before.
    """
    database, count = Database(f"{books.servers.service_url}?application_name={_ITS_NAME}", pool_size=4), 0

    def told(said: str) -> None:
        nonlocal count
        count += 1
        if is_there(count, said):
            _end_connections(books)
            raise InterruptedError(said)

    try:
        night.run(database, by="killed", progress=told)
    except (InterruptedError, DatabaseUnavailable):
        return True
    finally:
        database.close()
    return False


def tellings(books: Books) -> list[str]:
    """Run the night to its end and return what it told on its way."""
    told: list[str] = []
    night.run(books.database, by="undisturbed", progress=told.append)
    return told


def end_of(books: Books) -> str:
    """Return a digest of all that a night makes or changes, instants apart."""
    digest = sha256()
    with psycopg.connect(books.servers.superuser_url) as connection:
        for query in _SAME_IN_THE_END:
            rows: list[tuple[Any, ...]] = connection.execute(query.encode()).fetchall()
            digest.update(repr(rows).encode())
    return digest.hexdigest()


def posted_after_the_close(books: Books) -> int:
    """Return how many entries of a closed day were posted when it was closed already."""
    with books.database.statement() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM entries e JOIN days d ON d.day = e.business_day WHERE e.posted_at > d.closed_at"
        )
        return int(found.scalar_one())


def _end_connections(books: Books) -> None:
    with psycopg.connect(books.servers.superuser_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [_ITS_NAME],
        )
