"""The servers that everything is measured on, with durable settings, and the ledgers and wallets in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import psycopg
from psycopg import sql

from wallet_service.cli.schema import to_head_with_departments
from wallet_service.database import Database
from wallet_service.embedded import Postgres, StateDirectory, Valkey
from wallet_service.embedded.postgres import OWNER, READER, SERVICE, SUPERUSER
from wallet_service.identifiers import DepartmentCode, OperatorCode, ServiceCode
from wallet_service.payments import clients, departments
from wallet_service.payments.departments import Service

WALLETS = 10_000
SERVICES = 60
HISTORY = "wallet"
"""The database that the embedded server makes: the one with a history, which outlives the run where it is kept."""

_FIRST_CODE = 1_000_000
_FUNDS_PAISE = 50_00_000_00
_WALLETS_AT_ONCE = 500
_OPEN = """
SELECT count(open_wallet(code, 'BSK' || code, NULL, NULL, 'HWH', 0, 'bench')),
       count(bring_in_wallet_balance(code, %s, 'bench'))
FROM unnest(%s::text[]) AS code
"""


@dataclass(frozen=True)
class Plan:
    """How long and how much to measure."""

    payments: int
    rounds: int
    seconds: int
    calls: int
    page: int
    quick: bool


@dataclass(frozen=True)
class Ledger:
    """One migrated database: its addresses, its wallets, the services that are paid, and the client that pays."""

    service_url: str
    owner_url: str
    wallets: Sequence[OperatorCode]
    services: Sequence[tuple[DepartmentCode, ServiceCode]]
    client: int
    token: str


class Ground:
    """A running PostgreSQL and Valkey of our own, and what has been built in them so far."""

    def __init__(self, directory: Path, plan: Plan, tell: Callable[[str], None], wallets: int = WALLETS) -> None:
        """Name the state directory; *tell* is given a line of news."""
        self._wallets = wallets
        self.directory = directory
        self.plan = plan
        self.tell = tell
        self.past_failed = False
        self._postgres = Postgres(directory)
        self._valkey = Valkey(directory)
        self._ledgers: dict[str, Ledger] = {}

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Run the servers; stop them at the end."""
        with StateDirectory(self.directory).claimed():
            self.tell("starting PostgreSQL and Valkey")
            try:
                self._postgres.start()
                self._valkey.start()
                to_head_with_departments(self.url(HISTORY, OWNER))
                yield
            finally:
                self._valkey.stop()
                self._stop_postgres()

    @property
    def redis_url(self) -> str:
        """Return where the Valkey is."""
        return self._valkey.url()

    def restart(self) -> None:
        """Stop PostgreSQL and start it again, with nothing in its own memory."""
        self.tell("restarting PostgreSQL")
        self._stop_postgres()
        self._postgres.start()

    def _stop_postgres(self) -> None:
        """Write out what is not yet in the files first: the server's own patience with that at its end is short."""
        with (
            suppress(psycopg.Error),  # It may not be running any more, or never have started.
            psycopg.connect(self.url("postgres", SUPERUSER), autocommit=True) as connection,
        ):
            connection.execute("CHECKPOINT")
        self._postgres.stop()

    def url(self, database: str, role: str = SERVICE) -> str:
        """Return the address at which *role* reaches *database*."""
        return self._postgres.url(role, database)

    def make_database(self, name: str) -> None:
        """Make the empty database *name*, in place of one that an earlier run left."""
        with psycopg.connect(self.url("postgres", SUPERUSER), autocommit=True) as connection:
            database = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, sql.Identifier(OWNER)))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            connection.execute(sql.SQL(f"GRANT CONNECT ON DATABASE {{}} TO {SERVICE}, {READER}").format(database))

    def ledger(self, name: str = "posting", wallets: Sequence[OperatorCode] | None = None) -> Ledger:
        """Return the ledger *name*, made at the first call: migrated, with funded wallets and sixty services."""
        if name not in self._ledgers:
            codes = wallets or [OperatorCode(f"BSKOP{_FIRST_CODE + number}") for number in range(1, self._wallets + 1)]
            self._ledgers[name] = self._made(name, codes)
        return self._ledgers[name]

    def ledgers(self) -> dict[str, Ledger]:
        """Return the ledgers made so far."""
        return dict(self._ledgers)

    def _made(self, name: str, codes: Sequence[OperatorCode]) -> Ledger:
        self.tell(f"making the ledger {name!r}: {len(codes):,} wallets, each with a balance from before")
        self.make_database(name)
        to_head_with_departments(self.url(name, OWNER))
        services = sixty_services()
        owner = Database(self.url(name, OWNER), pool_size=1)
        with owner.transaction() as connection:
            departments.load(connection, (), services)
        database = Database(self.url(name), pool_size=1)
        with database.transaction() as connection:
            issued = clients.add(connection, "bench", ["debits:write", "debits:read"], by="bench")
        database.close()
        for first in range(0, len(codes), _WALLETS_AT_ONCE):
            with owner.statement() as connection:  # The service alone brings no balance in: two persons do.
                some = [str(code) for code in codes[first : first + _WALLETS_AT_ONCE]]
                connection.exec_driver_sql(_OPEN, (_FUNDS_PAISE, some))
        owner.close()
        paid = [(service.department, service.code) for service in services]
        return Ledger(self.url(name), self.url(name, OWNER), codes, paid, issued.client.id, issued.token)


def sixty_services() -> list[Service]:
    """Return sixty services, one of each department and a second of the first few."""
    codes = [department.code for department in departments.package_departments()]
    return [
        Service(
            codes[number % len(codes)],
            ServiceCode(f"{801 + number // len(codes)}"),
            f"Service {number + 1} of the benchmark",
            f"Service {number + 1} of the benchmark",
        )
        for number in range(SERVICES)
    ]


@contextmanager
def own_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Give *count* processes, started afresh and ready, that share nothing with this one."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        list(pool.map(_ready, range(count)))
        yield pool


def _ready(number: int) -> int:
    return os.getpid() + number
