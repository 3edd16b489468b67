"""The outbox: what is written down is sent, once it is committed, until it is done."""

from __future__ import annotations

import pytest

from tests.books import Books
from wallet_service.errors import JobNotFailed, JobNotFound
from wallet_service.ledger import outbox


def test_a_job_of_a_transaction_that_is_rolled_back_never_was(books: Books) -> None:
    def write_down_and_fail() -> None:
        with books.database.transaction() as connection:
            outbox.enqueue(connection, "count", "1")
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        write_down_and_fail()

    with books.database.transaction() as connection:
        assert outbox.claim_unsent(connection, 10) == []


def test_a_job_that_commits_late_is_sent_although_later_ones_were_sent_before(books: Books) -> None:
    with books.database.transaction() as slow:
        late = outbox.enqueue(slow, "count", "late")
        with books.database.transaction() as quick:
            outbox.enqueue(quick, "count", "quick")
        with books.database.transaction() as sweeping:
            sent = outbox.claim_unsent(sweeping, 10)
            outbox.mark_sent(sweeping, [job.id for job in sent])

    with books.database.transaction() as sweeping:
        found = outbox.claim_unsent(sweeping, 10)

    assert [job.subject for job in sent] == ["quick"]
    assert [job.id for job in found] == [late]


def test_two_who_sweep_at_once_never_claim_the_same_job(books: Books) -> None:
    with books.database.transaction() as connection:
        for number in range(4):
            outbox.enqueue(connection, "count", str(number))

    with books.database.transaction() as one, books.database.transaction() as other:
        first = outbox.claim_unsent(one, 2)
        second = outbox.claim_unsent(other, 10)

    assert [job.subject for job in first] == ["0", "1"]
    assert [job.subject for job in second] == ["2", "3"]


def test_a_job_is_overdue_after_half_a_minute_and_then_ever_more_seldom(books: Books) -> None:
    with books.database.transaction() as connection:
        job = outbox.enqueue(connection, "count", "1")
        outbox.mark_sent(connection, [job])

    early = _overdue_after(books, "29 s")
    in_time = _overdue_after(books, "31 s")
    with books.database.transaction() as connection:
        outbox.mark_sent(connection, [job])
    second_early = _overdue_after(books, "59 s")
    second_in_time = _overdue_after(books, "61 s")

    assert (early, in_time, second_early, second_in_time) == ([], [job], [], [job])


def test_a_job_at_work_is_not_overdue(books: Books) -> None:
    with books.database.transaction() as connection:
        job = outbox.enqueue(connection, "count", "1")
        outbox.mark_sent(connection, [job])
    books.as_owner("UPDATE outbox SET sent_at = instant() - interval '1 hour'")

    with books.database.transaction() as connection:
        needs_doing = outbox.take_up(connection, job, "first message")

    assert needs_doing
    assert _overdue_after(books, "0 s") == []


def test_a_job_is_taken_up_by_one_message_until_it_has_been_silent_and_is_sent_again(books: Books) -> None:
    with books.database.transaction() as connection:
        job = outbox.enqueue(connection, "count", "1")
        outbox.mark_sent(connection, [job])

        taken = [outbox.take_up(connection, job, message) for message in ("first", "copy", "first")]
        outbox.mark_sent(connection, [job])
        sent_again = outbox.take_up(connection, job, "second")

    assert taken == [True, False, True]
    assert sent_again


def test_a_job_is_not_written_down_again_while_its_like_is_open(books: Books) -> None:
    with books.database.transaction() as connection:
        first = outbox.enqueue_unless_open(connection, "expire-holds", "clock")
        second = outbox.enqueue_unless_open(connection, "expire-holds", "clock")
        other = outbox.enqueue_unless_open(connection, "expire-holds", "another subject")
        assert first is not None
        outbox.mark_done(connection, first)
        third = outbox.enqueue_unless_open(connection, "expire-holds", "clock")

    assert second is None
    assert other is not None
    assert third is not None


def test_only_a_job_that_was_given_up_or_is_late_is_retried(books: Books) -> None:
    with books.database.transaction() as connection:
        job = outbox.enqueue(connection, "count", "1")

        with pytest.raises(JobNotFailed):
            outbox.retry(connection, job)
        with pytest.raises(JobNotFound) as missing:
            outbox.retry(connection, job + 1)
        outbox.mark_sent(connection, [job])
        outbox.mark_failed(connection, job, "no good\x00")
        outbox.retry(connection, job)
        again = outbox.claim_unsent(connection, 10)

    assert missing.value.facts == {"job": job + 1}
    assert [each.id for each in again] == [job]


def _overdue_after(books: Books, interval: str) -> list[int]:
    """Return which jobs would be overdue had they been sent *interval* ago."""
    books.as_owner(f"UPDATE outbox SET sent_at = instant() - interval '{interval}'")
    with books.database.transaction() as connection:
        return [job.id for job in outbox.claim_overdue(connection, 10)]
