"""A tie-out as a page of text that a clerk prints: 80 columns, what is open below the sums that prove both sides."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from wallet_service.dates import INDIA
from wallet_service.money import Paise, rupees_for_people
from wallet_service.recon.tie_out import Found
from wallet_service.recon.tie_outs import Result, TieOut

WIDTH = 80
MOST_PRINTED = 200
_LINE = "-" * WIDTH
TITLES = {
    Found.AGREED: "Agreed",
    Found.NOT_PAID: "Paid on neither side",
    Found.OURS_ONLY: "Ours only",
    Found.THEIRS_ONLY: "Theirs only",
    Found.AMOUNT_DIFFERS: "Another amount",
    Found.PAID_TWICE_HERE: "Paid twice here",
    Found.PAID_TWICE_THERE: "Receipted twice there",
    Found.FAILED_THERE: "Failed there, paid here",
    Found.PAID_THERE: "Paid there, not here",
}


def as_page(made: TieOut, waiting: Sequence[Result]) -> str:
    """Return a tie-out as text; *waiting* are results that are open, of which the first 200 are printed."""
    return "\n".join(line.rstrip() for line in _lines(made, waiting)) + "\n"


def _lines(made: TieOut, waiting: Sequence[Result]) -> Iterator[str]:
    of = made.of
    yield from _wrapped(f"TIE-OUT OF {of.words}")
    yield f"Version {of.version}, {of.state}"
    when = f"compared on {of.tied_at.astimezone(INDIA):%d/%m/%Y at %H:%M}" if of.tied_at else "not compared yet"
    yield from _wrapped(f"List {of.id}, {of.filename}: {of.paid:,} rows paid, {of.failed:,} failed; {when}")
    if of.replaces:
        came = sum(each.what == "came" for each in made.differences)
        gone = len(made.differences) - came
        yield f"It stands for list {of.replaces}: {came:,} rows came, {gone:,} are gone"
    if of.replaced_by:
        yield f"List {of.replaced_by} stands for it now"
    yield from ("", _row("", "number", "open", "ours", "theirs"), _LINE)
    for each in made.sums:
        sides = rupees_for_people(each.ours), rupees_for_people(each.theirs)
        yield _row(TITLES[Found(each.found)], f"{each.count:,}", f"{each.open:,}", *sides)
    rows, waits = sum(each.count for each in made.sums), sum(each.open for each in made.sums)
    ours, theirs = rupees_for_people(made.ours), rupees_for_people(of.amount)
    yield from (_LINE, _row("In all", f"{rows:,}", f"{waits:,}", ours, theirs))
    yield from _proof(made)
    yield from _waiting(waiting, waits)
    yield from ("", "", "Compared by ___________________________   Seen by ____________________________")


def _proof(made: TieOut) -> Iterator[str]:
    of = made.of
    days = f"{of.first:%d/%m/%Y}" if of.first == of.last else f"{of.first:%d/%m} to {of.last:%d/%m/%Y}"
    other, others = made.of_other_days, made.in_other_lists
    less = rupees_for_people(Paise(-other.amount)) if other.amount else rupees_for_people(Paise(0))
    yield _row("less, paid here on other days", f"{other.count:,}", "", less, "")
    yield _row("and in other lists", f"{others.count:,}", "", rupees_for_people(others.amount), "")
    collected = rupees_for_people(made.collected.amount)
    yield _row(f"Paid here {days}", f"{made.collected.count:,}", "", collected, "")
    yield ""
    yield ("It agrees." if made.agrees else "IT DOES NOT AGREE: compare it again, `wallet tie-out`.")


def _waiting(waiting: Sequence[Result], count: int) -> Iterator[str]:
    yield from ("", f"Open: {count:,}", _LINE if count else "")
    for each in waiting[:MOST_PRINTED]:
        operator = f", {each.wallet}" if each.wallet else ""
        line = f", line {each.line}" if each.line else ""
        yield from _wrapped(f"{TITLES[Found(each.found)]}{operator}{line}{f', {each.debit}' if each.debit else ''}")
        yield from _wrapped(each.words, "    ")
    if count > MOST_PRINTED:
        yield f"and {count - MOST_PRINTED:,} more: /v1/tie-outs tells them all"


def _wrapped(words: str, indent: str = "") -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=indent, subsequent_indent=indent or "    ")


def _row(words: str, count: str, waits: str, ours: str, theirs: str) -> str:
    return f"{words:<30}{count:>8}{waits:>8}{ours:>17}{theirs:>17}"
