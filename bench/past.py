"""The history that everything else is measured with: `wallet history` itself, and the laws checked on what it made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bench.figures import Figure, NotMeasured, most
from bench.ground import HISTORY, Ground
from wallet_service.database import Database
from wallet_service.embedded.postgres import OWNER
from wallet_service.ledger import laws
from wallet_service.ledger.proving import Step
from wallet_service.payments import laws as payment_laws
from wallet_service.recon import laws as recon_laws

FULL_PAYMENTS = 20_000_000
ALL_LAWS = (*laws.LAWS, *payment_laws.LAWS, *recon_laws.LAWS)
_BUILT = "history.json"


def measure(ground: Ground) -> list[Figure]:
    """Return how long the history took to build, and how long the laws take on it; a broken law fails."""
    seconds = build(ground)
    payments = _payments(ground)
    is_full = payments >= FULL_PAYMENTS
    return [
        Figure(
            f"wallet history, {payments:,} payments",
            seconds,
            "s",
            most(900) if is_full else None,
        ),
        Figure(
            f"wallet check, {payments:,} payments",
            check(ground, ground.url(HISTORY)),
            "s",
            most(300) if is_full else None,
        ),
    ]


def build(ground: Ground) -> float:
    """Build the history, unless an earlier call or run did; return the seconds that took then.

    Raises:
        NotMeasured: `wallet history` failed.
    """
    noted = ground.directory / _BUILT
    if noted.exists():
        return _noted(noted)
    if ground.past_failed:
        raise NotMeasured("the history could not be built")
    ground.tell(f"building a history of {ground.plan.payments:,} payments")
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "wallet_service", "history", f"--payments={ground.plan.payments}"],
        env={**os.environ, "DATABASE_URL": ground.url(HISTORY), "DATABASE_OWNER_URL": ground.url(HISTORY, OWNER)},
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode != 0:
        ground.past_failed = True
        raise NotMeasured(f"`wallet history` ended with status {done.returncode}")
    seconds = time.perf_counter() - began
    noted.write_text(json.dumps({"seconds": seconds}), encoding="ascii")
    return seconds


def check(ground: Ground, url: str) -> float:
    """Test every law on the ledger at *url* and return the seconds that took.

    Raises:
        NotMeasured: a law does not hold.
    """

    def told(step: Step) -> None:
        if step.seconds is None:
            ground.tell(f"law {step.name}")

    database = Database(url, pool_size=1, statement_timeout_ms=3_600_000)
    began = time.perf_counter()
    try:
        with database.snapshot() as connection:
            findings = laws.check(connection, ALL_LAWS, progress=told)
    finally:
        database.close()
    for finding in findings:
        if finding.faults:
            raise NotMeasured(f"law {finding.law.number} is broken in {finding.faults} rows: {finding.rows[0]}")
    return time.perf_counter() - began


def _payments(ground: Ground) -> int:
    database = Database(ground.url(HISTORY), pool_size=1, statement_timeout_ms=600_000)
    try:
        with database.statement() as connection:
            return int(connection.exec_driver_sql("SELECT coalesce(sum(debits), 0) FROM books").scalar_one())
    finally:
        database.close()


def _noted(path: Path) -> float:
    seconds: float = json.loads(path.read_text(encoding="ascii"))["seconds"]
    return seconds
