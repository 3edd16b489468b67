"""The night as jobs: at its time, when a clock comes back, and when a person asks for a day to be closed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.books import set_clock
from tests.jobs.office import Office
from wallet_service.embedded.children import wait_until
from wallet_service.errors import Busy, InternalError, NightAtWork
from wallet_service.jobs import night as jobs
from wallet_service.jobs.clock import AT_START, TIMETABLE, make_scheduler
from wallet_service.jobs.long_work import worth_another_try
from wallet_service.ledger import days
from wallet_service.recon import night
from wallet_service.recon.night import CLOSE_JOB, EVENING_JOB, NIGHT_JOB

DAY = timedelta(days=1)


@pytest.fixture
def at_night(office: Office) -> Office:
    """Return an office whose worker knows the night."""
    jobs.declare(office.broker, office.books.database)
    return office


def test_a_clock_that_comes_back_after_three_days_has_them_closed(at_night: Office) -> None:
    books = at_night.books
    shift, first = set_clock(books), books.today()
    books.wallet("10.00")
    shift("3 days")
    at_night.start_worker()

    scheduler = make_scheduler(books.database, at_night.relay)
    scheduler.start()
    try:
        closed = wait_until(lambda: _is_done(at_night, first + 2 * DAY), 30.0, interval=0.2)
    finally:
        scheduler.shutdown()

    assert closed
    assert [_is_done(at_night, first + number * DAY) for number in range(4)] == [True, True, True, False]
    assert AT_START == (NIGHT_JOB,)
    assert {TIMETABLE[EVENING_JOB], TIMETABLE[NIGHT_JOB]} == {"5 22 * * *", "5 0-5 * * *"}


def test_a_day_that_a_person_asked_for_is_closed_by_that_person_and_once(at_night: Office) -> None:
    books = at_night.books
    books.wallet("10.00")
    today = books.today()
    with books.database.transaction() as connection:
        days.begin(connection, today, by="asha")
    both = [at_night.write_down(job, today.isoformat()) for job in (CLOSE_JOB, CLOSE_JOB)]
    at_night.start_worker()

    at_night.relay.sweep()

    at_night.wait_for("done", both)
    with books.database.statement() as connection:
        audited = connection.exec_driver_sql("SELECT by_whom, subject FROM audit WHERE act = 'close-day'").all()
    assert [tuple(row) for row in audited] == [("asha", today.isoformat())]


def test_a_law_that_does_not_hold_ends_the_job_at_once_with_the_row(at_night: Office) -> None:
    books = at_night.books
    shift = set_clock(books)
    books.wallet("10.00", code="HOWRAH1")
    books.spoil("UPDATE books SET untied_paise = 1 WHERE code = 'HOWRAH1'")
    shift("1 day")
    at_night.start_worker()

    job = at_night.write_down(NIGHT_JOB, "clock")
    at_night.relay.sweep()

    at_night.wait_for("failed", [job])
    stuck = {each.id: each for each in at_night.stuck()}
    yesterday = books.today() - DAY
    failed, night_ = stuck[f"job-{job}"], stuck[f"night-{yesterday}"]
    assert failed.words.startswith("DayDoesNotClose: A law does not hold")
    assert "wallet HOWRAH1: counts 1 paise untied, its credits are 0" in failed.words
    assert (night_.state, night_.words[:26]) == ("given-up", "The day stays open: law 12")
    assert _last_closed(at_night) is None


def test_who_finds_another_at_work_waits_for_long_and_what_is_a_fault_of_ours_is_given_up() -> None:
    tried = {
        error: [worth_another_try(tries, error()) for tries in (1, 8, 59, 60)]
        for error in (NightAtWork, Busy, InternalError)
    }

    assert tried == {
        NightAtWork: [True, True, True, False],
        Busy: [True, True, True, False],
        InternalError: [True, False, False, False],
    }


def _is_done(office: Office, day: date) -> bool:
    with office.books.database.statement() as connection:
        return night.is_done(connection, day)


def _last_closed(office: Office) -> object:
    with office.books.database.statement() as connection:
        return days.last_closed(connection)
