"""An export's file, streamed from the books: day by day, in constant memory, whatever its size.

Each day is a COPY of its own, so no sort is larger than a day, the first bytes leave at once, and no snapshot is held
longer than a day takes to send: a slow reader does not keep the books from being tidied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg

from wallet_service.dates import days_between
from wallet_service.errors import Busy, DatabaseUnavailable
from wallet_service.reports.exports import REPORTS, Export, File, Filters

AT_ONCE = 4
"""Exports that all processes together send at a time: payments need the other connections and threads."""
CHUNK_BYTES = 65_536
BROKEN_OFF = b"\nBROKEN OFF: this file is not whole. Fetch it again.\n"
"""The last line of a file that could not be read to its end: a web server may end a broken answer like a whole one."""

_OPTIONS = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "default_transaction_read_only": "on",
    "statement_timeout": 600_000,  # A day, sent to a slow reader.
    "lock_timeout": 2_000,
    "client_connection_check_interval": 1_000,  # Who went away is noticed while a day is still being sorted.
    "work_mem": "32MB",
    "max_parallel_workers_per_gather": 0,
    "jit": "off",
}
_ENTRIES = "SELECT * FROM entries e WHERE {narrower}"
# OFFSET 0 keeps the day together: its entries are found by their day, and then held against their books' bounds.
_ENTRIES_UP_TO_BOUNDS = """SELECT of_the_day.* FROM (SELECT * FROM entries e WHERE {narrower} OFFSET 0) of_the_day
JOIN (SELECT unnest(books) AS book, unnest(numbers) AS number FROM exports WHERE id = %(export)s) bound
  ON bound.book = of_the_day.book AND of_the_day.number <= bound.number"""
_OF_THE_DEPARTMENT = "SELECT account FROM services WHERE department = %(department)s"
_DAY = "e.business_day = %(first)s"
_DAYS = "e.business_day BETWEEN %(first)s AND %(last)s"
_NARROWERS = {
    "wallet": "e.book = (SELECT id FROM books WHERE code = %(wallet)s)",
    "department": f"((e.credit_account <> e.book AND e.credit_account = ANY (ARRAY({_OF_THE_DEPARTMENT})))"
    f" OR (e.debit_account <> e.book AND e.debit_account = ANY (ARRAY({_OF_THE_DEPARTMENT}))))",
    "kind": "e.kind = %(kind)s",
}
_Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class _Span:
    """Business days that are sent by one COPY; *entries* is the query that finds theirs."""

    first: date
    last: date
    entries: str


class Stream:
    """The file in chunks of some 64 kB. Whoever stops in the middle of it closes it: the server is told to stop too."""

    def __init__(self, connection: _Connection, chunks: Iterator[bytes]) -> None:
        self._connection = connection
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Free the connection."""
        close: Callable[[], None] | None = getattr(self._chunks, "close", None)
        if close is not None:
            close()
        self._connection.close()


def stream(url: str, export: Export, sent: Callable[[File], None]) -> Stream:
    """Return the file of *export*, read on a connection of its own to the database at *url*.

    *sent* is told once the last chunk was taken. What cannot be read ends in `BROKEN_OFF` and raises.

    Raises:
        Busy: as many exports as may be are being sent.
        DatabaseUnavailable.
    """
    try:
        connection = _connected(url, f"wallet export {export.id}")
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable from error
    if not _takes_a_place(connection):
        connection.close()
        raise Busy
    return Stream(connection, _chunks(connection, export, sent))


def _connected(url: str, name: str) -> _Connection:
    options = " ".join(f"-c {option}={value}" for option, value in _OPTIONS.items())
    return psycopg.connect(
        url, autocommit=True, connect_timeout=3, keepalives_idle=30, options=options, application_name=name
    )


def _takes_a_place(connection: _Connection) -> bool:
    """Take one of the few places until the connection ends, however it ends; False when none is free."""
    for place in range(AT_ONCE):
        row = connection.execute("SELECT pg_try_advisory_lock(hashtext('exports'), %s)", (place,)).fetchone()
        if row is not None and row[0]:
            return True
    return False


def _chunks(connection: _Connection, export: Export, sent: Callable[[File], None]) -> Iterator[bytes]:
    digest, rows, size = hashlib.sha256(), 0, 0
    try:
        gathered = bytearray(REPORTS[export.report].header)
        for span in _spans(export):
            for row in _rows(connection, export, span):
                gathered += row
                rows += 1
                if len(gathered) >= CHUNK_BYTES:
                    chunk = bytes(gathered)
                    digest.update(chunk)
                    size += len(chunk)
                    gathered.clear()
                    yield chunk
        digest.update(gathered)
        yield bytes(gathered)
        sent(File(rows, size + len(gathered), digest.hexdigest()))
    except psycopg.Error as error:
        yield BROKEN_OFF
        raise DatabaseUnavailable from error
    finally:
        connection.close()


def _rows(connection: _Connection, export: Export, span: _Span) -> Iterator[bytes | bytearray | memoryview]:
    query = f"COPY ({REPORTS[export.report].query(span.entries)}) TO STDOUT (FORMAT csv)"
    asked = {"export": export.id, "first": span.first, "last": span.last, **export.filters.given}
    with connection.cursor() as cursor, cursor.copy(query.encode(), asked) as copy:
        yield from copy


def _spans(export: Export) -> Iterator[_Span]:
    """Yield the export's days in order: those that were closed, then those that were open, up to their bounds."""
    period = _DAY if export.filters.wallet is None else _DAYS
    narrower = " AND ".join([period, *(_NARROWERS[name] for name in export.filters.given)])
    closed_to = min(export.closed_to or date.min, export.last)
    for first, last in _parts(export.first, closed_to, export.filters):
        yield _Span(first, last, _ENTRIES.format(narrower=narrower))
    for first, last in _parts(max(export.first, closed_to + timedelta(days=1)), export.last, export.filters):
        yield _Span(first, last, _ENTRIES_UP_TO_BOUNDS.format(narrower=narrower))


def _parts(first: date, last: date, filters: Filters) -> list[tuple[date, date]]:
    """Return the days one by one; all at once for one wallet, whose entries stand together in their order."""
    if filters.wallet is not None:
        return [(first, last)] if first <= last else []
    return [(day, day) for day in days_between(first, last)]
