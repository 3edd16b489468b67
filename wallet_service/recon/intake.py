"""Take each bank file in once: read it, find where it joins its account's chain, and let a second person release it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from sqlalchemy import Connection

from wallet_service.errors import BankFileNotReleasable, FileAlreadyReceived, FileNotReadable, SamePerson
from wallet_service.identifiers import deposit_number
from wallet_service.ledger import outbox
from wallet_service.money import Paise
from wallet_service.recon import bank_accounts, bank_files, chain, narration, readers
from wallet_service.recon.bank_accounts import BankAccount
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.chain import Chain, Joining, KnownDay, NewLine, Outcome, Place
from wallet_service.recon.statements import Direction, LineReject, Statement, content_digest

POST_JOB = "post-bank-file"
_STATES = {
    Outcome.FIRST_FILE: "read",
    Outcome.CONTINUES: "read",
    Outcome.OVERLAPS: "read",
    Outcome.ALREADY_KNOWN: "read",
    Outcome.WAITS: "waiting",
    Outcome.CONFLICT: "rejected",
}
_ADDS_NOTHING = "Every line of it is known already: it adds nothing."


def receive(connection: Connection, *, content: bytes, filename: str, by: str) -> BankFile:
    """Keep a file, read it, and return it: ``read``, ``waiting`` for the file between, or ``rejected`` with reasons.

    Nothing is posted. No lock is held while it is parsed. A file that was refused is looked at anew when it comes
    again.

    Raises:
        FileAlreadyReceived: the same bytes, or the same statement saved anew, were received before.
    """
    digest = hashlib.sha256(content).digest()
    _take_time(connection)
    try:
        statement = readers.read(content, today=connection.exec_driver_sql("SELECT india_today()").scalar_one())
    except FileNotReadable as error:
        rejects = [LineReject(each["line"], each["text"], each["reason"]) for each in error.facts["rejects"]]
        return _keep_unreadable(connection, content, digest, filename, by, error.facts["reason"], rejects)
    _refuse_known(connection, digest, statement)
    account, reason = _account_of(connection, statement)
    if account is None:
        return _keep_unreadable(connection, content, digest, filename, by, reason or "", [])
    bank_accounts.lock(connection, account.id)  # What is being released now is waited for: the chain is read after it.
    joining = chain.join(statement, _chain(connection, account, statement))
    file_id = _insert(connection, content, digest, filename, by, statement=statement, account=account)
    _note(connection, file_id, joining, reason)
    return bank_files.get(connection, file_id)


def release(connection: Connection, file_id: int, *, by: str) -> BankFile:
    """Accept a file that was read: its new lines take their places in the chain, and a job will post them.

    If the chain has moved on and the file no longer joins it, it is returned ``waiting`` or ``rejected`` instead.

    Raises:
        BankFileNotFound, BankFileNotReleasable.
        SamePerson: *by* received it.
    """
    file = bank_files.get(connection, file_id)
    if file.state != "read":
        raise BankFileNotReleasable(file=file_id, state=file.state)
    if by == file.received_by:
        raise SamePerson(file=file_id, person=by)
    _take_time(connection)
    statement = readers.read(bank_files.content(connection, file_id), today=file.period_last or date.max)
    account = _lock(connection, file_id, statement)
    if account.number is None:
        bank_accounts.bind(connection, account.id, statement.account_number, by=by)
    joining = chain.join(statement, _chain(connection, account, statement))
    if _STATES[joining.outcome] != "read":
        _note(connection, file_id, joining, None)
        return bank_files.get(connection, file_id)
    _insert_lines(connection, file_id, account, joining)
    connection.exec_driver_sql(
        "UPDATE bank_files SET state = 'released', decided_by = %s, decided_at = instant(), reason = NULL,"
        " new_line_count = %s WHERE id = %s",
        (by, len(joining.new), file_id),
    )
    outbox.enqueue(connection, POST_JOB, str(file_id))
    _join_waiting(connection, account)
    return bank_files.get(connection, file_id)


def reject(connection: Connection, file_id: int, *, by: str, reason: str) -> BankFile:
    """Put a file aside for good; nothing of it will be posted.

    Raises:
        BankFileNotFound, BankFileNotReleasable.
    """
    file = bank_files.get(connection, file_id)
    changed = connection.exec_driver_sql(
        "UPDATE bank_files SET state = 'rejected', decided_by = %s, decided_at = instant(), reason = %s"
        " WHERE id = %s AND state IN ('read', 'waiting')",
        (by, reason, file_id),
    )
    if not changed.rowcount:
        raise BankFileNotReleasable(file=file_id, state=file.state)
    return bank_files.get(connection, file_id)


def _take_time(connection: Connection) -> None:
    """Let this transaction be idle while a large file is parsed; the session's own limit is for clients that stall."""
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '10min'")


def _refuse_known(connection: Connection, digest: bytes, statement: Statement) -> None:
    found = connection.exec_driver_sql(
        "SELECT id, state::text, received_at FROM bank_files"
        " WHERE (sha256 = %s AND (state <> 'rejected' OR decided_by IS NOT NULL)) OR (content_digest = %s"
        " AND period_first = %s AND period_last = %s AND state <> 'rejected') ORDER BY id LIMIT 1",
        (digest, bytes.fromhex(content_digest(statement)), statement.period_first, statement.period_last),
    ).one_or_none()
    if found is not None:
        raise FileAlreadyReceived(file=found.id, state=found.state, received_at=found.received_at)


def _account_of(connection: Connection, statement: Statement) -> tuple[BankAccount | None, str | None]:
    """Return the account that a statement is of, and what a clerk should know of that."""
    account = bank_accounts.find_by_number(connection, statement.account_number)
    if account is not None:
        return account, None
    unbound = [each for each in bank_accounts.list_bank_accounts(connection) if each.number is None]
    ending = statement.account_number[-4:]
    if len(unbound) == 1:
        return unbound[
            0
        ], f"{unbound[0].name} has no number yet: releasing this file binds it to the one ending {ending}."
    return (
        None,
        f"The statement is of an account ending {ending}, which is none of ours. Upload it for the right account.",
    )


def _keep_unreadable(
    connection: Connection,
    content: bytes,
    digest: bytes,
    filename: str,
    by: str,
    reason: str,
    rejects: Sequence[LineReject],
) -> BankFile:
    """Keep a file that cannot be used, once, with the reasons."""
    file_id = _insert(connection, content, digest, filename, by, statement=None, account=None)
    connection.exec_driver_sql("UPDATE bank_files SET state = 'rejected', reason = %s WHERE id = %s", (reason, file_id))
    bank_files.insert_rejects(connection, file_id, rejects)
    return bank_files.get(connection, file_id)


def _insert(
    connection: Connection,
    content: bytes,
    digest: bytes,
    filename: str,
    by: str,
    *,
    statement: Statement | None,
    account: BankAccount | None,
) -> int:
    told: dict[str, object] = {"sha256": digest, "filename": filename[:200], "received_by": by, "state": "received"}
    if statement is not None and account is not None:
        told |= {
            "bank_account": account.id,
            "account_number": statement.account_number,
            "content_digest": bytes.fromhex(content_digest(statement)),
            "form": statement.form,
            "period_first": statement.period_first,
            "period_last": statement.period_last,
            "opening_paise": statement.opening,
            "closing_paise": statement.closing,
            "line_count": len(statement.lines),
            "inflow_paise": statement.inflows.total,
            "outflow_paise": statement.outflows.total,
        }
    columns, places = ", ".join(told), ", ".join(["%s"] * len(told))
    anew = ", ".join(f"{column} = excluded.{column}" for column in told if column not in {"sha256", "received_by"})
    row = connection.exec_driver_sql(
        f"INSERT INTO bank_files ({columns}) VALUES ({places}) ON CONFLICT (sha256) DO UPDATE SET {anew}"  # noqa: S608
        " WHERE bank_files.state = 'rejected' AND bank_files.decided_by IS NULL RETURNING id",
        tuple(told.values()),
    ).one_or_none()
    if row is None:  # Somebody uploaded the same bytes at the same moment and was first.
        first = connection.exec_driver_sql("SELECT id, state::text FROM bank_files WHERE sha256 = %s", (digest,)).one()
        raise FileAlreadyReceived(file=first.id, state=first.state)
    connection.exec_driver_sql(
        "INSERT INTO bank_file_contents (file, content) VALUES (%s, %s) ON CONFLICT DO NOTHING", (row.id, content)
    )
    return int(row.id)


def _note(connection: Connection, file_id: int, joining: Joining, reason: str | None) -> None:
    """Set a file's state to what its joining says."""
    said = joining.reason or (_ADDS_NOTHING if joining.outcome is Outcome.ALREADY_KNOWN else reason)
    connection.exec_driver_sql(
        "UPDATE bank_files SET state = %s, reason = %s, new_line_count = %s WHERE id = %s",
        (_STATES[joining.outcome], said, len(joining.new), file_id),
    )
    bank_files.insert_rejects(connection, file_id, [LineReject(row, "", said or "") for row in joining.rows])


def _lock(connection: Connection, file_id: int, statement: Statement) -> BankAccount:
    """Lock the file's account, then the file; both are as they were, or the release is off."""
    row = connection.exec_driver_sql("SELECT bank_account FROM bank_files WHERE id = %s", (file_id,)).one()
    bank_accounts.lock(connection, row.bank_account)
    state = connection.exec_driver_sql(
        "SELECT state::text FROM bank_files WHERE id = %s FOR UPDATE", (file_id,)
    ).scalar()
    account = bank_accounts.get(connection, row.bank_account)
    if state != "read" or account.number not in {None, statement.account_number}:
        raise BankFileNotReleasable(file=file_id, state=state)
    return account


def _chain(connection: Connection, account: BankAccount, statement: Statement) -> Chain | None:
    """Return what the account already has, with the days that matter to the statement; None before its first file."""
    first = connection.exec_driver_sql(
        "SELECT period_first, opening_paise FROM bank_files WHERE bank_account = %s AND state = 'released'"
        " ORDER BY period_first, id LIMIT 1",
        (account.id,),
    ).one_or_none()
    last = connection.exec_driver_sql(
        "SELECT booked_on, balance_after_paise FROM bank_lines WHERE bank_account = %s"
        " ORDER BY booked_on DESC, id DESC LIMIT 1",
        (account.id,),
    ).one_or_none()
    if first is None or last is None:
        return None
    rows = connection.exec_driver_sql(
        "SELECT booked_on, balance_before_paise, balance_after_paise, direction::text, amount_paise, occurrence"
        " FROM bank_lines WHERE bank_account = %s AND booked_on BETWEEN %s AND %s ORDER BY booked_on, id",
        (account.id, min(statement.period_first, last.booked_on), max(statement.period_last, last.booked_on)),
    ).all()
    known = []
    for day, of_day in groupby(rows, key=lambda row: row.booked_on):
        lines = list(of_day)
        taken = tuple(
            Place(
                day, Paise(row.balance_before_paise), Direction(row.direction), Paise(row.amount_paise), row.occurrence
            )
            for row in lines
        )
        known.append(KnownDay(day, Paise(lines[0].balance_before_paise), Paise(lines[-1].balance_after_paise), taken))
    return Chain(
        begins=first.period_first,
        opening=Paise(first.opening_paise),
        ends=last.booked_on,
        closing=Paise(last.balance_after_paise),
        days=tuple(known),
    )


def _insert_lines(connection: Connection, file_id: int, account: BankAccount, joining: Joining) -> None:
    if not joining.new:
        return
    connection.exec_driver_sql(
        "INSERT INTO bank_lines (bank_account, file, row_number, booked_on, value_date, direction, amount_paise,"
        " balance_before_paise, balance_after_paise, occurrence, description, reference, branch, strong_references,"
        " deposit_number) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::text[], %s)",
        [(account.id, file_id, *_columns(added)) for added in joining.new],
    )


def _columns(added: NewLine) -> tuple[object, ...]:
    """Return a line as its row keeps it: as the bank told it, its place, and what its words tell."""
    line = added.line
    words = narration.parse(line.description, line.reference)
    return (
        *(line.row, line.booked_on, line.value_date, line.direction.value, line.amount),
        *(line.balance_before, line.balance_after, added.place.occurrence, line.description, line.reference),
        *(line.branch or words.branch, list(words.references), deposit_number(words.cdm, None)),
    )


def _join_waiting(connection: Connection, account: BankAccount) -> None:
    """Look again at files that waited for the one between."""
    waiting = connection.exec_driver_sql(
        "SELECT id, period_last FROM bank_files WHERE bank_account = %s AND state = 'waiting' ORDER BY period_first"
        " FOR UPDATE",  # A person may be rejecting one at this moment.
        (account.id,),
    ).all()
    for row in waiting:
        statement = readers.read(bank_files.content(connection, row.id), today=row.period_last)
        _note(connection, row.id, chain.join(statement, _chain(connection, account, statement)), None)
