"""Machine clients: what each may do, and the tokens by which it is known. A token is told once and kept as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from wallet_service.errors import ClientExists, ClientNotFound, InvalidRequest, ScopesExclude, ScopeUnknown
from wallet_service.ledger import audit

SCOPES = (
    "wallets:read",
    "wallets:write",
    "debits:read",
    "debits:write",
    "credits:write",
    "claims:write",
    "finance:make",
    "finance:check",
    "reports:read",
)
DEPARTMENT_SCOPE = "department:"
ANY_DEPARTMENT = "department:<CODE>"
"""How the scope of whichever department is written where none is meant."""
CHECKING = "finance:check"
EXCLUDED_BY_CHECKING = frozenset({"debits:write", "credits:write", "wallets:write", "finance:make"})
LONGEST_DAYS = 365
LONGEST_DAYS_CHECKING = 30
LONGEST_OVERLAP_MINUTES = 7 * 24 * 60

_TOKEN = re.compile(r"wallet_[A-Za-z0-9_-]{43}", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Client:
    """A machine client as one of its tokens shows it; *expires_at* is that token's. It stands for *person*."""

    id: int
    name: str
    scopes: frozenset[str]
    person: str
    expires_at: datetime

    @property
    def departments(self) -> frozenset[str]:
        """Return the codes of the departments for which it asks."""
        return frozenset(
            scope.removeprefix(DEPARTMENT_SCOPE) for scope in self.scopes if scope.startswith(DEPARTMENT_SCOPE)
        )


@dataclass(frozen=True)
class Proof:
    """By which token, and for which scope, a caller may do what it asks; checked in the statement that does it."""

    token_hash: bytes
    scope: str


@dataclass(frozen=True)
class Issued:
    """A client and its new token, which is kept nowhere and never told again."""

    client: Client
    token: str


@dataclass(frozen=True)
class ClientListed:
    """A client among the others. *expires_at* is that of its longest token; None: it has none that is good."""

    name: str
    person: str
    scopes: frozenset[str]
    added_by: str
    added_at: datetime
    tokens: int
    expires_at: datetime | None


def authenticate(connection: Connection, token: str) -> Client | None:
    """Return the client whose token this is, in one round trip; None when it is unknown, expired or revoked."""
    kept_as = hash_of(token)
    if kept_as is None:
        return None
    row = connection.exec_driver_sql(_AUTHENTICATE, (kept_as,)).one_or_none()
    return _client(row) if row else None


def hash_of(token: str) -> bytes | None:
    """Return by what a token is kept; None when it cannot be one."""
    return _hash(token) if _TOKEN.fullmatch(token) else None


def add(
    connection: Connection,
    name: str,
    scopes: Iterable[str],
    *,
    person: str | None = None,
    days: int | None = None,
    by: str,
) -> Issued:
    """Add a client that stands for *person* (else its own name), with a token for *days* (else for the longest time).

    Raises:
        InvalidRequest, ScopeUnknown, ScopesExclude, ClientExists.
    """
    chosen = frozenset(scopes)
    person = person or name
    _require_names(name, person)
    _require_scopes(connection, chosen)
    lifetime = _lifetime(chosen, days)
    added = connection.exec_driver_sql(_ADD, (name, person, sorted(chosen), by)).scalar()
    if added is None:
        raise ClientExists(client=name)
    issued = _issue(connection, int(added), lifetime)
    facts = {"person": person, "scopes": sorted(chosen), "expires_at": issued.client.expires_at.isoformat()}
    audit.record(connection, by=by, act="client-add", subject=name, facts=facts)
    return issued


def list_clients(connection: Connection) -> list[ClientListed]:
    """Return every client there ever was, by name."""
    return [
        ClientListed(
            row.name, row.person, frozenset(row.scopes), row.added_by, row.added_at, row.tokens, row.expires_at
        )
        for row in connection.exec_driver_sql(_LIST)
    ]


def rotate(connection: Connection, name: str, *, days: int | None = None, overlap_minutes: int = 0, by: str) -> Issued:
    """Give a client a new token. Its old ones end at once, or in *overlap_minutes* where they would not end sooner.

    Raises:
        InvalidRequest, ClientNotFound.
    """
    if not 0 <= overlap_minutes <= LONGEST_OVERLAP_MINUTES:
        raise InvalidRequest({"overlap": [f"0 to {LONGEST_OVERLAP_MINUTES} minutes."]})
    client = _lock(connection, name)
    lifetime = _lifetime(client.scopes, days)
    if overlap_minutes:
        connection.exec_driver_sql(_LET_EXPIRE, {"client": client.id, "in": timedelta(minutes=overlap_minutes)})
    else:
        connection.exec_driver_sql(_REVOKE, (client.id,))
    issued = _issue(connection, client.id, lifetime)
    facts = {"overlap_minutes": overlap_minutes, "expires_at": issued.client.expires_at.isoformat()}
    audit.record(connection, by=by, act="client-rotate", subject=name, facts=facts)
    return issued


def revoke(connection: Connection, name: str, *, by: str) -> int:
    """End all tokens of a client at once and return how many were good until now.

    Raises:
        ClientNotFound.
    """
    client = _lock(connection, name)
    ended = connection.exec_driver_sql(_REVOKE, (client.id,)).rowcount
    audit.record(connection, by=by, act="client-revoke", subject=name, facts={"tokens": ended})
    return ended


@dataclass(frozen=True)
class _Locked:
    id: int
    scopes: frozenset[str]


def _lock(connection: Connection, name: str) -> _Locked:
    """Return a client, locked against another rotation: its new token must not be among the old ones of that."""
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended('client:' || %s, 0))", (name,))
    row = connection.exec_driver_sql("SELECT id, scopes FROM clients WHERE name = %s", (name,)).one_or_none()
    if row is None:
        raise ClientNotFound(client=name)
    return _Locked(row.id, frozenset(row.scopes))


def _issue(connection: Connection, client_id: int, lifetime: timedelta) -> Issued:
    token = f"wallet_{secrets.token_urlsafe(32)}"
    connection.exec_driver_sql(_ISSUE, {"hash": _hash(token), "client": client_id, "lifetime": lifetime})
    row = connection.exec_driver_sql(_AUTHENTICATE, (_hash(token),)).one()
    return Issued(_client(row), token)


def _client(row: Row[Any]) -> Client:
    return Client(row.id, row.name, frozenset(row.scopes), row.person, row.expires_at)


def _require_names(name: str, person: str) -> None:
    errors = {}
    if not _NAME.fullmatch(name):
        errors["name"] = ["1 to 64 small letters, digits, '.', '_' and '-', a letter or digit first."]
    if not (1 <= len(person) <= 64 and person.isprintable() and person == person.strip()):
        errors["person"] = ["A login of 1 to 64 printable characters."]
    if errors:
        raise InvalidRequest(errors)


def _require_scopes(connection: Connection, scopes: frozenset[str]) -> None:
    if not scopes:
        raise InvalidRequest({"scopes": ["At least one."]})
    departments = [scope.removeprefix(DEPARTMENT_SCOPE) for scope in scopes if scope.startswith(DEPARTMENT_SCOPE)]
    found = connection.exec_driver_sql("SELECT code FROM departments WHERE code = ANY (%s)", (departments,)).scalars()
    known = {*SCOPES, *(DEPARTMENT_SCOPE + code for code in found)}
    if unknown := sorted(scopes - known):
        raise ScopeUnknown(unknown=unknown, scopes=[*SCOPES, ANY_DEPARTMENT])
    if CHECKING in scopes and (excluded := sorted(scopes & EXCLUDED_BY_CHECKING)):
        raise ScopesExclude(excluded=excluded)


def _lifetime(scopes: frozenset[str], days: int | None) -> timedelta:
    longest = LONGEST_DAYS_CHECKING if CHECKING in scopes else LONGEST_DAYS
    if days is not None and not 1 <= days <= longest:
        raise InvalidRequest({"days": [f"1 to {longest} for a client with these scopes."]})
    return timedelta(days=days or longest)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


_AUTHENTICATE = """
SELECT c.id, c.name, c.scopes, c.person, t.expires_at
FROM client_tokens t JOIN clients c ON c.id = t.client
WHERE t.token_hash = %s AND t.revoked_at IS NULL AND t.expires_at > instant()
"""

_ADD = """
INSERT INTO clients (name, person, scopes, added_by) VALUES (%s, %s, %s, %s)
ON CONFLICT (name) DO NOTHING RETURNING id
"""

_ISSUE = """
INSERT INTO client_tokens (token_hash, client, issued_at, expires_at)
SELECT %(hash)s, %(client)s, at, at + %(lifetime)s FROM instant() AS at
"""

_REVOKE = """
UPDATE client_tokens SET revoked_at = instant() WHERE client = %s AND revoked_at IS NULL AND expires_at > instant()
"""

_LET_EXPIRE = """
UPDATE client_tokens SET expires_at = least(expires_at, instant() + %(in)s)
WHERE client = %(client)s AND revoked_at IS NULL
"""

_LIST = """
SELECT c.name, c.person, c.scopes, c.added_by, c.added_at,
       count(t.token_hash) AS tokens, max(t.expires_at) AS expires_at
FROM clients c
LEFT JOIN client_tokens t ON t.client = c.id AND t.revoked_at IS NULL AND t.expires_at > instant()
GROUP BY c.id ORDER BY c.name
"""
