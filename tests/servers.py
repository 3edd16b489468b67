"""One PostgreSQL and one Valkey for a whole test run, and a database of its own for whoever asks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from wallet_service.embedded import AlreadyRunning, Postgres, StateDirectory, Valkey
from wallet_service.embedded.postgres import OWNER, READER, SERVICE, SUPERUSER
from wallet_service.migrating import to_head

TEMPLATE = "wallet"
_FOLDER = "wallet-tests-"
_CONNECTIONS = "300"  # The books of one test may open 24 for reading and 24 for posting, and each worker has several.
_numbers = count(1)


@dataclass(frozen=True)
class Servers:
    """Where one database and one Valkey are, for each of the roles that may log in."""

    owner_url: str
    service_url: str
    reader_url: str
    superuser_url: str
    redis_url: str

    @property
    def database(self) -> str:
        return urlsplit(self.service_url).path.removeprefix("/")


@contextmanager
def running() -> Iterator[Servers]:
    """Run both servers, with the migrated database that the others are copied from; all is gone afterwards."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(StateDirectory(folder).claimed())
        postgres = stack.enter_context(Postgres(folder, {"max_connections": _CONNECTIONS}))
        valkey = stack.enter_context(Valkey(folder))
        to_head(postgres.url(OWNER))
        yield Servers(
            owner_url=postgres.url(OWNER),
            service_url=postgres.url(SERVICE),
            reader_url=postgres.url(READER),
            superuser_url=postgres.url(SUPERUSER),
            redis_url=valkey.url(),
        )


@contextmanager
def own_database(servers: Servers, name: str, valkey_number: int = 0) -> Iterator[Servers]:
    """Make the database *name*, migrated and empty, and drop it afterwards."""
    database = sql.Identifier(name)
    administration = _on(servers.superuser_url, "postgres")
    with psycopg.connect(administration, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                database, sql.Identifier(OWNER), sql.Identifier(TEMPLATE)
            )
        )
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(sql.SQL(f"GRANT CONNECT ON DATABASE {{}} TO {SERVICE}, {READER}").format(database))
    urls = {role: _on(url, name) for role, url in asdict(servers).items() if role != "redis_url"}
    yield replace(servers, **urls, redis_url=_on(servers.redis_url, str(valkey_number)))
    with psycopg.connect(administration, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


@contextmanager
def fresh_database(servers: Servers) -> Iterator[Servers]:
    """Make one more database, for a test that commits what others must not see or spoils what they rely on."""
    with own_database(servers, f"{servers.database}_{next(_numbers)}") as fresh:
        yield fresh


def _on(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _sweep() -> None:
    """Remove what a run that was killed left behind: its folder is there, and nobody holds it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        try:
            with StateDirectory(folder).claimed():
                shutil.rmtree(folder)
        except (AlreadyRunning, OSError):  # At work, or somebody else's.
            continue
