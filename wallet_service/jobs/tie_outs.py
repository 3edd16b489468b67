"""A department's list that was released is compared. Killed anywhere, the next try compares it whole."""

from __future__ import annotations

import dramatiq
from dramatiq import Broker

from wallet_service.database import Database
from wallet_service.errors import BankFileNotReleasable, TieOutNotFound
from wallet_service.jobs.broker import QUEUE
from wallet_service.jobs.long_work import still_at_work, worth_another_try
from wallet_service.recon import tying
from wallet_service.recon.lists import TIE_JOB


def declare(broker: Broker, database: Database) -> None:
    """Let *broker*'s worker do this job on *database*."""

    @dramatiq.actor(
        broker=broker,
        actor_name=TIE_JOB,
        queue_name=QUEUE,
        retry_when=worth_another_try,
        min_backoff=1_000,
        max_backoff=20_000,
        time_limit=1_800_000,
        throws=(TieOutNotFound, BankFileNotReleasable, ValueError),
    )
    def tie_department_list(outbox_id: int, file_id: str) -> None:
        """Compare a list, and those of its department that wait before it. Again, it settles what was explained."""
        tying.tie_file(database, int(file_id), still_at_work(database, outbox_id))
