"""A gateway between a client and the service, as a data centre has one: it may cut, delay or replace what comes."""

from __future__ import annotations

import http.client
import json
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


class Deed(Enum):
    """What the gateway does with a request that it has passed on, or that it has not."""

    LOSE = "it is not passed on, and the connection closed"
    CUT = "it is passed on, and half of the answer given"
    KEEP = "it is passed on, and the answer kept back"
    HANG_UP = "it is passed on and answered, and the connection closed without a word"
    DRIP = "it is passed on, and the answer comes a byte at a time"


@dataclass(frozen=True)
class Say:
    """An answer of the gateway's own; the request is not passed on."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A request as it came, and the port of the client's connection."""

    method: str
    path: str
    key: str | None
    body: bytes
    port: int


class Gateway:
    """Passes requests on to the service at *url*, but for those that `does` has something to do with."""

    def __init__(self, url: str) -> None:
        self._server = urlsplit(url).netloc
        self._script: deque[Deed | Say] = deque()
        self._over = Event()
        self.seen: list[Seen] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                gateway.handle(self)

            def do_POST(self) -> None:
                gateway.handle(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the parent's name for it)
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._http.shutdown()
        self._http.server_close()

    def does(self, *deeds: Deed | Say) -> None:
        """Do these with the requests that come next, one with each."""
        self._script.extend(deeds)

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Take a request in and do with it what is to be done."""
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        key = request.headers.get("Idempotency-Key")
        self.seen.append(Seen(request.command, request.path, key, body, request.client_address[1]))
        deed = self._script.popleft() if self._script else None
        request.close_connection = deed in (*Deed,)
        if isinstance(deed, Say):
            _answer(request, deed.status, deed.headers, deed.body)
        elif deed is not Deed.LOSE:
            self._pass_on(request, body, deed)

    def _pass_on(self, request: BaseHTTPRequestHandler, body: bytes, deed: Deed | None) -> None:
        upstream = http.client.HTTPConnection(self._server, timeout=30)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        upstream.request(request.command, request.path, body or None, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        told = {
            name: answer.headers[name] for name in ("Content-Type", "Idempotency-Replayed") if name in answer.headers
        }
        match deed:
            case Deed.CUT:
                _answer(request, answer.status, told, content, len(content) // 2)
            case Deed.KEEP:
                self._over.wait(30)
            case Deed.DRIP:
                self._drip(request, content)
            case _:
                _answer(request, answer.status, told, content)

    def _drip(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        request.wfile.write(f"HTTP/1.1 201 Created\r\nContent-Length: {len(content)}\r\n\r\n".encode())
        for place in range(len(content)):
            try:
                request.wfile.write(content[place : place + 1])
            except OSError:  # The client has gone.
                return
            if self._over.wait(0.05):
                return


def problem(status: int, slug: str, **headers: str) -> Say:
    """Return a problem document."""
    told = {"type": f"/problems/{slug}", "title": "No.", "status": status, "detail": "Later.", "request_id": "r1"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Say(status, json.dumps(told).encode(), {"Content-Type": "application/problem+json", **named})


def _answer(
    request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes, upto: int | None = None
) -> None:
    request.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body[:upto])
