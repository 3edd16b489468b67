"""What a bank's description says: the reference, the branch, the machine, the operator. It is evidence, never identity.

A description is a wrapped text (`wraps`): a reference broken over two lines is found, and so is a whole one.
Source of the patterns: domain facts A1.6 (real lines), A1.4 (the newer verbs), A1.2 (bulk posting and kiosks); lengths
of references: A7.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from wallet_service.identifiers import OPERATOR_PATTERN, deposit_number, strong_reference, written_reference
from wallet_service.recon import wraps


class Kind(StrEnum):
    """The way money came or went, as the description tells it."""

    UPI = "upi"
    IMPS = "imps"
    NEFT = "neft"
    RTGS = "rtgs"
    KIOSK = "kiosk"
    CDM_CASH = "cdm-cash"
    BRANCH_CASH = "branch-cash"
    INTEREST = "interest"
    ACH = "ach"
    CHARGE = "charge"
    CARD = "card"
    CLEARING = "clearing"
    BULK = "bulk"
    TRANSFER = "transfer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Narration:
    """What one line's words tell.

    *references* are in the form of `identifiers.strong_reference`, the description's own before the reference column's.
    *own* is the number that the description shows, or a deposit machine's: a column may hold the same for many lines.
    *branch* has five digits. *cdm* is a cash deposit machine and its sequence number, ``"9990012345 8574"``. *kiosk* is
    the id behind ``@KO``. *reversal* says that the line takes back another. *tokens* are the whole words that have the
    form of an operator code; a word across a break stands among them as its parts and as a whole, so that one which may
    name two operators names two. *bulk_day* is the business date of a bulk posting as the bank writes it, ``DDMM``.
    """

    kind: Kind
    references: tuple[str, ...]
    branch: str | None
    cdm: str | None
    reversal: bool
    tokens: frozenset[str]
    kiosk: str | None = None
    bulk_day: str | None = None
    own: str | None = None

    def business_date(self, booked_on: date) -> date | None:
        """Return the day that a bulk posting of *booked_on* is for; None where it tells none of the month before.

        It bears no year: one of December that is booked in January is of the year before. Source: domain facts A1.2.
        """
        if self.bulk_day is None:
            return None
        number, month = int(self.bulk_day[:2]), int(self.bulk_day[2:])
        days = (booked_on - timedelta(back) for back in range(_LATEST_BULK_POSTING + 1))
        return next((day for day in days if (day.day, day.month) == (number, month)), None)


_LATEST_BULK_POSTING = 31
_NEFT = r"[A-Z0-9]{5}\d{11}"
_RTGS = r"[A-Z]{4}R\d{17}"
_RETURN = r"(?:RETURN(?:ED)?|RTN|RET)"
_SEQUENCE = r"(?: [^ ]{1,30}){0,8} (?P<sequence>\d{4})(?![A-Z0-9])"
_GST = r"GST(?! ?(?:PAYMENT|PMT|CHALLAN|CPIN|REFUND)\b)"  # Of a charge: not the tax that somebody pays.
_CDM = r"\bCSH DEP ?\(CDM\)[- ]{0,5}"
_PATTERNS: tuple[tuple[Kind, str, re.Pattern[str]], ...] = tuple(
    (kind, key, re.compile(pattern, re.ASCII))
    for kind, key, pattern in (
        # What it is · letters it cannot do without, blanks apart · how it is written
        (Kind.UPI, "UPI/", r"\bUPI/(?:DR|CR|REV)/(?P<reference>\d{12})(?!\d)"),
        (Kind.IMPS, "IMPS", rf"\b(?:INB)?IMPS(?:[ /-]?{_RETURN})?[/ -]?(?P<reference>\d{{12}})(?!\d)"),
        (Kind.NEFT, "NEFT*", r"\bNEFT\*[A-Z]{4}0[A-Z0-9]{6}\*(?P<reference>[A-Z0-9]{16})(?![A-Z0-9])"),
        (Kind.NEFT, "NEFTUTRNO:", rf"\bNEFT ?UTR ?NO: ?(?P<reference>{_NEFT})(?!\d)"),
        (Kind.NEFT, "NEFT", rf"\bNEFT[ /-]?{_RETURN}[ :/*-]{{0,3}}(?:UTR ?NO:? ?)?(?P<reference>{_NEFT})(?!\d)"),
        (Kind.RTGS, "RTGSUTRNO:", rf"\bRTGS ?UTR ?NO: ?(?P<reference>{_RTGS})(?!\d)"),
        (Kind.RTGS, "RTGS", rf"\bRTGS\b[^ ]{{0,30}}[ :/*-](?P<reference>{_RTGS})(?![A-Z0-9])"),
        (Kind.KIOSK, "TRANSFER-", r"\b(?:TO|BY) ?TRANSFER- ?(?P<reference>\d{20})(?!\d)"),
        (Kind.KIOSK, "TFR", r"\b(?:WDL|DEP) ?TFR (?P<reference>\d{20})(?!\d)"),
        (Kind.KIOSK, "EKODEDUCTION-", r"\bEKO DEDUCTION-"),
        (Kind.CDM_CASH, "(CDM)CDM", _CDM + r"CDM(?P<machine>\d{7})SBI" + _SEQUENCE),
        (Kind.CDM_CASH, "(CDM)", _CDM + r"(?:CDM)?(?P<machine>[A-Z0-9]{1,20}?)(?:SBI)?" + _SEQUENCE),
        (Kind.CDM_CASH, "(CDM)", _CDM),
        (Kind.BRANCH_CASH, "SELFAT", r"\bCASH ?DEPOSIT ?SELF ?AT ?(?P<branch>\d{5})(?!\d)"),
        (Kind.BRANCH_CASH, "CASH", r"\bCASH ?DEPOSIT\b|\bBY CASH\b"),
        (Kind.INTEREST, "INTEREST", r"^(?:CREDIT ?INTEREST|INTEREST ?CREDIT)\b"),
        (Kind.ACH, "ACHDR", r"\bACHDR\b"),
        (Kind.ACH, "CMPMANDATE", r"\bCMP ?MANDATE ?DEBIT\b"),
        (Kind.CHARGE, "", rf"^(?:DEBIT ?(?:- ?)?)?(?:CASH ?HANDLING ?CHARGES|SMS|MIN ?BAL|COMM(?:ISSION)?|{_GST})\b"),
        (Kind.CARD, "", r"^(?:ATM ?WDL|POS ?ATM ?PURCH)\b"),
        (Kind.CLEARING, "CLEARING", r"^(?:TO|BY) CLEARING\b"),
        (Kind.BULK, "BULKPOSTING", r"^BULK ?POSTING\b"),
        (Kind.TRANSFER, "", r"^(?:TO|BY) ?TRANSFER\b|^(?:WDL|DEP) ?TFR\b"),
    )
)
_DELIMITED = {Kind.UPI, Kind.IMPS, Kind.NEFT, Kind.RTGS}
_BRANCH_AT_END = re.compile(r"\bAT (\d{5}) [A-Z]", re.ASCII)
_BULK_DAY = re.compile(r" (\d{4})[- ]{0,4}$", re.ASCII)
_KIOSK = re.compile(r"\bTXN ?@KO ?([A-Z0-9]{1,20})(?![A-Z0-9])|\bEKO DEDUCTION-([A-Z0-9]{1,20})(?![A-Z0-9])", re.ASCII)
_REVERSAL = re.compile(
    rf"\bUPI/REV/|\bREVERS(?:AL|ED)\b|\b(?:NEFT|RTGS|IMPS|UPI|ACH|CHQ|CHEQUE)[ /-]?{_RETURN}\b"
    r"|\bRETURN(?:ED)? (?:NEFT|RTGS|IMPS|UPI|ACH|CHQ|CHEQUE)\b",
    re.ASCII,
)
_INTERNAL_ACCOUNT = re.compile(r"^(?:TRANSFER|TFR)\b|(?:TRANSFER|TFR) ?(?:FROM|TO)|\bFROM ?\d{13}", re.ASCII)
_OPERATOR_CODES = re.compile(rf"(?<![^\W_]){OPERATOR_PATTERN.strip('^$')}(?![^\W_])")
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def parse(description: str, reference: str) -> Narration:
    """Return what a line's description and reference column tell.

    A reference column that says ``TRANSFER FROM …``, wherever in it, names an account inside the bank, and no reference
    (domain facts, section 0). The time taken grows with the length of the text, whatever it holds.
    """
    text = wraps.wrapped(description).translate(_UPPER)
    ways = wraps.ways(text)
    kind, found = _first_pattern(ways)
    named = found.groupdict() if found else {}
    machine, sequence = named.get("machine"), named.get("sequence")
    cdm = f"{machine} {sequence}" if machine and sequence else None
    return Narration(
        kind=kind,
        references=_references(named.get("reference"), reference),
        branch=named.get("branch") or _branch_at_end(ways),
        cdm=cdm,
        reversal=any(_REVERSAL.search(way) for way in ways),
        tokens=_tokens(text, ways[0]),
        kiosk=_kiosk(ways) if kind is Kind.KIOSK else None,
        bulk_day=_bulk_day(ways) if kind is Kind.BULK else None,
        own=strong_reference(named.get("reference") or "") or deposit_number(cdm, None),
    )


def _first_pattern(ways: tuple[str, ...]) -> tuple[Kind, re.Match[str] | None]:
    """Return the first pattern that fits a reading of the text; a reference with blanks in it is tried without them."""
    without_blanks = ways[0].replace(" ", "")
    for kind, key, pattern in _PATTERNS:
        if key not in without_blanks:
            continue
        for way in (*ways, without_blanks) if kind in _DELIMITED else ways:
            if found := pattern.search(way):
                return kind, found
    return Kind.OTHER, None


def _references(from_description: str | None, column: str) -> tuple[str, ...]:
    written = " ".join(column.split()).translate(_UPPER)
    candidates = [from_description or ""]
    if not _INTERNAL_ACCOUNT.search(written.lstrip("'_")):
        candidates.append(written_reference(written))
    strong = (strong_reference(candidate) for candidate in candidates if candidate)
    return tuple(dict.fromkeys(form for form in strong if form))


def _branch_at_end(ways: tuple[str, ...]) -> str | None:
    """Return the branch that the details end with; a payer's own words stand before it."""
    for way in ways:
        if branches := _BRANCH_AT_END.findall(way):
            return str(branches[-1])
    return None


def _tokens(text: str, words: str) -> frozenset[str]:
    """Return the words that may be operator codes: those between blanks, and those that run over one break."""
    found = set(_OPERATOR_CODES.findall(words))
    for before, after in wraps.seams(text):
        over = _OPERATOR_CODES.finditer(before + after)
        found |= {code[0] for code in over if code.start() < len(before) < code.end()}
    return frozenset(found)


def _kiosk(ways: tuple[str, ...]) -> str | None:
    named = next((found for way in ways if (found := _KIOSK.search(way))), None)
    return (named[1] or named[2]) if named else None


def _bulk_day(ways: tuple[str, ...]) -> str | None:
    named = next((found for way in ways if (found := _BULK_DAY.search(way))), None)
    return named[1] if named else None
