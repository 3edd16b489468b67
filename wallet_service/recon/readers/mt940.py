"""SWIFT's MT940: messages of tagged fields, one for each statement of an account or page of one.

The parser is our own: the `mt-940` library gives a reversed credit a positive sign, and a strict reader of so small a
grammar is shorter than the proofs it would need around another's. Source: domain facts A3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import pairwise

from wallet_service.recon.readers import cells, running, text
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.mt940_fields import (
    Balance,
    BookedLine,
    Field,
    balance,
    booked_line,
    messages,
    narration,
)
from wallet_service.recon.readers.refusals import Refusals, unreadable
from wallet_service.recon.readers.running import Movement, Part
from wallet_service.recon.readers.sbi_rows import MOST_ROWS
from wallet_service.recon.readers.text import Text, damaged_lines
from wallet_service.recon.statements import Direction, Statement

_START = re.compile(r"\s*\{1:F[0-9]{2}|(?:[^\r\n]*[\r\n]){0,40}:20:")
_MT942 = re.compile(r"\{2:[IO]942")
_NUMBER = re.compile(r"([0-9]{1,15})(?:/([0-9]{1,5}))?")
_PASSED_OVER = {"20", "21", "64", "65", "NS"}
_AFTER_THE_CLOSING = {"64", "65"}
_SHORTEST_CUT_REFERENCE = 10
_MOST_NARRATIONS = 10
_BRING = "Download the statement of whole days as MT940, or as text from SBI's internet banking."


@dataclass(slots=True)
class _Page:
    """What one message has told so far."""

    row: int
    refusals: Refusals
    account_number: str | None = None
    number: str | None = None
    page: int = 1
    opening: Balance | None = None
    closing: Balance | None = None
    first: bool = True
    last: bool = True
    before: str = ""
    lines: list[tuple[Field, list[Field]]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return what a clerk finds the message by."""
        return f"Statement {self.number or ''}/{self.page} (line {self.row})"


def fits(content: str) -> bool:
    """Tell whether a file's letters begin as MT940 or MT942 do: by their first block, or with a line ``:20:``."""
    return bool(_START.match(content[:4_000].lstrip("\ufeff")))


def read(written: Text, *, today: date) -> Statement:
    """Return the statement that the messages of a file tell, proved by its opening and closing balances.

    Raises:
        FileNotReadable: it is no such file, its account or pages do not fit, or any line of it cannot be relied on.
    """
    lines = text.lines(written.content)
    refusals = Refusals()
    for number, reason in damaged_lines(enumerate(lines, start=1)):
        refusals.add(number, lines[number - 1], reason)
    refusals.settle()
    try:
        found = messages(lines)
        _refuse_mt942(written, found)
        if sum(each.tag == "61" for fields in found for each in fields) > MOST_ROWS:
            raise Unreadable(f"The file has more than {MOST_ROWS:,} booked lines. Download a shorter period.")
        pages = [_page(fields, refusals) for fields in found]
        parts = [part for page in pages if (part := _part(page))]
        refusals.settle()
        _prove_pages(pages)
        return running.statement(parts, refusals, today=today, encoding=written.encoding, form="mt940")
    except Unreadable as error:
        raise unreadable(str(error)) from error


def _refuse_mt942(written: Text, found: Sequence[Sequence[Field]]) -> None:
    if _MT942.search(written.content) or any(each.tag == "34F" for fields in found for each in fields):
        raise Unreadable(
            f"This is an MT942 of the day under way: it only announces, and has no closing balance. {_BRING}"
        )


def _page(fields: Sequence[Field], refusals: Refusals) -> _Page:
    page = _Page(fields[0].row, refusals)
    for each in fields:
        refusals.attempt(each.row, each.text, partial(_take, page, each))
        page.before = each.tag
    return page


def _take(page: _Page, told: Field) -> None:
    """Take the next field of a message.

    Raises:
        Unreadable: it cannot be relied on, stands twice, or in another place than a message has it.
    """
    match told.tag:
        case "25" | "25P" if page.account_number is None:
            page.account_number = cells.account_number(told.lines[0].rpartition("/")[2].strip().removesuffix("INR"))
        case "28C" | "28" if page.number is None:
            page.number, page.page = _numbered(told)
        case "60F" | "60M" if page.opening is None and page.closing is None:
            page.opening, page.first = balance(told), told.tag == "60F"
        case "61" if page.opening is not None and page.closing is None:
            page.lines.append((told, []))
        case "86" if page.before in {"61", "86", "NS"} and page.lines and page.closing is None:
            if len(page.lines[-1][1]) >= _MOST_NARRATIONS:
                raise Unreadable(f"a booked line has more than {_MOST_NARRATIONS} of :86:")
            page.lines[-1][1].append(told)
        case "86" if page.closing is not None:
            pass  # It is about the statement, and of no line.
        case "62F" | "62M" if page.opening is not None and page.closing is None:
            page.closing, page.last = balance(told), told.tag == "62F"
        case tag if tag in _PASSED_OVER and (page.closing is not None or tag not in _AFTER_THE_CLOSING):
            pass
        case _:
            raise Unreadable(f":{told.tag}: stands twice, in a wrong place, or is no field of a statement")


def _numbered(told: Field) -> tuple[str, int]:
    found = _NUMBER.fullmatch(told.lines[0].strip())
    if not found:
        raise Unreadable("this is no number of a statement, such as 92/1")
    return found[1], int(found[2] or 1)


def _part(page: _Page) -> Part | None:
    """Return what a message tells, or None where a field of it has been refused.

    Raises:
        Unreadable: it lacks its account, its number, or a balance.
    """
    movements = [
        _movement(told, line, notes)
        for told, notes in page.lines
        if (line := page.refusals.attempt(told.row, told.text, partial(booked_line, told)))
    ]
    if page.refusals.count:
        return None
    if page.account_number is None or page.number is None or page.opening is None:
        raise Unreadable(f"{page.name} does not say its account (:25:), number (:28C:) or opening balance (:60F:).")
    if page.closing is None:
        raise Unreadable(f"{page.name} has no closing balance (:62F:): the file was cut. Download it again.")
    opening, closing = page.opening, page.closing
    return Part(
        page.name, page.account_number, opening.amount, opening.day, closing.amount, closing.day, tuple(movements)
    )


def _movement(told: Field, line: BookedLine, notes: Sequence[Field]) -> Movement:
    """Return a line with its words: the narration, what stands below the ``:61:``, and that it is a reversal."""
    words = [*(narration(note) for note in notes), line.supplement]
    if line.reversal:
        words.append("REVERSAL OF DEBIT" if line.direction is Direction.INFLOW else "REVERSAL OF CREDIT")
    description = " ".join(word for word in words if word)
    return Movement(
        row=told.row,
        booked_on=line.booked_on,
        value_date=line.value_date,
        direction=line.direction,
        amount=line.amount,
        description=description,
        reference=_whole_reference(line.reference, description),
    )


def _whole_reference(reference: str, description: str) -> str:
    """Return a reference whole: sixteen letters hold no RTGS number, and what is left of it names all of a day's."""
    if len(reference) < _SHORTEST_CUT_REFERENCE:
        return reference
    whole = (word for text in (description, description.replace("\n", "")) for word in text.split())
    return max((word for word in whole if word.startswith(reference)), key=len, default=reference)


def _prove_pages(pages: Sequence[_Page]) -> None:
    """Raise Unreadable where a page is missing: each that does not close its statement is followed by the next."""
    if not pages[0].first:
        raise Unreadable(f"{pages[0].name} goes on from a page before it, which is missing. {_BRING}")
    if not pages[-1].last:
        raise Unreadable(f"{pages[-1].name} is not the last page of its statement: the rest is missing. {_BRING}")
    for page, after in pairwise(pages):
        if page.last != after.first:
            raise Unreadable(f"Between {page.name} and {after.name} a page is missing. {_BRING}")
        if not page.last and (after.number, after.page) != (page.number, page.page + 1):
            raise Unreadable(f"{after.name} is not the page that follows {page.name}. {_BRING}")
