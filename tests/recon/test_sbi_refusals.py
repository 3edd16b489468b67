"""What is refused whole, with its line and a reason: damaged rows, missing facts, cut files, what is no statement."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recon.bank_files import FIXTURES, POOL, fixture, read, read_or_none, refusal


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("\t7,500.00\t10,80,000.00", "\t\t10,80,000.00", 18, "neither a debit nor a credit"),
        (" \t7,500.00\t10,80,000.00", "5.00\t7,500.00\t10,80,000.00", 18, "both a debit and a credit"),
        ("\t7,500.00\t", "\t-7,500.00\t", 18, "negative"),
        ("\t7,500.00\t", "\t(7,500.00)\t", 18, "negative"),
        ("\t7,500.00\t", "\t7,500.00 Dr\t", 18, "marked Dr"),
        ("\t7,500.00\t", "\t7.50E+03\t", 18, "rewritten by a spreadsheet"),
        ("\t7,500.00\t", "\t7,500.005\t", 18, "fraction of a paisa"),
        ("\t7,500.00\t", "\t+7,500.00\t", 18, "is not an amount"),
        ("\t7,500.00\t", "\t75,00.00\t", 18, "is not an amount"),
        ("\t7,500.00\t", "\t৭৫০০\t", 18, "is not an amount"),
        ("\t7,500.00\t", "\t7_500\t", 18, "is not an amount"),
        ("\t7,500.00\t", "\tNaN\t", 18, "is not an amount"),
        ("\t7,500.00\t", "\t" + "9" * 5000 + "\t", 18, "is not an amount"),
        ("\t10,80,000.00", "\tten lakh", 18, "is not an amount"),
        ("\t10,80,000.00", "\t", 18, "the row is cut"),
        ("01/04/2026\t01/04/2026\tBY", "31/02/2026\t01/04/2026\tBY", 14, "no day of the calendar"),
        ("01/04/2026\t01/04/2026\tBY", "2026-04-01\t01/04/2026\tBY", 14, "is not a date"),
        ("01/04/2026\t01/04/2026\tBY", "\t01/04/2026\tBY", 14, "there is no date"),
        ("01/04/2026\t01/04/2026\tBY", "01/04/2026\tsoon\tBY", 14, "is not a date"),
        ("01/04/2026\t01/04/2026\tBY", "31/03/2026\t01/04/2026\tBY", 14, "outside the file's period"),
        ("01/04/2026\t01/04/2026\tBY", "11/04/2026\t01/04/2026\tBY", 14, "has not come yet"),
        ("02/04/2026\t02/04/2026\tCREDIT", "01/04/2026\t02/04/2026\tCREDIT", 20, "not in order of date"),
        ("_00000031234567890", "_3123456789", 4, "does not have eleven digits"),
        ("_00000031234567890", "XXXXXXX7890", 4, "does not have eleven digits"),
        ("_00000031234567890", "3.12E+10", 4, "lost digits"),
        ("10,00,000.00\nStart", "10,00,001.00\nStart", 14, "₹10,35,001.00 expected, ₹10,35,000.00 found"),
        ("10,00,000.00\nStart", "unknown\nStart", 9, "is not an amount"),
        ("Currency           :\tINR", "Currency           :\tUSD", 6, "only accounts in Indian rupees"),
        ("End Date            :\t02/04/2026", "End Date            :\t31/03/2026", 13, "ends before it begins"),
        ("End Date            :\t02/04/2026", "End Date            :\t30/04/2026", 13, "has not come yet"),
        ("End Date", "Closing Balance :\t10,90,000.00\nEnd Date", 11, "rows are missing"),
        ("End Date", "Date :\t02/04/2026 18:00:11\nBook Balance :\t10,90,000.00\nEnd Date", 12, "rows are missing"),
        ("End Date", "Account Number :\t31111111111\nEnd Date", 11, "twice, and differently"),
        ("does not require a signature", "does not", 22, "cut in its last line"),
        ("require a signature", "require a signature\n02/04/2026\t02/04/2026", 23, "after the end"),
        ("CASH HANDLING", "CASH\x07HANDLING", 19, "control character"),
        ("CASH HANDLING", "CASH" + " " * 10_000 + "HANDLING", 19, "longer than 10,000"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_relied_on_refuses_the_file(old: str, new: str, line: int, says: str) -> None:
    text = fixture(POOL)
    assert text.count(old) >= 1

    facts = refusal(text.replace(old, new, 1))

    assert facts["rejects"][0]["line"] == line
    assert says.lower() in facts["rejects"][0]["reason"].lower()
    assert len(facts["rejects"][0]["text"]) <= 200


@pytest.mark.parametrize("label", ["Account Number ", "Opening Balance", "Start Date", "End Date"])
def test_a_statement_without_its_account_opening_or_period_is_refused(label: str) -> None:
    text = "\n".join(line for line in fixture(POOL).split("\n") if not line.startswith(label))

    assert "before the titles there is no line with" in refusal(text)["reason"].lower()


def test_a_book_balance_of_another_day_than_the_last_binds_nothing() -> None:
    text = fixture(POOL).replace("End Date", "Date :\t9 Apr 2026\nBook Balance :\t3,33,333.00\nEnd Date")

    assert len(read(text).lines) == 7


def test_every_bad_line_is_told_and_not_more_than_two_hundred() -> None:
    text = fixture(POOL)
    bad = "\n".join(f"02/04/2026\t02/04/2026\tX\t\t\t\tx{n}\t1" for n in range(300))

    few = refusal(text.replace("35,000.00\t10,", "x\t10,").replace("59.00", "y"))
    many = refusal(text.replace("\n\n**", f"\n{bad}\n\n**"))

    assert [reject["line"] for reject in few["rejects"]] == [14, 19]
    assert len(many["rejects"]) == 200
    assert many["reason"].startswith("Line 21 and 299 more: ")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \r\n\t\r\n", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"PK\x03\x04 and so on", "has no directory"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 100, "workbook is damaged"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<?xml version='1.0'?><Document/>", "XML"),
        ("<Document xmlns='urn:iso'>".encode("utf-16"), "XML"),
        (b"\n<html><table><tr><td>1 Apr</td>", "web page"),
        (b"{1:F01SBININBBAXXX}{4:\n:20:1\n", "does not say its account"),
        (b":20:STMT\r\n:25:31234567890\r\n", "does not say its account"),
        (b"abc\x00def", "no text"),
        (b"\xff\xfe\x00\xd8\x41\x00", "damaged"),
        (b"\xef\xbb\xbf\xff\xff", "damaged"),
        (b"Date,Details,Debit,Credit,Balance\n", "missing: Ref No/Cheque No"),
        (b"Txn Date\tValue Date\tDescription\tDebit\tCredit\n", "missing: Ref No/Cheque No, Balance"),
        (b"wallet,amount\nBSKOP0071010,1.00\n", "no SBI account statement"),
        (b"x" * 20_000_001, "larger than 20 MB"),
    ],
)
def test_what_is_no_statement_says_what_to_bring_instead(content: bytes, says: str) -> None:
    facts = refusal(content)

    assert says in facts["reason"]
    assert facts["rejects"] == []


def test_a_description_that_goes_on_for_ever_is_refused_before_it_is_put_together() -> None:
    rows = fixture(POOL).split("\n")
    first = next(number for number, row in enumerate(rows, start=1) if row.startswith("01/04/2026"))
    rows[first:first] = ["\t\tWORDS AND NO END"] * 20_000

    facts = refusal("\n".join(rows))

    assert "The description goes on for more than 10,000 characters." in facts["reason"]
    assert [first < reject["line"] < first + 1_000 for reject in facts["rejects"]] == [True]


def test_a_file_of_more_lines_than_a_bank_writes_is_refused_at_once() -> None:
    assert "more than 800,000 lines" in refusal(fixture(POOL) + "\n" * 800_001)["reason"]


def test_titles_without_rows_are_an_error() -> None:
    text = fixture(POOL)

    facts = refusal(text[: text.index("01/04/2026\t01/04/2026\tBY")])

    assert "no rows" in facts["reason"]


def test_amounts_with_commas_that_lost_their_quotation_marks_are_refused() -> None:
    text = (FIXTURES / "sbi-pool-2026-04-02.csv").read_text(encoding="utf-8-sig").replace('"35,000.00"', "35,000.00")

    facts = refusal(text)

    assert facts["rejects"][0]["line"] == 14
    assert "lost its quotation marks" in facts["rejects"][0]["reason"]


def test_a_quotation_mark_left_open_is_refused() -> None:
    text = (FIXTURES / "sbi-pool-2026-04-02.csv").read_text(encoding="utf-8-sig")

    facts = refusal(text.replace(",CREDIT INTEREST---", ',"CREDIT INTEREST---'))

    assert facts["rejects"][0]["line"] == 20


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=len(fixture(POOL))))
def test_a_file_cut_anywhere_gives_whole_lines_or_is_refused(length: int) -> None:
    whole = read(fixture(POOL))

    cut = read_or_none(fixture(POOL)[:length].encode())

    if cut is not None:
        assert cut.lines == whole.lines[: len(cut.lines)]
        assert cut.closing == cut.lines[-1].balance_after


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=len(fixture(POOL)) - 1), st.integers(min_value=1, max_value=255))
def test_a_byte_that_was_changed_never_changes_a_figure_unseen(at: int, change: int) -> None:
    content = bytearray((FIXTURES / POOL).read_bytes())
    whole = read(bytes(content))
    content[at] ^= change

    damaged = read_or_none(bytes(content))

    if damaged is not None:
        figures = [(line.direction, line.amount, line.balance_after) for line in whole.lines]
        assert [(line.direction, line.amount, line.balance_after) for line in damaged.lines] == figures


@settings(deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_nothing_but_a_refusal_comes_of_any_other_bytes(content: bytes) -> None:
    assert refusal(content)["reason"]
