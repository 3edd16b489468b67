"""Who pays is proved by the posting itself: a token that has ended does not pay, whatever is remembered of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event

import psycopg
import pytest
from flask import Flask

from tests.api.portal import Caller, Told, application, caller, number, payment
from tests.at_once import at_once
from tests.ledger.cable import Cable, Moment
from tests.servers import Servers
from wallet_service.api.connections import databases
from wallet_service.payments import clients

PAYERS = 8
_END = {
    "revoked": "UPDATE client_tokens SET revoked_at = clock_timestamp() WHERE client = %(client)s",
    "expired": "UPDATE client_tokens SET issued_at = issued_at - %(day)s, expires_at = clock_timestamp()"
    " WHERE client = %(client)s",
}


@pytest.fixture
def payer(app: Flask) -> Caller:
    """Return a client that may pay."""
    return caller(app, "debits:write")


@pytest.fixture
def howrah(portal: Caller) -> str:
    """Return a wallet with money."""
    return portal.wallet("1000.00")


def _change(servers: Servers, payer: Caller, statement: str) -> None:
    with psycopg.connect(servers.superuser_url) as connection:
        found = connection.execute("SELECT id FROM clients WHERE name = %s", (payer.name,)).fetchone()
        assert found is not None
        connection.execute(statement, {"client": found[0], "day": timedelta(days=1)})


def _problem(told: Told) -> tuple[int, str]:
    return told.status_code, str(told.json["type"]).removeprefix("/problems/")


@pytest.mark.parametrize("statement", _END.values(), ids=_END.keys())
def test_a_token_that_has_ended_does_not_pay(
    servers: Servers, portal: Caller, payer: Caller, howrah: str, statement: str
) -> None:
    asked, key = payment(howrah, "1.00"), number(20)
    assert payer.post("/v1/debits", asked, key=key).status_code == 201

    _change(servers, payer, statement)
    refused = payer.post("/v1/debits", payment(howrah, "2.00"))
    again = payer.post("/v1/debits", asked, key=key)

    assert _problem(refused) == _problem(again) == (401, "unauthenticated")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert portal.balance(howrah)["current"] == "999.00"


def test_a_token_that_has_ended_is_told_nothing_else(servers: Servers, payer: Caller, howrah: str) -> None:
    assert payer.post("/v1/debits", payment(howrah, "1.00")).status_code == 201
    _change(servers, payer, _END["revoked"])

    told = [
        payer.post("/v1/debits", {"wallet": howrah}),
        payer.post("/v1/debits", payment(howrah, "1.00"), key=""),
        payer.post("/v1/debits", data="{", headers={"Content-Type": "text/plain"}),
        payer.post("/v1/debits?unknown=1", payment(howrah, "1.00")),
        payer.post("/v1/debits", {"wallet": "x" * 1_100_000}),
    ]

    assert [_problem(each) for each in told] == [(401, "unauthenticated")] * len(told)


def test_what_is_wrong_is_told_to_a_token_that_is_good(payer: Caller, howrah: str) -> None:
    before = payer.post("/v1/debits", {"wallet": howrah})

    assert payer.post("/v1/debits", payment(howrah, "1.00")).status_code == 201
    after = payer.post("/v1/debits", {"wallet": howrah})

    assert _problem(before) == _problem(after) == (400, "invalid-request")
    assert before.json["errors"] == after.json["errors"]


def test_a_scope_that_was_taken_away_does_not_pay(servers: Servers, portal: Caller, payer: Caller, howrah: str) -> None:
    assert payer.post("/v1/debits", payment(howrah, "1.00")).status_code == 201

    _change(servers, payer, "UPDATE clients SET scopes = '{debits:read}' WHERE id = %(client)s")
    refused = payer.post("/v1/debits", payment(howrah, "1.00"))

    assert _problem(refused) == (403, "forbidden")
    assert refused.json["scopes"] == ["debits:write"]
    assert portal.balance(howrah)["current"] == "999.00"


def test_a_token_revoked_under_load_pays_nothing_that_was_asked_later(
    app: Flask, payer: Caller, portal: Caller
) -> None:
    wallets = [portal.wallet("1000.00") for _ in range(PAYERS)]
    is_revoked, some_paid = Event(), Event()

    def pay(wallet: str) -> tuple[int, list[int]]:
        paid, later = 0, list[int]()
        while len(later) < 3:
            asked_later = is_revoked.is_set()
            status = payer.post("/v1/debits", payment(wallet, "1.00")).status_code
            if asked_later:
                later.append(status)
            if status == 201:
                paid += 1
                some_paid.set()
        return paid, later

    def revoke() -> tuple[int, list[int]]:
        assert some_paid.wait(60)
        with databases(app).of_this_process().transaction() as connection:
            clients.revoke(connection, payer.name, by="tests")
        is_revoked.set()
        return 0, []

    found = at_once([*(lambda wallet=wallet: pay(wallet) for wallet in wallets), revoke])

    counts = [each for each in found[:-1] if isinstance(each, tuple)]
    assert [later for _, later in counts] == [[401] * 3] * PAYERS
    assert [portal.balance(wallet)["current"] for wallet in wallets] == [f"{1000 - paid}.00" for paid, _ in counts]


@pytest.fixture
def cable(servers: Servers) -> Iterator[Cable]:
    """Return a cable to the database."""
    with Cable(servers.service_url) as laid:
        yield laid


def test_an_ended_token_does_not_learn_what_a_lost_answer_was(
    servers: Servers, portal: Caller, payer: Caller, howrah: str, cable: Cable
) -> None:
    with application(replace(servers, service_url=cable.url)) as far:
        there = replace(payer, app=far)
        assert there.post("/v1/debits", payment(howrah, "1.00")).status_code == 201
        _change(servers, payer, _END["revoked"])

        cable.cut(b"FROM place_by_token(", Moment.ANSWERED, times=1)
        unknown = there.post("/v1/debits", payment(howrah, "1.00"))
        known = there.post("/v1/debits", payment(howrah, "1.00"))

    assert _problem(unknown) == (503, "outcome-unknown")
    assert _problem(known) == (401, "unauthenticated")
    assert portal.balance(howrah)["current"] == "999.00"
