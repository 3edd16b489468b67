"""One PostgreSQL and one Valkey for a whole test run, and a database of its own for whoever asks."""

from __future__ import annotations

import os
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

from wallet_service.cli.schema import to_head_with_departments
from wallet_service.embedded import AlreadyRunning, Postgres, StateDirectory, Valkey
from wallet_service.embedded.postgres import OWNER, READER, SERVICE, SUPERUSER

TEMPLATE = "wallet"
_FOLDER = "wallet-tests-"
_IN_MEMORY, _ROOM_BYTES = Path("/dev/shm"), 4 << 30
_SETTINGS = {
    "max_connections": "300",  # The books of one test may open 24 to read and 24 to post, and each worker has several.
    "max_wal_size": "512MB",
}
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
    """Run both servers, with the migrated database that the others are copied from; all is gone afterwards.

    They keep the settings by which commits wait for the disk. What has to last through a crash has servers of its own.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER, dir=_place()))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(StateDirectory(folder).claimed())
        postgres = stack.enter_context(Postgres(folder, _SETTINGS))
        valkey = stack.enter_context(Valkey(folder))
        to_head_with_departments(postgres.url(OWNER))
        yield Servers(
            owner_url=postgres.url(OWNER),
            service_url=postgres.url(SERVICE),
            reader_url=postgres.url(READER),
            superuser_url=postgres.url(SUPERUSER),
            redis_url=valkey.url(),
        )


@contextmanager
def own_database(servers: Servers, name: str, valkey_number: int = 0, *, template: str = TEMPLATE) -> Iterator[Servers]:
    """Make the database *name*, migrated, with the package's departments and nothing else, and drop it afterwards.

    With a *template* it is a copy of that database, to which nobody may be connected.
    """
    database = sql.Identifier(name)
    administration = _on(servers.superuser_url, "postgres")
    with psycopg.connect(administration, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                database, sql.Identifier(OWNER), sql.Identifier(template)
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


@contextmanager
def copied_database(servers: Servers) -> Iterator[Servers]:
    """Make a copy of a database that nobody is connected to."""
    with own_database(servers, f"{servers.database}_{next(_numbers)}", template=servers.database) as copy:
        yield copy


def _on(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _place() -> Path:
    """Return where the servers of a run keep their data: in memory if there is room, for it makes some 500 databases.

    A database is hundreds of files, and a disk's file system takes many times as long to make them.
    """
    if _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free >= _ROOM_BYTES:
        return _IN_MEMORY
    return Path(tempfile.gettempdir())


def _sweep() -> None:
    """Remove what a run that was killed left behind: its folder is there, and nobody holds it."""
    for folder in {found for place in (_IN_MEMORY, Path(tempfile.gettempdir())) for found in place.glob(f"{_FOLDER}*")}:
        try:
            with StateDirectory(folder).claimed():
                shutil.rmtree(folder)
        except (AlreadyRunning, OSError):  # At work, or somebody else's.
            continue
