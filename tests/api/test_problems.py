"""Each error has its number and its document."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from wallet_service.api import protocol
from wallet_service.api.problems import STATUS, document, members, status_of
from wallet_service.errors import FAMILIES, WalletError, leaves

ERRORS = list(leaves())


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.slug())
def test_every_error_has_a_type_a_sentence_a_status_and_a_next_step(error: type[WalletError]) -> None:
    problem = document(error.of({}))

    assert problem["type"] == f"/problems/{error.slug()}"
    assert problem["title"].endswith(".")
    assert 400 <= problem["status"] <= 503
    assert problem["detail"]


def test_every_family_has_a_status() -> None:
    assert set(STATUS) == set(FAMILIES)
    assert status_of(protocol.Unauthenticated) == 401


def test_facts_leave_as_the_wire_has_them() -> None:
    facts = members(
        {
            "needed_paise": 125_000,
            "short_paise": -5,
            "day": date(2026, 4, 1),
            "at": datetime(2026, 3, 31, 18, 30, tzinfo=UTC),
            "scopes": ("a", "b"),
            "line": {"amount_paise": 1},
        }
    )

    assert facts == {
        "needed": "1250.00",
        "short": "-0.05",
        "day": "2026-04-01",
        "at": "2026-03-31T18:30:00.000000Z",
        "scopes": ["a", "b"],
        "line": {"amount": "0.01"},
    }


def test_the_order_of_facts_does_not_depend_on_where_they_were_kept() -> None:
    one, other = {"b": 1, "a_paise": 2}, {"a_paise": 2, "b": 1}

    assert list(members(one)) == list(members(other))
