"""The steps of a night as rows: when each began and ended, by whom, and what it counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from wallet_service.ledger.proving import Finding
from wallet_service.money import Paise


class Step(StrEnum):
    """A step of the night, in the order in which they are done."""

    HOLDS = "lapsed-holds"
    FILES = "waiting-files"
    MATCHING = "matching"
    BREAKS = "breaks"
    BOOKS = "books"
    SUMS = "sums"
    LAWS = "laws"
    SETTLEMENTS = "settlements"
    CLOSE = "close"
    STATEMENT = "statement"

    @property
    def words(self) -> str:
        """Return what the step does, for a clerk."""
        return _WORDS[self]


_WORDS = {
    Step.HOLDS: "Holds that lapsed give their money back",
    Step.FILES: "Bank files that waited for one between are looked at again",
    Step.MATCHING: "Released lines that are not posted yet are matched and posted",
    Step.BREAKS: "What did not match is counted, with its age",
    Step.BOOKS: "Every book goes on into the next day",
    Step.SUMS: "The day is added up, and each account's balance kept",
    Step.LAWS: "The laws of the books are tested on the day",
    Step.SETTLEMENTS: "What is due to each department for the day is drawn up",
    Step.CLOSE: "The day takes no more entries",
    Step.STATEMENT: "The reconciliation statement of the day is drawn up",
}
EVENING = (Step.HOLDS, Step.FILES, Step.MATCHING, Step.BREAKS)
"""What is done when the counters have closed, while the day is still open."""


@dataclass(frozen=True)
class Figure:
    """What a step counted: *paise* it came to and average *age_days*, where there are such."""

    what: str
    count: int
    paise: Paise | None = None
    age_days: int | None = None


@dataclass(frozen=True)
class StepDone:
    """A step as its row tells it: *failure* says why it could not end; without it and *ended_at* it is at work."""

    step: Step
    began_at: datetime
    ended_at: datetime | None
    by: str
    figures: tuple[Figure, ...]
    failure: str | None

    @property
    def words(self) -> str:
        """Return what the step does, for a clerk."""
        return self.step.words


@dataclass(frozen=True)
class LawTested:
    """What the last test of a law found before its day closed: how many rows at fault, and the first of them."""

    law: int
    faults: int
    rows: tuple[str, ...]


def begin(connection: Connection, day: date, step: Step, *, by: str) -> None:
    """Write down that a step begins, anew where a run before did not end it."""
    connection.exec_driver_sql(
        "INSERT INTO night_steps (day, step, by_whom) VALUES (%s, %s, %s) ON CONFLICT (day, step) DO UPDATE"
        " SET began_at = instant(), ended_at = NULL, by_whom = excluded.by_whom, failure = NULL, figures = '[]'",
        (day, step, by),
    )


def end(connection: Connection, day: date, step: Step, figures: Sequence[Figure]) -> None:
    """Write down that a step is done, and what it counted."""
    connection.exec_driver_sql(
        "UPDATE night_steps SET ended_at = instant(), figures = %s::jsonb WHERE day = %s AND step = %s",
        (json.dumps([asdict(each) for each in figures]), day, step),
    )


def fail(connection: Connection, day: date, step: Step, failure: str, *, by: str) -> None:
    """Write down that a step could not end, and why."""
    begin(connection, day, step, by=by)
    connection.exec_driver_sql("UPDATE night_steps SET failure = %s WHERE day = %s AND step = %s", (failure, day, step))


def record_laws(connection: Connection, day: date, findings: Sequence[Finding]) -> None:
    """Keep what a test of the laws found; what laws of one number found is told together."""
    together: dict[int, list[Finding]] = {}
    for each in findings:
        together.setdefault(each.law.number, []).append(each)
    for number, found in together.items():
        rows = [row for each in found for row in each.rows]
        connection.exec_driver_sql(
            "INSERT INTO night_laws (day, law, faults, rows) VALUES (%s, %s, %s, %s::jsonb) ON CONFLICT (day, law)"
            " DO UPDATE SET faults = excluded.faults, rows = excluded.rows, tested_at = instant()",
            (day, number, sum(each.faults for each in found), json.dumps(rows)),
        )


_DONE = """
SELECT step FROM night_steps WHERE day = %s AND ended_at IS NOT NULL
  AND (step <> ALL (%s) OR began_at >= (day + time '22:05') AT TIME ZONE 'Asia/Kolkata')
"""


def done(connection: Connection, day: date) -> set[Step]:
    """Return the steps of a day that are ended. A step of its evening counts only if it began when counters had closed.

    An evening that was due the day before and is done late, or one asked for at noon, takes nothing from the day's own.
    """
    rows = connection.exec_driver_sql(_DONE, (day, [step.value for step in EVENING]))
    return {Step(step) for step in rows.scalars()}


def list_steps(connection: Connection, day: date) -> list[StepDone]:
    """Return the steps of a day that were begun, in their order."""
    rows = connection.exec_driver_sql(
        "SELECT step, began_at, ended_at, by_whom, figures, failure FROM night_steps WHERE day = %s", (day,)
    )
    found = {Step(row.step): row for row in rows}
    return [_step(found[step]) for step in Step if step in found]


def list_laws(connection: Connection, day: date) -> list[LawTested]:
    """Return what the last test of each law found, in the order of their numbers."""
    rows = connection.exec_driver_sql("SELECT law, faults, rows FROM night_laws WHERE day = %s ORDER BY law", (day,))
    return [LawTested(row.law, row.faults, tuple(row.rows)) for row in rows]


def _step(row: Any) -> StepDone:
    figures = tuple(Figure(**each) for each in row.figures)
    return StepDone(Step(row.step), row.began_at, row.ended_at, row.by_whom, figures, row.failure)
