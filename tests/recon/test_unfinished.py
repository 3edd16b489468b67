"""Work that is stuck is one list: jobs given up or late, files nobody reads or posts, nights without an end."""

from __future__ import annotations

import pytest

from tests.bank import Bank, BankLine
from tests.books import Books, set_clock
from tests.ledger.clock import begin_books, stopped_clock
from tests.recon.week import WEEK, Week
from wallet_service.errors import JobNotFailed, JobNotFound
from wallet_service.ledger import outbox
from wallet_service.recon import night, received, releasing, unfinished
from wallet_service.recon.intake import POST_JOB
from wallet_service.recon.night import NIGHT_JOB
from wallet_service.recon.received import READ_JOB
from wallet_service.recon.releasing import RELEASE_JOB
from wallet_service.recon.unfinished import Unfinished


def stuck(books: Books) -> dict[str, Unfinished]:
    with books.database.statement() as connection:
        return {each.id: each for each in unfinished.list_unfinished(connection)}


def try_again(books: Books, identity: str) -> Unfinished:
    with books.database.transaction() as connection:
        return unfinished.try_again(connection, identity, by="mita")


def jobs(books: Books) -> list[tuple[str, str]]:
    with books.database.statement() as connection:
        rows = connection.exec_driver_sql("SELECT job, subject FROM outbox WHERE done_at IS NULL ORDER BY id")
        return [(job, subject) for job, subject in rows]


def test_a_job_is_late_that_was_never_sent_or_not_taken_up_or_not_heard_of_again(books: Books) -> None:
    with books.database.transaction() as connection:
        unsent, untaken, silent, at_work, done = (outbox.enqueue(connection, "count", str(n)) for n in range(5))
        for _ in range(3):
            outbox.mark_sent(connection, [untaken])
        outbox.mark_sent(connection, [silent, at_work, done])
        for job in (silent, at_work):
            assert outbox.take_up(connection, job, "message")
        outbox.mark_done(connection, done)
    early = stuck(books)
    set_clock(books)("4 minutes")
    with books.database.transaction() as connection:
        outbox.mark_at_work(connection, at_work)

    late = stuck(books)

    assert set(early) == {f"job-{untaken}"}
    assert {job: each.words for job, each in late.items()} == {
        f"job-{unsent}": "Written down, and not sent to a worker yet.",
        f"job-{untaken}": "Sent 3 times, and no worker has taken it up.",
        f"job-{silent}": "A worker took it up and has not been heard of since.",
    }
    assert {each.state for each in late.values()} == {"late"}
    assert try_again(books, f"job-{silent}").state == "waiting"
    with books.database.transaction() as connection:
        assert silent in {job.id for job in outbox.claim_unsent(connection, 10)}
    for identity, refused in ((f"job-{at_work}", JobNotFailed), (f"job-{done}", JobNotFailed), ("job-99", JobNotFound)):
        with pytest.raises(refused):
            try_again(books, identity)


def test_a_file_that_no_job_is_there_for_is_found_and_gets_one(books: Books) -> None:
    week = Week(books)
    week.morning_after(WEEK[0])
    with books.database.transaction() as connection:
        unread = received.keep(connection, b"a large one", b"0" * 32, filename="large.csv", by="mita")
    released = week.receive(WEEK[0].content, WEEK[0].filename)
    week.release_unposted(released)
    asked = week.receive(WEEK[1].content, WEEK[1].filename)
    with books.database.transaction() as connection:
        releasing.ask(connection, asked.id, by="kamal")
    stopped_clock(books)(f"{WEEK[1].day} 09:20")
    on_their_way = files(books)
    books.as_owner("UPDATE outbox SET done_at = instant()")

    left_alone = files(books)
    for identity in left_alone:
        try_again(books, identity)

    assert on_their_way == {}
    assert left_alone == {
        f"bank-file-{unread.id}": READ_JOB,
        f"bank-file-{asked.id}": RELEASE_JOB,
        f"bank-file-{released.id}": POST_JOB,
    }
    assert set(jobs(books)) == {(READ_JOB, str(unread.id)), (RELEASE_JOB, str(asked.id)), (POST_JOB, str(released.id))}
    assert files(books) == {}


def files(books: Books) -> dict[str, str]:
    """Return the jobs that are lacking, by file."""
    return {identity: each.job for identity, each in stuck(books).items() if each.kind == "bank-file"}


def test_a_night_is_late_an_hour_after_its_time_unless_somebody_is_at_it(books: Books) -> None:
    stop = stopped_clock(books)
    stop("2026-04-06 11:00")
    begin_books(books, "2026-04-06")
    Bank(books, "100.00").posted(BankLine("15.00", "NOBODY'S"))
    stop("2026-04-07 01:00")
    early = stuck(books)
    stop("2026-04-07 01:06")
    late = stuck(books)
    seen_at_work: list[dict[str, Unfinished]] = []

    with pytest.raises(InterruptedError):
        night.run(books.database, by="clock", progress=lambda said: _cut_off(books, said, seen_at_work))
    cut_off = stuck(books)
    tried = try_again(books, "night-2026-04-06")
    night.run(books.database, by="clock")

    assert early == {}
    assert [(each.state, each.words) for each in late.values()] == [("late", "Nobody has begun it.")]
    assert seen_at_work == [{}]
    assert cut_off["night-2026-04-06"].words == "Cut off in the step statement, and nobody is at work on it."
    assert (tried.job, tried.state, jobs(books)[-1]) == (NIGHT_JOB, "waiting", (NIGHT_JOB, "clock"))
    assert [each for each in stuck(books).values() if each.kind == "night"] == []


def _cut_off(books: Books, said: str, seen: list[dict[str, Unfinished]]) -> None:
    if said.endswith("to be kept"):
        seen.append({key: each for key, each in stuck(books).items() if each.kind == "night"})
        raise InterruptedError(said)
