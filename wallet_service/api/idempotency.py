"""The Idempotency-Key of a request: the same request twice is one entry and one answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, json, request
from sqlalchemy import Connection

from wallet_service.api import parsing, tracing
from wallet_service.api.authentication import caller
from wallet_service.api.connections import database
from wallet_service.api.parsing import View
from wallet_service.errors import IdempotencyKeyMalformed, IdempotencyKeyMissing
from wallet_service.ledger.idempotency import (
    Key,
    StoredAnswer,
    record_answer,
    recorded_answer,
    request_hash,
    valid,
)
from wallet_service.telemetry import ENTRIES, REPLAYS

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
IN_ENVIRONMENT = "HTTP_IDEMPOTENCY_KEY"
_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "schema": {"type": "string", "pattern": r"^[ -\x22$-~]{1,128}$"},
    "description": "The same key with the same request gives the same answer and happens once.",
}
NEEDED = [{**_PARAMETER, "required": True}]
HONOURED = [{**_PARAMETER, "required": False}]


def key_text() -> str:
    """Return the key of the request at work.

    Raises:
        IdempotencyKeyMissing, IdempotencyKeyMalformed.
    """
    text: str | None = request.environ.get(IN_ENVIRONMENT)  # A header that came twice is one there, with a comma.
    if text is None:
        raise IdempotencyKeyMissing
    if not valid(text):
        raise IdempotencyKeyMalformed
    return text


def key() -> Key:
    """Return the key of the request at work, with the hash of what it asks.

    Raises:
        IdempotencyKeyMissing, IdempotencyKeyMalformed.
    """
    text = key_text()
    client_id = caller().id
    hashed = request_hash(request.method, request.path, parsing.body())
    tracing.become_the_keyed_request(client_id, text, hashed)
    return Key(client_id, text, hashed)


def headers(*, replayed: bool, entries: int = 0, location: str | None = None) -> dict[str, str]:
    """Return the headers of an answer to a keyed request: where the new thing is, and whether it is told again.

    *entries* is how many it posted when it was given first; they are counted then, and replays are counted here too.
    """
    found = {} if location is None else {"Location": location}
    if replayed:
        found[REPLAYED] = "true"
        REPLAYS.inc()
    else:
        ENTRIES.inc(entries)
    return found


def once(
    view: View,
    act: Callable[[Connection], Any],
    *,
    status: int = 200,
    location: Callable[[dict[str, Any]], str] | None = None,
) -> Response:
    """Do what moves no money in one transaction; with a key, once, and tell the same answer to whoever repeats it.

    A refusal leaves no trace here.

    Raises:
        IdempotencyKeyMalformed, KeyReused, KeyAbandoned, and whatever *act* raises.
    """
    keyed = key() if HEADER in request.headers else None
    with database().transaction() as connection:
        stored = recorded_answer(connection, keyed) if keyed else None
        replayed = stored is not None
        if stored is None:
            body = view.dump(act(connection))
            stored = StoredAnswer(status, body, location(body) if location else None)
            if keyed:
                record_answer(connection, keyed, stored)
    content = json.dumps(stored.body, sort_keys=True, separators=(",", ":"))  # The database keeps no order of names.
    given = headers(replayed=replayed, location=stored.location)
    return Response(content, stored.status, given, content_type="application/json")
