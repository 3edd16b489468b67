"""Debits that are asked at one moment are posted together, and each is answered as if it had been alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from threading import Event

import psycopg
import pytest
from flask import Flask

from tests.api.portal import EVERYTHING, Caller, Told, application, caller, number, payment
from tests.books import Books
from tests.ledger.cable import Cable, Moment
from tests.servers import Servers
from wallet_service.api.app import create_app
from wallet_service.api.connections import databases
from wallet_service.embedded.children import wait_until
from wallet_service.money import Paise, rupees
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
    app = create_app(Settings(servers.service_url, servers.redis_url, lock_timeout_ms=30_000))
    yield app
    databases(app).close()


@pytest.fixture
def app(books: Books) -> Iterator[Flask]:
    with patient(books.servers) as running:
        yield running


@pytest.fixture
def portal(app: Flask) -> Caller:
    return caller(app, *EVERYTHING)


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


def _commits(books: Books) -> int:
    with psycopg.connect(books.servers.superuser_url) as connection:
        found = connection.execute("SELECT count(DISTINCT xmin::text) FROM debits").fetchone()
    assert found is not None
    return int(found[0])


def _code(told: Told) -> str:
    return "" if told.status_code == 201 else str(told.json["type"]).removeprefix("/problems/")


def _is_replayed(told: Told) -> bool:
    return "Idempotency-Replayed" in told.headers


def test_what_is_asked_at_one_moment_shares_commits_and_each_is_told_its_own(books: Books, portal: Caller) -> None:
    wallets = [portal.wallet("1000.00") for _ in range(3)]
    asked = [payment(wallets[place % 3], f"{place}.00", narration=f"the {place}th") for place in range(1, 25)]

    told = met(books, portal, [partial(portal.post, "/v1/debits", each) for each in asked])

    assert [each.status_code for each in told] == [201] * 24
    assert [(each.json["wallet"], each.json["amount"], each.json["narration"]) for each in told] == [
        (each["wallet"], each["amount"], each["narration"]) for each in asked
    ]
    assert {each.headers["Location"] for each in told} == {f"/v1/debits/{each.json['id']}" for each in told}
    assert len({each.headers["X-Request-Id"] for each in told}) == 24
    assert [portal.balance(wallet)["current"] for wallet in wallets] == ["892.00", "908.00", "900.00"]
    assert _commits(books) < 12
    assert books.faults() == {}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_meets_is_answered_as_it_is_told_alone(books: Books, app: Flask, portal: Caller, seed: int) -> None:
    books.as_owner("UPDATE services SET once_per = 'ticket' WHERE department = 'POD' AND code = '002'")
    draw, payers = Random(seed), [portal, caller(app, "debits:write")]
    funds = {portal.wallet("1000.00"): 100_000, portal.wallet("40.00"): 4_000, portal.wallet("500.00"): 50_000}
    *_, frozen = funds
    portal.post(f"/v1/wallets/{frozen}/freeze", {"reason": "looked into"})
    asked = [_drawn(draw, [*funds, "NOBODY"], payers) for _ in range(30)]
    asked += [draw.choice(asked) for _ in range(8)]
    asked += [replace(one, body={**one.body, "amount": "2.22"}) for one in draw.sample(_kept(asked), 4)]
    draw.shuffle(asked)

    told = met(books, portal, [each.send for each in asked])
    again = [each.send() for each in asked]

    assert [each.data for each in told] == [each.data for each in again]
    first = [each for each in told if each.status_code == 201 and not _is_replayed(each)]
    assert len(first) == len(
        {(one.payer.name, one.key) for one, each in zip(asked, told, strict=True) if not _code(each)}
    )
    assert all(_is_replayed(each) for each in again if _code(each) in {"", "insufficient-funds", "already-paid"})
    for wallet, before in funds.items():
        mine = [each.json for each in first if each.json["wallet"] == wallet]
        left = before - sum(round(float(each["captured"]) * 100) for each in mine)
        assert portal.balance(wallet)["current"] == rupees(Paise(left))
    assert {_code(each) for each in told} >= {
        "",
        "wallet-frozen",
        "wallet-not-found",
        "service-not-found",
        "key-reused",
    }
    assert books.faults() == {}


def _kept(asked: Sequence[Asked]) -> list[Asked]:
    """Return the requests whose keys keep their answers, whatever these are."""
    return [one for one in asked if one.body["service"] == "001" and one.body["wallet"] != "NOBODY"]


def _drawn(draw: Random, wallets: Sequence[str], payers: Sequence[Caller]) -> Asked:
    wallet = draw.choice(wallets)
    body = payment(
        wallet,
        draw.choice(["1.00", "7.50", "15.00", "30.00"]),
        service="001" if wallet == "NOBODY" else draw.choice(["001", "001", "002", "999"]),
        service_ticket_no=draw.choice(["T1", "T2", f"T{number(10)}", f"T{number(10)}"]),
        capture=draw.random() < 0.7,
    )
    return Asked(draw.choice(payers), number(20), body)


def test_50_identical_requests_that_meet_are_one_entry_and_one_answer(books: Books, portal: Caller) -> None:
    howrah, key = portal.wallet("100.00"), number(20)
    same = partial(portal.post, "/v1/debits", payment(howrah, "30.00"), key=key)

    told = met(books, portal, [same] * 50)

    assert [each.status_code for each in told] == [201] * 50
    assert len({each.data for each in told}) == 1
    assert sorted(_is_replayed(each) for each in told) == [False] + [True] * 49
    assert portal.balance(howrah)["current"] == "70.00"
    assert books.faults() == {}


def test_a_wallet_that_somebody_has_locked_holds_up_no_other(books: Books, portal: Caller) -> None:
    stuck, others = portal.wallet("100.00"), [portal.wallet("100.00") for _ in range(12)]

    with ThreadPoolExecutor(2) as threads:
        with locked(books, stuck):
            held = [threads.submit(portal.post, "/v1/debits", payment(stuck, "1.00")) for _ in range(2)]
            told = met(books, portal, [partial(portal.post, "/v1/debits", payment(each, "1.00")) for each in others])
            assert not any(future.done() for future in held)
        freed = [future.result(SECONDS) for future in held]

    assert [each.status_code for each in (*told, *freed)] == [201] * 14
    assert portal.balance(stuck)["current"] == "98.00"
    assert {portal.balance(wallet)["current"] for wallet in others} == {"99.00"}
    assert books.faults() == {}


def test_who_waits_too_long_for_a_wallet_is_told_so_and_nobody_else(books: Books, portal: Caller) -> None:
    stuck, howrah = portal.wallet("100.00"), portal.wallet("100.00")

    with application(books.servers) as hasty, locked(books, stuck), ThreadPoolExecutor(8) as threads:
        there = replace(portal, app=hasty)
        futures = [threads.submit(there.post, "/v1/debits", payment(each, "1.00")) for each in (stuck, howrah) * 4]
        told = [future.result(SECONDS) for future in futures]

    assert [_code(each) for each in told] == ["busy", ""] * 4
    assert (portal.balance(stuck)["current"], portal.balance(howrah)["current"]) == ("100.00", "96.00")
    assert books.faults() == {}


@pytest.fixture
def ended(app: Flask) -> Caller:
    """Return a client that has paid, and whose token has ended since."""
    payer = caller(app, "debits:write", "wallets:write", "credits:write")
    assert payer.post("/v1/debits", payment(payer.wallet("10.00"), "1.00")).status_code == 201
    with databases(app).of_this_process().transaction() as connection:
        clients.revoke(connection, payer.name, by="tests")
    return payer


def test_a_token_that_has_ended_pays_nothing_together(books: Books, portal: Caller, ended: Caller) -> None:
    howrah = portal.wallet("100.00")
    calls = [partial(each.post, "/v1/debits", payment(howrah, "1.00")) for each in (ended, portal) * 8]

    told = met(books, portal, calls)

    assert [each.status_code for each in told] == [401, 201] * 8
    assert portal.balance(howrah)["current"] == "92.00"
    assert books.faults() == {}


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
    assert any(_is_replayed(each) for each in told) or moment is not Moment.ANSWERED
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

    assert {_code(each) for each in told} <= {"outcome-unknown", "unauthenticated"}
    assert [_code(each) for each in told].count("outcome-unknown") >= 2
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
    assert {_code(each) for _, each in told} <= {"", "outcome-unknown", "database-unavailable"}
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
