"""`wallet doctor`: is everything reachable, migrated, durable and in time; and what to do where it is not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import psycopg
import redis

from wallet_service.cli.servers import directory_option
from wallet_service.settings import Settings, SettingsWrong

MOST_SKEW_SECONDS = 30.0
_DURABLE = {
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "remote_write", "remote_apply"},
    "data_checksums": {"on"},
    "data_sync_retry": {"off"},
}


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is well, what was seen, and what to do when it is not."""

    name: str
    well: bool
    seen: str
    todo: str = ""


@click.command()
@directory_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(directory: Path | None, as_json: bool) -> None:
    """Look whether everything is reachable, migrated, durable and in time. Exit 0 only when all is well."""
    try:
        settings = Settings.from_environment(directory)
    except SettingsWrong as error:
        raise click.ClickException(str(error)) from error
    findings = examine(settings)
    if as_json:
        click.echo(
            json.dumps({"well": all(one.well for one in findings), "findings": [asdict(one) for one in findings]})
        )
    else:
        for one in findings:
            click.echo(f"{'ok ' if one.well else 'BAD'}  {one.name}: {one.seen}{'' if one.well else f' -> {one.todo}'}")
    if not all(one.well for one in findings):
        raise SystemExit(1)


def examine(settings: Settings) -> list[Finding]:
    """Look at the database and at Valkey; what depends on a database that does not answer is left out."""
    findings: list[Finding] = []
    try:
        with psycopg.connect(settings.database_url, connect_timeout=5, autocommit=True) as connection:
            findings.append(Finding("database", True, f"PostgreSQL {connection.info.server_version // 10000} answers"))
            findings += [look(connection) for look in _LOOKS]
            findings.append(_migrated(settings.database_url))
            if findings[-1].well:
                findings.append(_work(settings.database_url))
            findings.append(_room(connection, settings))
    except psycopg.OperationalError as error:
        findings.append(Finding("database", False, _first_line(error), "start it, or correct DATABASE_URL"))
    findings.append(_valkey(settings.redis_url))
    return findings


def _durable(connection: psycopg.Connection) -> Finding:
    rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(_DURABLE)])
    wrong = sorted(f"{name} = {setting}" for name, setting in rows if setting not in _DURABLE[name])
    todo = f"a posting answered 2xx could be lost: set {', '.join(wrong)} back (checksums: pg_checksums --enable)"
    return Finding("durable", not wrong, ", ".join(wrong) or "what is committed is on the disk", todo)


def _in_time(connection: psycopg.Connection) -> Finding:
    before = time.time()
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    skew: float = row[0] - (before + time.time()) / 2 if row else 0.0
    seen = f"the database's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    return Finding("clock", abs(skew) <= MOST_SKEW_SECONDS, seen, "let both machines follow the same NTP servers")


_LOOKS: tuple[Callable[[psycopg.Connection], Finding], ...] = (_durable, _in_time)


def _migrated(url: str) -> Finding:
    from wallet_service.migrating import pending

    try:
        lacking = pending(url)
    except psycopg.errors.InsufficientPrivilege:
        return Finding("schema", False, "this login may not read the schema's version", "run `wallet migrate`")
    seen = f"lacks {', '.join(lacking)}" if lacking else "at head"
    return Finding("schema", not lacking, seen, "run `wallet migrate`")


def _work(url: str) -> Finding:
    """Look at the work itself, and not at the processes that should do it: a worker may run and do nothing."""
    from wallet_service.database import Database
    from wallet_service.recon import unfinished

    database = Database(url, pool_size=1)
    try:
        with database.statement() as connection:
            stuck = unfinished.list_unfinished(connection)
    finally:
        database.close()
    seen = f"{len(stuck)} stuck, first {stuck[0].id}: {stuck[0].words}" if stuck else "nothing is stuck"
    return Finding(
        "work", not stuck, seen, "see `wallet jobs list`, put right what it names, then `wallet jobs retry ID`"
    )


def _room(connection: psycopg.Connection, settings: Settings) -> Finding:
    row = connection.execute("SELECT current_setting('max_connections')::int").fetchone()
    most = int(row[0]) if row else 0
    needed = settings.pool_size * settings.web_workers + settings.job_processes * settings.job_threads
    seen = f"web and worker open up to {needed} connections of {most}"
    return Finding("connections", needed < most, seen, "lower WALLET_POOL_SIZE, or raise max_connections")


def _valkey(url: str) -> Finding:
    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, decode_responses=True) as client:
            policy = client.info("memory")["maxmemory_policy"]
    except (redis.RedisError, ValueError) as error:
        return Finding("valkey", False, _first_line(error), "start it, or correct REDIS_URL; until then jobs wait")
    todo = "set maxmemory-policy noeviction: it would drop jobs when memory is short"
    return Finding("valkey", policy == "noeviction", f"answers, maxmemory-policy {policy}", todo)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
