"""The chain of running balances of a bank account, and how a statement joins it. Pure.

A line is its place in the chain: the day, the balance before it, its direction and amount, and which of several equal
places of that day it is. Descriptions and references change with the format of the file; places do not. Source:
domain facts A1.7 (a debit, reversal, debit, reversal comes back to the same balance: hence the occurrence).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import groupby

from wallet_service.money import Paise, rupees_for_people
from wallet_service.recon.statements import Direction, Statement, StatementLine


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands in its account's chain. *occurrence* counts equal places of one day from 1."""

    booked_on: date
    balance_before: Paise
    direction: Direction
    amount: Paise
    occurrence: int


@dataclass(frozen=True, slots=True)
class KnownDay:
    """What the account already has of one day: its places in the order in which they follow from one another."""

    day: date
    opening: Paise
    closing: Paise
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """What the account already has.

    *begins* and *opening*: the first day of its first file, and the balance then. *ends* and *closing*: the day of its
    last place, and the balance after it. *days*: every day with places from the statement's first day on (those within
    the statement's period are enough), in order.
    """

    begins: date
    opening: Paise
    ends: date
    closing: Paise
    days: tuple[KnownDay, ...] = ()


class Outcome(StrEnum):
    """What a statement is to the chain. Only the first three and `OVERLAPS` may be posted; of a conflict nothing is."""

    FIRST_FILE = "first file"
    CONTINUES = "continues"
    OVERLAPS = "overlaps"
    ALREADY_KNOWN = "already known"
    WAITS = "waits"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that the chain does not have yet, and its place there."""

    line: StatementLine
    place: Place


@dataclass(frozen=True, slots=True)
class Joining:
    """How a statement joins the chain: the lines it adds, how many it tells again, and why it may not be posted."""

    outcome: Outcome
    new: tuple[NewLine, ...] = ()
    known: int = 0
    reason: str | None = None
    rows: tuple[int, ...] = ()


@dataclass
class _Comparison:
    """What has been found so far, day by day."""

    new: list[StatementLine] = field(default_factory=list)
    known: int = 0


class _Conflict(Exception):
    """A day of which the file and the chain tell different things."""

    def __init__(self, reason: str, lines: Iterable[StatementLine] = ()) -> None:
        super().__init__(reason)
        self.rows = tuple(line.row for line in lines)


def places(statement: Statement) -> list[Place]:
    """Return the place of each line of a statement that begins at the start of a day, in its order."""
    return [added.place for added in _placed(statement.lines, ())]


def join(statement: Statement, chain: Chain | None, begins_on: date | None = None) -> Joining:
    """Return how a statement joins what its account already has.

    A day with the same opening, closing and multiset of (direction, paise) in another order is the same day. The last
    day may grow in a later download, and an earlier download may tell less of its own last day. Whatever else differs
    is a conflict for a person. Before the first file, *begins_on* is the day with which the chain is to begin.
    """
    if chain is None:
        return _join_first(statement, begins_on)
    if _starts_after(statement, chain):
        return _join_at_the_end(statement, chain)
    try:
        compared = _compare(statement, chain)
    except _Conflict as conflict:
        return Joining(Outcome.CONFLICT, reason=str(conflict), rows=conflict.rows)
    last_day = [day.places for day in chain.days if day.day == chain.ends]
    new = tuple(_placed(compared.new, last_day[0] if last_day else ()))
    if not new:
        return Joining(Outcome.ALREADY_KNOWN, known=compared.known)
    return Joining(Outcome.OVERLAPS if compared.known else Outcome.CONTINUES, new, compared.known)


def _join_first(statement: Statement, begins_on: date | None) -> Joining:
    told_from = min(statement.opened_on or statement.period_first, statement.period_first)
    if begins_on is None or told_from <= begins_on <= statement.period_first:
        return Joining(Outcome.FIRST_FILE, tuple(_placed(statement.lines, ())))
    begins = f"The account's books begin on {begins_on:%d/%m/%Y}"
    if statement.period_first > begins_on:
        reason = (
            f"{begins}: bring the statement of that day. If nothing was booked on it, have them begin on the first day "
            "with a line: wallet bank-account add, with --begins."
        )
        return Joining(Outcome.WAITS, reason=reason)
    return Joining(
        Outcome.CONFLICT, reason=f"{begins}, and the file tells of days before. Download the statement from then on."
    )


def _starts_after(statement: Statement, chain: Chain) -> bool:
    """Tell whether the statement tells nothing of the chain's days: it starts later, or where the last day stopped."""
    if statement.period_first > chain.ends:
        return True
    first = statement.lines[0]
    stopped = next((day for day in chain.days if day.day == chain.ends), None)
    return (
        statement.period_first == chain.ends == first.booked_on
        and statement.opening == chain.closing
        and stopped is not None
        and stopped.opening != statement.opening
    )


def _join_at_the_end(statement: Statement, chain: Chain) -> Joining:
    if statement.opening != chain.closing:
        reason = (
            f"The file begins on {statement.period_first:%d/%m/%Y} with {rupees_for_people(statement.opening)}; "
            f"the account stood at {rupees_for_people(chain.closing)} after {chain.ends:%d/%m/%Y}. "
            "Bring the file between."
        )
        return Joining(Outcome.WAITS, reason=reason)
    last_day = next((day.places for day in chain.days if day.day == chain.ends), ())
    if again := _may_be_told_again([line for line in statement.lines if line.booked_on == chain.ends], last_day):
        reason = (
            f"The file begins in the middle of {chain.ends:%d/%m/%Y}, and its first lines may be those with which the "
            "account ends that day. Bring the statement of the whole day."
        )
        return Joining(Outcome.CONFLICT, reason=reason, rows=tuple(line.row for line in again))
    return Joining(Outcome.CONTINUES, tuple(_placed(statement.lines, last_day)))


def _may_be_told_again(lines: Sequence[StatementLine], known: Sequence[Place]) -> Sequence[StatementLine]:
    """Return the first lines of a file that begins within a day, where they may be the last of what is *known* of it.

    They begin with a balance that the day had before, and move the same amounts from there. Nothing that the bank
    states tells such lines from new ones.
    """
    differ: Counter[tuple[Direction, Paise]] = Counter()

    def count(each: StatementLine | Place, by: int) -> None:
        moved = each.direction, each.amount
        differ[moved] += by
        if not differ[moved]:
            del differ[moved]

    for behind, place in enumerate(reversed(known), start=1):
        count(place, 1)
        count(lines[behind - 1] if behind <= len(lines) else known[len(known) - behind + len(lines)], -1)
        if lines and not differ and place.balance_before == lines[0].balance_before:
            return lines[:behind]
    return ()


def _compare(statement: Statement, chain: Chain) -> _Comparison:
    """Return what the statement tells again and what it adds, going through its days and the chain's together.

    Raises:
        _Conflict: they do not agree.
    """
    told = {day: list(lines) for day, lines in groupby(statement.lines, key=lambda line: line.booked_on)}
    if min(told) < chain.begins:
        raise _Conflict(
            f"The account's books begin on {chain.begins:%d/%m/%Y} with {rupees_for_people(chain.opening)}, and the "
            f"file tells of days before. Download the statement from {chain.begins:%d/%m/%Y} on.",
            (line for line in statement.lines if line.booked_on < chain.begins),
        )
    known = {day.day: day for day in chain.days if statement.period_first <= day.day <= statement.period_last}
    compared = _Comparison()
    for day in sorted(told.keys() | known.keys()):
        lines = told.get(day, [])
        if day in known:
            _compare_day(known[day], lines, statement, chain, compared)
        elif day < chain.ends:
            raise _Conflict(f"The account has no line of {day:%d/%m/%Y}, and the file has.", lines)
        else:
            compared.new += lines
    if compared.new and compared.new[0].balance_before != chain.closing:
        raise _Conflict(
            f"The account stood at {rupees_for_people(chain.closing)} after {chain.ends:%d/%m/%Y}; the file "
            f"goes on from {rupees_for_people(compared.new[0].balance_before)}.",
            compared.new[:1],
        )
    return compared


def _compare_day(
    known: KnownDay, lines: Sequence[StatementLine], statement: Statement, chain: Chain, compared: _Comparison
) -> None:
    """Compare one day that the chain has with what the file tells of it.

    Raises:
        _Conflict: they do not agree.
    """
    if lines and lines[0].balance_before != known.opening:
        raise _Conflict(
            f"The file opens {known.day:%d/%m/%Y} with {rupees_for_people(lines[0].balance_before)}; the account "
            f"stood at {rupees_for_people(known.opening)}.",
            lines[:1],
        )
    shared = min(len(lines), len(known.places))
    file_has = Counter((line.direction, line.amount) for line in lines[:shared])
    chain_has = Counter((place.direction, place.amount) for place in known.places[:shared])
    if file_has != chain_has:
        missing = file_has - chain_has
        rows = [line for line in lines if (line.direction, line.amount) in missing]
        raise _Conflict(f"The lines of {known.day:%d/%m/%Y} are not those the account has.", rows or lines[:1])
    if len(lines) < len(known.places) and known.day != statement.period_last:
        raise _Conflict(
            f"The account has {len(known.places)} lines of {known.day:%d/%m/%Y}, the file only {len(lines)}.", lines
        )
    if len(lines) > len(known.places) and known.day != chain.ends:
        raise _Conflict(
            f"The account has {len(known.places)} lines of {known.day:%d/%m/%Y}, the file {len(lines)}.",
            lines[len(known.places) :],
        )
    compared.known += shared
    compared.new += lines[shared:]


def _placed(lines: Sequence[StatementLine], already: Sequence[Place]) -> list[NewLine]:
    """Return lines with their places; equal places that the chain has of the same day are counted before them."""
    seen = Counter((place.booked_on, place.balance_before, place.direction, place.amount) for place in already)
    placed = []
    for line in lines:
        equal = (line.booked_on, line.balance_before, line.direction, line.amount)
        seen[equal] += 1
        placed.append(NewLine(line, Place(*equal, occurrence=seen[equal])))
    return placed
