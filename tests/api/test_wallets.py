"""Wallets over HTTP: opened, shown, frozen, closed, and their passbooks."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.api.portal import Caller, advice, number, payment
from wallet_service.api.connections import databases
from wallet_service.dates import today


def opening(**other: object) -> dict[str, object]:
    return {"operator_code": f"BSKW{number(10)}", "centre_code": "HWH-012", "district": "HWH", **other}


def test_a_wallet_is_opened_empty_and_shown_at_its_address(portal: Caller) -> None:
    body = opening(centre_name="Howrah 12", centre_name_bn="হাওড়া ১২", floor="10.00")

    opened = portal.post("/v1/wallets", body)

    assert opened.status_code == 201
    assert opened.headers["Location"] == f"/v1/wallets/{body['operator_code']}"
    assert opened.json == body | {
        "state": "open",
        "balance": {"current": "0.00", "held": "0.00", "available": "0.00"},
        "number": 0,
    }
    assert portal.get(opened.headers["Location"]).json == opened.json


def test_an_operator_has_one_wallet(portal: Caller) -> None:
    body = opening()
    portal.post("/v1/wallets", body)

    again = portal.post("/v1/wallets", body)

    assert again.status_code == 409
    assert again.json["type"] == "/problems/wallet-exists"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"operator_code": "bsk"}, "operator_code"),
        ({"operator_code": "house"}, "operator_code"),
        ({"district": "ZZZ"}, "district"),
        ({"centre_code": "a b"}, "centre_code"),
        ({"centre_name": "\u202eHowrah"}, "centre_name"),
        ({"centre_name_bn": None}, "centre_name_bn"),
        ({"floor": "-1.00"}, "floor"),
        ({"state": "frozen"}, "state"),
    ],
)
def test_a_wallet_is_opened_with_what_is_right_or_not_at_all(
    portal: Caller, change: dict[str, object], field: str
) -> None:
    answer = portal.post("/v1/wallets", opening() | change)

    assert answer.status_code == 400
    assert list(answer.json["errors"]) == [field]


def test_a_keyed_opening_is_told_again_byte_for_byte(portal: Caller) -> None:
    body, key = opening(centre_name_bn="হাওড়া"), f"open-{number(12)}"
    first = portal.post("/v1/wallets", body, key=key)
    portal.post(f"/v1/wallets/{body['operator_code']}/freeze", {"reason": "lost phone"})

    again = portal.post("/v1/wallets", body, key=key)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers


def test_a_key_of_another_opening_is_refused(portal: Caller) -> None:
    key = f"open-{number(12)}"
    portal.post("/v1/wallets", opening(), key=key)

    answer = portal.post("/v1/wallets", opening(), key=key)

    assert answer.status_code == 422
    assert answer.json["type"] == "/problems/key-reused"


def test_a_wallet_can_be_opened_without_a_key(portal: Caller) -> None:
    assert portal.post("/v1/wallets", opening(), key="").status_code == 201


def test_a_frozen_wallet_pays_nothing_until_it_is_unfrozen(portal: Caller) -> None:
    howrah = portal.wallet("50.00")

    frozen = portal.post(f"/v1/wallets/{howrah}/freeze", {"reason": "lost phone"})
    refused = portal.post("/v1/debits", payment(howrah, "1.00"))
    again = portal.post(f"/v1/wallets/{howrah}/freeze", {"reason": "lost phone"})
    unfrozen = portal.post(f"/v1/wallets/{howrah}/unfreeze", {"reason": "found"})
    paid = portal.post("/v1/debits", payment(howrah, "1.00"))

    assert (frozen.status_code, frozen.json["state"]) == (200, "frozen")
    assert (refused.status_code, refused.json["type"]) == (422, "/problems/wallet-frozen")
    assert (again.status_code, again.json["type"]) == (422, "/problems/wallet-state-unchanged")
    assert (unfrozen.status_code, unfrozen.json["state"]) == (200, "open")
    assert paid.status_code == 201


def test_a_wallet_closes_only_when_it_is_empty(portal: Caller) -> None:
    howrah, empty = portal.wallet("5.00"), portal.wallet()

    refused = portal.post(f"/v1/wallets/{howrah}/close", {"reason": "moved"})
    closed = portal.post(f"/v1/wallets/{empty}/close", {"reason": "moved"})
    late = portal.post("/v1/debits", payment(empty, "1.00"))

    assert (refused.status_code, refused.json["type"]) == (422, "/problems/wallet-not-empty")
    assert (closed.status_code, closed.json["state"]) == (200, "closed")
    assert late.json["type"] == "/problems/wallet-closed"


def test_who_changed_a_wallet_and_why_is_kept(app: Flask, portal: Caller) -> None:
    howrah = portal.wallet()

    portal.post(f"/v1/wallets/{howrah}/freeze", {"reason": "lost phone"})

    with databases(app).of_this_process().statement() as connection:
        kept = connection.exec_driver_sql(
            "SELECT event, reason, by_whom FROM wallet_events e JOIN books b ON b.id = e.book"
            " WHERE b.code = %s ORDER BY e.id DESC LIMIT 1",
            (howrah,),
        ).one()
    assert tuple(kept) == ("freeze", "lost phone", portal.name)


def test_the_list_of_wallets_goes_on_where_a_page_ended(portal: Caller) -> None:
    mine = {portal.wallet() for _ in range(5)}
    seen: list[str] = []
    path = "/v1/wallets?limit=2"

    while True:
        page = portal.get(path).json
        assert len(page["items"]) <= 2
        seen += [wallet["operator_code"] for wallet in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"/v1/wallets?limit=2&cursor={page['next_cursor']}"

    assert seen == sorted(set(seen))
    assert mine <= set(seen)


def test_a_balance_is_told_now_and_as_of_a_day(portal: Caller) -> None:
    howrah = portal.wallet("100.00")
    portal.post("/v1/debits", payment(howrah, "30.00", capture=False))

    now = portal.get(f"/v1/wallets/{howrah}/balance")
    day = portal.get(f"/v1/wallets/{howrah}/balance?as_of={today()}")
    before = portal.get(f"/v1/wallets/{howrah}/balance?as_of=2020-01-01")
    future = portal.get(f"/v1/wallets/{howrah}/balance?as_of=2199-01-01")

    assert now.json == {"current": "100.00", "held": "30.00", "available": "70.00"}
    assert day.json == {"current": "100.00"}
    assert before.json == {"current": "0.00"}
    assert (future.status_code, future.json["type"]) == (422, "/problems/day-in-future")


def test_a_passbook_adds_up_line_by_line_over_its_pages(portal: Caller) -> None:
    howrah = portal.wallet("100.00")
    for rupees in ("10.00", "20.00", "30.00"):
        portal.post("/v1/debits", payment(howrah, rupees, narration="May bill"))

    first = portal.get(f"/v1/wallets/{howrah}/passbook?limit=3").json
    rest = portal.get(f"/v1/wallets/{howrah}/passbook?limit=3&cursor={first['next_cursor']}").json

    lines = first["entries"] + rest["entries"]
    assert (first["opening"], first["closing"], rest["next_cursor"]) == ("0.00", "40.00", None)
    assert [line["number"] for line in lines] == [1, 2, 3, 4]
    assert [line["credit"] for line in lines] == ["100.00", None, None, None]
    assert [line["debit"] for line in lines] == [None, "10.00", "20.00", "30.00"]
    assert [line["balance"] for line in lines] == ["100.00", "90.00", "70.00", "40.00"]
    assert {line["narration"] for line in lines[1:]} == {"May bill"}


def test_a_passbook_of_days_without_entries_is_empty(portal: Caller) -> None:
    howrah = portal.wallet("100.00")

    empty = portal.get(f"/v1/wallets/{howrah}/passbook?from=2020-01-01&to=2020-01-31").json
    now = portal.get(f"/v1/wallets/{howrah}/passbook?from={today()}&to={today()}").json
    backwards = portal.get(f"/v1/wallets/{howrah}/passbook?from=2020-01-31&to=2020-01-01")

    assert empty == {"opening": "0.00", "entries": [], "closing": "0.00", "next_cursor": None}
    assert (now["opening"], len(now["entries"]), now["closing"]) == ("0.00", 1, "100.00")
    assert backwards.status_code == 400


@pytest.mark.parametrize("path", ["", "/balance", "/passbook"])
def test_a_wallet_that_is_not_there_is_not_found(portal: Caller, path: str) -> None:
    answer = portal.get(f"/v1/wallets/BSKNOBODY{path}")

    assert answer.status_code == 404
    assert answer.json["type"] == "/problems/wallet-not-found"


def test_an_entry_is_shown_with_what_it_is_tied_to(portal: Caller) -> None:
    howrah = portal.wallet("100.00")
    paid = portal.post("/v1/debits", payment(howrah, "10.00")).json

    entry = portal.get(f"/v1/entries/{paid['entry']}").json

    assert entry["debit"] == f"wallet:{howrah}"
    assert entry["credit"] == "department:POD:001"
    assert (entry["amount"], entry["balance"], entry["number"]) == ("10.00", "90.00", 2)
    assert entry["source"] == paid["id"]


def test_the_trial_balance_has_no_difference(portal: Caller) -> None:
    howrah = portal.wallet("100.00")
    portal.post("/v1/debits", payment(howrah, "10.00"))
    portal.post("/v1/credits", advice(howrah, "7.00"))

    now = portal.get("/v1/reports/trial-balance").json
    day = portal.get(f"/v1/reports/trial-balance?as_of={today()}").json

    assert now["difference"] == day["difference"] == "0.00"
    assert now["debits"] == now["credits"] != "0.00"
    assert now["lines"] == day["lines"]
