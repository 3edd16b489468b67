"""Debits over HTTP: paid, held, captured, voided, refunded, found again, told again."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.portal import Caller, advice, number, payment
from wallet_service.dates import today


@pytest.fixture
def howrah(portal: Caller) -> str:
    return portal.wallet("500.00")


def fresh_key() -> str:
    return f"key-{number(16)}"


def test_a_payment_is_told_whole(portal: Caller, howrah: str) -> None:
    body = payment(howrah, "120.50", application_no="A/2026/17", consumer_no="C-1", narration="call 9876543210")

    paid = portal.post("/v1/debits", body)

    told = paid.json
    assert paid.status_code == 201
    assert paid.headers["Location"] == f"/v1/debits/{told['id']}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", told.pop("placed_at"))
    assert told == {
        "id": f"{howrah}-D000001",
        "state": "captured",
        "wallet": howrah,
        "department": "POD",
        "service": "001",
        "amount": "120.50",
        "captured": "120.50",
        "refunded": "0.00",
        "released": "0.00",
        "service_ticket_no": body["service_ticket_no"],
        "application_no": "A/2026/17",
        "consumer_no": "C-1",
        "narration": "call XXXXXXXXXX",
        "business_day": str(today()),
        "expires_at": None,
        "closed_at": None,
        "late": False,
        "entry": f"{howrah}-000002",
        "same_ticket": [],
        "balance": {"current": "379.50", "held": "0.00", "available": "379.50"},
    }


def test_a_hold_is_captured_in_part_and_the_rest_released(portal: Caller, howrah: str) -> None:
    held = portal.post("/v1/debits", payment(howrah, "200.00", capture=False, expires_in=3600)).json
    path = f"/v1/debits/{held['id']}/capture"

    captured = portal.post(path, {"amount": "150.00"})
    again = portal.post(path, {"amount": "150.00"})

    assert held["state"] == "held"
    assert held["balance"] == {"current": "500.00", "held": "200.00", "available": "300.00"}
    assert captured.status_code == 200
    assert [captured.json[name] for name in ("state", "captured", "released")] == ["captured", "150.00", "50.00"]
    assert captured.json["balance"] == {"current": "350.00", "held": "0.00", "available": "350.00"}
    assert (again.status_code, again.json["type"]) == (422, "/problems/hold-closed")


def test_a_capture_without_an_amount_takes_all_but_never_without_a_body(portal: Caller, howrah: str) -> None:
    held = portal.post("/v1/debits", payment(howrah, "200.00", capture=False)).json

    bodiless = portal.post(f"/v1/debits/{held['id']}/capture")
    null = portal.post(f"/v1/debits/{held['id']}/capture", {"amount": None})
    whole = portal.post(f"/v1/debits/{held['id']}/capture", {})

    assert (bodiless.status_code, null.status_code) == (415, 400)
    assert (whole.status_code, whole.json["captured"]) == (200, "200.00")


def test_more_than_was_held_is_not_captured(portal: Caller, howrah: str) -> None:
    held = portal.post("/v1/debits", payment(howrah, "200.00", capture=False)).json

    answer = portal.post(f"/v1/debits/{held['id']}/capture", {"amount": "200.01"})

    assert (answer.status_code, answer.json["type"]) == (422, "/problems/capture-exceeds-hold")
    assert portal.get(f"/v1/debits/{held['id']}").json["state"] == "held"


@pytest.mark.parametrize("body", [{}, None], ids=["an empty object", "no body"])
def test_a_hold_is_given_back_whole(portal: Caller, howrah: str, body: object) -> None:
    held = portal.post("/v1/debits", payment(howrah, "200.00", capture=False)).json

    voided = portal.post(f"/v1/debits/{held['id']}/void", body)

    assert (voided.status_code, voided.json["state"]) == (200, "voided")
    assert portal.balance(howrah) == {"current": "500.00", "held": "0.00", "available": "500.00"}


def test_a_payment_is_refunded_up_to_what_was_captured(portal: Caller, howrah: str) -> None:
    paid = portal.post("/v1/debits", payment(howrah, "200.00")).json
    path = f"/v1/debits/{paid['id']}/refunds"

    part = portal.post(path, {"amount": "150.00", "reason": "not taken"})
    beyond = portal.post(path, {"amount": "50.01", "reason": "not taken"})
    taken = portal.post(path, {"amount": "10.00", "reason": "paid twice", "cause": "paid"})

    assert part.status_code == 201
    assert part.headers["Location"] == f"/v1/entries/{part.json['id']}"
    assert portal.get(part.headers["Location"]).json["amount"] == "150.00"
    assert [part.json[name] for name in ("debit", "amount", "cause")] == [paid["id"], "150.00", "failed"]
    assert part.json["balance"]["current"] == "450.00"
    assert (beyond.status_code, beyond.json["type"]) == (422, "/problems/refund-exceeds-capture")
    assert (taken.status_code, taken.json["type"]) == (422, "/problems/refund-needs-approval")
    assert portal.get(f"/v1/debits/{paid['id']}").json["refunded"] == "150.00"


def test_a_refusal_tells_what_was_needed_in_rupees(portal: Caller, howrah: str) -> None:
    answer = portal.post("/v1/debits", payment(howrah, "500.01"))

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == "/problems/insufficient-funds"
    assert (answer.json["needed"], answer.json["available"]) == ("500.01", "500.00")


def test_what_happened_is_told_again_byte_for_byte_whatever_came_after(portal: Caller, howrah: str) -> None:
    pay, hold, take, back = payment(howrah, "100.00"), payment(howrah, "50.00", capture=False), fresh_key(), fresh_key()
    keys = {"pay": fresh_key(), "hold": fresh_key()}
    paid = portal.post("/v1/debits", pay, key=keys["pay"])
    held = portal.post("/v1/debits", hold, key=keys["hold"])
    capture, refund = f"/v1/debits/{held.json['id']}/capture", f"/v1/debits/{paid.json['id']}/refunds"
    reason = {"amount": "30.00", "reason": "not taken"}
    captured = portal.post(capture, {}, key=take)
    refunded = portal.post(refund, reason, key=back)
    portal.post(f"/v1/debits/{held.json['id']}/refunds", reason)

    again = [
        (paid, portal.post("/v1/debits", pay, key=keys["pay"])),
        (held, portal.post("/v1/debits", hold, key=keys["hold"])),
        (captured, portal.post(capture, {}, key=take)),
        (refunded, portal.post(refund, reason, key=back)),
    ]

    for first, second in again:
        assert (second.status_code, second.data) == (first.status_code, first.data)
        assert second.headers.get("Location") == first.headers.get("Location")
        assert "Idempotency-Replayed" not in first.headers
        assert second.headers["Idempotency-Replayed"] == "true"
    assert portal.balance(howrah)["current"] == "410.00"


def test_a_refusal_is_told_again_byte_for_byte_after_a_top_up(portal: Caller, howrah: str) -> None:
    body, key = payment(howrah, "900.00"), fresh_key()
    first = portal.post("/v1/debits", body, key=key)
    portal.post("/v1/credits", advice(howrah, "1000.00"))

    again = portal.post("/v1/debits", body, key=key)

    assert (again.status_code, again.data) == (422, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert portal.balance(howrah)["current"] == "1500.00"


def test_the_order_of_fields_makes_no_other_request(portal: Caller, howrah: str) -> None:
    body, key = payment(howrah, "10.00"), fresh_key()
    first = portal.post("/v1/debits", body, key=key)

    again = portal.post("/v1/debits", dict(reversed(body.items())), key=key)

    assert again.data == first.data
    assert portal.balance(howrah)["current"] == "490.00"


def test_a_key_pays_one_request_only(portal: Caller, howrah: str) -> None:
    body, key = payment(howrah, "10.00"), fresh_key()
    held = portal.post("/v1/debits", payment(howrah, "20.00", capture=False)).json["id"]
    portal.post("/v1/debits", body, key=key)

    answers = [
        portal.post("/v1/debits", body | {"amount": "11.00"}, key=key),
        portal.post(f"/v1/debits/{held}/capture", {}, key=key),
        portal.post("/v1/credits", advice(howrah, "10.00"), key=key),
    ]

    assert {(answer.status_code, answer.json["type"]) for answer in answers} == {(422, "/problems/key-reused")}
    assert portal.balance(howrah) == {"current": "490.00", "held": "20.00", "available": "470.00"}


def test_what_is_malformed_or_not_found_leaves_its_key_unspent(portal: Caller, howrah: str) -> None:
    key, body = fresh_key(), payment(howrah, "10.00")
    portal.post("/v1/debits", body | {"amount": 10}, key=key)
    portal.post("/v1/debits", body | {"service": "999"}, key=key)
    portal.post("/v1/debits", body | {"wallet": "BSKNOBODY"}, key=key)

    answer = portal.post("/v1/debits", body, key=key)

    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_one_request_sent_many_times_at_once_pays_once(portal: Caller, howrah: str) -> None:
    body, key = payment(howrah, "10.00"), fresh_key()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: portal.post("/v1/debits", body, key=key), range(24)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 23
    assert portal.balance(howrah)["current"] == "490.00"


def test_other_debits_of_a_ticket_are_named(portal: Caller, howrah: str) -> None:
    body = payment(howrah, "10.00")
    first = portal.post("/v1/debits", body).json

    second = portal.post("/v1/debits", body).json

    assert second["same_ticket"] == [first["id"]]


def test_a_debit_is_found_by_what_the_counter_knows(portal: Caller, howrah: str) -> None:
    body = payment(howrah, "10.00", application_no=f"A{number(10)}")
    paid = portal.post("/v1/debits", body).json["id"]
    held = portal.post("/v1/debits", payment(howrah, "20.00", capture=False)).json["id"]

    def found(query: str) -> list[str]:
        return [debit["id"] for debit in portal.get(f"/v1/debits?{query}").json["items"]]

    assert found(f"service_ticket_no={body['service_ticket_no']}") == [paid]
    assert found(f"application_no={body['application_no']}") == [paid]
    assert found(f"wallet={howrah}") == [paid, held]
    assert found(f"wallet={howrah}&state=held") == [held]
    assert found(f"wallet={howrah}&department=LND") == []
    assert found(f"wallet={howrah}&from={today()}&to={today()}") == [paid, held]
    assert paid in found(f"from={today()}&to={today()}&department=POD&limit=200")


def test_a_look_up_goes_on_where_a_page_ended(portal: Caller, howrah: str) -> None:
    paid = [portal.post("/v1/debits", payment(howrah, "1.00")).json["id"] for _ in range(3)]

    first = portal.get(f"/v1/debits?wallet={howrah}&limit=2").json
    rest = portal.get(f"/v1/debits?wallet={howrah}&limit=2&cursor={first['next_cursor']}").json

    assert [debit["id"] for debit in first["items"] + rest["items"]] == paid
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    "query", ["", "state=held", "department=POD", "from=2026-01-01", "to=2026-01-01", "from=2026-01-01&to=2026-03-01"]
)
def test_a_look_up_that_could_read_everything_is_refused(portal: Caller, query: str) -> None:
    answer = portal.get(f"/v1/debits?{query}")

    assert (answer.status_code, answer.json["type"]) == (400, "/problems/filter-too-wide")


def test_what_became_of_a_key_is_told_without_paying(portal: Caller, howrah: str) -> None:
    posted, refused = fresh_key(), fresh_key()
    paid = portal.post("/v1/debits", payment(howrah, "10.00"), key=posted).json["id"]
    refusal = portal.post("/v1/debits", payment(howrah, "900.00"), key=refused).json

    def fate(key: str) -> dict[str, Any]:
        told: dict[str, Any] = portal.get(f"/v1/debits?key={key}").json
        return told

    unknown = portal.get(f"/v1/debits?key={fresh_key()}")
    assert fate(posted)["key"] == {"state": "posted", "refusal": None}
    assert [debit["id"] for debit in fate(posted)["items"]] == [paid]
    assert (fate(refused)["items"], fate(refused)["next_cursor"]) == ([], None)
    assert fate(refused)["key"]["refusal"] == {name: refusal[name] for name in refusal if name != "request_id"}
    assert (unknown.status_code, unknown.json["type"]) == (404, "/problems/key-unknown")


def test_an_abandoned_key_never_pays(portal: Caller, howrah: str) -> None:
    key, body = fresh_key(), payment(howrah, "10.00")

    abandoned = portal.post("/v1/debits/abandon", {}, key=key)
    straggler = portal.post("/v1/debits", body, key=key)

    assert (abandoned.status_code, abandoned.json["state"], abandoned.json["key"]) == (200, "abandoned", key)
    assert (straggler.status_code, straggler.json["type"]) == (422, "/problems/key-abandoned")
    assert portal.get(f"/v1/debits?key={key}").json["key"]["state"] == "abandoned"
    assert portal.balance(howrah)["current"] == "500.00"


def test_abandoning_what_was_paid_tells_its_answer(portal: Caller, howrah: str) -> None:
    key, body = fresh_key(), payment(howrah, "10.00")
    paid = portal.post("/v1/debits", body, key=key)

    answer = portal.post("/v1/debits/abandon", key=key)

    assert answer.status_code == 200
    assert answer.data == paid.data
    assert answer.headers["Idempotency-Replayed"] == "true"
