"""What a description says, for each pattern of the grammar, and what it must not be taken to say."""

from __future__ import annotations

import time
from datetime import date

import pytest

from wallet_service.recon.narration import Kind, parse

POOL_ACCOUNT = "TRANSFER FROM 4697738044302"

LINES = [
    # UPI: the number of 12 digits, whichever way the money went
    ("BY TRANSFER-UPI/CR/609212345678/TESTPAYE/UTIB/test.payer/NOTE--", Kind.UPI, "609212345678"),
    (
        "WDL TFR   UPI/DR/609312345678/TESTPAYE/SBIN/te\n st.payee/UPI   0097690162095 AT 00091 X",
        Kind.UPI,
        "609312345678",
    ),
    ("DEP TFR   UPI/REV/609312345678  \n  0097690162095 AT 00091 KOLKATA MAIN", Kind.UPI, "609312345678"),
    ("WDL TFR   UPI/DR/60931\n 2345678/TESTPAYE/SBIN", Kind.UPI, "609312345678"),
    ("WDL TFR   U\n PI/DR/609312345678/TESTPAYE/SBIN", Kind.UPI, "609312345678"),
    ("BY TRANSFER-UPI/CR/60921234567/TESTPAYE--", Kind.TRANSFER, ""),
    ("BY TRANSFER-UPI/CR/6092123456789/TESTPAYE--", Kind.TRANSFER, ""),
    ("UPI/XX/609212345678/TESTPAYE", Kind.OTHER, ""),
    # IMPS
    ("BY TRANSFER-INB IMPS928113032852/1111111111/XX0070/NAME", Kind.IMPS, "928113032852"),
    ("IMPS/928113032852/NAME", Kind.IMPS, "928113032852"),
    ("DEP TFR   IMPS/9281130\n 32852/NAME", Kind.IMPS, "928113032852"),
    ("IMPS RETURN/928113032852/NAME", Kind.IMPS, "928113032852"),
    ("IMPS/92811303285/NAME", Kind.OTHER, ""),
    ("SIMPS/928113032852/NAME", Kind.OTHER, ""),
    # NEFT in: 16 letters and digits between stars
    ("BY TRANSFER-NEFT*YESB0000001*YESAP60920012345*TEST--", Kind.NEFT, "60920012345"),
    ("by transfer-neft*yesb0000001*n091210552127895*test", Kind.NEFT, "091210552127895"),
    ("BY TRANSFER-NEFT*YESB0000001*YESAP609200 12345*TEST", Kind.NEFT, "60920012345"),
    ("DEP TFR   NEFT*YESB0000001*YESAP609200\n 12345*TEST REMITTER", Kind.NEFT, "60920012345"),
    ("DEP TFR   NEFT*YESB00\n 00001*YESAP60920012345\n *TEST", Kind.NEFT, "60920012345"),
    ("BY TRANSFER-NEFT*YESB0000001*YESAP6092001234*TEST", Kind.TRANSFER, ""),
    ("BY TRANSFER-NEFT*YESB0000001*YESAP609200123456*TEST", Kind.TRANSFER, ""),
    ("BY TRANSFER-NEFT*YESB1000001*YESAP60920012345*TEST", Kind.TRANSFER, ""),
    # NEFT out, and NEFT that came back
    ("TO TRANSFER-INB NEFT UTR NO: SBIN325149260129--", Kind.NEFT, "325149260129"),
    ("TO TRANSFER-INB NEFT UTR NO: SBIN3251492\n 60129--", Kind.NEFT, "325149260129"),
    ("NEFT UTR NO: SBIN32514926012 X", Kind.OTHER, ""),
    ("NEFT UTR NO: SBIN3251492601299", Kind.OTHER, ""),
    ("NEFT RETURN-YESAP60920012345--", Kind.NEFT, "60920012345"),
    ("BY TRANSFER-NEFT RTN UTR NO: SBIN325149260129--", Kind.NEFT, "325149260129"),
    ("NEFT RETURN-BENEFICIARYNAMES", Kind.OTHER, ""),
    # RTGS with its 22 letters and digits
    ("TO TRANSFER-RTGS UTR NO: SBINR12026040200000017--X", Kind.RTGS, "12026040200000017"),
    ("RTGS UTR NO: SBINR120260402\n 00000017 WBSEDCL COLLECTI\n ON", Kind.RTGS, "12026040200000017"),
    ("BY TRANSFER-RTGS*UTIB0000001*UTIBR12026040200000099*TEST", Kind.RTGS, "12026040200000099"),
    ("RTGS UTR NO: SBINR1202604020000001", Kind.OTHER, ""),
    ("RTGS UTR NO: SBIN112026040200000017", Kind.OTHER, ""),
    # Kiosk: 20 digits
    ("BY TRANSFER-12345678901234567890 TXN@KO1A234567", Kind.KIOSK, "12345678901234567890"),
    ("TO TRANSFER-1234567890\n 1234567890 TXN@KO1A234567", Kind.KIOSK, "12345678901234567890"),
    ("DEP TFR   12345678901234567890 TXN@KO1A234567", Kind.KIOSK, "12345678901234567890"),
    ("EKO DEDUCTION-1A234567.EKOSETTLEMENT", Kind.KIOSK, ""),
    ("BY TRANSFER-123456789012345678901", Kind.TRANSFER, ""),
    # Cash
    ("CASH DEPOSIT-CASH DEPOSIT SELF--", Kind.BRANCH_CASH, ""),
    (" CASH DEPOSIT SELF\n AT 00091 KOLKATA MAIN", Kind.BRANCH_CASH, ""),
    ("BY CASH", Kind.BRANCH_CASH, ""),
    ("STANDBY CASH", Kind.OTHER, ""),
    ("CASH DEPOSITS INC", Kind.OTHER, ""),
    ("CSH DEP (CDM)-9990012345 8574--", Kind.CDM_CASH, ""),
    ("CSH DEP CDM 9990012345 8574", Kind.OTHER, ""),
    # What the bank takes and gives
    ("CREDIT INTEREST---", Kind.INTEREST, ""),
    ("NO CREDIT INTEREST", Kind.OTHER, ""),
    ("CASH HANDLING CHARGES--", Kind.CHARGE, ""),
    ("CASH HANDLING CHA\n RGES--", Kind.CHARGE, ""),
    ("DEBIT-SMS CHARGES", Kind.CHARGE, ""),
    ("DEBIT   MIN BAL CHARGES", Kind.CHARGE, ""),
    ("COMMISSION ON DD", Kind.CHARGE, ""),
    ("GST ON CHARGES", Kind.CHARGE, ""),
    ("GST PAYMENT CPIN 26041900012345", Kind.OTHER, ""),
    ("GSTN REFUND", Kind.OTHER, ""),
    ("SMSINDIA TRADERS", Kind.OTHER, ""),
    ("COMMUNITY HALL RENT", Kind.OTHER, ""),
    ("DEBIT-ACHDr NACH000000 TEST", Kind.ACH, ""),
    ("CMP MANDATE DEBIT TEST - DD", Kind.ACH, ""),
    ("COACHDR TEST", Kind.OTHER, ""),
    # The rest
    ("ATM WDL-ATM CASH 1234 KOLKATA--", Kind.CARD, ""),
    ("POS ATM PURCH   609312345678 SHOP", Kind.CARD, ""),
    ("TO CLEARING", Kind.CLEARING, ""),
    ("BULK POSTING-SBIP_CR_TEST 0220000000123 0104--", Kind.BULK, ""),
    ("TO TRANSFER-INB GST PAYMENT--", Kind.TRANSFER, ""),
    ("WDL TFR   TEST", Kind.TRANSFER, ""),
    ("DEBIT", Kind.OTHER, ""),
    ("", Kind.OTHER, ""),
]


@pytest.mark.parametrize(("description", "kind", "reference"), LINES)
def test_each_line_gives_its_kind_and_reference(description: str, kind: Kind, reference: str) -> None:
    narration = parse(description, POOL_ACCOUNT)

    assert (narration.kind, "".join(narration.references)) == (kind, reference)


@pytest.mark.parametrize(
    ("column", "references"),
    [
        (POOL_ACCOUNT, ("609212345678",)),
        ("'TRANSFER TO 4898831162090", ("609212345678",)),
        ("", ("609212345678",)),
        ("123456", ("609212345678",)),
        ("609212345678", ("609212345678",)),
        ("YESAP60920012345", ("609212345678", "60920012345")),
        ("SBINR12026040200000017", ("609212345678", "12026040200000017")),
        ("00091J1234567", ("609212345678", "00091J1234567")),
        ("0000000000YESAP60920012345", ("609212345678", "60920012345")),
        # An account inside the bank, wherever the column says so
        ("TRANSFERFROM 4697738044302", ("609212345678",)),
        ("/TRANSFER FROM 4697738044302", ("609212345678",)),
        ("- / TRANSFER FROM 4697738044302", ("609212345678",)),
        ("FROM 4697738044302", ("609212345678",)),
        # Words, zeros, and what a narrow field left of an RTGS number
        ("0000000000", ("609212345678",)),
        ("ABCD000000000000", ("609212345678",)),
        ("CASH DEPOSIT SELF", ("609212345678",)),
        ("BSK WALLET TOPUP", ("609212345678",)),
        ("BSK WALLET TOPUP 12345", ("609212345678",)),
        ("KOLKATA MAIN BRANCH", ("609212345678",)),
        ("SBINR12026040200", ("609212345678",)),
        ("SBINR1202604020000001", ("609212345678",)),
        ("R12026040200", ("609212345678",)),
        ("SBINR120260402", ("609212345678",)),
    ],
)
def test_the_reference_column_comes_second_and_an_internal_account_is_no_reference(
    column: str, references: tuple[str, ...]
) -> None:
    narration = parse("UPI/CR/609212345678/TEST", column)

    assert narration.references == references


@pytest.mark.parametrize(
    ("description", "own"),
    [
        ("BY TRANSFER-NEFT*YESB0000001*YESAP60920012345*TEST--", "60920012345"),
        ("DEP TFR   UPI/REV/609312345678", "609312345678"),
        ("CSH DEP (CDM)-9990012345 8574--", "99900123458574"),
        ("CSH DEP (CDM)-12345 8574--", None),
        ("BY TRANSFER-INB TOP UP--", None),
        ("CASH DEPOSIT-CASH DEPOSIT SELF--", None),
    ],
)
def test_a_lines_own_number_is_in_its_words_and_never_in_its_column(description: str, own: str | None) -> None:
    narration = parse(description, "YESAP60920099999")

    assert narration.own == own
    assert "60920099999" in narration.references


@pytest.mark.parametrize(
    ("description", "branch", "cdm"),
    [
        ("CASH DEPOSIT SELF AT 00652 MAIN BRANCH, HISAR", "00652", None),
        (" CASH DEPOSIT SELF\n AT 00091 KOLKATA MAIN", "00091", None),
        ("CASH DEPOSIT SELF AT 000\n 91 KOLKATA MAIN", "00091", None),
        ("CASH DEPOSIT SELF AT 0091 KOLKATA MAIN", None, None),
        ("WDL TFR UPI/DR/609312345678/T 0097690162095 AT 00091 KOLKATA MAIN", "00091", None),
        ("WDL TFR UPI/DR/609312345678/SHOP AT 71110 X 0097690162095 AT 00091 KOLKATA MAIN", "00091", None),
        ("CSH DEP (CDM)-9990012345 8574--", None, "9990012345 8574"),
        ("CSH DEP (CDM)-9990012345\n8574--", None, "9990012345 8574"),
        (" CSH DEP (CDM)   CDM8040106SBI\n  SHIBPUR HOWRAH 2026", None, "8040106 2026"),
        (" CSH DEP (CDM)   CDM80401\n 06SBI SHIBPUR HOWRAH 2026", None, "8040106 2026"),
        (" CSH DEP (CDM)   CDM8040106SBI SHIBPUR HOWRAH 20\n 26", None, "8040106 2026"),
        (" CSH DEP (CDM)   CDM8040106SBI SECTOR 1234 HOWRAH 2026", None, "8040106 2026"),
        (" CSH DEP (CDM)   CDM8040106SBI HOWRAH 20265", None, None),
        ("CSH DEP (CDM)-", None, None),
    ],
)
def test_cash_tells_its_branch_or_machine(description: str, branch: str | None, cdm: str | None) -> None:
    narration = parse(description, "")

    assert (narration.branch, narration.cdm) == (branch, cdm)


@pytest.mark.parametrize(
    ("description", "reversal"),
    [
        ("DEP TFR   UPI/REV/609312345678", True),
        ("DEP TFR   UPI/RE\n V/609312345678", True),
        ("REVERSAL OF CHARGES", True),
        ("NEFT RETURN-YESAP60920012345", True),
        ("RETURNED NEFT YESAP60920012345", True),
        ("IMPS RTN/928113032852", True),
        ("NEFT*YESB0000001*YESAP60920012345*REV JOHN", False),
        ("UPI/CR/609312345678/RETURNS SHOP", False),
        ("UPI/CR/609312345678/NEFTRETAIL", False),
    ],
)
def test_a_reversal_is_told_by_the_banks_words_only(description: str, reversal: bool) -> None:
    assert parse(description, "").reversal is reversal


def test_a_reversal_has_the_number_of_what_it_takes_back() -> None:
    paid = parse("WDL TFR   UPI/DR/609312345678/TESTPAYE/SBIN/te\n st.payee/UPI   0097690162095 AT 00091 X", "")
    back = parse("DEP TFR   UPI/REV/609312345678  \n  0097690162095 AT 00091 X", "")

    assert paid.references == back.references
    assert (paid.reversal, back.reversal) == (False, True)


@pytest.mark.parametrize(
    ("tail", "booked_on", "business_date"),
    [
        ("0104--", date(2026, 4, 2), date(2026, 4, 1)),
        ("0104", date(2026, 4, 1), date(2026, 4, 1)),
        ("3112--", date(2027, 1, 1), date(2026, 12, 31)),
        ("3012--", date(2027, 1, 2), date(2026, 12, 30)),
        ("2902--", date(2028, 3, 1), date(2028, 2, 29)),
        ("2902--", date(2027, 3, 1), None),
        ("0304--", date(2026, 4, 2), None),
        ("0401--", date(2026, 4, 2), None),
        ("9999--", date(2026, 4, 2), None),
        ("01042--", date(2026, 4, 2), None),
        ("", date(2026, 4, 2), None),
    ],
)
def test_a_bulk_posting_is_for_the_day_at_its_end_which_bears_no_year(
    tail: str, booked_on: date, business_date: date | None
) -> None:
    narration = parse(f"BULK POSTING-SBIP_CR_TEST 022000000012345 {tail}", "")

    assert narration.business_date(booked_on) == business_date


def test_only_a_bulk_posting_has_a_business_date() -> None:
    assert parse("CASH DEPOSIT SELF 0104--", "").business_date(date(2026, 4, 2)) is None


@pytest.mark.parametrize(
    ("description", "kiosk"),
    [
        ("BY TRANSFER-12345678901234567890 TXN@KO1A234567", "1A234567"),
        ("BY TRANSFER-12345678901234567890 TXN@K\n O1A234567--", "1A234567"),
        ("EKO DEDUCTION-1A234567.EKOSETTLEMENT", "1A234567"),
        ("UPI/CR/609212345678/TEST/KKBK/TXN@KOTAK", None),
    ],
)
def test_a_kiosk_is_named_behind_its_sign(description: str, kiosk: str | None) -> None:
    assert parse(description, "").kiosk == kiosk


def test_an_operator_code_is_a_whole_word_in_plain_letters() -> None:
    named = parse("CASH DEPOSIT-bskop0071010/X_BSKOP0071011--", "")
    not_named = parse("ABSKOP0071010 BSKOP00710101X éBSKOP0071010 BSKOP0071010৫ bskıop0071010", "")

    assert {"BSKOP0071010", "BSKOP0071011"} <= named.tokens
    assert "BSKOP0071010" not in not_named.tokens


@pytest.mark.parametrize(
    "piece",
    [
        "UPI/CR/",
        "NEFT*",
        "CSH DEP (CDM)",
        "CSH DEP (CDM) A ",
        "RTGS UTR NO: ",
        "A",
        " ",
        "AT 00091 ",
        "- ",
        "A\n",
        "/\n",
    ],
)
def test_a_hostile_description_takes_no_longer_than_its_length(piece: str) -> None:
    text = (piece * 10_000)[:10_000]

    started = time.process_time()
    parse(text, text)

    assert time.process_time() - started < 0.25
