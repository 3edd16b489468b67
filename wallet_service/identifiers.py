"""Codes and ids: how operators, departments, entries, debits, credits and bank references are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import NewType, Self

OperatorCode = NewType("OperatorCode", str)
DepartmentCode = NewType("DepartmentCode", str)
ServiceCode = NewType("ServiceCode", str)
AccountCode = NewType("AccountCode", str)

OPERATOR_PATTERN = r"^[A-Z][A-Z0-9]{3,19}$"
DEPARTMENT_PATTERN = r"^[A-Z]{3}$"
SERVICE_PATTERN = r"^[0-9]{3}$"
HOUSE = "house"

_NUMBER = re.compile(r"[0-9]{6,18}", re.ASCII)
_OPERATOR = re.compile(OPERATOR_PATTERN, re.ASCII)
_STRONG_REFERENCE = re.compile(r"[A-Z0-9]{12,35}", re.ASCII)
_BANKS_NUMBER = re.compile(r"(?<![A-Z0-9])([A-Z]{4})[A-Z]?([0-9]+)", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_SHORTEST_DEPOSIT_NUMBER = 10
_DIGIT_RUNS = re.compile(r"[0-9]{10,}", re.ASCII)
_CUT_RTGS = re.compile(r"(?:[A-Z]{4})?R[0-9]20[0-9]{6}[0-9]{0,7}", re.ASCII)
_FEWEST_DIGITS = 6


@dataclass(frozen=True)
class _InBook:
    """A thing numbered within a book. Its id is the book, a hyphen, a letter for what it is, and the number."""

    book: str
    number: int

    LETTER = ""

    def __str__(self) -> str:
        return f"{self.book}-{self.LETTER}{self.number:06d}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the id that *text* spells.

        Raises:
            ValueError: it is not the canonical spelling of such an id.
        """
        book, _, rest = text.rpartition("-")
        digits = rest.removeprefix(cls.LETTER)
        known_book = bool(_OPERATOR.fullmatch(book)) or book == HOUSE
        if not known_book or not rest.startswith(cls.LETTER) or not _NUMBER.fullmatch(digits):
            raise ValueError(f"not an id of the form BOOK-{cls.LETTER}000001")
        found = cls(book, int(digits))
        if str(found) != text or found.number == 0:
            raise ValueError("not the canonical spelling of an id")
        return found


@dataclass(frozen=True)
class EntryId(_InBook):
    """An entry's place: its book (an operator code, or ``house``) and its number there: ``BSKOP0071010-000123``."""


@dataclass(frozen=True)
class DebitId(_InBook):
    """A debit or hold of a wallet: ``BSKOP0071010-D000017``."""

    LETTER = "D"


@dataclass(frozen=True)
class CreditId(_InBook):
    """An advised credit of a wallet: ``BSKOP0071010-C000003``."""

    LETTER = "C"


@dataclass(frozen=True)
class ClaimId(_InBook):
    """An operator's claim of a deposit: ``BSKOP0071010-L000002``."""

    LETTER = "L"


def wallet_account(operator: OperatorCode) -> AccountCode:
    """Return the account of an operator's wallet."""
    return AccountCode(f"wallet:{operator}")


def department_account(department: DepartmentCode, service: ServiceCode) -> AccountCode:
    """Return the account into which payments for a department's service are collected."""
    return AccountCode(f"department:{department}:{service}")


def written_reference(text: str) -> str:
    """Return a bank reference as it is kept: upper case, without blanks, hyphens, slashes, or a text guard in front.

    Source: domain facts A0 (guards ``'`` and ``_`` put before references by spreadsheets).
    """
    return re.sub(r"[\s/\-]", "", text.strip().lstrip("'_")).upper()


def deposit_number(machine: str | None, sequence: str | None) -> str | None:
    """Return the digits of a deposit machine and of its sequence in one; None where they do not identify a deposit.

    Source: domain facts A1.6 (``CSH DEP (CDM)-9990012345 8574``): together they are as good as a reference, if there
    are ten digits or more.
    """
    digits = "".join(_DIGITS.findall(f"{machine or ''} {sequence or ''}"))
    return digits if len(digits) >= _SHORTEST_DEPOSIT_NUMBER else None


def number_of_day(number: str, day: date) -> str:
    """Return what identifies a deposit by a machine's number: the sequence has four digits and comes round again."""
    return f"{number}@{day}"


def undated(number: str) -> str:
    """Return a number without the day that `number_of_day` gave it."""
    return number.partition("@")[0]


def strong_reference(text: str) -> str | None:
    """Return the form in which two spellings of one bank reference agree; None where *text* cannot identify a deposit.

    A reference is strong with 12 to 35 letters and digits, six of them digits, or a run of ten digits or more. Sources
    drop the bank's prefix (``HDFCR52025…`` and ``R52025…``), so its longest run of ten or more digits stands for it
    where there is one. Words name no deposit (``BSK WALLET TOPUP``), nor does one digit again and again; and an RTGS
    number that a narrow field cut off behind its date names all of its bank's of that day.
    Source: domain facts A7 (matching UTRs; never on eight trailing digits alone; an RTGS number has 22 characters).
    """
    reference = written_reference(text)
    if _CUT_RTGS.fullmatch(reference):
        return None
    runs: list[str] = [run for run in _DIGIT_RUNS.findall(reference) if _differ(run)]
    if runs:
        return max(runs, key=len)
    digits = "".join(_DIGITS.findall(reference))
    is_strong = _STRONG_REFERENCE.fullmatch(reference) and len(digits) >= _FEWEST_DIGITS and _differ(digits)
    return reference if is_strong else None


def banks_differ(digits: str, one: str, other: str) -> bool:
    """Say whether two texts show the same *digits* behind the letters of two banks, as `banks_differ` in SQL does.

    Sources drop a bank's letters, so a text without them may be either's. Source: domain facts A7.
    """
    if one in other or not digits.isdecimal():
        return False
    first, second = _banks_of(digits, one), _banks_of(digits, other)
    return bool(first and second) and first.isdisjoint(second)


def _banks_of(digits: str, text: str) -> set[str]:
    """Return the banks whose letters stand before digits in a text."""
    return {bank for bank, found in _BANKS_NUMBER.findall(text.replace("\n", "").upper()) if found == digits}


def _differ(digits: str) -> bool:
    return len(set(digits)) > 1
