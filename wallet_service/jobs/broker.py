"""The queue between clock and worker, in Valkey: a doorbell. What is to be done stands in the outbox alone."""

from __future__ import annotations

import traceback
from typing import Any

import redis
from dramatiq import Broker, Message, set_encoder
from dramatiq.broker import MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.encoder import JSONEncoder, MessageData
from dramatiq.errors import DecodeError
from dramatiq.middleware import Middleware, Retries, SkipMessage, TimeLimit
from redis.backoff import NoBackoff
from redis.retry import Retry

from wallet_service import telemetry
from wallet_service.database import Database
from wallet_service.errors import WalletError
from wallet_service.ledger import outbox
from wallet_service.ledger.outbox import Job

QUEUE = "jobs"
UNREADABLE = "unreadable"
_START = "start"

_FIELDS = {"queue_name", "actor_name", "args", "kwargs", "options", "message_id", "message_timestamp"}
_log = telemetry.logger(__name__)


def make_broker(redis_url: str, middleware: list[Middleware]) -> RedisBroker:
    """Return a broker on the Valkey at *redis_url*. It connects when it is first used, and never waits long.

    A killed worker's jobs come back after 15 s, at the next command of any other: dramatiq's own settings leave that to
    a chance of one in a thousand, after a minute (design §3).
    """
    set_encoder(PatientEncoder())
    client = redis.Redis.from_url(
        redis_url, socket_connect_timeout=2, socket_timeout=5, health_check_interval=30, retry=Retry(NoBackoff(), 1)
    )
    return RedisBroker(  # type: ignore[no-untyped-call]  # The library has no annotation here.
        client=client, middleware=middleware, heartbeat_timeout=15_000, maintenance_chance=1_000_000
    )


def make_worker_broker(redis_url: str, database: Database) -> RedisBroker:
    """Return the broker of a worker, which keeps the outbox of *database* up to date with what becomes of each job."""
    # What comes later in the list is told of an outcome earlier: `Retries` decides before `JobRows` writes it down.
    return make_broker(redis_url, [JobRows(database), TimeLimit(), Retries()])


def send(broker: Broker, job: Job) -> None:
    """Ring for a job.

    Raises:
        redis.RedisError: Valkey is away.
    """
    broker.enqueue(Message(queue_name=QUEUE, actor_name=job.job, args=(job.id, job.subject), kwargs={}, options={}))


class JobRows(Middleware):
    """Writes into a job's row that it is at work, done, or given up, and passes over jobs that need no doing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """Take the job up; one that is done, was given up or is at work by another message is skipped."""
        job_id = _job_id(message)
        if job_id is None:
            return
        with self._database.statement() as connection:
            if not outbox.take_up(connection, job_id, message.message_id):
                raise SkipMessage(f"job {job_id} needs no doing")

    def after_process_message(
        self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        """Write down that the job is done, why it was given up, or that it is tried again and not overdue."""
        job_id = _job_id(message)
        if job_id is None:
            if message.failed and exception is not None:
                self._record_unreadable(message, _reason(exception))
            return
        with self._database.statement() as connection:
            if exception is None:
                outbox.mark_done(connection, job_id)
            elif message.failed:
                outbox.mark_failed(connection, job_id, _reason(exception))
            else:
                outbox.mark_at_work(connection, job_id)

    def after_nack(self, broker: Broker, message: MessageProxy) -> None:
        """Write down that a message was refused before anything could work on it: no worker knows such a job."""
        job_id = _job_id(message)
        if job_id is None:
            self._record_unreadable(message, "not a message of ours, in the queue of jobs")
            return
        with self._database.statement() as connection:
            outbox.mark_failed(connection, job_id, f"no worker knows the job {message.actor_name!r}")

    def _record_unreadable(self, message: MessageProxy, failure: str) -> None:
        said = message.options.get(_START) or f"{message.actor_name} {message.args!r} {message.kwargs!r}"
        with self._database.transaction() as connection:
            outbox.record_unreadable(connection, str(said), failure)


class PatientEncoder(JSONEncoder):
    """Reads what is no message as a job that nobody knows.

    dramatiq's own reader raises, and the good messages that were fetched with it would wait for the worker's end.
    """

    def decode(self, data: bytes) -> MessageData:
        """Return the fields of a message."""
        try:
            fields = super().decode(data)
        except DecodeError:
            fields = {}
        if _is_message(fields):
            return fields
        _log.error("not a message", start=repr(data[:200]))
        return {
            "queue_name": QUEUE,
            "actor_name": UNREADABLE,
            "args": [],
            "kwargs": {},
            "options": {"redis_message_id": UNREADABLE, _START: repr(data[:200])},
        }


def _is_message(fields: object) -> bool:
    return (
        isinstance(fields, dict)
        and fields.keys() == _FIELDS
        and isinstance(fields["args"], list)
        and isinstance(fields["kwargs"], dict)
        and isinstance(fields["options"], dict)
        and all(isinstance(fields[name], str) for name in ("queue_name", "actor_name", "message_id"))
    )


def _job_id(message: MessageProxy) -> int | None:
    found = message.args[0] if message.args else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _reason(exception: BaseException) -> str:
    """Return why a job failed, in one line: in those behind it a driver tells rows and parameters, names among them."""
    last = traceback.extract_tb(exception.__traceback__)[-1:]
    place = "".join(f" ({frame.name}, line {frame.lineno})" for frame in last)
    said = str(exception).strip().partition("\n")[0]
    facts = f" {exception.facts}" if isinstance(exception, WalletError) and exception.facts else ""
    return f"{type(exception).__name__}: {said}{facts}{place}"
