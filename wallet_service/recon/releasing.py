"""The release of a large file: a person decides at once, and a job lets its lines take their places in the chain.

What a release goes by is read again, for the chain may have moved on since the file came; that is not done while
whoever releases it waits. The job may be killed and repeated anywhere.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.errors import BankFileNotReleasable, SamePerson
from wallet_service.ledger import outbox
from wallet_service.recon import bank_files, intake
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.readers import pace
from wallet_service.recon.received import LARGEST_READ_AT_ONCE

RELEASE_JOB = "release-bank-file"
_BYTES = f"""
SELECT coalesce(sum(octet_length(c.content)), 0) FROM ({intake.READ_FOR_RELEASE}) r
JOIN bank_file_contents c ON c.file = r.id
"""  # noqa: S608 (our own text)


def is_large(connection: Connection, file_id: int) -> bool:
    """Say whether what a file's release goes by is more than is read while somebody waits."""
    return int(connection.exec_driver_sql(_BYTES, (file_id,)).scalar_one()) > LARGEST_READ_AT_ONCE


def ask(connection: Connection, file_id: int, *, by: str) -> BankFile:
    """Note that *by* has released a file, and return it, still ``read``: a job will do it.

    Raises:
        BankFileNotFound, BankFileNotReleasable.
        SamePerson: *by* received it.
    """
    file = bank_files.get(connection, file_id)
    if by == file.received_by:
        raise SamePerson(file=file_id, person=by)
    asked = connection.exec_driver_sql(
        "UPDATE bank_files SET release_by = %s, release_at = instant(), reason = %s WHERE id = %s AND state = 'read'",
        (by, f"{by} has released it: its lines take their places in a minute or two.", file_id),
    )
    if not asked.rowcount:
        raise BankFileNotReleasable(file=file_id, state=file.state)
    outbox.enqueue_unless_open(connection, RELEASE_JOB, str(file_id))
    return bank_files.get(connection, file_id)


def release(database: Database, file_id: int, progress: Callable[[int], None] = lambda lines: None) -> BankFile:
    """Do what was asked, and return the file as it stands then. What nobody asked, or what is decided, stays as it is.

    *progress* is told now and then how many lines are behind the reader.

    Raises:
        BankFileNotFound.
        Busy: a file that matters came in meanwhile; the next try reads it, too.
    """
    with database.statement() as connection:
        file = bank_files.get(connection, file_id)
        by = connection.exec_driver_sql("SELECT release_by FROM bank_files WHERE id = %s", (file_id,)).scalar_one()
        if by is None or file.state != "read":
            return file
        with pace.watched(progress):
            statements = intake.read_for_release(connection, file_id)
    try:
        with database.transaction() as connection:
            return intake.release(connection, file_id, statements, by=by)
    except BankFileNotReleasable:  # Another try has done it, or a person has put it aside.
        with database.statement() as connection:
            return bank_files.get(connection, file_id)
