"""Whatever fits the API's own description, and much that does not, is answered as the description says.

schemathesis draws requests that fit and requests that do not; in most, names are given what the town really has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.transport.serialization import Binary
from schemathesis.transport.wsgi import WSGI_TRANSPORT

from tests.api.described import JSON, Operation, document, operations
from tests.api.figures import Answers, report
from tests.api.portal import Caller, Told, number
from tests.api.sound import BODIES, PUT_IN
from tests.api.town import Town, town
from tests.servers import Servers, fresh_database
from wallet_service.api.fields import TEXT_PATTERN

_TIMES = 10 if os.environ.get("WALLET_LONG_TESTS") == "1" else 1
FITTING, UNFITTING, DRESSINGS = 90 * _TIMES, 30 * _TIMES, 2
WORDS = "one-line"
RARE = {"cursor": 0.1, "key": 0.1}  # A drawn cursor is of no list, and a key goes with no other filter.
AS_DRAWN = {"narration", "reason", "centre_name", "limit"}
_SETTINGS: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture(scope="module")
def here(servers: Servers) -> Iterator[Town]:
    with fresh_database(servers) as fresh, town(fresh) as built:
        yield built


@pytest.fixture(scope="module")
def drawn() -> dict[str, Any]:
    """Return what draws requests, by operation."""
    schemathesis.openapi.format(WORDS, st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"]), min_size=1))
    schema = schemathesis.openapi.from_dict(_with_format(document()))
    return {found.ok().label: found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)}


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_whatever_is_sent_is_answered_as_described(
    here: Town, drawn: dict[str, Any], operation: Operation, request: pytest.FixtureRequest
) -> None:
    answers = Answers()
    cases = {each: drawn[operation.label].as_strategy(generation_mode=each) for each in GenerationMode}

    @given(cases[GenerationMode.POSITIVE], st.randoms(use_true_random=True))
    @settings(max_examples=FITTING, **_SETTINGS)
    def fitting(case: Any, random: Random) -> None:
        as_drawn = case.path_parameters or {}, case.query or {}, case.body
        for _ in range(DRESSINGS):
            by = random.choice(here.callers(operation))
            case.path_parameters, case.query, case.body = _dressed(here, operation, as_drawn, by, random)
            _send(here, operation, case, by, answers)

    @given(cases[GenerationMode.NEGATIVE], st.randoms(use_true_random=True))
    @settings(max_examples=UNFITTING, **_SETTINGS)
    def unfitting(case: Any, random: Random) -> None:
        _send(here, operation, case, random.choice(here.callers(operation)), answers)

    fitting()
    unfitting()

    report(request, operation.label, answers)
    assert answers.wrong == []
    assert answers.total >= 200
    assert answers.share >= (0.3 if operation.is_write else 0.1)
    assert here.faults() == {}


def _send(here: Town, operation: Operation, case: Any, by: Caller, answers: Answers) -> None:
    """Send a case, and if it is a write once more with a field that nobody knows; note what is not as described."""
    case.headers = None  # Those drawn are the token's and the key's.
    sent = WSGI_TRANSPORT.serialize_case(case, headers={"Idempotency-Key": number(24)})
    query = urlencode(sent.pop("query_string") or {}, doseq=True)
    if isinstance(case.body, dict) and operation.media_type == JSON:
        more = {**sent, "json": {**case.body, "colour": "blue"}}
        refused = _call(by, more, query)
        if refused.status_code != 400:
            answers.wrong.append(f"an unknown field: {refused.status_code} {more}"[:500])
    answer = _call(by, sent, query)
    wrong = operation.wrong_in_answer(answer)
    if answer.status_code >= 500:
        wrong.append(answer.text)
    if answer.status_code < 300:
        body = sent.get("json", {})
        wrong += [f"taken: {each}" for each in (*operation.wrong_in_query(query), *operation.wrong_in_body(body))]
    answers.count(answer.status_code, [f"{each}: {sent} ?{query}"[:500] for each in wrong])


def _call(by: Caller, sent: dict[str, Any], query: str) -> Told:
    options = {name: value for name, value in sent.items() if name not in {"method", "path", "headers"}}
    if options.get("json", 0) is None:  # The test's client takes None for no body at all.
        options = {**options, "json": ...}
    return by.call(sent["method"], sent["path"], headers=sent["headers"], query_string=query, **options)


def _dressed(
    here: Town, operation: Operation, as_drawn: tuple[dict[str, Any], dict[str, Any], Any], by: Caller, random: Random
) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Let most names of a request stand for what is really there."""
    path, query, body = as_drawn
    needed = {field.name for field in operation.at("query") if field.required}
    query = {name: value for name, value in query.items() if name in needed or random.random() < RARE.get(name, 0.6)}
    if operation.media_type == JSON and isinstance(body, dict):
        alike = {each.name: None for each in operation.at("body") if (operation.label, each.name) in PUT_IN}
        body = _real(here, operation, alike | body, by, random)
        if operation.label in BODIES and random.random() < 0.6:
            body = BODIES[operation.label](here, by, random)
    elif operation.media_type is not None and random.random() < 0.6:
        body = {"file": Binary(here.statement())}
    return _real(here, operation, path, by, random), _real(here, operation, query, by, random), body


def _real(here: Town, operation: Operation, values: dict[str, Any], by: Caller, random: Random) -> dict[str, Any]:
    return {
        name: here.sound(operation, name, by, random)
        if here.says(operation, name) and name not in AS_DRAWN and random.random() < 0.95
        else value
        for name, value in values.items()
    }


def _with_format(schema: Any) -> Any:
    """Return the description with a format where it has the pattern of words: schemathesis cannot draw by that."""
    text = json.dumps(schema)
    return json.loads(text.replace(f'"pattern": {json.dumps(TEXT_PATTERN)}', f'"format": "{WORDS}"'))
