"""What the API answered to a key is its answer for good, to the byte, whatever has happened since."""

from __future__ import annotations

import time

import pytest

from tests.api.portal import application, caller
from tests.machine import figures, histories
from tests.machine.asking import Refusal, Request
from tests.machine.counter import SCOPES, Counter, Heard
from tests.machine.machine import HistoryMachine
from tests.machine.service import Service
from tests.machine.shown import CLIENT
from tests.servers import Servers

HISTORIES = 40
_OF_ANOTHER_REQUEST = {"key-reused", "key-abandoned"}


class ReplayMachine(HistoryMachine):
    """A history whose requests go through the API; at its end each of them is sent once more."""

    counter: Counter

    def __init__(self, service: Service, tally: figures.Tally) -> None:
        super().__init__(service, tally)
        self.heard: dict[str, tuple[Request, Heard]] = {}

    def ask(self, request: Request, key: str | None = None) -> None:
        if key is None:
            key = self.name("key-")
            self.requests.append((key, request))
        expected = self.model.answer(key, request)
        told, _ = self.counter.post(key, request)
        refused = isinstance(expected, Refusal)
        self.same((told.status >= 400, told.status < 500), (refused, True))
        if isinstance(expected, Refusal) and expected.slug in _OF_ANOTHER_REQUEST:
            return
        self.same((request, told), self.heard.setdefault(key, (request, told)))

    def teardown(self) -> None:
        if self.sound:
            for key, (request, first) in self.heard.items():
                self.same(self.counter.post(key, request), (first, True))
                self.tally.steps["told again"] += 1
                self.tally.steps["refusal told again"] += first.status >= 400
        super().teardown()


def test_every_answer_is_told_again_byte_for_byte_at_the_end_of_every_history(
    fresh_servers: Servers, request: pytest.FixtureRequest, testrun_uid: str
) -> None:
    tally = figures.Tally()
    number = figures.seed_of(testrun_uid, "replays")

    began = time.monotonic()
    with application(fresh_servers) as app:
        service = Service(fresh_servers)
        portal = caller(app, *SCOPES)
        with service.database.statement() as connection:
            assert connection.exec_driver_sql("SELECT id FROM clients").scalar_one() == CLIENT
        machine = type("OverHttp", (ReplayMachine,), {"counter": Counter(portal)})
        try:
            histories.run(service, tally, number, histories=HISTORIES, machine=machine)
        finally:
            service.close()
            seconds = round(time.monotonic() - began, 1)
            figures.report_replays(request, tally, seed=figures.base_seed(testrun_uid), seconds=seconds)

    assert tally.histories >= HISTORIES
    assert tally.steps["told again"] >= 10 * HISTORIES
    assert tally.steps["refusal told again"] >= HISTORIES
