"""Bank files: large ones are read and released, released ones posted. Killed anywhere, the next try does the rest."""

from __future__ import annotations

import dramatiq
from dramatiq import Broker

from wallet_service.database import Database
from wallet_service.errors import BankFileNotFound, BankFileNotReleasable, LawBroken
from wallet_service.jobs.broker import QUEUE
from wallet_service.jobs.long_work import still_at_work, worth_another_try
from wallet_service.recon import posting, received, releasing
from wallet_service.recon.intake import POST_JOB
from wallet_service.recon.received import READ_JOB
from wallet_service.recon.releasing import RELEASE_JOB
from wallet_service.telemetry import ENTRIES


def declare(broker: Broker, database: Database) -> None:
    """Let *broker*'s worker do these jobs on *database*."""

    @dramatiq.actor(
        broker=broker,
        actor_name=READ_JOB,
        queue_name=QUEUE,
        max_retries=8,
        min_backoff=1_000,
        max_backoff=20_000,
        time_limit=600_000,
        throws=(BankFileNotFound, ValueError),
    )
    def read_bank_file(outbox_id: int, file_id: str) -> None:
        """Read a file that was received. Once it is read, or rejected by a person, reading changes nothing."""
        received.read(database, int(file_id), still_at_work(database, outbox_id))

    @dramatiq.actor(
        broker=broker,
        actor_name=RELEASE_JOB,
        queue_name=QUEUE,
        retry_when=worth_another_try,
        min_backoff=1_000,
        max_backoff=20_000,
        time_limit=600_000,
        throws=(BankFileNotFound, ValueError),
    )
    def release_bank_file(outbox_id: int, file_id: str) -> None:
        """Release a file as a person decided. Once it is released, or put aside, releasing changes nothing."""
        releasing.release(database, int(file_id), still_at_work(database, outbox_id))

    @dramatiq.actor(
        broker=broker,
        actor_name=POST_JOB,
        queue_name=QUEUE,
        max_retries=8,
        min_backoff=1_000,
        max_backoff=20_000,
        time_limit=1_800_000,
        throws=(BankFileNotFound, BankFileNotReleasable, LawBroken, ValueError),
    )
    def post_bank_file(outbox_id: int, file_id: str) -> None:
        """Post the lines that are not posted yet. Once all are, posting changes nothing."""
        ENTRIES.inc(
            posting.post_file(database, int(file_id), still_at_work(database, outbox_id))
        )  # One entry a line, at the least.
