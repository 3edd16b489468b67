"""A week of one bank account, each day's file in other clothes: what it must give stands in `fixtures/week`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.books import Books
from tests.recon.week import GIVES, OPERATORS, WEEK, Week, WeekDay
from tests.recon.writers import write_camt053, write_mt940, write_sbi, write_sbi_six
from tests.servers import Servers, fresh_database
from wallet_service.errors import FileAlreadyReceived
from wallet_service.payments import departments
from wallet_service.recon import readers
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
