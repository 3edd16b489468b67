"""A business day over HTTP: what it is like, and that a checker has it closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.api.portal import Caller, application, caller
from tests.bank import Bank, BankLine
from tests.books import Books
from tests.ledger.clock import begin_books, stopped_clock
from wallet_service.recon import night
from wallet_service.recon.night import CLOSE_JOB


@pytest.fixture
def checker(books: Books) -> Iterator[Caller]:
    """Return a checker of these books."""
    with application(books.servers) as app:
        yield caller(app, "finance:check", "reports:read")


def test_a_checker_has_a_day_closed_and_sees_what_its_night_did(checker: Caller, books: Books) -> None:
    books.pay(books.wallet("500.00"), "120.00")
    today = books.today()
    path = f"/v1/days/{today}"

    before = checker.get(path).json
    asked = checker.post(f"{path}/close")
    again = checker.post(f"{path}/close")
    with books.database.statement() as connection:
        jobs = connection.exec_driver_sql("SELECT subject FROM outbox WHERE job = %s", (CLOSE_JOB,)).scalars().all()
    night.close(books.database, today, by="worker")
    after = checker.get(path).json

    assert (before["state"], before["steps"], before["statements"]) == ("open", [], [])
    assert (asked.status_code, asked.json["state"], asked.headers["Location"]) == (202, "closing", path)
    assert (again.status_code, jobs) == (202, [today.isoformat()])
    assert (after["state"], [each["step"] for each in after["steps"]][-1]) == ("closed", "statement")
    assert {"what": "payment", "count": 1, "amount": "120.00", "age_days": None} in after["totals"]
    assert len(after["laws"]) == 14
    assert all(each["holds"] for each in after["laws"])
    assert [each["version"] for each in after["statements"]] == [1]
    refused = checker.post(f"{path}/close")
    assert (refused.status_code, refused.json["type"]) == (422, "/problems/day-closed")


def test_days_close_in_order_and_not_before_they_come(checker: Caller, books: Books) -> None:
    books.wallet("500.00")
    today = books.today()

    future = checker.post(f"/v1/days/{today + timedelta(days=1)}/close")
    books.close_day(today)
    unknown = [checker.get(f"/v1/days/{day}") for day in (today + timedelta(days=1), "2026-02-30", "today")]

    assert (future.status_code, future.json["type"]) == (422, "/problems/day-in-future")
    assert {(each.status_code, each.json["type"]) for each in unknown} == {(404, "/problems/day-not-found")}


def test_entries_that_count_much_earlier_are_listed_for_finance(books: Books) -> None:
    stop = stopped_clock(books)
    stop("2026-06-10 11:00")
    begin_books(books, "2026-06-10")
    Bank(books, "100.00").posted(BankLine("15.00", "NOBODY'S"))  # Booked on 2 April.
    with application(books.servers) as app:
        told = caller(app, "finance:make").get("/v1/days/2026-06-10").json
        listed = caller(app, "finance:check").get("/v1/reports/late-entries?day=2026-06-10").json
        first = caller(app, "reports:read").get("/v1/reports/late-entries?day=2026-06-10&limit=1").json
        refused = caller(app, "wallets:read").get("/v1/reports/late-entries?day=2026-06-10")

    assert (told["late_entries"]["count"], told["late_entries"]["amount"]) == (2, "115.00")
    assert told["of_earlier_years"]["count"] == 0
    assert [(each["kind"], each["amount"], each["value_date"]) for each in listed["items"]] == [
        ("opening", "100.00", "2026-04-02"),
        ("suspense", "15.00", "2026-04-02"),
    ]
    assert first["items"] == listed["items"][:1]
    assert first["next_cursor"]
    assert refused.status_code == 403


def test_only_a_checker_closes_a_day(books: Books) -> None:
    with application(books.servers) as app:
        maker = caller(app, "finance:make", "reports:read")

        assert maker.post(f"/v1/days/{books.today()}/close").status_code == 403
