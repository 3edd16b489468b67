"""Stuck work over HTTP: seen by finance and auditors, tried again by a maker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.api.portal import application, caller
from tests.books import Books
from wallet_service.ledger import outbox


@pytest.fixture
def office(books: Books) -> Iterator[Flask]:
    with application(books.servers) as app:
        yield app


def given_up(books: Books, job: str, subject: str, why: str) -> int:
    with books.database.transaction() as connection:
        made = outbox.enqueue(connection, job, subject)
        outbox.mark_failed(connection, made, why)
    return made


def test_what_was_given_up_is_seen_page_by_page_and_tried_again_by_a_maker_once(office: Flask, books: Books) -> None:
    failed = [given_up(books, "post-bank-file", str(number), "the bank's file was away") for number in (7, 8, 9)]
    maker, auditor = caller(office, "finance:make", person="mita"), caller(office, "reports:read")

    first = auditor.get("/v1/jobs?state=given-up&limit=2").json
    second = auditor.get(f"/v1/jobs?state=given-up&limit=2&cursor={first['next_cursor']}").json
    path = f"/v1/jobs/{first['items'][0]['id']}/retry"
    refused = [caller(office, scope).post(path).status_code for scope in ("reports:read", "finance:check")]
    tried = maker.post(path, key="again")
    replayed = maker.post(path, key="again")
    in_hand = maker.post(path)
    unknown = maker.post("/v1/jobs/tea/retry")

    assert [each["id"] for each in first["items"] + second["items"]] == [f"job-{each}" for each in failed]
    assert (first["items"][0]["words"], second["next_cursor"]) == ("the bank's file was away", None)
    assert refused == [403, 403]
    assert (tried.status_code, tried.json["state"], tried.json["subject"]) == (202, "waiting", "7")
    assert (replayed.text, replayed.headers["Idempotency-Replayed"]) == (tried.text, "true")
    assert (in_hand.status_code, in_hand.json["type"]) == (409, "/problems/job-not-failed")
    assert (unknown.status_code, unknown.json["type"]) == (404, "/problems/job-not-found")
    with books.database.transaction() as connection:
        assert [job.id for job in outbox.claim_unsent(connection, 10)] == failed[:1]
        audited = connection.exec_driver_sql("SELECT by_whom, subject FROM audit WHERE act = 'job-retry'").all()
    assert [tuple(row) for row in audited] == [("mita", f"job-{failed[0]}")]
    assert [each["id"] for each in auditor.get("/v1/jobs").json["items"]] == [f"job-{each}" for each in failed[1:]]
