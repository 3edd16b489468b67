"""`wallet doctor` says what is not well, and what to do about it."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import redis
from click.testing import CliRunner

from tests.books import Books
from tests.servers import Servers
from wallet_service.__main__ import main
from wallet_service.ledger import outbox


def _doctor(servers: Servers, **changed: str) -> tuple[int, dict[str, dict[str, Any]]]:
    environment = {"DATABASE_URL": servers.service_url, "REDIS_URL": servers.redis_url, "WALLET_DIR": "", **changed}
    result = CliRunner().invoke(main, ["doctor", "--json"], env=environment)
    return result.exit_code, {one["name"]: one for one in json.loads(result.stdout)["findings"]}


def test_all_is_well_on_a_migrated_durable_database(fresh_servers: Servers) -> None:
    status, findings = _doctor(fresh_servers)

    assert {name for name, finding in findings.items() if not finding["well"]} == set()
    assert set(findings) == {"database", "durable", "clock", "schema", "work", "connections", "valkey"}
    assert status == 0


def test_commits_that_do_not_wait_for_the_disk_are_found(fresh_servers: Servers) -> None:
    with psycopg.connect(fresh_servers.superuser_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {fresh_servers.database} SET synchronous_commit = off")

    status, findings = _doctor(fresh_servers)

    assert status == 1
    assert not findings["durable"]["well"]
    assert findings["durable"]["seen"] == "synchronous_commit = off"


def test_a_schema_that_lacks_a_migration_is_found(fresh_servers: Servers) -> None:
    with psycopg.connect(fresh_servers.superuser_url) as connection:
        connection.execute("UPDATE schema_version SET version_num = '0001'")

    status, findings = _doctor(fresh_servers)

    assert status == 1
    assert findings["schema"]["seen"].startswith("lacks 0002")
    assert findings["schema"]["todo"] == "run `wallet migrate`"


def test_work_that_is_stuck_is_found_whatever_runs(books: Books) -> None:
    with books.database.transaction() as connection:
        job = outbox.enqueue(connection, "post-bank-file", "7")
        outbox.mark_failed(connection, job, "the file was away")

    status, findings = _doctor(books.servers)

    assert status == 1
    assert (findings["work"]["well"], findings["work"]["seen"]) == (
        False,
        f"1 stuck, first job-{job}: the file was away",
    )
    assert "wallet jobs list" in findings["work"]["todo"]


def test_servers_that_do_not_answer_are_named_each(servers: Servers) -> None:
    status, findings = _doctor(
        servers, DATABASE_URL="postgresql://wallet_service:x@127.0.0.1:1/wallet", REDIS_URL="redis://127.0.0.1:1/0"
    )

    assert status == 1
    assert {name: finding["well"] for name, finding in findings.items()} == {"database": False, "valkey": False}


def test_a_valkey_that_would_drop_jobs_is_found(servers: Servers) -> None:
    with redis.Redis.from_url(servers.redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            status, findings = _doctor(servers)
        finally:
            client.config_set("maxmemory-policy", "noeviction")

    assert status == 1
    assert findings["valkey"]["seen"] == "answers, maxmemory-policy allkeys-lru"
