"""Whatever file is brought: read it as a statement, or by a profile, before a transaction begins that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256

from wallet_service.database import Database
from wallet_service.recon import intake, profile_files, profiles, received
from wallet_service.recon.bank_files import BankFile

Keep = Callable[..., BankFile]
"""Keeps a file that was read: ``keep(connection, filename=…, by=…)``, in the caller's transaction."""


def read(database: Database, content: bytes, *, profile: str | None, account: str | None = None) -> Keep:
    """Read a file, by the newest version of *profile* if one is named, and return what keeps it.

    *account* is the name of the bank account that a statement is said to be of; a profile's file is of none.

    Raises:
        ProfileNotFound.
    """
    if profile is None:
        with database.statement() as connection:
            today = intake.today(connection)
        return partial(intake.receive, reading=intake.read(content, today=today), account=account)
    with database.statement() as connection:
        today, found = intake.today(connection), profiles.get(connection, profile)
    return partial(profile_files.receive, reading=profile_files.read(content, found, today=today))


def read_or_leave(database: Database, content: bytes, *, profile: str | None, account: str | None = None) -> Keep:
    """Return what keeps a file, read as `read` does; a large one is left for a job, and kept as it came.

    Raises:
        ProfileNotFound.
    """
    if len(content) <= received.LARGEST_READ_AT_ONCE:
        return read(database, content, profile=profile, account=account)
    kept = partial(received.keep, content=content, digest=sha256(content).digest())
    if profile is None:
        return partial(kept, account=account)
    with database.statement() as connection:
        return partial(kept, profile=profiles.get(connection, profile))
