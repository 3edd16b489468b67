"""Credits over HTTP: a deposit advised, credited once, found again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.portal import DAY, Caller, advice, number
from wallet_service.dates import today


def test_an_advice_that_can_be_relied_on_credits_at_once(portal: Caller) -> None:
    howrah = portal.wallet()
    body = advice(howrah, "2500.00")

    advised = portal.post("/v1/credits", body)

    told = advised.json
    assert advised.status_code == 201
    assert advised.headers["Location"] == f"/v1/credits/{told['id']}"
    assert {name: told[name] for name in body} == body
    assert (told["state"], told["reason"], told["entry"]) == ("credited", None, f"{howrah}-000001")
    assert told["balance"] == {"current": "2500.00", "held": "0.00", "available": "2500.00"}
    assert portal.get(advised.headers["Location"]).json == {n: told[n] for n in told if n != "balance"}


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "cash"},
        {"channel": "cdm"},
        {"channel": "cheque"},
        {"amount": "50000.01"},
        {"bank_reference": "AB12"},
    ],
)
def test_any_other_advice_waits_for_the_bank(portal: Caller, change: dict[str, object]) -> None:
    howrah = portal.wallet()

    advised = portal.post("/v1/credits", advice(howrah, "2500.00") | change)

    assert (advised.status_code, advised.json["state"]) == (201, "awaiting-bank")
    assert advised.json["reason"]
    assert advised.json["entry"] is None
    assert portal.balance(howrah)["current"] == "0.00"


def test_a_deposit_is_advised_once(portal: Caller) -> None:
    howrah, body = portal.wallet(), advice(portal.wallet(), "10.00")
    portal.post("/v1/credits", body)

    again = portal.post("/v1/credits", body | {"wallet": howrah})

    assert again.status_code == 409
    assert again.json["type"] in {"/problems/already-advised", "/problems/already-credited"}
    assert portal.balance(howrah)["current"] == "0.00"


def test_an_advice_is_told_again_byte_for_byte(portal: Caller) -> None:
    body, key = advice(portal.wallet(), "10.00"), f"credit-{number(12)}"
    first = portal.post("/v1/credits", body, key=key)
    portal.post("/v1/credits", advice(str(body["wallet"]), "20.00"))

    again = portal.post("/v1/credits", body, key=key)

    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "NEFT"}, "channel"),
        ({"booked_on": "01-04-2026"}, "booked_on"),
        ({"bank_reference": ""}, "bank_reference"),
        ({"bank_reference": "A" * 65}, "bank_reference"),
        ({"bank_reference": "সন্দর্ভ"}, "bank_reference"),
        ({"wallet": None}, "wallet"),
        ({"state": "credited"}, "state"),
    ],
)
def test_an_advice_is_taken_as_it_should_be_or_not_at_all(
    portal: Caller, change: dict[str, object], field: str
) -> None:
    answer = portal.post("/v1/credits", advice("BSKOP0071010", "1.00") | change)

    assert answer.status_code == 400
    assert list(answer.json["errors"]) == [field]


def test_a_deposit_dated_in_the_future_is_not_credited(portal: Caller) -> None:
    howrah = portal.wallet()

    answer = portal.post("/v1/credits", advice(howrah, "1.00", booked_on=str(today() + timedelta(days=2))))

    assert answer.status_code in {201, 422}
    assert portal.balance(howrah)["current"] == "0.00"


def test_credits_are_found_by_wallet_state_and_reference(portal: Caller) -> None:
    howrah = portal.wallet()
    credited = portal.post("/v1/credits", advice(howrah, "1.00")).json
    waiting = portal.post("/v1/credits", advice(howrah, "2.00", channel="cash")).json

    def found(query: str) -> list[str]:
        return [credit["id"] for credit in portal.get(f"/v1/credits?{query}").json["items"]]

    assert found(f"wallet={howrah}") == [credited["id"], waiting["id"]]
    assert found(f"wallet={howrah}&state=awaiting-bank") == [waiting["id"]]
    assert found(f"bank_reference={credited['bank_reference']}") == [credited["id"]]
    first = portal.get(f"/v1/credits?wallet={howrah}&limit=1").json
    assert found(f"wallet={howrah}&limit=1&cursor={first['next_cursor']}") == [waiting["id"]]


def test_a_wallet_that_is_not_there_is_not_credited(portal: Caller) -> None:
    answer = portal.post("/v1/credits", advice("BSKNOBODY", "1.00", booked_on=DAY))

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/wallet-not-found")
