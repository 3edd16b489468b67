"""A statement written as a bank would write it: MT940, camt.053, SBI's text of seven columns, and its new one of six.

What a writer cannot say is lost: the six columns have no value date and no reference, MT940 wraps what is long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from xml.sax.saxutils import escape

from wallet_service.money import Paise, rupees
from wallet_service.recon.statements import Direction, Statement, StatementLine
from wallet_service.recon.wraps import joined

_WRAPPED_AT = 65


def write_mt940(statement: Statement) -> bytes:
    """Return one MT940 message; its opening balance carries the day of the first line."""
    first, last = statement.period_first, statement.period_last
    lines = [
        f":20:{last:%y%m%d}",
        f":25:SBIN0000091/{statement.account_number}",
        f":28C:{last:%j}/1",
        f":60F:{_mt940_balance(first, statement.opening)}",
        *(field for line in statement.lines for field in _mt940_line(line)),
        f":62F:{_mt940_balance(last, statement.closing)}",
        "-",
    ]
    return "\r\n".join([*lines, ""]).encode()


def write_camt053(statement: Statement) -> bytes:
    """Return one camt.053 document of version 8 with one statement."""
    first, last = statement.period_first, statement.period_last
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>',
        f"<GrpHdr><MsgId>SBIBSK{last:%Y%m%d}</MsgId><CreDtTm>{last}T23:59:00+05:30</CreDtTm></GrpHdr>",
        f"<Stmt><Id>{statement.account_number}-{last:%j}</Id>",
        f"<Acct><Id><Othr><Id>{statement.account_number}</Id></Othr></Id><Ccy>INR</Ccy></Acct>",
        _camt_balance("OPBD", first, statement.opening),
        _camt_balance("CLBD", last, statement.closing),
        *(_camt_entry(line) for line in statement.lines),
        "</Stmt></BkToCstmrStmt></Document>",
    ]
    return "\n".join([*parts, ""]).encode()


def write_sbi(statement: Statement) -> bytes:
    """Return SBI's retail text of seven columns, delimited by tabs."""
    first, last = statement.period_first, statement.period_last
    rows = [
        f"Account Number     :\t_000000{statement.account_number}",
        f"Balance as on {_named(first)} :\t{_grouped(statement.opening)}",
        f"Account Statement from {_named(first)} to {_named(last)}",
        "Txn Date\tValue Date\tDescription\tRef No./Cheque No.\t        Debit\tCredit\tBalance",
        *("\t".join(_sbi_cells(line)) for line in statement.lines),
        "",
        "**This is a computer generated statement and does not require a signature",
    ]
    return "\n".join([*rows, ""]).encode()


def write_sbi_six(statement: Statement) -> bytes:
    """Return SBI's new text of six columns, delimited by commas: no value date, and descriptions wrapped in quotes."""
    first, last = statement.period_first, statement.period_last
    rows = [
        f"Account Number,_000000{statement.account_number}",
        f"Opening Balance,{rupees(statement.opening)}",
        f"Start Date,{first:%d/%m/%Y}",
        f"End Date,{last:%d/%m/%Y}",
        "",
        "Date,Details,Ref No/Cheque No,Debit,Credit,Balance",
        *(",".join(_six_cells(line)) for line in statement.lines),
    ]
    return "\r\n".join([*rows, ""]).encode()


WRITERS: dict[str, Callable[[Statement], bytes]] = {
    "sbi": write_sbi,
    "sbi-six": write_sbi_six,
    "mt940": write_mt940,
    "camt053": write_camt053,
}


def _mt940_balance(day: date, amount: Paise) -> str:
    return f"{'D' if amount < 0 else 'C'}{day:%y%m%d}INR{rupees(Paise(abs(amount))).replace('.', ',')}"


def _mt940_line(line: StatementLine) -> Iterator[str]:
    mark = "C" if line.direction is Direction.INFLOW else "D"
    amount = rupees(line.amount).replace(".", ",").removesuffix("00")
    yield f":61:{line.value_date:%y%m%d}{line.booked_on:%m%d}{mark}R{amount}NTRF{line.reference or 'NONREF'}"
    told = joined(line.description)
    wrapped = [told[at : at + _WRAPPED_AT] for at in range(0, len(told), _WRAPPED_AT)]
    if wrapped:
        yield f":86:{wrapped[0]}"
    yield from wrapped[1:]


def _camt_balance(code: str, day: date, amount: Paise) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="INR">{rupees(Paise(abs(amount)))}</Amt><CdtDbtInd>{"DBIT" if amount < 0 else "CRDT"}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _camt_entry(line: StatementLine) -> str:
    mark = "CRDT" if line.direction is Direction.INFLOW else "DBIT"
    reference = f"<AcctSvcrRef>{escape(line.reference)}</AcctSvcrRef>" if line.reference else ""
    return (
        f'<Ntry><Amt Ccy="INR">{rupees(line.amount)}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{line.booked_on}</Dt></BookgDt><ValDt><Dt>{line.value_date}</Dt></ValDt>"
        f"{reference}<AddtlNtryInf>{escape(joined(line.description))}</AddtlNtryInf></Ntry>"
    )


def _sbi_cells(line: StatementLine) -> tuple[str, ...]:
    debit, credit = _debit_and_credit(line, _grouped(line.amount))
    days = (_named(line.booked_on), _named(line.value_date))
    return (
        *days,
        joined(line.description),
        line.reference or " ",
        debit or " ",
        credit or " ",
        _grouped(line.balance_after),
    )


def _six_cells(line: StatementLine) -> tuple[str, ...]:
    debit, credit = _debit_and_credit(line, rupees(line.amount))
    details = '"' + line.description.replace('"', '""') + '"'
    return (f"{line.booked_on:%d/%m/%Y}", details, "", debit, credit, rupees(line.balance_after))


def _debit_and_credit(line: StatementLine, amount: str) -> tuple[str, str]:
    return ("", amount) if line.direction is Direction.INFLOW else (amount, "")


def _named(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _grouped(amount: Paise) -> str:
    """Return an amount with India's commas: ``10,49,500.00``."""
    whole, _, part = rupees(Paise(abs(amount))).partition(".")
    groups, rest = [whole[-3:]], whole[:-3]
    while rest:
        groups.insert(0, rest[-2:])
        rest = rest[:-2]
    return f"{'-' if amount < 0 else ''}{','.join(groups)}.{part}"
