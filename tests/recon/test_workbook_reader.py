"""SBI's statement as a workbook says what its text says, and what a workbook adds is refused or told apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.recon.bank_files import POOL, TODAY, fixture, read
from tests.recon.workbooks import Cell, Formula, Sheet, in_numbers, pool, replaced, xls, xlsx
from wallet_service.errors import FileNotReadable
from wallet_service.money import rupees
from wallet_service.recon.readers import workbook
from wallet_service.recon.statements import Statement, content_digest

FIRST_DAY, LAST_DAY, TITLES, FIRST, LAST = 10, 11, 13, 14, 20
BOOKED, VALUED, DESCRIPTION, REFERENCE, CREDIT, BALANCE = 1, 2, 3, 4, 7, 8
BOTH = pytest.mark.parametrize("saved_as", [xlsx, xls])


def statement_of(content: bytes, *, today: date = TODAY) -> Statement:
    return workbook.read(content, today=today)


def refusal_of(content: bytes, *, today: date = TODAY) -> dict[str, Any]:
    with pytest.raises(FileNotReadable) as caught:
        workbook.read(content, today=today)
    return caught.value.facts


@pytest.mark.parametrize("cells", [pool(), in_numbers(pool())], ids=["text", "numbers and days"])
@pytest.mark.parametrize(("saved_as", "form"), [(xlsx, "sbi-8-xlsx"), (xls, "sbi-8-xls")])
def test_a_workbook_says_what_its_text_says(saved_as: Callable[..., bytes], form: str, cells: Sheet) -> None:
    text = read(fixture(POOL))

    from_workbook = read(saved_as(cells))

    assert content_digest(from_workbook) == content_digest(text)
    assert [line.branch for line in from_workbook.lines] == [line.branch for line in text.lines]
    assert [line.row for line in from_workbook.lines] == [line.row for line in text.lines]
    assert (from_workbook.period_first, from_workbook.period_last) == (text.period_first, text.period_last)
    assert from_workbook.form == form


def test_seven_columns_in_a_workbook_are_read() -> None:
    name = "seven-columns-2026-04-01.xls"
    cells: Sheet = [list(line.split("\t")) for line in fixture(name).rstrip("\n").split("\n")]

    assert content_digest(statement_of(xlsx(cells))) == content_digest(read(fixture(name)))


def test_six_columns_in_a_workbook_are_read_with_their_breaks() -> None:
    cells: Sheet = [
        ["Account Statement from", "3 Apr 2026 to 13 Apr 2026"],
        ["Date", "Details", "Ref No/Cheque No", "Debit", "Credit", "Balance"],
        [date(2026, 4, 3), " CASH DEPOSIT SELF\n AT 00091 KOLKATA MAIN", "", "", 35000.0, 794441.0],
        ["13/04/2026", "WDL TFR   UPI/DR/609312345678/TESTPAYE/SBIN/te\n st.payee/UPI", "", 500.0, "", 793941.0],
    ]

    statement = statement_of(xlsx(cells), today=date(2026, 4, 14))

    assert statement.form == "sbi-6-xlsx"
    assert [line.booked_on for line in statement.lines] == [date(2026, 4, 3), date(2026, 4, 13)]
    assert statement.lines[1].description.endswith("/te\nst.payee/UPI")


@BOTH
@pytest.mark.parametrize("gave", [7500.1, 75001 / 10])
def test_a_real_number_is_money_by_its_shortest_decimals(saved_as: Callable[..., bytes], gave: float) -> None:
    cells = replaced(pool(), LAST - 2, CREDIT, gave)
    cells = replaced(cells, LAST - 2, BALANCE, 1080000.1)
    cells = replaced(replaced(cells, LAST - 1, BALANCE, 1079941.1), LAST, BALANCE, 1081175.1)

    assert rupees(statement_of(saved_as(cells)).lines[-3].amount) == "7500.10"


@BOTH
@pytest.mark.parametrize(
    ("figure", "says"),
    [
        (7500.005, "fraction of a paisa"),
        (7500.0000000001, "fraction of a paisa"),
        (1e16, "lost digits"),
        (-7500.0, "negative"),
        (date(2026, 4, 2), "is not an amount"),
    ],
)
def test_a_real_number_that_is_no_money_is_refused(saved_as: Callable[..., bytes], figure: Cell, says: str) -> None:
    facts = refusal_of(saved_as(replaced(pool(), LAST - 2, CREDIT, figure)))

    assert facts["rejects"][0]["line"] == LAST - 2
    assert says in facts["rejects"][0]["reason"]


@BOTH
@pytest.mark.parametrize(
    ("written", "kept"),
    [("'0012345", "0012345"), ("_0012345", "0012345"), ("4.90E+12", ""), (4904812345678.0, "4904812345678"),
     (12345678901234567890.0, "")],
)  # fmt: skip
def test_a_reference_is_kept_or_is_empty_and_its_row_is_kept(
    saved_as: Callable[..., bytes], written: Cell, kept: str
) -> None:
    lines = statement_of(saved_as(replaced(pool(), FIRST, REFERENCE, written))).lines

    assert len(lines) == 7
    assert lines[0].reference == kept


@BOTH
def test_breaks_in_a_description_and_its_second_row_are_kept_as_breaks(saved_as: Callable[..., bytes]) -> None:
    cells = replaced(pool(), FIRST, DESCRIPTION, "CSH DEP (CDM)-9990012345\n8574-")
    cells.insert(FIRST, ["", "", "AT 00091 KOLKATA MAIN"])

    statement = statement_of(saved_as(cells))

    assert statement.lines[0].description == "CSH DEP (CDM)-9990012345\n8574-\nAT 00091 KOLKATA MAIN"
    assert statement.lines[1].row == FIRST + 2


def test_an_escaped_break_of_a_spreadsheet_is_a_break() -> None:
    cells = replaced(pool(), FIRST, DESCRIPTION, "CSH DEP (CDM)-9990012345_x000D_8574-")

    assert statement_of(xlsx(cells)).lines[0].description == "CSH DEP (CDM)-9990012345\n8574-"


def test_blank_cells_behind_the_footer_make_no_line_of_it() -> None:
    cells = pool()
    cells[-1].extend([" "] * 12)

    assert len(statement_of(xlsx(cells)).lines) == 7


@BOTH
@pytest.mark.parametrize("row", [4, TITLES + 1, LAST])
def test_a_formula_refuses_the_row_it_stands_in(saved_as: Callable[..., bytes], row: int) -> None:
    facts = refusal_of(saved_as(replaced(pool(), row, CREDIT, Formula("=1+1", 2234.0))))

    assert [reject["line"] for reject in facts["rejects"]] == [row]
    assert "holds a formula" in facts["reason"]


def _with_days(days: list[Cell], *, first: str, last: str) -> Sheet:
    """Return the pool's statement with other booking days in its rows, for another period."""
    cells: Sheet = replaced(replaced(pool(), FIRST_DAY, 2, first), LAST_DAY, 2, last)
    for row, day in enumerate(days, start=FIRST):
        cells = replaced(replaced(cells, row, BOOKED, day), row, VALUED, day)
    return cells


@pytest.mark.parametrize("saved_as", [xlsx, xls])
def test_swapped_day_and_month_are_read_inside_the_stated_period(saved_as: Callable[..., bytes]) -> None:
    swapped = [date(2026, 1, 4), date(2026, 1, 4), *[date(2026, 2, 4)] * 5]
    cells = _with_days(list(swapped), first="1 Apr 2026", last="2 Apr 2026")

    lines = statement_of(saved_as(cells)).lines

    assert [line.booked_on for line in lines] == [date(2026, 4, 1)] * 2 + [date(2026, 4, 2)] * 5
    assert all(line.value_date == line.booked_on for line in lines)


def test_of_two_readings_inside_the_period_the_one_in_order_of_date_holds() -> None:
    days: list[Cell] = [date(2026, 3, 30), date(2026, 5, 4), "5 Apr 2026", date(2026, 4, 6), date(2026, 7, 4)]
    cells = _with_days([*days, date(2026, 4, 13), date(2026, 5, 9)], first="1 Jan 2026", last="30 Jun 2026")

    lines = statement_of(xlsx(cells), today=date(2026, 7, 1)).lines

    assert [f"{line.booked_on:%d %b}" for line in lines[:6]] == [
        "30 Mar", "05 Apr", "05 Apr", "06 Apr", "07 Apr", "13 Apr",
    ]  # fmt: skip
    assert lines[6].booked_on == date(2026, 5, 9)


def test_a_day_that_can_be_read_in_two_ways_is_refused_with_both() -> None:
    cells = _with_days([date(2026, 4, 5)] * 7, first="1 Apr 2026", last="30 Jun 2026")

    facts = refusal_of(xlsx(cells), today=date(2026, 7, 1))

    assert "05/04/2026 or 04/05/2026" in facts["reason"]
    assert len(facts["rejects"]) == 7


def test_a_day_outside_the_period_in_both_readings_is_refused() -> None:
    cells = _with_days([date(2026, 6, 5)] * 7, first="1 Apr 2026", last="2 Apr 2026")

    assert "outside the file's period" in refusal_of(xlsx(cells), today=date(2026, 7, 1))["reason"]


def test_a_text_keeps_day_before_month_whatever_the_period() -> None:
    swapped = fixture(POOL).replace("01/04/2026\t", "04/01/2026\t")

    with pytest.raises(FileNotReadable):
        read(swapped)


def test_the_one_sheet_with_a_statement_is_found() -> None:
    assert len(statement_of(xlsx([["Notes"]], pool())).lines) == 7


def test_two_statements_in_one_workbook_are_refused() -> None:
    assert "“Sheet1”, “Sheet2”" in refusal_of(xlsx(pool(), pool()))["reason"]


@BOTH
def test_a_workbook_without_a_statement_says_what_is_missing(saved_as: Callable[..., bytes]) -> None:
    assert "no row has the titles" in refusal_of(saved_as([["wallet", "amount"], ["BSKOP0071010", 1.0]]))["reason"]
