"""The night of a business day: it ends the same however it is killed, one works at a time, and laws come first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from random import Random

import pytest

from tests.at_once import answers, at_once, going_on, refusals
from tests.bank import Bank, BankLine
from tests.books import ALL_LAWS, Books, set_clock
from tests.ledger.clock import begin_books, stopped_clock
from tests.recon.nights import PAYERS, a_day_gone_by, copy_of, end_of, kill_at, posted_after_the_close, tellings
from tests.recon.week import WEEK, Week
from tests.servers import Servers, fresh_database
from wallet_service.errors import DayClosed, DayDoesNotClose, DayInFuture, DayNotFound, EarlierDayOpen, NightAtWork
from wallet_service.ledger.proving import Finding
from wallet_service.money import Paise
from wallet_service.recon import business_day, night, night_steps
from wallet_service.recon.business_day import BusinessDay
from wallet_service.recon.night_steps import Figure, Step

DAY = timedelta(days=1)
KILLS, SEED = 15, 20_261_122


@pytest.fixture(scope="module")
def made(servers: Servers) -> Iterator[Servers]:
    """Return the books of a day gone by, whose night is still to be done; nobody is connected to them."""
    with fresh_database(servers) as fresh:
        books = Books(fresh)
        a_day_gone_by(books)
        books.close()
        yield fresh


@pytest.fixture
def gone_by(made: Servers) -> Iterator[Books]:
    """Return a copy of them."""
    with copy_of(made) as books:
        yield books


def _day(books: Books, days_ago: int = 1) -> BusinessDay:
    with books.database.snapshot() as connection:
        return business_day.view(connection, books.today() - days_ago * DAY)


def _is_said(awaited: str, count: int, said: str) -> bool:
    return said == awaited


def _is_time(awaited: int, count: int, said: str) -> bool:
    return count == awaited


def test_a_night_killed_at_each_step_and_at_random_points_while_payments_go_on_ends_as_if_undisturbed(
    made: Servers,
) -> None:
    with copy_of(made) as undisturbed:
        told = tellings(undisturbed)
        end = end_of(undisturbed)
        assert undisturbed.faults() == {}

    boundaries = [said for said in told if said.count(" ") == 1] + [said for said in told if ": version" in said]
    with copy_of(made) as books:
        killed = [kill_at(books, partial(_is_said, boundary)) for boundary in boundaries]
        night.run(books.database, by="at last")
        assert (killed, end_of(books)) == ([True] * (len(Step) + 1), end)

    random, kills = Random(SEED), 0
    while kills < KILLS:
        with copy_of(made) as books:
            with going_on(*(partial(books.pay, payer, "0.01") for payer in PAYERS[:2])) as counters:
                while kill_at(books, partial(_is_time, random.randrange(1, len(told) + 1))):
                    kills += 1
            paid = sum(counter.result() for counter in counters)
            assert (end_of(books), books.faults(), posted_after_the_close(books)) == (end, {}, 0)
            assert Figure("payment", paid, Paise(paid)) in _day(books, 0).totals


def test_what_the_steps_did_is_told_with_times_and_figures(gone_by: Books) -> None:
    night.run(gone_by.database, by="clock")

    told = _day(gone_by)

    assert (told.state, [each.step for each in told.steps]) == ("closed", list(Step))
    assert all(each.ended_at and each.ended_at >= each.began_at and each.by == "clock" for each in told.steps)
    figures = {each.step: {figure.what: figure for figure in each.figures} for each in told.steps}
    assert figures[Step.HOLDS]["books with lapsed holds"] == Figure("books with lapsed holds", 2, Paise(7_000))
    assert figures[Step.MATCHING]["lines posted"].count == 5
    assert figures[Step.BREAKS]["unmatched-credit"].paise == 3_500
    assert figures[Step.BOOKS]["books that went on"].count <= 11  # Those that the evening posted in went on by that.
    due = "due to department:POD:001"
    assert figures[Step.SETTLEMENTS] == {due: Figure(due, 1, Paise(10_000))}
    assert [each.law for each in told.laws if each.holds] == list(range(1, 15))
    assert {each.what: each.count for each in told.totals}["payment"] == 1
    assert [(each.version, each.agrees) for each in told.statements] == [(1, True)]


def test_of_two_nights_at_once_one_works_and_the_other_says_so(gone_by: Books) -> None:
    outcomes = at_once([lambda: night.run(gone_by.database, by="clock")] * 2)

    worked = [each for each in answers(outcomes) if each]
    assert len(worked) == 1
    assert set(refusals(outcomes)) <= {NightAtWork.slug()}
    assert _day(gone_by).state == "closed"
    assert gone_by.faults() == {}


def test_a_night_that_is_at_work_is_told_to_whoever_asks_for_another(gone_by: Books) -> None:
    refused = []

    def ask(said: str) -> None:
        if said.endswith(Step.LAWS):
            with pytest.raises(NightAtWork):
                night.close(gone_by.database, gone_by.today() - DAY, by="asha")
            refused.append(said)

    night.run(gone_by.database, by="clock", progress=ask)

    assert len(refused) == 1


def test_days_that_were_missed_close_in_order(books: Books) -> None:
    shift, first = set_clock(books), books.today()
    howrah = books.wallet("100.00")
    for number in range(3):
        books.pay(howrah, "1.00")
        shift(f"{number + 1} days")

    with pytest.raises(EarlierDayOpen):
        night.close(books.database, first + DAY, by="asha")
    closed = night.run(books.database, by="clock")

    assert closed == [first, first + DAY, first + 2 * DAY]
    assert night.run(books.database, by="clock") == []
    with pytest.raises(DayClosed):
        night.close(books.database, first, by="asha")
    with pytest.raises(DayInFuture):
        night.close(books.database, first + 4 * DAY, by="asha")
    assert [_day(books, ago).totals[-1].count for ago in (1, 2)] == [1, 1]
    assert books.faults() == {}


def test_payments_go_on_and_none_lands_in_a_closed_day(books: Books) -> None:
    shift, first = set_clock(books), books.today()
    counters = [books.wallet("100.00") for _ in range(20)]
    random = Random(SEED)

    def pay() -> object:
        return books.pay(random.choice(counters), "0.01")

    with going_on(pay, pay) as traffic:
        shift("1 day")
        missed = night.run(books.database, by="clock")
        night.close(books.database, first + DAY, by="asha")  # Today, closed early.

    assert missed == [first]
    assert min(work.result() for work in traffic) > 3
    assert books.faults() == {}
    today = _day(books, 0)
    assert (today.day, today.state) == (first + DAY, "closed")


def test_what_laws_of_one_number_find_is_told_together(books: Books) -> None:
    numbered = [law for law in ALL_LAWS if law.number == 9]
    findings = [Finding(law, faults, ["a row"] * faults) for law, faults in zip(numbered, (1, 0), strict=True)]

    with books.database.transaction() as connection:
        night_steps.record_laws(connection, books.today(), findings)
        (told,) = night_steps.list_laws(connection, books.today())

    assert (told.law, told.faults, told.rows) == (9, 1, ("a row",))


def test_a_law_that_does_not_hold_stops_the_close_and_not_the_payments(gone_by: Books) -> None:
    day = gone_by.today() - DAY
    gone_by.spoil("UPDATE books SET untied_paise = untied_paise + 1 WHERE code = 'NADIA1'")

    with pytest.raises(DayDoesNotClose) as stopped:
        night.run(gone_by.database, by="clock")
    broken = _day(gone_by)
    paid = gone_by.pay(gone_by.wallet("5.00"), "1.00").debit
    gone_by.spoil("UPDATE books SET untied_paise = untied_paise - 1 WHERE code = 'NADIA1'")
    closed = night.run(gone_by.database, by="clock")

    assert stopped.value.facts["day"] == day
    assert broken.state == "closing"
    named = {each.law: each.rows for each in broken.laws if not each.holds}
    assert named == {12: ("wallet NADIA1: counts 1 paise untied, its credits are 0",)}
    assert (broken.steps[-1].step, broken.steps[-1].ended_at) == (Step.LAWS, None)
    assert "The day stays open: law" in str(broken.steps[-1].failure)
    assert gone_by.debit(paid.id).business_day == day + DAY
    assert closed == [day]
    assert all(each.holds for each in _day(gone_by).laws)


def test_the_evening_leaves_the_day_open_and_its_night_does_the_rest(books: Books) -> None:
    at = stopped_clock(books)
    begin_books(books, "2026-11-20")
    at("2026-11-20 00:20")
    books.wallet("10.00")

    night.put_in_order(books.database, by="late for the day before")
    at("2026-11-20 22:05")
    day = night.put_in_order(books.database, by="clock")
    again = night.put_in_order(books.database, by="asha")
    open_ = _day(books, 0)
    at("2026-11-21 00:05")
    night.run(books.database, by="bina")

    assert (day, again, open_.state) == (open_.day, open_.day, "open")
    assert [(each.step, each.by) for each in _day(books).steps[:5]] == [
        *((step, "clock") for step in (Step.HOLDS, Step.FILES, Step.MATCHING, Step.BREAKS)),
        (Step.BOOKS, "bina"),
    ]


def test_a_file_that_waits_for_the_one_between_is_looked_at_again_and_told_of(books: Books) -> None:
    week = Week(books)
    week.morning_after(WEEK[1])
    later = week.receive(WEEK[1].content, WEEK[1].filename)
    night.put_in_order(books.database, by="clock")

    told = _day(books, 0)

    assert (later.state, [each.id for each in told.files]) == ("waiting", [later.id])
    assert told.steps[1].figures == (Figure("files that wait", 1), Figure("files that wait no longer", 0))
    assert [(each.what, each.count) for each in told.steps[3].figures] == [("file-waiting", 1)]


def test_a_day_that_the_books_do_not_have_is_not_found(books: Books) -> None:
    books.wallet("10.00")
    today = books.today()

    with books.database.snapshot() as connection:
        for day in (today + DAY, today - DAY):
            with pytest.raises(DayNotFound):
                business_day.view(connection, day)
        assert business_day.view(connection, today).state == "open"


def test_what_counts_for_the_financial_year_before_is_told(books: Books) -> None:
    stopped_clock(books)("2027-04-03 11:00")
    books.wallet("10.00", code="HOWRAH1")

    Bank(books, "100.00").posted(BankLine("15.00", "BY TRANSFER HOWRAH1"))

    told = _day(books, 0)
    assert (told.financial_year, told.of_earlier_years.count, told.of_earlier_years.paise) == ("2027-28", 2, 11_500)
