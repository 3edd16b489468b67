"""`wallet up`: everything from one command, and nothing left of it however it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.processes import command_lines, descendants, running, wait_for_end
from wallet_service.embedded import children
from wallet_service.embedded.children import wait_until

_READY_SECONDS = 60.0
_SERVICE_VARIABLES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "WALLET_DIR")


@pytest.fixture
def folder() -> Iterator[Path]:
    outside = Path(tempfile.mkdtemp(prefix="wallet-test-"))
    yield outside / "with a space"
    shutil.rmtree(outside)


def _wallet(*arguments: str | Path) -> list[str | Path]:
    return [sys.executable, "-m", "wallet_service", *arguments]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _SERVICE_VARIABLES}


@contextmanager
def _up(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `wallet up` on *folder* and wait until it says where it is."""
    folder.parent.mkdir(exist_ok=True)
    (folder / "endpoints.json").unlink(missing_ok=True)
    log = folder.parent / "up.log"
    process = children.start(_wallet("up", "--dir", folder), folder=Path.cwd(), log=log, environment=_environment())
    try:
        ready = wait_until(
            lambda: (folder / "endpoints.json").exists() or process.poll() is not None, _READY_SECONDS, interval=0.1
        )
        assert ready, log.read_text()
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        started = descendants(process.pid)
        children.stop(process, ((signal.SIGTERM, 15.0),))
        wait_for_end(started, 10)


def _endpoints(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / "endpoints.json").read_text())
    return facts


def _owner_url(folder: Path) -> str:
    return str(json.loads((folder / "owner.json").read_text())["database_url"])


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return int(answer.status)


def test_everything_runs_and_stops_within_ten_seconds_and_has_its_data_when_started_again(folder: Path) -> None:
    with _up(folder) as process:
        started = descendants(process.pid)
        api = _endpoints(folder)["api"]
        assert _status(f"{api}/readyz") == 200
        with psycopg.connect(_owner_url(folder)) as connection:
            connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")

        asked_at = time.monotonic()
        process.terminate()
        status = process.wait(10)
        took = time.monotonic() - asked_at
        left, announced = running(started), (folder / "endpoints.json").exists()

    assert (status, left, announced) == (0, {}, False)
    assert took < 10
    with _up(folder), psycopg.connect(_owner_url(folder)) as connection:
        assert _endpoints(folder)["api"] == api
        assert connection.execute("SELECT text FROM note").fetchone() == ("kept",)


def test_nothing_is_left_when_it_is_killed_and_it_starts_again(folder: Path) -> None:
    with _up(folder) as process:
        started = descendants(process.pid)
        shown = command_lines(started)
        process.kill()
        process.wait()
        wait_for_end(started, 8)

    for part in ("postgres", "valkey-server", "wallet_service serve"):
        assert part in shown
    with _up(folder):
        assert _status(f"{_endpoints(folder)['api']}/readyz") == 200


def test_what_dies_is_started_again(folder: Path) -> None:
    with _up(folder) as process:
        before = descendants(process.pid)
        killed = {pid for pid, command in running(before).items() if "bin/postgres -D" in command or "serve" in command}
        for pid in killed:
            os.kill(pid, signal.SIGKILL)

        api = _endpoints(folder)["api"]
        wait_for_end(killed, 5)
        assert wait_until(lambda: _answers(f"{api}/readyz"), 30, interval=0.1), (folder.parent / "up.log").read_text()


def test_a_second_one_is_refused_logins_are_private_and_the_doctor_finds_all_well(folder: Path) -> None:
    with _up(folder) as process:
        second = subprocess.run(_wallet("up", "--dir", folder), capture_output=True, text=True, env=_environment())
        endpoints = _endpoints(folder)
        modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in ("endpoints.json", "owner.json")}
        shown = command_lines(descendants(process.pid))
        doctor = subprocess.run(
            _wallet("doctor", "--json", "--dir", folder), capture_output=True, text=True, env=_environment()
        )

    assert second.returncode == 1
    assert second.stderr == f"Error: {folder} is already in use: `wallet up` runs on it as process {process.pid}\n"
    assert set(endpoints) == {"api", "console", "database_url", "redis_url"}
    assert modes == {"endpoints.json": 0o600, "owner.json": 0o600}
    assert endpoints["database_url"].split(":")[2].split("@")[0] not in shown
    assert "wallet_service:" in endpoints["database_url"]
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert json.loads(doctor.stdout)["well"]


def _answers(url: str) -> bool:
    try:
        return _status(url) == 200
    except OSError:
        return False
