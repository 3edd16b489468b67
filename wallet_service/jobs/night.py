"""The evening, the night, and a day that a person closes. Killed anywhere, the next try goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import dramatiq
from dramatiq import Broker

from wallet_service.database import Database
from wallet_service.errors import DayDoesNotClose, DayInFuture, EarlierDayOpen
from wallet_service.jobs.broker import QUEUE
from wallet_service.jobs.long_work import still_at_work, worth_another_try
from wallet_service.ledger import days
from wallet_service.recon import lists, night


def declare(broker: Broker, database: Database) -> None:
    """Let *broker*'s worker do these jobs on *database*."""

    def actor(name: str, work: Callable[[int, str], None]) -> None:
        dramatiq.actor(
            broker=broker,
            actor_name=name,
            queue_name=QUEUE,
            retry_when=worth_another_try,
            min_backoff=1_000,
            max_backoff=20_000,
            time_limit=3_600_000,
            throws=(DayDoesNotClose, DayInFuture, EarlierDayOpen, ValueError),
        )(work)

    def put_in_order(outbox_id: int, subject: str) -> None:
        """Do the evening of today. Again, it finds its steps done. Departments' open lists are looked at again."""
        night.put_in_order(database, by=night.BY_ITSELF, progress=still_at_work(database, outbox_id))
        with database.transaction() as connection:
            lists.ask_again(connection)

    def close_what_is_due(outbox_id: int, subject: str) -> None:
        """Close the days gone by, in order. Again, it finds none."""
        night.run(database, by=night.BY_ITSELF, progress=still_at_work(database, outbox_id))

    def close_day(outbox_id: int, day: str) -> None:
        """Close the day that a person asked to be closed. Again, it finds it closed."""
        asked = date.fromisoformat(day)
        with database.statement() as connection:
            done, by = night.is_done(connection, asked), days.begun_by(connection, asked)
        if not done:
            night.close(database, asked, by=by or night.BY_ITSELF, progress=still_at_work(database, outbox_id))

    actor(night.EVENING_JOB, put_in_order)
    actor(night.NIGHT_JOB, close_what_is_due)
    actor(night.CLOSE_JOB, close_day)
