"""The words in which tests speak of the service as it runs: web, clock and workers, a queue to lose, and counters."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import psycopg
import pytest
import redis

from tests.at_once import going_on
from tests.bank import Bank, BankLine
from tests.books import Books
from tests.processes import descendants, wait_for_end
from wallet_service.client.keys import new_key
from wallet_service.embedded import Valkey, children
from wallet_service.embedded.children import wait_until
from wallet_service.embedded.directory import free_port
from wallet_service.identifiers import OperatorCode
from wallet_service.jobs.broker import QUEUE
from wallet_service.ledger import outbox
from wallet_service.payments import clients
from wallet_service.recon.intake import POST_JOB

READY_SECONDS = 30.0


@dataclass
class Paid:
    """What payments were answered: how often each status, and how many seconds each took."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def note(self, status: int, seconds: float) -> None:
        """Count one answer."""
        with self.lock:
            self.statuses[status] += 1
            self.seconds.append(seconds)


class Shop:
    """The service's processes on some books and a Valkey. Each counter has a wallet, into which deposits come."""

    def __init__(self, books: Books, valkey: Valkey, logs: Path, counters: int = 4) -> None:
        self.books = books
        self.valkey = valkey
        self.logs = logs
        self.paid = Paid()
        self.wallets = [books.wallet("100000.00", code=f"HOWRAH{number:03d}") for number in range(counters)]
        with books.database.transaction() as connection:
            self._token = clients.add(connection, "portal", ["debits:write"], by="test").token
        self._bank = Bank(books, "1000.00")
        self._running = ExitStack()
        self._port = free_port()
        with redis.Redis.from_url(valkey.url()) as client:
            client.flushall()

    @contextmanager
    def at_work(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run web, clock and a first worker, which is given, with payments on two lines until the end."""
        with self._running:
            web = self.start("serve", f"--port={self._port}")
            self.start("clock")
            worker = self.start("work")
            ready = wait_until(lambda: self._answers() or web.poll() is not None, READY_SECONDS, interval=0.1)
            assert ready, children.last_lines(self.logs / "serve-0.log")
            assert web.poll() is None, children.last_lines(self.logs / "serve-0.log")
            with going_on(self._counter(), self._counter()):
                yield worker

    def start(self, command: str, *options: str) -> subprocess.Popen[bytes]:
        """Start a process of the service, of which nothing is left at the end."""
        number = len(list(self.logs.glob(f"{command}-*.log")))
        addresses = {"DATABASE_URL": self.books.servers.service_url, "REDIS_URL": self.valkey.url()}
        process = children.start(
            [sys.executable, "-m", "wallet_service", command, *options],
            folder=Path.cwd(),
            log=self.logs / f"{command}-{number}.log",
            environment={**os.environ, **addresses, "WALLET_JOB_PROCESSES": "1", "WALLET_WEB_WORKERS": "1"},
        )
        self._running.callback(kill, process)
        return process

    def deposits(self, files: int, lines: int) -> list[int]:
        """Release *files* of *lines* deposits of a rupee, for each counter in turn, and write their jobs down."""
        made = [self._bank.file(*self._lines(lines)) for _ in range(files)]
        with self.books.database.transaction() as connection:
            return [outbox.enqueue(connection, POST_JOB, str(file)) for file in made]

    def done(self, jobs: list[int]) -> int:
        """Return how many of the jobs are done."""
        with self.books.database.statement() as connection:
            asked = "SELECT count(*) FROM outbox WHERE id = ANY (%s) AND done_at IS NOT NULL"
            return int(connection.exec_driver_sql(asked, (jobs,)).scalar_one())

    def wait_for(self, jobs: list[int], seconds: float, *, share: float = 1.0) -> float:
        """Fail the test unless that share of the jobs is done in time; return how many seconds that took."""
        began = time.monotonic()
        if not wait_until(lambda: self.done(jobs) >= share * len(jobs), seconds, interval=0.02):
            pytest.fail(f"{self.done(jobs)} of {len(jobs)} jobs are done after {seconds:g} s")
        return time.monotonic() - began

    def flush(self) -> int:
        """Empty the queue, and return how many messages were in it."""
        with redis.Redis.from_url(self.valkey.url()) as client:
            waiting = int(client.llen(f"dramatiq:{QUEUE}"))
            client.flushall()
        return waiting

    def take_the_queue_away(self) -> None:
        """Have Valkey end at once, and lose all that it had on the disk."""
        process = self.valkey.process
        with redis.Redis.from_url(self.valkey.url()) as client:
            client.shutdown(nosave=True)
        assert children.ended(process, 10.0)
        for kept in self.valkey.data.iterdir():
            shutil.rmtree(kept) if kept.is_dir() else kept.unlink()

    def stop_in_a_transaction(self, worker: subprocess.Popen[bytes]) -> None:
        """Stop a worker's processes at a moment when one of them has a transaction open."""
        for _ in range(400):
            signal_all(worker, signal.SIGSTOP)
            time.sleep(0.03)  # What it asked of the database is answered meanwhile, and nobody reads the answer.
            if self._has_locks():
                return
            signal_all(worker, signal.SIGCONT)
            time.sleep(0.02)
        pytest.fail("the worker was never met in a transaction")

    def let_time_pass(self) -> None:
        """Make what was sent look sent half a minute earlier."""
        self.books.as_owner("UPDATE outbox SET sent_at = sent_at - interval '31 s' WHERE done_at IS NULL")

    def credited(self) -> dict[str, int]:
        """Return how many deposits came into each wallet."""
        with self.books.database.statement() as connection:
            rows = connection.exec_driver_sql(
                "SELECT b.code, count(*) AS how_many FROM bank_line_postings p JOIN books b ON b.id = p.book"
                " JOIN entries e ON e.book = p.book AND e.number = p.entry_number WHERE b.id <> 0 GROUP BY b.code"
            )
            return {row.code: row.how_many for row in rows}

    def _lines(self, count: int) -> list[BankLine]:
        return [BankLine("1.00", f"BY TRANSFER {self.wallets[number % len(self.wallets)]}") for number in range(count)]

    def _has_locks(self) -> bool:
        with psycopg.connect(self.books.servers.superuser_url) as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.mode = 'RowShareLock'"
                " AND l.relation = 'books'::regclass WHERE a.datname = current_database()"
                " AND a.state = 'idle in transaction'"
            ).fetchone()
        return bool(found and found[0])

    def _counter(self) -> Counters:
        return Counters(self._port, self._token, self.wallets, self.paid)

    def _answers(self) -> bool:
        try:
            return Counters(self._port, self._token, self.wallets, Paid()).asked("GET", "/readyz") == 200
        except OSError:
            return False


class Counters:
    """Somebody who pays, one payment after the other, on a line that stays open."""

    def __init__(self, port: int, token: str, wallets: list[OperatorCode], paid: Paid) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._token = token
        self._wallets = wallets
        self._paid = paid
        self._number = 0

    def __call__(self) -> None:
        """Pay one paisa from the next wallet, and note the answer."""
        self._number += 1
        asked = {
            "wallet": self._wallets[self._number % len(self._wallets)],
            "department": "POD",
            "service": "001",
            "amount": "0.01",
            "service_ticket_no": f"T{new_key()}",
            "capture": True,
        }
        began = time.perf_counter()
        status = self.asked("POST", "/v1/debits", json.dumps(asked))
        self._paid.note(status, time.perf_counter() - began)
        time.sleep(0.01)  # A counter, and no load.

    def asked(self, method: str, path: str, body: str | None = None) -> int:
        """Send a request and return the answer's status."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        self._line.request(method, path, body, {**headers, "Idempotency-Key": new_key()})
        answer = self._line.getresponse()
        answer.read()
        return answer.status


def signal_all(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and to those it started."""
    for pid in (process.pid, *descendants(process.pid)):
        os.kill(pid, number)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those it started, as the kernel does when memory is short, stopped ones too."""
    pids = descendants(process.pid) | {process.pid}
    if process.poll() is None:
        process.kill()
    process.wait()
    wait_for_end(pids, 5.0)
