"""How a profile writes days: ``DD-MM-YYYY hh:mm:ss``. Only that spelling is read; nothing is guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from wallet_service.dates import INDIA
from wallet_service.recon.readers.cells import Unreadable, unguarded

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_PARTS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<short_year>[0-9]{2})",
    "MMM": r"(?P<name>[A-Za-z]{3})",
    "MM": r"(?P<month>[0-9]{2})",
    "DD": r"(?P<day>[0-9]{2})",
    "hh": r"(?P<hour>[0-9]{2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})",
}
_CUT = re.compile("YYYY|YY|MMM|MM|DD|hh|mm|ss|[-/.:, T]|.", re.DOTALL)
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class DayPattern:
    """A spelling of days, with or without a time of day in India."""

    written: str
    expression: re.Pattern[str]

    @property
    def has_time(self) -> bool:
        """Say whether it tells hour and minute."""
        return {"hour", "minute"} <= self.expression.groupindex.keys()

    def read(self, cell: str) -> datetime:
        """Return the moment that a cell names, at the beginning of its day where it tells no time.

        Raises:
            Unreadable: it is not written so, or is no moment of the calendar.
        """
        text = unguarded(cell)
        found = self.expression.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            raise Unreadable(f"“{cell[:_LONGEST]}” is not a date written as {self.written}")
        told = found.groupdict()
        year = told.get("year") or f"20{told['short_year']}"
        name = (told.get("name") or "").upper()
        month = told.get("month") or (_MONTHS.index(name) + 1 if name in _MONTHS else 0)
        hour, minute, second = (int(told.get(part) or 0) for part in ("hour", "minute", "second"))
        try:
            return datetime(int(year), int(month), int(told["day"]), hour, minute, second, tzinfo=INDIA)
        except ValueError as error:
            raise Unreadable(f"“{cell[:_LONGEST]}” is no day of the calendar") from error


def pattern(written: str) -> DayPattern:
    """Return the pattern that ``DD MMM YYYY``, ``DDMMYYYY``, ``YYYY-MM-DDThh:mm:ss`` and the like spell.

    Raises:
        ValueError: it names no day; the message says what is missing.
    """
    parts = _CUT.findall(written) if len(written) <= _LONGEST else []
    named = [part for part in parts if part in _PARTS]
    if any(part not in _PARTS and part not in "-/.:, T" for part in parts) or len(set(named)) != len(named):
        raise ValueError("a date is made of DD, MM or MMM, YYYY or YY, and hh, mm, ss, each once, with - / . : between")
    if "DD" not in named or len({"MM", "MMM"} & {*named}) != 1 or len({"YYYY", "YY"} & {*named}) != 1:
        raise ValueError("a date needs a day DD, a month MM or MMM, and a year YYYY or YY")
    return DayPattern(written, re.compile("".join(_PARTS.get(part, re.escape(part)) for part in parts)))
