"""Whatever fits the API's own description, and much that does not, is answered; nothing breaks it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from tests.api.portal import Caller, nobody, number

MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.fixture(scope="session")
def operations(app: Flask) -> list[Any]:
    """Return every operation of the API's own description, but for the upload, which is no JSON."""
    schema = schemathesis.openapi.from_dict(nobody(app).get("/openapi.json").json)
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    return [one for one in found if (one.method, one.path) != ("post", "/v1/bank-files")]


@given(data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_that_is_sent_breaks_it(operations: list[Any], portal: Caller, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(operations))
    case = data.draw(operation.as_strategy(generation_mode=data.draw(st.sampled_from(MODES))))
    body = {"json": case.body} if case.media_type == "application/json" else {}
    try:
        path = case.formatted_path.encode("ascii").decode()
        answer = portal.call(
            case.method, path, query_string=case.query or {}, headers={"Idempotency-Key": number(20)}, **body
        )
    except (TypeError, UnicodeError):  # The test's own client cannot send it.
        assume(False)

    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"
        assert answer.json["type"].startswith("/problems/")
