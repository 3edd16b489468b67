"""Bank files as they are kept: state, how far they are read, control totals, rejects, lines and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import BankFileNotFound, FileAlreadyReceived
from wallet_service.identifiers import EntryId
from wallet_service.money import Paise
from wallet_service.recon import wraps
from wallet_service.recon.statements import LineReject

STATES = ("received", "read", "waiting", "released", "rejected")


@dataclass(frozen=True)
class BankFile:
    """A bank file of *bytes* bytes. Amounts in paise. While it is ``received``, *lines_read* tells how far it is read.

    *joins* is how it joins its account's chain, in the words of `chain.Outcome`: of its lines the chain did not have
    *new_lines* and had *known_lines*. Of what waits or contradicts, neither is counted.
    *release_by* has released a large file, which a job then does.
    *reason* says, for a clerk, why it waits or was rejected, or what a release will bind. *profile* is the name of the
    profile that read it; such a file has no account and no balances. What its rows come to are its inflows, or its
    outflows where it tells what departments or the treasury were paid.
    """

    id: int
    state: str
    bank_account: str | None
    account_number: str | None
    sha256: str
    filename: str
    form: str | None
    profile: str | None
    received_by: str
    received_at: datetime
    release_by: str | None
    period_first: date | None
    period_last: date | None
    opening: Paise | None
    closing: Paise | None
    bytes: int
    lines_read: int
    lines: int
    joins: str | None
    new_lines: int
    known_lines: int
    posted_lines: int
    inflows: Paise
    inflow_lines: int
    outflows: Paise
    outflow_lines: int
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    posted_at: datetime | None
    rejects: tuple[LineReject, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Say whether it was read as a statement of one of our accounts, or by a profile."""
        return self.period_first is not None


@dataclass(frozen=True)
class Standing:
    """A file's state, and the id of the bank account that it is of, or is said to be of."""

    state: str
    account_id: int | None


@dataclass(frozen=True)
class FileLine:
    """A line of a released file: the place it takes in the chain, and what became of it. Amounts in paise.

    *state* is ``unposted``, ``posted`` or, while it lies in suspense, ``suspense``. *disposition* is what the *rule*,
    in its *rule_version*, made of it, having seen the *candidates*: credits, claims, operators and other lines.
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
    disposition: str | None
    rule: str | None
    rule_version: int | None
    candidates: tuple[str, ...]
    reason: str | None
    entry: str | None


_SELECT = """
SELECT f.*, b.name AS bank_account_name, (
    SELECT octet_length(c.content) FROM bank_file_contents c WHERE c.file = f.id) AS bytes, (
    SELECT count(*) FROM bank_lines l JOIN bank_line_postings p ON p.line = l.id WHERE l.file = f.id) AS posted_lines
FROM bank_files f LEFT JOIN bank_accounts b ON b.account = f.bank_account
"""

_LINES = """
SELECT * FROM (
  SELECT l.id, l.row_number, l.booked_on, l.value_date, l.direction::text, l.amount_paise, l.balance_after_paise,
    l.description, l.reference, l.branch, p.disposition, p.rule, p.rule_version, p.candidates,
    p.reason, p.entry_number, b.code AS book,
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
    if row.state != "rejected":  # It may have been, and came again.
        return _file(row)
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
            description=wraps.joined(row.description),
            reference=row.reference,
            branch=row.branch,
            state=row.state,
            disposition=row.disposition,
            rule=row.rule,
            rule_version=row.rule_version,
            candidates=tuple(row.candidates or ()),
            reason=row.reason,
            entry=str(EntryId(row.book, row.entry_number)) if row.entry_number else None,
        )
        for row in rows
    ]


def content(connection: Connection, file_id: int) -> bytes:
    """Return a file's bytes as they came."""
    found = connection.exec_driver_sql("SELECT content FROM bank_file_contents WHERE file = %s", (file_id,))
    return bytes(found.scalar_one())


def insert(
    connection: Connection, content: bytes, digest: bytes, *, filename: str, by: str, account_id: int | None = None
) -> int:
    """Keep a file as it came, ``received``, and return its id. One that was refused comes anew: what it said is gone.

    *account_id* is the bank account that it is said to be of, if any.

    Raises:
        FileAlreadyReceived: the same bytes were received before.
    """
    told = {"digest": digest, "filename": filename[:200], "by": by, "account": account_id}
    file_id = connection.exec_driver_sql(_INSERT, told).scalar_one_or_none()
    if file_id is None:
        first = connection.exec_driver_sql(
            "SELECT id, state::text, received_at FROM bank_files WHERE sha256 = %s", (digest,)
        ).one()
        raise FileAlreadyReceived(file=first.id, state=first.state, received_at=first.received_at)
    connection.exec_driver_sql(
        "INSERT INTO bank_file_contents (file, content) VALUES (%s, %s) ON CONFLICT DO NOTHING", (file_id, content)
    )
    return int(file_id)


def lock(connection: Connection, file_id: int) -> Standing:
    """Return where a file stands, which nobody changes until the transaction ends. Its account is locked before."""
    found = connection.exec_driver_sql(
        "SELECT state::text, bank_account FROM bank_files WHERE id = %s FOR UPDATE", (file_id,)
    ).one()
    return Standing(found.state, found.bank_account)


def note_lines_read(connection: Connection, file_id: int, lines: int) -> None:
    """Note how far the reading of a received file has come."""
    connection.exec_driver_sql(
        "UPDATE bank_files SET lines_read = %s WHERE id = %s AND state = 'received'", (lines, file_id)
    )


def insert_rejects(connection: Connection, file_id: int, rejects: Sequence[LineReject]) -> None:
    """Keep why lines of a file were refused; what is kept already is not kept twice."""
    if rejects:
        connection.exec_driver_sql(
            "INSERT INTO bank_file_rejects (file, row_number, reason, content) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [(file_id, reject.row, reject.reason, reject.text) for reject in rejects],
        )


# What was refused and by nobody decided on may come again, by another person: it is that person's from now on. So may
# what a person rejected that names no account, as a file of another one.
_INSERT = """
INSERT INTO bank_files (sha256, filename, received_by, bank_account, state)
VALUES (%(digest)s, %(filename)s, %(by)s, %(account)s, 'received')
ON CONFLICT (sha256) DO UPDATE SET filename = excluded.filename, received_by = excluded.received_by,
  state = excluded.state, lines_read = 0, line_count = 0, joins = NULL, new_line_count = 0, known_line_count = 0,
  inflow_paise = 0, inflow_count = 0, outflow_paise = 0, outflow_count = 0, reason = NULL, profile = NULL,
  profile_version = NULL, form = NULL, bank_account = excluded.bank_account, account_number = NULL,
  content_digest = NULL, period_first = NULL, period_last = NULL, opening_paise = NULL, closing_paise = NULL,
  decided_by = NULL, decided_at = NULL, release_by = NULL, release_at = NULL
WHERE bank_files.state = 'rejected' AND (bank_files.decided_by IS NULL
  OR (bank_files.account_number IS NULL AND bank_files.bank_account <> excluded.bank_account))
RETURNING id
"""


def _file(row: Any, rejects: tuple[LineReject, ...] = ()) -> BankFile:
    return BankFile(
        id=row.id,
        state=row.state,
        bank_account=row.bank_account_name,
        account_number=row.account_number,
        sha256=bytes(row.sha256).hex(),
        filename=row.filename,
        form=row.form,
        profile=row.profile,
        received_by=row.received_by,
        received_at=row.received_at,
        release_by=row.release_by,
        period_first=row.period_first,
        period_last=row.period_last,
        opening=None if row.opening_paise is None else Paise(row.opening_paise),
        closing=None if row.closing_paise is None else Paise(row.closing_paise),
        bytes=row.bytes,
        lines_read=row.lines_read,
        lines=row.line_count,
        joins=row.joins,
        new_lines=row.new_line_count,
        known_lines=row.known_line_count,
        posted_lines=row.posted_lines,
        inflows=Paise(row.inflow_paise),
        inflow_lines=row.inflow_count,
        outflows=Paise(row.outflow_paise),
        outflow_lines=row.outflow_count,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        posted_at=row.posted_at,
        rejects=rejects,
    )
