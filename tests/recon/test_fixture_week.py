"""A week of one bank account, each day's file in other clothes: what it must give stands in `fixtures/week`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.books import Books
from tests.recon.week import GIVES, OPERATORS, WEEK, Week, WeekDay
from tests.recon.writers import write_camt053, write_mt940, write_sbi, write_sbi_six
from tests.servers import Servers, fresh_database
from wallet_service.errors import FileAlreadyReceived
from wallet_service.payments import departments
from wallet_service.recon import business_day, readers
from wallet_service.recon.night_steps import Step
from wallet_service.recon.statements import Statement

CLOTHES: dict[str, Callable[[Statement], bytes]] = {
    "SBI text": write_sbi,
    "six columns": write_sbi_six,
    "MT940": write_mt940,
    "camt.053": write_camt053,
}


@pytest.fixture
def week(books: Books) -> Week:
    return Week(books)


@pytest.fixture(scope="module")
def in_order(servers: Servers) -> dict[str, object]:
    """Return the end of a week whose files came day after day."""
    return _end_of(servers, WEEK)


def test_the_week_plays_and_each_day_is_proved_to_the_paisa(week: Week) -> None:
    for day in WEEK:
        file = week.play(day)

        assert week.lines(file) == list(day.lines), day.filename
        assert week.statement(day.day) == day.statement, day.filename
        assert week.state(day.day) == "final"
    assert week.books.faults() == {}
    assert [week.books.current(operator) for operator in OPERATORS] == ["69157.00", "15800.00", "28500.00"]


def test_the_week_plays_through_its_nights_and_leaves_open_exactly_what_it_should(week: Week) -> None:
    nights = GIVES["nights"]
    for holiday, name in nights["holidays"]:
        week.close_the_bank(date.fromisoformat(holiday), name)

    for day in WEEK:
        week.tell(day)
        week.night(day.day)
        week.morning_after(day)
        assert week.lines(week.release(week.receive(day.content, day.filename))) == list(day.lines), day.filename
    for quiet in nights["quiet_days"]:
        week.night(date.fromisoformat(quiet))

    assert week.books.today() == date.fromisoformat(nights["ends"])
    assert week.breaks() == nights["open"]
    for day in WEEK:  # As it was in its night, without its file; and by the night after the morning on which that came.
        (first, second) = week.kept(day.day)
        assert (first[:2], second) == ((1, "provisional"), (2, "final", day.statement)), day.day
    for number, ended in enumerate((*(day.day for day in WEEK), *map(date.fromisoformat, nights["quiet_days"]))):
        with week.books.database.snapshot() as connection:
            told = business_day.view(connection, ended)
        assert (told.state, [each.step for each in told.steps]) == ("closed", list(Step)), ended
        assert all(each.holds for each in told.laws)
        drawn_up_anew = {each.what: each.count for each in told.steps[-1].figures}
        assert drawn_up_anew.get("statements of days before, drawn up anew", 0) == (1 if 0 < number <= len(WEEK) else 0)
    assert week.books.faults() == {}


def test_a_day_brought_again_in_any_other_clothes_credits_nobody_again(week: Week) -> None:
    for day in WEEK:
        week.play(day)
    before, outcomes = week.end(), Counter[str]()

    for day in WEEK:
        statement = _read(day)
        for clothes, write in CLOTHES.items():
            try:
                file = week.receive(write(statement), f"{clothes} of {day.day}")
            except FileAlreadyReceived:  # It says the same to the letter.
                outcomes["refused"] += 1
                continue
            outcomes["known"] += 1
            assert (file.state, file.new_lines, file.known_lines) == ("read", 0, len(day.lines)), (clothes, file.reason)
            assert week.release(file).posted_lines == 0

    assert set(outcomes) == {"refused", "known"}
    assert week.end() == before
    assert week.books.faults() == {}


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.generate))  # An order is short enough as it is.
@example(order=list(reversed(WEEK)))
@given(order=st.permutations(WEEK))
def test_the_files_of_the_week_give_the_same_end_in_any_order(
    servers: Servers, in_order: dict[str, object], order: list[WeekDay]
) -> None:
    assert _end_of(servers, order) == in_order


def _end_of(servers: Servers, order: Sequence[WeekDay]) -> dict[str, object]:
    """Let the counters have their week, then bring the files in this order, each released as soon as it joins."""
    with fresh_database(servers) as fresh:
        books = Books(fresh)
        with books.database.transaction() as connection:
            departments.load(connection, departments.package_departments(), departments.package_services())
        week = Week(books)
        for day in WEEK:
            week.tell(day)
        week.morning_after(WEEK[-1])
        for day in order:
            week.receive(day.content, day.filename)
            while readable := week.files("read"):
                week.release(readable[0])
        end = week.end()
        assert books.faults() == {}
        books.close()
    return end


def _read(day: WeekDay) -> Statement:
    return replace(readers.read(day.content, today=day.day + timedelta(days=1)), account_number=GIVES["account"])
