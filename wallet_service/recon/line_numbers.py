"""The numbers under which a line of the bank is found: its references, and a deposit machine's on its day. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from wallet_service.identifiers import deposit_number, number_of_day
from wallet_service.recon.narration import Kind, Narration
from wallet_service.recon.statements import Direction

_LATEST_RETURN = 7
"""Days: machines count deposits to 9999 and begin again, so that what goes out later is a person's to tell."""


def of_line(
    words: Narration, direction: Direction, booked_on: date, value_date: date
) -> tuple[tuple[str, ...], str | None]:
    """Return a line's strong references, and the number of its machine on the day of its booking, if it shows one.

    Among the references stands that number on the day of its value too, and at a machine each reference on these
    days: operators may tell it as the deposit's. What goes out has the number on the days before as well, to find what
    it returns. Source: domain facts A1.6 (a machine's sequence has four digits).
    """
    number = deposit_number(words.cdm, None)
    if number is None and words.kind is not Kind.CDM_CASH:
        return words.references, None
    days = [booked_on, value_date]
    if direction is Direction.OUTFLOW:
        days += [booked_on - timedelta(back) for back in range(1, _LATEST_RETURN + 1)]
    numbers = [number] if number else []
    dated = [number_of_day(each, day) for each in (*numbers, *words.references) for day in days]
    main = number_of_day(number, booked_on) if number else None
    return tuple(dict.fromkeys((*words.references, *(each for each in dated if each != main)))), main
