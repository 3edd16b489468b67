"""Take each bank file in once: read it, find where it joins its account's chain, and let a second person release it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import BankFileNotReleasable, Busy, FileAlreadyReceived, FileNotReadable, SamePerson
from wallet_service.ledger import outbox
from wallet_service.recon import account_of_file, bank_accounts, bank_files, chain, places, profile_files, readers
from wallet_service.recon.account_of_file import Owner
from wallet_service.recon.bank_accounts import BankAccount
from wallet_service.recon.bank_files import BankFile, Standing
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
READ_FOR_RELEASE = """
SELECT w.id FROM bank_files f JOIN bank_files w ON w.id = f.id
  OR (w.bank_account = f.bank_account AND w.state = 'waiting')
WHERE f.id = %s AND f.state = 'read' AND f.profile IS NULL
"""
"""The files that the release of one goes by: itself, and those that wait in its account."""
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


def receive(
    connection: Connection, reading: Reading, *, filename: str, by: str, account: str | None = None
) -> BankFile:
    """Keep a file, and return it: ``read``, ``waiting`` for the file between, or ``rejected`` with reasons.

    Nothing is posted. A file that was refused is looked at anew when it comes again. *account* is the name of the bank
    account that it is said to be of: a file that names none needs it.

    Raises:
        FileAlreadyReceived: the same bytes, or the same statement saved anew, were received before.
        BankAccountNotFound: there is no bank account of that name.
    """
    said = None if account is None else bank_accounts.named(connection, account).id
    if (first := _known(connection, reading)) is not None:
        raise FileAlreadyReceived(file=first.id, state=first.state, received_at=first.received_at)
    file_id = bank_files.insert(connection, reading.content, reading.digest, filename=filename, by=by, account_id=said)
    return settle(connection, file_id, reading, account=account)


def settle(connection: Connection, file_id: int, reading: Reading, *, account: str | None = None) -> BankFile:
    """Note what a file that was received says, and whether it may be released; once that is noted, nothing happens.

    Nor does anything where the file came again meanwhile, as one of another account than *account*: then that counts.

    Raises:
        BankAccountNotFound: there is no bank account of the name *account*.
    """
    said = None if account is None else bank_accounts.named(connection, account).id
    statement, owner = reading.statement, Owner(None)
    if statement is not None:
        owner = account_of_file.find(connection, statement, account)
    if owner.account is not None:  # What is being released now is waited for: the chain is read after it.
        bank_accounts.lock(connection, owner.account.id)
    if bank_files.lock(connection, file_id) != Standing("received", said):
        return bank_files.get(connection, file_id)
    if statement is None or owner.account is None:
        return _refuse(connection, file_id, owner.reason or reading.reason, reading.rejects)
    if (first := _known(connection, reading)) is not None:
        before = f"The same statement was taken in before, as file {first.id} on {first.received_at:%d/%m/%Y}."
        return _refuse(connection, file_id, before)
    joining = chain.join(statement, places.known(connection, owner.account, statement), owner.account.begins_on)
    reason = owner.disproved(joining) or account_of_file.belied(connection, statement, owner.account)
    if reason is not None:
        return _refuse(connection, file_id, reason)
    _tell(connection, file_id, reading, statement, owner.account)
    _note(connection, file_id, joining, owner.reason)
    return bank_files.get(connection, file_id)


def read_for_release(connection: Connection, file_id: int) -> dict[int, Statement]:
    """Return the statements that a release of a file goes by: its own, and those of the files that wait in its account.

    It takes a while for large ones: do it before a transaction begins, on a connection without one.

    Raises:
        BankFileNotFound.
    """
    file = bank_files.get(connection, file_id)
    rows = connection.exec_driver_sql(READ_FOR_RELEASE, (file.id,)).all()
    now = today(connection)  # Not the last day of each: a balance of the moment of the download would bind as its.
    return {row.id: readers.read(bank_files.content(connection, row.id), today=now) for row in rows}


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
    if by.lower() == file.received_by.lower():
        raise SamePerson(file=file_id, person=by)
    if file.state != "read":
        raise BankFileNotReleasable(file=file_id, state=file.state)
    if file.profile is not None:
        return profile_files.release(connection, file_id, by=by)
    statement = _read_before(statements, file_id)
    account = _lock(connection, file_id, statement)
    if reason := account_of_file.belied(connection, statement, account):
        return _refuse(connection, file_id, reason)
    if account.number is None and statement.account_number is not None:
        bank_accounts.bind(connection, account.id, statement.account_number, by=by)
    joining = chain.join(statement, places.known(connection, account, statement), account.begins_on)
    if _STATES[joining.outcome] != "read":
        _note(connection, file_id, joining, None)
        return bank_files.get(connection, file_id)
    places.add(connection, file_id, account, joining.new)
    connection.exec_driver_sql(
        "UPDATE bank_files SET state = 'released', decided_by = %s, decided_at = instant(), reason = NULL,"
        " joins = %s, new_line_count = %s, known_line_count = %s WHERE id = %s",
        (by, joining.outcome.value, len(joining.new), joining.known, file_id),
    )
    outbox.enqueue(connection, POST_JOB, str(file_id))
    _join_waiting(connection, account, statements)
    return bank_files.get(connection, file_id)


def join_waiting(connection: Connection, account_id: int, statements: Mapping[int, Statement]) -> int:
    """Look again at an account's waiting files, and return how many wait no longer. *statements* are as read before.

    Raises:
        Busy: a file came in since they were read; nothing happened.
    """
    bank_accounts.lock(connection, account_id)
    _join_waiting(connection, bank_accounts.get(connection, account_id), statements)
    still = connection.exec_driver_sql(
        "SELECT count(*) FROM bank_files WHERE id = ANY (%s) AND state = 'waiting'", (list(statements),)
    )
    return len(statements) - int(still.scalar_one())


def reject(connection: Connection, file_id: int, *, by: str, reason: str) -> BankFile:
    """Put a file aside for good; nothing of it will be posted.

    Raises:
        BankFileNotFound, BankFileNotReleasable.
    """
    file = bank_files.get(connection, file_id)
    changed = connection.exec_driver_sql(
        "UPDATE bank_files SET state = 'rejected', decided_by = %s, decided_at = instant(), reason = %s"
        " WHERE id = %s AND state IN ('received', 'read', 'waiting')",
        (by, reason, file_id),
    )
    if not changed.rowcount:
        raise BankFileNotReleasable(file=file_id, state=file.state)
    return bank_files.get(connection, file_id)


def _known(connection: Connection, reading: Reading) -> Any | None:
    """Return id, state and time of the file that says the same, if one came before and was not rejected."""
    if reading.statement is None:
        return None
    return connection.exec_driver_sql(
        "SELECT id, state::text, received_at FROM bank_files"
        " WHERE content_digest = %s AND period_first = %s AND period_last = %s AND state <> 'rejected'"
        " ORDER BY id LIMIT 1",
        (reading.content_digest, reading.statement.period_first, reading.statement.period_last),
    ).one_or_none()


def _refuse(connection: Connection, file_id: int, reason: str, rejects: Sequence[LineReject] = ()) -> BankFile:
    """Reject a file that cannot be used, with the reasons."""
    connection.exec_driver_sql(
        "UPDATE bank_files SET state = 'rejected', reason = %s, bank_account = NULL WHERE id = %s", (reason, file_id)
    )
    bank_files.insert_rejects(connection, file_id, rejects)
    return bank_files.get(connection, file_id)


def _tell(connection: Connection, file_id: int, reading: Reading, statement: Statement, account: BankAccount) -> None:
    """Keep what a file's statement says of its account, with its control totals."""
    inflows, outflows = statement.inflows, statement.outflows
    told: dict[str, object] = {
        "bank_account": account.id,
        "account_number": statement.account_number,
        "content_digest": reading.content_digest,
        "form": statement.form,
        "period_first": statement.period_first,
        "period_last": statement.period_last,
        "opening_paise": statement.opening,
        "closing_paise": statement.closing,
        "line_count": len(statement.lines),
        "inflow_paise": inflows.total,
        "inflow_count": inflows.count,
        "outflow_paise": outflows.total,
        "outflow_count": outflows.count,
    }
    columns = ", ".join(f"{column} = %s" for column in told)
    connection.exec_driver_sql(
        f"UPDATE bank_files SET {columns} WHERE id = %s",  # noqa: S608 (our own names)
        (*told.values(), file_id),
    )


def _note(connection: Connection, file_id: int, joining: Joining, reason: str | None) -> None:
    """Set a file's state to what its joining says."""
    said = joining.reason or (_ADDS_NOTHING if joining.outcome is Outcome.ALREADY_KNOWN else reason)
    connection.exec_driver_sql(
        "UPDATE bank_files SET state = %s, reason = %s, joins = %s, new_line_count = %s, known_line_count = %s,"
        " release_by = NULL, release_at = NULL WHERE id = %s",
        (_STATES[joining.outcome], said, joining.outcome.value, len(joining.new), joining.known, file_id),
    )
    bank_files.insert_rejects(connection, file_id, [LineReject(row, "", said or "") for row in joining.rows])


def _lock(connection: Connection, file_id: int, statement: Statement) -> BankAccount:
    """Lock the file's account, then the file; both are as they were, or the release is off."""
    row = connection.exec_driver_sql("SELECT bank_account FROM bank_files WHERE id = %s", (file_id,)).one()
    bank_accounts.lock(connection, row.bank_account)
    standing = bank_files.lock(connection, file_id)
    account = bank_accounts.get(connection, row.bank_account)
    numbers = {account.number, statement.account_number} - {None}  # A file may name none, and so may an account.
    if standing != Standing("read", account.id) or len(numbers) > 1:
        raise BankFileNotReleasable(file=file_id, state=standing.state)
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
        known = places.known(connection, account, statement)
        _note(connection, row.id, chain.join(statement, known, account.begins_on), None)


def _read_before(statements: Mapping[int, Statement], file_id: int) -> Statement:
    """Return a statement that was read before the transaction began.

    Raises:
        Busy: it came in since. Nothing is parsed while a lock is held: the release is tried again.
    """
    if file_id not in statements:
        raise Busy
    return statements[file_id]
