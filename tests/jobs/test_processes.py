"""The real worker and the real clock: killed, cut off, asked to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg

from tests.books import Books, set_clock
from tests.jobs.office import Office
from tests.processes import descendants, wait_for_end
from wallet_service.dates import INDIA
from wallet_service.embedded import children
from wallet_service.embedded.children import wait_until
from wallet_service.jobs.clock import TIMETABLE, make_scheduler, write_down
from wallet_service.jobs.holds import EXPIRE_HOLDS
from wallet_service.ledger import lapses

_BACK_SECONDS = 30.0


def test_lapsed_holds_give_their_money_back_and_others_keep_it(office: Office) -> None:
    books = office.books
    wallet = books.wallet("500.00")
    lapsing = books.hold(wallet, "200.00", expires_in=60).debit.id
    lasting = books.hold(wallet, "100.00", expires_in=3_600).debit.id
    set_clock(books)("61 s")
    office.start_worker()

    job = office.write_down(EXPIRE_HOLDS, "clock")
    office.relay.sweep()

    office.wait_for("done", [job])
    assert books.debit(lapsing).state == "expired"
    assert books.debit(lasting).state == "held"
    assert books.available(wallet) == "400.00"
    with books.database.statement() as connection:
        assert lapses.list_books(connection) == []


def test_a_job_whose_worker_is_killed_in_the_middle_is_done_within_half_a_minute_and_once(
    office: Office, tmp_path: Path
) -> None:
    books = office.books
    wallet = books.wallet("500.00")
    hold = books.hold(wallet, "200.00", expires_in=60).debit.id
    set_clock(books)("61 s")
    job = office.write_down(EXPIRE_HOLDS, "clock")
    office.relay.sweep()
    with psycopg.connect(books.servers.owner_url) as in_the_way:
        in_the_way.execute("SELECT FROM books WHERE code = %s FOR UPDATE", [wallet])
        with _process("work", office, tmp_path / "first.log") as first:
            assert wait_until(lambda: _waits_for_a_lock(books), 20.0), (tmp_path / "first.log").read_text()
            _kill(first)

    with _process("work", office, tmp_path / "second.log"):
        office.wait_for("done", [job], _BACK_SECONDS)

    assert books.debit(hold).state == "expired"
    assert books.available(wallet) == "500.00"
    assert books.faults() == {}


def test_the_clock_outlives_a_queue_that_is_away_and_loses_nothing(office: Office, tmp_path: Path) -> None:
    log = tmp_path / "clock.log"
    job = office.write_down("count", "1")
    office.start_worker()
    office.valkey.stop()

    with _process("clock", office, log) as clock:
        told = wait_until(lambda: log.exists() and "jobs wait in the outbox" in log.read_text(), 20.0)
        office.valkey.start()
        office.wait_for("done", [job])
        clock.send_signal(signal.SIGTERM)
        ended = clock.wait(5.0)

    assert told
    assert log.read_text().count("jobs wait in the outbox") == 1
    assert ended == 0
    assert office.counted["1"] == 1


def test_the_timetable_writes_jobs_down_each_minute_without_piling_them_up(office: Office) -> None:
    scheduler = make_scheduler(office.books.database, office.relay)
    minute = datetime(2026, 4, 1, 23, 59, 30, tzinfo=INDIA)

    for job in TIMETABLE:
        write_down(office.books.database, job)
        write_down(office.books.database, job)

    assert office.relay.sweep() == len(TIMETABLE)
    [expiring] = [each for each in scheduler.get_jobs() if EXPIRE_HOLDS in each.args]
    assert expiring.trigger.get_next_fire_time(None, minute) == datetime(2026, 4, 2, tzinfo=INDIA)


@contextmanager
def _process(command: str, office: Office, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `wallet work` or `wallet clock` against the office, and leave nothing of it."""
    addresses = {"DATABASE_URL": office.books.servers.service_url, "REDIS_URL": office.valkey.url()}
    process = children.start(
        [sys.executable, "-m", "wallet_service", command],
        folder=Path.cwd(),
        log=log,
        environment={**os.environ, **addresses},
    )
    try:
        yield process
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those it forked, as the kernel does when memory is short."""
    pids = descendants(process.pid) | {process.pid}
    if process.poll() is None:
        process.kill()
    process.wait()
    wait_for_end(pids, 5.0)


def _waits_for_a_lock(books: Books) -> bool:
    """Say whether somebody waits for the book's row, in the middle of the job."""
    with psycopg.connect(books.servers.superuser_url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND query LIKE '%expire_holds%'"
        ).fetchone()
    return bool(found and found[0])
