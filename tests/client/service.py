"""The service itself, listening on loopback, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from threading import Thread
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.api.portal import EVERYTHING, application, caller, number
from tests.books import Books
from tests.servers import Servers
from wallet_service.client import Patience, Portal

DAY = date(2026, 4, 1)
SCOPES = (*EVERYTHING, "claims:write")
QUICK = Patience(tries=4, seconds=20.0, first_pause=0.01, longest_pause=0.05)


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (the parent's name for it)
        pass


@dataclass(frozen=True)
class Service:
    """A service that listens at *url*."""

    app: Flask
    url: str

    def token(self, *scopes: str) -> str:
        """Return the token of a new client, with every scope of a portal if none is named."""
        return caller(self.app, *(scopes or SCOPES)).token

    def portal(self, url: str = "", *, token: str = "", **options: Any) -> Portal:
        """Return a client of the service, or of what stands before it at *url*, quick to try again."""
        return Portal(url or self.url, token or self.token(), **{"patience": QUICK, **options})


@contextmanager
def serving(servers: Servers) -> Iterator[Service]:
    """Run the service on the database of *servers*."""
    with application(servers) as app:
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Handler)
        server.daemon_threads = True  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Service(app, f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def neft() -> dict[str, Any]:
    """Return how the bank calls a deposit that is credited at once, with a reference that no other has."""
    return {"bank_reference": f"TEST{number(12)}", "booked_on": DAY, "channel": "neft"}


def payments(books: Books, wallet: str) -> int:
    """Return how many payments stand in a wallet's book."""
    with books.database.statement() as connection:
        found: int = connection.exec_driver_sql(
            "SELECT count(*) FROM entries e JOIN books b ON b.id = e.book WHERE b.code = %s AND e.kind = 'payment'",
            (wallet,),
        ).scalar_one()
    return found
