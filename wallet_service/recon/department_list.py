"""A department's list of payments, made of what a profile read: whose it is, of which day, and its rows. Pure.

A list without a number of its own is of one department and one day. A scroll has a number, a date and a bank, and may
tell of several days: those of its rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from wallet_service.identifiers import DepartmentCode, ServiceCode
from wallet_service.money import Paise
from wallet_service.recon.readers.declaration import Declaration, Kind
from wallet_service.recon.readers.profile import Row, Told
from wallet_service.recon.readers.refusals import Refusals

SCROLL_DAY = "scroll_day"
_LONGEST_NUMBER = 100
_Each = TypeVar("_Each", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list: the line on which it stands, by which numbers the department knows the payment, and what of it.

    *is_paid* is False where the department says that it did not take the payment.
    """

    number: int
    service: ServiceCode
    ticket: str | None
    application: str | None
    receipt: str | None
    amount: Paise
    day: date
    is_paid: bool


@dataclass(frozen=True, slots=True)
class DepartmentList:
    """A list: *day* is the day it is of, *name* its number where it has one; its rows are of *first* to *last*.

    A list of the same department, day and name is another version of it. *service* is the one that it is of by its
    profile; None where it is of all of the department's.
    """

    department: DepartmentCode
    day: date
    name: str
    service: ServiceCode | None
    first: date
    last: date
    rows: tuple[ListRow, ...]


def tells_payments(profile: Declaration) -> bool:
    """Say whether the rows of a profile can be compared with what was paid: it says of which department they are."""
    kinds = {Kind.PAYMENTS, Kind.RECEIPTS}
    return profile.kind in kinds and all(profile.field(name) is not None for name in ("department", "service"))


def list_of(told: Told, profile: Declaration, services: Collection[tuple[str, str]]) -> tuple[DepartmentList, Refusals]:
    """Return the list that a file is, and what of it cannot be: none of it counts if there is anything.

    *services* are the departments and codes of all services there are. *told* has rows, and none of them refused.
    """
    refusals = Refusals()
    every = [*told.rows, *told.failed]
    department = _most(_text(row, "department") or "" for row in every)
    named = bool(profile.file_identity)
    day = _day(told, profile) or _most(row.day for row in every)
    for row in sorted(every, key=lambda each: each.number):
        if reason := _fault(row, department, day, services, is_of_one_day=not named):
            refusals.add(row.number, " | ".join(str(each) for each in row.values.values() if each), reason)
    field = profile.field("service")
    service = field.always if field else None
    days = [row.day for row in every]
    rows = sorted(
        [*(_row(each, is_paid=True) for each in told.rows), *(_row(each, is_paid=False) for each in told.failed)],
        key=lambda each: each.number,
    )
    made = DepartmentList(
        department=DepartmentCode(department),
        day=day,
        name=" ".join(told.file_identity or ((f"service {service}",) if service else ()))[:_LONGEST_NUMBER],
        service=ServiceCode(service) if service else None,
        first=min(days),
        last=max(days),
        rows=tuple(rows),
    )
    return made, refusals


def _fault(
    row: Row, department: str, day: date, services: Collection[tuple[str, str]], *, is_of_one_day: bool
) -> str | None:
    said, service = _text(row, "department") or "", _text(row, "service") or ""
    if said != department:
        return f"the row is of the department {said[:20]}, and the list of {department[:20]}: a list is of one"
    if (said, service) not in services:
        return f"there is no service {service[:20]} of the department {said[:20]}"
    if is_of_one_day and row.day != day:
        return (
            f"the row is of {row.day:%d/%m/%Y}, and the list of {day:%d/%m/%Y}: a list without a number is of one day"
        )
    if row.day > day:
        return f"the row is of {row.day:%d/%m/%Y}, a day behind that of its scroll, {day:%d/%m/%Y}"
    if not any(_numbers(row)):
        return "the row has neither ticket, application nor receipt: nobody can tell which payment it is"
    return None


def _row(row: Row, *, is_paid: bool) -> ListRow:
    ticket, application, receipt = _numbers(row)
    service = ServiceCode(_text(row, "service") or "")
    return ListRow(row.number, service, ticket, application, receipt, row.amount, row.day, is_paid)


def _numbers(row: Row) -> Sequence[str | None]:
    """Return a row's ticket, application and receipt; the receipt of the treasury is its GRN."""
    return _text(row, "ticket"), _text(row, "application"), _text(row, "receipt") or _text(row, "grn")


def _text(row: Row, name: str) -> str | None:
    value = row.values.get(name)
    return None if value is None else str(value)[:_LONGEST_NUMBER]


def _day(told: Told, profile: Declaration) -> date | None:
    """Return the day that a scroll bears, where it bears one."""
    if SCROLL_DAY not in profile.file_identity or not told.rows:
        return None
    day = told.rows[0].values.get(SCROLL_DAY)
    return day if isinstance(day, date) else None


def _most(values: Iterable[_Each]) -> _Each:
    """Return the value that most have; of several, the least, so that the order of rows does not matter."""
    counted = Counter(values)
    most = max(counted.values())
    return min((value for value, times in counted.items() if times == most), key=str)
