"""The trial balance with a history behind it: now, as of a closed day in its middle, and as of its last closed day."""

from __future__ import annotations

import time
from datetime import date

from bench.figures import Figure, NotMeasured, most, of_values
from bench.ground import HISTORY, Ground
from bench.past import build
from wallet_service.database import Database
from wallet_service.ledger.trial_balance import trial_balance

_DAYS = "SELECT day FROM days WHERE closed_at IS NOT NULL ORDER BY day"


def measure(ground: Ground) -> list[Figure]:
    """Return how long each of the three takes; a trial balance whose sides differ fails."""
    build(ground)
    database = Database(ground.url(HISTORY), pool_size=1, statement_timeout_ms=600_000)
    try:
        with database.statement() as connection:
            closed: list[date] = list(connection.exec_driver_sql(_DAYS).scalars())
        if not closed:
            raise NotMeasured("no day of the history is closed")
        days = {
            "now": None,
            "of a closed day in the middle": closed[len(closed) // 2],
            "of the last closed day": closed[-1],
        }
        return [
            of_values(
                f"trial balance {name}",
                [_seconds(database, day) for _ in range(ground.plan.rounds)],
                "s",
                most(1.0),
                note=f"{len(closed):,} closed days",
            )
            for name, day in days.items()
        ]
    finally:
        database.close()


def _seconds(database: Database, day: date | None) -> float:
    began = time.perf_counter()
    with database.snapshot() as connection:
        found = trial_balance(connection, day)
    if found.difference or not found.debits:
        raise NotMeasured(f"debits are {found.debits} paise, credits {found.credits}")
    return time.perf_counter() - began
