"""Servers to be asked over HTTP: the service as `wallet serve` runs it, and the empty one beside it."""

from __future__ import annotations

import http.client
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figures import NotMeasured
from bench.ground import Ground
from wallet_service.embedded import children
from wallet_service.embedded.directory import free_port
from wallet_service.settings import TRAINING

_READY_SECONDS = 60.0
_STOPPING = ((signal.SIGTERM, 5.0),)


@dataclass(frozen=True)
class Serving:
    """A server that answers: its port, and the process that its workers were forked from."""

    port: int
    pid: int


@contextmanager
def service(ground: Ground, url: str) -> Iterator[Serving]:
    """Run the service on the ledger at *url*, as `wallet serve` does."""
    port = free_port()
    addresses = {"DATABASE_URL": url, "REDIS_URL": ground.redis_url, TRAINING: "1"}
    with _serving(ground, "web", ["-m", "wallet_service", "serve", f"--port={port}"], port, addresses) as serving:
        yield serving


@contextmanager
def empty(ground: Ground) -> Iterator[Serving]:
    """Run the empty endpoint in the same kind of server."""
    port = free_port()
    with _serving(ground, "empty", ["-m", "bench.http_empty", str(port)], port, {}) as serving:
        yield serving


@contextmanager
def _serving(
    ground: Ground, name: str, arguments: Sequence[str], port: int, addresses: dict[str, str]
) -> Iterator[Serving]:
    log = ground.directory / "logs" / f"{name}.log"
    ground.tell(f"starting the {name} server")
    process = children.start(
        [sys.executable, *arguments],
        folder=Path(__file__).parent.parent,
        log=log,
        environment={**os.environ, **addresses},
    )
    try:
        if not children.wait_until(lambda: process.poll() is not None or _answers(port), _READY_SECONDS, 0.1):
            raise NotMeasured(f"the {name} server does not answer: {children.last_lines(log)}")
        if process.poll() is not None:
            raise NotMeasured(f"the {name} server ended at once: {children.last_lines(log)}")
        yield Serving(port, process.pid)
    finally:
        children.stop(process, _STOPPING)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):  # Nobody listens yet.
        return False
    finally:
        connection.close()
    return True
