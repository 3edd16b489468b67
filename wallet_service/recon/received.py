"""Large files: kept as they come and answered at once, then read by a job that can be killed and repeated anywhere."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.ledger import outbox
from wallet_service.recon import bank_accounts, bank_files, intake, profile_files
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.profiles import Profile
from wallet_service.recon.readers import pace

LARGEST_READ_AT_ONCE = 500_000
"""Bytes of a file that is read while whoever brings it waits: about 4,000 lines as text, half a second's work.

A day of the scheme has less. What is larger would keep one of the service's few threads from the payments.
"""

READ_JOB = "read-bank-file"


def keep(
    connection: Connection,
    content: bytes,
    digest: bytes,
    *,
    filename: str,
    by: str,
    account: str | None = None,
    profile: Profile | None = None,
) -> BankFile:
    """Keep a file as it came, and return it ``received``: a job will read it, as one of *account* or by *profile*.

    Raises:
        FileAlreadyReceived: the same bytes were received before.
        BankAccountNotFound: there is no bank account of that name.
    """
    said = None if account is None else bank_accounts.named(connection, account).id
    file_id = bank_files.insert(connection, content, digest, filename=filename, by=by, account_id=said)
    if profile is not None:
        profile_files.leave(connection, file_id, profile)
    outbox.enqueue(connection, READ_JOB, str(file_id))
    return bank_files.get(connection, file_id)


def read(database: Database, file_id: int, progress: Callable[[int], None] = lambda lines: None) -> BankFile:
    """Read a file that was received, and return it as it stands then. One that was read already stays as it is.

    Nothing is locked while it is read, and what two make of it at once is kept once. *progress* is told now and then
    how many lines are behind the reader.

    Raises:
        BankFileNotFound.
    """
    with database.statement() as connection:
        file = bank_files.get(connection, file_id)
        if file.state != "received":
            return file
        content, today = bank_files.content(connection, file_id), intake.today(connection)
        profile = profile_files.left_for(connection, file_id)

    def reached(lines: int) -> None:
        with database.statement() as connection:
            bank_files.note_lines_read(connection, file_id, lines)
        progress(lines)

    with pace.watched(reached):
        if profile is not None:
            told = profile_files.read(content, profile, today=today)
        else:
            reading = intake.read(content, today=today)
    with database.transaction() as connection:
        if profile is not None:
            return profile_files.settle(connection, file_id, told)
        return intake.settle(connection, file_id, reading, account=file.bank_account)
