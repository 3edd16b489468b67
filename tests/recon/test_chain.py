"""How statements join an account's chain of running balances: each line once, in whatever pieces it comes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wallet_service.money import Paise
from wallet_service.recon.chain import Chain, Joining, KnownDay, Outcome, Place, join, places
from wallet_service.recon.statements import Direction, Statement, StatementLine

NOTHING = Paise(0)
Movement = tuple[int, int]


def statement(movements: Sequence[Movement], opening: int = 1000, period: tuple[int, int] | None = None) -> Statement:
    """Return a statement of (day of April, signed paise) movements."""
    lines, balance = [], opening
    for row, (day, signed) in enumerate(movements, start=1):
        booked_on = date(2026, 4, day)
        direction = Direction.INFLOW if signed > 0 else Direction.OUTFLOW
        before, balance = balance, balance + signed
        lines.append(
            StatementLine(
                row, booked_on, booked_on, direction, Paise(abs(signed)), Paise(before), Paise(balance), "", "", None
            )
        )
    first, last = period or (movements[0][0], movements[-1][0])
    return Statement(
        "31234567890",
        date(2026, 4, first),
        date(2026, 4, last),
        Paise(opening),
        Paise(balance),
        tuple(lines),
        "utf-8",
        "sbi-8-tab",
    )


@dataclass
class Account:
    """An account's chain as it is kept: what was posted, in order."""

    begins: date | None = None
    opening: Paise = NOTHING
    closing: Paise = NOTHING
    posted: tuple[Place, ...] = ()

    def chain(self, told: Statement) -> Chain | None:
        if self.begins is None:
            return None
        days = []
        for day in sorted({place.booked_on for place in self.posted}):
            own = tuple(place for place in self.posted if place.booked_on == day)
            if told.period_first <= day <= told.period_last:
                moved = sum(place.amount if place.direction is Direction.INFLOW else -place.amount for place in own)
                days.append(KnownDay(day, own[0].balance_before, Paise(own[0].balance_before + moved), own))
        return Chain(self.begins, self.opening, self.posted[-1].booked_on, self.closing, tuple(days))

    def take(self, told: Statement) -> Joining:
        joining = join(told, self.chain(told))
        if joining.outcome is Outcome.FIRST_FILE:
            self.begins, self.opening = told.period_first, told.opening
        if joining.new:
            self.posted += tuple(added.place for added in joining.new)
            self.closing = joining.new[-1].line.balance_after
        return joining


def test_a_debit_and_its_reversal_that_come_twice_are_four_places() -> None:
    cycle = [(1, -200), (1, 200), (1, -200), (1, 200)]

    found = places(statement(cycle))

    assert [place.occurrence for place in found] == [1, 1, 2, 2]
    assert len(set(found)) == 4


KNOWN = [(1, 100), (1, -50), (2, -10), (2, -10), (3, 7), (3, -7)]


@pytest.mark.parametrize(
    ("movements", "opening", "period", "outcome", "added"),
    [
        pytest.param([(4, 10)], 1030, None, "continues", 1, id="the next day"),
        pytest.param([(9, 10)], 1030, None, "continues", 1, id="after quiet days"),
        pytest.param([(4, 10)], 1031, None, "waits", 0, id="a file between is missing"),
        pytest.param(KNOWN, 1000, None, "already known", 0, id="again"),
        pytest.param([(2, -10), (2, -10)], 1050, None, "already known", 0, id="from the middle"),
        pytest.param([(1, 100), (1, -50), (2, -10)], 1000, None, "already known", 0, id="downloaded earlier"),
        pytest.param([(1, 100), (1, -50)], 1000, (1, 2), "already known", 0, id="downloaded before the day's lines"),
        pytest.param([(1, -50), (1, 100), (2, -10), (2, -10)], 1000, None, "already known", 0, id="another order"),
        pytest.param([(3, 7), (3, -7), (3, 7), (3, -7)], 1030, None, "overlaps", 2, id="the last day has grown"),
        pytest.param([(3, -7), (3, 7), (3, 5)], 1030, None, "overlaps", 1, id="grown, in another order"),
        pytest.param([(3, -7), (3, 7), (3, 7)], 1030, None, "overlaps", 1, id="grown by an equal place"),
        pytest.param([*KNOWN[2:], (4, 1)], 1050, None, "overlaps", 1, id="and a new day"),
        pytest.param([(1, 101), (1, -51)], 1000, None, "conflict", 0, id="other amounts"),
        pytest.param([*KNOWN[:2], (1, 5), (1, -5), *KNOWN[2:]], 1000, None, "conflict", 0, id="more lines"),
        pytest.param([*KNOWN[:2], (3, 7), (3, -7)], 1000, None, "conflict", 0, id="a day vanished"),
        pytest.param([*KNOWN[:4], (4, 1)], 1000, None, "conflict", 0, id="a day that changed nothing vanished"),
        pytest.param([(2, -10), (3, 17), (3, -7)], 1050, None, "conflict", 0, id="a line vanished"),
        pytest.param([(2, -10), (2, -10)], 1051, None, "conflict", 0, id="another opening"),
        pytest.param([(3, 7), (3, -7), (4, 1)], 1031, None, "conflict", 0, id="another opening, and a new day"),
        pytest.param([(3, 1)], 999, None, "conflict", 0, id="another last day"),
    ],
)
def test_a_statement_joins_what_the_account_has(
    movements: list[Movement], opening: int, period: tuple[int, int] | None, outcome: str, added: int
) -> None:
    account = Account()
    account.take(statement(KNOWN))

    joining = account.take(statement(movements, opening, period))

    assert (joining.outcome, len(joining.new)) == (outcome, added), joining.reason
    assert (joining.reason is None) == (outcome not in {"conflict", "waits"})
    assert len(set(account.posted)) == len(account.posted) == 6 + added


def test_a_statement_that_starts_where_the_last_day_stopped_goes_on_counting_equal_places() -> None:
    account = Account()
    account.take(statement([(1, -10), (1, 10), (1, -10)]))

    joining = account.take(statement([(1, 10), (1, -5), (1, -5)], 990))

    assert joining.outcome is Outcome.CONTINUES
    assert [added.place.occurrence for added in joining.new] == [2, 1, 1]


@pytest.mark.parametrize(
    ("movements", "rows"),
    [
        pytest.param([(1, 10), (1, -10)], (1, 2), id="the second statement of the day again"),
        pytest.param([(1, -10), (1, 10)], (1, 2), id="in another order"),
        pytest.param([(1, 10), (1, -10), (1, 7)], (1, 2), id="grown"),
        pytest.param([(1, 10), (1, -10), (2, 7)], (1, 2), id="and a new day"),
        pytest.param([(1, 10)], (1,), id="less of it"),
    ],
)
def test_a_statement_from_the_middle_of_a_day_that_may_tell_its_end_again_credits_nobody_twice(
    movements: list[Movement], rows: tuple[int, ...]
) -> None:
    account = Account()
    account.take(statement([(1, 50)]))
    account.take(statement([(1, 10), (1, -10)], 1050))

    joining = account.take(statement(movements, 1050))

    assert (joining.outcome, joining.rows) == (Outcome.CONFLICT, rows)
    assert "Bring the statement of the whole day" in str(joining.reason)


def test_a_statement_of_the_whole_day_tells_whether_it_grew_by_equal_lines() -> None:
    account = Account()
    account.take(statement([(1, 50)]))
    account.take(statement([(1, 10), (1, -10)], 1050))

    joining = account.take(statement([(1, 50), (1, 10), (1, -10), (1, 10), (1, -10)]))

    assert (joining.outcome, len(joining.new)) == (Outcome.OVERLAPS, 2)


def test_a_day_that_the_account_does_not_have_is_a_conflict_even_where_the_balance_coincides() -> None:
    account = Account()
    account.take(statement([(1, 100), (3, 5)]))

    joining = account.take(statement([(1, 100), (2, 20), (2, -20), (3, 5)]))

    assert joining.outcome is Outcome.CONFLICT
    assert joining.rows == (2, 3)


def test_more_lines_of_an_earlier_day_are_a_conflict_even_where_the_balance_coincides() -> None:
    account = Account()
    account.take(statement([(1, 10), (2, 5), (2, -5)]))

    joining = account.take(statement([(1, 10), (1, 3), (1, -3), (2, 5), (2, -5)]))

    assert joining.outcome is Outcome.CONFLICT
    assert joining.rows == (2, 3)


def test_days_before_the_books_begin_are_a_conflict_that_says_from_when_to_download() -> None:
    account = Account()
    account.take(statement([(2, 100)], 1010))

    joining = account.take(statement([(1, 10), (2, 100), (3, 1)], 1000))

    assert joining.outcome is Outcome.CONFLICT
    assert joining.rows == (1,)
    assert "from 02/04/2026 on" in str(joining.reason)


def test_a_waiting_statement_joins_once_the_file_between_has_come() -> None:
    account = Account()
    account.take(statement([(1, 100)]))
    third = statement([(3, 1)], 1090)

    before = account.take(third)
    between = account.take(statement([(2, -10)], 1100))
    after = account.take(third)

    assert [found.outcome for found in (before, between, after)] == [
        Outcome.WAITS,
        Outcome.CONTINUES,
        Outcome.CONTINUES,
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Movement]:
    """Return some days of movements, with few amounts so that equal places and coinciding balances are common."""
    days = draw(st.lists(st.integers(0, 2), min_size=1, max_size=14))
    day, found = 1, []
    for step in days:
        day = min(day + step, 28)
        found.append((day, draw(st.sampled_from([-2, -1, 1, 2]))))
    return found


def pieces_of(history: list[Movement], ends: list[int], starts: list[int]) -> list[Statement]:
    """Return downloads that each begin at the start of a day already told, and end after one more stretch."""
    found = []
    for end, back in zip(ends, starts, strict=True):
        told = history[:end]
        first_day = told[max(0, min(back, len(told) - 1))][0]
        begin = next(at for at, (day, _) in enumerate(history) if day == first_day)
        opening = 1000 + sum(signed for _, signed in history[:begin])
        found.append(statement(history[begin:end], opening))
    return found


@settings(deadline=None)
@given(histories(), st.data())
def test_overlapping_downloads_give_each_place_exactly_once(history: list[Movement], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(history)), max_size=3)) | {len(history)})
    starts = [0]
    starts += [data.draw(st.integers(0, end)) for end in cuts[:-1]]
    account = Account()

    joinings = [account.take(piece) for piece in pieces_of(history, cuts, starts)]

    assert not {Outcome.CONFLICT, Outcome.WAITS} & {joining.outcome for joining in joinings}
    assert list(account.posted) == places(statement(history))
    assert len(set(account.posted)) == len(history)


@settings(deadline=None)
@given(histories(), st.integers(0, 2**32), st.data())
def test_another_order_within_a_day_adds_nothing(history: list[Movement], seed: int, data: st.DataObject) -> None:
    chance = random.Random(seed)
    shuffled = sorted(history, key=lambda movement: (movement[0], chance.random()))
    end = data.draw(st.integers(1, len(history)))
    account = Account()
    account.take(statement(history))

    again = account.take(statement(shuffled))
    account_of_shuffled = Account()
    account_of_shuffled.take(statement(shuffled))
    whole_days = [movement for movement in history if movement[0] <= history[end - 1][0]]
    part = account_of_shuffled.take(statement(whole_days))

    assert again.outcome is part.outcome is Outcome.ALREADY_KNOWN
    assert len(account.posted) == len(account_of_shuffled.posted) == len(history)


@settings(deadline=None)
@given(histories(), st.integers(0, 13), st.sampled_from([-3, 3]))
def test_a_line_that_was_changed_is_never_taken_for_known(history: list[Movement], at: int, change: int) -> None:
    at %= len(history)
    day, signed = history[at]
    changed = [*history[:at], (day, signed + change), *history[at + 1 :]]
    account = Account()
    account.take(statement(history))

    joining = account.take(statement(changed, period=(history[0][0], history[-1][0])))

    assert joining.outcome is Outcome.CONFLICT
    assert joining.rows


@pytest.mark.parametrize(("first_day", "outcome"), [(1, Outcome.CONFLICT), (2, Outcome.FIRST_FILE), (3, Outcome.WAITS)])
def test_a_chain_that_must_begin_on_a_day_waits_for_the_file_of_that_day(first_day: int, outcome: Outcome) -> None:
    told = statement([(first_day, 500)])

    assert join(told, None, date(2026, 4, 2)).outcome is outcome
