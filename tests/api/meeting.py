"""Requests that meet: they gather while one before them waits, and are told what they would be told alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from flask import Flask

from tests.api.portal import Caller, Told, caller, payment
from tests.books import Books
from tests.servers import Servers
from wallet_service.api.app import create_app
from wallet_service.api.connections import databases
from wallet_service.embedded.children import wait_until
from wallet_service.payments import clients
from wallet_service.settings import Settings

SECONDS = 60.0
Call = Callable[[], Told]


@dataclass(frozen=True)
class Asked:
    """A request to pay, with its key and who sends it."""

    payer: Caller
    key: str
    body: dict[str, object]

    def send(self) -> Told:
        return self.payer.post("/v1/debits", self.body, key=self.key)


@contextmanager
def patient(servers: Servers) -> Iterator[Flask]:
    """Run the application with more patience for a lock than any test needs."""
    app = create_app(
        Settings(servers.service_url, servers.redis_url, lock_timeout_ms=30_000, statement_timeout_ms=40_000)
    )
    yield app
    databases(app).close()


@contextmanager
def locked(books: Books, wallet: str) -> Iterator[None]:
    """Hold the row of a wallet, as an operator's tool may that was left open."""
    with psycopg.connect(books.servers.superuser_url) as connection:
        connection.execute("SELECT FROM books WHERE code = %s FOR UPDATE", (wallet,))
        yield
        connection.rollback()


def met(books: Books, portal: Caller, calls: Sequence[Call]) -> list[Told]:
    """Return what the calls are told, that gather while the one before them waits for a wallet, and go on waiting."""
    stuck = portal.wallet("10.00")
    with ThreadPoolExecutor(len(calls) + 1) as threads:
        with locked(books, stuck):
            before = threads.submit(portal.post, "/v1/debits", payment(stuck, "1.00"))
            assert wait_until(lambda: _waits(books), SECONDS)
            futures = [threads.submit(call) for call in calls]
            told = [future.result(SECONDS) for future in futures]
            assert not before.done()
        assert before.result(SECONDS).status_code == 201
    return told


def _waits(books: Books) -> bool:
    with psycopg.connect(books.servers.superuser_url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    return found != (0,)


def code(told: Told) -> str:
    """Return the code of the problem that was told, nothing where it was none."""
    return "" if told.status_code == 201 else str(told.json["type"]).removeprefix("/problems/")


def is_replayed(told: Told) -> bool:
    """Say whether it was told before."""
    return "Idempotency-Replayed" in told.headers


def ended_client(app: Flask) -> Caller:
    """Return a client that has paid, and whose token has ended since."""
    payer = caller(app, "debits:write", "wallets:write", "credits:write")
    assert payer.post("/v1/debits", payment(payer.wallet("10.00"), "1.00")).status_code == 201
    with databases(app).of_this_process().transaction() as connection:
        clients.revoke(connection, payer.name, by="tests")
    return payer
