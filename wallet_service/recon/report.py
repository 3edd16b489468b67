"""The reconciliation statement of a day, by value date: book balance to bank balance, and both to what is owed.

Part A, per bank account: the statement's closing balance, less lines not yet posted, is the bank per books.
Part B: bank per books and what is owed to the scheme are what the scheme owes; each transit and suspense account is
shown as its open items, which add up to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from wallet_service.errors import Busy, DayInFuture, ReconciliationNotFound
from wallet_service.recon.statement_of_day import parts

# What a business day may change in the statements of days before: its entries that count earlier, and files that were
# released since the day before it closed, for those may cover them.
_TOUCHED = """
SELECT DISTINCT r.day FROM reconciliations r
WHERE r.day < %(day)s AND r.day >= least(
  (SELECT min(value_date) FROM entries WHERE business_day = %(day)s AND value_date < business_day),
  (SELECT min(period_first) FROM bank_files WHERE state = 'released' AND bank_account IS NOT NULL
   AND decided_at >= coalesce((SELECT closed_at FROM days WHERE day = %(day)s - 1), '-infinity')))
ORDER BY r.day
"""
_ATTEMPTS = 5
Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Draft:
    """A day's statement before it is kept. *after* is the day's last version that its snapshot saw, 0 where none."""

    day: date
    state: str
    statement: dict[str, Any]
    after: int


@dataclass(frozen=True)
class Reconciliation:
    """A version of a day's reconciliation statement. *statement* holds parts A and B, amounts as strings of rupees.

    *state* is ``final`` once a file received after the day covers it to its closing balance and every line of it is
    posted, else ``provisional``.
    """

    day: date
    version: int
    state: str
    statement: dict[str, Any]
    made_by: str
    made_at: datetime


class Overtaken(Exception):
    """Another has kept a version of the day since the statement was drawn up; an older must not come after a newer."""


def until_kept(attempt: Callable[[], Kept]) -> Kept:
    """Return what an attempt gives that draws a statement up and keeps it, beginning anew where it was overtaken.

    Raises:
        Busy: it was overtaken time and again.
    """
    for _ in range(_ATTEMPTS):
        try:
            return attempt()
        except Overtaken:
            continue
    raise Busy


def draw_up(connection: Connection, day: date) -> Draft:
    """Return the day's statement from the books as they are. Call it on a snapshot: all its figures are of one instant.

    Raises:
        DayInFuture.
    """
    if day > connection.exec_driver_sql("SELECT india_today()").scalar_one():
        raise DayInFuture(day=day)
    last = _latest(connection, day)
    return Draft(day, *parts(connection, day), after=last.version if last else 0)


def touched(connection: Connection, day: date) -> list[date]:
    """Return the days before a business day whose kept statement may say something else since that day, in order."""
    return list(connection.exec_driver_sql(_TOUCHED, {"day": day}).scalars())


def keep(connection: Connection, draft: Draft, *, by: str) -> Reconciliation:
    """Keep a statement as a new version where it says anything new, and return the last version.

    Raises:
        Overtaken: another version was kept since it was drawn up, by the books of before or after: draw it up again.
    """
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('reconciliation'))")
    last = _latest(connection, draft.day)
    if (last.version if last else 0) != draft.after:
        raise Overtaken
    if last is not None and (last.state, last.statement) == (draft.state, draft.statement):
        return last
    connection.exec_driver_sql(
        "INSERT INTO reconciliations (day, version, state, statement, made_by) VALUES (%s, %s, %s, %s::jsonb, %s)",
        (draft.day, last.version + 1 if last else 1, draft.state, json.dumps(draft.statement), by),
    )
    return get(connection, draft.day)


def get(connection: Connection, day: date, version: int | None = None) -> Reconciliation:
    """Return a version of a day's statement, the last one unless told which.

    Raises:
        ReconciliationNotFound.
    """
    found = _latest(connection, day, version)
    if found is None:
        raise ReconciliationNotFound(day=day, **({} if version is None else {"version": version}))
    return found


def _latest(connection: Connection, day: date, version: int | None = None) -> Reconciliation | None:
    row = connection.exec_driver_sql(
        "SELECT day, version, state, statement, made_by, made_at FROM reconciliations"
        " WHERE day = %(day)s AND version = coalesce(%(version)s::integer, version) ORDER BY version DESC LIMIT 1",
        {"day": day, "version": version},
    ).one_or_none()
    return Reconciliation(*row) if row else None
