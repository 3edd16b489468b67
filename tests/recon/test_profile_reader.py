"""A profile reads a file into typed rows, sets aside what does not count, and refuses the rest by line."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recon.profile_files import (
    COLLECT,
    DEPARTMENT,
    EXAMPLES,
    SCROLL,
    TODAY,
    VAN,
    declared,
    reasons,
    refusal,
    told,
)
from wallet_service.dates import INDIA
from wallet_service.errors import FileNotReadable
from wallet_service.recon.readers import declaring, profile
from wallet_service.recon.readers.declaration import Declaration
from wallet_service.recon.statements import REJECT_TEXT

FIXED = """
name = "fixed-mis"
title = "By widths"
rows = "announcements"
layout = "fixed"
skip_lines = 1

[fields]
reference = { at = "1-16", read = "reference" }
amount = { at = "17-27", read = "paise" }
day = { at = "28-33", read = "day", pattern = "DDMMYY" }
operator = { at = "34-45" }
"""
TOTALLED = ("\n[fields]", '\n[totals]\nrow = "T"\ncount = 2\namount = 3\n\n[fields]')


def test_a_van_mis_says_for_which_operator_each_reference_is() -> None:
    said = told(VAN)

    assert [(row.operator, row.amount, row.day) for row in said.rows] == [
        ("BSKOP0071010", 35_000_00, date(2026, 4, 2)),
        ("BSKOP0071010", 1_500_00, date(2026, 4, 2)),
        ("BSKOP9999999", 750_50, date(2026, 4, 2)),
    ]
    assert said.rows[0].values["reference"] == "YESAP60920012345"
    assert (said.total, said.rejected, said.aside) == (37_250_50, 0, ())


def test_a_departments_pending_payment_is_listed_apart_and_not_counted() -> None:
    said = told(DEPARTMENT, "department-mis")

    assert [(row.number, row.values["department"], row.amount) for row in said.rows] == [
        (1, "POD", 843_00),
        (3, "TRA", 2_675_00),
    ]
    assert [(each.number, each.amount, each.reason) for each in said.aside] == [
        (2, 1_200_00, "Its status is PENDING: it does not count.")
    ]
    assert (said.total, said.rejected) == (3_518_00, 0)


def test_columns_are_found_by_their_titles_wherever_they_stand() -> None:
    preamble = "State Bank of India,,\nReport of, 02-04-2026\n"
    swapped = COLLECT.replace("Sl No,SB Collect Reference", " sl  no ,sb collect REFERENCE ")
    repeated = COLLECT + COLLECT.splitlines()[0] + "\n"

    plain, moved, twice = (told(each, "sb-collect") for each in (COLLECT, preamble + swapped, repeated))

    assert [row.values for row in moved.rows] == [row.values for row in plain.rows]
    assert [row.number for row in moved.rows] == [4, 5]
    assert (twice.total, twice.rejected) == (plain.total, plain.rejected) == (35_500_00, 0)
    assert plain.rows[0].values["journal"] == "001234567"


def test_a_scroll_in_xml_is_proved_by_the_totals_it_states() -> None:
    said = told(SCROLL, "grips-scroll")

    assert (len(said.rows), said.total, said.stated_count, said.stated_total) == (3, 9_393_00, 3, 9_393_00)
    assert said.file_identity == ("SBI", "000092", "2026-04-03")
    assert [row.number for row in said.rows] == [2, 3, 4]


def test_fixed_widths_and_paise_are_read() -> None:
    said = told(
        "HEADING\nYESAP609200123450000035000002042 6BSKOP0071010\n".replace("2042 6", "20426"), declaring.load(FIXED)
    )

    assert [(row.operator, row.amount, row.day) for row in said.rows] == [("BSKOP0071010", 3_500_00, date(2026, 4, 2))]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "BSKW0007101042|000000035000.00",
            "ABCD0007101042|000000035000.00",
            "does not begin with BSKW: it is not ours",
        ),
        ("000000035000.00", "000000035000.005", "has a fraction of a paisa"),
        ("000000035000.00", "-35000.00", "is not an amount above zero"),
        ("000000035000.00", "0", "is not an amount above zero"),
        ("000000035000.00", "", "Its amount is blank"),
        ("000000035000.00", "৩৫০০০", "is not an amount"),
        ("000000035000.00", "3.5E+4", "was rewritten by a spreadsheet"),
        ("02042026|N", "31022026|N", "is no day of the calendar"),
        ("02042026|N", "2026-04-02|N", "is not a date written as DDMMYYYY"),
        ("02042026|N", "11042026|N", "has not come yet"),
        ("|N|", "|X|", "can only be N, R, I, U"),
        ("BSKW|BSKW0007101042|000000035000.00", "BSKX|BSKW0007101042|000000035000.00", "can only be BSKW"),
        ("TEST REMITTER|YESB0000001", "TEST|REMITTER|YESB0000001", "the row has 9 cells and the profile 8"),
    ],
)
def test_a_row_that_cannot_be_relied_on_is_refused_with_its_line_and_a_reason(old: str, new: str, reason: str) -> None:
    refused = reasons(VAN.replace(old, new, 1))

    assert list(refused) == [1]
    assert reason.lower() in refused[1].lower()


def test_the_same_announcement_twice_in_a_file_is_refused() -> None:
    assert reasons(VAN + VAN.splitlines()[1]) == {
        4: "The same row stands in line 2 already: same reference, amount, van."
    }


REFERENCES = {"6.09E+11": "has lost digits", "'12345678": "too short", "_000609312345679": None, "'609312345679": None}


@pytest.mark.parametrize(("reference", "reason"), REFERENCES.items())
def test_a_reference_is_freed_of_guards_and_a_useless_one_is_set_apart(reference: str, reason: str | None) -> None:
    said = told(VAN.replace("YESAP60920012345", reference))

    assert said.rejected == 0
    assert [each.number for each in said.aside] == ([] if reason is None else [1])
    assert reason is None or reason in said.aside[0].reason
    assert reason is not None or said.rows[0].values["reference"] == reference[1:]


@pytest.mark.parametrize("van", ["BSKW", "BSKW00071", "BSKW..........", "bskw0007101042"])
def test_an_account_that_names_no_operator_is_still_announced(van: str) -> None:
    said = told(VAN.replace("BSKW0007101042", van, 1))

    assert said.rejected == 0
    assert said.rows[0].operator == ("BSKOP0071010" if van.islower() else None)


@pytest.mark.parametrize(
    ("trailer", "reason"),
    [
        ("T|3|37250.50", None),
        ("T|4|37250.50", "states 4 rows and has 3"),
        ("T|3|37250.51", "states ₹37,250.51 and its rows come to ₹37,250.50"),
        ("T|three|37250.50", "is not a whole number"),
        ("T|3|", "is not an amount above zero"),
    ],
)
def test_what_a_file_states_of_itself_must_be_so(trailer: str, reason: str | None) -> None:
    refused = reasons(VAN + trailer, declared("van-mis", TOTALLED))

    assert list(refused) == ([] if reason is None else [4])
    assert reason is None or reason in refused[4]


def test_a_file_whose_totals_are_missing_is_refused() -> None:
    assert reasons(VAN, declared("van-mis", TOTALLED)) == {
        3: "The file has no row T with its totals behind it: its end is missing."
    }


def test_rows_behind_the_totals_are_refused() -> None:
    assert "behind the totals of line 4" in reasons(VAN + "T|3|37250.50\n" + VAN, declared("van-mis", TOTALLED))[5]


def test_rows_of_two_files_in_one_are_refused() -> None:
    by_day = declared("van-mis", ("\n[fields]", '\nfile_identity = ["day"]\n\n[fields]'))

    assert reasons(VAN.replace("02042026|R", "03042026|R"), by_day) == {
        3: "The row is of 2026-04-03, and the file of 2026-04-02."
    }


def test_a_status_that_nobody_declared_is_refused() -> None:
    assert reasons(DEPARTMENT.replace("PENDING", "REVERSED"), "department-mis") == {
        2: "The status “REVERSED” is none that the profile knows."
    }


@pytest.mark.parametrize(
    ("content", "by", "reason"),
    [
        (b"", "van-mis", "There are no rows"),
        (b" \n\n", "van-mis", "There are no rows"),
        (COLLECT.splitlines()[0], "sb-collect", "There are no rows"),
        (VAN, "sb-collect", "Missing: SB Collect Reference, Category"),
        (b"PK\x03\x04\x00\x00", "van-mis", "This is no text"),
        (b"a" * 20_000, "van-mis", "longer than 10,000 characters"),
        (b"0" * 20_000_001, "van-mis", "larger than 20 MB"),
        ("<Scroll/>", "grips-scroll", "There are no rows"),
        ("<Scroll>", "grips-scroll", "this is no XML"),
        ("<Rcpt><Rcpt/></Rcpt>", "grips-scroll", "a row begins within a row"),
        (b"<a " + b" ".join(b'a%d="b"' % n for n in range(100_000)) + b"/>", "grips-scroll", "a tag that does not end"),
        ("<a>" * 40 + "</a>" * 40, "grips-scroll", "nested deeper"),
        ('<?xml version="1.0" encoding="x-unknown"?><Scroll/>', "grips-scroll", "encoding which is not read"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Scroll>&b;</Scroll>', "grips-scroll", "document type or entities"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><Scroll/>', "grips-scroll", "document type or entities"),
    ],
)
def test_a_file_of_another_kind_is_refused_whole(content: str | bytes, by: str, reason: str) -> None:
    assert reason in refusal(content, by)


def test_the_encoding_is_the_declared_one_and_no_other() -> None:
    strict = declared("van-mis", ('layout = "delimited"', 'layout = "delimited"\nencoding = "utf-8"'))
    windows = VAN.replace("TEST REMITTER", "CAFÉ", 1).encode("cp1252")

    assert "The profile says utf-8, and byte" in refusal(windows, strict)
    assert told(windows).rows[0].values["remitter"] == "CAFÉ"
    assert told(b"\xef\xbb\xbf" + VAN.encode(), strict).rows == told(VAN).rows


def test_a_moment_keeps_its_time_of_day_in_india() -> None:
    by_moment = declared(
        "department-mis",
        ("status = {", 'paid_at = { at = 8, read = "moment", pattern = "YYYY-MM-DD hh:mm:ss" }\nstatus = {'),
    )

    assert told(DEPARTMENT, by_moment).rows[0].values["paid_at"] == datetime(2026, 4, 2, 12, 10, 14, tzinfo=INDIA)


def _faults(content: bytes, by: Declaration) -> list[str]:
    """Read a file and return what does not hold of what it says; it may be refused, with a sentence."""
    said = None
    with suppress(FileNotReadable):
        said = told(content, by)
    if said is None:
        return [] if refusal(content, by).endswith((".", "?")) else ["a refusal is no sentence"]
    holds = {
        "the total is the sum": said.total == sum(row.amount for row in said.rows),
        "amounts and days can be": all(row.amount > 0 and row.day <= TODAY for row in said.rows),
        "refusals have a reason": bool(said.rejects) == bool(said.rejected) == bool(said.reason),
        "reasons are sentences": all(len(each.text) <= REJECT_TEXT and each.reason[-1] == "." for each in said.rejects),
    }
    return [claim for claim, held in holds.items() if not held]


def test_xml_is_cut_in_the_confined_process_as_in_this_one() -> None:
    scroll = declared("grips-scroll")

    assert profile.read(SCROLL.encode(), scroll, today=TODAY) == told(SCROLL, scroll)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<Scroll>", "this is no XML"),
        (b'<?xml version="1.0" encoding="cp1255"?><Scroll/>', "encoding which is not read"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><Scroll>&b;</Scroll>', "document type or entities"),
    ],
)
def test_xml_that_the_confined_process_refuses_has_its_reason(content: bytes, says: str) -> None:
    with pytest.raises(FileNotReadable) as caught:
        profile.read(content, declared("grips-scroll"), today=TODAY)

    assert says in caught.value.facts["reason"]


def test_rows_that_come_to_more_than_can_be_kept_are_refused() -> None:
    row = VAN.splitlines()[0].replace("000000035000.00", "9999999999999.00")
    rows = [row.replace("YESAP60920012345", f"YESAP609{number:08}") for number in range(101)]

    assert "more than any bank account holds" in told("\n".join(rows)).reason


@given(st.sampled_from(sorted(EXAMPLES)), st.binary(max_size=300))
def test_bytes_of_any_kind_are_refused_and_never_an_error(name: str, content: bytes) -> None:
    assert _faults(content, declared(name)) == []


@given(st.data())
def test_a_damaged_file_is_told_or_refused_and_never_an_error(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(EXAMPLES)))
    content = bytearray(EXAMPLES[name].encode())

    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(content) - 1)))
        content[place : place + data.draw(st.integers(0, 40))] = data.draw(
            st.one_of(st.binary(max_size=8), st.sampled_from([b"|", b"\n", b'"', b"<", b"'", b"\x00", b"&#0;", b"1E9"]))
        )

    assert _faults(bytes(content), declared(name)) == []
