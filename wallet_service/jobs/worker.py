"""What dramatiq's own command line loads in each of its processes: `dramatiq wallet_service.jobs.worker:prepare`."""

from __future__ import annotations

import dramatiq
from dramatiq import Broker

from wallet_service.database import Database
from wallet_service.jobs import bank_files, holds, night, tie_outs, unreadable
from wallet_service.jobs.broker import make_worker_broker
from wallet_service.settings import Settings


def prepare() -> Broker:
    """Make this process's database and broker, after the fork, with every job there is."""
    settings = Settings.from_environment()
    database = Database(
        settings.database_url,
        pool_size=settings.job_threads + 4,  # One for each job, two for the queue's own threads, two more for a night.
        lock_timeout_ms=settings.lock_timeout_ms,
        statement_timeout_ms=settings.statement_timeout_ms,
    )
    broker = make_worker_broker(settings.redis_url, database)
    for jobs in (holds, bank_files, night, tie_outs, unreadable):
        jobs.declare(broker, database)
    dramatiq.set_broker(broker)
    return broker
