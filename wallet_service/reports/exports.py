"""Exports: which part of the books somebody takes away, to what purpose, and what exactly it covers.

No file is kept. What was asked for is, with the bounds that make every sending of it the same bytes: a closed day takes
no more entries, and of an open day an export holds the entries up to the number that each book had when it was made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import DayInFuture, ExportNotFound, InvalidRequest, ServiceNotFound, WalletNotFound
from wallet_service.ledger import audit
from wallet_service.reports.credits import CREDITS
from wallet_service.reports.debits import DEBITS
from wallet_service.reports.entries import ENTRIES

REPORTS = {report.name: report for report in (ENTRIES, DEBITS, CREDITS)}
FORMATS = ("csv",)
LONGEST_DAYS = 367
"""A financial year, and the day before it from which its balances come."""


@dataclass(frozen=True)
class Filters:
    """What narrows an export; None narrows nothing."""

    wallet: str | None = None
    department: str | None = None
    kind: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """Return those that narrow."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class File:
    """What was sent when an export was fetched whole for the first time. *rows* do not count the header."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Export:
    """An export of business days *first* to *last*, both included. It is ready at once and never changes.

    *closed_to* is the last day that was closed when it was made: later days are covered as far as they had come then.
    """

    id: int
    report: str
    first: date
    last: date
    format: str
    filters: Filters
    purpose: str
    made_by: str
    made_at: datetime
    closed_to: date | None
    file: File | None

    @property
    def state(self) -> str:
        """Return how far it is: nothing has to be made before it can be fetched."""
        return "ready"

    @property
    def filename(self) -> str:
        """Return the name under which its file is best kept."""
        return f"{self.report}-{self.first}-to-{self.last}-export-{self.id}.{self.format}"


# One statement, so one instant: a book's number there and the entries behind it are of the same commits.
_INSERT = """
INSERT INTO exports (made_by, client, report, first_day, last_day, format, filters, purpose, closed_to, books, numbers)
SELECT %(by)s, %(client)s, %(report)s, %(first)s, %(last)s, %(format)s, %(filters)s::jsonb, %(purpose)s, closed.day,
  coalesce(bounds.books, '{}'), coalesce(bounds.numbers, '{}')
FROM (SELECT max(day) AS day FROM days WHERE closed_at IS NOT NULL) closed
CROSS JOIN LATERAL (
  SELECT array_agg(id ORDER BY id) AS books, array_agg(number ORDER BY id) AS numbers FROM books
  WHERE number > 0 AND %(last)s::date > coalesce(closed.day, '-infinity')) bounds
RETURNING id
"""
_GET = """
SELECT e.id, e.report, e.first_day, e.last_day, e.format, e.filters, e.purpose, e.made_by, e.made_at, e.closed_to,
  f.rows, f.bytes, f.sha256
FROM exports e LEFT JOIN export_files f ON f.export = e.id WHERE e.id = %s AND e.client IS NOT DISTINCT FROM %s
"""


def request(
    connection: Connection,
    *,
    report: str,
    first: date,
    last: date,
    format_: str,
    filters: Filters,
    purpose: str,
    by: str,
    client_id: int | None,
) -> Export:
    """Record an export by *by*, who is a client or (None) somebody at the command line, and say so in the audit.

    Raises:
        InvalidRequest: the days are in no order, or more than 367.
        DayInFuture, WalletNotFound.
        ServiceNotFound: there is no such department.
    """
    _check(connection, first, last, filters)
    asked = {
        "by": by,
        "client": client_id,
        "report": report,
        "first": first,
        "last": last,
        "format": format_,
        "filters": json.dumps(filters.given),
        "purpose": purpose,
    }
    identity = int(connection.exec_driver_sql(_INSERT, asked).scalar_one())
    facts = {"report": report, "from": str(first), "to": str(last), "format": format_}
    audit.record(
        connection,
        by=by,
        act="export",
        subject=str(identity),
        facts={**facts, "filters": filters.given, "purpose": purpose},
    )
    return get(connection, identity, client_id=client_id)


def get(connection: Connection, export_id: int, *, client_id: int | None) -> Export:
    """Return an export of that client's own.

    Raises:
        ExportNotFound.
    """
    row = connection.exec_driver_sql(_GET, (export_id, client_id)).one_or_none()
    if row is None:
        raise ExportNotFound(export=export_id)
    return _export(row)


def record_fetch(connection: Connection, export: Export, *, by: str) -> None:
    """Say in the audit that an export's file is about to be sent, before a byte of it leaves."""
    audit.record(connection, by=by, act="export-fetch", subject=str(export.id))


def record_file(connection: Connection, export: Export, file: File) -> None:
    """Keep what was sent whole, the first time."""
    connection.exec_driver_sql(
        "INSERT INTO export_files (export, rows, bytes, sha256) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (export.id, file.rows, file.bytes, file.sha256),
    )


def _check(connection: Connection, first: date, last: date, filters: Filters) -> None:
    if last < first:
        raise InvalidRequest({"to": ["The last day comes before the first."]})
    if (last - first).days >= LONGEST_DAYS:
        raise InvalidRequest({"to": [f"At most {LONGEST_DAYS} days, both ends included."]})
    found = connection.exec_driver_sql(
        "SELECT (SELECT greatest(max(open_day), india_today()) FROM books) AS open_day,"
        " EXISTS (SELECT FROM books WHERE code = %(wallet)s AND id <> 0) AS wallet,"
        " EXISTS (SELECT FROM departments WHERE code = %(department)s) AS department",
        {"wallet": filters.wallet, "department": filters.department},
    ).one()
    if last > found.open_day:
        raise DayInFuture(day=last)
    if filters.wallet is not None and not found.wallet:
        raise WalletNotFound(wallet=filters.wallet)
    if filters.department is not None and not found.department:
        raise ServiceNotFound(department=filters.department)


def _export(row: Any) -> Export:
    filters: Mapping[str, str] = row.filters
    return Export(
        id=row.id,
        report=row.report,
        first=row.first_day,
        last=row.last_day,
        format=row.format,
        filters=Filters(**filters),
        purpose=row.purpose,
        made_by=row.made_by,
        made_at=row.made_at,
        closed_to=row.closed_to,
        file=None if row.sha256 is None else File(row.rows, row.bytes, row.sha256),
    )
