"""A job that takes long shows that somebody is at it: it is not sent to another meanwhile."""

from __future__ import annotations

from tests.books import Books
from tests.ledger.clock import stopped_clock
from wallet_service.jobs.long_work import still_at_work
from wallet_service.ledger import outbox


def _overdue(books: Books) -> set[int]:
    with books.database.transaction() as connection:
        return {job.id for job in outbox.claim_overdue(connection, 10)}


def test_who_tells_now_and_then_how_far_it_is_keeps_its_job_and_who_is_silent_loses_it(books: Books) -> None:
    stop = stopped_clock(books)
    stop("2027-07-05 11:00:00")
    with books.database.transaction() as connection:
        told, silent = (outbox.enqueue(connection, "read-bank-file", name) for name in ("told", "silent"))
        outbox.mark_sent(connection, [told, silent])
        for job in (told, silent):
            outbox.take_up(connection, job, f"message-{job}")

    stop("2027-07-05 11:00:25")
    still_at_work(books.database, told)(5_000)
    early = _overdue(books)
    stop("2027-07-05 11:00:50")
    late = _overdue(books)
    stop("2027-07-05 11:00:56")

    assert (early, late) == (set(), {silent})
    assert _overdue(books) == {told, silent}
