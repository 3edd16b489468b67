"""What a description says, for each pattern of the grammar, and what it must not be taken to say."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wallet_service.recon.narration import Kind, parse

POOL_ACCOUNT = "TRANSFER FROM 4697738044302"


@pytest.mark.parametrize(
    ("description", "kind", "references"),
    [
        ("BY TRANSFER-UPI/CR/609212345678/TESTPAYE/UTIB/test.payer/NOTE--", Kind.UPI, ("609212345678",)),
        ("WDL TFR UPI/DR/609312345678/TESTPAYE/SBIN/te st.payee/UPI", Kind.UPI, ("609312345678",)),
        ("BY TRANSFER-INB IMPS928113032852/1111111111/XX0070/NAME", Kind.IMPS, ("928113032852",)),
        ("IMPS/928113032852/NAME", Kind.IMPS, ("928113032852",)),
        ("BY TRANSFER-NEFT*YESB0000001*YESAP60920012345*TEST--", Kind.NEFT, ("60920012345",)),
        ("by transfer-neft*yesb0000001*n091210552127895*test", Kind.NEFT, ("091210552127895",)),
        ("BY TRANSFER-NEFT*YESB0000001*YESAP609200 12345*TEST", Kind.NEFT, ("60920012345",)),
        ("TO TRANSFER-INB NEFT UTR NO: SBIN325149260129--", Kind.NEFT, ("325149260129",)),
        ("TO TRANSFER-RTGS UTR NO: SBINR12026040200000017--X", Kind.RTGS, ("12026040200000017",)),
        ("BY TRANSFER-12345678901234567890 TXN@KO1", Kind.KIOSK, ("12345678901234567890",)),
        ("CASH DEPOSIT-CASH DEPOSIT SELF--", Kind.BRANCH_CASH, ()),
        ("BY CASH", Kind.BRANCH_CASH, ()),
        ("CSH DEP (CDM)-9990012345 8574--", Kind.CDM_CASH, ()),
        ("CREDIT INTEREST---", Kind.INTEREST, ()),
        ("CASH HANDLING CHARGES--", Kind.CHARGE, ()),
        ("DEBIT-SMS CHARGES", Kind.CHARGE, ()),
        ("GST ON CHARGES", Kind.CHARGE, ()),
        ("DEBIT-ACHDr NACH000000 TEST", Kind.ACH, ()),
        ("CMP MANDATE DEBIT TEST - DD", Kind.ACH, ()),
        ("BULK POSTING-SBIP_CR_TEST 0220000000123 0104--", Kind.TRANSFER, ()),
        ("TO TRANSFER-INB GST PAYMENT--", Kind.TRANSFER, ()),
        ("TO CLEARING", Kind.OTHER, ()),
        ("GSTN REFUND", Kind.OTHER, ()),
        ("", Kind.OTHER, ()),
    ],
)  # fmt: skip
def test_each_pattern_gives_its_kind_and_reference(description: str, kind: Kind, references: tuple[str, ...]) -> None:
    narration = parse(description, POOL_ACCOUNT)

    assert (narration.kind, narration.references) == (kind, references)


@pytest.mark.parametrize(
    ("column", "references"),
    [
        (POOL_ACCOUNT, ("609212345678",)),
        ("'TRANSFER TO 4898831162090", ("609212345678",)),
        ("", ("609212345678",)),
        ("123456", ("609212345678",)),
        ("609212345678", ("609212345678",)),
        ("YESAP60920012345", ("609212345678", "60920012345")),
    ],
)
def test_the_reference_column_comes_second_and_an_internal_account_is_no_reference(
    column: str, references: tuple[str, ...]
) -> None:
    narration = parse("UPI/CR/609212345678/TEST", column)

    assert narration.references == references


@pytest.mark.parametrize(
    ("description", "branch", "cdm"),
    [
        ("CASH DEPOSIT SELF AT 00652 MAIN BRANCH, HISAR", "00652", None),
        ("WDL TFR UPI/DR/609312345678/T 0097690162095 AT 00091 KOLKATA MAIN", "00091", None),
        ("CSH DEP (CDM)-9990012345 8574--", None, "9990012345 8574"),
        ("CSH DEP (CDM)   CDM8040106SBI   SHIBPUR HOWRAH 2026", None, "8040106 2026"),
        ("CSH DEP (CDM)-", None, None),
    ],
)
def test_cash_tells_its_branch_or_machine(description: str, branch: str | None, cdm: str | None) -> None:
    narration = parse(description, "")

    assert (narration.branch, narration.cdm) == (branch, cdm)


@pytest.mark.parametrize(
    ("description", "reversal"),
    [
        ("DEP TFR UPI/REV/609312345678", True),
        ("REVERSAL OF CHARGES", True),
        ("NEFT RETURN-YESAP60920012345", True),
        ("NEFT*YESB0000001*YESAP60920012345*REV JOHN", False),
        ("UPI/CR/609312345678/RETURNS SHOP", False),
    ],
)
def test_a_reversal_is_told_by_the_banks_words_only(description: str, reversal: bool) -> None:
    assert parse(description, "").reversal is reversal


def test_an_operator_code_is_a_whole_word_in_plain_letters() -> None:
    named = parse("CASH DEPOSIT-bskop0071010/X_BSKOP0071011--", "")
    not_named = parse("ABSKOP0071010 BSKOP00710101X éBSKOP0071010 BSKOP0071010৫ bskıop0071010", "")

    assert {"BSKOP0071010", "BSKOP0071011"} <= named.tokens
    assert "BSKOP0071010" not in not_named.tokens


def test_a_number_of_another_length_is_no_reference() -> None:
    for description in ("UPI/CR/60921234567/X", "UPI/CR/6092123456789/X", "NEFT*YESB0000001*YESAP609200123456*X"):
        assert parse(description, "").references == ()


@pytest.mark.parametrize(
    "piece", ["UPI/CR/", "NEFT*", "CSH DEP (CDM)", "CSH DEP (CDM) A ", "RTGS UTR NO: ", "A", " ", "AT 00091 ", "- "]
)
def test_a_hostile_description_takes_no_longer_than_its_length(piece: str) -> None:
    text = (piece * 10_000)[:10_000]

    started = time.process_time()
    parse(text, text)

    assert time.process_time() - started < 0.25


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=40))
def test_any_text_gives_a_narration_with_strong_references_only(description: str, reference: str) -> None:
    narration = parse(description, reference)

    assert all(len(found) >= 10 for found in narration.references)
    assert len(set(narration.references)) == len(narration.references) <= 2
