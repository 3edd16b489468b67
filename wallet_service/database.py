"""The engine, and what one transaction means: who may lose an answer, who may wait, and how each is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from wallet_service.errors import Busy, DatabaseUnavailable, OutcomeUnknown, Unavailable
from wallet_service.lines import Line, Lines, NoLine, left

Answer = TypeVar("Answer")

# 55P03 lock wait, 57014 statement time-out, 40001 serialization failure, 40P01 deadlock.
_WAITED_TOO_LONG = frozenset({"55P03", "57014", "40001", "40P01"})
# Classes of SQLSTATE in which the server itself is in trouble: connection, resources, operator's intervention, system.
_SERVER_TROUBLE = frozenset({"08", "53", "57", "58"})


def sqlalchemy_url(url: str) -> str:
    """Return a ``postgresql://`` address with the driver named as SQLAlchemy wants it."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in {"postgresql", "postgres"} else url


class Database:
    """The PostgreSQL that holds everything that matters. Make one per process, after the fork."""

    def __init__(
        self, url: str, *, pool_size: int = 8, lock_timeout_ms: int = 2_000, statement_timeout_ms: int = 15_000
    ) -> None:
        options = {
            "timezone": "UTC",
            "lock_timeout": lock_timeout_ms,
            "statement_timeout": statement_timeout_ms,
            "idle_in_transaction_session_timeout": 10_000,
        }
        connecting = {
            "connect_timeout": 3,
            "keepalives_idle": 30,
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        }
        self._lines = Lines(url, pool_size, connecting)
        self._engine = create_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=3,
            pool_recycle=1_800,
            connect_args=connecting,
        )
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshot = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def posting(self, verb: Callable[[Line], Answer]) -> Answer:
        """Run a money verb, one round trip on a line that is its own transaction, and return its answer.

        Where the answer was lost, the verb is run once more: it carries its key, so it is told again or happens now.

        Raises:
            OutcomeUnknown: the answer was lost and could not be had again.
            Busy, DatabaseUnavailable: nothing happened.
        """
        try:
            return self.posting_once(verb)
        except OutcomeUnknown:
            try:
                return self.posting_once(verb)
            except Unavailable as error:
                raise OutcomeUnknown from error

    def posting_once(self, verb: Callable[[Line], Answer]) -> Answer:
        """Run a money verb as `posting` does, but never a second time.

        Raises:
            OutcomeUnknown: the answer was lost.
            Busy, DatabaseUnavailable: nothing happened.
        """
        try:
            with self._lines.line() as line:
                try:
                    return verb(line)
                except psycopg.Error as error:
                    raise _meaning(error, not line.is_whole(), OutcomeUnknown) or error from error
        except NoLine as error:
            raise DatabaseUnavailable from error

    @contextmanager
    def statement(self) -> Iterator[Connection]:
        """Give a connection on which each statement is a transaction of its own. For reading, and for single steps."""
        with _connected(self._autocommit) as connection:
            try:
                yield connection
            except DBAPIError as error:
                raise _translated(error, lost=DatabaseUnavailable) from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection in a READ COMMITTED transaction, committed at the end, rolled back on any error.

        Raises:
            OutcomeUnknown: the answer to the COMMIT was lost.
            Busy, DatabaseUnavailable: nothing happened.
        """
        with _connected(self._engine) as connection:
            try:
                yield connection
            except DBAPIError as error:
                raise _translated(error, lost=DatabaseUnavailable) from error
            try:
                connection.commit()
            except DBAPIError as error:
                raise _translated(error, lost=OutcomeUnknown) from error

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a read-only connection that sees one instant of the books throughout: for reports and proofs.

        It ends by a commit: at a rollback the driver forgets every statement that it has prepared.
        """
        with _connected(self._snapshot) as connection:
            try:
                yield connection
                connection.commit()
            except DBAPIError as error:
                raise _translated(error, lost=DatabaseUnavailable) from error

    def close(self) -> None:
        """Close every connection."""
        self._lines.close()
        self._engine.dispose()


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    try:
        connection = _opened(engine)
    except (DBAPIError, PoolTimeout) as error:
        raise DatabaseUnavailable from error
    try:
        yield connection
    except (DatabaseUnavailable, OutcomeUnknown):
        connection.invalidate()  # What broke off in the middle of an answer is not given back to be used again.
        raise
    finally:
        with suppress(
            DBAPIError
        ):  # The pool drops what it cannot roll back; its session is gone, and its work with it.
            connection.close()


def _opened(engine: Engine) -> Connection:
    """Return a connection of the pool, none that its server has left meanwhile."""
    connection = engine.connect()
    while left(cast(psycopg.Connection[Any], connection.connection.driver_connection)):
        connection.invalidate()
        connection.close()
        connection = engine.connect()
    return connection


def _translated(error: DBAPIError, *, lost: type[Unavailable]) -> Exception:
    """Return what a driver's error means to a caller; the error itself where it is a fault of ours."""
    return _meaning(error.orig, error.connection_invalidated, lost) or error


def _meaning(error: BaseException | None, broken: bool, lost: type[Unavailable]) -> Exception | None:
    state: str | None = getattr(error, "sqlstate", None)
    if state in _WAITED_TOO_LONG:
        return Busy()
    if broken or (state is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)):
        return lost()
    if state is not None and state[:2] in _SERVER_TROUBLE:
        return lost() if state.startswith(("08", "57P")) else DatabaseUnavailable()
    return None
