"""A PostgreSQL of our own, on loopback, under the state directory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from wallet_service.embedded import children
from wallet_service.embedded.binaries import postgres_programs
from wallet_service.embedded.children import Account, ServerFailed
from wallet_service.embedded.directory import LOOPBACK, StateDirectory

DATABASE = "wallet"
SUPERUSER = "postgres"
OWNER = "wallet_owner"
SERVICE = "wallet_service"
READER = "wallet_reader"

SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "cluster_name": "wallet",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # An answer 2xx means that the entry is on the disk: nothing here may be traded for speed.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "data_sync_retry": "off",
    # Two cores and some of 24 GB, shared with others.
    "max_connections": "100",
    "shared_buffers": "512MB",
    "effective_cache_size": "4GB",
    "max_wal_size": "4GB",
    "max_locks_per_transaction": "256",
    "random_page_cost": "1.1",
    "idle_in_transaction_session_timeout": "60s",
    "log_lock_waits": "on",
}

# A process may be inside a folder that it could not walk to: the kernel only looks at the folder itself. So the data
# stays in the state directory, wherever that is, and no folder on the way to it needs another mode or owner.
_HERE = "/proc/self/cwd"
_STOPPING = ((signal.SIGINT, 3.0), (signal.SIGQUIT, 2.0))


class Postgres:
    """The cluster in `directory/postgres`; a context manager that starts and stops it.

    It listens on a port of 127.0.0.1 with passwords and ends when the process that started it does. The database
    `wallet` and its three roles are there once it has started; the tables are not: run the migrations.
    """

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        """Name the state directory; *settings* override those of `SETTINGS`."""
        self._state = StateDirectory(directory)
        self._settings = {**SETTINGS, **(settings or {})}
        self._home = self._state.path / "postgres"
        self._log = self._state.logs / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.data = self._home / "data"
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
        """The postmaster.

        Raises:
            ServerFailed: it was not started.
        """
        if self._process is None:
            raise ServerFailed("PostgreSQL was not started")
        return self._process

    def start(self) -> None:
        """Start the cluster, made first where there is none, and return once it takes connections.

        Raises:
            ServerFailed: with the end of its log.
        """
        self._state.create()
        account = children.account_for(self._home)
        programs = postgres_programs(account)
        children.own_folder(self._home, account)
        if not self.data.exists():
            self._make(programs, account)
        self._clear_what_a_crash_left()
        self.port = self._state.port("postgres")
        settings = {**self._settings, "port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = children.start(
            [programs / "postgres", "-D", _HERE, *options],
            folder=self.data,
            log=self._log,
            account=account,
            environment=_environment(),
            parting=signal.SIGINT,
        )
        try:
            self._wait_until_it_answers()
            self._provide_roles_and_database()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it within seconds: sessions are cut, what they had committed stays. Nothing happens if it has ended."""
        if self._process is not None:
            children.stop(self._process, _STOPPING)

    def crash(self) -> None:
        """Kill every process of the cluster at once, as a power cut would, and return when none is left. For tests."""
        gone = children.wait_until(self._killed, 10.0)
        self.process.wait(5.0)
        if not gone:
            raise ServerFailed("PostgreSQL's processes do not end, even when killed")

    def url(self, role: str = SERVICE, database: str = DATABASE) -> str:
        """Return the address at which *role* reaches *database*."""
        return f"postgresql://{role}:{self._state.password(role)}@{LOOPBACK}:{self.port}/{database}"

    def _killed(self) -> bool:
        pids = children.working_in(self.data)
        for pid in pids:
            with suppress(ProcessLookupError):  # It has ended since they were listed.
                os.kill(pid, signal.SIGKILL)
        self.process.poll()
        return not pids

    def _make(self, programs: Path, account: Account | None) -> None:
        """Run initdb beside `data` and rename, so that an initdb cut short is not taken for a cluster."""
        unfinished = self._home / "data.unfinished"
        password = self._home / "password"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        children.own_folder(unfinished, account)
        with open(password, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(self._state.password(SUPERUSER))
        if account is not None:
            os.chown(password, account.uid, account.gid)
        initdb = children.start(
            [programs / "initdb", "-D", _HERE, "-U", SUPERUSER, "--pwfile=../password", *_INITDB],
            folder=unfinished,
            log=self._log,
            account=account,
            environment=_environment(),
        )
        made = children.ended(initdb, 120.0) and initdb.returncode == 0
        password.unlink()
        if not made:
            children.stop(initdb, ())
            raise ServerFailed(f"initdb failed:\n{children.last_lines(self._log)}")
        unfinished.rename(self.data)

    def _clear_what_a_crash_left(self) -> None:
        """Wait for the last of an earlier run to end, then forget its process ids, which may be another's by now."""
        if not children.wait_until(lambda: not children.working_in(self.data), 15.0):
            pids = ", ".join(str(pid) for pid in children.working_in(self.data))
            raise ServerFailed(f"{self.data} is still in use by process {pids}: stop that first")
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _wait_until_it_answers(self) -> None:
        def answers() -> bool:
            if self.process.poll() is not None:
                raise ServerFailed(f"PostgreSQL ended at once:\n{children.last_lines(self._log)}")
            try:
                psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                return False
            return True

        if not children.wait_until(answers, 120.0):  # Recovery after a crash replays up to max_wal_size.
            raise ServerFailed(f"PostgreSQL does not answer on port {self.port}:\n{children.last_lines(self._log)}")

    def _provide_roles_and_database(self) -> None:
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role in (OWNER, SERVICE, READER):
                verb = "ALTER" if role in roles else "CREATE"
                connection.execute(
                    sql.SQL(_ROLE).format(sql.SQL(verb), sql.Identifier(role), sql.Literal(self._state.password(role)))
                )
            connection.execute(f"ALTER ROLE {READER} SET default_transaction_read_only = on")
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
            for statement in _GRANTS:
                connection.execute(statement)


_INITDB = (
    "--auth-local=scram-sha-256",
    "--auth-host=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C.UTF-8",
    "--no-instructions",
)
_ROLE = "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}"
_GRANTS = (
    f"REVOKE ALL ON DATABASE {DATABASE}, postgres, template1 FROM PUBLIC",
    f"GRANT CONNECT ON DATABASE {DATABASE} TO {SERVICE}, {READER}",
)


def _environment() -> dict[str, str]:
    """Return an environment without the PG… variables of the caller, which would change what the programs do."""
    return {name: value for name, value in os.environ.items() if name in {"PATH", "LD_LIBRARY_PATH", "TMPDIR"}}
