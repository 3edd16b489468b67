"""The reconciliation statement as a page of text that a clerk prints: 80 columns, figures under one another."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import date
from typing import Any

from wallet_service.dates import INDIA
from wallet_service.money import Paise, paise, rupees_for_people
from wallet_service.recon.report import Reconciliation

WIDTH = 80
_MONEY = 19
_LINE = "-" * WIDTH


def as_page(made: Reconciliation) -> str:
    """Return a version of a day's statement as text: its title, parts A and B, the open items, whether it agrees."""
    return "\n".join(line.rstrip() for line in _lines(made)) + "\n"


def _lines(made: Reconciliation) -> Iterator[str]:
    statement = made.statement
    drawn = made.made_at.astimezone(INDIA)
    yield f"RECONCILIATION STATEMENT OF {made.day:%d/%m/%Y}".ljust(WIDTH - 26) + made.state.upper().rjust(26)
    yield f"Version {made.version}, drawn up by {made.made_by} on {drawn:%d/%m/%Y} at {drawn:%H:%M}, by value date"
    for bank in statement["part_a"]:
        yield from _part_a(bank)
    if not statement["part_a"]:
        yield from ("", "A. No bank account has a number yet: no statement was released.")
    yield from _part_b(statement["part_b"])
    for account in statement["part_b"]["open_items"]:
        yield from _open_items(account)
    yield from ("", "It agrees." if statement["agrees"] else "IT DOES NOT AGREE: look at the differences above.")
    yield from ("", "", "Drawn up by _____________________________   Seen by ____________________________")


def _part_a(bank: dict[str, Any]) -> Iterator[str]:
    covered = f"covered to {_day(bank['covered_to'])}" if bank["covered_to"] else "no statement yet"
    yield from ("", f"A. THE BANK: bank:{bank['bank_account']} ({covered})", _LINE)
    yield _row("Closing balance of the statement", bank["statement_closing"])
    for line in bank["lines_not_yet_posted"]:
        number = f"line {line['line']}, " if line["line"] else ""
        yield from _long_row(
            f"  not yet posted: {number}{_day(line['booked_on'])}, {line['description']}", _negative(line["amount"])
        )
    yield from (_LINE, _row("Bank per books", bank["bank_per_books"]), _row("Difference", bank["difference"]))


def _part_b(part: dict[str, Any]) -> Iterator[str]:
    yield from ("", "B. WHAT THERE IS, AND WHAT IS OWED", _LINE)
    yield _row("Bank per books", part["bank_per_books"])
    yield "Owed to the scheme"
    for each in part["owed_to_the_scheme"]:
        yield _row(f"  {each['account']}", each["amount"])
    yield from (_LINE, _row("Bank, and owed to the scheme", part["bank_and_owed_to_the_scheme"]), "")
    yield "Owed by the scheme"
    for each in part["owed_by_the_scheme"]:
        yield _row(f"  {each['account']}", each["amount"])
    yield from (_LINE, _row("Owed by the scheme, in all", part["total_owed_by_the_scheme"]))
    yield _row("Difference", part["difference"])


def _open_items(account: dict[str, Any]) -> Iterator[str]:
    items = account["items"]
    many = "no open item" if not items else "1 open item" if len(items) == 1 else f"{len(items):,} open items"
    yield from ("", f"Open items of {account['account']}: {many}")
    if items:
        yield _LINE
    for item in items:
        days = "1 day" if item["age_days"] == 1 else f"{item['age_days']} days"
        reference = f", {item['reference']}" if item["reference"] else ""
        yield from _long_row(f"{item['item']}{reference}, since {_day(item['since'])} ({days})", item["amount"])
        yield from textwrap.wrap(item["words"], WIDTH, initial_indent="    ", subsequent_indent="    ")
    if items:
        yield from (_LINE, _row("In all", account["amount"]))
    if account["difference"] != "0.00":
        yield _row("NOT EXPLAINED BY ITS ITEMS", account["difference"])


def _row(words: str, amount: str) -> str:
    """Return words and their amount; dots lead the eye from one to the other."""
    return f"{words} ".ljust(WIDTH - _MONEY, ".") + f" {_people(amount)}".rjust(_MONEY, ".")


def _long_row(words: str, amount: str) -> Iterator[str]:
    """Yield the lines of words that may be long, the amount on the last."""
    indent = " " * (len(words) - len(words.lstrip()) + 2)
    *before, last = textwrap.wrap(words, WIDTH - _MONEY - 2, subsequent_indent=indent, break_on_hyphens=False) or [""]
    yield from before
    yield _row(last, amount)


def _day(written: str) -> str:
    return f"{date.fromisoformat(written):%d/%m/%Y}"


def _negative(amount: str) -> str:
    return amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"


def _people(amount: str) -> str:
    """Return an amount of the statement, a string of rupees that may be below zero, as people read it."""
    sign = -1 if amount.startswith("-") else 1
    return rupees_for_people(Paise(sign * paise(amount.removeprefix("-"))))
