"""Take in a file that a profile reads: kept once, released by a second person, never a place in a chain.

Rows of announcements are kept for the bank's lines to come, those of a department's list to be compared with what was
paid; of rows of other kinds the file is kept, with its totals.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from wallet_service.errors import BankFileNotReleasable, FileNotReadable
from wallet_service.ledger import outbox
from wallet_service.recon import announcements, bank_files, department_list, lists, profiles
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.department_list import DepartmentList
from wallet_service.recon.profiles import Profile
from wallet_service.recon.readers import profile as reader
from wallet_service.recon.readers.declaration import Kind
from wallet_service.recon.readers.profile import Told
from wallet_service.recon.statements import LineReject

_ALL_KNOWN = "Every row of it was announced already: it adds nothing."
_ANNOUNCES = "It announces, and moves no money: the bank's lines do, when they come."
_IS_KEPT = "It is kept with its totals; nothing is posted from it."


@dataclass(frozen=True)
class ProfileReading:
    """What a file says to a profile, or the *reason* and *rejects* for which it cannot be used."""

    content: bytes
    digest: bytes
    profile: Profile
    told: Told | None
    reason: str = ""
    rejects: tuple[LineReject, ...] = ()


def read(content: bytes, profile: Profile, *, today: date) -> ProfileReading:
    """Read a file that was brought. It takes a while for a large one: do it before a transaction begins."""
    digest = hashlib.sha256(content).digest()
    try:
        told = reader.read(content, profile.declared, today=today)
    except FileNotReadable as error:
        return ProfileReading(content, digest, profile, None, reason=error.facts["reason"])
    says = told.rows or told.failed
    reason = told.reason or ("" if says else "No row of it counts; see what it has with `wallet profile try`.")
    return ProfileReading(content, digest, profile, None if reason else told, reason, told.rejects)


def receive(connection: Connection, reading: ProfileReading, *, filename: str, by: str) -> BankFile:
    """Keep a file, and return it: ``read``, or ``rejected`` with reasons. Nothing is posted, now or when released.

    A file that was refused is looked at anew when it comes again, by this profile or another.

    Raises:
        FileAlreadyReceived: the same bytes were received before.
    """
    file_id = bank_files.insert(connection, reading.content, reading.digest, filename=filename, by=by)
    return _settle(connection, file_id, reading)


def leave(connection: Connection, file_id: int, profile: Profile) -> None:
    """Note by which profile a file that was received is to be read."""
    connection.exec_driver_sql(
        "UPDATE bank_files SET profile = %s, profile_version = %s WHERE id = %s AND state = 'received'",
        (profile.name, profile.version, file_id),
    )


def left_for(connection: Connection, file_id: int) -> Profile | None:
    """Return the profile by which a file is to be read, in the version of the day on which it came; None for none."""
    row = connection.exec_driver_sql("SELECT profile, profile_version FROM bank_files WHERE id = %s", (file_id,)).one()
    return None if row.profile is None else profiles.get(connection, row.profile, row.profile_version)


def settle(connection: Connection, file_id: int, reading: ProfileReading) -> BankFile:
    """Note what a file that was received says. Once that is noted, or it is to be read otherwise, nothing happens."""
    is_received = bank_files.lock(connection, file_id).state == "received"
    if not is_received or left_for(connection, file_id) != reading.profile:
        return bank_files.get(connection, file_id)
    return _settle(connection, file_id, reading)


def _settle(connection: Connection, file_id: int, reading: ProfileReading) -> BankFile:
    reading, made = _as_list(connection, reading)
    _tell(connection, file_id, reading)
    told = reading.told
    if told is None:
        bank_files.insert_rejects(connection, file_id, reading.rejects)
        return bank_files.get(connection, file_id)
    new, said = len(told.rows), _IS_KEPT
    if reading.profile.declared.kind is Kind.ANNOUNCEMENTS:
        new = announcements.keep(connection, file_id, told.rows)
        said = _ANNOUNCES if new else _ALL_KNOWN
    elif made is not None:
        said = lists.keep(connection, file_id, made)
    failed = f", {len(told.failed)} of them because the payment failed" if told.failed else ""
    aside = f"Rows that do not count: {len(told.aside)}{failed}. " if told.aside else ""
    connection.exec_driver_sql(
        "UPDATE bank_files SET new_line_count = %s, reason = %s WHERE id = %s", (new, aside + said, file_id)
    )
    return bank_files.get(connection, file_id)


def release(connection: Connection, file_id: int, *, by: str) -> BankFile:
    """Let what a file that was read announces count from now on, and a department's list be compared.

    Raises:
        BankFileNotReleasable: somebody decided on it at this moment.
    """
    is_list = lists.give_version(
        connection, file_id
    )  # Under its department's lock, before the instant of the decision.
    released = connection.exec_driver_sql(
        "UPDATE bank_files SET state = 'released', decided_by = %s, decided_at = instant(), posted_at = instant()"
        " WHERE id = %s AND state = 'read' AND profile IS NOT NULL",
        (by, file_id),
    )
    if not released.rowcount:
        raise BankFileNotReleasable(file=file_id, state=bank_files.get(connection, file_id).state)
    if is_list:
        outbox.enqueue(connection, lists.TIE_JOB, str(file_id))
    return bank_files.get(connection, file_id)


def _as_list(connection: Connection, reading: ProfileReading) -> tuple[ProfileReading, DepartmentList | None]:
    """Return the department's list that a file is, if it is one; refused whole where a row of it cannot be compared."""
    declared = reading.profile.declared
    if reading.told is None or not department_list.tells_payments(declared):
        return reading, None
    made, refusals = department_list.list_of(reading.told, declared, lists.services(connection))
    if not refusals.count:
        return reading, made
    first = refusals.rejects[0]
    more = f" and {refusals.count - 1:,} more" if refusals.count > 1 else ""
    reason = f"Line {first.row}{more}: {first.reason}"
    return replace(reading, told=None, reason=reason, rejects=tuple(refusals.rejects)), None


_WENT_OUT = {Kind.PAYMENTS, Kind.RECEIPTS}
"""What departments and the treasury were paid left the scheme; what banks announce and collect comes to it."""
_TELL = """
UPDATE bank_files SET state = %(state)s, profile = %(profile)s, profile_version = %(version)s, form = %(form)s,
  period_first = %(first)s, period_last = %(last)s, line_count = %(rows)s, inflow_count = %(came_rows)s,
  inflow_paise = %(came)s, outflow_count = %(went_rows)s, outflow_paise = %(went)s, reason = %(reason)s
WHERE id = %(file)s
"""


def _tell(connection: Connection, file_id: int, reading: ProfileReading) -> None:
    """Keep what a file says, with its control totals."""
    told = reading.told
    days = [row.day for row in (*told.rows, *told.failed)] if told is not None else []
    count = len(told.rows) if told is not None else 0
    total = told.total if told is not None else 0
    went = reading.profile.declared.kind in _WENT_OUT
    connection.exec_driver_sql(
        _TELL,
        {
            "file": file_id,
            "state": "rejected" if told is None else "read",
            "profile": reading.profile.name,
            "version": reading.profile.version,
            "form": reading.profile.form,
            "first": min(days, default=None),
            "last": max(days, default=None),
            "rows": count,
            "came_rows": 0 if went else count,
            "came": 0 if went else total,
            "went_rows": count if went else 0,
            "went": total if went else 0,
            "reason": reading.reason or None,
        },
    )
