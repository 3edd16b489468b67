"""Everything of one `wallet up`: its servers and processes, started in order and stopped in the opposite one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path

from wallet_service.cli.supervisor import Stopped, Watched, keep_running, look_after, stop_all, stop_on_signals
from wallet_service.embedded import Postgres, ServerFailed, StateDirectory, Valkey, children
from wallet_service.embedded.directory import LOOPBACK
from wallet_service.embedded.postgres import OWNER, SUPERUSER
from wallet_service.settings import COUNTERS_DIRECTORY, TRAINING

ENDPOINTS = "endpoints.json"
OWNER_FILE = "owner.json"
_LOOPBACKS = {LOOPBACK, "::1", "localhost"}
_READY_SECONDS = 60.0


class Household:
    """PostgreSQL and Valkey where none is configured, the migrations, and web, worker and clock."""

    def __init__(self, directory: Path, host: str, port: int, tell: Callable[[str], None]) -> None:
        """Name the state directory and where to listen (port 0: a free one); *tell* is given a line of news."""
        self._state = StateDirectory(directory)
        self._host = host
        self._asked_port = port
        self._tell = tell
        self._servers: list[Watched] = []
        self._environment = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"}

    def run(self) -> None:
        """Run all of it until SIGTERM or SIGINT, then leave no process behind.

        Raises:
            AlreadyRunning: another `wallet up` has the state directory.
            ServerFailed: something does not start; the message has the end of its log.
        """
        stop_on_signals()
        with suppress(Stopped), ExitStack() as stack:
            stack.enter_context(self._state.claimed())
            (self._state.path / ENDPOINTS).unlink(missing_ok=True)
            self._fresh_counters()
            self._start_postgres(stack)
            self._see_whose_books_they_are()
            self._start_valkey(stack)
            self._start_processes(stack)

    def _start_postgres(self, stack: ExitStack) -> None:
        from wallet_service.cli.schema import to_head_with_departments

        if url := os.environ.get("DATABASE_URL"):
            owner = os.environ.get("DATABASE_OWNER_URL")
            self._tell(
                "PostgreSQL is the one of DATABASE_URL" + ("" if owner else "; run `wallet migrate` as its owner")
            )
        else:
            postgres = Postgres(self._state.path)
            stack.callback(postgres.stop)
            postgres.start()
            self._watch("PostgreSQL", postgres, "postgres.log")
            owner, url = postgres.url(OWNER), postgres.url()
            self._state.write_private(OWNER_FILE, {"database_url": owner, "superuser_url": postgres.url(SUPERUSER)})
        if owner:
            to_head_with_departments(owner)
        self._environment["DATABASE_URL"] = url

    def _see_whose_books_they_are(self) -> None:
        """Let books of our own that were generated be shown on this machine, and nowhere else."""
        from wallet_service.history.origin import GeneratedBooks, refuse_generated

        if not os.environ.get("DATABASE_URL") and self._host in _LOOPBACKS:
            self._environment[TRAINING] = "1"
        elif os.environ.get(TRAINING) != "1":
            try:
                refuse_generated(self._environment["DATABASE_URL"])
            except GeneratedBooks as error:
                raise ServerFailed(str(error)) from error

    def _start_valkey(self, stack: ExitStack) -> None:
        url = os.environ.get("REDIS_URL")
        if not url:
            valkey = Valkey(self._state.path)
            stack.callback(valkey.stop)
            valkey.start()
            self._watch("Valkey", valkey, "valkey.log")
            url = valkey.url()
        self._environment["REDIS_URL"] = url

    def _watch(self, name: str, server: Postgres | Valkey, log: str) -> None:
        def restart() -> subprocess.Popen[bytes]:
            server.start()
            return server.process

        watched = Watched(name, restart, self._state.logs / log, process=server.process)
        self._servers.append(watched)

    def _start_processes(self, stack: ExitStack) -> None:
        port = self._asked_port or self._state.port("web")
        web = self._process("web", "serve", f"--host={self._host}", f"--port={port}")
        jobs = [self._process("worker", "work"), self._process("clock", "clock")]
        stack.callback(stop_all, jobs)
        stack.callback(stop_all, [web])
        for one in (web, *jobs):
            one.launch()
        api = f"http://{LOOPBACK if self._host in {'0.0.0.0', '::'} else self._host}:{port}"  # noqa: S104
        everything = [*self._servers, web, *jobs]
        self._wait_until_ready(api, everything)
        stack.callback((self._state.path / ENDPOINTS).unlink, missing_ok=True)
        self._state.write_private(ENDPOINTS, self._endpoints(api))
        self._tell(f"ready: {api}  (addresses and logins in {self._state.path / ENDPOINTS}; Ctrl-C stops)")
        keep_running(everything, self._tell)

    def _endpoints(self, api: str) -> dict[str, object]:
        return {
            "api": api,
            "console": f"{api}/console",
            "database_url": self._environment["DATABASE_URL"],
            "redis_url": self._environment["REDIS_URL"],
        }

    def _process(self, name: str, command: str, *arguments: str) -> Watched:
        log = self._state.logs / f"{name}.log"
        start = partial(
            children.start,
            [sys.executable, "-m", "wallet_service", command, *arguments],
            folder=Path.cwd(),
            log=log,
            environment=self._environment,
            parting=signal.SIGKILL,
        )
        return Watched(name, start, log)

    def _wait_until_ready(self, api: str, everything: list[Watched]) -> None:
        def answers() -> bool:
            for one in everything:
                look_after(one, self._tell)
            return _is_ready(api)

        if not children.wait_until(answers, _READY_SECONDS, interval=0.1):
            log = next(one.log for one in everything if one.name == "web")
            raise ServerFailed(
                f"{api}/readyz did not answer 200 within a minute. The end of {log}:\n{children.last_lines(log)}"
            )

    def _fresh_counters(self) -> None:
        folder = self._state.path / "counters"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self._environment[COUNTERS_DIRECTORY] = str(folder)


def _is_ready(api: str) -> bool:
    try:
        with urllib.request.urlopen(f"{api}/readyz", timeout=2) as answer:  # noqa: S310  # Always http, to ourselves.
            return int(answer.status) == HTTPStatus.OK
    except (urllib.error.URLError, OSError):  # It does not listen yet, or says 503.
        return False
