"""Settlements over HTTP: a maker proposes, a checker approves, the advice is a page, and the collections add up."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.api.portal import Caller, application, caller
from tests.books import Books
from tests.payments.settling import MONDAY, Treasury
from tests.servers import Servers, fresh_database
from wallet_service.reports.settlement_page import WIDTH

DAY = timedelta(days=1)


@dataclass
class Office:
    """Finance's two persons, who call the API, and the books of a treasury; the first day is settled and advised."""

    treasury: Treasury
    maker: Caller
    checker: Caller
    auditor: Caller
    advice: str


@pytest.fixture(scope="module")
def office(servers: Servers) -> Iterator[Office]:
    with fresh_database(servers) as fresh, application(fresh) as app:
        books = Books(fresh)
        treasury, howrah = Treasury(books), books.wallet("900000.00")
        paid = books.pay(howrah, "123456.00").debit
        books.pay(howrah, "70.00", service="002")
        books.refund(paid.id, "6.00")
        treasury.next_day()
        maker, checker = (caller(app, scope, person=scope) for scope in ("finance:make", "finance:check"))
        proposed = maker.post("/v1/settlements", {"department": "POD", "reason": "due"}).json
        shown = {"payload_sha256": proposed["payload_sha256"]}
        checker.post(f"/v1/approvals/{proposed['id']}/approve", shown)
        books.pay(howrah, "30.00")
        treasury.next_day()
        books.pay(howrah, "8.00")
        (advice,) = maker.get("/v1/settlements/advices?department=POD").json["items"]
        yield Office(treasury, maker, checker, caller(app, "reports:read"), advice["number"])
        books.close()


def test_a_proposal_shows_what_it_pays_and_a_second_person_approves_it(office: Office) -> None:
    (approval,) = office.checker.get("/v1/approvals?kind=advise-settlement").json["items"]
    advice = office.auditor.get(f"/v1/settlements/advices/{office.advice}").json

    assert approval["payload"]["amount"] == "123520.00"
    assert [(each["service"], each["amount"]) for each in approval["payload"]["settlements"]] == [
        ("001", "123450.00"),
        ("002", "70.00"),
    ]
    assert (advice["state"], advice["proposed_by"], advice["approved_by"]) == (
        *("advised", "finance:make", "finance:check"),
    )
    assert advice["approval"] == approval["id"]


def test_one_key_proposes_once_and_without_a_key_nothing_is_proposed(office: Office) -> None:
    body = {"department": "POD", "reason": "due"}

    first, again = (office.maker.post("/v1/settlements", body, key="once") for _ in range(2))
    none = office.maker.post("/v1/settlements", body, key="")

    assert (first.status_code, first.headers["Location"]) == (201, f"/v1/approvals/{first.json['id']}")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert (none.status_code, none.json["type"]) == (400, "/problems/idempotency-key-missing")
    office.maker.post(f"/v1/approvals/{first.json['id']}/withdraw", {"reason": "only tried"})


@pytest.mark.parametrize(
    ("department", "status", "kind"), [("LND", 422, "nothing-due"), ("ZZZ", 404, "department-not-found")]
)
def test_what_is_not_due_is_not_proposed(office: Office, department: str, status: int, kind: str) -> None:
    refused = office.maker.post("/v1/settlements", {"department": department, "reason": "due"})

    assert (refused.status_code, refused.json["type"]) == (status, f"/problems/{kind}")


def test_who_checks_or_reads_proposes_nothing(office: Office) -> None:
    refused = [
        who.post(path, {"reason": "due"}).status_code
        for who in (office.checker, office.auditor)
        for path in ("/v1/settlements", f"/v1/settlements/advices/{office.advice}/call-off")
    ]

    assert refused == [403] * 4


def test_settlements_are_listed_page_by_page_with_what_became_of_them(office: Office) -> None:
    pages = office.auditor.pages("/v1/settlements?department=POD", 2)
    due = office.auditor.get("/v1/settlements?state=due").json["items"]

    assert [[(each["day"], each["service"], each["state"]) for each in page] for page in pages] == [
        [(f"{MONDAY + DAY}", "001", "due"), (f"{MONDAY}", "002", "advised")],
        [(f"{MONDAY}", "001", "advised")],
    ]
    assert [(each["due"], each["payable_on"], each["advice"]) for each in due] == [
        ("30.00", f"{MONDAY + 2 * DAY}", None)
    ]


def test_an_advice_is_a_page_of_80_columns_and_a_file(office: Office) -> None:
    path = f"/v1/settlements/advices/{office.advice}"
    page = office.auditor.get(path, headers={"Accept": "text/plain"})
    file = office.auditor.get(path, headers={"Accept": "text/csv"})

    lines = page.text.splitlines()
    assert page.content_type == "text/plain; charset=utf-8"
    assert max(map(len, lines)) <= WIDTH
    assert lines[0] == f"ADVICE OF SETTLEMENT {office.advice}".ljust(73) + "ADVISED"
    assert "05/07/2027 001            1      ₹1,23,456.00            ₹6.00      ₹1,23,450.00" in lines
    assert f"To be paid under the number {office.advice}" in page.text
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [(row["service"], row["refunded"], row["amount"]) for row in rows] == [
        ("001", "6.00", "123450.00"),
        ("002", "0.00", "70.00"),
    ]
    assert file.headers["Content-Disposition"] == f'attachment; filename="{office.advice}.csv"'


def test_a_payouts_reference_is_noted_until_the_bank_shows_it(office: Office) -> None:
    path = f"/v1/settlements/advices/{office.advice}/payout"

    noted = office.maker.post(path, {"utr": "sbin 527186 000123"}).json
    weak = office.maker.post(path, {"utr": "CHEQUE 17"})
    absent = office.maker.post("/v1/settlements/advices/SA2728999999/payout", {"utr": "SBIN527186000123"})

    assert noted["utr"] == "SBIN527186000123"
    assert (weak.status_code, list(weak.json["errors"])) == (400, ["utr"])
    assert (absent.status_code, absent.json["type"]) == (404, "/problems/advice-not-found")


def test_collections_add_up_by_day_and_service_the_open_day_too(office: Office) -> None:
    path = f"/v1/reports/collections?department=POD&from={MONDAY}&to={MONDAY + 30 * DAY}"

    told = office.auditor.get(path).json
    file = office.auditor.get(path, headers={"Accept": "text/csv"})
    later = office.auditor.get(path.replace(f"from={MONDAY}", f"from={MONDAY + DAY}")).json

    assert [(each["day"], each["service"], each["collected"], each["state"]) for each in told["lines"]] == [
        (f"{MONDAY}", "001", "123456.00", "advised"),
        (f"{MONDAY}", "002", "70.00", "advised"),
        (f"{MONDAY + DAY}", "001", "30.00", "due"),
        (f"{MONDAY + 2 * DAY}", "001", "8.00", "collecting"),
    ]
    assert told["totals"] == {
        "payments": 4,
        "collected": "123564.00",
        "refunded": "6.00",
        "rebated": "0.00",
        "due": "123550.00",
        "in_tie_out": "0.00",
        "paid": "0.00",
        "unpaid": "123550.00",
    }
    assert {each["age"]: each["amount"] for each in told["ageing"]} == {
        "not-payable-yet": "0.00",
        "0-to-1": "123550.00",
        "2-to-5": "0.00",
        "over-5": "0.00",
    }
    assert later["lines"] == told["lines"][2:]
    assert [row["collected"] for row in csv.DictReader(io.StringIO(file.text))] == [
        each["collected"] for each in told["lines"]
    ]


def test_a_department_sees_its_own_and_another_is_as_one_that_is_not_there(office: Office) -> None:
    days = f"from={MONDAY}&to={MONDAY + DAY}"
    power, land = (caller(office.maker.app, f"department:{code}") for code in ("POD", "LND"))

    own = [
        len(power.get("/v1/settlements").json["items"]),
        len(power.get("/v1/settlements/advices").json["items"]),
        len(power.get(f"/v1/reports/collections?department=POD&{days}").json["lines"]),
        power.get(f"/v1/settlements/advices/{office.advice}").status_code,
    ]
    lists = [land.get(path).json["items"] for path in ("/v1/settlements", "/v1/settlements/advices")]
    foreign, absent = (
        [
            land.get(path.format(department)).json
            for path in (
                *("/v1/settlements?department={}", "/v1/settlements/advices?department={}"),
                f"/v1/reports/collections?department={{}}&{days}",
            )
        ]
        for department in ("POD", "ZZZ")
    )
    numbers = [land.get(f"/v1/settlements/advices/{each}") for each in (office.advice, "SA2728999999")]

    assert (own, lists) == ([3, 1, 3, 200], [[], []])
    assert {each["type"] for each in (*foreign, *absent)} == {"/problems/department-not-found"}
    assert [each.keys() for each in foreign] == [each.keys() for each in absent]
    assert [each.json["type"] for each in numbers] == ["/problems/advice-not-found"] * 2
    assert power.post("/v1/settlements", {"department": "POD", "reason": "mine"}).status_code == 403


def test_a_department_reads_nothing_of_others_and_of_finances_people(servers: Servers) -> None:
    with fresh_database(servers) as fresh, application(fresh) as app:
        books = Books(fresh)
        treasury, howrah = Treasury(books), books.wallet("1000.00")
        books.pay(howrah, "100.00")
        books.pay(howrah, "40.00", department="LND")
        treasury.next_day()
        power, land = treasury.advise("POD"), treasury.advise("LND")
        treasury.bank_shows("-120.00", f"{power.number} {land.number}")
        own, auditor = caller(app, "department:LND"), caller(app, "reports:read")
        path = f"/v1/settlements/advices/{land.number}"

        told = [own.get(path), *(own.get(each) for each in ("/v1/settlements/advices", "/v1/settlements"))]
        page = own.get(path, headers={"Accept": "text/plain"}).text
        states = [auditor.get(f"/v1/settlements/advices/{each.number}").json["state"] for each in (power, land)]
        words = auditor.get(path).json["words"]
        books.close()

    advice, (listed,), (settled,) = told[0].json, told[1].json["items"], told[2].json["items"]
    secret = ("proposed_by", "approved_by", "approval", "words")
    assert [each[name] for each in (advice, listed) for name in secret] == [None] * 8
    assert (settled["words"], settled["state"], advice["state"], states) == (None, "excess", "excess", ["excess"] * 2)
    assert power.number in words
    for name in (power.number, str(power.proposed_by), str(power.approved_by), "100.00"):
        assert name not in page + "".join(each.text for each in told)


def test_collections_of_too_many_days_or_of_none_are_refused(office: Office) -> None:
    path = "/v1/reports/collections?department=POD&from={}&to={}"

    wide = office.auditor.get(path.format(MONDAY, MONDAY + 92 * DAY))
    turned = office.auditor.get(path.format(MONDAY, MONDAY - DAY))
    widest = office.auditor.get(path.format(MONDAY, MONDAY + 91 * DAY))

    assert (wide.status_code, wide.json["type"]) == (400, "/problems/filter-too-wide")
    assert (turned.status_code, list(turned.json["errors"])) == (400, ["to"])
    assert widest.status_code == 200
