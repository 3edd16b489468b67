"""PostgreSQL was started again, or has ended its idle sessions: nobody's next statement fails of that."""

from __future__ import annotations

import psycopg
import pytest

from tests.at_once import at_once, connect
from tests.books import Books
from wallet_service.lines import Lines, NoLine

SESSIONS = 4
_END = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND usename = %s"
)


def _end_sessions(books: Books) -> int:
    """End every session of the service, and return how many there were."""
    with psycopg.connect(books.servers.superuser_url) as superuser:
        return len(superuser.execute(_END, ("wallet_service",)).fetchall())


def _balance(books: Books, way: str, wallet: str) -> int:
    with getattr(books.database, way)() as connection:
        return int(
            connection.exec_driver_sql("SELECT current_paise FROM books WHERE code = %s", (wallet,)).scalar_one()
        )


@pytest.mark.parametrize("way", ["statement", "transaction", "snapshot"])
def test_what_comes_next_is_answered_on_every_connection(books: Books, way: str) -> None:
    wallet = books.wallet("10.00")
    connect(books.database, SESSIONS)

    assert _end_sessions(books) >= SESSIONS
    found = at_once([lambda: _balance(books, way, wallet)] * SESSIONS)

    assert found == [10_00] * SESSIONS


def test_what_is_written_next_is_committed(books: Books) -> None:
    wallet = books.wallet("10.00")

    assert _end_sessions(books) > 0
    with books.database.statement() as connection:
        connection.exec_driver_sql("UPDATE services SET name = 'told after' WHERE department = 'POD' AND code = '001'")
    assert _end_sessions(books) > 0
    answer = books.pay(wallet, "1.00")

    assert not answer.replayed
    with books.database.statement() as connection:
        told = "SELECT name FROM services WHERE department = 'POD' AND code = '001'"
        assert connection.exec_driver_sql(told).scalar_one() == "told after"


def test_more_callers_than_lines_wait_for_one(books: Books) -> None:
    lines = Lines(books.servers.service_url, 2, {})

    def ask() -> int:
        with lines.line() as line:
            return int(line.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())

    found = at_once([ask] * 12)

    assert 1 <= len(set(found)) <= 2
    lines.close()


def test_a_line_that_cannot_be_opened_leaves_its_place(books: Books) -> None:
    lines = Lines("postgresql://nobody@127.0.0.1:1/none", 1, {"connect_timeout": 3})

    def ask() -> None:
        with lines.line():
            raise AssertionError("there is no server")

    for _ in range(3):
        with pytest.raises(NoLine):
            ask()


def test_a_line_that_broke_off_is_not_given_again(books: Books) -> None:
    lines = Lines(books.servers.service_url, 1, {})

    def break_off() -> None:
        with lines.line() as line:
            line.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(psycopg.OperationalError):
        break_off()
    with lines.line() as line:
        assert line.exec_driver_sql("SELECT 1").scalar_one() == 1
    lines.close()
