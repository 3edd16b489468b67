"""Files whose layout nobody has published, as the banks and departments send them, and the profiles that read them."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pytest

from wallet_service.errors import FileNotReadable
from wallet_service.recon.readers import declared_xml, declaring, profile
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.declaration import Declaration, Layout
from wallet_service.recon.readers.declared_xml import Wanted
from wallet_service.recon.readers.profile import Told
from wallet_service.recon.readers.refusals import unreadable

TODAY = date(2026, 4, 10)
VAN = """\
BSKW|BSKW0007101042|000000035000.00|02042026|N|YESAP60920012345|TEST REMITTER|YESB0000001
BSKW|BSKW0007101042|000000001500.00|02042026|I|609312345679|TEST REMITTER|UTIB0000022
BSKW|BSKW9999999999|000000000750.50|02042026|R|SBINR12026040200000099|UNKNOWN OPERATOR PART|SBIN0000091
"""
DEPARTMENT = """\
POD|015|BSK26040200000017|SVT0000017|301234567|843.00|WBSEDCL260402000812|2026-04-02 12:10:14|SUCCESS
POD|015|BSK26040200000018|SVT0000018|301234568|1200.00||2026-04-02 12:12:41|PENDING
TRA|003|BSK26040200000021|SVT0000021|WB02AB1234|2675.00|WBR26D000012|2026-04-02 13:05:00|SUCCESS
"""
COLLECT = """\
Sl No,SB Collect Reference,Category,Operator ID,Amount,Mode,Branch Code,Journal No,Txn Date,Status
1,DU01234567,BSK WALLET TOPUP,BSKOP0071010,35000.00,CASH,00091,001234567,02-04-2026 12:41:07,SUCCESS
2,DU01234568,BSK WALLET TOPUP,BSKOP0071011,500.00,CASH,00091,001234570,02-04-2026 12:49:55,SUCCESS
3,DU01234569,BSK WALLET TOPUP,BSKOP0071012,2000.00,CASH,,,,PENDING
"""
SCROLL = """\
<Scroll ScrollNo="000092" ScrollDate="2026-04-03" Bank="SBI" Count="3" Total="9393.00">
 <Rcpt GRN="192026270000000171" BRN="SBI26040200001" Hoa="0029-00-101-005-27" Amt="843.00" TxnDt="2026-04-02T12:10:11" Mode="ONLINE"/>
 <Rcpt GRN="192026270000000172" BRN="SBI26040200002" Hoa="0030-03-104-001-16" Amt="7350.00" TxnDt="2026-04-02T12:31:40" Mode="ONLINE"/>
 <Rcpt GRN="192026270000000180" BRN="SBI26040200009" Hoa="0041-00-102-003-12" Amt="1200.00" TxnDt="2026-04-02T16:02:09" Mode="OTC"/>
</Scroll>
"""  # noqa: E501
EXAMPLES = {"van-mis": VAN, "department-mis": DEPARTMENT, "sb-collect": COLLECT, "grips-scroll": SCROLL}


def text_of(name: str) -> str:
    """Return the declaration of a profile that comes with the service."""
    return files("wallet_service").joinpath("data", "profiles", f"{name}.toml").read_text(encoding="utf-8")


def declared(name: str, *changes: tuple[str, str]) -> Declaration:
    """Return a profile that comes with the service, with parts of its text changed."""
    text = text_of(name)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return declaring.load(text)


def told(content: str | bytes, by: Declaration | str = "van-mis") -> Told:
    """Return what a file says, on a day when all of the examples have come.

    XML is cut in this process: what the confined one does is proved by the tests that call `profile.read`.
    """
    declaration = declared(by) if isinstance(by, str) else by
    written = content.encode() if isinstance(content, str) else content
    if declaration.layout is not Layout.XML:
        return profile.read(written, declaration, today=TODAY)
    try:
        found = declared_xml.cut(written, Wanted.by(declaration))
    except Unreadable as error:
        raise unreadable(str(error)) from error
    return profile.told(found, declaration, today=TODAY)


def reasons(content: str | bytes, by: Declaration | str = "van-mis") -> dict[int, str]:
    """Return why lines of a file are refused."""
    return {each.row: each.reason for each in told(content, by).rejects}


def refusal(content: str | bytes, by: Declaration | str = "van-mis") -> str:
    """Return why nothing of a file can be read."""
    with pytest.raises(FileNotReadable) as caught:
        told(content, by)
    return str(caught.value.facts["reason"])
