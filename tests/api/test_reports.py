"""The day book and an account's ledger: every entry once, balances that add up, pages that hold while others post."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask

from tests.api.portal import Caller, advice, caller, payment
from wallet_service.dates import today


@pytest.fixture
def auditor(app: Flask) -> Caller:
    return caller(app, "reports:read")


def test_a_wallets_ledger_adds_up_and_says_the_other_side(portal: Caller, auditor: Caller) -> None:
    howrah = portal.wallet("100.00")
    paid = [portal.post("/v1/debits", payment(howrah, f"{rupees}.00")).json["entry"] for rupees in (10, 20, 30)]

    told = auditor.get(f"/v1/reports/ledger?account=wallet:{howrah}").json

    assert (told["account"], told["normal_side"]) == (f"wallet:{howrah}", "credit")
    assert (told["opening"], told["closing"], told["next_cursor"]) == ("0.00", "40.00", None)
    assert [line["id"] for line in told["entries"]] == [f"{howrah}-000001", *paid]
    assert [line["balance"] for line in told["entries"]] == ["100.00", "90.00", "70.00", "40.00"]
    assert [line["debit"] for line in told["entries"]] == [None, "10.00", "20.00", "30.00"]
    assert [line["other_account"] for line in told["entries"]] == ["transit:top-ups"] + ["department:POD:001"] * 3


def test_a_wallets_ledger_is_read_in_pages(portal: Caller, auditor: Caller) -> None:
    howrah = portal.wallet("100.00")
    for _ in range(4):
        portal.post("/v1/debits", payment(howrah, "1.00"))

    found = auditor.pages(f"/v1/reports/ledger?account=wallet:{howrah}", 2, "entries")

    assert [[line["id"][-1] for line in each] for each in found] == [["1", "2"], ["3", "4"], ["5"]]


def test_an_account_of_the_house_has_each_of_its_entries_once_from_either_side(portal: Caller, auditor: Caller) -> None:
    howrah, hooghly = portal.wallet("100.00"), portal.wallet("100.00")
    made = []
    for rupees in (1, 2, 3):
        for wallet in (howrah, hooghly):
            paid = portal.post("/v1/debits", payment(wallet, f"{rupees}.00", department="LND")).json
            refund = portal.post(f"/v1/debits/{paid['id']}/refunds", {"amount": "0.50", "reason": "not taken"}).json
            made += [(paid["entry"], None, f"{rupees}.00"), (refund["id"], "0.50", None)]

    account = "/v1/reports/ledger?account=department:LND:001"
    whole = auditor.get(f"{account}&limit=200").json
    in_pages = auditor.pages(account, 5, "entries")

    told = [(line["id"], line["debit"], line["credit"]) for line in whole["entries"]]
    assert set(made) <= set(told)
    assert len(told) == len(set(told))
    assert [line for each in in_pages for line in each] == whole["entries"]
    assert {line["balance"] for line in whole["entries"]} == {None}
    moved = sum(Decimal(line["credit"] or 0) - Decimal(line["debit"] or 0) for line in whole["entries"])
    assert Decimal(whole["opening"]) + moved == Decimal(whole["closing"])
    trial = {line["account"]: line["credit"] for line in auditor.get("/v1/reports/trial-balance").json["lines"]}
    assert whole["closing"] == trial["department:LND:001"]


@pytest.mark.parametrize("account", ["bank:charges", "opening:balances", "department:TRA:001", "bank:sbi:pool"])
def test_an_account_that_never_moved_has_an_empty_ledger(auditor: Caller, account: str) -> None:
    yesterday = today() - timedelta(days=1)

    told = auditor.get(f"/v1/reports/ledger?account={account}&to={yesterday}").json

    assert (told["opening"], told["entries"], told["closing"], told["next_cursor"]) == ("0.00", [], "0.00", None)


def test_a_period_before_the_first_entry_is_empty_and_one_after_it_opens_with_the_balance(
    portal: Caller, auditor: Caller
) -> None:
    howrah = portal.wallet("100.00")
    path = f"/v1/reports/ledger?account=wallet:{howrah}"
    day = timedelta(days=1)

    before = auditor.get(f"{path}&to={today() - day}").json
    after = auditor.get(f"{path}&from={today() + day}&to={today() + day}").json

    assert (before["opening"], before["entries"], before["closing"]) == ("0.00", [], "0.00")
    assert (after["opening"], after["entries"], after["closing"]) == ("100.00", [], "100.00")


def test_a_ledger_of_more_than_a_year_is_too_wide(auditor: Caller) -> None:
    path = "/v1/reports/ledger?account=bank:charges"

    year = auditor.get(f"{path}&from=2024-01-01&to=2024-12-31")
    longer = auditor.get(f"{path}&from=2024-01-01&to=2025-01-01")

    assert year.status_code == 200
    assert (longer.status_code, longer.json["type"]) == (400, "/problems/filter-too-wide")


def test_an_account_that_is_not_there_has_no_ledger(auditor: Caller) -> None:
    answer = auditor.get("/v1/reports/ledger?account=wallet:BSKNOBODY")

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/account-not-found")


def test_the_day_book_has_every_entry_of_the_day_book_by_book(portal: Caller, auditor: Caller) -> None:
    howrah = portal.wallet("100.00")
    paid = portal.post("/v1/debits", payment(howrah, "10.00")).json
    path = f"/v1/reports/day-book?day={paid['business_day']}"

    found = [entry for each in auditor.pages(path, 50) for entry in each]

    ids = [entry["id"] for entry in found]
    assert len(ids) == len(set(ids))
    told = [(each["id"], each["debit"], each["credit"], each["source"]) for each in found if each["book"] == howrah]
    assert told == [
        (f"{howrah}-000001", "transit:top-ups", f"wallet:{howrah}", f"{howrah}-C000001"),
        (paid["entry"], f"wallet:{howrah}", "department:POD:001", paid["id"]),
    ]
    books = [entry["book"] for entry in found]
    assert [book for n, book in enumerate(books) if n == 0 or books[n - 1] != book] == list(dict.fromkeys(books))
    assert found[-1] == auditor.get(f"/v1/entries/{ids[-1]}").json


def test_what_is_posted_meanwhile_moves_no_page_of_the_day_book(portal: Caller, auditor: Caller) -> None:
    howrah, hooghly = portal.wallet("10.00"), portal.wallet("10.00")
    day = portal.post("/v1/debits", payment(howrah, "1.00")).json["business_day"]
    path = f"/v1/reports/day-book?day={day}&limit=200"
    first = auditor.get(path).json
    before = [entry["id"] for each in auditor.pages(f"/v1/reports/day-book?day={day}", 200) for entry in each]

    portal.post("/v1/credits", advice(hooghly, "1.00"))
    after = [entry["id"] for each in auditor.pages(f"/v1/reports/day-book?day={day}", 200) for entry in each]

    assert set(before) < set(after)
    assert [entry["id"] for entry in auditor.get(path).json["items"]][: len(first["items"])] == [
        entry["id"] for entry in first["items"]
    ]


def test_a_day_without_entries_is_empty_and_one_to_come_is_refused(auditor: Caller) -> None:
    long_ago = auditor.get("/v1/reports/day-book?day=2001-01-01")
    to_come = auditor.get(f"/v1/reports/day-book?day={today() + timedelta(days=2)}")

    assert long_ago.json == {"items": [], "next_cursor": None}
    assert (to_come.status_code, to_come.json["type"]) == (422, "/problems/day-in-future")
