"""A debit that is in order is answered past Flask, to the letter as its view answers it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import uuid4

import pytest
from flask import Flask

from tests.api.portal import EVERYTHING, Caller, Told, application, caller, payment
from tests.books import Books
from wallet_service.api import authentication
from wallet_service.api.connections import databases
from wallet_service.api.direct import Direct
from wallet_service.errors import OutcomeUnknown
from wallet_service.payments import clients

BY_THE_VIEW = {"Content-Type": "application/json; charset=utf-8"}
"""As good a type as the plain one, and not the one that goes the short way."""
ROUTE = "/v1/debits"


@pytest.fixture
def app(books: Books) -> Iterator[Flask]:
    with application(books.servers) as running:
        yield running


@pytest.fixture
def portal(app: Flask) -> Caller:
    return caller(app, *EVERYTHING)


def directly(caller: Caller, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], key: str) -> Told:
    """Send a debit where there is nothing but the short way."""
    with monkeypatch.context() as patched:
        patched.setattr(cast(Direct, caller.app.wsgi_app), "_flask", None)
        return caller.post(ROUTE, body, key=key)


def by_the_view(caller: Caller, body: dict[str, Any], key: str) -> Told:
    return caller.post(ROUTE, body, key=key, headers=BY_THE_VIEW)


def headers(told: Told) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in told.headers)


@pytest.mark.parametrize("how", [{}, {"capture": False}, {"capture": False, "expires_in": 60}])
def test_what_is_told_again_is_the_same_by_either_way(
    portal: Caller, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    wallet, first, second = portal.wallet("100.00"), uuid4().hex, uuid4().hex
    asked = payment(wallet, "10.00", application_no="A-1", consumer_no="C-1", narration="বিদ্যুৎ বিল", **how)

    placed = directly(portal, monkeypatch, asked, first)
    told = [directly(portal, monkeypatch, asked, first), by_the_view(portal, asked, first)]
    other = by_the_view(portal, asked, second)

    assert [each.data for each in told] == [placed.data] * 2
    assert headers(told[0]) == headers(told[1])
    assert headers(told[0]) == sorted([*headers(placed), ("idempotency-replayed", "true")])
    assert placed.status_code == other.status_code == 201
    assert [name for name, _ in headers(placed)] == [name for name, _ in headers(other)]
    assert list(placed.json) == list(other.json)
    assert placed.json["narration"] == "বিদ্যুৎ বিল"
    assert (placed.json["same_ticket"], other.json["same_ticket"]) == ([], [placed.json["id"]])


def test_a_refusal_is_its_views_and_recorded_once(portal: Caller, books: Books) -> None:
    wallet, key = portal.wallet("5.00"), uuid4().hex

    refused = portal.post(ROUTE, payment(wallet, "10.00", service_ticket_no="T-1"), key=key)
    again = by_the_view(portal, payment(wallet, "10.00", service_ticket_no="T-1"), key)

    assert (refused.status_code, refused.json["type"]) == (422, "/problems/insufficient-funds")
    assert again.data == refused.data
    assert sorted([*headers(refused), ("idempotency-replayed", "true")]) == headers(again)
    assert portal.balance(wallet)["current"] == "5.00"
    assert books.faults() == {}


def test_a_token_that_ended_pays_nothing_by_the_short_way(app: Flask, portal: Caller) -> None:
    wallet, payer = portal.wallet("100.00"), caller(app, "debits:write")
    assert payer.post(ROUTE, payment(wallet, "1.00")).status_code == 201
    with databases(app).of_this_process().transaction() as connection:
        clients.revoke(connection, payer.name, by="tests")

    told = payer.post(ROUTE, payment(wallet, "1.00"))

    assert (told.status_code, told.json["type"]) == (401, "/problems/unauthenticated")
    assert portal.balance(wallet)["current"] == "99.00"


def test_a_token_without_the_scope_is_refused(app: Flask, portal: Caller) -> None:
    wallet, reader = portal.wallet("100.00"), caller(app, "debits:read")
    assert reader.get(f"{ROUTE}?service_ticket_no=T-1").status_code == 200

    assert reader.post(ROUTE, payment(wallet, "1.00")).status_code == 403
    assert portal.balance(wallet)["current"] == "100.00"


@pytest.mark.parametrize(
    ("spoilt", "status"),
    [
        ({"json": {"wallet": "BSKT1"}}, 400),
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b'{"a": 1, "a": 1}', "content_type": "application/json"}, 400),
        ({"data": b"{}", "content_type": "text/plain"}, 415),
        ({"data": b" " * 20_000 + b"{}", "content_type": "application/json"}, 400),
        ({"json": {}, "headers": {"Content-Encoding": "gzip"}}, 415),
        ({"json": {}, "headers": {"Idempotency-Key": "a#b"}}, 400),
        ({"json": {}, "headers": {"Authorization": "Basic YTpi"}}, 401),
        ({"json": {}, "query_string": "a=1"}, 400),
    ],
)
def test_what_is_not_in_order_is_its_views_to_refuse(portal: Caller, spoilt: dict[str, Any], status: int) -> None:
    portal.wallet()
    sent = {"Idempotency-Key": uuid4().hex, **spoilt.pop("headers", {})}

    told = portal.call("POST", ROUTE, headers=sent, **spoilt)

    assert (told.status_code, told.content_type) == (status, "application/problem+json")


def test_a_mistake_of_ours_is_told_as_everywhere(portal: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    wallet = portal.wallet("100.00")

    def broken(*given: object) -> None:
        raise RuntimeError("broken")

    portal.app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("wallet_service.api.direct.posted_by", broken)
    told = portal.post(ROUTE, payment(wallet, "1.00"))

    assert (told.status_code, told.json["type"]) == (500, "/problems/internal-error")


def test_a_lost_answer_is_told_to_who_asked_though_the_token_was_forgotten_meanwhile(
    app: Flask, portal: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet, payer = portal.wallet("100.00"), caller(app, "debits:write")
    assert payer.post(ROUTE, payment(wallet, "1.00")).status_code == 201

    def lost(where: object, proof: clients.Proof, item: object) -> None:
        with databases(app).of_this_process().transaction() as connection:
            clients.revoke(connection, payer.name, by="tests")
        authentication.forget(app, proof)
        raise OutcomeUnknown

    monkeypatch.setattr("wallet_service.api.direct.posted_by", lost)
    told = payer.post(ROUTE, payment(wallet, "1.00"))

    assert (told.status_code, told.json["type"]) == (503, "/problems/outcome-unknown")
