"""Input that could be misread is refused with a problem that names the field, and nothing of it is stored."""

from __future__ import annotations

import io
import json

import pytest
from flask import Flask

from tests.api.hostile import AMOUNTS, BODIES
from tests.api.portal import Caller, advice, claim, payment
from wallet_service.api.connections import databases

MONEY = ("entries", "debits", "credits", "claims", "keys", "refunds", "wallets")


@pytest.fixture
def howrah(portal: Caller) -> str:
    return portal.wallet("500.00")


def stored(app: Flask) -> dict[str, int]:
    """Return how many rows each table that a call can write has."""
    with databases(app).of_this_process().statement() as connection:
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in MONEY}


@pytest.mark.parametrize("amount", AMOUNTS, ids=lambda amount: repr(amount)[:24])
@pytest.mark.parametrize("capture", [True, False], ids=["paid", "held"])
def test_an_amount_that_is_not_rupees_moves_nothing(
    app: Flask, portal: Caller, howrah: str, amount: object, capture: bool
) -> None:
    before = stored(app)

    answer = portal.post("/v1/debits", payment(howrah, "1.00") | {"amount": amount, "capture": capture})

    assert answer.status_code == 400
    assert list(answer.json["errors"]) == ["amount"]
    assert stored(app) == before
    assert portal.balance(howrah)["available"] == "500.00"


@pytest.mark.parametrize("amount", AMOUNTS, ids=lambda amount: repr(amount)[:24])
def test_no_other_call_takes_such_an_amount_either(app: Flask, portal: Caller, howrah: str, amount: object) -> None:
    paid = portal.post("/v1/debits", payment(howrah, "100.00")).json["id"]
    held = portal.post("/v1/debits", payment(howrah, "100.00", capture=False)).json["id"]
    before = stored(app)

    answers = [
        portal.post("/v1/credits", advice(howrah, "1.00") | {"amount": amount}),
        portal.post(f"/v1/debits/{paid}/refunds", {"amount": amount, "reason": "not taken"}),
        portal.post(f"/v1/debits/{held}/capture", {"amount": amount}),
        portal.post("/v1/claims", claim(howrah, "1.00") | {"amount": amount}),
        portal.post("/v1/debits/batch", {"atomic": False, "items": [payment(howrah, "1.00") | {"amount": amount}]}),
    ]

    assert [answer.status_code for answer in answers] == [400] * 5
    assert stored(app) == before


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:20].decode("latin-1"))
def test_a_body_that_is_not_one_plain_json_object_is_refused(app: Flask, portal: Caller, body: bytes) -> None:
    before = stored(app)

    answer = portal.post("/v1/debits", data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json["type"] == "/problems/invalid-request"
    assert stored(app) == before


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "application/jsonp"],
)
def test_only_json_is_read_as_json(app: Flask, portal: Caller, howrah: str, content_type: str | None) -> None:
    before = stored(app)
    body = json.dumps(payment(howrah, "1.00")).encode()

    answer = portal.post("/v1/debits", data=body, content_type=content_type)

    assert answer.status_code == 415
    assert answer.json["type"] == "/problems/unsupported-media-type"
    assert stored(app) == before


def test_a_charset_other_than_utf8_is_refused(portal: Caller, howrah: str) -> None:
    body = json.dumps(payment(howrah, "1.00")).encode("utf-16")

    answer = portal.post("/v1/debits", data=body, content_type="application/json; charset=utf-16")

    assert answer.status_code == 415


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_a_body_of_more_than_a_megabyte_is_refused(app: Flask, portal: Caller, declared: bool) -> None:
    body = b'{"narration": "' + b"a" * 1_100_000 + b'"}'
    sent = {"data": body} if declared else {"input_stream": io.BytesIO(body), "environ_overrides": CHUNKED}

    answer = portal.post("/v1/debits", content_type="application/json", **sent)

    assert answer.status_code == 413
    assert answer.json["type"] == "/problems/body-too-large"


CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amout": "1.00"}, "amout"),
        ({"capture": "yes"}, "capture"),
        ({"capture": 1}, "capture"),
        ({"capture": None}, "capture"),
        ({"expires_in": 60}, "expires_in"),
        ({"capture": False, "expires_in": 59}, "expires_in"),
        ({"capture": False, "expires_in": 604_801}, "expires_in"),
        ({"capture": False, "expires_in": "3600"}, "expires_in"),
        ({"capture": False, "expires_in": 3600.0}, "expires_in"),
        ({"capture": False, "expires_in": True}, "expires_in"),
        ({"narration": "a\x00b"}, "narration"),
        ({"narration": "\u202egnp.exe"}, "narration"),
        ({"narration": "line\nbreak"}, "narration"),
        ({"narration": "x" * 81}, "narration"),
        ({"narration": "\ud800"}, "narration"),
        ({"narration": None}, "narration"),
        ({"service_ticket_no": "T\x00"}, "service_ticket_no"),
        ({"service_ticket_no": 17}, "service_ticket_no"),
        ({"consumer_no": "C" * 65}, "consumer_no"),
        ({"application_no": ""}, "application_no"),
        ({"department": "pod"}, "department"),
        ({"service": 1}, "service"),
        ({"wallet": "bskop"}, "wallet"),
        ({"wallet": {"$ne": ""}}, "wallet"),
    ],
)
def test_a_field_that_is_unknown_or_wrong_is_named(
    app: Flask, portal: Caller, howrah: str, change: dict[str, object], field: str
) -> None:
    before = stored(app)

    answer = portal.post("/v1/debits", payment(howrah, "1.00") | change)

    assert answer.status_code == 400
    assert list(answer.json["errors"]) == [field]
    assert stored(app) == before


@pytest.mark.parametrize("field", ["wallet", "department", "service", "amount", "service_ticket_no", "capture"])
def test_a_field_that_is_needed_is_named(portal: Caller, howrah: str, field: str) -> None:
    body = payment(howrah, "1.00")
    del body[field]

    answer = portal.post("/v1/debits", body)

    assert answer.status_code == 400
    assert list(answer.json["errors"]) == [field]


@pytest.mark.parametrize(
    "query",
    [
        "limit=10&limit=20",
        "limit=0",
        "limit=201",
        "limit=1_0",
        "limit=%E0%A7%A7",
        "limit=" + "9" * 5000,
        "cursor=nonsense",
        "cursor=",
        "colour=blue",
        "state=",
        "state=paid",
        "wallet=%00",
        "from=2026-1-1",
        "from=2026-02-30",
        "from=2026-02-02&to=2026-02-01",
        "key=",
        "key=%0A",
        "key=abc&wallet=BSKOP0071010",
    ],
)
def test_a_query_that_is_unknown_repeated_or_wrong_is_refused(portal: Caller, query: str) -> None:
    answer = portal.get(f"/v1/debits?{query}")

    assert answer.status_code == 400
    assert answer.json["type"] == "/problems/invalid-request"


@pytest.mark.parametrize(
    "path", ["/v1/wallets/BSKOP0071010", "/v1/debits/BSKOP0071010-D000001", "/healthz", "/openapi.json"]
)
def test_a_query_that_nobody_reads_is_refused(portal: Caller, path: str) -> None:
    answer = portal.get(f"{path}?as_of=2026-01-01")

    assert answer.status_code == 400
    assert answer.json["errors"] == {"as_of": ["Unknown field."]}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/wallets/%00",
        "/v1/wallets/a%27--",
        "/v1/wallets/%F0%9F%92%A9",
        "/v1/wallets/house",
        "/v1/wallets/house/balance",
        "/v1/wallets/" + "A" * 3000,
        "/v1/wallets/%00/passbook",
        "/v1/debits/%00",
        "/v1/debits/BSKOP0071010-000001",
        "/v1/debits/BSKOP0071010-D1",
        "/v1/debits/BSKOP0071010-D000000",
        "/v1/debits/BSKOP0071010-D" + "9" * 18,
        "/v1/debits/BSKOP0071010-D" + "9" * 40,
        "/v1/credits/BSKOP0071010-D000001",
        "/v1/credits/BSKOP0071010-C" + "9" * 18,
        "/v1/claims/BSKOP0071010-L000001",
        "/v1/claims/BSKOP0071010-C000001",
        "/v1/claims/BSKOP0071010-L" + "9" * 18,
        "/v1/claims/%00",
        "/v1/reports/ledger?account=wallet:NOBODY",
        "/v1/reports/ledger?account=wallet:house",
        "/v1/entries/BSKOP0071010-0",
        "/v1/entries/house-" + "9" * 18,
        "/v1/entries/house-999999",
        "/v1/entries/%00-000001",
        "/v1/entries/wallet-%E0%A7%A7",
    ],
)
def test_an_address_of_nothing_is_not_found(portal: Caller, path: str) -> None:
    answer = portal.get(path)

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("key", ["", "a" * 129, "a#1", "naïve", "a\tb", "কী"])
def test_a_key_that_is_malformed_is_refused(app: Flask, portal: Caller, howrah: str, key: str) -> None:
    before = stored(app)

    answer = portal.call(
        "POST", "/v1/debits", json=payment(howrah, "1.00"), environ_overrides={"HTTP_IDEMPOTENCY_KEY": latin(key)}
    )

    assert answer.status_code == 400
    assert answer.json["type"] == "/problems/idempotency-key-malformed"
    assert stored(app) == before


def latin(text: str) -> str:
    """Return header text as WSGI hands it on."""
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/debits", {"service_ticket_no": "T1"}),
        ("/v1/credits", None),
        ("/v1/debits/{debit}/capture", {}),
        ("/v1/debits/{debit}/void", {}),
        ("/v1/debits/{debit}/refunds", {"amount": "1.00", "reason": "not taken"}),
        ("/v1/debits/abandon", {}),
        ("/v1/debits/batch", {"atomic": False, "items": []}),
        ("/v1/claims", {}),
    ],
)
def test_a_call_that_moves_money_needs_a_key(app: Flask, portal: Caller, howrah: str, path: str, body: object) -> None:
    debit = portal.post("/v1/debits", payment(howrah, "1.00")).json["id"]
    bodies = {
        "/v1/debits": payment(howrah, "1.00"),
        "/v1/debits/batch": {"atomic": False, "items": [payment(howrah, "1.00")]},
        "/v1/credits": advice(howrah, "1.00"),
        "/v1/claims": claim(howrah, "1.00"),
    }
    whole = bodies.get(path, body)
    before = stored(app)

    answer = portal.post(path.format(debit=debit), whole, key="")

    assert answer.status_code == 400
    assert answer.json["type"] == "/problems/idempotency-key-missing"
    assert stored(app) == before
