"""Departments' lists as they are kept: rows and versions. A list that comes again replaces nothing silently."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import TieOutNotFound
from wallet_service.identifiers import DepartmentCode, ServiceCode
from wallet_service.ledger import outbox
from wallet_service.money import Paise
from wallet_service.recon.department_list import DepartmentList
from wallet_service.recon.tie_second_looks import contradicted

TIE_JOB = "tie-department-list"
_AT_ONCE = 5_000


@dataclass(frozen=True)
class KeptList:
    """A list that is kept, by its file. *version* is None until it is released; *tied_at* until it was compared.

    *paid* and *failed* are how many rows say that a payment was taken, or was not; *amount* is what the former come to.
    *replaced_by* is the file of the next version, *replaces* that of the one before.
    """

    id: int
    filename: str
    department: DepartmentCode
    day: date
    name: str
    service: ServiceCode | None
    first: date
    last: date
    version: int | None
    replaces: int | None
    replaced_by: int | None
    tied_at: datetime | None
    paid: int
    failed: int
    amount: Paise

    @property
    def state(self) -> str:
        """Return ``waiting`` to be compared, ``compared``, or ``replaced`` by another version."""
        return "replaced" if self.replaced_by else "compared" if self.tied_at else "waiting"

    @property
    def words(self) -> str:
        """Return whose list it is and of what."""
        number = f" ({self.name})" if self.name else ""
        return f"{self.department} of {self.day:%d/%m/%Y}{number}"


@dataclass(frozen=True)
class Difference:
    """A row by which a version differs from the one before: it ``came`` or is ``gone``. *amount* in paise."""

    what: str
    service: ServiceCode
    ticket: str | None
    receipt: str | None
    amount: Paise
    day: date
    is_paid: bool


_ROW = "service, ticket, application, receipt, amount_paise, day, is_paid"
_INSERT_LIST = """
INSERT INTO department_lists (file, department, day, name, service, first_day, last_day)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
_INSERT_ROWS = f"""
INSERT INTO department_rows (file, n, row_number, {_ROW})
SELECT %s, * FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
  %s::date[], %s::boolean[])
"""  # noqa: S608 (our own names)
_SELECT = """
SELECT l.*, f.filename, f.line_count AS paid, f.outflow_paise AS amount_paise,
  (SELECT n.file FROM department_lists n WHERE n.replaces = l.file) AS replaced_by,
  (SELECT count(*) FROM department_rows r WHERE r.file = l.file AND NOT r.is_paid) AS failed
FROM department_lists l JOIN bank_files f ON f.id = l.file
"""
_NEWEST = """
SELECT n.file, n.version FROM department_lists l
JOIN department_lists n ON (n.department, n.day, n.name) = (l.department, l.day, l.name) AND n.version IS NOT NULL
WHERE l.file = %s ORDER BY n.version DESC LIMIT 1
"""
# The newest list of each department, of whose lists any result is open or contradicted.
_OPEN = """
SELECT max(n.file) FROM department_lists n
WHERE n.tied_at IS NOT NULL AND NOT EXISTS (SELECT FROM department_lists x WHERE x.replaces = n.file)
  AND n.department IN (
    SELECT l.department FROM tie_results t JOIN department_lists l ON l.file = t.file
    WHERE t.found NOT IN ('agreed', 'not-paid') AND t.settled_at IS NULL AND t.replaced_by IS NULL
    UNION SELECT unnest(%s::text[]))
GROUP BY n.department ORDER BY n.department
"""
# Lists that were compared while their last day went on: what was paid later that day is missed by nobody else.
_UNFINISHED = """
SELECT n.file FROM department_lists n
WHERE n.last_day >= (n.tied_at AT TIME ZONE 'Asia/Kolkata')::date
  AND NOT EXISTS (SELECT FROM department_lists x WHERE x.replaces = n.file) ORDER BY n.file
"""
_DIFFERENCES = f"""
SELECT * FROM (
  SELECT 'gone' AS what, x.* FROM (SELECT {_ROW} FROM department_rows WHERE file = %(old)s
    EXCEPT ALL SELECT {_ROW} FROM department_rows WHERE file = %(new)s) x
  UNION ALL
  SELECT 'came', x.* FROM (SELECT {_ROW} FROM department_rows WHERE file = %(new)s
    EXCEPT ALL SELECT {_ROW} FROM department_rows WHERE file = %(old)s) x) y
ORDER BY service, ticket, receipt, application, day, what DESC, amount_paise
"""  # noqa: S608 (our own names)


def services(connection: Connection) -> set[tuple[str, str]]:
    """Return the department and code of every service."""
    return {(row.department, row.code) for row in connection.exec_driver_sql("SELECT department, code FROM services")}


def keep(connection: Connection, file_id: int, made: DepartmentList) -> str:
    """Keep a list that was read, and return in words what it will be once a second person releases it."""
    told = (made.department, made.day, made.name, made.service, made.first, made.last)
    connection.exec_driver_sql(_INSERT_LIST, (file_id, *told))
    for start in range(0, len(made.rows), _AT_ONCE):
        some = made.rows[start : start + _AT_ONCE]
        columns = zip(
            *(
                (n, r.number, r.service, r.ticket, r.application, r.receipt, r.amount, r.day, r.is_paid)
                for n, r in enumerate(some, start + 1)
            ),
            strict=True,
        )
        connection.exec_driver_sql(_INSERT_ROWS, (file_id, *map(list, columns)))
    return _will_be(connection, get(connection, file_id))


def give_version(connection: Connection, file_id: int) -> bool:
    """Let a list that was released count, as the next version of its like; False where the file is no list."""
    row = connection.exec_driver_sql(
        "SELECT department FROM department_lists WHERE file = %s", (file_id,)
    ).one_or_none()
    if row is None:
        return False
    _lock(connection, row.department)
    newest = connection.exec_driver_sql(_NEWEST, (file_id,)).one_or_none()
    connection.exec_driver_sql(
        "UPDATE department_lists SET version = %s, replaces = %s WHERE file = %s",
        (newest.version + 1 if newest else 1, newest.file if newest else None, file_id),
    )
    return True


def ask_again(connection: Connection) -> list[int]:
    """Have every department looked at again of whose lists something is open, or contradicted by our books since.

    Payments may have explained the one; refunds and captures do the other. So is each list that was compared before
    its last day was over. Returns the lists by which it is done.
    """
    files = list(connection.exec_driver_sql(_OPEN, (list(contradicted(connection)),)).scalars())
    files = sorted({*files, *connection.exec_driver_sql(_UNFINISHED).scalars()})
    for file in files:
        outbox.enqueue_unless_open(connection, TIE_JOB, str(file))
    return files


def _lock(connection: Connection, department: str) -> None:
    """Let nobody else give a version to a department's list until the transaction ends."""
    connection.exec_driver_sql(
        "SELECT pg_advisory_xact_lock(hashtext('department-lists'), hashtext(%s))", (department,)
    )


def get(connection: Connection, file_id: int) -> KeptList:
    """Return a list by its file, released or not.

    Raises:
        TieOutNotFound: the file is no department's list.
    """
    row = connection.exec_driver_sql(_SELECT + "WHERE l.file = %s", (file_id,)).one_or_none()
    if row is None:
        raise TieOutNotFound(tie_out=file_id)
    return _kept(row)


def find(
    connection: Connection, *, department: str | None, day: date | None, after: int | None, limit: int
) -> list[KeptList]:
    """Return up to *limit* lists that were released, the newest files first, beginning behind file *after*."""
    asked = {"department": department, "day": day, "after": after, "limit": limit}
    rows = connection.exec_driver_sql(
        _SELECT + "WHERE l.version IS NOT NULL AND coalesce(l.department = %(department)s, true)"
        " AND coalesce(l.day = %(day)s, true) AND coalesce(l.file < %(after)s, true)"
        " ORDER BY l.file DESC LIMIT %(limit)s",
        asked,
    )
    return [_kept(row) for row in rows]


def differences(connection: Connection, old: int, new: int) -> list[Difference]:
    """Return the rows by which the list *new* differs from *old*; a row that changed is gone and came."""
    return [
        Difference(
            row.what,
            ServiceCode(row.service),
            row.ticket,
            row.receipt,
            Paise(row.amount_paise),
            row.day,
            row.is_paid,
        )
        for row in connection.exec_driver_sql(_DIFFERENCES, {"old": old, "new": new})
    ]


def _will_be(connection: Connection, made: KeptList) -> str:
    newest = connection.exec_driver_sql(_NEWEST, (made.id,)).one_or_none()
    if newest is None:
        return f"It is the list of {made.words}, and is compared with our payments once it is released."
    told = differences(connection, newest.file, made.id)
    came = sum(each.what == "came" for each in told)
    differs = f"{came} rows come and {len(told) - came} go" if told else "no row differs"
    return f"It is the list of {made.words} again, version {newest.version + 1} after file {newest.file}: {differs}."


def _kept(row: Any) -> KeptList:
    return KeptList(
        id=row.file,
        filename=row.filename,
        department=DepartmentCode(row.department),
        day=row.day,
        name=row.name,
        service=None if row.service is None else ServiceCode(row.service),
        first=row.first_day,
        last=row.last_day,
        version=row.version,
        replaces=row.replaces,
        replaced_by=row.replaced_by,
        tied_at=row.tied_at,
        paid=row.paid,
        failed=row.failed,
        amount=Paise(row.amount_paise),
    )
