"""The night of a day of one lakh payments, while debits go on, and what that does to the debits.

Each round is a day: a lakh of payments and some holds that lapse; debits on thirty-two connections, as at any hour; and
then midnight comes, and the same debits go on while the night is done. Its books are lifted under them, all that the
night counts and proves is read beside them. Days follow each other by the books' one clock, which their owner sets.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import psycopg

from bench.batches import ITEMS, item, pay_once
from bench.figures import Figure, NotMeasured, most, most_ratio, of_ratios, of_values
from bench.ground import Ground, Ledger, own_processes
from bench.http_debits import CONNECTIONS, driven, load_of
from bench.http_load import Load, Loaded, drive
from bench.http_servers import service
from wallet_service.client.keys import new_key
from wallet_service.database import Database
from wallet_service.ledger.idempotency import Key, request_hash
from wallet_service.money import Paise
from wallet_service.payments import debits
from wallet_service.recon import night

PAYMENTS, QUICK_PAYMENTS = 100_000, 10_000
LONGEST_SECONDS = 120
_PAYMENTS_A_HOLD = 100
_WARM_SECONDS = 2.0
_PATIENCE_SECONDS = 600.0
_DAYS_LATER = """
CREATE OR REPLACE FUNCTION instant() RETURNS timestamptz LANGUAGE sql VOLATILE
AS $$ SELECT clock_timestamp() + interval '{days} days' $$
"""


@dataclass(frozen=True)
class Night:
    """What one round saw: the debits without the night and during it, and the seconds that the night took."""

    before: Loaded
    during: Loaded
    seconds: float


def measure(ground: Ground, payments: int = 0) -> list[Figure]:
    """Return how long the night takes while debits go on, and their p99 meanwhile beside their p99 without it.

    A day of fewer *payments* than a lakh, as in the quick run, has as much less time for its night.
    """
    payments = payments or (QUICK_PAYMENTS if ground.plan.quick else PAYMENTS)
    ledger = ground.ledger("night")
    rounds: list[Night] = []
    with own_processes(2) as pool, service(ground, ledger.service_url) as server:
        load = load_of(ledger, server.port, ground.plan.seconds)
        driven(pool, replace(load, seconds=_WARM_SECONDS))
        for number in range(1, ground.plan.rounds + 1):
            _spend_the_day(ledger, payments)
            before = driven(pool, load)
            _let_days_pass(ledger, number)
            rounds.append(_night(ground, pool, ledger, load, before))
            ground.tell(f"round {number} of {ground.plan.rounds}: {_told(rounds[-1])}")
    return [
        of_values(
            f"night of a day of {payments:,} payments",
            [each.seconds for each in rounds],
            "s",
            most(LONGEST_SECONDS * payments / PAYMENTS),
            note=f"while debits go on, {CONNECTIONS} connections",
        ),
        of_ratios(
            f"POST /v1/debits, {CONNECTIONS} connections, p99 during the night",
            [each.during.p99_ms for each in rounds],
            "ms",
            most_ratio(2),
            against="its p99 without",
            yardstick=[each.before.p99_ms for each in rounds],
            note=f"a night of {payments:,} payments",
        ),
    ]


def _night(ground: Ground, pool: ProcessPoolExecutor, ledger: Ledger, load: Load, before: Loaded) -> Night:
    """Do the night of the day gone by, and let debits go on until it is done."""
    done = ground.directory / "night.done"
    done.unlink(missing_ok=True)
    paying = pool.submit(drive, replace(load, seconds=_PATIENCE_SECONDS, until=done))
    try:
        seconds, closed = pool.submit(_close, ledger.service_url).result()
    finally:
        done.touch()
    during = paying.result()
    if during.failures:
        raise NotMeasured(f"{during.failures} debits failed during the night: {during.first_failure}")
    if len(closed) != 1:
        raise NotMeasured(f"{len(closed)} days were closed in one night")
    return Night(before, during, seconds)


def _close(url: str) -> tuple[float, list[date]]:
    """Do the night as a worker does, and return the seconds it took and the days it closed."""
    database = Database(url, pool_size=4)
    began = time.perf_counter()
    try:
        closed = night.run(database, by="bench")
        return time.perf_counter() - began, closed
    finally:
        database.close()


def _spend_the_day(ledger: Ledger, payments: int) -> None:
    """Let so many payments be made, and a hold for each hundred of them be placed that lapses before midnight."""
    draw = random.Random()  # noqa: S311 (a load, no secret)
    database = Database(ledger.service_url, pool_size=1)
    for _ in range(0, payments, ITEMS):
        drawn = ((draw.choice(ledger.wallets), draw.choice(ledger.services)) for _ in range(ITEMS))
        pay_once(database, [item(ledger.client, wallet, *paid, draw) for wallet, paid in drawn], ledger.client)
    for _ in range(payments // _PAYMENTS_A_HOLD):
        _hold(database, ledger, draw)
    database.close()


def _hold(database: Database, ledger: Ledger, draw: random.Random) -> None:
    text, (department, code) = new_key(), draw.choice(ledger.services)
    database.posting(
        lambda line: debits.hold(
            line,
            wallet=draw.choice(ledger.wallets),
            department=department,
            service=code,
            amount=Paise(1_000),
            service_ticket_no=text,
            expires_in=60,
            key=Key(ledger.client, text, request_hash("POST", "/v1/debits", text)),
        )
    )


def _let_days_pass(ledger: Ledger, days: int) -> None:
    """Set the books' clock so many days later than the machine's."""
    with psycopg.connect(ledger.owner_url, autocommit=True) as connection:
        connection.execute(_DAYS_LATER.format(days=days).encode())


def _told(found: Night) -> str:
    return (
        f"night {found.seconds:.1f} s, debits p99 {found.before.p99_ms:.1f} ms without and "
        f"{found.during.p99_ms:.1f} ms during it ({found.during.requests:,} requests)"
    )
