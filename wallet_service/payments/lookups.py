"""Look-ups of a client's own debits: by ticket, application, wallet or period; none of them walks history."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import FilterTooWide
from wallet_service.identifiers import DebitId, DepartmentCode, OperatorCode
from wallet_service.payments.answers import Debit
from wallet_service.payments.standing import standing, standing_from

LONGEST_PERIOD_DAYS = 31

_SELECT = "SELECT d.*, b.code FROM debits d JOIN books b ON b.id = d.book WHERE d.client = %(client)s"
_NARROWING = {
    "ticket": "d.service_ticket_no = %(ticket)s",
    "application": "d.application_no = %(application)s",
    "wallet": "d.book = (SELECT id FROM books WHERE code = %(wallet)s)",
    "first": "d.business_day >= %(first)s",
    "last": "d.business_day <= %(last)s",
    "department": "d.department = %(department)s",
    "state": "d.state = %(state)s",
    "after": "(d.business_day, d.book, d.number) > (%(after_day)s, %(after_id)s, %(after_number)s)",
}
_BEHIND_IN_ITS_BOOK = "(d.book, d.number) > (%(after_id)s, %(after_number)s)"
_PLACE = """
SELECT d.business_day, d.book, d.number FROM debits d JOIN books b ON b.id = d.book
WHERE b.code = %s AND d.number = %s
"""


def find(
    connection: Connection,
    *,
    client_id: int,
    service_ticket_no: str | None = None,
    application_no: str | None = None,
    wallet: OperatorCode | None = None,
    first: date | None = None,
    last: date | None = None,
    department: DepartmentCode | None = None,
    state: str | None = None,
    after: str | None,
    limit: int,
) -> list[Debit]:
    """Return up to *limit* debits, by business day, wallet and number, beginning behind the debit *after*.

    Raises:
        FilterTooWide: neither ticket, application nor wallet, and no period of at most 31 days.
    """
    has_period = first is not None and last is not None and (last - first).days <= LONGEST_PERIOD_DAYS
    if not (service_ticket_no or application_no or wallet or has_period):
        raise FilterTooWide
    asked: dict[str, Any] = {
        "ticket": service_ticket_no,
        "application": application_no,
        "wallet": wallet,
        "first": first,
        "last": last,
        "department": department,
        "state": state,
        "after": after,
    }
    place = _place(connection, DebitId.parse(after)) if after else {}
    if place is None:
        return []
    narrowing = [clause for name, clause in _NARROWING.items() if asked[name] is not None]
    order = "d.business_day, d.book, d.number"
    if wallet and not first and not last:  # In one book days never go back: its numbers are the same order.
        order = "d.number"
        narrowing = [clause if clause != _NARROWING["after"] else _BEHIND_IN_ITS_BOOK for clause in narrowing]
    page = standing_from(f"{_SELECT} AND {' AND '.join(narrowing)} ORDER BY {order} LIMIT %(limit)s")
    rows = connection.exec_driver_sql(
        f"{page} ORDER BY {order}", {**asked, **place, "client": client_id, "limit": limit}
    )
    return [standing(row) for row in rows]


def _place(connection: Connection, debit: DebitId) -> dict[str, Any] | None:
    """Return where a debit stands in the order of lists; None where there is no such debit."""
    row = connection.exec_driver_sql(_PLACE, (debit.book, debit.number)).one_or_none()
    return None if row is None else {"after_day": row.business_day, "after_id": row.book, "after_number": row.number}
