"""SBI's text statements: each fixture line by line, and each form in which the same statement is saved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.recon.bank_files import FIXTURES, GIVES, POOL, fixture, read, refusal
from wallet_service.money import rupees
from wallet_service.recon.narration import parse
from wallet_service.recon.statements import Statement, content_digest


def in_words(statement: Statement) -> list[dict[str, Any]]:
    return [
        {
            "row": line.row,
            "booked_on": line.booked_on.isoformat(),
            "direction": line.direction.value,
            "amount": rupees(line.amount),
            "balance_before": rupees(line.balance_before),
            "balance_after": rupees(line.balance_after),
            "description": line.description,
            "reference": line.reference,
            "branch": line.branch,
            "kind": parse(line.description, line.reference).kind.value,
            "references": list(parse(line.description, line.reference).references),
            "cdm": parse(line.description, line.reference).cdm,
        }
        for line in statement.lines
    ]


@pytest.mark.parametrize("name", GIVES["statements"])
def test_each_fixture_gives_its_lines(name: str) -> None:
    expected = GIVES["statements"][name]

    statement = read((FIXTURES / name).read_bytes())

    assert in_words(statement) == [
        {"cdm": None} | {key: line[key] for key in line if key not in {"rule", "disposition", "target"}}
        for line in expected["lines"]
    ]
    assert all(line.value_date == line.booked_on for line in statement.lines)
    assert statement.account_number == expected["account_number"]
    assert [statement.period_first.isoformat(), statement.period_last.isoformat()] == expected["period"]
    assert (rupees(statement.opening), rupees(statement.closing)) == (expected["opening"], expected["closing"])
    assert (statement.form, statement.encoding) == (expected["form"], expected["encoding"])


@pytest.mark.parametrize("name", GIVES["refused"])
def test_each_broken_fixture_is_refused_with_line_and_reason(name: str) -> None:
    expected = GIVES["refused"][name]

    facts = refusal((FIXTURES / name).read_bytes())

    assert expected["says"] in facts["reason"]
    assert [reject["line"] for reject in facts["rejects"]] == expected["lines"]


def test_control_totals_count_and_sum_each_direction() -> None:
    statement = read(fixture(POOL))

    assert (statement.inflows.count, rupees(statement.inflows.total)) == (6, "81234.00")
    assert (statement.outflows.count, rupees(statement.outflows.total)) == (1, "59.00")


@pytest.mark.parametrize(
    "saved_again",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\r").encode(), id="CR"),
        pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), id="UTF-8 with a byte order mark"),
        pytest.param(lambda text: text.encode("utf-16"), id="UTF-16"),
        pytest.param(lambda text: b"\xfe\xff" + text.encode("utf-16-be"), id="UTF-16 big end first"),
        pytest.param(lambda text: (text + "\n\n\n").encode(), id="blank lines behind"),
        pytest.param(lambda text: text.replace("\t", "\t ").encode(), id="padded cells"),
        pytest.param(lambda text: text.replace("\n", "\t\t\t\n").encode(), id="blank cells behind"),
        pytest.param(lambda text: text.replace("\t", "|").encode(), id="pipes"),
        pytest.param(lambda text: text.replace("\t", ";").encode(), id="semicolons"),
        pytest.param(lambda text: text.replace("10,35,000.00", "1,035,000.00").encode(), id="western grouping"),
        pytest.param(lambda text: text.replace("10,35,000.00", "1035000 Cr.").encode(), id="a marked balance"),
        pytest.param(lambda text: text.replace("02/04/2026", "2 Apr2026").encode(), id="a lost break in a date"),
        pytest.param(lambda text: text.replace("02/04/2026", "02-04-2026").encode(), id="hyphens in dates"),
        pytest.param(lambda text: ("Notes\n" * 90 + text).encode(), id="a long preamble"),
        pytest.param(lambda text: text.split("\n**")[0].encode(), id="no footer"),
        pytest.param(lambda text: text.replace("BY TRANSFER-UPI", "BY \rTRANSFER-UPI").encode(), id="CR in a cell"),
        pytest.param(lambda text: (text + "\x1a").encode(), id="an end mark of old"),
    ],
)
def test_a_statement_saved_again_says_the_same(saved_again: Any) -> None:
    original = fixture(POOL)

    again = read(saved_again(original))

    assert content_digest(again) == content_digest(read(original))


def test_the_csv_of_the_fixtures_says_the_same_and_the_longer_file_does_not() -> None:
    digests = {name: content_digest(read((FIXTURES / name).read_bytes())) for name in GIVES["statements"]}

    assert digests[POOL] == digests["sbi-pool-2026-04-02.csv"]
    assert len(set(digests.values())) == len(digests) - 1


def test_letters_that_are_not_utf_8_are_kept() -> None:
    text = fixture(POOL).replace("CASH DEPOSIT SELF--", "CAFÉ “SELF”--")

    by_cp1252 = read(text.encode("cp1252"))
    by_latin1 = read(text.replace("“SELF”", "\x81SELF").encode("latin-1"))

    assert (by_cp1252.encoding, by_cp1252.lines[4].description) == ("cp1252", "CASH DEPOSIT-CAFÉ “SELF”--")
    assert (by_latin1.encoding, by_latin1.lines[4].description) == ("latin-1", "CASH DEPOSIT-CAFÉ \x81SELF--")


def test_a_repeated_title_row_is_skipped_and_a_wrapped_description_is_joined() -> None:
    text = fixture(POOL)
    titles = next(line for line in text.split("\n") if line.startswith("Txn Date"))
    text = text.replace(
        "02/04/2026\t02/04/2026\tCREDIT", f"\t\tAT 00091 KOLKATA\n{titles}\n02/04/2026\t02/04/2026\tCREDIT"
    )

    statement = read(text)

    assert [line.description for line in statement.lines[-2:]] == [
        "CASH HANDLING CHARGES--\nAT 00091 KOLKATA",
        "CREDIT INTEREST---",
    ]
    assert statement.lines[-1].row == 22


def test_a_reference_that_a_spreadsheet_damaged_is_emptied_and_its_row_kept() -> None:
    text = fixture(POOL).replace("TRANSFER FROM 4897695162091", "4.90E+12").replace("SELF--\t ", "SELF--\t'0012345")

    lines = read(text).lines

    assert [line.reference for line in lines[1:5]] == ["", "TRANSFER FROM 4698738044301", "", "0012345"]


def test_an_overdrawn_account_keeps_its_sign() -> None:
    text = fixture("seven-columns-2026-04-01.xls").replace(
        "1,00,000.00\t \t9,69,500.00", "11,00,000.00\t \t30,500.00Dr"
    )

    assert read(text).closing == -30_500_00
