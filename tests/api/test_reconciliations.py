"""A day's reconciliation statement over HTTP: each of its versions, as JSON and as a page to be printed."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection

from tests.api.portal import Caller
from tests.api.test_bank_files import DAY, Desk, desk
from wallet_service.errors import Busy
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


def test_a_statement_that_another_has_overtaken_is_drawn_up_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    uploaded = desk.upload(DAY).json
    desk.checker.post(f"/v1/bank-files/{uploaded['id']}/release")
    draw_up = report.draw_up
    others: list[date] = []

    def overtaken(connection: Connection, day: date) -> report.Draft:
        """Draw up, and let another post the file, draw up and keep a newer statement before this one is kept."""
        draft = draw_up(connection, day)
        if not others:
            others.append(day)
            desk.post(uploaded["id"])
            desk.maker.post("/v1/reconciliations", {"day": "2026-04-02"})
        return draft

    monkeypatch.setattr(report, "draw_up", overtaken)
    made = desk.maker.post("/v1/reconciliations", {"day": "2026-04-02"}).json

    assert (made["version"], made["state"], made["agrees"]) == (1, "final", True)


def test_who_is_overtaken_time_and_again_is_told_to_come_back() -> None:
    def attempt() -> None:
        raise report.Overtaken

    with pytest.raises(Busy):
        report.until_kept(attempt)
