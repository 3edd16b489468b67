"""A service of the demo's own: `wallet up` on a fresh state directory, which goes when the demo goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.embedded import children

ELSEWHERE = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
"""What could point the demo at somebody's real books; it plays on its own only."""

_CLOCK_AHEAD = sql.SQL(
    "CREATE OR REPLACE FUNCTION instant() RETURNS timestamptz LANGUAGE sql VOLATILE"
    " AS $$ SELECT clock_timestamp() + make_interval(secs => {}) $$"
)
_READY_SECONDS = 90.0
_PATIENCE_SECONDS = 15.0
_PROCESSES = ("up", "web", "worker")
_STAGES = {"PostgreSQL": "postgres.log", "Valkey": "valkey.log", "API, worker and clock": "web.log"}


class DemoFailed(Exception):
    """The demo cannot go on; the message says what was seen and what to do."""


@dataclass(frozen=True)
class OwnService:
    """A `wallet up` that runs, where its API is, and its state directory."""

    directory: Path
    api: str
    process: subprocess.Popen[bytes]

    @property
    def logs(self) -> Path:
        """Return the folder of its logs."""
        return self.directory / "logs"

    def last_words(self) -> str:
        """Return the ends of its logs, for a message about what went wrong."""
        ends = {name: children.last_lines(self.logs / f"{name}.log", 6) for name in _PROCESSES}
        return "\n".join(f"The end of {name}.log:\n{end}" for name, end in ends.items() if end)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the command line on this service."""
        command = [*command_line(), *arguments, "--dir", str(self.directory)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=_surroundings())

    def wallet(self, *arguments: str) -> str:
        """Run a command of the command line on this service and return what it prints.

        Raises:
            DemoFailed: it does not succeed.
        """
        return printed(self.begin(*arguments))

    def refusal(self, *arguments: str) -> str:
        """Run a command that must be refused, and return the sentence it is refused with.

        Raises:
            DemoFailed: it succeeds.
        """
        process = self.begin(*arguments)
        _, said = process.communicate()
        if not process.returncode:
            raise DemoFailed(f"`wallet {' '.join(arguments)}` was to be refused and succeeded.")
        return " ".join(said.split())

    def set_clock_ahead(self, seconds: int) -> None:
        """Set the one clock of these books ahead, as their owner. Only books that are played with bear that."""
        with psycopg.connect(self._owner()) as connection:
            connection.execute(_CLOCK_AHEAD.format(seconds))

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a transaction on these books as their owner, for what none of the callers of the API does."""
        database = Database(self._owner(), pool_size=1)
        try:
            with database.transaction() as connection:
                yield connection
        finally:
            database.close()

    def _owner(self) -> str:
        return str(json.loads((self.directory / "owner.json").read_text())["database_url"])


def command_line() -> list[str]:
    """Return how the command line is started by this Python."""
    return [sys.executable, "-P", "-m", "wallet_service"]


def printed(process: subprocess.Popen[str]) -> str:
    """Wait for a command and return what it prints.

    Raises:
        DemoFailed: it does not succeed.
    """
    output, said = process.communicate()
    if process.returncode:
        raise DemoFailed(f"A command of the command line ended with status {process.returncode}:\n{output}{said}")
    return output


@contextmanager
def running(directory: Path, tell: Callable[[str], None]) -> Iterator[OwnService]:
    """Run a service on *directory* and stop it afterwards; *tell* is given each stage of its start.

    Raises:
        DemoFailed: it does not start; the message has what it said.
    """
    log = directory / "logs" / "up.log"
    command: list[str | Path] = [*command_line(), "up", "--dir", directory]
    process = children.start(command, folder=Path.cwd(), log=log, environment=_surroundings())
    try:
        yield OwnService(directory, _api_when_ready(directory, process, log, tell), process)
    finally:
        children.stop(process, ((signal.SIGTERM, _PATIENCE_SECONDS),))


def _api_when_ready(directory: Path, process: subprocess.Popen[bytes], log: Path, tell: Callable[[str], None]) -> str:
    endpoints, told = directory / "endpoints.json", set[str]()

    def over() -> bool:
        for stage, name in _STAGES.items():
            if stage not in told and (directory / "logs" / name).exists():
                told.add(stage)
                tell(stage)
        return endpoints.exists() or process.poll() is not None

    began = time.monotonic()
    children.wait_until(over, _READY_SECONDS, interval=0.05)
    if process.poll() is not None or not endpoints.exists():
        took = time.monotonic() - began
        raise DemoFailed(f"The service did not start within {took:.0f} s. It said:\n{children.last_lines(log)}")
    return str(json.loads(endpoints.read_text())["api"])


def _surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in (*ELSEWHERE, "WALLET_DIR")}
