"""An export is streamed: in constant memory, few at a time, and whoever goes away in the middle frees the database."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from tests.books import Books
from tests.reports.papers import ask
from wallet_service.embedded.children import wait_until
from wallet_service.errors import Busy, DatabaseUnavailable
from wallet_service.reports.exports import Export, File
from wallet_service.reports.streaming import AT_ONCE, BROKEN_OFF, CHUNK_BYTES, Stream, stream

ROOT = Path(__file__).parent.parent.parent
MOST_GROWTH_KB = 4_096
# Reads an export of few rows, then one of many, and prints the bytes of the second and what it added to its peak in kB.
_READER = """
import sys
from contextlib import closing
from datetime import date
from wallet_service.database import Database
from wallet_service.reports import exports
from wallet_service.reports.streaming import stream

def peak():
    status = open("/proc/self/status").read()
    return int(status.partition("VmHWM:")[2].split()[0])

url, few, many = sys.argv[1:]
database = Database(url, pool_size=1)
sizes, peaks = [], []
for identity in (few, many):
    with database.statement() as connection:
        export = exports.get(connection, int(identity), client_id=None)
    with closing(stream(url, export, lambda file: None)) as chunks:
        sizes.append(sum(map(len, chunks)))
    peaks.append(peak())
print(sizes[0], sizes[1], peaks[1] - peaks[0])
"""


def _many(books: Books, count: int) -> None:
    """Write that many payments of today into a wallet's book, as only somebody with the disk in hand could."""
    books.spoil(
        f"""INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account,
              credit_account, business_day, value_date, kind, source)
            SELECT instant(), b.number + n, 100 + n % 7000, 900000000, b.number + n, b.id, b.id, s.account,
              india_today(), india_today(), 'payment', 'debit'
            FROM (SELECT * FROM books WHERE id <> 0 ORDER BY id LIMIT 1) b, generate_series(1, {count}) n,
              (SELECT account FROM services ORDER BY account LIMIT 1) s;
            UPDATE books SET number = number + {count} WHERE id = (SELECT min(id) FROM books WHERE id <> 0)"""
    )


def _sendings(books: Books) -> int:
    with psycopg.connect(books.servers.superuser_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'wallet export%'"
            " AND datname = current_database()"
        ).fetchone()
    return int(row[0]) if row else 0


def _open(books: Books, export: Export) -> Stream:
    return stream(books.servers.service_url, export, _forget)


def _forget(file: File) -> None:
    """Take no note."""


def test_a_hundred_times_as_many_rows_take_no_more_memory(books: Books) -> None:
    books.wallet("1.00")
    _many(books, 2_000)
    few = ask(books)
    _many(books, 200_000)
    many = ask(books)

    told = subprocess.run(
        [sys.executable, "-c", _READER, books.servers.service_url, str(few.id), str(many.id)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    small, large, growth_kb = map(int, told.stdout.split())
    assert large > 80 * small > 1_000_000
    assert growth_kb < MOST_GROWTH_KB


def test_chunks_are_of_one_size(books: Books) -> None:
    books.wallet("1.00")
    _many(books, 5_000)

    with closing(_open(books, ask(books))) as chunks:
        sizes = [len(chunk) for chunk in chunks]

    assert len(sizes) > 5
    assert all(CHUNK_BYTES <= size < CHUNK_BYTES + 1_024 for size in sizes[:-1])


def test_who_goes_away_in_the_middle_frees_the_connection(books: Books) -> None:
    books.wallet("1.00")
    _many(books, 100_000)
    chunks = _open(books, ask(books))
    next(iter(chunks))
    at_work = _sendings(books)

    chunks.close()

    assert at_work == 1
    assert wait_until(lambda: _sendings(books) == 0, 10)


def test_who_never_begins_frees_the_connection(books: Books) -> None:
    chunks = _open(books, ask(books))
    at_work = _sendings(books)

    chunks.close()

    assert at_work == 1
    assert wait_until(lambda: _sendings(books) == 0, 10)


def test_a_connection_lost_in_the_middle_ends_the_file_with_an_error(books: Books) -> None:
    books.wallet("1.00")
    _many(books, 100_000)
    told: list[File] = []
    chunks = stream(books.servers.service_url, ask(books), told.append)
    reading = iter(chunks)
    next(reading)

    books.spoil("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'wallet export%'")

    rest: list[bytes] = []
    with pytest.raises(DatabaseUnavailable):
        rest.extend(reading)
    assert rest[-1] == BROKEN_OFF
    chunks.close()
    assert told == []


def test_only_a_few_are_sent_at_a_time(books: Books) -> None:
    export = ask(books)
    at_work = [_open(books, export) for _ in range(AT_ONCE)]

    with pytest.raises(Busy):
        _open(books, export)
    at_work.pop().close()

    assert wait_until(lambda: _may_open(books, export), 10)
    for each in at_work:
        each.close()


def _may_open(books: Books, export: Export) -> bool:
    with suppress(Busy):
        _open(books, export).close()
        return True
    return False


def test_a_database_that_is_away_is_said_before_anything_is_sent(books: Books) -> None:
    with pytest.raises(DatabaseUnavailable):
        stream("postgresql://nobody:x@127.0.0.1:1/wallet", ask(books), _forget)
