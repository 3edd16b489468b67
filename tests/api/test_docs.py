"""The API says what it is: for machines as OpenAPI 3.1, for people on a page that needs no other host."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from jsonschema_rs import Draft202012Validator
from schemathesis.core.result import Err

from tests.api.portal import Caller, claim, nobody, payment
from wallet_service.api import docs

KEPT = Path(__file__).parents[2] / "openapi.json"


@pytest.fixture(scope="session")
def spec(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = nobody(app).get("/openapi.json").json
    return found


def test_the_description_is_openapi_3_1_and_reads_without_a_fault(app: Flask, spec: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(spec)

    faults = [result for result in schema.get_all_operations() if isinstance(result, Err)]

    assert spec["openapi"] == "3.1.0"
    assert faults == []
    assert len(list(schema.get_all_operations())) >= 20


def test_the_repository_keeps_the_description_that_is_served(app: Flask, spec: dict[str, Any]) -> None:
    kept = KEPT.read_text(encoding="utf-8")

    assert json.loads(kept) == spec
    with app.app_context():
        assert kept == docs.written(app), "write it anew: wallet openapi > openapi.json"


def test_every_route_of_the_api_is_described_with_its_scopes(app: Flask, spec: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<([^>]*)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
        for method in (rule.methods or set()) - {"HEAD"}
    }

    described = {
        (path, method) for path, methods in spec["paths"].items() for method in methods if method != "parameters"
    }

    assert described == routes
    assert all(spec["paths"][path][method]["x-scopes"] for path, method in described)
    assert all(spec["paths"][path][method]["summary"].endswith(".") for path, method in described)


def test_every_operation_names_the_problems_it_may_answer(spec: dict[str, Any]) -> None:
    pay = spec["paths"]["/v1/debits"]["post"]["responses"]
    named = {status: _types(spec, response) for status, response in pay.items() if status >= "400"}

    assert named["409"] == ["already-paid"]
    assert named["422"] == ["insufficient-funds", "key-abandoned", "key-reused", "wallet-closed", "wallet-frozen"]
    assert named["503"] == ["busy", "database-unavailable", "outcome-unknown"]
    for path, methods in spec["paths"].items():
        for method in set(methods) - {"parameters"}:
            responses = methods[method]["responses"]
            assert {"400", "401", "403", "500", "503"} <= set(responses), path
            assert "default" not in responses, path


def _types(spec: dict[str, Any], response: Any) -> list[str]:
    found = spec["components"]["responses"][response["$ref"].split("/")[-1]]
    schema = found["content"]["application/problem+json"]["schema"]
    return [each.removeprefix("/problems/") for each in schema["allOf"][1]["properties"]["type"]["enum"]]


def test_answers_are_as_they_are_described(portal: Caller, spec: dict[str, Any]) -> None:
    howrah = portal.wallet("100.00")
    paid = portal.post("/v1/debits", payment(howrah, "10.00"))
    refusal = portal.post("/v1/debits", payment(howrah, "1000.00"))
    refund = portal.post(f"/v1/debits/{paid.json['id']}/refunds", {"amount": "1.00", "reason": "not taken"})
    items = [{**payment(howrah, rupees), "key": f"{howrah}-{rupees}"} for rupees in ("1.00", "1000.00")]
    claimed = portal.post("/v1/claims", claim(howrah, "5.00"))
    told = {
        "BatchAnswer": portal.post("/v1/debits/batch", {"atomic": False, "items": items}).json,
        "ClaimAnswer": claimed.json,
        "Claim": portal.get(f"/v1/claims/{claimed.json['id']}").json,
        "ClaimPage": portal.get(f"/v1/claims?wallet={howrah}").json,
        "Ledger": portal.get(f"/v1/reports/ledger?account=wallet:{howrah}").json,
        "EntryPage": portal.get(f"/v1/reports/day-book?day={paid.json['business_day']}&limit=3").json,
        "BreakPage": portal.get("/v1/breaks").json,
        "Wallet": portal.get(f"/v1/wallets/{howrah}").json,
        "Balance": portal.balance(howrah),
        "BalanceNowOrThen": portal.get(f"/v1/wallets/{howrah}/balance?as_of=2020-01-01").json,
        "Passbook": portal.get(f"/v1/wallets/{howrah}/passbook").json,
        "DebitAnswer": paid.json,
        "Debit": portal.get(f"/v1/debits/{paid.json['id']}").json,
        "DebitPage": portal.get(f"/v1/debits?wallet={howrah}").json,
        "RefundAnswer": refund.json,
        "CreditPage": portal.get(f"/v1/credits?wallet={howrah}").json,
        "Entry": portal.get(f"/v1/entries/{howrah}-000001").json,
        "TrialBalance": portal.get("/v1/reports/trial-balance").json,
        "Problem": refusal.json,
    }

    for name, answer in told.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}
        assert list(Draft202012Validator(schema).iter_errors(answer)) == [], name


class Addresses(HTMLParser):
    """Collects what a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.loaded += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action", "style"}]


def test_the_page_needs_no_other_host_and_no_script(app: Flask, spec: dict[str, Any]) -> None:
    answer = nobody(app).get("/docs")
    page = Addresses()
    page.feed(answer.text)

    assert answer.status_code == 200
    assert page.scripts == 0
    assert [address for address in page.loaded if not address.startswith(("/", "#"))] == []
    assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert nobody(app).get("/docs/style.css").content_type == "text/css; charset=utf-8"


def test_the_page_shows_every_route_and_schema(app: Flask, spec: dict[str, Any]) -> None:
    page = nobody(app).get("/docs").text

    for path, methods in spec["paths"].items():
        for method in set(methods) - {"parameters"}:
            assert f'<article id="{method}-{path}">' in page
    assert all(f'id="schema-{name}"' in page for name in spec["components"]["schemas"])
