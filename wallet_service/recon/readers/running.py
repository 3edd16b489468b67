"""Movements of a file that prints no balance beside them: the opening one gives it, and the closing one proves it.

MT940 and camt.053 state the balances of a statement or page only. Source: domain facts A3, A4 (checks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from wallet_service.money import Paise, rupees_for_people
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.refusals import Refusals
from wallet_service.recon.statements import Direction, Statement, StatementLine


@dataclass(frozen=True, slots=True)
class Movement:
    """A line before its balances are known. *row* is where it stands in the file; *amount* is above zero."""

    row: int
    booked_on: date
    value_date: date
    direction: Direction
    amount: Paise
    description: str
    reference: str


@dataclass(frozen=True, slots=True)
class Part:
    """A statement of a file, or a page of one: the balances between which its movements lie. *name* is for a clerk.

    *opened_on* and *closed_on* are the days of the balances; that of an opening one may be the day before its lines.
    """

    name: str
    account_number: str
    opening: Paise
    opened_on: date
    closing: Paise
    closed_on: date
    movements: tuple[Movement, ...]


def statement(parts: Sequence[Part], refusals: Refusals, *, today: date, encoding: str, form: str) -> Statement:
    """Return the parts of a file, in their order, as one statement.

    Its period runs from the day of its first line, because an opening balance may carry the day before, to that of the
    last closing balance.

    Raises:
        Unreadable: they are not one account's, do not follow from one another, do not add up, or tell of no line.
        FileNotReadable: a line is dated outside of them, or *refusals* has something already.
    """
    _prove_one_account(parts)
    _prove_days(parts, refusals, today=today)
    refusals.settle()
    _prove_told_once(parts)
    lines: list[StatementLine] = []
    balance = parts[0].opening
    for part in parts:
        if part.opening != balance:
            raise Unreadable(
                f"{part.name} opens with {rupees_for_people(part.opening)}, and what stands before it in the file "
                f"closes with {rupees_for_people(balance)}: a statement or page between them is missing."
            )
        for movement in part.movements:
            lines.append(_line(movement, balance))
            balance = lines[-1].balance_after
        if part.closing != balance:
            raise Unreadable(
                f"{part.name} closes with {rupees_for_people(part.closing)}, and its opening balance and lines come to "
                f"{rupees_for_people(balance)}: lines are missing or were changed."
            )
    if not lines:
        raise Unreadable(
            "The file tells of no booked line. If nothing happened on these days there is nothing to bring."
        )
    return Statement(
        account_number=parts[0].account_number,
        period_first=lines[0].booked_on,
        period_last=parts[-1].closed_on,
        opening=parts[0].opening,
        closing=balance,
        lines=tuple(lines),
        encoding=encoding,
        form=form,
        opened_on=parts[0].opened_on,
    )


def _line(movement: Movement, balance: Paise) -> StatementLine:
    signed = movement.amount if movement.direction is Direction.INFLOW else -movement.amount
    return StatementLine(
        row=movement.row,
        booked_on=movement.booked_on,
        value_date=movement.value_date,
        direction=movement.direction,
        amount=movement.amount,
        balance_before=balance,
        balance_after=Paise(balance + signed),
        description=movement.description,
        reference=movement.reference,
        branch=None,
    )


def _prove_one_account(parts: Sequence[Part]) -> None:
    accounts = sorted({part.account_number for part in parts})
    if not accounts:
        raise Unreadable("The file holds no statement.")
    if len(accounts) > 1:
        raise Unreadable(
            f"The file holds statements of several accounts: {', '.join(accounts[:5])}. Bring a file for each account."
        )


def _prove_told_once(parts: Sequence[Part]) -> None:
    """Raise Unreadable where a part stands twice: one whose lines come to nothing follows from itself."""
    told: set[tuple[object, ...]] = set()
    for part in parts:
        if part.movements and part.opening == part.closing:
            movements = tuple(replace(movement, row=0) for movement in part.movements)
            said = (part.opening, part.opened_on, part.closed_on, movements)
            if said in told:
                raise Unreadable(f"{part.name} stands in the file before: the same days, balances and lines.")
            told.add(said)


def _prove_days(parts: Sequence[Part], refusals: Refusals, *, today: date) -> None:
    """Note each movement that is dated before the one before it, or outside the days of the file's balances."""
    first, last = parts[0].opened_on, parts[-1].closed_on
    if first > last:
        raise Unreadable(f"The closing balance is of {last:%d/%m/%Y}, before the opening one of {first:%d/%m/%Y}.")
    if last > today:
        raise Unreadable(f"The closing balance is of {last:%d/%m/%Y}, which has not come yet.")
    latest = first
    for movement in (movement for part in parts for movement in part.movements):
        day = movement.booked_on
        if not first <= day <= last:
            reason = f"{day:%d/%m/%Y} is outside the days of the balances, {first:%d/%m/%Y} to {last:%d/%m/%Y}"
            refusals.add(movement.row, movement.description, reason)
        elif day < latest:
            reason = f"{day:%d/%m/%Y} stands after {latest:%d/%m/%Y}: the lines are not in order of date"
            refusals.add(movement.row, movement.description, reason)
        else:
            latest = day
