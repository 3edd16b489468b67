"""A business day over HTTP: what it is like, and that a checker has it closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.api.portal import Caller, application, caller
from tests.books import Books
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


def test_only_a_checker_closes_a_day(books: Books) -> None:
    with application(books.servers) as app:
        maker = caller(app, "finance:make", "reports:read")

        assert maker.post(f"/v1/days/{books.today()}/close").status_code == 403
