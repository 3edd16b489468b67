"""`POST /v1/debits` on thirty-two connections, everything on this machine, beside an empty endpoint."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from bench import http_servers
from bench.figures import Figure, NotMeasured, in_rounds, least_ratio, most_ratio, of_ratios
from bench.ground import Ground, Ledger, own_processes
from bench.http_load import Load, Loaded, drive

CONNECTIONS = 32
_WARM_SECONDS = 2.0


def measure(ground: Ground) -> list[Figure]:
    """Return the rate of debits beside the empty endpoint's, and how far the slowest hundredth is from the middle."""
    ledger, plan = ground.ledger(), ground.plan
    seen: dict[str, list[Loaded]] = defaultdict(list)

    def turn(pool: ProcessPoolExecutor, name: str, port: int) -> float:
        seen[name].append(loaded := driven(pool, load_of(ledger, port, plan.seconds)))
        return loaded.debits_per_second

    with (
        own_processes(1) as pool,
        http_servers.service(ground, ledger.service_url) as ours,
        http_servers.empty(ground) as empty,
    ):
        for server in (ours, empty):
            driven(pool, load_of(ledger, server.port, _WARM_SECONDS))
        found = in_rounds(
            {n: partial(turn, pool, n, each.port) for n, each in (("empty endpoint", empty), ("debits", ours))},
            plan.rounds,
            ground.tell,
        )
    return [
        of_ratios(
            "POST /v1/debits, 32 connections",
            found["debits"],
            "debits/s",
            least_ratio(0.5),
            against="an empty flask-smorest endpoint",
            yardstick=found["empty endpoint"],
        ),
        of_ratios(
            "POST /v1/debits, 32 connections, p99",
            [each.p99_ms for each in seen["debits"]],
            "ms",
            most_ratio(3),
            against="its p50",
            yardstick=[each.p50_ms for each in seen["debits"]],
        ),
    ]


def load_of(ledger: Ledger, port: int, seconds: float, *, connections: int = CONNECTIONS, items: int = 1) -> Load:
    """Return the load of *connections* that pay from all the ledger's wallets to all its services."""
    return Load(port, ledger.token, connections, seconds, ledger.wallets, ledger.services, items)


def driven(pool: ProcessPoolExecutor, load: Load) -> Loaded:
    """Send a load from a process of its own and return what came back.

    Raises:
        NotMeasured: an answer was no 2xx.
    """
    loaded = pool.submit(drive, load).result()
    if loaded.failures:
        raise NotMeasured(f"{loaded.failures} of {loaded.requests} requests failed: {loaded.first_failure}")
    return loaded
