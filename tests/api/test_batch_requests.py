"""What a batch takes: every item whole, every key once, a thousand at most, or nothing of it is stored."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from tests.api.portal import EVERYTHING, Caller, caller, number, payment
from tests.api.test_batches import ROUTE, pay
from tests.api.test_strictness import stored


@pytest.fixture
def howrah(portal: Caller) -> str:
    return portal.wallet("500.00")


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"amount": "1"}, {"amount"}),
        ({"amount": 1.0, "wallet": "x"}, {"amount", "wallet"}),
        ({"expires_in": 60}, {"expires_in"}),
        ({"kye": "a"}, {"kye"}),
        ({"key": ""}, {"key"}),
        ({"key": "a#1"}, {"key"}),
        ({"key": "a" * 129}, {"key"}),
        ({"key": "a\n"}, {"key"}),
        ({"key": "চাবি"}, {"key"}),
        ({"key": 7}, {"key"}),
        ({"key": None}, {"key"}),
        ({"atomic": True}, {"atomic"}),
        ({"narration": "\x00"}, {"narration"}),
    ],
)
def test_an_item_that_is_malformed_is_named_and_nothing_is_stored(
    app: Flask, portal: Caller, howrah: str, change: dict[str, object], errors: set[str]
) -> None:
    before = stored(app)

    answer = pay(portal, [payment(howrah, "1.00"), payment(howrah, "1.00") | change])

    assert answer.status_code == 400
    assert {place: set(named) for place, named in answer.json["errors"]["items"].items()} == {"1": errors}
    assert stored(app) == before


@pytest.mark.parametrize("item", [None, [], "debit", 7, True], ids=repr)
def test_an_item_that_is_no_object_is_refused(app: Flask, portal: Caller, howrah: str, item: object) -> None:
    before = stored(app)

    answer = pay(portal, [payment(howrah, "1.00"), item])

    assert answer.status_code == 400
    assert list(answer.json["errors"]["items"]) == ["1"]
    assert stored(app) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"atomic": False, "items": []}, "items"),
        ({"atomic": False, "items": [{}] * 1_001}, "items"),
        ({"atomic": False, "items": [{}] * 300_000}, "items"),
        ({"atomic": False, "items": {"0": {}}}, "items"),
        ({"atomic": False, "items": None}, "items"),
        ({"atomic": False}, "items"),
        ({"atomic": "false", "items": [{}]}, "atomic"),
        ({"atomic": 0, "items": [{}]}, "atomic"),
        ({"items": [{}]}, "atomic"),
        ({"atomic": False, "items": [{}], "all": True}, "all"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_batch_is_taken_as_it_should_be_or_not_at_all(
    app: Flask, portal: Caller, body: dict[str, object], field: str
) -> None:
    before = stored(app)

    answer = portal.post(ROUTE, body)

    assert answer.status_code == 400
    assert field in answer.json["errors"]
    assert len(answer.data) < 20_000
    assert stored(app) == before


@pytest.mark.parametrize("keys", [("a", "a"), ("batch", "b")], ids=["of-two-items", "of-the-batch-itself"])
def test_a_key_stands_once_in_a_batch(app: Flask, portal: Caller, howrah: str, keys: tuple[str, str]) -> None:
    run, before = number(12), stored(app)
    items = [payment(howrah, "1.00") | {"key": f"{key}-{run}"} for key in keys]

    answer = pay(portal, items, key=f"batch-{run}")

    assert answer.status_code == 400
    assert list(answer.json["errors"]["items"]) == [str(n) for n in range(2) if keys[n] != "b"]
    assert stored(app) == before


def test_a_thousand_items_of_full_length_fit(app: Flask) -> None:
    portal = caller(app, *EVERYTHING)  # Its debits stand in nobody else's look-ups.
    howrah = portal.wallet("2000.00")
    full = {"narration": "𑄇" * 80, "application_no": "A" * 64, "consumer_no": "C" * 64}
    items = [
        payment(howrah, "1.00", service_ticket_no=f"{n:064d}", key=f"{howrah}-{n:0113d}", **full) for n in range(1_000)
    ]
    body = json.dumps({"atomic": True, "items": items})

    answer = portal.post(ROUTE, data=body, content_type="application/json")

    assert len(body) > 1_048_576
    assert {result["status"] for result in answer.json["items"]} == {201}
    assert portal.balance(howrah)["current"] == "1000.00"


def test_a_body_of_more_than_two_megabytes_is_refused(portal: Caller) -> None:
    answer = portal.post(ROUTE, data=b'{"a": "' + b"a" * 2_200_000 + b'"}', content_type="application/json")

    assert (answer.status_code, answer.json["type"]) == (413, "/problems/body-too-large")
