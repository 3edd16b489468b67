"""A closed loop of requests on connections that stay open: each sends its next one when its last is answered.

It is the same for every server that is measured, and costs a fraction of what any of them does per request: sockets
and epoll, and of an answer only its status and length are looked at.
"""

from __future__ import annotations

import json
import random
import re
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import NotMeasured, percentile
from wallet_service.client.keys import new_key

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_HEADERS_END = b"\r\n\r\n"
_PATIENCE_SECONDS = 30.0
_READ_BYTES = 1 << 18


@dataclass(frozen=True)
class Load:
    """What to send, to whom, for how long. With *items* in batches of so many; then no lines share a wallet.

    With *until* the load ends once that file is there, and *seconds* are the longest that it is waited for.
    """

    port: int
    token: str
    connections: int
    seconds: float
    wallets: Sequence[str]
    services: Sequence[tuple[str, str]]
    items: int = 1
    until: Path | None = None

    def goes_on(self, deadline: float) -> bool:
        """Say whether another request is to be sent."""
        return time.perf_counter() < deadline and not (self.until and self.until.exists())


@dataclass(frozen=True)
class Loaded:
    """What came back: debits a second, how long a request took, and how many answers were no 2xx."""

    debits_per_second: float
    p50_ms: float
    p99_ms: float
    requests: int
    failures: int
    first_failure: str


def drive(load: Load) -> Loaded:
    """Send the load and return what came back.

    Raises:
        NotMeasured: the server closed a connection, or answered nothing for half a minute.
    """
    lines = [_Line(load, number) for number in range(load.connections)]
    epoll, by_number = select.epoll(), {line.socket.fileno(): line for line in lines}
    for number in by_number:
        epoll.register(number, select.EPOLLIN)
    began = time.perf_counter()
    deadline = began + load.seconds
    for line in lines:
        line.send()
    waiting = len(lines)
    while waiting:
        events = epoll.poll(_PATIENCE_SECONDS)
        if not events:
            raise NotMeasured(f"no answer within {_PATIENCE_SECONDS:g} s")
        for number, _ in events:
            line = by_number[number]
            if line.answered():
                if load.goes_on(deadline):
                    line.send()
                else:
                    waiting -= 1
    took = time.perf_counter() - began
    epoll.close()
    for line in lines:
        line.socket.close()
    return _summed(lines, load.items, took)


def _summed(lines: Sequence[_Line], items: int, took: float) -> Loaded:
    latencies = [each for line in lines for each in line.latencies]
    failures = [each for line in lines for each in line.failures]
    return Loaded(
        debits_per_second=(len(latencies) - len(failures)) * items / took,
        p50_ms=1000 * percentile(latencies, 0.5),
        p99_ms=1000 * percentile(latencies, 0.99),
        requests=len(latencies),
        failures=len(failures),
        first_failure=failures[0] if failures else "",
    )


@dataclass
class _Line:
    """One connection, the request it waits for, and what it has seen."""

    load: Load
    number: int
    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.load.port), timeout=_PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._make = _request_maker(self.load, self.number)
        self._received = b""
        self._wanted = 0
        self._sent_at = 0.0

    def send(self) -> None:
        """Send the next request."""
        request = self._make()
        self._sent_at = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Read what has come, and say whether the answer is whole; it is then counted."""
        part = self.socket.recv(_READ_BYTES)
        if not part:
            raise NotMeasured("the server closed a connection")
        self._received += part
        if not self._wanted:
            end = self._received.find(_HEADERS_END)
            if end < 0:
                return False
            length = _LENGTH.search(self._received, 0, end)
            if length is None:
                raise NotMeasured(f"an answer without a length: {self._received[:end]!r}")
            self._wanted = end + len(_HEADERS_END) + int(length[1])
        if len(self._received) < self._wanted:
            return False
        self._count()
        self._received, self._wanted = b"", 0
        return True

    def _count(self) -> None:
        self.latencies.append(time.perf_counter() - self._sent_at)
        whole = self.load.items == 1 or self._received.count(b'"problem"') == 0
        if self._received[9:10] != b"2" or not whole:
            self.failures.append(self._received[:600].decode(errors="replace"))


def _request_maker(load: Load, number: int) -> Callable[[], bytes]:
    """Return what makes the next request of connection *number*."""
    draw = random.Random()  # noqa: S311 (a load, no secret)
    batch = load.items > 1
    wallets = load.wallets[number :: load.connections] if batch else load.wallets
    path = "/v1/debits/batch" if batch else "/v1/debits"
    opening = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nAuthorization: Bearer {load.token}\r\n"
        "Content-Type: application/json\r\nAccept: application/json\r\n"
    )

    def debit() -> dict[str, object]:
        department, service = load.services[int(draw.random() * len(load.services))]
        paise = 1_000 + int(draw.random() * 59_000)
        return {
            "wallet": wallets[int(draw.random() * len(wallets))],
            "department": department,
            "service": service,
            "amount": f"{paise // 100}.{paise % 100:02d}",
            "service_ticket_no": f"T{int(draw.random() * 10**12):012d}",
            "capture": True,
        }

    def request() -> bytes:
        asked: object = debit()
        if batch:
            asked = {"atomic": False, "items": [{**debit(), "key": new_key()} for _ in range(load.items)]}
        body = json.dumps(asked)
        return f"{opening}Idempotency-Key: {new_key()}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    return request
