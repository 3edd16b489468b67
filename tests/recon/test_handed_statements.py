"""What comes out of the confined process is proved again: a statement as it went in, a refusal, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.recon.bank_files import POOL, fixture, read
from wallet_service.errors import FileNotReadable
from wallet_service.recon.readers import handed
from wallet_service.recon.readers.declared_rows import Cut, Record

STATEMENT = read(fixture(POOL))
LINES = [json.loads(line) for line in handed.written(STATEMENT)]
REJECT = {"line": 7, "reason": "Why.", "text": "What"}


def altered(row: int, key: Any, value: Any) -> list[Any]:
    """Return what would be handed over with one value altered."""
    lines: list[Any] = json.loads(json.dumps(LINES))
    lines[row][key] = value
    return lines


def as_text(lines: list[Any]) -> list[str]:
    return [json.dumps(line) + "\n" for line in lines]


def test_a_statement_comes_out_as_it_went_in() -> None:
    assert handed.read(handed.written(STATEMENT)) == STATEMENT


def test_a_refusal_comes_out_with_its_reason_and_rejects() -> None:
    refusal = FileNotReadable(reason="Line 7: Why.", rejects=[REJECT])

    with pytest.raises(FileNotReadable) as caught:
        handed.read([handed.written_refusal(refusal)])

    assert caught.value.facts == refusal.facts


def test_a_refusal_that_quotes_what_cannot_be_stored_comes_out_with_a_mark_in_its_place() -> None:
    quoted = {"line": 7, "reason": "“A\x00” is none.", "text": "A\x00B\ud800"}
    refusal = FileNotReadable(reason="Line 7: “A\x00” is none.", rejects=[quoted])

    with pytest.raises(FileNotReadable) as caught:
        handed.read([handed.written_refusal(refusal)])

    assert caught.value.facts == {
        "reason": "Line 7: “A\ufffd” is none.",
        "rejects": [{"line": 7, "reason": "“A\ufffd” is none.", "text": "A\ufffdB\ufffd"}],
    }


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param([], id="nothing"),
        pytest.param(["yes"], id="no object"),
        pytest.param(LINES[:-1], id="fewer lines than announced"),
        pytest.param([*LINES, LINES[-1]], id="more lines than announced"),
        pytest.param([LINES[0], *LINES[2:], LINES[1]], id="another order"),
        pytest.param(altered(0, "lines", True), id="a truth for a number"),
        pytest.param(altered(0, "account_number", "3123456789"), id="an account of ten digits"),
        pytest.param(altered(0, "account_number", "৩১২৩৪৫৬৭৮৯০"), id="other digits"),
        pytest.param(altered(0, "balances", [0, LINES[0]["balances"][1]]), id="another opening balance"),
        pytest.param(altered(0, "balances", [LINES[0]["balances"][0], 0]), id="another closing balance"),
        pytest.param(altered(0, "period", ["2026-04-02", "2026-04-01"]), id="a period that ends first"),
        pytest.param(altered(0, "period", ["2026-04-31", "2026-05-01"]), id="no day of the calendar"),
        pytest.param(altered(0, "period", ["2026-04-01"]), id="half a period"),
        pytest.param(altered(1, 3, "both"), id="no direction"),
        pytest.param(altered(1, 3, "outflow"), id="the other direction"),
        pytest.param(altered(1, 4, -3500000), id="a negative amount"),
        pytest.param(altered(1, 4, 3500000.0), id="a float"),
        pytest.param(altered(1, 4, "3500000"), id="a text for an amount"),
        pytest.param(altered(1, 6, 10**18), id="a figure beyond all bounds"),
        pytest.param(altered(1, 7, "CASH\x00DEPOSIT"), id="a NUL"),
        pytest.param(altered(1, 7, "CASH\ud800"), id="half a letter"),
        pytest.param(altered(1, 9, 91), id="a number for a branch"),
        pytest.param([LINES[0], [*LINES[1], 1], *LINES[2:]], id="a cell too many"),
        pytest.param([{"reason": 1, "rejects": []}], id="no reason"),
        pytest.param([{"reason": "Why.", "rejects": [{"line": "7"}]}], id="a reject without its facts"),
    ],
)
def test_what_is_no_proved_statement_is_believed_in_no_part(forged: list[Any]) -> None:
    with pytest.raises(handed.NotHanded):
        handed.read(as_text(forged))


CUT = Cut("xml", [Record(2, ("a", ""), "a"), Record(3, ("b", "c"), "b c")], stated_on=1, count="2", amount="")
CUT_LINES = [json.loads(line) for line in handed.written_cut(CUT)]


def test_what_an_xml_file_is_cut_into_comes_out_as_it_went_in() -> None:
    assert handed.read_cut(handed.written_cut(CUT), places=2) == CUT


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param([], id="nothing"),
        pytest.param(CUT_LINES[:-1], id="fewer records than announced"),
        pytest.param([*CUT_LINES, CUT_LINES[-1]], id="more records than announced"),
        pytest.param([*CUT_LINES[:-1], [3, "b c", "b"]], id="a cell too few"),
        pytest.param([*CUT_LINES[:-1], [3, "b c", "b", None]], id="no text"),
        pytest.param([*CUT_LINES[:-1], [3, "b c", "b", "\x00"]], id="a NUL"),
        pytest.param([*CUT_LINES[:-1], ["3", "b c", "b", "c"]], id="a text for a number"),
        pytest.param([{**CUT_LINES[0], "count": 2}, *CUT_LINES[1:]], id="a number for a text"),
    ],
)
def test_what_is_no_whole_cut_is_believed_in_no_part(forged: list[Any]) -> None:
    with pytest.raises(handed.NotHanded):
        handed.read_cut(as_text(forged), places=2)


@pytest.mark.parametrize("garbage", ["", "{", "[" * 100_000, "\x80", "NaN"])
def test_what_is_no_json_is_not_believed(garbage: str) -> None:
    with pytest.raises(handed.NotHanded):
        handed.read([garbage])
