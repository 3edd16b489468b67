"""Over HTTP: a maker proposes, another person with the checker's scope decides on exactly what was shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.api.portal import Caller, Told, application, caller
from tests.books import Books
from tests.payments.desk import Finance

REASON = {"reason": "the slip says so"}


@pytest.fixture
def office(books: Books) -> Iterator[Flask]:
    with application(books.servers) as app:
        yield app


@pytest.fixture
def maker(office: Flask) -> Caller:
    return caller(office, "finance:make", person="mita")


@pytest.fixture
def checker(office: Flask) -> Caller:
    return caller(office, "finance:check", person="kamal")


def resolve(maker: Caller, line: int, **asked: object) -> Told:
    return maker.post(f"/v1/breaks/unmatched-credit:bank-line-{line}/resolutions", {**REASON, **asked})


def approve(checker: Caller, proposed: Any, **options: Any) -> Told:
    shown = {"payload_sha256": proposed["payload_sha256"]}
    return checker.post(f"/v1/approvals/{proposed['id']}/approve", shown, **options)


def problem(told: Told) -> tuple[int, str]:
    return told.status_code, told.json["type"].removeprefix("/problems/")


def test_a_proposal_is_read_and_approved_by_another_person(books: Books, maker: Caller, checker: Caller) -> None:
    howrah, line = books.wallet(), Finance(books).parked("7500.00")

    proposed = resolve(maker, line, resolution="credit-wallet", wallet=howrah, amount="7000.00")
    shown = checker.get(proposed.headers["Location"]).json
    approved = approve(checker, shown)

    assert (proposed.status_code, approved.status_code) == (201, 200)
    assert shown["payload"] == {
        "about": f"unmatched-credit:bank-line-{line}",
        "amount": "7000.00",
        "kind": "credit-wallet",
        "line": line,
        "reason": "the slip says so",
        "wallet": howrah,
    }
    written = json.dumps(shown["payload"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(written.encode()).hexdigest() == shown["payload_sha256"]
    assert (shown["state"], shown["proposed_by"], shown["entries"]) == ("proposed", "mita", [])
    assert (approved.json["state"], approved.json["decided_by"]) == ("approved", "kamal")
    assert approved.json["entries"] == [f"{howrah}-000001"]
    entry = caller(maker.app, "reports:read").get(f"/v1/entries/{howrah}-000001").json
    assert (entry["kind"], entry["source"]) == ("suspense-cleared", f"approval {shown['id']}")


def test_two_tokens_of_one_person_are_one_person(office: Flask, books: Books) -> None:
    line = Finance(books).parked("10.00")
    maker, checker = caller(office, "finance:make", person="mita"), caller(office, "finance:check", person="mita")
    proposed = resolve(maker, line, resolution="return-to-sender").json

    assert problem(approve(checker, proposed)) == (422, "same-person")
    rejected = {"payload_sha256": proposed["payload_sha256"], **REASON}
    assert problem(checker.post(f"/v1/approvals/{proposed['id']}/reject", rejected)) == (422, "same-person")


def test_a_maker_cannot_decide_and_a_checker_cannot_propose(books: Books, maker: Caller, checker: Caller) -> None:
    line = Finance(books).parked("10.00")
    proposed = resolve(maker, line, resolution="return-to-sender").json

    assert problem(approve(maker, proposed)) == (403, "forbidden")
    assert problem(resolve(checker, line, resolution="return-to-sender")) == (403, "forbidden")


def test_another_payload_than_the_one_proposed_is_refused_and_so_is_a_second_decision(
    books: Books, maker: Caller, checker: Caller
) -> None:
    line = Finance(books).parked("10.00")
    proposed = resolve(maker, line, resolution="return-to-sender").json

    changed = approve(checker, {**proposed, "payload_sha256": "0" * 64})
    approve(checker, proposed)
    again = approve(checker, proposed)

    assert problem(changed) == (409, "proposal-changed")
    assert changed.json["payload_sha256"] == proposed["payload_sha256"]
    assert problem(again) == (409, "already-decided")
    assert (again.json["state"], again.json["decided_by"]) == ("approved", "kamal")


def test_a_key_proposes_once_and_approves_once(books: Books, maker: Caller, checker: Caller) -> None:
    howrah, line = books.wallet(), Finance(books).parked("10.00")
    asked = {**REASON, "resolution": "credit-wallet", "wallet": howrah, "amount": "4.00"}
    path = f"/v1/breaks/unmatched-credit:bank-line-{line}/resolutions"

    first, second = (maker.post(path, asked, key="propose") for _ in range(2))
    approved = [approve(checker, first.json, key="approve") for _ in range(2)]

    assert (first.text, second.headers["Idempotency-Replayed"]) == (second.text, "true")
    assert (approved[0].text, books.current(howrah)) == (approved[1].text, "4.00")
    assert problem(maker.post(path, asked, key="")) == (400, "idempotency-key-missing")


def test_what_is_beside_any_break_is_proposed_among_the_approvals(books: Books, maker: Caller, checker: Caller) -> None:
    howrah = books.wallet("500.00")
    debit = books.pay(howrah, "300.00").debit.id
    order = {"kind": "refund", "debit": debit, "amount": "300.00", "cause": "paid", "order_number": "POD/17", **REASON}
    limit = {"kind": "change-limit", "limit": "advice", "to": "60000.00", **REASON}
    proposed = [maker.post("/v1/approvals", body).json for body in (order, limit)]

    done = [approve(checker, each).json["state"] for each in proposed]

    assert done == ["approved", "approved"]
    assert books.current(howrah) == "500.00"
    assert proposed[1]["payload"]["from"] == "50000.00"


@pytest.mark.parametrize(
    ("asked", "at_fault"),
    [
        ({"kind": "refund", "amount": "1.00"}, {"debit", "cause", "order_number"}),
        ({"kind": "change-limit", "limit": "advice", "to": "1.00", "amount": "1.00"}, {"amount"}),
        ({"kind": "write-off", "wallet": "BSKOP0000001"}, {"breaks", "wallet"}),
        ({"kind": "refund", "breaks": [{"id": "x"}]}, {"breaks", "debit", "amount", "cause", "order_number"}),
        ({"kind": "pay"}, {"kind"}),
    ],
)
def test_a_proposal_has_what_its_kind_needs_and_nothing_else(
    maker: Caller, asked: dict[str, str], at_fault: set[str]
) -> None:
    refused = maker.post("/v1/approvals", {**asked, **REASON})

    assert problem(refused) == (400, "invalid-request")
    assert set(refused.json["errors"]) == at_fault


def test_like_breaks_are_one_proposal_and_its_parts_are_listed_with_it(
    books: Books, maker: Caller, checker: Caller
) -> None:
    howrah, finance = books.wallet(), Finance(books)
    ids = [finance.about(finance.parked("10.00")) for _ in range(3)]
    asked = {"kind": "credit-wallet", "breaks": [{"id": each, "wallet": howrah} for each in ids], **REASON}

    proposed = maker.post("/v1/approvals", asked)
    part = checker.get(f"/v1/approvals?part_of={proposed.json['id']}&limit=1").json["items"][0]
    waiting = [each["proposals"] for each in checker.get("/v1/breaks").json["items"]]
    alone = approve(checker, part)
    approved = approve(checker, proposed.json)

    assert (proposed.status_code, proposed.json["parts"], proposed.json["about"]) == (201, 3, None)
    assert [each["about"] for each in proposed.json["payload"]["parts"]] == ids
    written = json.dumps(proposed.json["payload"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(written.encode()).hexdigest() == proposed.json["payload_sha256"]
    assert waiting == [[proposed.json["id"]]] * 3
    assert (problem(alone), alone.json["part_of"]) == ((409, "part-of-a-bulk"), proposed.json["id"])
    assert (approved.json["state"], len(approved.json["entries"])) == ("approved", 3)
    assert [each["id"] for each in checker.get("/v1/approvals").json["items"]] == [proposed.json["id"]]
    (of_break,) = checker.get(f"/v1/approvals?about={ids[0]}").json["items"]
    assert (of_break["part_of"], of_break["state"]) == (proposed.json["id"], "approved")
    assert books.current(howrah) == "30.00"


def test_proposals_are_listed_by_state_page_by_page(books: Books, maker: Caller, checker: Caller) -> None:
    line = Finance(books).parked("10.00")
    proposed = [resolve(maker, line, resolution="wait", until="2199-12-31").json["id"] for _ in range(5)]
    maker.post(f"/v1/approvals/{proposed[0]}/withdraw", REASON)

    pages = checker.pages("/v1/approvals?state=proposed&kind=wait", 3)

    assert [[each["id"] for each in page] for page in pages] == [proposed[4:1:-1], proposed[1:0:-1]]
    (withdrawn,) = checker.get("/v1/approvals?state=withdrawn").json["items"]
    assert (withdrawn["id"], withdrawn["reason"]) == (proposed[0], REASON["reason"])


def test_what_is_not_there_is_404(maker: Caller, checker: Caller) -> None:
    asked = {**REASON, "resolution": "wait", "until": "2199-12-31"}

    told = [
        maker.post(f"/v1/breaks/{absent}/resolutions", asked)
        for absent in ("unmatched-credit:bank-line-9", "x", "9" * 99)
    ]

    assert [problem(each) for each in told] == [(404, "break-not-found")] * 3
    assert problem(approve(checker, {"id": 99, "payload_sha256": "0" * 64})) == (404, "approval-not-found")
    assert problem(checker.get("/v1/approvals/nine")) == (404, "approval-not-found")


def test_a_number_of_a_person_is_masked_before_it_is_kept(books: Books, maker: Caller) -> None:
    line = Finance(books).parked("10.00")

    told = maker.post(
        f"/v1/breaks/unmatched-credit:bank-line-{line}/resolutions",
        {"resolution": "return-to-sender", "reason": "asked by 9830012345"},
    )

    assert told.json["payload"]["reason"] == "asked by XXXXXXXXXX"
