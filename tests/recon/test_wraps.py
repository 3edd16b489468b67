"""Descriptions that the bank wrapped: what is read over a break, what is not, and how they are shown in one line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wallet_service.recon import wraps
from wallet_service.recon.narration import parse

WRAPPED = st.lists(
    st.one_of(st.text(max_size=30), st.sampled_from(["\n", "\r\n", "\n ", "UPI/", "NEFT*", "BSKOP0071010", "0104"]))
).map("".join)


@pytest.mark.parametrize(
    ("description", "is_named"),
    [
        ("CASH DEPOSIT SELF BSKOP00\n 71010 AT 00091 KOLKATA", True),
        ("CASH DEPOSIT SELF/BSKOP0071010\n AT 00091 KOLKATA", True),
        ("CASH DEPOSIT SELF\n BSKOP0071010 AT 00091 KOLKATA", True),
        ("NEFT*YESB0000001*YESAP60920012345*BSK\n OP0071010", True),
        ("CASH DEPOSIT SELF BSKOP00 71010", False),
        ("CASH DEPOSIT SELF BSKOP00 \n 71010", False),
        ("CASH DEPOSIT SELF BSKOP00\n    71010", False),
        ("CASH DEPOSIT SELF BSKOP00\n/71010", False),
        ("CASH DEPOSIT SELF BSKOP00\n 710101", False),
        ("CASH DEPOSIT SELF XBSKOP00\n 71010", False),
    ],
)
def test_an_operator_code_over_a_break_counts_as_a_whole_word_only(description: str, is_named: bool) -> None:
    assert ("BSKOP0071010" in parse(description, "").tokens) is is_named


def test_a_break_behind_a_code_that_may_be_a_longer_one_names_both_so_that_a_person_decides() -> None:
    narration = parse("CASH DEPOSIT SELF BSKOP00710\n 10 AT 00091 KOLKATA", "")

    assert {"BSKOP00710", "BSKOP0071010"} <= narration.tokens


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (" CASH DEPOSIT SELF\n AT 00091 KOLKATA MAIN", "CASH DEPOSIT SELF AT 00091 KOLKATA MAIN"),
        (" UPI/DR/609312345678/TESTPAYE/SBIN/te\n st.payee/UPI", "UPI/DR/609312345678/TESTPAYE/SBIN/test.payee/UPI"),
        (" UPI/DR/609312345678/TESTPAYE/SBIN/te\r\n  st.payee", "UPI/DR/609312345678/TESTPAYE/SBIN/test.payee"),
        (" UPI/REV/609312345678  \n  0097690162095 AT 00091 X", "UPI/REV/609312345678 0097690162095 AT 00091 X"),
        (" UPI/REV/609312345678\n 0097690162095 AT 00091 X", "UPI/REV/609312345678 0097690162095 AT 00091 X"),
        (" UPI/CR/609312345678/X\n AT 00091 X", "UPI/CR/609312345678/X AT 00091 X"),
        ("RTGS UTR NO: SBINR120260402\n00000017", "RTGS UTR NO: SBINR12026040200000017"),
        ("TO TRANSFER-1234567890\n1234567890", "TO TRANSFER-12345678901234567890"),
        ("CSH DEP (CDM)-9990012345\n8574-", "CSH DEP (CDM)-9990012345 8574-"),
        ("ONE\n\nTWO\n    THREE", "ONE TWO THREE"),
    ],
)
def test_a_wrapped_text_is_joined_for_people(cell: str, line: str) -> None:
    assert wraps.joined(wraps.wrapped(cell)) == line


@settings(deadline=None)
@given(WRAPPED, st.text(max_size=40))
def test_any_text_gives_a_narration_with_strong_references_only(description: str, reference: str) -> None:
    narration = parse(description, reference)

    assert all(len(found) >= 10 for found in narration.references)
    assert len(set(narration.references)) == len(narration.references) <= 2


@settings(deadline=None)
@given(WRAPPED)
def test_joining_again_changes_nothing_and_loses_no_letter(cell: str) -> None:
    wrapped = wraps.wrapped(cell)
    line = wraps.joined(wrapped)

    assert wraps.wrapped(wrapped) == wrapped
    assert wraps.joined(wraps.wrapped(line)) == line
    assert "".join(line.split()) == "".join(cell.split())


@settings(deadline=None)
@given(st.integers(1, 43))
def test_a_message_broken_anywhere_gives_its_reference(place: int) -> None:
    message = "TO TRANSFER-UPI/DR/609312345678/TESTPAYE/SBIN"

    assert parse(f"{message[:place]}\n{message[place:]}", "").references == ("609312345678",)
