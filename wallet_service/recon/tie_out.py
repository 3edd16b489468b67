"""The rules by which a department's rows and our payments are found to be the same. Pure; the order of rows is nothing.

A row ties one payment and a payment one row. A ticket decides, then an application, then the department's receipt; the
weaker two only within a week, and with another amount only where the row has no ticket. What is left over is told as
what it is. Source of the classes: domain facts C.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from wallet_service.identifiers import ServiceCode
from wallet_service.money import Paise

VERSION = 1
"""The version of these rules; it is kept with whatever they find."""

_A_WEEK = timedelta(days=7)

RowId = tuple[int, int]
"""A list's file, and the row's place in it."""
OurId = tuple[int, int]
"""A debit's book, and its number there."""


class Found(StrEnum):
    """What a row and a payment were found to be."""

    AGREED = "agreed"
    NOT_PAID = "not-paid"
    OURS_ONLY = "ours-only"
    THEIRS_ONLY = "theirs-only"
    AMOUNT_DIFFERS = "amount-differs"
    PAID_TWICE_HERE = "paid-twice-here"
    PAID_TWICE_THERE = "paid-twice-there"
    FAILED_THERE = "failed-there"
    PAID_THERE = "paid-there"

    @property
    def is_settled(self) -> bool:
        """Say whether both sides agree, so that nobody need do anything."""
        return self in {Found.AGREED, Found.NOT_PAID}


@dataclass(frozen=True, slots=True)
class Theirs:
    """A row of a department's list; *amount* in paise. *before* is what the same row tied in the version before."""

    id: RowId
    service: ServiceCode
    ticket: str | None
    application: str | None
    receipt: str | None
    amount: Paise
    day: date
    is_paid: bool
    before: OurId | None = None


@dataclass(frozen=True, slots=True)
class Ours:
    """A debit of the department. *amount* is what was captured, else asked for; *net* less its rebate and refunds.

    *state* is the debit's. *is_given_back*: all of it went back because the department had not taken it. *is_tied*: a
    row of another list has it. *is_expected*: the list should have it, for it was paid on a day of which it tells.
    """

    id: OurId
    service: ServiceCode
    ticket: str
    application: str | None
    amount: Paise
    net: Paise
    day: date
    state: str
    is_given_back: bool = False
    is_tied: bool = False
    is_expected: bool = False

    @property
    def is_paid(self) -> bool:
        """Say whether the department has the money by our books."""
        return self.state == "captured" and not self.is_given_back


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a row, of a payment, or of both together, by which rule.

    *beside* is a payment that is tied already and that the row, or the payment, repeats.
    """

    found: Found
    row: RowId | None
    ours: OurId | None
    rule: str
    beside: OurId | None = None


def tie(rows: Iterable[Theirs], payments: Iterable[Ours]) -> list[Finding]:
    """Return what becomes of each row, and of each payment that is tied by one or that a list should have had.

    In the order of the rows' ids, then of the payments without a row by day and id.
    """
    work = _Work(list(rows), list(payments))
    work.pair_as_before()
    for stage in _STAGES:
        for rule in _RULES:
            for fit in stage.fits:
                work.pair(stage, rule, fit)
    return sorted(work.findings(), key=lambda each: (each.row is None, each.row or (0, 0)))


def judged(row: Theirs, ours: Ours) -> Found:
    """Return what a row and the payment that it ties are found to be, as both stand now."""
    if row.is_paid and ours.is_paid:
        return Found.AGREED if row.amount in {ours.amount, ours.net} else Found.AMOUNT_DIFFERS
    if ours.is_paid and ours.net:
        return Found.FAILED_THERE
    return Found.PAID_THERE if row.is_paid else Found.NOT_PAID


_Fit = Callable[[Paise, date], tuple[object, ...]]


@dataclass(frozen=True)
class _Stage:
    """A kind of row with a kind of payment, and how closely they are fitted: the closest first."""

    row_is_paid: bool
    ours_is_paid: bool
    fits: Sequence[_Fit]


@dataclass(frozen=True)
class _Rule:
    """A number that row and payment share; a weak one only within a week."""

    name: str
    of_row: Callable[[Theirs], str | None]
    of_ours: Callable[[Ours], str | None]
    is_weak: bool


def _same_day(amount: Paise, day: date) -> tuple[object, ...]:
    return (amount, day)


def _same_amount(amount: Paise, day: date) -> tuple[object, ...]:
    return (amount,)


def _anyhow(amount: Paise, day: date) -> tuple[object, ...]:
    return ()


_CLOSEST_FIRST = (_same_day, _same_amount, _anyhow)
_STAGES = (
    _Stage(True, True, _CLOSEST_FIRST),
    _Stage(False, True, _CLOSEST_FIRST),
    _Stage(True, False, _CLOSEST_FIRST),
    _Stage(False, False, _CLOSEST_FIRST),
)
_RULES = (
    _Rule("ticket", lambda row: row.ticket, lambda ours: ours.ticket, is_weak=False),
    _Rule("application", lambda row: row.application, lambda ours: ours.application, is_weak=True),
    _Rule("receipt", lambda row: row.receipt, lambda ours: ours.application, is_weak=True),
)


@dataclass
class _Work:
    """Rows and payments that are not tied yet, and the pairs that were found."""

    rows: list[Theirs]
    payments: list[Ours]
    pairs: dict[RowId, tuple[Theirs, Ours, str]] = field(default_factory=dict)
    taken: set[OurId] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rows.sort(key=_place_of_row)
        self.payments.sort(key=lambda each: (each.day, each.id))
        self.taken |= {each.id for each in self.payments if each.is_tied}

    def pair_as_before(self) -> None:
        """Let a row that the version before had too keep its payment."""
        known = {each.id: each for each in self.payments}
        for row in self.rows:
            ours = known.get(row.before) if row.before else None
            if ours is not None and ours.is_paid and ours.id not in self.taken:
                self._take(row, ours, "as-before")

    def pair(self, stage: _Stage, rule: _Rule, fit: _Fit) -> None:
        """Tie rows and payments that share a rule's number and fit, the earlier ones first."""
        waiting = self._waiting(stage, rule, fit)
        if not waiting:
            return
        for row in self.rows:
            number = rule.of_row(row)
            if row.id in self.pairs or row.is_paid is not stage.row_is_paid or not number:
                continue
            if rule.is_weak and fit is _anyhow and row.ticket is not None:
                continue  # It names another ticket and another amount.
            queue = waiting.get((row.service, number, *fit(row.amount, row.day)))
            while queue and (queue[0].id in self.taken or (rule.is_weak and queue[0].day < row.day - _A_WEEK)):
                queue.popleft()  # Rows go by day: what is too old for this one is so for every later one, too.
            if queue and not (rule.is_weak and queue[0].day > row.day + _A_WEEK):
                self._take(row, queue.popleft(), rule.name)

    def findings(self) -> Iterable[Finding]:
        """Yield what was found of all."""
        repeated = self._repeated()
        for row in self.rows:
            if (pair := self.pairs.get(row.id)) is not None:
                _, ours, rule = pair
                yield Finding(judged(row, ours), row.id, ours.id, rule)
            elif not row.is_paid:
                yield Finding(Found.NOT_PAID, row.id, None, "no-payment")
            elif beside := _beside(repeated, row.service, row.ticket, row.application, row.amount):
                yield Finding(Found.PAID_TWICE_THERE, row.id, None, "repeats", beside)
            else:
                yield Finding(Found.THEIRS_ONLY, row.id, None, "no-payment")
        for ours in self.payments:
            if ours.id in self.taken or not ours.is_expected or ours.state != "captured":
                continue
            if not ours.net:
                yield Finding(Found.NOT_PAID, None, ours.id, "given-back")
            elif beside := _beside(repeated, ours.service, ours.ticket, ours.application, ours.amount):
                yield Finding(Found.PAID_TWICE_HERE, None, ours.id, "repeats", beside)
            else:
                yield Finding(Found.OURS_ONLY, None, ours.id, "no-row")

    def _waiting(self, stage: _Stage, rule: _Rule, fit: _Fit) -> Mapping[tuple[object, ...], deque[Ours]]:
        waiting: dict[tuple[object, ...], deque[Ours]] = defaultdict(deque)
        for ours in self.payments:
            number = rule.of_ours(ours)
            if ours.id not in self.taken and ours.is_paid is stage.ours_is_paid and number:
                for amount in {ours.amount, ours.net} if fit is not _anyhow else {ours.amount}:
                    waiting[ours.service, number, *fit(amount, ours.day)].append(ours)
        return waiting

    def _take(self, row: Theirs, ours: Ours, rule: str) -> None:
        self.pairs[row.id] = (row, ours, rule)
        self.taken.add(ours.id)

    def _repeated(self) -> Mapping[tuple[object, ...], OurId]:
        """Return which payment has a row already, by what another row or payment of the same demand would share."""
        tied = [each for each in self.payments if each.is_tied and each.is_paid]
        tied += [ours for row, ours, _ in self.pairs.values() if row.is_paid and ours.is_paid]
        found: dict[tuple[object, ...], OurId] = {}
        for ours in sorted(tied, key=lambda each: (each.day, each.id)):
            found.setdefault(("ticket", ours.service, ours.ticket), ours.id)
            if ours.application:
                found.setdefault(("application", ours.service, ours.application, ours.amount), ours.id)
        return found


def _beside(
    repeated: Mapping[tuple[object, ...], OurId],
    service: ServiceCode,
    ticket: str | None,
    application: str | None,
    amount: Paise,
) -> OurId | None:
    by_ticket = repeated.get(("ticket", service, ticket))
    return by_ticket or repeated.get(("application", service, application, amount))


def _place_of_row(row: Theirs) -> tuple[object, ...]:
    numbers = (row.ticket or "", row.application or "", row.receipt or "")
    return (row.day, row.amount, *numbers, row.id)
