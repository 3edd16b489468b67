"""One request and its whole answer, over connections that are kept for the next."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection, RemoteDisconnected
from time import monotonic
from urllib.parse import urlsplit

_CHUNK = 65_536


class Lost(Exception):
    """No whole answer came. The service may have done what it was asked, or not."""


@dataclass(frozen=True)
class Request:
    """A request as it goes over the wire, the same bytes at every try."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A whole answer; its headers by their names in lower case."""

    status: int
    content: bytes
    headers: Mapping[str, str]


class Connections:
    """Connections to the service at *url*, each kept open for the next request of any thread."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the address of a service: https://HOST")
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._headers = dict(headers)
        self._idle: deque[HTTPConnection] = deque()

    def exchange(self, request: Request, seconds: float) -> Answer:
        """Send *request* and return its answer, if all of it comes within *seconds*.

        A kept connection that the service has closed meanwhile is replaced; that costs no try.

        Raises:
            Lost.
        """
        end = monotonic() + seconds
        while kept := self._kept():
            try:
                return self._exchange(kept, request, end)
            except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                continue
            except (OSError, HTTPException) as error:
                raise Lost(f"{request.method} {request.path}: {error!r}") from error
        try:
            return self._exchange(self._opened(), request, end)
        except (OSError, HTTPException) as error:
            raise Lost(f"{request.method} {request.path}: {error!r}") from error

    def close(self) -> None:
        """Close the connections that are kept; the next request opens a new one."""
        while kept := self._kept():
            kept.close()

    def _kept(self) -> HTTPConnection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _opened(self) -> HTTPConnection:
        if self._tls is not None:
            return HTTPSConnection(self._host, self._port, context=self._tls)
        return HTTPConnection(self._host, self._port)

    def _exchange(self, connection: HTTPConnection, request: Request, end: float) -> Answer:
        """Send and read; a connection on which anything went wrong is closed, any other kept."""
        keep = False
        try:
            connection.timeout = _left(end)
            if connection.sock is None:
                connection.connect()
            socket = connection.sock
            socket.settimeout(_left(end))
            headers = {**self._headers, **request.headers}
            connection.request(request.method, self._prefix + request.path, request.body or None, headers)
            response = connection.getresponse()
            content = bytearray()
            while chunk := response.read1(_CHUNK):
                content += chunk
                if not response.isclosed():
                    socket.settimeout(_left(end))  # A service that drips cannot keep us beyond the end.
            if response.length:
                raise HTTPException("the answer was cut off")
            response.close()
            keep = not response.will_close
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, bytes(content), told)
        finally:
            if keep:
                self._idle.append(connection)
            else:
                connection.close()


def _left(end: float) -> float:
    left = end - monotonic()
    if left <= 0:
        raise TimeoutError("no whole answer in time")
    return left
