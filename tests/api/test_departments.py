"""A department's pull: its own rows and nobody's name; what is absent and what is another's are answered alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.api.described import operations
from tests.api.portal import EVERYTHING, Caller, Told, application, caller, number, payment
from tests.api.test_authentication import routes
from tests.servers import Servers, fresh_database
from wallet_service.api.authentication import DEPARTMENT, policy
from wallet_service.api.pagination import cursor
from wallet_service.dates import today

PERSONAL = {"narration", "consumer_no", "wallet"}


@pytest.fixture(scope="module")
def app(servers: Servers) -> Iterator[Flask]:
    """Run the application on books that only these tests see: a page of a day has all that they paid."""
    with fresh_database(servers) as fresh, application(fresh) as running:
        yield running


@pytest.fixture(scope="module")
def portal(app: Flask) -> Caller:
    return caller(app, *EVERYTHING)


@pytest.fixture(scope="module")
def power(app: Flask) -> Caller:
    """Return the client of the department of power."""
    return caller(app, "department:POD")


@pytest.fixture
def howrah(portal: Caller) -> str:
    return portal.wallet("500.00")


def bill(wallet: str, rupees: str, **other: object) -> dict[str, object]:
    """Return the body of a debit with everything by which a person could be known."""
    return payment(wallet, rupees, consumer_no="301234567", narration="Ananda, Howrah", **other)


def land(wallet: str, rupees: str, **other: object) -> dict[str, object]:
    """Return the body of a debit for another department."""
    return bill(wallet, rupees, department="LND", **other)


def of_today(code: str = "POD", query: str = "") -> str:
    return f"/v1/departments/{code}/payments?from={today() - timedelta(days=1)}&to={today()}{query}"


def whole(someone: Caller, query: str = "") -> list[dict[str, Any]]:
    return [each for page in someone.pages(of_today(query=query), 200) for each in page]


def without_id(told: Told) -> tuple[int, dict[str, Any]]:
    return told.status_code, {name: each for name, each in told.json.items() if name != "request_id"}


def test_a_payment_is_told_without_anything_by_which_a_person_is_known(
    portal: Caller, power: Caller, howrah: str
) -> None:
    body = bill(howrah, "120.50", application_no=f"A{number(10)}")
    paid = portal.post("/v1/debits", body).json
    portal.post(f"/v1/debits/{paid['id']}/refunds", {"amount": "20.50", "reason": "not taken"})

    (told,) = [each for each in whole(power) if each["id"] == paid["id"]]

    assert told == {
        "id": paid["id"],
        "state": "captured",
        "department": "POD",
        "service": "001",
        "amount": "120.50",
        "captured": "120.50",
        "refunded": "20.50",
        "rebate": "0.00",
        "service_ticket_no": body["service_ticket_no"],
        "application_no": body["application_no"],
        "placed_at": paid["placed_at"],
        "expires_at": None,
        "paid_at": paid["placed_at"],
        "paid_on": paid["business_day"],
        "entry": paid["entry"],
        "certificate_no": None,
        "answer_due": None,
        "answer": None,
    }
    assert told.keys().isdisjoint(PERSONAL)


def test_the_days_payments_come_page_by_page_each_once_and_a_hold_when_it_is_captured(
    portal: Caller, power: Caller, howrah: str
) -> None:
    other = portal.wallet("500.00")
    paid = [portal.post("/v1/debits", bill(wallet, "1.00")).json["id"] for wallet in (howrah, other) * 3]
    second = portal.post("/v1/debits", bill(howrah, "2.00", service="002")).json["id"]
    held = portal.post("/v1/debits", bill(howrah, "3.00", capture=False)).json["id"]
    voided = portal.post("/v1/debits", bill(howrah, "4.00", capture=False)).json["id"]
    portal.post(f"/v1/debits/{voided}/void", {})
    portal.post("/v1/debits", land(howrah, "5.00"))

    def found(query: str = "") -> list[str]:
        ids = [each["id"] for page in power.pages(of_today(query=query), 2) for each in page]
        assert len(ids) == len(set(ids))
        return [each for each in ids if each.startswith((howrah, other))]

    assert sorted(found()) == sorted([*paid, second])
    assert found("&service=002") == [second]
    assert found("&service=999") == []
    one_day = f"/v1/departments/POD/payments?from={today()}&to={today()}&state="
    states = {state: power.get(one_day + state + "&limit=200").json["items"] for state in ("held", "voided")}
    mine = {state: [each["id"] for each in rows if each["id"].startswith(howrah)] for state, rows in states.items()}
    assert mine == {"held": [held], "voided": [voided]}

    portal.post(f"/v1/debits/{held}/capture", {"amount": "2.50"})

    assert sorted(found()) == sorted([*paid, second, held])


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("?from=2026-01-01", "invalid-request"),
        ("?from=2026-01-02&to=2026-01-01", "invalid-request"),
        ("?from=2026-01-01&to=2026-02-02", "filter-too-wide"),
        ("?from=2026-01-01&to=2026-01-02&state=voided", "filter-too-wide"),
        ("?from=2026-01-01&to=2026-01-02&state=lost", "invalid-request"),
        ("?from=2026-01-01&to=2026-01-02&cursor=NzM5NjE3", "invalid-request"),
        *(
            (f"?from=2026-01-01&to=2026-01-02&cursor={cursor('department-payments', place)}", "invalid-request")
            for place in (f"{date(2026, 1, 1).toordinal()}/BSKOP1-{2**31}", "739617/BSKOP1-999999999999999999")
        ),
    ],
)
def test_a_pull_that_is_wrong_or_too_wide_is_refused(power: Caller, query: str, problem: str) -> None:
    answer = power.get(f"/v1/departments/POD/payments{query}")

    assert (answer.status_code, answer.json["type"]) == (400, f"/problems/{problem}")


def test_what_has_not_changed_is_not_sent_again(portal: Caller, power: Caller, howrah: str) -> None:
    paid = portal.post("/v1/debits", bill(howrah, "1.00")).json["id"]
    first = power.get(of_today(query="&limit=200"))
    tag = first.headers["ETag"]

    def asked(tags: str) -> Told:
        return power.get(of_today(query="&limit=200"), headers={"If-None-Match": tags})

    for tags in (tag, f'"other", {tag}', "*"):
        same = asked(tags)
        assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
        assert same.headers["Cache-Control"] == "no-store"
    for tags in ('"other"', "", "\x7f", 'W/"'):
        assert (asked(tags).status_code, asked(tags).data) == (200, first.data)
    portal.post(f"/v1/debits/{paid}/refunds", {"amount": "1.00", "reason": "not taken"})
    changed = asked(tag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_a_verification_says_whether_it_is_paid_and_what_is_not_known(
    portal: Caller, power: Caller, howrah: str
) -> None:
    application, ticket = f"A{number(10)}", f"T{number(10)}"
    query = f"/v1/verifications?application_no={application}"
    absent = power.get(query).json
    held = portal.post(
        "/v1/debits", bill(howrah, "50.00", capture=False, application_no=application, service_ticket_no=ticket)
    ).json["id"]
    set_aside = power.get(query).json
    portal.post(f"/v1/debits/{held}/unknown", {})
    portal.post(f"/v1/debits/{held}/capture", {"amount": "40.00"})
    paid = power.get(query).json
    power.post(f"/v1/debits/{held}/known", {"answer": "not-paid"})
    otherwise = power.get(query).json
    power.post(f"/v1/debits/{held}/known", {"answer": "paid"})
    noted = power.post(f"/v1/debits/{held}/certificate", {"certificate_no": (certificate := f"POD0012026{number(6)}")})
    known = power.get(f"/v1/verifications?certificate_no={certificate}").json

    assert (absent["paid"], absent["payments"]) == (False, [])
    assert absent["words"] == "Nothing was paid or set aside at these counters under this number."
    assert (set_aside["paid"], set_aside["amount"], set_aside["payments"][0]["state"]) == (False, "0.00", "held")
    assert (paid["paid"], paid["amount"]) == (True, "40.00")
    assert paid["not_known"].startswith("Whether the department has it: its answer is awaited by ")
    assert otherwise["not_known"] == "Why it stands otherwise here than the department answered: not-paid."
    assert [(each["answer_due"], each["answer"]) for each in otherwise["payments"]] == [(None, "not-paid")]
    assert paid["payments"][0]["answer_due"] > str(today())
    assert noted.json["certificate_no"] == certificate
    (told,) = known["payments"]
    assert (told["id"], told["certificate_no"], told["answer_due"]) == (held, certificate, None)
    assert told["paid_at"] > told["placed_at"]
    assert told.keys().isdisjoint(PERSONAL)
    assert power.get(f"/v1/verifications?service_ticket_no={ticket}").json == known

    portal.post(f"/v1/debits/{held}/refunds", {"amount": "40.00", "reason": "not taken"})

    given_back = power.get(query).json
    assert (given_back["paid"], given_back["amount"]) == (False, "0.00")
    assert [each["answer"] for each in given_back["payments"]] == ["paid"]
    assert given_back["words"] == "Not paid: what was set aside or paid was given back."


@pytest.mark.parametrize("query", ["", "?application_no=A&service_ticket_no=T", "?certificate_no=POD00120260001"])
def test_a_verification_asks_by_one_number(power: Caller, query: str) -> None:
    answer = power.get(f"/v1/verifications{query}")

    assert (answer.status_code, answer.json["type"]) == (400, "/problems/invalid-request")


@pytest.fixture(scope="module")
def theirs(portal: Caller) -> dict[str, str]:
    """Return what there is of another department: a debit and all numbers by which it could be asked."""
    wallet = portal.wallet("500.00")
    numbers = {"application_no": f"A{number(10)}", "service_ticket_no": f"T{number(10)}"}
    debit = portal.post("/v1/debits", land(wallet, "77.00", **numbers)).json["id"]
    portal.post(f"/v1/debits/{debit}/unknown", {})
    certificate = f"LND0012026{number(6)}"
    assert portal.post(f"/v1/debits/{debit}/certificate", {"certificate_no": certificate}).status_code == 200
    asked = {"code": "LND", "advice_number": "SA2627000001"}
    return {"debit_id": debit, "certificate_no": certificate, **asked, **numbers}


def absent(name: str, there: str) -> str:
    """Return something of that kind that nobody has: other digits, or other letters, in its place."""
    if name == "code":
        return "ZZZ"
    return there[:-6] + f"{(int(there[-6:]) + 1) % 1_000_000:06d}"


# How each route that is open to departments is asked for something. A new one comes here too.
ASKED: dict[str, list[Callable[[Caller, Callable[[str], str]], Told]]] = {
    "GET /v1/departments/<code>/payments": [lambda by, of: by.get(of_today(of("code")))],
    "GET /v1/verifications": [
        lambda by, of: by.get(f"/v1/verifications?application_no={of('application_no')}"),
        lambda by, of: by.get(f"/v1/verifications?service_ticket_no={of('service_ticket_no')}"),
        lambda by, of: by.get(f"/v1/verifications?certificate_no={of('certificate_no')}"),
    ],
    "POST /v1/debits/<debit_id>/known": [
        lambda by, of: by.post(f"/v1/debits/{of('debit_id')}/known", {"answer": "paid"})
    ],
    "POST /v1/debits/<debit_id>/certificate": [
        lambda by, of: by.post(
            f"/v1/debits/{of('debit_id')}/certificate", {"certificate_no": f"LND0012026{number(6)}"}
        ),
        lambda by, of: by.post(
            f"/v1/debits/{of('debit_id')}/certificate", {"certificate_no": f"POD0012026{number(6)}"}
        ),
    ],
    "GET /v1/settlements": [lambda by, of: by.get(f"/v1/settlements?department={of('code')}")],
    "GET /v1/settlements/advices": [lambda by, of: by.get(f"/v1/settlements/advices?department={of('code')}")],
    "GET /v1/settlements/advices/<advice_number>": [  # One that is there, and another's: test_settlements.
        lambda by, of: by.get(f"/v1/settlements/advices/{of('advice_number')}")
    ],
    "GET /v1/reports/collections": [
        lambda by, of: by.get(f"/v1/reports/collections?department={of('code')}&from={today()}&to={today()}")
    ],
}


def test_a_departments_token_opens_no_route_but_those_for_departments(app: Flask, power: Caller) -> None:
    opened = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
        if DEPARTMENT in (policy(app.view_functions[rule.endpoint]) or ())
    }

    assert opened == ASKED.keys()
    for method, path, scopes in routes(app):
        if scopes:
            refused = power.call(method, path).status_code == 403
            assert refused is (DEPARTMENT not in scopes), f"{method} {path}"


@pytest.mark.parametrize("route", ASKED)
def test_what_is_another_departments_is_answered_as_what_there_is_not(
    power: Caller, theirs: dict[str, str], route: str
) -> None:
    for ask in ASKED[route]:
        there = ask(power, lambda name: theirs[name])
        nowhere = ask(power, lambda name: absent(name, theirs[name]))

        assert _neutral(there, theirs) == _neutral(nowhere, {name: absent(name, each) for name, each in theirs.items()})
        assert "77.00" not in there.text


def _neutral(told: Told, names: dict[str, str]) -> tuple[int, str]:
    """Return status and body, the names that were asked for and the request's id left out."""
    status, body = without_id(told)
    text = json.dumps(body)
    for each in names.values():
        text = text.replace(f'"{each}"', '"asked"')
    return status, text


def test_nothing_of_another_department_is_changed_by_a_departments_token(
    portal: Caller, power: Caller, theirs: dict[str, str]
) -> None:
    before = portal.get(f"/v1/debits/{theirs['debit_id']}").json

    for ways in ASKED.values():
        for ask in ways:
            ask(power, lambda name: theirs[name])

    assert portal.get(f"/v1/debits/{theirs['debit_id']}").json == before
    assert before["unknown"]["answer"] is None
    assert before["certificate_no"] == theirs["certificate_no"]


def test_a_departments_list_has_its_own_rows_alone(app: Flask, power: Caller, theirs: dict[str, str]) -> None:
    assert {each["department"] for each in whole(power)} == {"POD"}
    auditor = caller(app, "reports:read")
    both = caller(app, "department:POD", "department:LND")

    for someone in (auditor, both):
        assert someone.get(f"/v1/verifications?application_no={theirs['application_no']}").json["paid"] is True
        assert someone.get(of_today("LND")).status_code == 200
    assert auditor.get(of_today("ZZZ")).json["items"] == []


def test_an_unknown_debit_tells_the_portal_not_to_pay_again(portal: Caller, howrah: str) -> None:
    body = bill(howrah, "10.00")
    paid = portal.post("/v1/debits", body).json["id"]

    marked = portal.post(f"/v1/debits/{paid}/unknown", {}, key=(key := number(20)))
    described = {operation.label: operation for operation in operations()}
    assert described["POST /v1/debits/{debit_id}/unknown"].wrong_in_answer(marked) == []
    replayed = portal.post(f"/v1/debits/{paid}/unknown", {}, key=key)
    again = portal.post(f"/v1/debits/{paid}/unknown")

    assert marked.status_code == 200
    assert (replayed.json, replayed.headers["Idempotency-Replayed"]) == (marked.json, "true")
    assert again.json == marked.json == portal.get(f"/v1/debits/{paid}").json
    assert marked.json["unknown"]["answer_due"] == str(today() + timedelta(days=5))
    assert "Do not pay again: verify" in marked.json["unknown"]["advice"]
    assert portal.get(f"/v1/debits?service_ticket_no={body['service_ticket_no']}").json["items"] == [marked.json]
    assert portal.post("/v1/debits", body).json["same_ticket"] == [paid]
    known = portal.post(f"/v1/debits/{paid}/known", {"answer": "paid"})
    assert (known.status_code, known.json) == (200, {"debit": paid, "answer": "paid"})
    refused = portal.post(f"/v1/debits/{paid}/unknown")
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/fate-known")


def test_another_clients_debit_is_neither_marked_nor_answered_for(app: Flask, portal: Caller, howrah: str) -> None:
    theirs = portal.post("/v1/debits", bill(howrah, "1.00")).json["id"]
    nobodys = absent("debit_id", theirs)
    other = caller(app, "debits:write")

    for path, body in (
        ("unknown", {}),
        ("known", {"answer": "paid"}),
        ("certificate", {"certificate_no": "POD0012026000009"}),
    ):
        there, nowhere = (other.post(f"/v1/debits/{each}/{path}", body) for each in (theirs, nobodys))
        assert there.status_code == 404
        assert _neutral(there, {"debit": theirs}) == _neutral(nowhere, {"debit": nobodys})
