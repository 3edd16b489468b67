"""Exports over HTTP: asked for with a purpose, streamed, told of, and each client's own."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.api.portal import Caller, caller, payment
from tests.servers import Servers
from wallet_service.embedded.children import wait_until


@pytest.fixture(scope="module")
def auditor(app: Flask) -> Caller:
    return caller(app, "reports:read", person="auditor-1")


@pytest.fixture
def paid(portal: Caller) -> Any:
    """Return a payment of a wallet of its own."""
    return portal.post("/v1/debits", payment(portal.wallet("100.00"), "5.00", narration="light")).json


def _asked(paid: Any, **other: object) -> dict[str, object]:
    day = paid["business_day"]
    return {"report": "entries", "from": day, "to": day, "format": "csv", "purpose": "audit no 7", **other}


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_an_export_is_ready_at_once_and_its_file_is_told_of_once_it_was_sent(auditor: Caller, paid: Any) -> None:
    made = auditor.post("/v1/exports", _asked(paid, filters={"wallet": paid["wallet"]}))
    content = auditor.get(f"{made.headers['Location']}/file").data
    told = auditor.get(made.headers["Location"]).json

    assert (made.status_code, made.json["state"], made.json["file"]) == (202, "ready", None)
    assert made.headers["Location"] == f"/v1/exports/{made.json['id']}"
    assert (made.json["made_by"], made.json["purpose"]) == ("auditor-1", "audit no 7")
    assert [row["kind"] for row in _rows(content)] == ["top-up", "payment"]
    assert told["file"] == {"rows": 2, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_a_file_says_what_it_is_and_where_to_keep_it(auditor: Caller, paid: Any) -> None:
    made = auditor.post("/v1/exports", _asked(paid)).json

    file = auditor.get(f"/v1/exports/{made['id']}/file")

    day = paid["business_day"]
    assert file.status_code == 200
    assert file.content_type == "text/csv; charset=utf-8"
    name = f"entries-{day}-to-{day}-export-{made['id']}.csv"
    assert file.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert file.headers["Cache-Control"] == "no-store"
    assert made["filename"] == name


@pytest.mark.parametrize("format_", ["xlsx", "parquet", "pdf", "CSV"])
def test_a_format_that_is_not_made_is_refused_by_what_is(auditor: Caller, paid: Any, format_: str) -> None:
    answer = auditor.post("/v1/exports", _asked(paid, format=format_))

    assert answer.status_code == 400
    assert answer.json["errors"] == {"format": ["One of: csv."]}


@pytest.mark.parametrize(
    ("other", "status", "slug"),
    [
        ({"purpose": "   "}, 400, "invalid-request"),
        ({"from": "2020-01-01"}, 400, "invalid-request"),
        ({"to": "2020-01-01"}, 400, "invalid-request"),
        ({"report": "wallets"}, 400, "invalid-request"),
        ({"filters": {"consumer_no": "1"}}, 400, "invalid-request"),
        ({"filters": {"wallet": "NOBODY"}}, 404, "wallet-not-found"),
        ({"filters": {"department": "ZZZ"}}, 404, "service-not-found"),
        ({"from": "2199-01-01", "to": "2199-01-01"}, 422, "day-in-future"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    auditor: Caller, paid: Any, other: dict[str, object], status: int, slug: str
) -> None:
    answer = auditor.post("/v1/exports", _asked(paid, **other))

    assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{slug}")


def test_numbers_of_persons_in_a_purpose_are_masked(auditor: Caller, paid: Any) -> None:
    made = auditor.post("/v1/exports", _asked(paid, purpose="asked for by 9876543210"))

    assert made.json["purpose"] == "asked for by XXXXXXXXXX"


def test_the_same_key_is_one_export(auditor: Caller, paid: Any, servers: Servers) -> None:
    first = auditor.post("/v1/exports", _asked(paid), key=f"export-{paid['id']}")
    again = auditor.post("/v1/exports", _asked(paid), key=f"export-{paid['id']}")
    other = auditor.post("/v1/exports", _asked(paid, report="debits"), key=f"export-{paid['id']}")

    assert (again.status_code, again.data) == (202, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert (other.status_code, other.json["type"]) == (422, "/problems/key-reused")


def test_only_who_may_read_reports_exports_and_only_its_own(app: Flask, auditor: Caller, paid: Any) -> None:
    made = auditor.post("/v1/exports", _asked(paid)).json
    finance, colleague = caller(app, "finance:make", "debits:read"), caller(app, "reports:read", person="auditor-1")

    assert finance.post("/v1/exports", _asked(paid)).status_code == 403
    for address in (f"/v1/exports/{made['id']}", f"/v1/exports/{made['id']}/file"):
        assert finance.get(address).status_code == 403
        assert colleague.get(address).json["type"] == "/problems/export-not-found"
        assert auditor.get(address).status_code == 200


def test_each_fetch_is_told_of_before_it_begins_and_stopping_frees_the_database(
    app: Flask, auditor: Caller, paid: Any, servers: Servers
) -> None:
    made = auditor.post("/v1/exports", _asked(paid)).json

    answer: Any = app.test_client().open(
        f"/v1/exports/{made['id']}/file", headers={"Authorization": f"Bearer {auditor.token}"}, buffered=False
    )
    told, at_work = _told(servers, made["id"]), _sendings(servers, made["id"])
    answer.close()

    assert told == [("auditor-1", "export"), ("auditor-1", "export-fetch")]
    assert at_work == 1
    assert wait_until(lambda: _sendings(servers, made["id"]) == 0, 10)
    assert auditor.get(f"/v1/exports/{made['id']}").json["file"] is None


def _told(servers: Servers, export: int) -> list[tuple[Any, ...]]:
    query = "SELECT by_whom, act FROM audit WHERE act LIKE 'export%%' AND subject = %s ORDER BY id"
    with psycopg.connect(servers.superuser_url) as connection:
        return connection.execute(query, (str(export),)).fetchall()


def _sendings(servers: Servers, export: int) -> int:
    query = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
    with psycopg.connect(servers.superuser_url) as connection:
        return len(connection.execute(query, (f"wallet export {export}",)).fetchall())
