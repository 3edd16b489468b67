"""No history of the books makes them say or hold what they should not."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import Phase

from tests.machine import figures, histories
from tests.machine.machine import HistoryMachine
from tests.machine.service import Service
from tests.servers import Servers

HISTORIES, EACH_RULE, MEAN_STEPS = 500, 200, 30
PARTS, MORE = 4, 10
_TIMES = 10 if os.environ.get("WALLET_LONG_TESTS") == "1" else 1


@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_the_books_say_what_the_model_says_in_every_history(
    fresh_servers: Servers, request: pytest.FixtureRequest, testrun_uid: str, part: int
) -> None:
    tally = figures.Tally()
    service = Service(fresh_servers)
    number = figures.seed_of(testrun_uid, str(part))

    began = time.monotonic()
    try:
        phases = (Phase.generate, Phase.shrink)
        histories.run(service, tally, number, histories=_TIMES * HISTORIES // PARTS, phases=phases)
        for more in range(1, MORE):  # Each history leaves rules out, by chance some more often than others.
            if rare(tally):
                histories.run(service, tally, number + more, histories=10, phases=phases)
    finally:
        service.close()
        figures.report(request, tally, seed=figures.base_seed(testrun_uid), seconds=round(time.monotonic() - began, 1))

    assert tally.histories * PARTS >= HISTORIES
    assert tally.mean >= MEAN_STEPS
    assert rare(tally) == {}


def rare(tally: figures.Tally) -> dict[str, int]:
    """Return the rules that ran less often than this part's share asks."""
    rules = {each.function.__name__: tally.steps[each.function.__name__] for each in HistoryMachine.setup_state().rules}
    return {name: times for name, times in rules.items() if times * PARTS < EACH_RULE}
