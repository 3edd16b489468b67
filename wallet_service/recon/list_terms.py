"""Which departments send lists, of which business days, and how soon: what has not come by then is a break."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from wallet_service.errors import ListsNotExpected
from wallet_service.identifiers import DepartmentCode
from wallet_service.ledger import audit
from wallet_service.payments.settlements import require_department

LONGEST_TERM = 30


@dataclass(frozen=True)
class ListTerm:
    """A department's lists are expected so many of the bank's working days after each day, 0 on the day itself.

    They are expected of the business days from *first* to *last*; None: until further notice.
    """

    department: DepartmentCode
    bank_days: int
    first: date
    last: date | None


_EXPECT = """
INSERT INTO list_terms (department, bank_days, first_day) VALUES (%(department)s, %(bank_days)s, %(first)s)
ON CONFLICT (department) DO UPDATE
SET bank_days = excluded.bank_days, first_day = excluded.first_day, last_day = NULL
"""


def expect(connection: Connection, department: str, bank_days: int, first: date, *, by: str) -> None:
    """Expect a department's lists of the business days from *first* on, within so many bank working days, 0 to 30.

    What was said of the department before is replaced: a list of an earlier day is missed no more.

    Raises:
        DepartmentNotFound.
    """
    require_department(connection, department)
    asked = {"department": department, "bank_days": bank_days, "first": first}
    connection.exec_driver_sql(_EXPECT, asked)
    facts = {"bank_days": bank_days, "first_day": first.isoformat()}
    audit.record(connection, by=by, act="lists-expect", subject=department, facts=facts)


def end(connection: Connection, department: str, last: date, *, by: str) -> None:
    """Expect no list of a department of any business day after *last*; of the days up to it they still are.

    Raises:
        DepartmentNotFound.
        ListsNotExpected: nobody has said that it sends lists.
    """
    require_department(connection, department)
    ended = connection.exec_driver_sql("UPDATE list_terms SET last_day = %s WHERE department = %s", (last, department))
    if not ended.rowcount:
        raise ListsNotExpected(department=department)
    audit.record(connection, by=by, act="lists-end", subject=department, facts={"last_day": last.isoformat()})


def list_terms(connection: Connection) -> list[ListTerm]:
    """Return what is and was expected, by department."""
    rows = connection.exec_driver_sql(
        "SELECT department, bank_days, first_day, last_day FROM list_terms ORDER BY department"
    )
    return [ListTerm(DepartmentCode(row.department), row.bank_days, row.first_day, row.last_day) for row in rows]
