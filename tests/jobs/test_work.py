"""From the outbox through the queue to a worker: no job is lost, none has its effect twice, none fails unseen."""

from __future__ import annotations

from uuid import uuid4

from dramatiq import Message
from structlog.testing import capture_logs

from tests.jobs.office import Office
from wallet_service.embedded.children import wait_until
from wallet_service.jobs.broker import QUEUE, make_broker, send
from wallet_service.jobs.relay import Relay
from wallet_service.ledger.outbox import Job
from wallet_service.recon import unfinished


def test_more_jobs_than_are_sent_at_once_are_all_done(office: Office) -> None:
    jobs = [office.write_down("count", str(number)) for number in range(230)]
    office.start_worker()

    sent = office.relay.sweep()

    assert sent == 230
    office.wait_for("done", jobs)
    assert set(office.counted.values()) == {1}


def test_a_queue_that_is_flushed_loses_no_job(office: Office) -> None:
    jobs = [office.write_down("count", str(number)) for number in range(20)]
    office.relay.sweep()

    office.client.flushall()
    office.let_time_pass()
    office.relay.sweep()

    office.start_worker()
    office.wait_for("done", jobs)
    assert len(office.counted) == 20
    assert set(office.counted.values()) == {1}


def test_a_job_sent_three_times_is_done_once(office: Office) -> None:
    job = office.write_down("count", "1")
    for _ in range(3):
        send(office.broker, Job(job, "count", "1", 0))
    last = office.write_down("count", "last")
    send(office.broker, Job(last, "count", "last", 0))

    office.start_worker()

    office.wait_for("done", [job, last])
    office.broker.join(QUEUE, timeout=10_000)
    assert office.counted["1"] == 1


def test_a_queue_that_is_away_is_told_of_once_and_its_jobs_are_done_afterwards(office: Office) -> None:
    job = office.write_down("count", "1")
    office.start_worker()
    office.valkey.stop()
    with capture_logs() as logs:
        while_away = [office.relay.sweep() for _ in range(3)]
        state = office.state(job)

        office.valkey.start()
        afterwards = office.relay.sweep()

    assert while_away == [0, 0, 0]
    assert state == "waiting"
    assert afterwards == 1
    assert [log["log_level"] for log in logs if "sent" in log["event"]] == ["warning", "info"]
    office.wait_for("done", [job])


def test_a_job_that_always_fails_ends_as_a_row_that_says_why(office: Office) -> None:
    bad = office.write_down("raise", "the bad one")
    good = office.write_down("count", "the good one")
    office.start_worker()

    office.relay.sweep()

    office.wait_for("failed", [bad])
    office.wait_for("done", [good])
    [row] = office.stuck()
    assert (row.id, row.job, row.subject, row.state) == (f"job-{bad}", "raise", "the bad one", "given-up")
    assert row.words.startswith("ArithmeticError: no good: the bad one")
    assert "a name" not in row.words
    assert office.counted["the bad one"] == 2  # The first try and its one retry.


def test_a_job_that_no_worker_knows_ends_as_a_row_that_says_so(office: Office) -> None:
    unknown = office.write_down("make-tea", "two cups")
    office.start_worker()

    office.relay.sweep()

    office.wait_for("failed", [unknown])
    assert [each.words for each in office.stuck()] == ["no worker knows the job 'make-tea'"]


def test_a_job_that_never_ends_is_given_up_and_says_so(office: Office) -> None:
    endless = office.write_down("endless")
    office.broker.emit_after("process_boot")  # By which a worker's own process begins to watch the time.
    office.start_worker()

    office.relay.sweep()

    office.wait_for("failed", [endless])
    assert [each.words.partition(":")[0] for each in office.stuck()] == ["TimeLimitExceeded"]


def test_garbage_in_the_queue_is_logged_stands_in_rows_and_holds_up_nobody(office: Office) -> None:
    garbage = [b"\xff\xfe", b"{", b"[1]", b'{"args": 5}', b'"text"', b"null"]
    with capture_logs() as logs:
        for data in garbage:
            _put(office, data)
        jobs = [office.write_down("count", str(number)) for number in range(3)]
        office.relay.sweep()
        for data in garbage:
            _put(office, data)

        office.start_worker()

        office.wait_for("done", jobs)
    assert [log["start"] for log in logs if log["event"] == "not a message"][: len(garbage)] == [
        repr(data) for data in garbage
    ]
    rows = [each for each in office.stuck() if each.state == "given-up"]
    assert {(each.job, each.subject) for each in rows} == {("unreadable-message", repr(data)) for data in garbage}
    assert len(rows) == len(garbage)
    with office.books.database.transaction() as connection:
        for each in rows:
            unfinished.try_again(connection, each.id, by="mita")
    office.relay.sweep()
    assert wait_until(lambda: not office.stuck(), 10.0, interval=0.1), "looked at, they are done with"


def test_a_message_for_a_job_of_ours_that_is_no_message_of_ours_stands_in_a_row(office: Office) -> None:
    for actor, arguments in (("count", ["no", "number", "here"]), ("make-tea", [])):
        office.broker.enqueue(Message(queue_name=QUEUE, actor_name=actor, args=tuple(arguments), kwargs={}, options={}))
    office.start_worker()

    assert wait_until(lambda: len(office.stuck()) == 2, 10.0, interval=0.1)

    told = {each.subject: each.words for each in office.stuck()}
    assert set(told) == {"count ('no', 'number', 'here') {}", "make-tea () {}"}
    assert told["count ('no', 'number', 'here') {}"].startswith("TypeError")


def test_an_address_where_nobody_answers_costs_a_sweep_seconds_at_most(office: Office) -> None:
    office.write_down("count", "1")
    relay = Relay(office.books.database, make_broker("redis://127.0.0.1:1/0", middleware=[]))

    sent = relay.sweep()

    assert sent == 0


def _put(office: Office, data: bytes) -> None:
    """Put what is no message into the queue, as the broker would put one."""
    name = str(uuid4())
    office.client.hset(f"dramatiq:{QUEUE}.msgs", name, data)
    office.client.rpush(f"dramatiq:{QUEUE}", name)
