"""What should be done by now and is not: jobs given up or late, files nobody reads or posts, nights without an end.

All of it stands in the database, whatever became of the queue. A person sees it in one list, and has it tried again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import JobNotFailed, JobNotFound
from wallet_service.ledger import audit, outbox
from wallet_service.recon import night
from wallet_service.recon.intake import POST_JOB
from wallet_service.recon.received import READ_JOB
from wallet_service.recon.releasing import RELEASE_JOB


class State(StrEnum):
    """How work stands that is not done."""

    GIVEN_UP = "given-up"
    LATE = "late"
    WAITING = "waiting"


STUCK = (State.GIVEN_UP, State.LATE)
"""What the list shows; what is tried again waits."""

PATTERN = r"(job|bank-file|night)-[0-9][0-9-]{0,18}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEXT_STEPS = {
    outbox.UNREADABLE_JOB: "No job is lost: all stand in the database. Find out who else writes into the queue.",
    State.GIVEN_UP: "Put right what it names, then have it tried again.",
    State.LATE: "See that clock, worker and Valkey run (`wallet doctor`): it is then done by itself, or tried again.",
    State.WAITING: "Nothing: it is done as soon as a worker is free.",
}


@dataclass(frozen=True)
class Unfinished:
    """Work that is not done. *since* is when it was due, *tries* how often it was sent, *words* why it is not done.

    *id* begins with its *kind*: a ``job`` of the outbox, a ``bank-file`` that no job is there for, a ``night``.
    *job* is what is to be done to *subject*.
    """

    id: str
    kind: str
    job: str
    subject: str
    state: State
    since: datetime
    tries: int
    words: str

    @property
    def next_step(self) -> str:
        """Return what a person does about it."""
        return _NEXT_STEPS.get(self.job) or _NEXT_STEPS[self.state]


_JOBS = f"""
SELECT 'job-' || id AS id, 'job' AS kind, job, subject,
  CASE WHEN failed_at IS NOT NULL THEN 'given-up' ELSE 'late' END AS state, made_at AS since, tries,
  CASE WHEN failed_at IS NOT NULL THEN failure
       WHEN sent_at IS NULL THEN 'Written down, and not sent to a worker yet.'
       WHEN worked_by IS NULL THEN 'Sent ' || tries || ' times, and no worker has taken it up.'
       ELSE 'A worker took it up and has not been heard of since.' END AS words
FROM outbox WHERE done_at IS NULL AND (failed_at IS NOT NULL OR ({outbox.LATE_SQL}))
"""  # noqa: S608 (our own text)
# Whether a job is there for a file: an open one is on its way or late itself, one that was given up is listed itself.
_FILES = f"""
SELECT 'bank-file-' || f.id, 'bank-file', x.job, f.id::text, 'late', x.since, 0, x.words
FROM bank_files f CROSS JOIN LATERAL (VALUES
  ('{READ_JOB}', f.received_at, 'received',
   'Received, and not read: ' || f.lines_read || ' of its lines were seen, and no job is there for it.'),
  ('{RELEASE_JOB}', f.release_at, 'read', 'Released by ' || f.release_by || ', and not done; no job is there for it.'),
  ('{POST_JOB}', f.decided_at, 'released', 'Released, and not all of its lines are posted; no job is there for it.')
  ) x (job, since, state, words)
WHERE f.state::text = x.state AND f.posted_at IS NULL AND x.since < instant() - interval '15 minutes'
  AND (f.state = 'received' OR f.bank_account IS NOT NULL)
  AND NOT EXISTS (SELECT FROM outbox o WHERE o.job = x.job AND o.subject = f.id::text AND o.done_at IS NULL)
"""  # noqa: S608 (our own text)
# A night is late an hour after it was to begin, unless somebody is at it: who is holds its lock.
_NIGHTS = f"""
SELECT 'night-' || d.day, 'night', '{night.NIGHT_JOB}', d.day::text,
  CASE WHEN s.failure IS NULL THEN 'late' ELSE 'given-up' END,
  (d.day + 1 + time '00:05') AT TIME ZONE 'Asia/Kolkata', 0,
  coalesce(s.failure, 'Cut off in the step ' || s.step || ', and nobody is at work on it.', 'Nobody has begun it.')
FROM ({night.DUE}) d LEFT JOIN LATERAL (
  SELECT step, failure FROM night_steps n WHERE n.day = d.day AND n.ended_at IS NULL
  ORDER BY n.began_at DESC LIMIT 1) s ON true
WHERE s.failure IS NOT NULL OR (instant() > (d.day + 1 + time '01:05') AT TIME ZONE 'Asia/Kolkata'
  AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND objid = (hashtext('night')::bigint & 4294967295)::oid))
"""  # noqa: S608 (our own text)
_PAGE = f"""
SELECT * FROM ({_JOBS} UNION ALL {_FILES} UNION ALL {_NIGHTS}) stuck
WHERE coalesce(state = %(state)s, true) AND coalesce(id = %(id)s, true)
  AND coalesce((since, id) > (%(after_since)s::timestamptz, %(after_id)s::text), true)
ORDER BY since, id LIMIT %(limit)s
"""  # noqa: S608 (our own text)

_IS_A_JOB = "SELECT FROM outbox WHERE id = %s"


def list_unfinished(
    connection: Connection, *, state: str | None = None, after: tuple[datetime, str] | None = None, limit: int = 200
) -> list[Unfinished]:
    """Return up to *limit* pieces of stuck work, the oldest first, beginning behind the time and id *after*."""
    since, identity = after or (None, None)
    asked = {"state": state, "id": None, "after_since": since, "after_id": identity, "limit": limit}
    return [_unfinished(row) for row in connection.exec_driver_sql(_PAGE, asked)]


def try_again(connection: Connection, identity: str, *, by: str) -> Unfinished:
    """Have stuck work tried again, by a job that is sent at once, and return it as it waits.

    All of it was ordered before by whoever may: this decides nothing, and what was done of it is not done twice.

    Raises:
        JobNotFound: there is no such work.
        JobNotFailed: it is a job that is done, or in hand.
    """
    if not re.fullmatch(PATTERN, identity, re.ASCII):
        raise JobNotFound(identity)
    asked = {"state": None, "id": identity, "after_since": None, "after_id": None, "limit": 1}
    row = connection.exec_driver_sql(_PAGE, asked).one_or_none()
    if row is None:
        raise (JobNotFailed if _is_a_job(connection, identity) else JobNotFound)(identity)
    found = _unfinished(row)
    if found.kind == "job":
        outbox.retry(connection, int(identity.removeprefix("job-")))
    else:
        outbox.enqueue_unless_open(connection, found.job, night.BY_ITSELF if found.kind == "night" else found.subject)
    audit.record(connection, by=by, act="job-retry", subject=identity, facts={"job": found.job, "of": found.subject})
    return replace(found, state=State.WAITING)


def _is_a_job(connection: Connection, identity: str) -> bool:
    kind, _, number = identity.rpartition("-")
    return kind == "job" and connection.exec_driver_sql(_IS_A_JOB, (int(number),)).rowcount > 0


def place(found: Unfinished) -> str:
    """Return where work stands in the list, for a cursor: microseconds since 1970, and its id."""
    return f"{(found.since - _EPOCH) // timedelta(microseconds=1)}/{found.id}"


def behind(place: str) -> tuple[datetime, str]:
    """Return the time and id of a place in the list."""
    microseconds, _, identity = place.partition("/")
    return _EPOCH + timedelta(microseconds=int(microseconds)), identity


def _unfinished(row: Any) -> Unfinished:
    return Unfinished(row.id, row.kind, row.job, row.subject, State(row.state), row.since, row.tries, row.words)
