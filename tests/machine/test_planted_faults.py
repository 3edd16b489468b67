"""The machine is worth something: it finds each fault that is planted in the posting functions."""

from __future__ import annotations

import time

import pytest

from tests.machine import figures, histories
from tests.machine.faults import FAULTS, Fault
from tests.machine.service import Service
from tests.servers import Servers


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_the_machine_finds(
    fault: Fault, fresh_servers: Servers, request: pytest.FixtureRequest, testrun_uid: str
) -> None:
    tally = figures.Tally()
    service = Service(fresh_servers)
    fault.plant(fresh_servers)
    number = figures.seed_of(testrun_uid, fault.name)

    began = time.monotonic()
    with pytest.raises((AssertionError, TypeError)) as found:
        histories.run(service, tally, number, histories=400)

    seconds = round(time.monotonic() - began, 1)
    service.close()
    figures.report(request, tally, seed=figures.base_seed(testrun_uid), seconds=seconds, fault=fault.name)
    # An answer of rows that contradict each other may be one that cannot be told at all.
    assert found.type is TypeError or "the service said" in str(found.value)
