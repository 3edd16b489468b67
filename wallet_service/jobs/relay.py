"""From the outbox to the queue, every second; a queue that is away is told of once and tried again."""

from __future__ import annotations

import redis
from dramatiq import Broker

from wallet_service import telemetry
from wallet_service.database import Database
from wallet_service.errors import Unavailable
from wallet_service.jobs.broker import send
from wallet_service.ledger import outbox

_AT_ONCE = 200
_log = telemetry.logger(__name__)


class Relay:
    """Sends the jobs that wait in the outbox, and again those that were sent and never heard of."""

    def __init__(self, database: Database, broker: Broker) -> None:
        self._database = database
        self._broker = broker
        self._away = ""

    def sweep(self) -> int:
        """Send all there is to send and return how many jobs that was. A server that is away costs nothing but time."""
        sent = 0
        try:
            while count := self._send_some():
                sent += count
        except (redis.RedisError, Unavailable) as error:
            self._tell_once(error)
            return sent
        if self._away:
            _log.info("jobs are sent again", after=self._away, sent=sent)
            self._away = ""
        return sent

    def _send_some(self) -> int:
        # Whoever is stopped between sending and the commit sends twice, which is harmless; the other order would lose.
        with self._database.transaction() as connection:
            jobs = outbox.claim_unsent(connection, _AT_ONCE) or outbox.claim_overdue(connection, _AT_ONCE)
            for job in jobs:
                send(self._broker, job)
            if jobs:
                outbox.mark_sent(connection, [job.id for job in jobs])
        return len(jobs)

    def _tell_once(self, error: Exception) -> None:
        away = type(error).__name__
        if not self._away:
            _log.warning("jobs wait in the outbox until they can be sent", away=away, error=str(error))
        self._away = away
