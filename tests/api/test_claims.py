"""Claims over HTTP: a deposit claimed once, confirmed by the bank's line or offered to a person, found again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.api.portal import EVERYTHING, Caller, application, caller, claim, number
from tests.books import Books
from tests.payments.test_claims import CASH, CDM, FIRST, statement
from tests.recon.test_bank_files import Desk
from wallet_service.dates import today


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


@pytest.fixture
def counter(desk: Desk) -> Iterator[Caller]:
    """Return a portal on the books of the desk alone."""
    with application(desk.books.servers) as app:
        yield caller(app, *EVERYTHING)


def test_a_claim_waits_for_the_banks_line(portal: Caller) -> None:
    howrah = portal.wallet()
    body = claim(howrah, "7500.00", slip_no="17", branch_code="4292")

    claimed = portal.post("/v1/claims", body)

    told = claimed.json
    assert claimed.status_code == 201
    assert claimed.headers["Location"] == f"/v1/claims/{told['id']}"
    assert {name: told[name] for name in body} == body | {"branch_code": "04292"}
    assert (told["state"], told["offers"], told["line"], told["entry"]) == ("open", [], None, None)
    assert told["reason"]
    assert told["balance"] == {"current": "0.00", "held": "0.00", "available": "0.00"}
    assert portal.get(claimed.headers["Location"]).json == {n: told[n] for n in told if n != "balance"}


def test_the_banks_line_credits_the_claim_and_the_answer_stays_as_it_was(desk: Desk, counter: Caller) -> None:
    body = claim(FIRST, "7500.00", branch_code="4292", deposited_on="2026-04-02")
    first = counter.post("/v1/claims", body, key="claim-1")

    file = desk.release(desk.receive(statement((CASH, "4292", 7500))))
    again = counter.post("/v1/claims", body, key="claim-1")

    tied = counter.get(first.headers["Location"]).json
    assert (tied["state"], tied["line"], tied["entry"]) == ("tied", desk.lines(file)[0].id, f"{FIRST}-000001")
    assert counter.get(f"/v1/entries/{tied['entry']}").json["amount"] == "7500.00"
    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_claim_made_too_late_is_offered_the_line(desk: Desk, counter: Caller) -> None:
    file = desk.release(desk.receive(statement((CASH, "4292", 7500))))

    told = counter.post("/v1/claims", claim(FIRST, "7500.00", branch_code="4292", deposited_on="2026-04-02")).json

    assert (told["state"], told["offers"]) == ("offered", [desk.lines(file)[0].id])
    assert told["balance"]["current"] == "0.00"


def test_a_claim_with_the_lines_number_is_tied_at_once_and_told_again(desk: Desk, counter: Caller) -> None:
    desk.release(desk.receive(statement((CDM, "", 20000))))
    machine = {"mode": "cdm", "cdm_no": "9990012345", "slip_no": "8574", "deposited_on": "2026-04-02"}
    body = {name: value for name, value in claim(FIRST, "20000.00").items() if name != "branch_code"} | machine

    first = counter.post("/v1/claims", body, key="claim-1")
    counter.post("/v1/debits", {"wallet": FIRST, "department": "POD", "service": "001", "amount": "1.00",
                                "service_ticket_no": "T1", "capture": True})  # fmt: skip
    again = counter.post("/v1/claims", body, key="claim-1")

    assert (first.json["state"], first.json["entry"]) == ("tied", f"{FIRST}-000001")
    assert first.json["balance"]["current"] == "20000.00"
    assert again.data == first.data


def test_the_same_deposit_is_claimed_once(portal: Caller) -> None:
    howrah = portal.wallet()
    body = claim(howrah, "7500.00", slip_no="1")
    first = portal.post("/v1/claims", body)

    same = portal.post("/v1/claims", body)
    another = portal.post("/v1/claims", body | {"slip_no": "2"})

    assert (same.status_code, same.json["type"]) == (409, "/problems/already-claimed")
    assert same.json["claim"] == first.json["id"]
    assert another.status_code == 201


def test_a_refusal_of_a_claim_is_told_again_byte_for_byte(portal: Caller) -> None:
    body, key = claim(portal.wallet(), "1.00", deposited_on=str(today() + timedelta(days=2))), f"claim-{number(12)}"
    first = portal.post("/v1/claims", body, key=key)

    again = portal.post("/v1/claims", body, key=key)

    assert (first.status_code, first.json["type"]) == (422, "/problems/deposit-in-future")
    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mode": "neft"}, "mode"),
        ({"mode": "CASH"}, "mode"),
        ({"mode": None}, "mode"),
        ({"branch_code": 4292}, "branch_code"),
        ({"branch_code": "123456"}, "branch_code"),
        ({"branch_code": ""}, "branch_code"),
        ({"branch_code": "৪২৯২"}, "branch_code"),
        ({"branch_code": "4292\n"}, "branch_code"),
        ({"branch_code": None}, "branch_code"),
        ({"cdm_no": "A\x00"}, "cdm_no"),
        ({"cdm_no": "9" * 33}, "cdm_no"),
        ({"slip_no": 17}, "slip_no"),
        ({"slip_no": "\u202e17"}, "slip_no"),
        ({"slip_no": "'; --"}, "slip_no"),
        ({"deposited_on": "02/04/2026"}, "deposited_on"),
        ({"deposited_on": "2026-02-30"}, "deposited_on"),
        ({"wallet": ["BSKOP0071010"]}, "wallet"),
        ({"state": "tied"}, "state"),
        ({"line": 1}, "line"),
    ],
)
def test_a_claim_is_taken_as_it_should_be_or_not_at_all(portal: Caller, change: dict[str, object], field: str) -> None:
    howrah = portal.wallet()

    answer = portal.post("/v1/claims", claim(howrah, "1.00") | change)

    assert answer.status_code == 400
    assert list(answer.json["errors"]) == [field]
    assert portal.get(f"/v1/claims?wallet={howrah}").json["items"] == []


@pytest.mark.parametrize("field", ["wallet", "amount", "deposited_on", "mode", "branch_code"])
def test_a_field_that_a_claim_needs_is_named(portal: Caller, field: str) -> None:
    body = claim("BSKOP0071010", "1.00")
    del body[field]

    answer = portal.post("/v1/claims", body)

    assert answer.status_code == 400
    assert list(answer.json["errors"]) == [field]


def test_a_wallet_that_is_not_there_has_no_claim(portal: Caller) -> None:
    answer = portal.post("/v1/claims", claim("BSKNOBODY", "1.00"))

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/wallet-not-found")


def test_claims_are_found_by_wallet_and_state_page_by_page(portal: Caller) -> None:
    howrah = portal.wallet()
    made = [portal.post("/v1/claims", claim(howrah, f"{rupees}.00")).json["id"] for rupees in range(1, 6)]

    def found(query: str) -> list[str]:
        return [each["id"] for each in portal.get(f"/v1/claims?wallet={howrah}{query}").json["items"]]

    assert found("&state=open") == made
    assert found("&state=tied") == []
    pages = portal.pages(f"/v1/claims?wallet={howrah}", 2)
    assert [[each["id"] for each in page] for page in pages] == [made[:2], made[2:4], made[4:]]
