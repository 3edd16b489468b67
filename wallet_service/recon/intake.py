"""Take each bank file in once: read it, find where it joins its account's chain, and let a second person release it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from wallet_service.errors import BankFileNotReleasable, Busy, FileAlreadyReceived, FileNotReadable, SamePerson
from wallet_service.ledger import outbox
from wallet_service.recon import bank_accounts, bank_files, chain, places, readers
from wallet_service.recon.bank_accounts import BankAccount
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.chain import Joining, Outcome
from wallet_service.recon.statements import LineReject, Statement, content_digest

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


@dataclass(frozen=True)
class Reading:
    """What a file says: its *statement*, or the *reason* and *rejects* for which it cannot be used.

    *digest* is of its bytes, *content_digest* of what the statement says.
    """

    content: bytes
    digest: bytes
    statement: Statement | None
    content_digest: bytes | None = None
    reason: str = ""
    rejects: tuple[LineReject, ...] = ()


def today(connection: Connection) -> date:
    """Return the day up to which a file that comes now may tell."""
    found: date = connection.exec_driver_sql("SELECT india_today()").scalar_one()
    return found


def read(content: bytes, *, today: date) -> Reading:
    """Read a file that was brought. It takes a while for a large one: do it before a transaction begins."""
    digest = hashlib.sha256(content).digest()
    try:
        statement = readers.read(content, today=today)
    except FileNotReadable as error:
        rejects = tuple(LineReject(each["line"], each["text"], each["reason"]) for each in error.facts["rejects"])
        return Reading(content, digest, None, reason=error.facts["reason"], rejects=rejects)
    return Reading(content, digest, statement, bytes.fromhex(content_digest(statement)))


def receive(connection: Connection, reading: Reading, *, filename: str, by: str) -> BankFile:
    """Keep a file, and return it: ``read``, ``waiting`` for the file between, or ``rejected`` with reasons.

    Nothing is posted. A file that was refused is looked at anew when it comes again.

    Raises:
        FileAlreadyReceived: the same bytes, or the same statement saved anew, were received before.
    """
    statement = reading.statement
    if statement is None:
        return _keep_unreadable(connection, reading, filename, by)
    _refuse_known(connection, reading, statement)
    account, reason = _account_of(connection, statement)
    if account is None:
        return _keep_unreadable(connection, replace(reading, reason=reason or ""), filename, by)
    bank_accounts.lock(connection, account.id)  # What is being released now is waited for: the chain is read after it.
    joining = chain.join(statement, places.known(connection, account, statement))
    file_id = _insert(connection, reading, filename, by, account)
    _note(connection, file_id, joining, reason)
    return bank_files.get(connection, file_id)


def read_for_release(connection: Connection, file_id: int) -> dict[int, Statement]:
    """Return the statements that a release of a file goes by: its own, and those of the files that wait in its account.

    It takes a while for large ones: do it before a transaction begins, on a connection without one.

    Raises:
        BankFileNotFound.
    """
    file = bank_files.get(connection, file_id)
    rows = connection.exec_driver_sql(
        "SELECT w.id, w.period_last FROM bank_files f JOIN bank_files w ON w.id = f.id"
        " OR (w.bank_account = f.bank_account AND w.state = 'waiting') WHERE f.id = %s AND f.state = 'read'",
        (file.id,),
    ).all()
    return {row.id: readers.read(bank_files.content(connection, row.id), today=row.period_last) for row in rows}


def release(connection: Connection, file_id: int, statements: Mapping[int, Statement], *, by: str) -> BankFile:
    """Accept a file that was read: its new lines take their places in the chain, and a job will post them.

    If the chain has moved on and the file no longer joins it, it is returned ``waiting`` or ``rejected`` instead.
    *statements* are what `read_for_release` gave.

    Raises:
        BankFileNotFound, BankFileNotReleasable.
        SamePerson: *by* received it.
        Busy: a file that matters came in since they were read; nothing happened.
    """
    file = bank_files.get(connection, file_id)
    if by == file.received_by:
        raise SamePerson(file=file_id, person=by)
    if file.state != "read":
        raise BankFileNotReleasable(file=file_id, state=file.state)
    statement = _read_before(statements, file_id)
    account = _lock(connection, file_id, statement)
    if account.number is None:
        bank_accounts.bind(connection, account.id, statement.account_number, by=by)
    joining = chain.join(statement, places.known(connection, account, statement))
    if _STATES[joining.outcome] != "read":
        _note(connection, file_id, joining, None)
        return bank_files.get(connection, file_id)
    places.add(connection, file_id, account, joining.new)
    connection.exec_driver_sql(
        "UPDATE bank_files SET state = 'released', decided_by = %s, decided_at = instant(), reason = NULL,"
        " new_line_count = %s WHERE id = %s",
        (by, len(joining.new), file_id),
    )
    outbox.enqueue(connection, POST_JOB, str(file_id))
    _join_waiting(connection, account, statements)
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


def _refuse_known(connection: Connection, reading: Reading, statement: Statement) -> None:
    found = connection.exec_driver_sql(
        "SELECT id, state::text, received_at FROM bank_files"
        " WHERE (sha256 = %s AND (state <> 'rejected' OR decided_by IS NOT NULL)) OR (content_digest = %s"
        " AND period_first = %s AND period_last = %s AND state <> 'rejected') ORDER BY id LIMIT 1",
        (reading.digest, reading.content_digest, statement.period_first, statement.period_last),
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


def _keep_unreadable(connection: Connection, reading: Reading, filename: str, by: str) -> BankFile:
    """Keep a file that cannot be used, once, with the reasons."""
    file_id = _insert(connection, reading, filename, by, None)
    connection.exec_driver_sql(
        "UPDATE bank_files SET state = 'rejected', reason = %s WHERE id = %s", (reading.reason, file_id)
    )
    bank_files.insert_rejects(connection, file_id, reading.rejects)
    return bank_files.get(connection, file_id)


def _insert(connection: Connection, reading: Reading, filename: str, by: str, account: BankAccount | None) -> int:
    """Keep a file, with what its statement says where it is one of *account*."""
    digest, statement = reading.digest, reading.statement
    told: dict[str, object] = {"sha256": digest, "filename": filename[:200], "received_by": by, "state": "received"}
    if statement is not None and account is not None:
        told |= {
            "bank_account": account.id,
            "account_number": statement.account_number,
            "content_digest": reading.content_digest,
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
        "INSERT INTO bank_file_contents (file, content) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (row.id, reading.content),
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


def _join_waiting(connection: Connection, account: BankAccount, statements: Mapping[int, Statement]) -> None:
    """Look again at files that waited for the one between."""
    waiting = connection.exec_driver_sql(
        "SELECT id FROM bank_files WHERE bank_account = %s AND state = 'waiting' ORDER BY period_first"
        " FOR UPDATE",  # A person may be rejecting one at this moment.
        (account.id,),
    ).all()
    for row in waiting:
        statement = _read_before(statements, row.id)
        _note(connection, row.id, chain.join(statement, places.known(connection, account, statement)), None)


def _read_before(statements: Mapping[int, Statement], file_id: int) -> Statement:
    """Return a statement that was read before the transaction began.

    Raises:
        Busy: it came in since. Nothing is parsed while a lock is held: the release is tried again.
    """
    if file_id not in statements:
        raise Busy
    return statements[file_id]
