"""Settlements: what is due to a department's service for a closed day, and what became of it.

Net of refunds and rebates, never negative: a shortfall is carried over to the next days. It is due on a bank working
day after the day, ``T+n`` by the department's term; then advised, and paid once the bank shows the payout.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import DepartmentNotFound
from wallet_service.identifiers import DepartmentCode, EntryId, ServiceCode
from wallet_service.ledger import audit, bank_days
from wallet_service.ledger.bank_days import Calendar
from wallet_service.money import Paise

STATES = ("nil", "due", "advised", "short", "excess", "paid")
USUAL_TERM = 1
"""The bank working days from a day to its payout, where a department has no term of its own."""
LONGEST_TERM = 30


@dataclass(frozen=True)
class Settlement:
    """What a service collected on a day, in paise, and what is due for it.

    *due* = *collected* - *refunded* - *rebated* - *brought_forward*, or nothing, and then what lacks is *carried_over*.
    *in_tie_out* is what of *due*, while it is in no advice, the department's lists do not say that it was paid: the
    difference is to be explained, and what is due of it stays due.
    *state* is ``nil`` where nothing is due; ``due``; ``advised``; ``short`` or ``excess`` while the bank shows another
    amount for its advice; or ``paid``. *overdue_bank_days* are those gone by after *payable_on* without a payout.
    *entry* is the entry that paid it.
    """

    id: int
    department: DepartmentCode
    service: ServiceCode
    day: date
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
    payable_on: date
    overdue_bank_days: int
    advice: str | None
    utr: str | None
    paid_on: date | None
    entry: str | None
    words: str | None


@dataclass(frozen=True)
class DueOfDay:
    """What is due to a service for a day, in paise, and how many payments its day had."""

    account: str
    payments: int
    due: Paise
    carried_over: Paise


@dataclass(frozen=True)
class Unadvised:
    """A settlement that is due and in no advice; *amount* in paise, and what of it is *in_tie_out*."""

    id: int
    service: ServiceCode
    day: date
    amount: Paise
    in_tie_out: Paise
    payable_on: date
    is_payable: bool


@dataclass(frozen=True)
class Unpaid:
    """How many *settlements* are due and not paid, in paise, and since how many bank days; None: not payable yet."""

    settlements: int
    amount: Paise
    bank_days: int | None


_TERM = f"coalesce(t.bank_days, {USUAL_TERM})"
_STATE = """CASE WHEN s.due_paise = 0 THEN 'nil' WHEN i.id IS NULL THEN 'due' WHEN i.entry_number IS NOT NULL
  THEN 'paid' ELSE coalesce(d.state, 'advised') END"""
# Behind OFFSET it is asked for each settlement, by its day; else all that is open would be added up first.
_IN_TIE_OUT = """LEFT JOIN LATERAL (SELECT x.paise FROM settlements_in_tie_out x WHERE x.settlement = s.id OFFSET 0) c
  ON true"""
_FIND = f"""
SELECT s.*, v.department, v.code AS service, {_STATE} AS state, {_TERM} AS term,
  coalesce(c.paise, 0) AS in_tie_out_paise, a.number AS advice, a.utr, l.booked_on AS paid_on, i.entry_number, d.words
FROM settlements s JOIN services v ON v.account = s.account
LEFT JOIN settlement_terms t ON t.department = v.department
LEFT JOIN advised_settlements i ON i.settlement = s.id AND i.is_live
LEFT JOIN settlement_advices a ON a.id = i.advice
LEFT JOIN bank_lines l ON l.id = a.line
LEFT JOIN settlements_differing() d ON d.advice = a.id
{_IN_TIE_OUT}
WHERE coalesce(v.department = %(department)s::text, true) AND coalesce(v.department = ANY (%(seen)s::text[]), true)
  AND s.day BETWEEN coalesce(%(first)s::date, '-infinity') AND coalesce(%(last)s::date, 'infinity')
  AND coalesce({_STATE} = %(state)s::text, true)
  AND s.day <= coalesce(%(after_day)s::date, 'infinity')
  AND coalesce((s.day, s.id) < (%(after_day)s::date, %(after_id)s::bigint), true)
ORDER BY s.day DESC, s.id DESC LIMIT %(limit)s
"""  # noqa: S608 (our own text)
# What is due and in no advice, the oldest first.
_UNADVISED = f"""
SELECT s.id, v.code AS service, s.day, s.due_paise, {_TERM} AS term, coalesce(c.paise, 0) AS in_tie_out_paise
FROM services v JOIN settlements s ON s.account = v.account LEFT JOIN settlement_terms t ON t.department = v.department
{_IN_TIE_OUT}
WHERE v.department = %(department)s AND coalesce(v.code = %(service)s::text, true) AND s.due_paise > 0
  AND s.day <= coalesce(%(last)s::date, 'infinity')
  AND NOT EXISTS (SELECT FROM advised_settlements i WHERE i.settlement = s.id AND i.is_live)
ORDER BY s.day, s.account LIMIT %(limit)s
"""  # noqa: S608 (our own text)
# What is due and not paid, by day: all services of a department have its term.
_UNPAID = f"""
SELECT s.day, {_TERM} AS term, count(*) AS settlements, sum(s.due_paise)::bigint AS paise
FROM services v JOIN settlements s ON s.account = v.account LEFT JOIN settlement_terms t ON t.department = v.department
LEFT JOIN advised_settlements i ON i.settlement = s.id AND i.is_live
WHERE v.department = %(department)s AND s.due_paise > 0 AND i.entry_number IS NULL GROUP BY s.day, t.bank_days
"""  # noqa: S608 (our own text)
_DUE = """
SELECT a.code, s.payments, s.due_paise, s.carried_paise FROM settlements s JOIN accounts a ON a.id = s.account
WHERE s.day = %s ORDER BY a.code
"""
_SET_TERM = """
INSERT INTO settlement_terms (department, bank_days) VALUES (%s, %s)
ON CONFLICT (department) DO UPDATE SET bank_days = excluded.bank_days
"""


def draw_up(connection: Connection, day: date) -> int:
    """Draw up what is due for each closed day up to *day* that has no settlements yet; return how many days.

    Safe to repeat: a day is drawn up once, and never changes.
    """
    return int(connection.exec_driver_sql("SELECT draw_up_settlements(%s)", (day,)).scalar_one())


def due_of_day(connection: Connection, day: date) -> list[DueOfDay]:
    """Return what is due for a day, by department and service; none where it is not drawn up, or nothing moved."""
    rows = connection.exec_driver_sql(_DUE, (day,))
    return [DueOfDay(row.code, row.payments, Paise(row.due_paise), Paise(row.carried_paise)) for row in rows]


def find(
    connection: Connection,
    *,
    department: str | None = None,
    first: date | None = None,
    last: date | None = None,
    state: str | None = None,
    seen: Collection[str] | None = None,
    after: tuple[date, int] | None,
    limit: int,
) -> list[Settlement]:
    """Return up to *limit* settlements, the latest days first, beginning behind the day and id *after*.

    Only those of the departments *seen*, without words, which may tell of others; None sees all.
    """
    after_day, after_id = after or (None, None)
    asked: dict[str, object] = {"department": department, "first": first, "last": last, "state": state, "limit": limit}
    asked |= {"seen": None if seen is None else sorted(seen), "after_day": after_day, "after_id": after_id}
    rows = connection.exec_driver_sql(_FIND, asked).all()
    terms = _Terms.of(connection, [row.day for row in rows])
    return [_settlement(row, terms, is_told=seen is None) for row in rows]


def unadvised(
    connection: Connection, department: str, *, service: str | None = None, last: date | None = None, limit: int
) -> list[Unadvised]:
    """Return up to *limit* settlements of a department that are due and in no advice, the oldest first."""
    asked = {"department": department, "service": service, "last": last, "limit": limit}
    rows = connection.exec_driver_sql(_UNADVISED, asked).all()
    terms = _Terms.of(connection, [row.day for row in rows])
    return [
        Unadvised(
            row.id,
            row.service,
            row.day,
            Paise(row.due_paise),
            Paise(row.in_tie_out_paise),
            payable_on=(at := terms.payable_on(row)),
            is_payable=at <= terms.today,
        )
        for row in rows
    ]


def room(connection: Connection, department: str) -> dict[ServiceCode, Paise]:
    """Return how many paise may still be advised of each service: never more than its account owes; may be negative.

    It is what is due and in no advice, less what is carried over and what went back today beyond what came in.
    """
    rows = connection.exec_driver_sql("SELECT service, paise FROM room_for_advices(%s)", (department,))
    return {ServiceCode(row.service): Paise(row.paise) for row in rows}


def unpaid(connection: Connection, department: str) -> list[Unpaid]:
    """Return what is due to a department and not paid, by how long ago it was payable."""
    rows = connection.exec_driver_sql(_UNPAID, {"department": department}).all()
    terms = _Terms.of(connection, [row.day for row in rows])
    return [
        Unpaid(row.settlements, Paise(row.paise), None if terms.payable_on(row) > terms.today else terms.overdue(row))
        for row in rows
    ]


def of_advice(connection: Connection, advice: int) -> Sequence[Any]:
    """Return the settlements of an advice as rows: service, day, payments, paise by kind; by day and service."""
    return connection.exec_driver_sql(
        "SELECT v.code AS service, v.name, s.day, s.payments, s.collected_paise, s.refunded_paise, s.rebated_paise,"
        " s.brought_paise, i.amount_paise, i.entry_number FROM advised_settlements i"
        " JOIN settlements s ON s.id = i.settlement JOIN services v ON v.account = s.account WHERE i.advice = %s"
        " ORDER BY s.day, v.code",
        (advice,),
    ).all()


def set_term(connection: Connection, department: str, days: int, *, by: str) -> None:
    """Set how many bank working days after a day its settlement is payable; what is not advised yet goes by it too.

    Raises:
        DepartmentNotFound.
    """
    require_department(connection, department)
    connection.exec_driver_sql(_SET_TERM, (department, days))
    audit.record(connection, by=by, act="settlement-term", subject=department, facts={"bank_days": days})


def require_department(connection: Connection, department: str) -> None:
    """Refuse a department that is not there.

    Raises:
        DepartmentNotFound.
    """
    if connection.exec_driver_sql("SELECT FROM departments WHERE code = %s", (department,)).one_or_none() is None:
        raise DepartmentNotFound(department=department)


@dataclass(frozen=True)
class _Terms:
    """The bank's calendar over the days of some settlements, whose rows have a *day* and a *term*."""

    today: date
    calendar: Calendar

    @classmethod
    def of(cls, connection: Connection, days: Sequence[date]) -> _Terms:
        today: date = connection.exec_driver_sql("SELECT india_today()").scalar_one()
        return cls(today, bank_days.calendar(connection, min((*days, today)), max((*days, today))))

    def payable_on(self, row: Any) -> date:
        return self.calendar.after(row.day, row.term)

    def overdue(self, row: Any) -> int:
        return self.calendar.between(self.payable_on(row), self.today)


def _settlement(row: Any, terms: _Terms, *, is_told: bool) -> Settlement:
    return Settlement(
        id=row.id,
        department=row.department,
        service=row.service,
        day=row.day,
        payments=row.payments,
        collected=Paise(row.collected_paise),
        refunds=row.refunds,
        refunded=Paise(row.refunded_paise),
        rebated=Paise(row.rebated_paise),
        brought_forward=Paise(row.brought_paise),
        due=Paise(row.due_paise),
        in_tie_out=Paise(row.in_tie_out_paise),
        carried_over=Paise(row.carried_paise),
        state=row.state,
        payable_on=terms.payable_on(row),
        overdue_bank_days=0 if row.state in {"nil", "paid"} else terms.overdue(row),
        advice=row.advice,
        utr=row.utr,
        paid_on=row.paid_on,
        entry=None if row.entry_number is None else str(EntryId("house", row.entry_number)),
        words=row.words if is_told else None,
    )
