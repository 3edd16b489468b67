"""A business day as finance sees it: is it closed, what its night did and found, what moved, files and statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service import dates
from wallet_service.errors import DayNotFound
from wallet_service.ledger import bank_days, day_book
from wallet_service.money import Paise
from wallet_service.recon import bank_files, night, night_steps
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.night_steps import Figure, StepDone

STATES = ("open", "closing", "closed")
_SENTENCES = {law.number: law.sentence for law in night.LAWS}


@dataclass(frozen=True)
class LawOfDay:
    """What the last test of a law found before the day closed: how many *faults*, and the first *rows* in words."""

    law: int
    sentence: str
    holds: bool
    faults: int
    rows: tuple[str, ...]


@dataclass(frozen=True)
class StatementMade:
    """A version of the day's reconciliation statement."""

    version: int
    state: str
    agrees: bool
    made_by: str
    made_at: datetime


@dataclass(frozen=True)
class BusinessDay:
    """A business day. *began_at* is when its closing began, and *totals* what its entries come to by kind, in paise.

    *of_earlier_years* are those of its entries that count for a financial year gone by: March's residue in April.
    *late_entries* are those and the ones that count for a day more than 35 days before; `day_book` lists them.
    *files* tell of the day, or came on it.
    """

    day: date
    state: str
    financial_year: str
    is_bank_day: bool
    began_at: datetime | None
    closed_at: datetime | None
    steps: list[StepDone]
    totals: list[Figure]
    of_earlier_years: Figure
    late_entries: Figure
    laws: list[LawOfDay]
    files: list[BankFile]
    statements: list[StatementMade]


_DAY = """
SELECT y.began_at, y.closed_at FROM (VALUES (%(day)s::date)) asked (day) LEFT JOIN days y ON y.day = asked.day
WHERE y.day IS NOT NULL OR (asked.day <= india_today() AND asked.day >= coalesce(
  (SELECT max(day) FROM days WHERE closed_at IS NOT NULL), (SELECT min(business_day) FROM entries), india_today()))
"""
_EARLIER = """
SELECT count(*) AS how_many, coalesce(sum(amount_paise), 0)::bigint AS paise FROM entries
WHERE business_day = %(day)s AND value_date < business_day AND value_date < %(year)s
"""
_FILES = """
SELECT id FROM bank_files WHERE %(day)s BETWEEN period_first AND period_last
  OR (received_at AT TIME ZONE 'Asia/Kolkata')::date = %(day)s ORDER BY id
"""
_STATEMENTS = """
SELECT version, state, (statement ->> 'agrees')::boolean AS agrees, made_by, made_at FROM reconciliations
WHERE day = %s ORDER BY version
"""


def view(connection: Connection, day: date) -> BusinessDay:
    """Return a business day as it stands.

    Raises:
        DayNotFound: it has not come yet, or was before the books began.
    """
    found = connection.exec_driver_sql(_DAY, {"day": day}).one_or_none()
    if found is None:
        raise DayNotFound(day=day)
    year_begins = dates.financial_year_begins(day)
    earlier = connection.exec_driver_sql(_EARLIER, {"day": day, "year": year_begins}).one()
    late = day_book.count_late(connection, day)
    files = connection.exec_driver_sql(_FILES, {"day": day}).scalars().all()
    return BusinessDay(
        day=day,
        state=_state(found),
        financial_year=dates.financial_year(day),
        is_bank_day=bank_days.is_bank_day(connection, day),
        began_at=found.began_at,
        closed_at=found.closed_at,
        steps=night_steps.list_steps(connection, day),
        totals=night.totals(connection, day),
        of_earlier_years=Figure("entries of earlier financial years", earlier.how_many, Paise(earlier.paise)),
        late_entries=Figure("entries that count much earlier", late.count, late.amount),
        laws=[
            LawOfDay(each.law, _SENTENCES[each.law], not each.faults, each.faults, each.rows)
            for each in night_steps.list_laws(connection, day)
        ],
        files=[bank_files.get(connection, each) for each in files],
        statements=[StatementMade(*row) for row in connection.exec_driver_sql(_STATEMENTS, (day,))],
    )


def _state(row: Any) -> str:
    if row.closed_at is not None:
        return "closed"
    return "open" if row.began_at is None else "closing"
