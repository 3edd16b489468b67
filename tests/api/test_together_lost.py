"""Where the answer to requests that were posted together is lost, each finds out what became of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Event

import psycopg
import pytest
from flask import Flask

from tests.api.meeting import SECONDS, Asked, code, ended_client, is_replayed, met, patient
from tests.api.portal import EVERYTHING, Caller, Told, caller, number, payment
from tests.books import Books
from tests.ledger.cable import Cable, Moment
from wallet_service.api.connections import databases
from wallet_service.embedded.children import wait_until


@pytest.fixture
def app(books: Books) -> Iterator[Flask]:
    with patient(books.servers) as running:
        yield running


@pytest.fixture
def portal(app: Flask) -> Caller:
    return caller(app, *EVERYTHING)


@pytest.fixture
def ended(app: Flask) -> Caller:
    return ended_client(app)


@pytest.fixture
def cable(books: Books) -> Iterator[Cable]:
    """Return a cable to the database."""
    with Cable(books.servers.service_url) as laid:
        yield laid


@pytest.mark.parametrize("moment", Moment)
def test_where_the_answer_to_all_is_lost_each_is_paid_once(
    books: Books, portal: Caller, cable: Cable, moment: Moment
) -> None:
    howrah = portal.wallet("100.00")

    with patient(replace(books.servers, service_url=cable.url)) as far:
        there = replace(portal, app=far)
        assert there.post("/v1/debits", payment(howrah, "1.00")).status_code == 201
        cable.cut(b"FROM pay_together(", moment, times=1)
        told = met(books, there, [partial(there.post, "/v1/debits", payment(howrah, "1.00")) for _ in range(20)])

    assert cable.cuts == 1
    assert [each.status_code for each in told] == [201] * 20
    assert any(is_replayed(each) for each in told) or moment is not Moment.ANSWERED
    assert portal.balance(howrah)["current"] == "79.00"
    assert books.faults() == {}


def test_an_ended_token_does_not_learn_what_a_lost_answer_to_all_was(
    books: Books, portal: Caller, ended: Caller, cable: Cable
) -> None:
    howrah = portal.wallet("100.00")

    with patient(replace(books.servers, service_url=cable.url)) as far:
        there = replace(ended, app=far)
        databases(far).of_this_process()
        far.extensions["wallet-callers"].update(portal.app.extensions["wallet-callers"])
        cable.cut(b"FROM pay_together(", Moment.ANSWERED, times=1)
        told = met(books, replace(portal, app=far), [partial(there.post, "/v1/debits", payment(howrah, "1.00"))] * 12)

    assert {code(each) for each in told} <= {"outcome-unknown", "unauthenticated"}
    assert [code(each) for each in told].count("outcome-unknown") >= 2
    assert portal.balance(howrah)["current"] == "100.00"


def test_a_session_that_is_ended_in_the_middle_loses_and_doubles_nothing(books: Books, portal: Caller) -> None:
    wallets, enough, counted = [portal.wallet("1000.00") for _ in range(4)], Event(), list[int]()

    def pay(place: int) -> list[tuple[Asked, Told]]:
        found = []
        while not enough.is_set():
            one = Asked(portal, number(20), payment(wallets[place % 4], "0.01"))
            found.append((one, one.send()))
        return found

    with ThreadPoolExecutor(16) as threads:
        futures = [threads.submit(pay, place) for place in range(16)]
        try:
            assert wait_until(partial(_end_sessions, books, counted), SECONDS, 0.001)
        finally:
            enough.set()
        told = [each for future in futures for each in future.result(SECONDS)]

    assert sum(counted) >= 3
    assert {code(each) for _, each in told} <= {"", "outcome-unknown", "database-unavailable"}
    settled = [each if each.status_code == 201 else one.send() for one, each in told]
    assert [each.status_code for each in settled] == [201] * len(settled)
    paid = sum(1000_00 - round(float(portal.balance(wallet)["current"]) * 100) for wallet in wallets)
    assert paid == len({each.json["id"] for each in settled}) == len(settled)
    assert books.faults() == {}


def _end_sessions(books: Books, counted: list[int]) -> bool:
    """End who posts together at this moment, and say whether that was enough."""
    with psycopg.connect(books.servers.superuser_url) as connection:
        found = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state = 'active' AND query LIKE '%FROM pay_together(%' AND pid <> pg_backend_pid()"
        ).fetchone()
    assert found is not None
    counted.append(int(found[0]))
    return sum(counted) >= 3
