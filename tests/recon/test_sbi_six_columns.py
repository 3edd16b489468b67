"""SBI's layout of 2026: six columns, wrapped details, and nothing that says whose account it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.recon.bank_files import POOL, TODAY, fixture, read, refusal
from tests.recon.six_columns import POOL_DAYS, ROWS, SIX, STATED, TITLES
from wallet_service.money import rupees
from wallet_service.recon import chain, wraps
from wallet_service.recon.narration import parse
from wallet_service.recon.readers import layouts, sbi
from wallet_service.recon.readers.text import Row


def test_each_row_is_a_line_that_counts_on_its_date() -> None:
    statement = read(SIX)

    assert [
        (
            line.row,
            rupees(line.amount),
            line.direction.value,
            rupees(line.balance_after),
            wraps.joined(line.description),
        )
        for line in statement.lines
    ] == [
        (18, "35000.00", "inflow", "1116175.00", "CASH DEPOSIT SELF AT 00091 KOLKATA MAIN"),
        (20, "20000.00", "inflow", "1136175.00", "CSH DEP (CDM) CDM8040106SBI SHIBPUR HOWRAH 2026"),
        (
            22,
            "500.00",
            "outflow",
            "1135675.00",
            "WDL TFR UPI/DR/609312345678/TESTPAYE/SBIN/test.payee/UPI 0097690162095 AT 00091 KOLKATA MAIN",
        ),
        (
            24,
            "500.00",
            "inflow",
            "1136175.00",
            "DEP TFR UPI/REV/609312345678 0097690162095 AT 00091 KOLKATA MAIN",
        ),
    ]
    assert {(line.booked_on, line.value_date) for line in statement.lines} == {(date(2026, 4, 3), date(2026, 4, 3))}
    assert statement.form == "sbi-6-comma"


def test_what_the_blank_rows_leave_out_the_lines_tell_but_for_the_account() -> None:
    statement = read(SIX)

    assert statement.account_number is None
    assert (statement.period_first, statement.period_last) == (date(2026, 4, 3), date(2026, 4, 3))
    assert (rupees(statement.opening), rupees(statement.closing)) == ("1081175.00", "1136175.00")


def test_what_the_rows_before_the_titles_state_counts() -> None:
    statement = read(STATED + TITLES + ROWS)

    assert statement.account_number == "31234567890"
    assert (statement.period_first, statement.period_last) == (date(2026, 4, 1), date(2026, 4, 4))
    assert rupees(statement.opening) == "1081175.00"


def test_its_words_are_found_over_its_breaks() -> None:
    told = [parse(line.description, line.reference) for line in read(SIX).lines]

    assert [narration.branch for narration in told] == ["00091", None, "00091", "00091"]
    assert [narration.cdm for narration in told] == [None, "8040106 2026", None, None]
    assert [narration.references for narration in told] == [(), (), ("609312345678",), ("609312345678",)]
    assert [narration.reversal for narration in told] == [False, False, False, True]


@pytest.mark.parametrize(
    "saved_again",
    [
        pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), id="UTF-8 with a byte order mark"),
        pytest.param(lambda text: text.encode("utf-16"), id="UTF-16"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(lambda text: text.replace("Date,Details", "DATE ,  details").encode(), id="other titles"),
        pytest.param(
            lambda text: text.replace("Ref No/Cheque No", '" Ref No. / Cheque No. "').encode(), id="full stops"
        ),
        pytest.param(lambda text: text.replace(",", ";").encode(), id="semicolons"),
        pytest.param(lambda text: text.replace(",", "\t").encode(), id="tabs"),
        pytest.param(lambda text: text.lstrip(",\n").encode(), id="nothing before the titles"),
        pytest.param(lambda text: (text + TITLES + "\n\n").encode(), id="titles again, and blank rows"),
        pytest.param(lambda text: text.replace("35000.00,", '"35,000.00",').encode(), id="commas in amounts"),
    ],
)
def test_a_file_saved_again_says_the_same(saved_again: Callable[[str], bytes]) -> None:
    def of(content: str | bytes) -> list[tuple[object, ...]]:
        return [(line.booked_on, line.amount, line.balance_after, line.description) for line in read(content).lines]

    assert of(saved_again(SIX)) == of(SIX)


def test_a_day_has_the_same_places_as_in_eight_columns() -> None:
    assert chain.places(read(POOL_DAYS)) == chain.places(read(fixture(POOL)))


def test_rows_of_a_workbook_are_read_alike() -> None:
    rows = [
        Row.of(1, ["Date", "Details", "Ref No/Cheque No", "Debit", "Credit", "Balance"]),
        Row.of(2, ["03/04/2026", " CASH DEPOSIT SELF\n AT 00091 KOLKATA MAIN", "", "", "35000.00", "1116175.00"]),
    ]

    table = layouts.find(rows, sbi.LAYOUTS, set())

    assert table is not None
    statement = sbi.read_table(table, encoding="", manner="xlsx", today=TODAY)
    assert (statement.form, statement.lines[0].description) == (
        "sbi-6-xlsx",
        "CASH DEPOSIT SELF\nAT 00091 KOLKATA MAIN",
    )


@pytest.mark.parametrize(
    ("broken", "line", "says"),
    [
        (lambda text: text.replace("1136175.00\n03/04", "1136175.01\n03/04"), 20, "does not follow"),
        (lambda text: text.replace("500.00,,1135675", "500.00,500.00,1135675"), 22, "both a debit and a credit"),
        (lambda text: text.replace(",500.00,,1135675", ",,,1135675"), 22, "neither a debit nor a credit"),
        (lambda text: text.replace("03/04/2026,\" DEP", "02/04/2026,\" DEP"), 24, "not in order of date"),
        (lambda text: text.replace("03/04/2026,\" DEP", "11/04/2026,\" DEP"), 24, "has not come yet"),
        (lambda text: STATED.replace("1081175.00", "1081175.50") + text, 21, "does not follow"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_relied_on_is_refused_by_its_line(
    broken: Callable[[str], str], line: int, says: str
) -> None:
    facts = refusal(broken(SIX))

    assert facts["rejects"][0]["line"] == line
    assert says in facts["rejects"][0]["reason"]


def test_a_file_that_is_cut_inside_its_details_is_refused() -> None:
    assert "Line 24" in refusal(SIX[: SIX.index(' 0097690162095 AT 00091 KOLKATA MAIN",,,')])["reason"]


def test_titles_without_rows_are_refused() -> None:
    assert "no rows" in refusal(TITLES)["reason"]
