"""What holds for every answer: headers, problem documents, and no inner details."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from werkzeug.exceptions import TooManyRequests

from tests.api.portal import Caller, nobody, payment
from wallet_service.api import problems, tracing
from wallet_service.api.app import create_app
from wallet_service.api.authentication import public
from wallet_service.settings import Settings


def test_an_address_without_anything_is_a_problem_document(app: Flask) -> None:
    answer = nobody(app).get("/v1/nothing")

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == "/problems/route-not-found"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/wallets", {"GET", "HEAD", "POST"}),
        ("PUT", "/v1/debits", {"GET", "HEAD", "POST"}),
        ("GET", "/v1/debits/x/void", {"POST"}),
    ],
)
def test_a_method_that_is_not_there_is_told_which_are(app: Flask, method: str, path: str, allowed: set[str]) -> None:
    answer = nobody(app).call(method, path)

    assert answer.status_code == 405
    assert answer.content_type == "application/problem+json"
    assert set(answer.headers["Allow"].split(", ")) == allowed


def test_nothing_is_redirected(app: Flask) -> None:
    assert [nobody(app).get(path).status_code for path in ("//v1/wallets", "/v1/wallets/", "/v1//wallets")] == [
        404,
        404,
        404,
    ]


def test_answers_about_money_are_not_kept_by_anybody(portal: Caller) -> None:
    howrah = portal.wallet("10.00")

    answers = [
        portal.get(f"/v1/wallets/{howrah}/balance"),
        portal.post("/v1/debits", payment(howrah, "1.00")),
        portal.post("/v1/debits", payment(howrah, "100.00")),
    ]

    assert [answer.status_code for answer in answers] == [200, 201, 422]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}
    assert all("default-src 'none'" in answer.headers["Content-Security-Policy"] for answer in answers)


def test_what_nobody_expected_is_logged_with_its_stack_and_told_without(
    caplog: pytest.LogCaptureFixture, unreachable: Flask
) -> None:
    @public
    def broken() -> str:
        raise ZeroDivisionError("secret detail")

    unreachable.add_url_rule("/broken", view_func=broken)

    with caplog.at_level(logging.ERROR):
        answer = nobody(unreachable).get("/broken")

    assert answer.status_code == 500
    assert answer.json["type"] == "/problems/internal-error"
    assert "secret" not in answer.text
    assert "secret detail" in caplog.text


def test_a_database_out_of_reach_says_send_it_again(unreachable: Flask) -> None:
    answer = Caller(unreachable, "token", "somebody").get("/v1/wallets")

    assert answer.status_code == 503
    assert answer.json["type"] == "/problems/database-unavailable"
    assert int(answer.headers["Retry-After"]) >= 1


def test_too_many_calls_are_told_when_to_come_back(unreachable: Flask) -> None:
    with unreachable.test_request_context():
        tracing.begin()
        answer = problems.of_http(TooManyRequests())

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


@pytest.fixture
def unreachable() -> Flask:
    """Return the application on a database that is not there."""
    nowhere = "postgresql://nobody:nothing@127.0.0.1:1/wallet"
    return create_app(Settings(database_url=nowhere, redis_url="redis://127.0.0.1:1/0"))


def test_it_is_alive_whatever_the_database_does(unreachable: Flask) -> None:
    alive, ready = nobody(unreachable).get("/healthz"), nobody(unreachable).get("/readyz")

    assert alive.status_code == 200
    assert ready.status_code == 503
    assert ready.json["database"] == "unreachable"


def test_it_is_ready_when_the_database_is_migrated(app: Flask) -> None:
    assert nobody(app).get("/readyz").json == {"status": "ready"}


def test_the_counters_are_told(app: Flask, portal: Caller) -> None:
    howrah = portal.wallet("1.00")
    portal.post("/v1/debits", payment(howrah, "5.00"))

    answer = nobody(app).get("/metrics")

    assert 'wallet_refusals_total{code="insufficient-funds"}' in answer.text
