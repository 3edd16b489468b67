"""The release of a large file: a person decides at once, and a job lets its lines take their places in the chain.

What a release goes by is read again, for the chain may have moved on since the file came; that is not done while
whoever releases it waits. The job may be killed and repeated anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.errors import BankFileNotReleasable, Busy, SamePerson
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
_ASK = """
UPDATE bank_files SET release_by = coalesce(release_by, %(by)s), release_at = coalesce(release_at, instant()),
  reason = coalesce(release_by, %(by)s) || ' has released it: its lines take their places once a worker has read it.'
WHERE id = %(file)s AND state = 'read' AND lower(received_by) <> lower(%(by)s)
"""
_GIVE_UP = """
UPDATE bank_files SET release_by = NULL, release_at = NULL,
  reason = 'It cannot be released: its account has another number by now. Compare both, and put the file aside.'
WHERE id = %s AND state = 'read' AND release_at = %s
"""


def is_large(connection: Connection, file_id: int) -> bool:
    """Say whether what a file's release goes by is more than is read while somebody waits."""
    return int(connection.exec_driver_sql(_BYTES, (file_id,)).scalar_one()) > LARGEST_READ_AT_ONCE


def ask(connection: Connection, file_id: int, *, by: str) -> BankFile:
    """Note that *by* has released a file, and return it, still ``read``: a job will do it.

    Asked again, by whomever, it stays as it was asked first, and there is a job for it.

    Raises:
        BankFileNotFound, BankFileNotReleasable.
        SamePerson: *by* received it.
    """
    file = bank_files.get(connection, file_id)
    if by.lower() == file.received_by.lower():
        raise SamePerson(file=file_id, person=by)
    asked = connection.exec_driver_sql(_ASK, {"file": file_id, "by": by})
    if not asked.rowcount:
        raise BankFileNotReleasable(file=file_id, state=bank_files.get(connection, file_id).state)
    outbox.enqueue_unless_open(connection, RELEASE_JOB, str(file_id))
    return bank_files.get(connection, file_id)


def release(database: Database, file_id: int, progress: Callable[[int], None] = lambda lines: None) -> BankFile:
    """Do what was asked, and return the file as it stands then. What nobody asked, or what is decided, stays as it is.

    *progress* is told now and then how many lines are behind the reader. What cannot be released any more is asked of
    nobody, and says why.

    Raises:
        BankFileNotFound.
        Busy: a file that matters came in meanwhile, or it is asked otherwise; the next try goes by that.
    """
    with database.statement() as connection:
        file, asked = bank_files.get(connection, file_id), _asked(connection, file_id)
        if asked is None or file.state != "read":
            return file
        with pace.watched(progress):
            statements = intake.read_for_release(connection, file_id)
    try:
        with database.transaction() as connection:
            released = intake.release(connection, file_id, statements, by=asked.release_by)
            if released.state == "released" and _asked(connection, file_id) != asked:
                raise Busy  # It was put aside, or waited, since it was read: that decision counts no more.
            return released
    except BankFileNotReleasable:  # Another try has done it, or a person has put it aside; else it never can be.
        with database.transaction() as connection:
            connection.exec_driver_sql(_GIVE_UP, (file_id, asked.release_at))
            return bank_files.get(connection, file_id)


def _asked(connection: Connection, file_id: int) -> Any | None:
    """Return who has released a file and when; None where nobody has."""
    return connection.exec_driver_sql(
        "SELECT release_by, release_at FROM bank_files WHERE id = %s AND release_by IS NOT NULL", (file_id,)
    ).one_or_none()
