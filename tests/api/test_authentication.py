"""Who may call what. The table of routes and scopes is read from the application itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from flask import Flask

from tests.api.portal import Caller, Told, advice, caller, claim, nobody, payment
from tests.servers import Servers
from wallet_service.api.authentication import policy
from wallet_service.api.connections import databases
from wallet_service.payments import clients

SCOPES = (
    "wallets:read",
    "wallets:write",
    "debits:read",
    "debits:write",
    "credits:write",
    "claims:write",
    "finance:make",
    "finance:check",
    "reports:read",
)
PUBLIC = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/style.css"}


def routes(app: Flask) -> Iterator[tuple[str, str, tuple[str, ...] | None]]:
    """Yield each route of the application: method, path and scopes."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD"}:
            yield method, re.sub(r"<[^>]*>", "1", rule.rule), policy(app.view_functions[rule.endpoint])


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    unsaid = [f"{method} {path}" for method, path, scopes in routes(app) if scopes is None]
    public = {path for _, path, scopes in routes(app) if scopes == ()}

    assert unsaid == []
    assert public == PUBLIC


def test_no_route_is_called_without_a_token(app: Flask) -> None:
    for method, path, scopes in routes(app):
        if scopes:
            answer = nobody(app).call(method, path)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), f"{method} {path}"
            assert answer.json["type"] == "/problems/unauthenticated"


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_its_own_routes_and_no_others(app: Flask, scope: str) -> None:
    someone = caller(app, scope)

    for method, path, scopes in routes(app):
        if scopes:
            refused = someone.call(method, path).status_code == 403
            assert refused is (scope not in scopes), f"{method} {path}"


def test_a_refusal_names_the_scopes_that_would_do(app: Flask) -> None:
    reader = caller(app, "debits:read")

    answer = reader.post("/v1/debits", {})

    assert answer.status_code == 403
    assert answer.json["scopes"] == ["debits:write"]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic dXNlcjpwYXNz",
        "Bearer a b",
        "Bearer " + "a" * 10_000,
        "Bearer \x00",
        "Bearer ১২৩",
    ],
)
def test_a_token_that_is_none_is_refused(app: Flask, header: str | None) -> None:
    given = {} if header is None else {"HTTP_AUTHORIZATION": header.encode().decode("latin-1")}

    answer = nobody(app).get("/v1/wallets", environ_overrides=given)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_with_something_behind_it_is_another_token(app: Flask, portal: Caller) -> None:
    answer = nobody(app).get("/v1/wallets", headers={"Authorization": f"Bearer {portal.token}x"})

    assert answer.status_code == 401


def test_a_revoked_token_is_refused_at_once(app: Flask) -> None:
    someone = caller(app, "wallets:read")
    assert someone.get("/v1/wallets").status_code == 200

    with databases(app).of_this_process().transaction() as connection:
        clients.revoke(connection, someone.name, by="tests")

    assert someone.get("/v1/wallets").status_code == 401


def test_an_expired_token_is_refused(app: Flask, servers: Servers) -> None:
    someone = caller(app, "wallets:read")

    with psycopg.connect(servers.superuser_url) as connection:
        connection.execute(
            "UPDATE client_tokens SET issued_at = issued_at - %(ago)s, expires_at = now() - interval '1 second'"
            " WHERE client = (SELECT id FROM clients WHERE name = %(name)s)",
            {"ago": timedelta(days=1), "name": someone.name},
        )

    assert someone.get("/v1/wallets").status_code == 401


def test_another_clients_debit_is_as_absent_as_none(app: Flask, portal: Caller) -> None:
    howrah = portal.wallet("10.00")
    theirs = portal.post("/v1/debits", payment(howrah, "1.00")).json["id"]
    nobodys = theirs[:-1] + ("8" if theirs[-1] == "9" else "9")
    other = caller(app, "debits:read", "debits:write")

    calls: list[Callable[[str], Told]] = [
        lambda debit: other.get(f"/v1/debits/{debit}"),
        lambda debit: other.post(f"/v1/debits/{debit}/capture", {}),
        lambda debit: other.post(f"/v1/debits/{debit}/void", {}),
        lambda debit: other.post(f"/v1/debits/{debit}/refunds", {"amount": "1.00", "reason": "not taken"}),
    ]
    for call in calls:
        there, absent = call(theirs), call(nobodys)
        assert there.status_code == absent.status_code == 404
        assert without_id(there.json, theirs) == without_id(absent.json, nobodys)


def without_id(problem: dict[str, object], debit: str) -> dict[str, object]:
    return {name: value for name, value in problem.items() if name != "request_id" and value != debit}


def test_look_ups_show_only_ones_own(app: Flask, portal: Caller) -> None:
    howrah = portal.wallet("10.00")
    portal.post("/v1/debits", payment(howrah, "1.00"), key=(key := "look-up-of-my-own"))
    other = caller(app, "debits:read", "credits:write")

    assert other.get(f"/v1/debits?wallet={howrah}").json["items"] == []
    assert other.get(f"/v1/debits?key={key}").json["type"] == "/problems/key-unknown"
    assert other.get(f"/v1/credits?wallet={howrah}").json["items"] == []
    assert len(portal.get(f"/v1/debits?wallet={howrah}").json["items"]) == 1


def test_a_claim_is_shown_to_its_client_and_to_an_auditor(app: Flask, portal: Caller) -> None:
    howrah = portal.wallet()
    claimed = portal.post("/v1/claims", claim(howrah, "5.00")).json["id"]
    other = caller(app, "claims:write")

    assert other.get(f"/v1/claims/{claimed}").status_code == 404
    assert other.get(f"/v1/claims?wallet={howrah}").json["items"] == []
    assert caller(app, "reports:read").get(f"/v1/claims/{claimed}").json["amount"] == "5.00"


def test_a_credit_is_shown_to_its_client_and_to_an_auditor(app: Flask, portal: Caller) -> None:
    howrah = portal.wallet()
    credit = portal.post("/v1/credits", advice(howrah, "5.00")).json["id"]

    assert caller(app, "credits:write").get(f"/v1/credits/{credit}").status_code == 404
    assert caller(app, "reports:read").get(f"/v1/credits/{credit}").json["amount"] == "5.00"
