"""Who calls: a bearer token names a client, and each route names the scopes of which its caller needs one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, g, request

from wallet_service.api.connections import database
from wallet_service.api.protocol import Forbidden, Unauthenticated
from wallet_service.payments import clients
from wallet_service.payments.clients import Client

View = TypeVar("View", bound=Callable[..., Any])

FINANCE = ("finance:make", "finance:check")
_TOKEN = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,200})", re.ASCII | re.IGNORECASE)
_POLICY = "_scopes"


def requires(*scopes: str) -> Callable[[View], View]:
    """Let a view be called by clients that have any of *scopes*."""

    def mark(view: View) -> View:
        setattr(view, _POLICY, scopes)
        return view

    return mark


def public(view: View) -> View:
    """Let a view be called without a token."""
    setattr(view, _POLICY, ())
    return view


def policy(view: Callable[..., Any]) -> tuple[str, ...] | None:
    """Return the scopes of which a caller of *view* needs one: none for a public view, None where nobody has said."""
    found: tuple[str, ...] | None = getattr(view, _POLICY, None)
    return found


def authorise() -> None:
    """Refuse the request at work unless its client may make it. A route without a policy is refused to everybody.

    Raises:
        Unauthenticated, Forbidden.
    """
    if request.routing_exception is not None or request.endpoint is None:
        return  # There is no such route; the answer is 404 or 405.
    scopes = policy(current_app.view_functions[request.endpoint])
    if scopes == ():
        return
    client = _authenticated()
    if scopes is None or client.scopes.isdisjoint(scopes):
        raise Forbidden(scopes=list(scopes or ()))
    g.client = client


def caller() -> Client:
    """Return the client that makes the request at work."""
    client: Client = g.client
    return client


def _authenticated() -> Client:
    values = request.headers.getlist("Authorization")
    found = _TOKEN.fullmatch(values[0]) if len(values) == 1 else None
    if found is None:
        raise Unauthenticated
    with database().statement() as connection:
        client = clients.authenticate(connection, found[1])
    if client is None:
        raise Unauthenticated
    return client
