"""What departments allow off their demands: by which service, how much, and on which days.

A rebate moves money, so it is the database's owner who sets one, not the service. What was allowed on a payment is kept
with it and never changes. Source: domain facts, outside the seeds: a department gives 1 % on bills paid here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from wallet_service.errors import InvalidRequest, ServiceNotFound
from wallet_service.identifiers import DepartmentCode, ServiceCode
from wallet_service.ledger import audit
from wallet_service.money import Paise, rupees

MOST_BASIS_POINTS = 9_999


@dataclass(frozen=True)
class Rebate:
    """A rebate of a service on debits of the days *first_day* to *last_day*; None: until it is ended.

    Either so many *basis_points* of what is captured, rounded down to whole paise, or *amount* paise off each demand
    that is larger.
    """

    department: DepartmentCode
    service: ServiceCode
    basis_points: int | None
    amount: Paise | None
    first_day: date
    last_day: date | None


def add(connection: Connection, rebate: Rebate, *, by: str) -> None:
    """Let a service allow a rebate from today, or a day to come. As the database's owner.

    Raises:
        ServiceNotFound.
        InvalidRequest: neither or both of share and sum, days gone by, or another rebate of the service on one of them.
    """
    _require_sound(rebate)
    today = _locked(connection, rebate.department, rebate.service)
    asked = {**vars(rebate), "by": by}
    if rebate.first_day < today:
        raise InvalidRequest({"from": ["A rebate begins today or later: what was paid is paid."]})
    if connection.exec_driver_sql(_OTHERS, asked).scalar_one():
        raise InvalidRequest({"from": ["The service has another rebate on one of these days: end that one first."]})
    connection.exec_driver_sql(_ADD, asked)
    connection.exec_driver_sql(_MARK, asked)
    _record(connection, rebate, "rebate-add", by)


def end(connection: Connection, department: DepartmentCode, service: ServiceCode, last_day: date, *, by: str) -> Rebate:
    """Let the rebate of a service that has no end, or a later one, end with a day: yesterday ends it at once.

    Raises:
        ServiceNotFound.
        InvalidRequest: the day is gone by, or there is no such rebate.
    """
    today = _locked(connection, department, service)
    if last_day < today - timedelta(days=1):
        raise InvalidRequest({"day": ["A rebate ends yesterday or later: what was paid is paid."]})
    asked = {"department": department, "service": service, "last_day": last_day}
    row = connection.exec_driver_sql(_END, asked).one_or_none()
    if row is None:
        raise InvalidRequest({"day": ["The service has no rebate on the day after it."]})
    ended = _rebate(row)
    _record(connection, ended, "rebate-end", by)
    return ended


def list_rebates(connection: Connection) -> list[Rebate]:
    """Return every rebate there is or was, by service and day."""
    return [_rebate(row) for row in connection.exec_driver_sql(f"{_REBATES} ORDER BY department, service, first_day")]


def _require_sound(rebate: Rebate) -> None:
    errors = {}
    if (rebate.basis_points is None) == (rebate.amount is None):
        errors["basis-points"] = ["Either basis points or an amount."]
    elif not 1 <= (rebate.basis_points or rebate.amount or 0) <= (MOST_BASIS_POINTS if rebate.basis_points else 10**15):
        errors["basis-points"] = [f"1 to {MOST_BASIS_POINTS} basis points, or an amount above zero."]
    if rebate.last_day is not None and rebate.last_day < rebate.first_day:
        errors["to"] = ["The last day comes before the first."]
    if errors:
        raise InvalidRequest(errors)


def _locked(connection: Connection, department: DepartmentCode, service: ServiceCode) -> date:
    """Lock a service against another change of its rebates, and return the books' day."""
    row = connection.exec_driver_sql(_LOCK, (department, service)).one_or_none()
    if row is None:
        raise ServiceNotFound(department=department, service=service)
    today: date = row.today
    return today


def _record(connection: Connection, rebate: Rebate, act: str, by: str) -> None:
    facts = {
        "basis_points": rebate.basis_points,
        "amount": None if rebate.amount is None else rupees(rebate.amount),
        "from": rebate.first_day.isoformat(),
        "to": None if rebate.last_day is None else rebate.last_day.isoformat(),
    }
    audit.record(connection, by=by, act=act, subject=f"{rebate.department}:{rebate.service}", facts=facts)


def _rebate(row: tuple[str, str, int | None, int | None, date, date | None]) -> Rebate:
    department, service, basis_points, amount, first_day, last_day = row
    allowed = None if amount is None else Paise(amount)
    return Rebate(DepartmentCode(department), ServiceCode(service), basis_points, allowed, first_day, last_day)


_COLUMNS = "department, service, basis_points, amount_paise, first_day, last_day"
_REBATES = f"SELECT {_COLUMNS} FROM service_rebates"  # noqa: S608 (our own text)
# Payments read the service's row without waiting for this lock.
_LOCK = "SELECT india_today() AS today FROM services WHERE department = %s AND code = %s FOR NO KEY UPDATE"
_OTHERS = """
SELECT EXISTS (SELECT FROM service_rebates WHERE department = %(department)s AND service = %(service)s
  AND first_day <= coalesce(%(last_day)s::date, 'infinity') AND coalesce(last_day, 'infinity') >= %(first_day)s
  AND coalesce(last_day >= first_day, true))
"""
_ADD = """
INSERT INTO service_rebates (department, service, basis_points, amount_paise, first_day, last_day, set_by)
VALUES (%(department)s, %(service)s, %(basis_points)s, %(amount)s, %(first_day)s, %(last_day)s, %(by)s)
"""
_MARK = """
UPDATE services SET has_rebate = true
WHERE department = %(department)s AND code = %(service)s AND has_rebate IS NULL
"""
_END = f"""
UPDATE service_rebates SET last_day = %(last_day)s
WHERE department = %(department)s AND service = %(service)s AND first_day <= %(last_day)s::date + 1
  AND coalesce(last_day, 'infinity') > %(last_day)s
RETURNING {_COLUMNS}
"""  # noqa: S608 (our own text)
