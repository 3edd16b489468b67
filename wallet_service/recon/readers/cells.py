"""One cell of a bank's text file: an amount, a balance, a day, a reference. Nothing is guessed and nothing is rounded.

Source of the spellings: domain facts A0, A1.1 and A1.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from wallet_service.money import Paise, paise_of_decimal


class Unreadable(ValueError):
    """A cell, row or file says nothing that can be relied on; the message is a sentence for the clerk."""


_NOTHING = {"", "-", "--"}
_MONEY = re.compile(
    r"(?P<open>\()?(?P<minus>-)?(?:₹|INR|RS\.?)?(?P<digits>[0-9.,]+)(?P<close>\))?(?:(?P<side>DR|CR)\.?)?",
    re.IGNORECASE,
)
_INDIAN = r"[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3}"
_WESTERN = r"[0-9]{1,3}(?:,[0-9]{3})+"
_FIGURE = re.compile(rf"(?:[0-9]{{1,13}}|{_INDIAN}|{_WESTERN})(?:\.[0-9]{{1,17}})?")
_PLAIN = re.compile(rf"(?:[0-9]{{1,13}}|{_INDIAN})\.[0-9]{{2}}")
_LONGEST_FIGURE = 30
_EXPONENT = re.compile(r"[0-9][0-9.,]*[eE][+-]?[0-9]{1,3}")

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"), ("feb", "february"), ("mar", "march"), ("apr", "april"), ("may",), ("jun", "june"),
            ("jul", "july"), ("aug", "august"), ("sep", "sept", "september"), ("oct", "october"),
            ("nov", "november"), ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
_NAMED_DAY = re.compile(r"([0-9]{1,2})[ -]?([A-Za-z]{3,9})[ -]?([0-9]{4}|[0-9]{2})")
_NUMBERED_DAY = re.compile(r"([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4})")


@dataclass(frozen=True, slots=True)
class _Figure:
    """A number as a cell shows it: its size, whether it is marked as negative, and ``DR`` or ``CR`` behind it."""

    size: Paise
    negative: bool
    side: str


def unguarded(cell: str) -> str:
    """Return a cell without the ``'`` or ``_`` that spreadsheets put before text, and without blanks around it."""
    return " ".join(cell.split()).lstrip("'_").strip()


def amount(cell: str, *, column: str) -> Paise | None:
    """Return the paise of a debit or credit cell, or None where it holds no amount (blank, a dash, or zero).

    *column* is ``"debit"`` or ``"credit"``: a ``Dr`` or ``Cr`` behind the number must agree with it.

    Raises:
        Unreadable: it is not a number, is negative, has a fraction of a paisa, or belongs to the other column.
    """
    figure = _figure(cell)
    if figure is None or figure.size == 0:
        return None
    if figure.negative:
        raise Unreadable(f"the {column} {_quoted(cell)} is negative")
    if figure.side and figure.side != {"debit": "DR", "credit": "CR"}[column]:
        raise Unreadable(f"the {column} {_quoted(cell)} is marked {figure.side.title()}")
    return figure.size


def balance(cell: str) -> Paise | None:
    """Return the paise of a balance cell, below zero where it is marked ``Dr``, ``-`` or by parentheses.

    A blank cell gives None.

    Raises:
        Unreadable: it is not a number, or has a fraction of a paisa.
    """
    figure = _figure(cell)
    if figure is None:
        return None
    if figure.negative and figure.side:
        raise Unreadable(f"{_quoted(cell)} is marked as negative and as {figure.side.title()}")
    return Paise(-figure.size) if figure.negative or figure.side == "DR" else figure.size


@lru_cache(maxsize=1024)
def day(cell: str) -> date:
    """Return the day that a cell names, day before month.

    Forms: ``2 Apr 2026``, ``10 Sep2019``, ``02-Apr-26``, ``02/04/2026``, ``02-04-2026``.

    Raises:
        Unreadable: it names no day of the calendar in one of these forms.
    """
    text = unguarded(cell)
    if not text:
        raise Unreadable("there is no date")
    if named := _NAMED_DAY.fullmatch(text):
        month = _MONTHS.get(named[2].lower(), 0)
        year = int(named[3]) + (2000 if len(named[3]) == 2 else 0)
        number = int(named[1])
    elif numbered := _NUMBERED_DAY.fullmatch(text):
        number, month, year = int(numbered[1]), int(numbered[3]), int(numbered[4])
    else:
        raise Unreadable(f"{_quoted(cell)} is not a date such as 2 Apr 2026 or 02/04/2026")
    try:
        return date(year, month, number)
    except ValueError as error:
        raise Unreadable(f"{_quoted(cell)} is no day of the calendar") from error


def reference(cell: str) -> str:
    """Return a reference as text, leading zeros kept; empty where it is blank, a dash, or was damaged by a spreadsheet.

    ``4.90E+12`` has lost its digits for good: the row is kept, its reference is not. Source: domain facts A0.
    """
    text = unguarded(cell)
    if not text.strip("-/ ") or _EXPONENT.fullmatch(text):
        return ""
    return text


def account_number(cell: str) -> str:
    """Return the eleven digits of an SBI account, which statements show with six zeros before them.

    Raises:
        Unreadable: it is anything else; a check digit is not published, so none is tested. Source: domain facts A7.
    """
    text = unguarded(cell).replace(" ", "")
    if _EXPONENT.fullmatch(text):
        raise Unreadable(f"the account number {_quoted(cell)} was rewritten by a spreadsheet and has lost digits")
    if not re.fullmatch(r"(?:000000)?[1-9][0-9]{10}", text):
        raise Unreadable(f"the account number {_quoted(cell)} does not have eleven digits")
    return text[-11:]


def branch(cell: str) -> str | None:
    """Return a branch code with its five digits, ``00091`` for ``91``; None where the cell holds none."""
    text = unguarded(cell)
    return text.zfill(5) if re.fullmatch(r"[0-9]{1,5}", text) else None


def _figure(cell: str) -> _Figure | None:
    text = unguarded(cell).replace(" ", "")
    if text in _NOTHING:
        return None
    if len(text) <= _LONGEST_FIGURE and _PLAIN.fullmatch(text):  # Nearly every figure is, and the rest takes long.
        return _Figure(Paise(int(text.replace(",", "").replace(".", ""))), False, "")
    if _EXPONENT.fullmatch(text):
        raise Unreadable(f"{_quoted(cell)} was rewritten by a spreadsheet and has lost digits")
    money = _MONEY.fullmatch(text) if len(text) <= _LONGEST_FIGURE else None
    if not money or not _FIGURE.fullmatch(money["digits"]) or bool(money["open"]) != bool(money["close"]):
        raise Unreadable(f"{_quoted(cell)} is not an amount")
    try:
        size = paise_of_decimal(Decimal(money["digits"].replace(",", "")))
    except ValueError as error:
        raise Unreadable(f"{_quoted(cell)} has a fraction of a paisa") from error
    return _Figure(size, bool(money["open"] or money["minus"]), (money["side"] or "").upper())


def _quoted(cell: str) -> str:
    shown = cell if len(cell) <= 40 else cell[:40] + "…"
    return f"“{shown}”"
