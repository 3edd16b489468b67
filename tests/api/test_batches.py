"""Batches over HTTP: each item answered exactly as it would have been alone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.portal import Caller, Told, advice, nobody, number, payment

ROUTE = "/v1/debits/batch"


def pay(portal: Caller, items: list[Any], *, atomic: object = False, key: str | None = None) -> Told:
    return portal.post(ROUTE, {"atomic": atomic, "items": items}, key=key)


@pytest.fixture
def howrah(portal: Caller) -> str:
    return portal.wallet("500.00")


def test_each_item_has_its_answer_in_order(portal: Caller, howrah: str) -> None:
    items = [
        payment(howrah, "100.00"),
        payment(howrah, "1000.00") | {"key": f"own-{howrah}"},
        payment("BSKNOBODY", "1.00"),
        payment(howrah, "50.00", capture=False, expires_in=600),
    ]

    answer = pay(portal, items, key=f"batch-{howrah}")

    results = answer.json["items"]
    assert answer.status_code == 200
    assert [result["status"] for result in results] == [201, 422, 404, 201]
    assert [result["key"] for result in results] == [
        *(f"batch-{howrah}#1", f"own-{howrah}", f"batch-{howrah}#3", f"batch-{howrah}#4"),
    ]
    assert [result.get("debit", {}).get("state") for result in results] == ["captured", None, None, "held"]
    assert results[1]["problem"]["type"] == "/problems/insufficient-funds"
    assert results[2]["problem"]["type"] == "/problems/wallet-not-found"
    assert portal.balance(howrah) == {"current": "400.00", "held": "50.00", "available": "350.00"}


VARIANTS: list[dict[str, object]] = [
    {},
    {"narration": "Bill of বৈশাখ, 98765 43210", "consumer_no": "C-1", "application_no": "A/1"},
    {"capture": False},
    {"capture": False, "expires_in": 61},
    {"amount": "900.00"},
    {"service": "999"},
    {"department": "ZZZ"},
]


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: "-".join(change) or "plain")
def test_what_was_paid_alone_is_told_again_by_a_batch_exactly(
    portal: Caller, howrah: str, change: dict[str, object]
) -> None:
    body, key = payment(howrah, "10.00") | change, f"one-{number(16)}"
    alone = portal.post("/v1/debits", body, key=key)
    balance = portal.balance(howrah)

    (result,) = pay(portal, [body | {"key": key}]).json["items"]

    assert (result["key"], result["status"]) == (key, alone.status_code)
    assert json.dumps(result.get("debit", result.get("problem"))) == json.dumps(alone.json)
    assert portal.balance(howrah) == balance


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: "-".join(change) or "plain")
def test_what_a_batch_paid_is_told_again_alone_exactly(portal: Caller, howrah: str, change: dict[str, object]) -> None:
    body, key = payment(howrah, "10.00") | change, f"one-{number(16)}"
    (result,) = pay(portal, [body | {"key": key}]).json["items"]
    balance = portal.balance(howrah)

    alone = portal.post("/v1/debits", body, key=key)

    assert alone.status_code == result["status"]
    assert alone.json == result.get("debit", result.get("problem"))
    assert portal.balance(howrah) == balance


DRAWN = st.tuples(
    st.integers(1, 60), st.integers(0, 5), st.booleans(), st.sampled_from(["001", "001", "001", "999"]), st.booleans()
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(DRAWN, min_size=1, max_size=10))
def test_a_batch_answers_as_the_same_items_one_by_one(
    portal: Caller, drawn: list[tuple[int, int, bool, str, bool]]
) -> None:
    keyed = {
        key: (rupees, hold, service, known) for rupees, key, hold, service, known in drawn
    }  # Each key stands once.
    told = []
    for together in (True, False):
        howrah, run = portal.wallet("100.00"), number(12)
        items = [
            payment(howrah if known else "BSKNOBODY", f"{rupees}.00", service=service, capture=not hold)
            | {"service_ticket_no": f"T{run}", "key": f"{run}-{key}"}
            for key, (rupees, hold, service, known) in keyed.items()
        ]
        answers = pay(portal, items).json["items"] if together else [alone(portal, item) for item in items]
        told.append((lasting(answers, howrah, run), portal.balance(howrah)))

    assert told[0] == told[1]


def alone(portal: Caller, item: dict[str, Any]) -> dict[str, Any]:
    """Pay an item by itself and return what a batch would say of it."""
    answer = portal.post("/v1/debits", {name: item[name] for name in item if name != "key"}, key=item["key"])
    told = "debit" if answer.status_code == 201 else "problem"
    return {"key": item["key"], "status": answer.status_code, told: answer.json}


def lasting(answers: list[dict[str, Any]], wallet: str, run: str) -> str:
    """Return answers without what differs from one wallet and moment to the next."""
    text = json.dumps(answers).replace(wallet, "WALLET").replace(run, "RUN")
    return re.sub(r"[0-9-]{10}T[0-9:.]+Z|[0-9a-f]{32}", "then", text)


def test_a_key_of_an_item_is_spent_for_any_other_request(portal: Caller, howrah: str) -> None:
    key = f"one-{number(16)}"
    portal.post("/v1/debits", payment(howrah, "10.00"), key=key)

    (result,) = pay(portal, [payment(howrah, "11.00") | {"key": key}]).json["items"]

    assert (result["status"], result["problem"]["type"]) == (422, "/problems/key-reused")


def test_of_an_atomic_batch_all_or_nothing_is_posted(portal: Caller, howrah: str) -> None:
    items = [payment(howrah, "400.00"), payment(howrah, "400.00")]

    refused = pay(portal, items, atomic=True)
    paid = pay(portal, items[:1], atomic=True)

    assert refused.status_code == 200
    assert [result["problem"]["type"] for result in refused.json["items"]] == [
        "/problems/not-posted",
        "/problems/insufficient-funds",
    ]
    assert [result["status"] for result in paid.json["items"]] == [201]
    assert portal.balance(howrah)["current"] == "100.00"


@pytest.mark.parametrize("atomic", [True, False])
def test_a_batch_is_told_again_byte_for_byte_whatever_happened_since(portal: Caller, howrah: str, atomic: bool) -> None:
    items = [payment(howrah, "300.00"), payment(howrah, "100.00", capture=False)]
    items += [] if atomic else [payment(howrah, "300.00"), payment("BSKNOBODY", "1.00")]
    key = f"batch-{number(12)}"
    first = pay(portal, items, atomic=atomic, key=key)
    paid, held = (result["debit"]["id"] for result in first.json["items"][:2])
    portal.post(f"/v1/debits/{paid}/refunds", {"amount": "300.00", "reason": "not taken"})
    portal.post(f"/v1/debits/{held}/capture", {})
    portal.post(f"/v1/wallets/{howrah}/freeze", {"reason": "looked into"})

    again = pay(portal, items, atomic=atomic, key=key)

    assert (again.status_code, again.data) == (200, first.data)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert portal.balance(howrah)["current"] == "400.00"


def test_a_batchs_key_is_spent_for_any_other_request(portal: Caller, howrah: str) -> None:
    items, key = [payment(howrah, "1.00")], f"batch-{number(12)}"
    pay(portal, items, key=key)

    answers = [
        pay(portal, items, atomic=True, key=key),
        portal.post("/v1/debits", items[0], key=key),
        portal.post("/v1/credits", advice(howrah, "1.00"), key=key),
        portal.post("/v1/debits/abandon", {}, key=key),
    ]

    assert [answer.status_code for answer in answers] == [422] * 4
    assert {answer.json["type"] for answer in answers} == {"/problems/key-reused"}
    assert portal.get(f"/v1/debits?key={key}").json["key"]["state"] == "posted"
    assert portal.get("/v1/debits", query_string={"key": f"{key}#1"}).json["key"]["state"] == "posted"
    assert portal.balance(howrah)["current"] == "499.00"


def test_an_abandoned_key_spends_its_item(portal: Caller, howrah: str) -> None:
    key = f"one-{number(16)}"
    portal.post("/v1/debits/abandon", {}, key=key)

    (result,) = pay(portal, [payment(howrah, "1.00") | {"key": key}]).json["items"]

    assert (result["status"], result["problem"]["type"]) == (422, "/problems/key-abandoned")


def test_entries_and_refusals_of_a_batch_are_counted_once(app: Flask, portal: Caller, howrah: str) -> None:
    items = [payment(howrah, "100.00"), payment(howrah, "100.00"), payment(howrah, "1000.00")]
    key, before = f"batch-{number(12)}", counters(app)

    pay(portal, items, key=key)
    once = counters(app)
    pay(portal, items, key=key)

    assert [after - was for after, was in zip(once, before, strict=True)] == [2, 1, 0]
    assert [after - was for after, was in zip(counters(app), once, strict=True)] == [0, 0, 1]


def counters(app: Flask) -> list[float]:
    """Return how many entries, refusals for want of money, and replays were counted."""
    told = nobody(app).get("/metrics").text
    names = ("wallet_entries_total", 'wallet_refusals_total{code="insufficient-funds"}', "wallet_replays_total")
    found = [re.search(rf"^{re.escape(name)} (\S+)$", told, re.MULTILINE) for name in names]
    return [float(each[1]) if each else 0.0 for each in found]
