"""The schema: numbered migrations, applied by the owner in order, each giving up fast on a lock."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from wallet_service.database import sqlalchemy_url

_BESIDE_THE_PACKAGE = Path(__file__).resolve().parent.parent / "migrations"
_IN_THE_PACKAGE = Path(__file__).resolve().parent / "migrations"
MIGRATIONS = _IN_THE_PACKAGE if _IN_THE_PACKAGE.is_dir() else _BESIDE_THE_PACKAGE


def to_head(url: str) -> list[str]:
    """Bring the database at the owner's *url* to the newest schema and return the revisions that were applied.

    Two at once are safe: the second waits for the first and finds nothing to do.

    Raises:
        sqlalchemy.exc.DBAPIError: a migration failed; that one was rolled back whole.
    """
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('wallet migrations'))"))
        connection.execute(text("SET lock_timeout = '3s'"))
        connection.commit()
        before = _current(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        applied = [s.revision for s in _script().iterate_revisions("head", before)]
    engine.dispose()
    return list(reversed(applied))


def pending(url: str) -> list[str]:
    """Return the revisions that the database at *url* still lacks, oldest first."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT to_regclass('schema_version')").fetchone()
        row = None
        if found and found[0]:
            row = connection.execute("SELECT version_num FROM schema_version").fetchone()
    return list(reversed([s.revision for s in _script().iterate_revisions("head", row[0] if row else "base")]))


def execute(statements: str) -> None:
    """Run SQL of a migration as it stands, with no meaning given to ``:`` or ``%``."""
    driver = op.get_bind().connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("migrations run on psycopg")
    driver.execute(statements.encode())


def read_sql(name: str) -> str:
    """Return the text of a SQL function that is kept in `migrations/sql/` under its verb's name."""
    return (MIGRATIONS / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _current(connection: Connection) -> str:
    context = MigrationContext.configure(connection, opts={"version_table": "schema_version"})
    return context.get_current_revision() or "base"
