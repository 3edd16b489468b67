"""A debit that is in order, past Flask: read, posted and written as by its view, without a framework's work around it.

Whatever is not in order goes on to Flask as if nobody had looked at it. Where the posting said no, or what became of it
is not known, the view is told that instead of posting (`REFUSED`), so that each no is answered in one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from flask import Flask
from marshmallow import ValidationError

from wallet_service.api import authentication, debits, parsing, tracing
from wallet_service.api.connections import databases
from wallet_service.api.headers import NOT_KEPT, REQUEST_ID, SAFE
from wallet_service.api.idempotency import IN_ENVIRONMENT
from wallet_service.api.straight import Reader, Writer
from wallet_service.api.together import REFUSED, posted_by
from wallet_service.errors import InvalidRequest
from wallet_service.ledger.idempotency import Key, request_hash, valid

Environment = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environment, StartResponse], Iterable[bytes]]

_PATH = "/v1/debits"
_SCOPE = "debits:write"
_SHORT = re.compile("[1-9][0-9]{0,3}", re.ASCII)  # Of the bytes of a body; a debit has some hundred.
_PLAIN = {
    "REQUEST_METHOD": "POST",
    "PATH_INFO": _PATH,
    "SCRIPT_NAME": "",
    "QUERY_STRING": "",
    "CONTENT_TYPE": "application/json",
}
_ENCODED = frozenset({"HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING"})


class Direct:
    """The application as the server calls it: Flask's, with a short way for debits."""

    def __init__(self, app: Flask) -> None:
        """Stand before *app*, which has all its routes."""
        self._app = app
        self._flask: Application = app.wsgi_app
        self._reader = Reader(debits.REQUEST)
        self._writer = Writer(debits.ANSWER)

    def __call__(self, environ: Environment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        answer = self._answered(environ) if _is_plain(environ) else None
        if answer is None:
            return self._flask(environ, start_response)
        content, headers = answer
        start_response("201 CREATED", headers)
        return (content,)

    def _answered(self, environ: Environment) -> tuple[bytes, list[tuple[str, str]]] | None:
        """Post the debit that is asked and return its answer's content and headers; None where the view answers."""
        text: str | None = environ.get(IN_ENVIRONMENT)
        known = authentication.remembered(self._app, environ, _SCOPE)
        content = _content(environ)
        if text is None or not valid(text) or known is None or content is None:
            return None
        client, proof = known
        try:
            body = parsing.read_json(content)
            asked = self._reader.read(body)
        except (InvalidRequest, ValidationError):
            return None
        key = Key(client.id, text, request_hash("POST", _PATH, body))
        request_id = tracing.begin_keyed(client.id, text, key.request_hash)
        try:
            answer = posted_by(databases(self._app), proof, debits.item_of(asked, key))
            if answer is None:
                authentication.forget(self._app, proof)
                return None
            told = parsing.written(self._writer.write(answer)).encode()
        except Exception as error:  # noqa: BLE001 (the view raises it, and it is answered as ever)
            environ[REFUSED] = error
            authentication.hand_on(environ, client, proof)
            return None
        given = [("Content-Type", "application/json"), ("Content-Length", str(len(told)))]
        given += [*debits.headers_of(answer).items(), *SAFE, NOT_KEPT, (REQUEST_ID, request_id)]
        return told, given


def _is_plain(environ: Environment) -> bool:
    return all(environ.get(name, "") == value for name, value in _PLAIN.items()) and _ENCODED.isdisjoint(environ)


def _content(environ: Environment) -> bytes | None:
    """Return the body, which whoever comes after may read again; None where it is not short and whole."""
    if not _SHORT.fullmatch(environ.get("CONTENT_LENGTH", "")):
        return None
    length = int(environ["CONTENT_LENGTH"])
    content: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = BytesIO(content)
    return content if len(content) == length else None
