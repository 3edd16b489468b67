"""A small generated past, made once for all tests that only read it or post after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

from tests.books import Books
from tests.servers import Servers, fresh_database
from wallet_service.cli.schema import to_head_with_departments
from wallet_service.history import Plan, generate

SMALL = Plan(payments=3_000, last_day=date(2026, 3, 31), wallets=40, seed=7)


@pytest.fixture(scope="session")
def past(servers: Servers) -> Iterator[Books]:
    """Return books with a generated past, kept by the client whose payments they are."""
    with fresh_database(servers) as fresh:
        to_head_with_departments(fresh.owner_url)
        generate(fresh.owner_url, SMALL)
        with psycopg.connect(fresh.owner_url) as connection:
            (client,) = connection.execute("SELECT id FROM clients WHERE name = 'history'").fetchone() or (0,)
        books = Books(fresh, client=client)
        yield books
        books.close()


def fingerprint(servers: Servers) -> tuple[object, ...]:
    """Return what tells two pasts apart: hashes of all entries, debits, keys, credits, bank lines and snapshots."""
    tables = {
        "entries": "book, number",
        "debits": "book, number",
        "keys": "client, key",
        "credits": "book, number",
        "refunds": "book, entry_number",
        "bank_lines": "id",
        "bank_line_postings": "line",
        "day_balances": "account, day",
        "day_books": "book, day",
    }
    with psycopg.connect(servers.owner_url) as connection:
        return tuple(
            connection.execute(
                f"SELECT '{table}', count(*), md5(string_agg(x::text, '' ORDER BY {order})) FROM {table} x"
            ).fetchone()
            for table, order in tables.items()
        )


def definitions(servers: Servers) -> list[tuple[str, ...]]:
    """Return every index and constraint of the schema, as the catalogue writes them."""
    with psycopg.connect(servers.owner_url) as connection:
        return connection.execute(
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
            " SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND convalidated ORDER BY 1, 2, 3"
        ).fetchall()
