"""What is read and written by the fields alone is what their schema would read and write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import marshmallow
import pytest
from marshmallow import ValidationError, fields, post_load

from wallet_service.api.batches import BatchRequest
from wallet_service.api.credits import CreditRequest
from wallet_service.api.debit_lookups import DebitsQuery
from wallet_service.api.debits import CaptureRequest, DebitRequest
from wallet_service.api.straight import Reader, Writer

DEBIT = {
    "wallet": "BSKOP0071010",
    "department": "POD",
    "service": "001",
    "amount": "12.50",
    "service_ticket_no": "T1",
    "capture": False,
}
BODIES: list[Any] = [
    DEBIT,
    {**DEBIT, "expires_in": 60, "narration": "  light "},
    {**DEBIT, "capture": True, "expires_in": 60},
    {**DEBIT, "amount": "0.00", "wallet": 7},
    {**DEBIT, "narration": None},
    {**DEBIT, "more": 1},
    {},
    [],
    None,
    "x",
]
QUERIES: list[Any] = [
    {},
    {"from": "2026-04-01", "limit": "5"},
    {"first": "2026-04-01"},
    {"limit": "201"},
    {"cursor": "x"},
]
CASES = [
    *((DebitRequest(), body) for body in BODIES),
    *((CaptureRequest(), body) for body in ({}, {"amount": "1.00"}, {"amount": None})),
    *((CreditRequest(), body) for body in ({}, {"wallet": "BSKOP0071010", "booked_on": "2026-02-30"})),
    *((BatchRequest(), {"atomic": True, "items": items}) for items in ([DEBIT], [], [DEBIT, {}])),
    *((DebitsQuery(), query) for query in QUERIES),
]


def _outcome(read: Any, sent: Any) -> tuple[str, Any]:
    try:
        return "read", read(sent)
    except ValidationError as error:
        return "refused", error.messages


@pytest.mark.parametrize(("schema", "sent"), CASES, ids=str)
def test_what_is_read_is_what_the_schema_reads(schema: marshmallow.Schema, sent: Any) -> None:
    straight = _outcome(Reader(schema).read, sent)

    assert straight == _outcome(lambda body: schema.load(body, unknown=marshmallow.RAISE), sent)
    if straight[0] == "read":
        assert list(straight[1]) == list(schema.load(sent))


def test_a_schema_that_changes_what_it_loads_is_asked() -> None:
    class Doubled(marshmallow.Schema):
        number = fields.Integer()

        @post_load
        def double(self, data: dict[str, int], **kwargs: Any) -> dict[str, int]:
            return {"number": 2 * data["number"]}

    assert Reader(Doubled()).read({"number": 2}) == {"number": 4}


@dataclass(frozen=True)
class Shown:
    """Something to be written."""

    name: str | None
    inner: Shown | None = None
    others: tuple[Shown, ...] = ()


class Inner(marshmallow.Schema):
    name = fields.String(data_key="called")


class Outer(Inner):
    length = fields.Function(lambda shown: len(shown.name or ""))
    inner = fields.Nested(Inner())
    others = fields.List(fields.Nested(Inner()))
    absent = fields.String()
    made_up = fields.String(dump_default="none")


@pytest.mark.parametrize("shown", [Shown("a"), Shown(None), Shown("b", Shown("c"), (Shown("d"), Shown(None)))], ids=str)
def test_what_is_written_is_what_the_schema_writes(shown: Shown) -> None:
    written = Writer(Outer()).write(shown)

    assert written == Outer().dump(shown)
    assert list(written) == list(Outer().dump(shown))
