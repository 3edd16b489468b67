"""The same request twice is one entry: a key has one answer, a refusal included, for good."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import KeyUnknown, WalletError, by_slug

_FORM = re.compile(r"[!-\"$-~ ]{1,128}", re.ASCII)
_UUID_FIRST = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_UUID_LENGTH = 36
POSTED = frozenset({"held", "captured", "voided", "refunded", "credited", "claimed", "batch", "answered"})
"""The outcomes of a key that are no refusals."""
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


@dataclass(frozen=True)
class Key:
    """The key of one request of one client, with the hash of what was asked."""

    client_id: int
    text: str
    request_hash: bytes

    @property
    def stored(self) -> bytes:
        """Return the key as it is stored: the bytes that `key_bytes` in the database makes of it.

        A UUID in front, as most keys have it, is 17 bytes, of which the first, 0, is in no key.
        """
        if _UUID_FIRST.match(self.text):
            return b"\0" + bytes.fromhex(self.text[:_UUID_LENGTH].replace("-", "")) + self.text[_UUID_LENGTH:].encode()
        return self.text.encode()


@dataclass(frozen=True)
class KeyRecord:
    """What a key remembers: a posting's name with the book's id and the number there, ``abandoned``, or a refusal."""

    outcome: str
    book: int | None
    number: int | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class StoredAnswer:
    """The answer to a request that moved no money, kept whole."""

    status: int
    body: Any
    location: str | None = None


def valid(text: str) -> bool:
    """Say whether *text* may be a key: 1 to 128 ASCII characters without ``#`` (it numbers a batch's items)."""
    return bool(_FORM.fullmatch(text))


def request_hash(method: str, path: str, body: Any) -> bytes:
    """Return 32 bytes that differ when method, path or parsed body do; the order of a body's fields does not count."""
    return hashlib.sha256(_CANONICAL.encode([method, path, body]).encode()).digest()


def look_up(connection: Connection, client_id: int, text: str) -> KeyRecord:
    """Return what became of a client's key.

    Raises:
        KeyUnknown: nothing was recorded for it.
    """
    row = connection.exec_driver_sql(
        "SELECT outcome, book, number, facts FROM keys WHERE client = %s AND key = key_bytes(%s)", (client_id, text)
    ).one_or_none()
    if row is None:
        raise KeyUnknown(key=text)
    return KeyRecord(row.outcome, row.book, row.number, row.facts or {})


def recorded_answer(connection: Connection, key: Key) -> StoredAnswer | None:
    """Lock the key for this transaction and return the answer recorded for it, None where it is new.

    Raises:
        KeyReused, KeyAbandoned.
    """
    row = connection.exec_driver_sql(
        "SELECT outcome, facts FROM recorded_answer(%s, %s, %s)", (key.client_id, key.text, key.request_hash)
    ).one_or_none()
    if row is None:
        return None
    if row.outcome != "answered":
        raise refusal(row.outcome, row.facts)
    return StoredAnswer(row.facts["status"], row.facts["body"], row.facts["location"])


def record_answer(connection: Connection, key: Key, answer: StoredAnswer) -> None:
    """Keep the answer of a request that moved no money, in the transaction that did its work."""
    facts = json.dumps({"status": answer.status, "body": answer.body, "location": answer.location})
    connection.exec_driver_sql(
        "SELECT record_answer(%s, %s, %s, %s::jsonb)", (key.client_id, key.text, key.request_hash, facts)
    )


def refusal(outcome: str, facts: Mapping[str, Any] | None, *, replayed: bool = False) -> WalletError:
    """Return the error that a posting function's outcome names; `replayed` says that it is told again."""
    error = _error(outcome).of(facts or {})
    error.replayed = replayed
    return error


@lru_cache(maxsize=128)
def _error(slug: str) -> type[WalletError]:
    return by_slug(slug)
