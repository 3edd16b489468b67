"""Who calls: a bearer token names a client, and each route names the scopes of which its caller needs one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from wallet_service.api.connections import database
from wallet_service.api.protocol import Forbidden, Unauthenticated
from wallet_service.payments import clients
from wallet_service.payments.clients import Client, Proof

View = TypeVar("View", bound=Callable[..., Any])
Answer = TypeVar("Answer")

FINANCE = ("finance:make", "finance:check")
DEPARTMENT = clients.ANY_DEPARTMENT
"""Opens a route to the client of any department; its view shows each its own alone."""
_TOKEN = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,200})", re.ASCII | re.IGNORECASE)
_POLICY = "_scopes"
_PROVES = "_proves_its_caller"
_MEMORY = "wallet-callers"
_HANDED_ON = "wallet.caller"
_MOST_REMEMBERED = 1_024


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


def proves_its_caller(view: View) -> View:
    """Let a view's posting prove its caller's token, in the statement that posts: the view calls `proved_posting`.

    Until then the caller is who the token named when it was last proved. Whatever is answered before the posting, or
    without one, is answered after the token was proved by itself: no answer leaves on the word of a memory.
    """
    setattr(view, _PROVES, True)
    return view


def register(app: Flask) -> None:
    """Let *app* remember whom its tokens named."""
    app.extensions[_MEMORY] = {}


def authorise() -> None:
    """Refuse the request at work unless its client may make it. A route without a policy is refused to everybody.

    Raises:
        Unauthenticated, Forbidden.
    """
    if request.routing_exception is not None or request.endpoint is None:
        return  # There is no such route; the answer is 404 or 405.
    if handed_on := request.environ.get(_HANDED_ON):
        g.client, g.unproved = handed_on
        return
    view = current_app.view_functions[request.endpoint]
    scopes = policy(view)
    if scopes == ():
        return
    token = _token()
    kept_as = clients.hash_of(token)
    named = _memory().get(kept_as) if kept_as and scopes and getattr(view, _PROVES, False) else None
    scope = next((each for each in scopes or () if named and each in named.scopes), None)
    if kept_as and named and scope:
        g.client, g.unproved = named, Proof(kept_as, scope)
    else:
        _prove(token, scopes)


def remembered(app: Flask, environ: Mapping[str, Any], scope: str) -> tuple[Client, Proof] | None:
    """Return whom a request's token named when it was last proved, if with *scope*, and what is to be proved still.

    None where it names nobody known: the request is then authorised as every other.
    """
    found = _TOKEN.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    kept_as = clients.hash_of(found[1]) if found else None
    client = app.extensions[_MEMORY].get(kept_as) if kept_as else None
    return (client, Proof(kept_as, scope)) if kept_as and client and scope in client.scopes else None


def hand_on(environ: dict[str, Any], client: Client, proof: Proof) -> None:
    """Let a request's view have the caller for whom its posting was tried before Flask saw it.

    The token may be remembered no longer, or be good no more: what became of the posting is told to who asked for it.
    """
    environ[_HANDED_ON] = client, proof


def forget(app: Flask, proof: Proof) -> None:
    """Remember no longer whom a token named: it was found to be good no more."""
    app.extensions[_MEMORY].pop(proof.token_hash, None)


def caller() -> Client:
    """Return the client that makes the request at work."""
    client: Client = g.client
    return client


def proved_posting(post: Callable[[Proof], Answer | None]) -> Answer:
    """Return what *post* answers; it proves the token of the request at work in the statement that posts.

    Raises:
        Unauthenticated, Forbidden: the token is no longer good (*post* returned None), and nothing was posted.
    """
    proof = _proof()
    g.unproved = None
    answer = post(proof)
    if answer is None:
        forget(current_app, proof)
        _prove(_token(), (proof.scope,))
        raise Unauthenticated  # It was not good a moment ago.
    return answer


def prove() -> None:
    """Prove the token of the request at work if nothing has proved it yet.

    Raises:
        Unauthenticated, Forbidden.
    """
    if g.get("unproved") is not None:
        view = current_app.view_functions[str(request.endpoint)]
        _prove(_token(), policy(view))


def _prove(token: str, scopes: tuple[str, ...] | None) -> None:
    g.unproved = None
    with database().statement() as connection:
        client = clients.authenticate(connection, token)
    if client is None:
        raise Unauthenticated
    if scopes is None or not _opens(scopes, client):
        raise Forbidden(scopes=list(scopes or ()))
    g.client = client
    _remember(token, client)


def _opens(scopes: tuple[str, ...], client: Client) -> bool:
    return not client.scopes.isdisjoint(scopes) or (DEPARTMENT in scopes and bool(client.departments))


def _proof() -> Proof:
    unproved: Proof | None = g.get("unproved")
    if unproved is not None:
        return unproved
    scopes = policy(current_app.view_functions[str(request.endpoint)]) or ()
    kept_as = clients.hash_of(_token())
    if kept_as is None:
        raise Unauthenticated
    return Proof(kept_as, next(each for each in scopes if each in caller().scopes))


def _remember(token: str, client: Client) -> None:
    memory, kept_as = _memory(), clients.hash_of(token)
    if len(memory) >= _MOST_REMEMBERED:
        memory.clear()
    if kept_as is not None:
        memory[kept_as] = client


def _memory() -> dict[bytes, Client]:
    memory: dict[bytes, Client] = current_app.extensions[_MEMORY]
    return memory


def _token() -> str:
    found = _TOKEN.fullmatch(request.environ.get("HTTP_AUTHORIZATION", ""))
    if found is None:
        raise Unauthenticated
    return found[1]
