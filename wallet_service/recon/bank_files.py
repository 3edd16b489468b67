"""Bank files as they are kept: state, control totals, rejects, lines and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import BankFileNotFound
from wallet_service.identifiers import EntryId
from wallet_service.money import Paise
from wallet_service.recon.statements import LineReject

STATES = ("received", "read", "waiting", "released", "rejected")


@dataclass(frozen=True)
class BankFile:
    """A bank file. Amounts in paise; *new_lines* are those that its account's chain did not have.

    *reason* says, for a clerk, why it waits or was rejected, or what a release will bind.
    """

    id: int
    state: str
    bank_account: str | None
    account_number: str | None
    sha256: str
    filename: str
    form: str | None
    received_by: str
    received_at: datetime
    period_first: date | None
    period_last: date | None
    opening: Paise | None
    closing: Paise | None
    lines: int
    new_lines: int
    posted_lines: int
    inflows: Paise
    outflows: Paise
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    posted_at: datetime | None
    rejects: tuple[LineReject, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Say whether it was read as a statement of one of our accounts."""
        return self.period_first is not None


@dataclass(frozen=True)
class FileLine:
    """A line of a released file: the place it takes in the chain, and what became of it. Amounts in paise.

    *state* is ``unposted``, ``posted`` or, while it lies in suspense, ``suspense``.
    """

    id: int
    row: int
    booked_on: date
    value_date: date
    direction: str
    amount: Paise
    balance_after: Paise
    description: str
    reference: str
    branch: str | None
    state: str
    rule: str | None
    reason: str | None
    entry: str | None


_SELECT = """
SELECT f.*, b.name AS bank_account_name, (
    SELECT count(*) FROM bank_lines l JOIN bank_line_postings p ON p.line = l.id WHERE l.file = f.id) AS posted_lines
FROM bank_files f LEFT JOIN bank_accounts b ON b.account = f.bank_account
"""

_LINES = """
SELECT * FROM (
  SELECT l.id, l.row_number, l.booked_on, l.value_date, l.direction::text, l.amount_paise, l.balance_after_paise,
    l.description, l.reference, l.branch, p.rule, p.reason, p.entry_number, b.code AS book,
    CASE WHEN p.line IS NULL THEN 'unposted' WHEN s.cleared_paise < s.amount_paise THEN 'suspense'
      ELSE 'posted' END AS state
  FROM bank_lines l LEFT JOIN bank_line_postings p ON p.line = l.id LEFT JOIN books b ON b.id = p.book
  LEFT JOIN suspense_items s ON s.line = l.id
  WHERE l.file = %(file)s AND l.row_number > %(after)s) x
WHERE %(state)s::text IS NULL OR state = %(state)s
ORDER BY row_number LIMIT %(limit)s
"""


def get(connection: Connection, file_id: int) -> BankFile:
    """Return a file with its rejects.

    Raises:
        BankFileNotFound.
    """
    row = connection.exec_driver_sql(_SELECT + "WHERE f.id = %s", (file_id,)).one_or_none()
    if row is None:
        raise BankFileNotFound(file=file_id)
    rejects = connection.exec_driver_sql(
        "SELECT row_number, content, reason FROM bank_file_rejects WHERE file = %s ORDER BY row_number", (file_id,)
    )
    return _file(row, tuple(LineReject(*reject) for reject in rejects))


def list_files(connection: Connection, *, state: str | None = None, after: int | None, limit: int) -> list[BankFile]:
    """Return up to *limit* files, the newest first, beginning behind file *after*; without their rejects."""
    rows = connection.exec_driver_sql(
        _SELECT + "WHERE (%(state)s::text IS NULL OR f.state = %(state)s::file_state)"
        " AND (%(after)s::bigint IS NULL OR f.id < %(after)s) ORDER BY f.id DESC LIMIT %(limit)s",
        {"state": state, "after": after, "limit": limit},
    )
    return [_file(row) for row in rows]


def list_lines(
    connection: Connection, file_id: int, *, state: str | None = None, after: int | None, limit: int
) -> list[FileLine]:
    """Return up to *limit* of the lines that a released file brought, in its order, beginning behind row *after*."""
    rows = connection.exec_driver_sql(_LINES, {"file": file_id, "state": state, "after": after or 0, "limit": limit})
    return [
        FileLine(
            id=row.id,
            row=row.row_number,
            booked_on=row.booked_on,
            value_date=row.value_date,
            direction=row.direction,
            amount=Paise(row.amount_paise),
            balance_after=Paise(row.balance_after_paise),
            description=row.description,
            reference=row.reference,
            branch=row.branch,
            state=row.state,
            rule=row.rule,
            reason=row.reason,
            entry=str(EntryId(row.book, row.entry_number)) if row.entry_number else None,
        )
        for row in rows
    ]


def content(connection: Connection, file_id: int) -> bytes:
    """Return a file's bytes as they came."""
    found = connection.exec_driver_sql("SELECT content FROM bank_file_contents WHERE file = %s", (file_id,))
    return bytes(found.scalar_one())


def insert_rejects(connection: Connection, file_id: int, rejects: Sequence[LineReject]) -> None:
    """Keep why lines of a file were refused; what is kept already is not kept twice."""
    if rejects:
        connection.exec_driver_sql(
            "INSERT INTO bank_file_rejects (file, row_number, reason, content) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [(file_id, reject.row, reject.reason, reject.text) for reject in rejects],
        )


def _file(row: Any, rejects: tuple[LineReject, ...] = ()) -> BankFile:
    return BankFile(
        id=row.id,
        state=row.state,
        bank_account=row.bank_account_name,
        account_number=row.account_number,
        sha256=bytes(row.sha256).hex(),
        filename=row.filename,
        form=row.form,
        received_by=row.received_by,
        received_at=row.received_at,
        period_first=row.period_first,
        period_last=row.period_last,
        opening=None if row.opening_paise is None else Paise(row.opening_paise),
        closing=None if row.closing_paise is None else Paise(row.closing_paise),
        lines=row.line_count,
        new_lines=row.new_line_count,
        posted_lines=row.posted_lines,
        inflows=Paise(row.inflow_paise),
        outflows=Paise(row.outflow_paise),
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        posted_at=row.posted_at,
        rejects=rejects,
    )
