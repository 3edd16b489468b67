"""camt.053: the example of the domain facts, each trap of the standard as banks write it, and what XML must not do."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings

from tests.recon.bank_files import read, refusal
from tests.recon.camt_documents import EXAMPLE, balance, day_of, direct, document, entry, only, reason, stmt
from tests.recon.statements import statements
from tests.recon.writers import write_camt053
from wallet_service.errors import FileNotReadable
from wallet_service.money import rupees
from wallet_service.recon.chain import places
from wallet_service.recon.narration import parse
from wallet_service.recon.statements import Statement


def test_the_example_gives_its_line_to_the_paisa() -> None:
    statement = read(EXAMPLE)

    (line,) = statement.lines
    assert (line.row, line.booked_on, line.value_date) == (1, date(2026, 4, 2), date(2026, 4, 2))
    assert (line.direction.value, rupees(line.amount)) == ("inflow", "35000.00")
    assert (rupees(line.balance_before), rupees(line.balance_after)) == ("969500.00", "1004500.00")
    assert (line.reference, line.description) == ("00091J1234567", "CASH DEPOSIT SELF AT 00091 KOLKATA MAIN")
    assert (statement.account_number, statement.form) == ("31234567890", "camt053-08")
    assert (statement.period_first, statement.period_last) == (date(2026, 4, 2), date(2026, 4, 2))


@pytest.mark.parametrize(
    "saved_again",
    [
        pytest.param(EXAMPLE.replace("053.001.08", "053.001.02"), id="version 2"),
        pytest.param(EXAMPLE.replace("053.001.08", "053.001.14"), id="version 14"),
        pytest.param(EXAMPLE.replace("<Cd>BOOK</Cd>", "BOOK"), id="status as text"),
        pytest.param(EXAMPLE.replace("\n", ""), id="one line"),
        pytest.param("<?xml version='1.0' encoding='ISO-8859-1'?>\n" + EXAMPLE, id="a declaration"),
        pytest.param(
            EXAMPLE.replace("</", "</c:").replace("<", "<c:").replace("<c:/c:", "</c:").replace("xmlns=", "xmlns:c="),
            id="a prefix",
        ),
        pytest.param(EXAMPLE.replace("OPBD", "PRCD"), id="the closing of the day before"),
        pytest.param(
            EXAMPLE.replace("<BookgDt><Dt>2026-04-02</Dt>", "<BookgDt><DtTm>2026-04-01T18:31:00Z</DtTm>"),
            id="an instant, which is the next day in India",
        ),
        pytest.param(EXAMPLE.replace("<Id>31234567890</Id>", "<Id>00000031234567890</Id>"), id="seventeen digits"),
        pytest.param(EXAMPLE.replace("35000.00<", " 35000 <"), id="whole rupees"),
        pytest.param(
            EXAMPLE.replace("</Stmt>", entry("9.00", within="<Sts><Cd>PDNG</Cd></Sts>") + "</Stmt>"),
            id="a pending entry",
        ),
        pytest.param(
            EXAMPLE.replace("</Stmt>", entry("9.00", within="<Sts>INFO</Sts>") + "</Stmt>"), id="one for information"
        ),
    ],
)
def test_a_statement_written_otherwise_says_the_same(saved_again: str) -> None:
    assert places(direct(saved_again)) == places(direct(EXAMPLE))


def test_a_statement_of_pending_entries_alone_tells_of_no_line() -> None:
    text = day_of(entry(within="<Sts><Cd>PDNG</Cd></Sts>"), closing="1000")

    assert "no booked line" in reason(text)


def test_both_ways_to_write_a_status_occur_in_one_file() -> None:
    nested = "<Sts><Cd>BOOK</Cd></Sts>"

    statement = direct(day_of(entry("1.00"), entry("2.00", within=nested), closing="1003.00"))

    assert [rupees(line.amount) for line in statement.lines] == ["1.00", "2.00"]


def test_lines_are_put_in_order_of_date_and_their_rows_stay_those_of_the_file() -> None:
    text = document(
        stmt(
            balance("OPBD", "1000", "2026-04-01"),
            balance("CLBD", "1020"),
            entry("50.00", day="2026-04-02"),
            entry("30.00", "DBIT", day="2026-04-01"),
        )
    )

    assert [(line.row, rupees(line.balance_after)) for line in direct(text).lines] == [(2, "970.00"), (1, "1020.00")]


@pytest.mark.parametrize(("mark", "closing"), [("CRDT", "1100"), ("DBIT", "900")])
def test_a_reversal_goes_the_way_its_indicator_says_and_is_called_one(mark: str, closing: str) -> None:
    line = only(day_of(entry("100.00", mark, within="<RvslInd>true</RvslInd>"), closing=closing))

    assert line.direction.value == ("inflow" if mark == "CRDT" else "outflow")
    assert parse(line.description, line.reference).reversal


def test_a_return_is_told_with_its_reason() -> None:
    details = "<NtryDtls><TxDtls><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls>"

    line = only(day_of(entry(within=details), closing="1100"))

    assert "RETURNED AC04" in line.description
    assert parse(line.description, line.reference).reversal


@pytest.mark.parametrize(
    ("refs", "reference"),
    [
        ("<EndToEndId>SBINR12026040200000017</EndToEndId><TxId>609312345678</TxId>", "609312345678"),
        ("<EndToEndId>SBINR12026040200000017</EndToEndId><TxId>TX1</TxId>", "SBINR12026040200000017"),
        ("<EndToEndId>BSKWALLETTOPUP</EndToEndId><ClrSysRef>YESAP60920012345</ClrSysRef>", "YESAP60920012345"),
        ("<EndToEndId>BSKTOPUP123456</EndToEndId><ClrSysRef>YESAP60920012345</ClrSysRef>", "YESAP60920012345"),
        ("<EndToEndId>6093123456789</EndToEndId><ClrSysRef>YESAP60920012345</ClrSysRef>", "YESAP60920012345"),
        ("<EndToEndId>INVOICE 123456</EndToEndId><AcctSvcrRef>S6092001234567</AcctSvcrRef>", "S6092001234567"),
        ("<EndToEndId>INVOICE 123456</EndToEndId>", "INVOICE 123456"),
        ("<EndToEndId>BSKWALLETTOPUP</EndToEndId>", "ENTRY1234567"),
        ("<UETR>eb6305c9-1f7f-49de-aed0-164871234567</UETR><TxId>609312345678</TxId>", "609312345678"),
        ("<UETR>eb6305c9-1f7f-49de-aed0-16487c27b42d</UETR>", "ENTRY1234567"),
        ("<EndToEndId>NOTPROVIDED</EndToEndId><TxId>609312345678</TxId>", "609312345678"),
        ("<EndToEndId>TOP UP</EndToEndId><ClrSysRef>YESAP60920012345</ClrSysRef>", "YESAP60920012345"),
        ("<AcctSvcrRef>00091J1234567</AcctSvcrRef>", "00091J1234567"),
        ("<EndToEndId>TOP UP</EndToEndId>", "ENTRY1234567"),
        ("<EndToEndId>NOTPROVIDED</EndToEndId>", "ENTRY1234567"),
    ],
)
def test_the_reference_is_the_first_that_can_name_a_deposit(refs: str, reference: str) -> None:
    details = f"<AcctSvcrRef>ENTRY1234567</AcctSvcrRef><NtryDtls><TxDtls><Refs>{refs}</Refs></TxDtls></NtryDtls>"

    assert only(day_of(entry(within=details), closing="1100")).reference == reference


def payments(*amounts: str, note: str = "", batch: str = "") -> str:
    each = "".join(
        f'<TxDtls><Amt Ccy="INR">{amount}</Amt><RmtInf><Ustrd>{note}</Ustrd></RmtInf></TxDtls>' for amount in amounts
    )
    return f"<NtryDtls>{batch}{each}</NtryDtls>"


def test_payments_that_add_up_are_one_line_and_an_operator_named_by_one_of_them_is_not_owed_the_whole() -> None:
    line = only(day_of(entry("100.00", within=payments("60.00", "40.00", note="BSKOP0071010")), closing="1100"))

    assert line.amount == 100_00
    assert line.description == "BATCH OF 2"
    assert not parse(line.description, line.reference).tokens & {"BSKOP0071010"}


def test_a_single_payment_tells_its_own_words() -> None:
    note = "NEFT*YESB0000001*YESAP60920012345*TEST REMITTER"

    line = only(day_of(entry("100.00", within=payments("100.00", note=note)), closing="1100"))

    assert parse(line.description, line.reference).references == (parse(note, "").references[0],)


def test_payments_of_amount_zero_leave_it_to_the_entry() -> None:
    assert only(day_of(entry("100.00", within=payments("0", "0")), closing="1100")).amount == 100_00


def test_a_batch_without_details_is_one_line() -> None:
    batch = "<NtryDtls><Btch><NbOfTxs>25</NbOfTxs></Btch></NtryDtls>"

    assert only(day_of(entry("100.00", within=batch), closing="1100")).amount == 100_00


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (entry("100.00", within=payments("60.00", "39.99")), "do not add up"),
        (
            entry("100.00", within=payments("60.00", "40.00", batch="<Btch><NbOfTxs>3</NbOfTxs></Btch>")),
            "announces 3 payments and holds 2",
        ),
        (entry("0.00"), "amount is zero"),
        (entry("100.001"), "not an amount"),
        (entry("+100"), "not an amount"),
        (entry("1e2"), "not an amount"),
        (entry("১০০"), "not an amount"),
        (entry("1,00.00"), "not an amount"),
        (entry("100.00", "CREDIT"), "neither CRDT nor DBIT"),
        (entry(day="2026-02-30"), "no day of the calendar"),
        (entry(day="02/04/2026"), "no date such as"),
        (entry(day="2026-04-03"), "outside the days of the balances"),
        (entry(within="<Sts><Cd>XXXX</Cd></Sts>"), "status"),
        (entry().replace('"INR"', '"USD"'), "only Indian rupees"),
        (entry().replace("<BookgDt><Dt>2026-04-02</Dt></BookgDt>", ""), "has no date"),
    ],
)
def test_an_entry_that_cannot_be_relied_on_refuses_the_file_with_its_number(told: str, says: str) -> None:
    with pytest.raises(FileNotReadable) as caught:
        direct(day_of(entry("1.00"), told, closing="1101"))

    assert [reject["line"] for reject in caught.value.facts["rejects"]] == [2]
    assert says in caught.value.facts["rejects"][0]["reason"]


def test_statements_that_follow_one_another_become_one() -> None:
    first = stmt(
        balance("OPBD", "1000", "2026-04-01"), balance("CLBD", "1001", "2026-04-01"), entry("1.00", day="2026-04-01")
    )
    second = stmt(balance("PRCD", "1001", "2026-04-01"), balance("CLBD", "1003"), entry("2.00"))

    statement = direct(document(first, second))

    assert [(line.row, rupees(line.balance_after)) for line in statement.lines] == [(1, "1001.00"), (2, "1003.00")]
    assert "between them is missing" in reason(document(first, second.replace("1001", "1002").replace("1003", "1004")))
    assert "several accounts" in reason(document(first, second.replace("31234567890", "31234567891")))


def page(number: int, last: str, opening: str, closing: str) -> str:
    told = f"<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>"
    return stmt(told, opening, closing, entry("1.00"))


FIRST_PAGE = page(1, "false", balance("OPBD", "1000"), balance("ITBD", "1001"))
LAST_PAGE = page(2, "true", balance("ITBD", "1001"), balance("CLBD", "1002"))


def test_pages_of_one_statement_are_joined_by_their_interim_balances() -> None:
    assert len(direct(document(FIRST_PAGE, LAST_PAGE)).lines) == 2
    assert "does not state its opening" in reason(document(FIRST_PAGE, LAST_PAGE.replace("ITBD", "CLAV")))
    assert "does not state its opening" in reason(document(stmt(balance("ITBD", "1000"), entry("1.00"))))


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ((FIRST_PAGE,), "is page 1 and not the last: the rest is missing"),
        ((LAST_PAGE,), "is page 2, and a page before it is missing"),
        (
            (FIRST_PAGE, LAST_PAGE.replace(">2<", ">3<")),
            "After page 1 comes page 3: a page of the statement is missing",
        ),
        (
            (stmt(balance("OPBD", "1000"), balance("CLBD", "1001"), entry("1.00")), LAST_PAGE),
            "After page 1 comes page 2",
        ),
        ((FIRST_PAGE, LAST_PAGE.replace("true", "false").replace("CLBD", "ITBD")), "is page 2 and not the last"),
    ],
)
def test_a_missing_page_refuses_the_file(pages: tuple[str, ...], says: str) -> None:
    assert says in reason(document(*pages))


@pytest.mark.parametrize(("number", "last"), [("1", "false"), ("2", "true")])
def test_a_page_of_a_message_of_several_is_refused_alone(number: str, last: str) -> None:
    told = f"<MsgPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></MsgPgntn>"
    interim = balance("OPBD", "1000") + balance("ITBD", "1000") + balance("CLBD", "1001") + balance("ITBD", "1001")

    assert "is missing" in reason(document(f"<GrpHdr>{told}</GrpHdr>", stmt(interim, entry("1.00"))))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("camt.053", "camt.052", "it only announces"),
        ("camt.053", "camt.054", "it only announces"),
        ("camt.053", "pain.001", "no statement by the standard"),
        ("CLBD", "CLAV", "does not state its closing"),
        ("OPBD", "CLAV", "does not state its opening"),
        (">1004500.00", ">1004500.01", "lines are missing or were changed"),
        ("<Ccy>INR", "<Ccy>USD", "only Indian rupees"),
        ("<Othr><Id>31234567890</Id></Othr>", "<IBAN>DE02120300000000202051</IBAN>", "does not have eleven digits"),
        ("</Ntry>", "", "this is no XML"),
        ("BkToCstmrStmt", "Other", "and no statement"),
    ],
)
def test_what_is_no_whole_statement_is_refused(old: str, new: str, says: str) -> None:
    assert says in reason(EXAMPLE.replace(old, new))


@pytest.mark.parametrize(
    "prologue",
    [
        pytest.param('<!DOCTYPE Document [<!ENTITY a "b">]>', id="an entity"),
        pytest.param('<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/x.dtd">', id="an outside document type"),
        pytest.param('<!DOCTYPE Document [<!ENTITY a SYSTEM "file:///etc/hostname">]>', id="a file"),
        pytest.param('<!DOCTYPE Document [<!ENTITY % a SYSTEM "http://127.0.0.1:9/"> %a;]>', id="a parameter"),
    ],
)
def test_a_document_type_is_refused_unread(prologue: str) -> None:
    assert "document type" in refusal(f'<?xml version="1.0"?>{prologue}{EXAMPLE}')["reason"]


def test_xml_nested_or_filled_beyond_bounds_is_refused() -> None:
    deep = EXAMPLE.replace("<AddtlNtryInf>", "<a>" * 30_000 + "</a>" * 30_000 + "<AddtlNtryInf>")
    full = EXAMPLE.replace("<AddtlNtryInf>", "<a/>" * 200_001 + "<AddtlNtryInf>")
    long = EXAMPLE.replace("KOLKATA", "K" * 10_001)

    assert "beyond what a bank writes" in reason(deep)
    assert "beyond what a bank writes" in reason(full)
    assert "longer than 10,000" in reason(long)


@settings(deadline=None)
@given(statements())
def test_what_is_written_as_camt053_is_read_again(statement: Statement) -> None:
    again = direct(write_camt053(statement).decode())

    assert places(again) == places(statement)
    assert (again.opening, again.closing, again.period_last) == (
        *(statement.opening, statement.closing, statement.period_last),
    )
    assert [(line.value_date, line.reference, line.description) for line in again.lines] == [
        (line.value_date, line.reference, " ".join(line.description.split())) for line in statement.lines
    ]


def test_a_document_cut_anywhere_is_refused() -> None:
    end = EXAMPLE.rindex(">")

    assert all(reason(EXAMPLE[:length]) for length in range(0, end, 7))
