"""The one process that knows the time of day, Asia/Kolkata. It enqueues and does nothing else."""

from __future__ import annotations

import logging
import signal

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from wallet_service import telemetry
from wallet_service.database import Database
from wallet_service.dates import INDIA
from wallet_service.errors import Unavailable
from wallet_service.jobs.broker import make_broker
from wallet_service.jobs.holds import EXPIRE_HOLDS
from wallet_service.jobs.relay import Relay
from wallet_service.ledger import outbox
from wallet_service.recon.night import EVENING_JOB, NIGHT_JOB
from wallet_service.settings import Settings

TIMETABLE = {EXPIRE_HOLDS: "* * * * *", EVENING_JOB: "5 22 * * *", NIGHT_JOB: "5 0-5 * * *"}
"""When each job is due, as crontab writes it, in Asia/Kolkata. Its subject in the outbox is the word `clock`.

A night that could not come to its end is tried again each hour until the counters open.
"""
AT_START = (NIGHT_JOB,)
"""What may have been missed while no clock ran: days that are still open close in order."""

_log = telemetry.logger(__name__)


def main() -> None:
    """Sweep the outbox every second, and write down the jobs of the timetable, until told to stop."""
    stopping = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)  # Before there are threads that could be given one.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # It would tell of every second.
    settings = Settings.from_environment()
    database = Database(settings.database_url, pool_size=3)
    relay = Relay(database, make_broker(settings.redis_url, middleware=[]))
    scheduler = make_scheduler(database, relay)
    scheduler.start()
    signal.sigwait(stopping)
    scheduler.shutdown()
    database.close()


def make_scheduler(database: Database, relay: Relay) -> BackgroundScheduler:
    """Return a scheduler that runs *relay* and the timetable; a run that comes late still happens, once."""
    scheduler = BackgroundScheduler(
        timezone=INDIA, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(relay.sweep, IntervalTrigger(seconds=1, timezone=INDIA))
    for job in AT_START:
        scheduler.add_job(write_down, DateTrigger(timezone=INDIA), args=(database, job))
    for job, crontab in TIMETABLE.items():
        scheduler.add_job(write_down, CronTrigger.from_crontab(crontab, timezone=INDIA), args=(database, job))
    return scheduler


def write_down(database: Database, job: str) -> None:
    """Put a job of the timetable into the outbox, unless its last run is still to be done."""
    try:
        with database.transaction() as connection:
            outbox.enqueue_unless_open(connection, job, "clock")
    except Unavailable as error:
        _log.warning("a job of the timetable was not written down", job=job, error=type(error).__name__)
