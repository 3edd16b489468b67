"""What SBI writes around the rows of a statement: the account, the period, the balances.

Source of the labels: domain facts A1.1 and A1.2. Their number and order are not fixed, so each is found by its label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from wallet_service.money import Paise
from wallet_service.recon.readers import cells
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.refusals import Refusals, Value
from wallet_service.recon.readers.text import Row

_PERIOD = re.compile(r"(?:account )?statement (?:from|for the period)\s?:? ?(?:from )?(\S.*?) to (\S.*)", re.IGNORECASE)
_LABELS = {
    "account": re.compile(r"account (?:number|no\.?)"),
    "first": re.compile(r"(?:start|from) date"),
    "last": re.compile(r"(?:end|to) date"),
    "opening": re.compile(r"(?:opening )?balance (?:as )?on\b.*|opening balance\b.*"),
    "closing": re.compile(r"closing balance\b.*"),
    "book": re.compile(r"book balance\b.*"),
    "downloaded": re.compile(r"date"),
    "currency": re.compile(r"currency"),
}
_REQUIRED = {
    "account": "the account number (“Account Number”)",
    "opening": "the opening balance (“Balance on …” or “Opening Balance”)",
    "first": "the first day of the period (“Account Statement from … to …” or “Start Date”)",
    "last": "the last day of the period (“Account Statement from … to …” or “End Date”)",
}
_TIME = re.compile(r" [0-9]{1,2}:[0-9]{2}.*")
_RUPEES = {"INR", "RS", "RS.", "₹", "RUPEE", "RUPEES", "INDIAN RUPEE", "INDIAN RUPEES"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label that was understood: which fact it gives, its value as written, and its row."""

    fact: str
    value: str
    row: Row


@dataclass(frozen=True, slots=True)
class Preamble:
    """The facts stated around the rows; a fact that is absent or unreadable is None and has been noted as a refusal."""

    account_number: str | None
    first: date | None
    last: date | None
    opening: Paise | None


def labelled(row: Row) -> Labelled | None:
    """Return the fact that a ``label : value`` row gives, or None where it gives none that matters."""
    if period := _PERIOD.fullmatch(row.text):
        return Labelled("period", f"{period[1]}\t{period[2]}", row)
    first = next((cell for cell in row.cells if cell), "")
    before, colon, after = row.text.partition(":")
    label, value = (before, after) if colon else (first, row.text[len(first) :])
    label = re.sub(r"\([^()]*\)", "", label).strip().lower()
    fact = next((fact for fact, pattern in _LABELS.items() if pattern.fullmatch(label)), None)
    return Labelled(fact, value.strip(), row) if fact and value.strip() else None


def read(rows: Iterable[Row], header: Row, refusals: Refusals, *, today: date) -> Preamble:
    """Return what the rows before the titles state; what is missing or wrong is noted in *refusals*."""
    before = list(rows)
    _require_facts([found for row in before if (found := labelled(row))], header, refusals)
    return read_what_is_stated(before, header, refusals, today=today)


def read_what_is_stated(rows: Iterable[Row], header: Row, refusals: Refusals, *, today: date) -> Preamble:
    """Return what the rows before the titles state, be it nothing; what is wrong is noted in *refusals*."""
    stated = [found for row in rows if (found := labelled(row))]
    _require_rupees(stated, refusals)
    account = _one(stated, "account", cells.account_number, refusals)
    opening = _one(stated, "opening", _stated_balance, refusals)
    first = _one(stated, "first", cells.day, refusals)
    last = _one(stated, "last", cells.day, refusals)
    if period := _one(stated, "period", _two_days, refusals):
        if (first or period[0], last or period[1]) != period:
            refusals.add(header.number, header.text, "the file states two different periods")
        first, last = period
    if first and last and not first <= last <= today:
        what = "ends before it begins" if first > last else f"ends on {last:%d/%m/%Y}, which has not come yet"
        refusals.add(header.number, header.text, f"the period {what}")
    return Preamble(account, first, last, opening)


def closing(rows: Iterable[Row], last: date, refusals: Refusals, *, today: date) -> list[tuple[Row, Paise]]:
    """Return the balances with which the last row must agree, each with the row that states it.

    A ``Book Balance`` is that of the moment of the download, so it binds only if that was on the period's last day.
    """
    stated = [found for row in rows if (found := labelled(row))]
    downloaded = {_day_or_none(found.value) for found in stated if found.fact == "downloaded"} or {today}
    binding = {"closing", "book"} if last in downloaded else {"closing"}
    balances: list[tuple[Row, Paise]] = []
    for label in stated:
        if label.fact in binding:
            value = refusals.attempt(label.row.number, label.row.text, partial(_stated_balance, label.value))
            if value is not None:
                balances.append((label.row, value))
    return balances


def _require_rupees(stated: list[Labelled], refusals: Refusals) -> None:
    for found in stated:
        if found.fact == "currency" and found.value.upper() not in _RUPEES:
            reason = f"the account is kept in {found.value[:20]}; only accounts in Indian rupees are read"
            refusals.add(found.row.number, found.row.text, reason)


def _require_facts(stated: list[Labelled], header: Row, refusals: Refusals) -> None:
    present = {label.fact for label in stated}
    if "period" in present:
        present |= {"first", "last"}
    for fact, words in _REQUIRED.items():
        if fact not in present:
            refusals.add(header.number, header.text, f"before the titles there is no line with {words}")


def _one(stated: list[Labelled], fact: str, read_value: Callable[[str], Value], refusals: Refusals) -> Value | None:
    """Return the one value stated for a fact; two that differ are a refusal."""
    found: Value | None = None
    for label in stated:
        if label.fact != fact:
            continue
        value = refusals.attempt(label.row.number, label.row.text, partial(read_value, label.value))
        if value is not None and found is not None and value != found:
            refusals.add(label.row.number, label.row.text, "the file states this twice, and differently")
        found = value if found is None else found
    return found


def _two_days(value: str) -> tuple[date, date]:
    first, _, last = value.partition("\t")
    return cells.day(first), cells.day(last)


def _stated_balance(value: str) -> Paise:
    balance = cells.balance(value)
    if balance is None:
        raise Unreadable("there is no amount behind this label")
    return balance


def _day_or_none(value: str) -> date | None:
    try:
        return cells.day(_TIME.sub("", value))
    except Unreadable:
        return None
