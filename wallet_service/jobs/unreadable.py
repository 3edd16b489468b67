"""What was in the queue and was no message of ours: it stands in a row until a person has looked at it."""

from __future__ import annotations

import dramatiq
from dramatiq import Broker

from wallet_service.database import Database
from wallet_service.jobs.broker import QUEUE
from wallet_service.ledger.outbox import UNREADABLE_JOB


def declare(broker: Broker, database: Database) -> None:
    """Let *broker*'s worker do this job."""

    @dramatiq.actor(broker=broker, actor_name=UNREADABLE_JOB, queue_name=QUEUE, max_retries=0)
    def let_it_be(outbox_id: int, said: str) -> None:
        """Do nothing: there is nothing to try again, and the row is done with."""
