"""What the calendar and the night decline."""

from __future__ import annotations

from wallet_service.errors.tree import BooksBroken, Conflict, NotFound, Unavailable


class HolidayExists(Conflict):
    """The day is a bank holiday already."""

    next_step = "See the holidays there are: wallet holiday list."


class HolidayNotFound(NotFound):
    """The day is no bank holiday that was entered."""

    next_step = "See the holidays there are: wallet holiday list. Sundays and Saturdays go by rule."


class DayNotFound(NotFound):
    """The books have no such business day: it has not come yet, or was before they began."""

    next_step = "A day is written as 2026-04-02; ask for one from the books' first day to today."


class NightAtWork(Unavailable):
    """Another run of the night is at work; it does what this one would."""

    next_step = "Look at the day in a moment; run it again if the other was stopped."


class DayDoesNotClose(BooksBroken):
    """A law does not hold, so the day stays open; payments go on."""

    next_step = "Wake the people who run the service. Run `wallet check`, and close the day again once the laws hold."
