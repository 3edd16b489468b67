"""The words in which tests speak of jobs: written down, sent, worked on, and what their rows then say."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

import dramatiq
import pytest
import redis

from tests.books import Books
from wallet_service.embedded import Valkey
from wallet_service.embedded.children import wait_until
from wallet_service.jobs import holds, unreadable
from wallet_service.jobs.broker import QUEUE, make_worker_broker
from wallet_service.jobs.relay import Relay
from wallet_service.ledger import outbox
from wallet_service.recon import unfinished
from wallet_service.recon.unfinished import Unfinished


class Office:
    """An outbox and a queue, with jobs of its own.

    `count` counts its subjects, `raise` always fails, `endless` never ends.
    """

    def __init__(self, books: Books, valkey: Valkey) -> None:
        self.books = books
        self.valkey = valkey
        self.client = redis.Redis.from_url(valkey.url())
        self.counted: Counter[str] = Counter()
        self.broker = make_worker_broker(valkey.url(), books.database)
        self.relay = Relay(books.database, self.broker)
        self._worker: dramatiq.Worker | None = None
        self._closing = False
        holds.declare(self.broker, books.database)
        unreadable.declare(self.broker, books.database)
        self._declare_own()

    def _declare_own(self) -> None:
        @dramatiq.actor(broker=self.broker, queue_name=QUEUE, max_retries=0)
        def count(outbox_id: int, subject: str) -> None:
            self.counted[subject] += 1

        @dramatiq.actor(broker=self.broker, actor_name="raise", queue_name=QUEUE, max_retries=1, min_backoff=10)
        def fail(outbox_id: int, subject: str) -> None:
            self.counted[subject] += 1
            raise ArithmeticError(f"no good: {subject}\nDETAIL: Failing row contains (a name)")

        @dramatiq.actor(broker=self.broker, queue_name=QUEUE, max_retries=0, time_limit=100)
        def endless(outbox_id: int, subject: str) -> None:
            while not self._closing:
                time.sleep(0.01)

    def close(self) -> None:
        """Stop the worker and what is connected."""
        self._closing = True
        if self._worker is not None:
            self._worker.stop()
        self.client.close()
        self.broker.client.close()

    def write_down(self, job: str, subject: str = "") -> int:
        """Put a job into the outbox."""
        with self.books.database.transaction() as connection:
            return outbox.enqueue(connection, job, subject)

    def start_worker(self) -> None:
        """Begin to work on the queue, in two threads."""
        self._worker = dramatiq.Worker(self.broker, worker_timeout=100, worker_threads=2)
        self._worker.start()

    def let_time_pass(self, interval: str = "31 s") -> None:
        """Make what was sent look sent that much earlier."""
        self.books.as_owner(f"UPDATE outbox SET sent_at = sent_at - interval '{interval}'")

    def stuck(self) -> list[Unfinished]:
        """Return what should be done by now and is not."""
        with self.books.database.statement() as connection:
            return unfinished.list_unfinished(connection)

    def state(self, job_id: int) -> str:
        """Return what a job's row says: waiting, sent, done or failed."""
        with self.books.database.statement() as connection:
            return str(connection.exec_driver_sql(_STATE, (job_id,)).scalar_one())

    def wait_for(self, state: str, job_ids: Iterable[int], seconds: float = 20.0) -> None:
        """Fail the test unless all of the jobs get into *state* in time."""
        ids = list(job_ids)
        if not wait_until(lambda: {self.state(each) for each in ids} == {state}, seconds, interval=0.1):
            pytest.fail(f"after {seconds:g} s: {Counter(self.state(each) for each in ids)}")


_STATE = """
SELECT CASE WHEN done_at IS NOT NULL THEN 'done' WHEN failed_at IS NOT NULL THEN 'failed'
            WHEN sent_at IS NOT NULL THEN 'sent' ELSE 'waiting' END FROM outbox WHERE id = %s
"""
