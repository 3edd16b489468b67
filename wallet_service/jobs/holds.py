"""Every minute: holds that lapsed give their money back. A debit that needs it does not wait for this."""

from __future__ import annotations

import dramatiq
from dramatiq import Broker

from wallet_service.database import Database
from wallet_service.jobs.broker import QUEUE
from wallet_service.ledger import lapses

EXPIRE_HOLDS = "expire-holds"


def declare(broker: Broker, database: Database) -> None:
    """Let *broker*'s worker do this job on *database*."""

    @dramatiq.actor(
        broker=broker,
        actor_name=EXPIRE_HOLDS,
        queue_name=QUEUE,
        max_retries=8,
        min_backoff=1_000,
        max_backoff=10_000,
        time_limit=300_000,
    )
    def expire_holds(outbox_id: int, subject: str) -> None:
        """Release lapsed holds, a book at a time: each waits for that wallet alone. Again, it finds none."""
        with database.statement() as connection:
            for book in lapses.list_books(connection):
                lapses.expire_holds(connection, book)
