"""camt.053 documents as tests put them together, and what reading one in this process gives."""

from __future__ import annotations

import pytest

from tests.recon.bank_files import TODAY
from wallet_service.errors import FileNotReadable
from wallet_service.recon.readers import camt053
from wallet_service.recon.statements import Statement, StatementLine

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


EXAMPLE = """\
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>SBIBSK20260402</MsgId><CreDtTm>2026-04-02T23:59:00+05:30</CreDtTm></GrpHdr>
<Stmt><Id>31234567890-092</Id><ElctrncSeqNb>92</ElctrncSeqNb><CreDtTm>2026-04-02T23:59:00+05:30</CreDtTm>
<Acct><Id><Othr><Id>31234567890</Id></Othr></Id><Ccy>INR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="INR">969500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
<Dt><Dt>2026-04-02</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="INR">1004500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
<Dt><Dt>2026-04-02</Dt></Dt></Bal>
<Ntry><Amt Ccy="INR">35000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
<BookgDt><Dt>2026-04-02</Dt></BookgDt><ValDt><Dt>2026-04-02</Dt></ValDt>\
<AcctSvcrRef>00091J1234567</AcctSvcrRef><AddtlNtryInf>CASH DEPOSIT SELF AT 00091 KOLKATA MAIN</AddtlNtryInf></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""


def direct(text: str) -> Statement:
    """Read in this process: what the confined one does is proved by the tests that call `read`."""
    return camt053.read(text.encode(), today=TODAY)


def reason(text: str) -> str:
    with pytest.raises(FileNotReadable) as caught:
        direct(text)
    found: str = caught.value.facts["reason"]
    return found


def entry(amount: str = "100.00", mark: str = "CRDT", *, day: str = "2026-04-02", within: str = "") -> str:
    status = "" if "<Sts>" in within else "<Sts>BOOK</Sts>"
    return (
        f'<Ntry><Amt Ccy="INR">{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{status}'
        f"<BookgDt><Dt>{day}</Dt></BookgDt>{within}</Ntry>"
    )


def balance(code: str, amount: str, day: str = "2026-04-02", mark: str = "CRDT") -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="INR">{amount}</Amt>'
        f"<CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def stmt(*within: str, account: str = "31234567890") -> str:
    return f"<Stmt><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>{''.join(within)}</Stmt>"


def document(*within: str) -> str:
    return f'<Document xmlns="{NAMESPACE}"><BkToCstmrStmt>{"".join(within)}</BkToCstmrStmt></Document>'


def day_of(*entries: str, closing: str) -> str:
    """Return a document that opens with 1,000 rupees on 1 April and closes with *closing* on the 2nd."""
    return document(stmt(balance("OPBD", "1000", "2026-04-01"), balance("CLBD", closing), *entries))


def only(text: str) -> StatementLine:
    (line,) = direct(text).lines
    return line
