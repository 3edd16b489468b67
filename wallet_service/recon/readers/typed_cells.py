"""One cell as a profile reads it: a text, a reference, an amount, a day. Nothing is guessed and nothing is rounded.

Source of the spellings: domain facts A0 (amounts, text guards, damage by spreadsheets) and A2.1 (padded amounts).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import TypeAlias

from wallet_service.dates import business_day
from wallet_service.identifiers import OPERATOR_PATTERN, OperatorCode
from wallet_service.money import Paise
from wallet_service.recon.readers import cells
from wallet_service.recon.readers.cells import Unreadable, unguarded
from wallet_service.recon.readers.declaration import Field, Read

Value: TypeAlias = str | int | date | datetime

_LONGEST_TEXT = 500
_LARGEST = 10**15
_NUMBER = re.compile(r"[0-9]{1,16}", re.ASCII)
_PADDING = re.compile(r"^0+(?=[0-9])")
_CONTROL = {"Cc", "Cf", "Cs"}


class Damaged(Unreadable):
    """A row says something, and its reference was lost on the way: it is listed apart."""


def value(field: Field, cell: str, *, today: date) -> Value | None:
    """Return what a field's cell says; amounts in paise, days of India; None where an optional cell is blank.

    Raises:
        Damaged: a spreadsheet has rewritten its reference.
        Unreadable: it is blank and must not be, or says something else than the profile declares.
    """
    if field.always is not None:
        return field.always
    plain = text(cell)
    if not plain.strip("-/ "):
        if field.optional:
            return None
        raise Unreadable(f"its {field.name} is blank")
    if field.one_of and plain not in field.one_of:
        raise Unreadable(f"its {field.name} is “{plain[:40]}”, and can only be {', '.join(field.one_of[:20])}")
    if field.pattern is not None:
        moment = field.pattern.read(cell)
        if business_day(moment) > today:
            raise Unreadable(f"its {field.name}, {moment:%d/%m/%Y}, has not come yet")
        return moment if field.read is Read.MOMENT else moment.date()
    if field.read in {Read.RUPEES, Read.PAISE}:
        return money(cell, field.read)
    if field.read is Read.REFERENCE and not cells.reference(cell):
        raise Damaged(f"Its {field.name} “{plain[:40]}” was rewritten by a spreadsheet and has lost digits.")
    return plain


def text(cell: str) -> str:
    """Return a cell without text guards, blanks around it, and letters that do not show."""
    shown = unguarded(cell)
    if not shown.isprintable():
        shown = "".join(each for each in shown if unicodedata.category(each) not in _CONTROL)
    return shown[:_LONGEST_TEXT]


def money(cell: str, read: Read) -> Paise:
    """Return the paise of a cell of rupees, or of paise.

    Raises:
        Unreadable: it is no amount above zero.
    """
    plain = _PADDING.sub("", unguarded(cell))
    amount = Paise(number(plain)) if read is Read.PAISE else cells.balance(plain)
    if amount is None or not 0 < amount < _LARGEST:
        raise Unreadable(f"“{cell[:40]}” is not an amount above zero")
    return amount


def number(cell: str) -> int:
    """Return a whole number written in digits.

    Raises:
        Unreadable: it is anything else.
    """
    plain = unguarded(cell)
    if not _NUMBER.fullmatch(plain):
        raise Unreadable(f"“{cell[:40]}” is not a whole number")
    return int(plain)


def operator(code: str) -> OperatorCode | None:
    """Return an operator code; None where the text can be none."""
    plain = text(code).upper()
    return OperatorCode(plain) if re.fullmatch(OPERATOR_PATTERN, plain, re.ASCII) else None
