"""Servers to be asked over HTTP: the service as `wallet serve` runs it, and the empty one beside it."""

from __future__ import annotations

import http.client
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.figures import NotMeasured
from bench.ground import Ground, Ledger
from wallet_service.embedded import children
from wallet_service.embedded.directory import free_port

_READY_SECONDS = 60.0
_STOPPING = ((signal.SIGTERM, 5.0),)


@contextmanager
def service(ground: Ground, ledger: Ledger) -> Iterator[int]:
    """Run the service on *ledger* as `wallet serve` does, and give its port."""
    port = free_port()
    addresses = {"DATABASE_URL": ledger.service_url, "REDIS_URL": ground.redis_url}
    with _serving(ground, "web", ["-m", "wallet_service", "serve", f"--port={port}"], port, addresses):
        yield port


@contextmanager
def empty(ground: Ground) -> Iterator[int]:
    """Run the empty endpoint in the same kind of server, and give its port."""
    port = free_port()
    with _serving(ground, "empty", ["-m", "bench.http_empty", str(port)], port, {}):
        yield port


@contextmanager
def _serving(
    ground: Ground, name: str, arguments: Sequence[str], port: int, addresses: dict[str, str]
) -> Iterator[None]:
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
        yield
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
