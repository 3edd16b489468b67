"""Lines to PostgreSQL for the verbs that move money: one statement, one transaction, and only the driver between.

A posting costs the service more processor time than the database, and half of it was spent between the verb and the
driver (`docs/decisions/0019`). So these connections bypass SQLAlchemy; everything else goes through its pool.
"""

from __future__ import annotations

import select
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, Protocol

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import namedtuple_row

_PATIENCE_SECONDS = 3.0
_OLDEST_SECONDS = 1_800.0

Parameters = Sequence[Any] | Mapping[str, Any]


class Statements(Protocol):
    """Where a verb sends its one statement: a line, or a SQLAlchemy connection."""

    def exec_driver_sql(self, statement: str, parameters: Any = ..., /) -> Any:
        """Run a statement written for the driver and return its rows."""


class NoLine(Exception):
    """No line could be had: nothing was sent."""


class Rows:
    """What a statement answered, whole. Each row's columns are attributes."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> Sequence[Any]:
        """Return every row."""
        return self._rows

    def one(self) -> Any:
        """Return the only row."""
        (row,) = self._rows
        return row

    def one_or_none(self) -> Any:
        """Return the only row, None where there is none."""
        return self.one() if self._rows else None

    def scalar_one(self) -> Any:
        """Return the first column of the only row."""
        return self.one()[0]


class Line:
    """A connection on which each statement is a transaction of its own."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._opened_at = time.monotonic()

    def exec_driver_sql(self, statement: str, parameters: Parameters = ()) -> Rows:
        """Run a statement and return its rows.

        Raises:
            psycopg.Error.
        """
        return Rows(self._connection.execute(statement, parameters).fetchall())

    def is_good(self) -> bool:
        """Say whether the next statement may be sent on it, without asking the server."""
        return time.monotonic() - self._opened_at < _OLDEST_SECONDS and self.is_whole() and not left(self._connection)

    def is_whole(self) -> bool:
        """Say whether it has not broken off in the middle of something."""
        return self._connection.pgconn.transaction_status == TransactionStatus.IDLE

    def close(self) -> None:
        """Close it."""
        self._connection.close()


def left(idle: psycopg.Connection[Any]) -> bool:
    """Say whether the server has left a connection on which nothing is asked: there is something to read, or an end.

    So the first statement after a restart of PostgreSQL is no error, and no round trip is spent on asking.
    """
    waiting = select.poll()
    waiting.register(idle.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(waiting.poll(0))


class Lines:
    """The lines of one process, at most *most*; each is opened when it is first needed. Make them after the fork."""

    def __init__(self, url: str, most: int, options: Mapping[str, Any]) -> None:
        self._url = url
        self._options = options
        self._places: SimpleQueue[Line | None] = SimpleQueue()
        for _ in range(most):
            self._places.put(None)

    @contextmanager
    def line(self) -> Iterator[Line]:
        """Give a line to one caller. What broke off is not given to another.

        Raises:
            NoLine: none could be opened, or all are taken for longer than three seconds.
        """
        try:
            kept = self._places.get(timeout=_PATIENCE_SECONDS)
        except Empty:
            raise NoLine from None
        line = None
        try:
            line = self._good(kept)
            yield line
        finally:
            if line is not None and not line.is_whole():
                line.close()
                line = None
            self._places.put(line)

    def close(self) -> None:
        """Close the lines that nobody has."""
        for _ in range(self._places.qsize()):
            kept = self._places.get()
            if kept is not None:
                kept.close()
            self._places.put(None)

    def _good(self, kept: Line | None) -> Line:
        if kept is not None:
            if kept.is_good():
                return kept
            kept.close()
        try:
            return Line(psycopg.connect(self._url, autocommit=True, row_factory=namedtuple_row, **self._options))
        except psycopg.Error as error:
            raise NoLine from error
