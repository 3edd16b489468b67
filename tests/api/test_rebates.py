"""A rebate is told apart: in the answer to the payment it was allowed on, and wherever the debit is looked up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.described import operations
from tests.api.portal import EVERYTHING, Caller, application, caller, number, payment
from tests.books import Books
from wallet_service.dates import today


@pytest.fixture
def portal(books: Books) -> Iterator[Caller]:
    """Return a portal on books in which the department of power allows 1 %."""
    books.allow_rebate(basis_points=100)
    with application(books.servers) as app:
        yield caller(app, *EVERYTHING, "department:POD")


def test_a_rebate_is_told_apart_in_every_answer(portal: Caller) -> None:
    howrah, key, application_no = portal.wallet("500.00"), number(20), f"A{number(10)}"
    body = payment(howrah, "120.50", application_no=application_no)

    paid = portal.post("/v1/debits", body, key=key)
    again = portal.post("/v1/debits", body, key=key)
    held = portal.post("/v1/debits", payment(howrah, "10.00", capture=False)).json
    captured = portal.post(f"/v1/debits/{held['id']}/capture", {}).json
    plain = portal.post("/v1/debits", payment(howrah, "1.00", service="002")).json
    items = [payment(howrah, "2.00"), payment(howrah, "3.00", service="002")]
    batch = portal.post("/v1/debits/batch", {"atomic": True, "items": items}).json["items"]

    assert (paid.json["rebate"], paid.json["captured"], paid.json["refunded"]) == ("1.20", "120.50", "0.00")
    assert paid.json["balance"]["current"] == "380.70"
    assert again.data == paid.data
    assert ("rebate" in held, captured["rebate"], "rebate" in plain) == (False, "0.10", False)
    assert [each["debit"].get("rebate") for each in batch] == ["0.02", None]
    identity = paid.json["id"]
    refused = portal.post(f"/v1/debits/{identity}/refunds", {"amount": "119.31", "reason": "not taken"}).json
    assert (refused["type"], refused["rebate"]) == ("/problems/refund-exceeds-capture", "1.20")
    portal.post(f"/v1/debits/{identity}/refunds", {"amount": "19.30", "reason": "not taken"})
    found = portal.get(f"/v1/debits/{identity}").json
    assert (found["rebate"], found["refunded"]) == ("1.20", "19.30")
    pulled = portal.get(f"/v1/departments/POD/payments?from={today()}&to={today()}").json["items"][0]
    assert (pulled["captured"], pulled["rebate"], pulled["refunded"]) == ("120.50", "1.20", "19.30")
    verified = portal.get(f"/v1/verifications?application_no={application_no}").json
    assert (verified["paid"], verified["amount"]) == (True, "100.00")
    described = {operation.label: operation for operation in operations()}
    assert described["POST /v1/debits"].wrong_in_answer(paid) == []
    assert described["GET /v1/debits/{debit_id}"].wrong_in_answer(portal.get(f"/v1/debits/{identity}")) == []
    kinds = [each["kind"] for each in portal.get(f"/v1/wallets/{howrah}/passbook").json["entries"]]
    assert kinds[:3] == ["top-up", "rebate", "payment"]
