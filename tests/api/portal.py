"""Callers of the API, in their own words, for tests: each is a client with a token of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import uuid4

from flask import Flask
from werkzeug.datastructures import Headers

from tests.servers import Servers
from wallet_service.api.app import create_app
from wallet_service.api.connections import databases
from wallet_service.payments import clients
from wallet_service.settings import Settings

EVERYTHING = (
    "wallets:read",
    "wallets:write",
    "debits:read",
    "debits:write",
    "credits:write",
    "claims:write",
    "reports:read",
    "finance:make",
)
DAY = "2026-04-01"


@contextmanager
def application(servers: Servers) -> Iterator[Flask]:
    """Run the application on the database of *servers*."""
    app = create_app(Settings(database_url=servers.service_url, redis_url=servers.redis_url))
    yield app
    databases(app).close()


class Told(Protocol):
    """An answer, as a test reads it."""

    status_code: int
    content_type: str
    headers: Headers
    text: str
    data: bytes
    json: Any


@dataclass(frozen=True)
class Caller:
    """A client with a token; with an empty token it is nobody we know."""

    app: Flask
    token: str
    name: str

    def get(self, path: str, **options: Any) -> Told:
        return self.call("GET", path, **options)

    def post(self, path: str, body: object = None, *, key: str | None = None, **options: Any) -> Told:
        """Send *body* as JSON with a fresh key, or with *key*; an empty key sends none."""
        headers = {} if key == "" else {"Idempotency-Key": key or uuid4().hex}
        if body is not None:
            options["json"] = body
        return self.call("POST", path, headers={**headers, **options.pop("headers", {})}, **options)

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Told:
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.app.test_client().open(path, method=method, headers={**token, **(headers or {})}, **options)
        return cast(Told, answer)

    def wallet(self, rupees: str | None = None) -> str:
        """Open a wallet of its own for a test, with money if asked, and return its operator code."""
        operator = f"BSKT{number(10)}"
        opened = self.post("/v1/wallets", {"operator_code": operator, "centre_code": "HWH-012", "district": "HWH"})
        assert opened.status_code == 201, opened.text
        if rupees is not None:
            advised = self.post("/v1/credits", advice(operator, rupees))
            assert advised.json["state"] == "credited", advised.text
        return operator

    def pages(self, path: str, limit: int, member: str = "items") -> list[list[Any]]:
        """Return a list page by page; *path* has a query already."""
        found: list[list[Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            told = self.get(f"{path}&limit={limit}{cursor and f'&cursor={cursor}'}").json
            found.append(told[member])
            cursor = told["next_cursor"]
        return found

    def balance(self, operator: str) -> dict[str, str]:
        found: dict[str, str] = self.get(f"/v1/wallets/{operator}/balance").json
        return found


def nobody(app: Flask) -> Caller:
    """Return somebody without a token."""
    return Caller(app, "", "nobody")


def caller(app: Flask, *scopes: str, person: str | None = None) -> Caller:
    """Return a new client with these scopes, which stands for *person*."""
    name = f"client-{uuid4().hex[:12]}"
    with databases(app).of_this_process().transaction() as connection:
        token = clients.add(connection, name, scopes, person=person, by="tests").token
    return Caller(app, token, name)


def advice(operator: str, rupees: str, **other: object) -> dict[str, object]:
    """Return the body by which a deposit is advised that is credited at once."""
    return {
        "wallet": operator,
        "amount": rupees,
        "bank_reference": f"TEST{number(12)}",
        "booked_on": DAY,
        "channel": "neft",
        **other,
    }


def claim(operator: str, rupees: str, **other: object) -> dict[str, object]:
    """Return the body by which a cash deposit at a branch is claimed."""
    return {
        "wallet": operator,
        "amount": rupees,
        "deposited_on": DAY,
        "mode": "cash",
        "branch_code": number(5),
        **other,
    }


def payment(operator: str, rupees: str, **other: object) -> dict[str, object]:
    """Return the body by which an electricity bill is paid at once."""
    return {
        "wallet": operator,
        "department": "POD",
        "service": "001",
        "amount": rupees,
        "service_ticket_no": f"T{number(10)}",
        "capture": True,
        **other,
    }


def number(digits: int) -> str:
    """Return a number that no other test of the run has."""
    return f"{uuid4().int % 10**digits:0{digits}d}"
