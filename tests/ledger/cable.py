"""The cable between a client and PostgreSQL, which may be cut at a statement: before, behind it, or at its answer."""

from __future__ import annotations

import socket
from enum import Enum
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65_536


class Moment(Enum):
    """When a cable is cut: instead of carrying the statement, just behind it, or once the server has answered it."""

    BEFORE = "before the statement"
    BEHIND = "behind the statement"
    ANSWERED = "at its answer"


class Cable:
    """A way to the server at *url* that `cut` breaks; a context manager. Its own address is `url`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "", parts.port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._pattern = b""
        self._moment = Moment.BEFORE
        self._left = 0
        self.cuts = 0
        credentials = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{self._listener.getsockname()[1]}"))

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def cut(self, pattern: bytes, moment: Moment, *, times: int) -> None:
        """Break the connections by which *pattern* comes along the next *times*."""
        with self._lock:
            self._pattern, self._moment, self._left = pattern, moment, times

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # The listener was closed: the test is over.
                return
            server = socket.create_connection(self._server)
            broken = Event()
            Thread(target=self._carry_up, args=(client, server, broken), daemon=True).start()
            Thread(target=_carry_down, args=(server, client, broken), daemon=True).start()

    def _carry_up(self, client: socket.socket, server: socket.socket, broken: Event) -> None:
        while chunk := _received(client):
            moment = self._cut_at(chunk)
            if moment is not None:
                broken.set()
            if moment is not Moment.BEFORE:
                server.sendall(chunk)
            if moment in {Moment.BEFORE, Moment.BEHIND}:
                _end(client)
                break
        _end(server, socket.SHUT_WR)

    def _cut_at(self, chunk: bytes) -> Moment | None:
        with self._lock:
            if not self._left or self._pattern not in chunk:
                return None
            self._left -= 1
            self.cuts += 1
            return self._moment


def _carry_down(server: socket.socket, client: socket.socket, broken: Event) -> None:
    """Carry what the server says until the cable is broken; from then on nothing comes back, and the client is cut."""
    while chunk := _received(server):
        if broken.is_set():
            _end(client)
            continue
        try:
            client.sendall(chunk)
        except OSError:  # The client is gone.
            break
    _end(client)
    client.close()
    server.close()


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(_CHUNK)
    except OSError:
        return b""


def _end(end: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    try:
        end.shutdown(how)
    except OSError:  # It has ended already.
        return
