"""The id by which a request is found again, in its answer and in the logs."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import structlog
from flask import g


def begin() -> None:
    """Give the request at work a fresh id, and tie what is logged from now on to it."""
    structlog.contextvars.clear_contextvars()
    g.request_id = uuid4().hex
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def become_the_keyed_request(client_id: int, key: str, request_hash: bytes) -> None:
    """Give the request at work the id that belongs to its key: each try of one request has one id.

    So a refusal that is told again is the same document byte for byte, and the logs show all tries under its id.
    """
    tried_as, g.request_id = g.request_id, id_of_keyed_request(client_id, key, request_hash)
    structlog.contextvars.bind_contextvars(try_id=tried_as, request_id=g.request_id)


def begin_keyed(client_id: int, key: str, request_hash: bytes) -> str:
    """Tie what is logged from now on to a request of which the key is known at once, and return its id."""
    found = id_of_keyed_request(client_id, key, request_hash)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=found)
    return found


def id_of_keyed_request(client_id: int, key: str, request_hash: bytes) -> str:
    """Return the id that every try of one request with one key has, be it sent alone or as an item of a batch."""
    return hashlib.sha256(f"{client_id}#{key}#".encode() + request_hash).hexdigest()[:32]


def request_id() -> str:
    """Return the id of the request at work."""
    return str(g.request_id)
