"""What a bank's description says: the reference, the branch, the machine, the operator. It is evidence, never identity.

Source of the patterns: domain facts A1.6 (real lines) and A1.4 (the newer verbs); lengths of references: A7.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from enum import StrEnum

from wallet_service.identifiers import OPERATOR_PATTERN, strong_reference, written_reference


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
    TRANSFER = "transfer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Narration:
    """What one line's words tell.

    *references* are in the form of `identifiers.strong_reference`, the description's own before the reference column's.
    *branch* has five digits. *cdm* is a cash deposit machine and its sequence number, ``"9990012345 8574"``. *reversal*
    says that the line takes back another. *tokens* are the whole words that have the form of an operator code.
    """

    kind: Kind
    references: tuple[str, ...]
    branch: str | None
    cdm: str | None
    reversal: bool
    tokens: frozenset[str]


_SEQUENCE = r"(?: [^ ]{1,30}){0,8}? (?P<sequence>\d{4})(?!\d)"
_PATTERNS: tuple[tuple[Kind, str, re.Pattern[str]], ...] = tuple(
    (kind, key, re.compile(pattern, re.ASCII))
    for kind, key, pattern in (
        # What it is · letters it cannot do without, blanks apart · how it is written
        (Kind.UPI, "UPI/", r"\bUPI/(?:DR|CR|REV)/(?P<reference>\d{12})(?!\d)"),
        (Kind.IMPS, "IMPS", r"\b(?:INB)?IMPS[/ ]?(?P<reference>\d{12})(?!\d)"),
        (Kind.NEFT, "NEFT*", r"\bNEFT\*[A-Z]{4}0[A-Z0-9]{6}\*(?P<reference>[A-Z0-9]{16})(?![A-Z0-9])"),
        (Kind.NEFT, "NEFTUTRNO:", r"\bNEFT ?UTR ?NO: ?(?P<reference>[A-Z]{4}[A-Z0-9]?\d{11,12})(?!\d)"),
        (Kind.RTGS, "RTGSUTRNO:", r"\bRTGS ?UTR ?NO: ?(?P<reference>[A-Z]{4}R\d{17})(?!\d)"),
        (Kind.KIOSK, "TRANSFER-", r"\b(?:TO|BY) TRANSFER-(?P<reference>\d{20})(?!\d)"),
        (Kind.CDM_CASH, "(CDM)", r"\bCSH DEP \(CDM\)[- ]{0,5}(?:CDM)?(?P<machine>[A-Z0-9]{1,20}?)(?:SBI)?" + _SEQUENCE),
        (Kind.CDM_CASH, "(CDM)", r"\bCSH DEP \(CDM\)"),
        (Kind.BRANCH_CASH, "SELFAT", r"\bCASH DEPOSIT SELF AT (?P<branch>\d{5})(?!\d)"),
        (Kind.BRANCH_CASH, "CASH", r"\bCASH DEPOSIT\b|\bBY CASH\b"),
        (Kind.INTEREST, "INTEREST", r"^(?:CREDIT INTEREST|INTEREST CREDIT)\b"),
        (Kind.ACH, "ACHDR", r"\bACHDR\b"),
        (Kind.ACH, "CMPMANDATE", r"\bCMP MANDATE DEBIT\b"),
        (Kind.CHARGE, "", r"^(?:DEBIT ?- ?)?(?:CASH HANDLING CHARGES|SMS|GST|MIN BAL|COMM(?:ISSION)?)\b"),
        (Kind.TRANSFER, "", r"^(?:TO|BY) TRANSFER\b|^(?:WDL|DEP) TFR\b|^BULK POSTING\b"),
    )
)
_DELIMITED = {Kind.UPI, Kind.IMPS, Kind.NEFT, Kind.RTGS}
_BRANCH_AT_END = re.compile(r"\bAT (\d{5}) [A-Z]", re.ASCII)
_REVERSAL = re.compile(
    r"\bUPI/REV/|\bREVERS(?:AL|ED)\b|\b(?:NEFT|RTGS|IMPS|UPI|ACH|CHQ|CHEQUE)[ /-]?(?:RETURN(?:ED)?|RTN|RET)\b", re.ASCII
)
_INTERNAL_ACCOUNT = re.compile(r"(?:TRANSFER|TFR)\b", re.ASCII)
_OPERATOR_CODES = re.compile(rf"(?<![^\W_]){OPERATOR_PATTERN.strip('^$')}(?![^\W_])")
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def parse(description: str, reference: str) -> Narration:
    """Return what a line's description and reference column tell.

    A reference column that says ``TRANSFER FROM …`` names an account inside the bank, and no reference (domain facts,
    section 0). The time taken grows with the length of the text, whatever it holds.
    """
    text = " ".join(description.split()).translate(_UPPER)
    kind, found = _first_pattern(text)
    named = found.groupdict() if found else {}
    machine, sequence = named.get("machine"), named.get("sequence")
    branch = named.get("branch")
    if branch is None and (at_end := _BRANCH_AT_END.search(text)):
        branch = at_end[1]
    return Narration(
        kind=kind,
        references=_references(named.get("reference"), reference),
        branch=branch,
        cdm=f"{machine} {sequence}" if machine and sequence else None,
        reversal=bool(_REVERSAL.search(text)),
        tokens=frozenset(_OPERATOR_CODES.findall(text)),
    )


def _first_pattern(text: str) -> tuple[Kind, re.Match[str] | None]:
    """Return the first pattern that fits; a reference broken over two lines of its cell is tried joined."""
    joined = text.replace(" ", "")
    for kind, key, pattern in _PATTERNS:
        if key not in joined:
            continue
        found = pattern.search(text) or (pattern.search(joined) if kind in _DELIMITED else None)
        if found:
            return kind, found
    return Kind.OTHER, None


def _references(from_description: str | None, column: str) -> tuple[str, ...]:
    written = " ".join(column.split()).translate(_UPPER)
    candidates = [from_description or ""]
    if not _INTERNAL_ACCOUNT.match(written.lstrip("'_")):
        candidates.append(written_reference(written))
    strong = (strong_reference(candidate) for candidate in candidates if candidate)
    return tuple(dict.fromkeys(form for form in strong if form))
