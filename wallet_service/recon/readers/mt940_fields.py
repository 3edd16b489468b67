"""The fields of an MT940 message: what its tags hold, from letters to days and paise.

Source of every form: domain facts A3 (SWIFT's user handbook as Indian and European banks write it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from wallet_service.money import Paise
from wallet_service.recon.readers import pace
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.sbi_rows import MOST_LINES
from wallet_service.recon.statements import Direction

_TAG = re.compile(r":([0-9]{2}[A-Z]?|NS):(.*)")
_HEADER = re.compile(r"^\s*\{1:.*?\{4:")
_TRAILER = re.compile(r"-(?:\}.*)?")
_BETWEEN_MESSAGES = re.compile(r"(?:\$|\{.*)?")

_FIGURE = re.compile(r"([0-9]{1,13})(?:,([0-9]{0,2}))?")
_BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})([0-9,]+)")
_LINE = re.compile(
    r"(?P<value>[0-9]{6})(?P<entry>[0-9]{4})?(?P<mark>R?[CD])(?P<funds>[A-Z])?(?P<amount>[0-9][0-9,]*)"
    r"(?P<type>[NFS][A-Z0-9]{3})(?P<references>.*)"
)
_BREAK_BETWEEN_WORDS = re.compile(r"[ \t]+\n\s*|\n\s+")
_RUPEES = "INR"
_MOST_LINES_OF_A_FIELD = 60
_NO_REFERENCE = "NONREF"
_HALF_A_YEAR = 183


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the line of the file on which it starts, counted from 1, its tag, and its lines without the tag."""

    row: int
    tag: str
    lines: list[str]

    @property
    def text(self) -> str:
        """Return the field as the file shows it, its lines joined by blanks."""
        return f":{self.tag}:{' '.join(self.lines)}"


@dataclass(frozen=True, slots=True)
class Balance:
    """An opening or closing balance and its day; below zero where it is marked ``D``."""

    day: date
    amount: Paise


@dataclass(frozen=True, slots=True)
class BookedLine:
    """What a ``:61:`` says. *reversal* tells that it takes back another; *direction* is its effect already.

    *supplement* is what the bank wrote on the line below it.
    """

    booked_on: date
    value_date: date
    direction: Direction
    reversal: bool
    amount: Paise
    reference: str
    supplement: str


def messages(lines: Sequence[str]) -> list[list[Field]]:
    """Return the fields of each message; each begins with a ``:20:``. Blocks around one may be there or not.

    Raises:
        Unreadable: there is none, something stands between two, or a field before the first.
    """
    found: list[list[Field]] = []
    inside = False
    if len(lines) > MOST_LINES:
        raise Unreadable(f"The file has more than {MOST_LINES:,} lines. Download a shorter period.")
    for row, written in enumerate(lines, start=1):
        pace.reached(row)
        line = _HEADER.sub("", written)
        tag = _TAG.match(line)
        if tag and tag[1] == "20":
            found.append([])
            inside = True
        if inside and tag:
            found[-1].append(Field(row, tag[1], [tag[2]]))
        elif inside and _TRAILER.fullmatch(line.rstrip()):
            inside = False
        elif inside:
            _go_on(found[-1][-1], line)
        elif tag or (found and not _BETWEEN_MESSAGES.fullmatch(line.strip())):
            raise Unreadable(f"Line {row} stands outside of a message: the file was cut or put together by hand.")
    if not found:
        raise Unreadable("The file begins like an MT940 and holds no message: it was cut. Download it again.")
    return found


def _go_on(field: Field, line: str) -> None:
    if len(field.lines) >= _MOST_LINES_OF_A_FIELD:
        raise Unreadable(
            f"The field :{field.tag}: of line {field.row} goes on for more than {_MOST_LINES_OF_A_FIELD} lines."
        )
    field.lines.append(line)


def balance(field: Field) -> Balance:
    """Return what a ``:60F:``, ``:60M:``, ``:62F:`` or ``:62M:`` says. A missing comma means whole rupees.

    Raises:
        Unreadable: it is no balance, or not in Indian rupees.
    """
    found = _BALANCE.fullmatch("".join(field.lines).strip())
    if not found:
        raise Unreadable("this is no balance, such as C260402INR759441,00")
    if found[3] != _RUPEES:
        raise Unreadable(f"the account is kept in {found[3]}; only accounts in Indian rupees are read")
    size = _figure(found[4])
    return Balance(_day(found[2]), Paise(-size) if found[1] == "D" else size)


def booked_line(field: Field) -> BookedLine:
    """Return what a ``:61:`` says.

    The letter after ``C`` or ``D`` is the third of the currency: ``CR`` is a credit in INR, never a reversal; reversals
    are ``RC``, by which money goes out, and ``RD``, by which it comes in.

    Raises:
        Unreadable: it has another form, names no day of the calendar, or moves nothing.
    """
    found = _LINE.fullmatch(field.lines[0].strip())
    if not found:
        raise Unreadable("this is no line of a statement, such as 2604020402CR35000,00NTRFNONREF//S9001")
    if found["funds"] and found["funds"] != _RUPEES[2]:
        raise Unreadable(f"the letter {found['funds']} after the mark is of another currency than the rupee")
    value_date = _day(found["value"])
    amount = _figure(found["amount"])
    if not amount:
        raise Unreadable("the amount is zero")
    customer, _, bank = (part.strip() for part in found["references"].partition("//"))
    return BookedLine(
        booked_on=_entry_day(found["entry"], value_date) if found["entry"] else value_date,
        value_date=value_date,
        direction=Direction.INFLOW if found["mark"] in {"C", "RD"} else Direction.OUTFLOW,
        reversal=found["mark"].startswith("R"),
        amount=amount,
        reference=customer if customer and customer != _NO_REFERENCE else bank,
        supplement=" ".join(" ".join(field.lines[1:]).split()),
    )


def narration(field: Field) -> str:
    """Return the lines of an ``:86:``, with a line break where the bank wrapped them: inside a word perhaps.

    A blank on either side of a break shows that no word is broken there, and stands for it.
    """
    written = _BREAK_BETWEEN_WORDS.sub(" ", "\n".join(field.lines)).strip()
    return "\n".join(" ".join(line.split()) for line in written.split("\n"))


def _figure(written: str) -> Paise:
    """Return the paise of an amount: a decimal comma, possibly with nothing after it, or no comma."""
    figure = _FIGURE.fullmatch(written)
    if not figure:
        raise Unreadable(f"“{written[:40]}” is not an amount such as 35000,00")
    return Paise(int(figure[1]) * 100 + int((figure[2] or "").ljust(2, "0")))


def _day(written: str) -> date:
    try:
        return date(2000 + int(written[:2]), int(written[2:4]), int(written[4:]))
    except ValueError as error:
        raise Unreadable(f"{written} is no day of the calendar") from error


def _entry_day(written: str, value_date: date) -> date:
    """Return the day of an entry date without a year: that nearest to the value date, so across 31 December too."""
    days = []
    for year in (value_date.year - 1, value_date.year, value_date.year + 1):
        try:
            days.append(date(year, int(written[:2]), int(written[2:])))
        except ValueError:
            continue
    nearest = min(days, key=lambda day: abs(day - value_date), default=None)
    if nearest is None or abs(nearest - value_date).days > _HALF_A_YEAR:
        raise Unreadable(f"the entry date {written} is no day of the calendar")
    return nearest
