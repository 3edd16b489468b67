"""The profiles as they are kept: each a name with versions, of which the newest reads. None is ever changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import ProfileNotFound
from wallet_service.recon.readers import declaring
from wallet_service.recon.readers.declaration import Declaration

_COLUMNS = "SELECT name, version, declaration, by_whom, at FROM profiles"
_NAME_LINE = re.compile(r"^name[ \t]*=.*$", re.MULTILINE)


@dataclass(frozen=True)
class Profile:
    """A version of a profile: its *text* as somebody wrote it, and what that declares."""

    version: int
    text: str
    by: str
    at: datetime
    declared: Declaration

    @property
    def name(self) -> str:
        """Return the profile's name."""
        return self.declared.name

    @property
    def form(self) -> str:
        """Return how a file says by what it was read."""
        return f"{self.name} version {self.version}"


def get(connection: Connection, name: str, version: int | None = None) -> Profile:
    """Return a version of a profile, the newest unless one is named.

    Raises:
        ProfileNotFound.
    """
    row = connection.exec_driver_sql(
        f"{_COLUMNS} WHERE name = %s AND version = coalesce(%s, version) ORDER BY version DESC LIMIT 1",
        (name[:64], version),
    ).one_or_none()
    if row is None:
        raise ProfileNotFound(profile=name[:64], version=version)
    return _profile(row)


def list_newest(connection: Connection) -> list[Profile]:
    """Return the newest version of each profile, by name."""
    rows = connection.exec_driver_sql(
        f"SELECT DISTINCT ON (name) * FROM ({_COLUMNS}) p ORDER BY name, version DESC"  # noqa: S608 (our own text)
    )
    return [_profile(row) for row in rows]


def save(connection: Connection, text: str, *, by: str) -> Profile:
    """Keep a declaration as the next version of the profile that it names, and return it.

    The text of the newest version again adds nothing: that version is returned.

    Raises:
        ProfileNotUsable: nothing is kept.
    """
    declared = declaring.load(text)
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('profiles'))")  # Versions have no gaps.
    newest = connection.exec_driver_sql(
        "SELECT coalesce(max(version), 0) AS version FROM profiles WHERE name = %s", (declared.name,)
    ).scalar_one()
    if newest and (kept := get(connection, declared.name, newest)).text == text:
        return kept
    connection.exec_driver_sql(
        "INSERT INTO profiles (name, version, declaration, by_whom) VALUES (%s, %s, %s, %s)",
        (declared.name, newest + 1, text, by),
    )
    return get(connection, declared.name, newest + 1)


def renamed(text: str, name: str) -> str:
    """Return a declaration's text under another name; what else it says, and how it says it, stays.

    Raises:
        ProfileNotUsable: the name is none, or the text does not name itself in a line of its own.
    """
    changed = _NAME_LINE.sub(lambda _: f'name = "{name}"', text, count=1)
    declaring.load(changed)
    return changed


def _profile(row: Any) -> Profile:
    return Profile(row.version, row.declaration, row.by_whom, row.at, declaring.load(row.declaration))
