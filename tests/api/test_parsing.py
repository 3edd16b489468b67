"""Bodies are read strictly."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.api.hostile import BODIES
from wallet_service.api.parsing import legible, read_json
from wallet_service.errors import InvalidRequest


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:20].decode("latin-1"))
def test_a_body_that_another_reader_might_understand_differently_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_json(body)

    assert refusal.value.facts["errors"]


def test_a_body_may_be_nested_as_deep_as_is_allowed() -> None:
    deepest = b'{"a":' * 32 + b"1" + b"}" * 32

    assert read_json(deepest)["a"]["a"]["a"]


def test_braces_in_a_string_are_no_nesting() -> None:
    words = "{[" * 40

    assert read_json(json.dumps({"a": words}).encode()) == {"a": words}


def test_a_fraction_never_becomes_a_float() -> None:
    found = read_json(b'{"a": 1.10, "b": 1e400}')

    assert found == {"a": Decimal("1.10"), "b": Decimal("1e400")}


def test_what_is_told_back_about_a_request_is_bounded() -> None:
    errors = legible({"x" * 10_000 + str(n): ["Unknown field."] for n in range(1_000)})

    assert len(json.dumps(errors)) < 20_000
