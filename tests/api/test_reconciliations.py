"""A day's reconciliation statement over HTTP: each of its versions, as JSON and as a page to be printed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from tests.api.portal import Caller
from tests.api.test_bank_files import DAY, Desk, desk
from wallet_service.api.connections import databases
from wallet_service.database import Database
from wallet_service.embedded.children import wait_until
from wallet_service.recon import report

__all__ = ["desk"]  # A fixture.

PATH = "/v1/reconciliations/2026-04-02"


@pytest.fixture
def maker(desk: Desk) -> Caller:
    """Return finance's maker, for whom the day was drawn up before its file came, and again after."""
    uploaded = desk.upload(DAY).json
    desk.maker.post("/v1/reconciliations", {"day": "2026-04-02"})
    desk.checker.post(f"/v1/bank-files/{uploaded['id']}/release")
    desk.post(uploaded["id"])
    desk.maker.post("/v1/reconciliations", {"day": "2026-04-02"})
    return desk.maker


def test_every_version_is_kept_and_the_last_is_told_unless_another_is_asked_for(maker: Caller) -> None:
    first, second, last = (maker.get(f"{PATH}{which}").json for which in ("?version=1", "?version=2", ""))

    assert [(each["version"], each["state"]) for each in (first, second)] == [(1, "provisional"), (2, "final")]
    assert first["part_a"] != second["part_a"]
    assert last == second


def test_a_version_that_was_not_made_is_not_found(maker: Caller) -> None:
    answer = maker.get(f"{PATH}?version=3")

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/reconciliation-not-found")
    assert maker.get(f"{PATH}?version=0").status_code == 400


def test_it_comes_as_a_page_to_whoever_asks_for_text(maker: Caller) -> None:
    page = maker.get(PATH, headers={"Accept": "text/plain"})
    other = maker.get(PATH, headers={"Accept": "text/plain;q=0.5, application/json"})

    assert (page.status_code, page.content_type) == (200, "text/plain; charset=utf-8")
    assert page.text.startswith("RECONCILIATION STATEMENT OF 02/04/2026")
    assert "It agrees." in page.text
    assert other.json["state"] == "final"


def test_who_draws_up_while_another_does_waits_and_says_what_was_posted_meanwhile(desk: Desk) -> None:
    uploaded = desk.upload(DAY).json
    desk.checker.post(f"/v1/bank-files/{uploaded['id']}/release")

    database = databases(desk.maker.app).of_this_process()
    with ThreadPoolExecutor(1) as thread:
        with report.alone(database, date(2026, 4, 2)):
            asked = thread.submit(lambda: desk.maker.post("/v1/reconciliations", {"day": "2026-04-02"}).json)
            assert wait_until(lambda: _somebody_waits(database), 10.0)
            desk.post(uploaded["id"])
        made = asked.result(30)

    assert (made["state"], made["agrees"]) == ("final", True)


def _somebody_waits(database: Database) -> bool:
    with database.statement() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
        )
        return bool(found.scalar_one())
