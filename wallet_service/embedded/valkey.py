"""A Valkey of our own, on loopback, under the state directory."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from wallet_service.embedded import children
from wallet_service.embedded.binaries import valkey_program
from wallet_service.embedded.children import ServerFailed
from wallet_service.embedded.directory import LOOPBACK, StateDirectory

_STOPPING = ((signal.SIGTERM, 2.0),)
_CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir ./
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
databases 16
daemonize no
"""


class Valkey:
    """The server in `directory/valkey`; a context manager that starts and stops it.

    It refuses to drop what it was given when memory is short, and ends when the process that started it does.
    """

    def __init__(self, directory: Path) -> None:
        self._state = StateDirectory(directory)
        self._log = self._state.logs / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.data = self._state.path / "valkey"
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The server's process.

        Raises:
            ServerFailed: it was not started.
        """
        if self._process is None:
            raise ServerFailed("Valkey was not started")
        return self._process

    def start(self) -> None:
        """Start the server and return once it answers.

        Raises:
            ServerFailed: with the end of its log.
        """
        self._state.create()
        account = children.account_for(self.data)
        program = valkey_program(account)
        children.own_folder(self.data, account)
        if not children.wait_until(lambda: not children.working_in(self.data), 15.0):
            raise ServerFailed(f"{self.data} is still in use by process {children.working_in(self.data)[0]}: stop it")
        self.port = self._state.port("valkey")
        # By standard input, so that the password is neither in a file nor among the arguments that `ps` shows.
        configuration = _CONFIGURATION.format(host=LOOPBACK, port=self.port, password=self._state.password("valkey"))
        self._process = children.start(
            [program, "-"], folder=self.data, log=self._log, account=account, given=configuration
        )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it within seconds, with what it holds on the disk. Nothing happens if it has ended."""
        if self._process is not None:
            children.stop(self._process, _STOPPING)

    def url(self, database: int = 0) -> str:
        """Return the address of its database number *database*."""
        return f"redis://:{self._state.password('valkey')}@{LOOPBACK}:{self.port}/{database}"

    def _wait_until_it_answers(self) -> None:
        def answers() -> bool:
            if self.process.poll() is not None:
                raise ServerFailed(f"Valkey ended at once:\n{children.last_lines(self._log)}")
            try:
                with redis.Redis.from_url(self.url(), socket_timeout=2) as client:
                    return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError):  # Not there yet, or still reading its data.
                return False

        if not children.wait_until(answers, 60.0):
            raise ServerFailed(f"Valkey does not answer on port {self.port}:\n{children.last_lines(self._log)}")
