"""Jobs to do, written in the transaction that made them; the queue is only a doorbell.

A job is found by its state and never by a cursor: one that commits late has a lower id than jobs already sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from wallet_service.errors import JobNotFailed, JobNotFound

OVERDUE = timedelta(seconds=30)
"""How long a job that was sent may be silent before it is sent again. Silent for longer, it is sent less often."""

UNREADABLE_JOB = "unreadable-message"
"""What stands in the outbox for what was in the queue and was none of our messages. To try it again ends it."""

LATE_SQL = """
done_at IS NULL AND failed_at IS NULL AND ((sent_at IS NULL AND made_at < instant() - interval '2 minutes')
  OR (worked_by IS NULL AND tries >= 3) OR sent_at < instant() - interval '3 minutes')
"""
"""A job that should be done by now: never sent, sent three times and not taken up, or silent since it was."""

_LONGEST_FAILURE, _LONGEST_UNREADABLE = 2_000, 200


@dataclass(frozen=True)
class Job:
    """A job as it is sent: what to do, and the id of what to do it to. *tries* counts how often it was sent before."""

    id: int
    job: str
    subject: str
    tries: int


def enqueue(connection: Connection, job: str, subject: str) -> int:
    """Write down a job in the caller's transaction and return its id. It is sent once the transaction commits."""
    return int(connection.exec_driver_sql(_ENQUEUE, (job, subject)).scalar_one())


def enqueue_unless_open(connection: Connection, job: str, subject: str) -> int | None:
    """Write down a job as `enqueue` does; None where the same job is still to be done, so that those do not pile up."""
    found: int | None = connection.exec_driver_sql(_ENQUEUE_UNLESS_OPEN, {"job": job, "subject": subject}).scalar()
    return found


def claim_unsent(connection: Connection, limit: int) -> list[Job]:
    """Return jobs that were never sent, oldest first, locked until the transaction ends; others' are passed over."""
    return [Job(*row) for row in connection.exec_driver_sql(_CLAIM_UNSENT, (limit,))]


def claim_overdue(connection: Connection, limit: int, after: timedelta = OVERDUE) -> list[Job]:
    """Return jobs that were sent and then silent for too long, locked likewise.

    The wait doubles with each sending, up to four times *after*: while no worker runs, copies do not flood the queue.
    """
    return [Job(*row) for row in connection.exec_driver_sql(_CLAIM_OVERDUE, {"limit": limit, "after": after})]


def mark_sent(connection: Connection, ids: list[int]) -> None:
    """Note that jobs were sent now, once more each: whoever had one in hand has been silent for too long."""
    connection.exec_driver_sql(_MARK_SENT, (ids,))


def take_up(connection: Connection, job_id: int, message: str) -> bool:
    """Note that a worker takes a job up by a *message* of the queue; its other copies are then passed over.

    Returns False where the job is done, was given up, is at work by another message, or is none of ours.
    """
    return bool(connection.exec_driver_sql(_TAKE_UP, {"job": job_id, "message": message}).rowcount)


def mark_at_work(connection: Connection, job_id: int) -> None:
    """Note that a worker still has a job in hand, so that it is not sent again meanwhile."""
    connection.exec_driver_sql(_MARK_AT_WORK, (job_id,))


def mark_done(connection: Connection, job_id: int) -> None:
    """Note that a job is done; nothing happens where it is closed already."""
    connection.exec_driver_sql(_MARK_DONE, (job_id,))


def mark_failed(connection: Connection, job_id: int, failure: str) -> None:
    """Note that a job was given up, and why; nothing happens where it is closed already."""
    text = failure.replace("\x00", "").strip()[:_LONGEST_FAILURE]
    connection.exec_driver_sql(_MARK_FAILED, (text or "it failed without a word", job_id))


def record_unreadable(connection: Connection, said: str, failure: str) -> None:
    """Write down, in the caller's transaction, what was in the queue and is no job of ours; the same once."""
    asked = {"job": UNREADABLE_JOB, "said": said.replace("\x00", "")[:_LONGEST_UNREADABLE]}
    found = connection.exec_driver_sql(_RECORD_UNREADABLE, asked).scalar()
    if found is not None:
        mark_failed(connection, found, failure)


def retry(connection: Connection, job_id: int) -> None:
    """Let a job that was given up, or is late, be sent again.

    Raises:
        JobNotFound, JobNotFailed.
    """
    if connection.exec_driver_sql(_RETRY, (job_id,)).rowcount:
        return
    if connection.exec_driver_sql("SELECT FROM outbox WHERE id = %s", (job_id,)).rowcount:
        raise JobNotFailed(job_id)
    raise JobNotFound(job_id)


_ENQUEUE = "INSERT INTO outbox (job, subject) VALUES (%s, %s) RETURNING id"

_ENQUEUE_UNLESS_OPEN = """
INSERT INTO outbox (job, subject) SELECT %(job)s, %(subject)s
WHERE NOT EXISTS (SELECT FROM outbox WHERE done_at IS NULL AND failed_at IS NULL
                  AND job = %(job)s AND subject = %(subject)s)
RETURNING id
"""

_CLAIM_UNSENT = """
SELECT id, job, subject, tries FROM outbox
WHERE done_at IS NULL AND failed_at IS NULL AND sent_at IS NULL
ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""

_CLAIM_OVERDUE = """
SELECT id, job, subject, tries FROM outbox
WHERE done_at IS NULL AND failed_at IS NULL
  AND sent_at < instant() - %(after)s * least(2 ^ (tries - 1), 4)
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""

_MARK_SENT = "UPDATE outbox SET sent_at = instant(), tries = tries + 1, worked_by = NULL WHERE id = ANY (%s)"

_TAKE_UP = """
UPDATE outbox SET sent_at = instant(), worked_by = %(message)s
WHERE id = %(job)s AND done_at IS NULL AND failed_at IS NULL AND coalesce(worked_by, %(message)s) = %(message)s
"""

_MARK_AT_WORK = "UPDATE outbox SET sent_at = instant() WHERE id = %s AND done_at IS NULL AND failed_at IS NULL"

_MARK_DONE = "UPDATE outbox SET done_at = instant() WHERE id = %s AND done_at IS NULL AND failed_at IS NULL"

_MARK_FAILED = """
UPDATE outbox SET failed_at = instant(), failure = %s WHERE id = %s AND done_at IS NULL AND failed_at IS NULL
"""

_RETRY = f"""
UPDATE outbox SET sent_at = NULL, tries = 0, failed_at = NULL, failure = NULL
WHERE id = %s AND (failed_at IS NOT NULL OR ({LATE_SQL}))
"""  # noqa: S608 (our own text)

_RECORD_UNREADABLE = """
INSERT INTO outbox (job, subject) SELECT %(job)s, %(said)s
WHERE NOT EXISTS (SELECT FROM outbox WHERE job = %(job)s AND subject = %(said)s AND failed_at IS NOT NULL)
RETURNING id
"""
