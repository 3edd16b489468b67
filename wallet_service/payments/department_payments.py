"""What departments were paid, as a department may see it: its own rows, and nothing by which a person is known.

A day's payments are found by the department's accounts; whatever else stands in a day by the day, so that it is asked a
day at a time. A page reads the days that it shows, and of each the department's own payments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import FilterTooWide
from wallet_service.identifiers import DebitId, DepartmentCode, EntryId, ServiceCode
from wallet_service.money import Paise
from wallet_service.payments.standing import BESIDE_COLUMNS, BESIDE_JOINS

CAPTURED = "captured"
LONGEST_PERIOD_DAYS = 31


@dataclass(frozen=True)
class DepartmentPayment:
    """A debit as its department sees it. *paid_at* and *paid_on* are its payment's instant and business day.

    *answer_due*: the department's own answer is awaited, by that day. *answer*: it has answered, and the debit does not
    stand as it says. Amounts are paise.
    """

    id: str
    state: str
    department: DepartmentCode
    service: ServiceCode
    amount: Paise
    captured: Paise
    refunded: Paise
    rebate: Paise
    service_ticket_no: str
    application_no: str | None
    placed_at: datetime
    expires_at: datetime | None
    paid_at: datetime | None
    paid_on: date | None
    entry: str | None
    certificate_no: str | None
    answer_due: date | None
    answer: str | None


@dataclass(frozen=True)
class Place:
    """A place in the order of a list: business day, the book's code, and the number of the entry, or of the debit."""

    day: date
    book: str
    number: int


@dataclass(frozen=True)
class Placed:
    """A payment of a list, and its place there."""

    payment: DepartmentPayment
    place: Place


def find(
    connection: Connection,
    department: DepartmentCode,
    *,
    first: date,
    last: date,
    service: ServiceCode | None = None,
    state: str = CAPTURED,
    after: Place | None,
    limit: int,
) -> list[Placed]:
    """Return up to *limit* debits of a department by business day and wallet, beginning behind the place *after*.

    Those captured are of the days on which they were paid; those in another state of the day on which they were placed.

    Raises:
        FilterTooWide: more than 31 days apart; of another state than captured, more than one day.
    """
    if (last - first).days > (LONGEST_PERIOD_DAYS if state == CAPTURED else 0):
        raise FilterTooWide
    asked: dict[str, Any] = {"department": department, "service": service, "state": state, "limit": limit}
    behind = {"first": first, "last": last, "book": -1, "number": 0}
    if after is not None and after.day > last:
        return []
    if after is not None and after.day >= first:
        behind |= {"first": after.day, "book": _book(connection, after.book), "number": after.number}
    rows = connection.exec_driver_sql(_PAID if state == CAPTURED else _OTHERS, {**asked, **behind})
    return [Placed(payment_of(row), Place(row.paid_on or first, row.code, row.place)) for row in rows]


def _book(connection: Connection, code: str) -> int:
    """Return the id of a book; of one that there is not, one behind which nothing comes."""
    found = connection.exec_driver_sql("SELECT id FROM books WHERE code = %s", (code,)).scalar()
    return 2**31 - 1 if found is None else int(found)


def payment_of(row: Any) -> DepartmentPayment:
    """Return the payment of a row that has `PAYMENT_COLUMNS`."""
    return DepartmentPayment(
        id=str(DebitId(row.code, row.number)),
        state=row.state,
        department=DepartmentCode(row.department),
        service=ServiceCode(row.service),
        amount=Paise(row.amount_paise),
        captured=Paise(row.captured_paise),
        refunded=Paise(row.refunded_paise - row.rebate_paise),
        rebate=Paise(row.rebate_paise),
        service_ticket_no=row.service_ticket_no,
        application_no=row.application_no,
        placed_at=row.placed_at,
        expires_at=row.expires_at,
        paid_at=row.paid_at,
        paid_on=row.paid_on,
        entry=None if row.entry_number is None else str(EntryId(row.code, row.entry_number)),
        certificate_no=row.certificate_no,
        answer_due=row.answer_due if row.answer is None else None,
        answer=row.answer,
    )


PAYMENT_COLUMNS = f"""b.code, d.number, d.state::text AS state, d.department, d.service, d.amount_paise,
  d.captured_paise, d.refunded_paise, d.service_ticket_no, d.application_no, d.placed_at, d.expires_at, d.entry_number,
  e.posted_at AS paid_at, e.business_day AS paid_on, {BESIDE_COLUMNS}"""
"""The columns of a debit ``d``, its payment's entry ``e`` and its book ``b``, with `BESIDE_JOINS`."""

_ACCOUNTS = """(SELECT account FROM services
  WHERE department = %(department)s AND coalesce(code = %(service)s, true))"""
_PAID = f"""
SELECT {PAYMENT_COLUMNS}, e.number AS place
FROM (SELECT x.*
      FROM department_days(ARRAY {_ACCOUNTS}, %(first)s, %(last)s, %(book)s, %(number)s, %(limit)s) AS day
      CROSS JOIN LATERAL (
        SELECT * FROM entries
        WHERE credit_account = ANY (ARRAY {_ACCOUNTS}) AND credit_account <> book AND business_day = day
          AND kind = 'payment' AND (day > %(first)s OR (book, number) > (%(book)s, %(number)s))
        ORDER BY book, number LIMIT %(limit)s) x
      ORDER BY x.business_day, x.book, x.number LIMIT %(limit)s) e
JOIN debits d ON d.book = e.book AND d.number = e.source_number JOIN books b ON b.id = d.book
{BESIDE_JOINS}
ORDER BY e.business_day, e.book, e.number
"""  # noqa: S608 (our own text)
_OTHERS = f"""
SELECT {PAYMENT_COLUMNS}, d.number AS place
FROM (SELECT * FROM debits
      WHERE business_day = %(first)s AND department = %(department)s AND coalesce(service = %(service)s, true)
        AND state = %(state)s AND (book, number) > (%(book)s, %(number)s)
      ORDER BY book, number LIMIT %(limit)s) d
JOIN books b ON b.id = d.book LEFT JOIN entries e ON e.book = d.book AND e.number = d.entry_number
{BESIDE_JOINS}
ORDER BY d.book, d.number
"""  # noqa: S608 (our own text)
