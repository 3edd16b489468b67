"""What a department's services collected, day by day, what is due for it and was paid, and how old is what is unpaid.

Closed days are read from their settlements, one row for a service and day; days that are not closed yet from the
entries of their accounts. So the report costs what its period has, however long the books are.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from wallet_service.errors import FilterTooWide
from wallet_service.identifiers import ServiceCode
from wallet_service.ledger import bank_days
from wallet_service.money import Paise, rupees
from wallet_service.payments import settlements
from wallet_service.payments.settlements import Settlement
from wallet_service.recon.tie_breaks import OF_A_DEPARTMENT

MOST_DAYS = 92
STATES = ("collecting", *settlements.STATES)
AGES = ("not-payable-yet", "0-to-1", "2-to-5", "over-5")
"""How many bank working days have gone by since something unpaid was payable."""
_MOST_LINES = 100_000
_HEADER = (
    *("department", "day", "service", "payments", "collected", "refunds", "refunded", "rebated", "brought_forward"),
    *("due", "in_tie_out", "carried_over", "state", "payable_on", "advice", "utr", "paid_on", "entry"),
)


@dataclass(frozen=True)
class CollectedLine:
    """What a service collected on a day, in paise; *state* is ``collecting`` while the day is open."""

    day: date
    service: ServiceCode
    payments: int
    collected: Paise
    refunds: int
    refunded: Paise
    rebated: Paise
    brought_forward: Paise
    due: Paise
    in_tie_out: Paise
    carried_over: Paise
    state: str
    payable_on: date | None = None
    advice: str | None = None
    utr: str | None = None
    paid_on: date | None = None
    entry: str | None = None


@dataclass(frozen=True)
class Totals:
    """The sums of a period, in paise: *unpaid* is what is due of it and was not paid yet, of that *in_tie_out*."""

    payments: int
    collected: Paise
    refunded: Paise
    rebated: Paise
    due: Paise
    in_tie_out: Paise
    paid: Paise
    unpaid: Paise


@dataclass(frozen=True)
class Age:
    """What is unpaid and as old as *age* says, of all days: how many settlements, and paise."""

    age: str
    settlements: int
    amount: Paise


@dataclass(frozen=True)
class DifferenceAge:
    """The differences with a department's lists that are as old as *age* says: how many, and paise."""

    age: str
    differences: int
    amount: Paise


@dataclass(frozen=True)
class Collections:
    """A department's collections from *first* to *last*, by day and service.

    *ageing* is of what is unpaid by now, *differences* of what its lists tell otherwise than our books; of all days.
    """

    department: str
    first: date
    last: date
    lines: list[CollectedLine]
    totals: Totals
    ageing: list[Age]
    differences: list[DifferenceAge]


_OPEN_DAYS = """
SELECT m.day, v.code AS service, count(*) FILTER (WHERE m.kind = 'payment') AS payments,
  coalesce(sum(m.paise) FILTER (WHERE m.is_credit), 0)::bigint AS collected,
  count(*) FILTER (WHERE m.kind = 'refund') AS refunds,
  coalesce(sum(m.paise) FILTER (WHERE NOT m.is_credit AND m.kind <> 'rebate'), 0)::bigint AS refunded,
  coalesce(sum(m.paise) FILTER (WHERE NOT m.is_credit AND m.kind = 'rebate'), 0)::bigint AS rebated
FROM services v JOIN collections_moved(%(after)s, %(last)s) m ON m.account = v.account
WHERE v.department = %(department)s GROUP BY m.day, v.code ORDER BY m.day, v.code
"""


def collections(connection: Connection, department: str, first: date, last: date) -> Collections:
    """Return a department's collections of at most `MOST_DAYS` days. Call it on a snapshot.

    Raises:
        DepartmentNotFound.
        FilterTooWide: the days are more.
    """
    settlements.require_department(connection, department)
    if (last - first).days >= MOST_DAYS:
        raise FilterTooWide
    drawn = settlements.find(connection, department=department, first=first, last=last, after=None, limit=_MOST_LINES)
    lines = sorted(
        [*(_closed(each) for each in drawn), *_open_days(connection, department, first, last)],
        key=lambda line: (line.day, line.service),
    )
    ages = _ageing(connection, department), _differences(connection, department)
    return Collections(department, first, last, lines, _totals(lines), *ages)


def as_csv(found: Collections) -> str:
    """Return the lines as CSV, amounts in rupees; no cell of it comes from outside."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(_HEADER)
    for each in found.lines:
        rows.writerow(
            (
                *(found.department, each.day.isoformat(), each.service, each.payments, rupees(each.collected)),
                *(each.refunds, rupees(each.refunded), rupees(each.rebated), rupees(each.brought_forward)),
                *(rupees(each.due), rupees(each.in_tie_out), rupees(each.carried_over), each.state),
                *(each.payable_on or "", each.advice or "", each.utr or "", each.paid_on or "", each.entry or ""),
            )
        )
    return written.getvalue()


def _closed(each: Settlement) -> CollectedLine:
    return CollectedLine(
        day=each.day,
        service=each.service,
        payments=each.payments,
        collected=each.collected,
        refunds=each.refunds,
        refunded=each.refunded,
        rebated=each.rebated,
        brought_forward=each.brought_forward,
        due=each.due,
        in_tie_out=each.in_tie_out,
        carried_over=each.carried_over,
        state=each.state,
        payable_on=each.payable_on,
        advice=each.advice,
        utr=each.utr,
        paid_on=each.paid_on,
        entry=each.entry,
    )


def _open_days(connection: Connection, department: str, first: date, last: date) -> list[CollectedLine]:
    drawn_to = connection.exec_driver_sql("SELECT max(day) FROM settlement_days").scalar()
    after = first - timedelta(days=1)
    if drawn_to is not None and drawn_to > after:
        after = drawn_to
    rows = connection.exec_driver_sql(_OPEN_DAYS, {"department": department, "after": after, "last": last})
    nothing = Paise(0)
    return [
        CollectedLine(
            day=row.day,
            service=row.service,
            payments=row.payments,
            collected=Paise(row.collected),
            refunds=row.refunds,
            refunded=Paise(row.refunded),
            rebated=Paise(row.rebated),
            brought_forward=nothing,
            due=nothing,
            in_tie_out=nothing,
            carried_over=nothing,
            state="collecting",
        )
        for row in rows
    ]


def _totals(lines: Sequence[CollectedLine]) -> Totals:
    due, paid = sum(each.due for each in lines), sum(each.due for each in lines if each.state == "paid")
    return Totals(
        payments=sum(each.payments for each in lines),
        collected=Paise(sum(each.collected for each in lines)),
        refunded=Paise(sum(each.refunded for each in lines)),
        rebated=Paise(sum(each.rebated for each in lines)),
        due=Paise(due),
        in_tie_out=Paise(sum(each.in_tie_out for each in lines)),
        paid=Paise(paid),
        unpaid=Paise(due - paid),
    )


def _ageing(connection: Connection, department: str) -> list[Age]:
    counts, amounts = Counter[str](), Counter[str]()
    for each in settlements.unpaid(connection, department):
        age = _age(each.bank_days)
        counts[age] += each.settlements
        amounts[age] += each.amount
    return [Age(age, counts[age], Paise(amounts[age])) for age in AGES]


def _differences(connection: Connection, department: str) -> list[DifferenceAge]:
    counts, amounts = Counter[str](), Counter[str]()
    rows = connection.exec_driver_sql(OF_A_DEPARTMENT, {"department": department}).all()
    today: date = connection.exec_driver_sql("SELECT india_today()").scalar_one()
    calendar = bank_days.calendar(connection, min((*(row.since for row in rows), today)), today)
    for row in rows:
        age = _age(calendar.between(row.since, today))
        counts[age] += row.differences
        amounts[age] += row.paise
    return [DifferenceAge(age, counts[age], Paise(amounts[age])) for age in AGES[1:]]


def _age(days: int | None) -> str:
    if days is None:
        return AGES[0]
    return AGES[1] if days <= 1 else AGES[2] if days <= 5 else AGES[3]
