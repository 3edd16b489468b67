"""The queue flushed and away, workers killed and stopped: each job is done soon after, once; no payment notices."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bench.figures import percentile
from tests.books import Books
from tests.jobs.shop import Shop, kill, signal_all
from wallet_service.embedded import Valkey
from wallet_service.embedded.children import wait_until

LONG = os.environ.get("WALLET_LONG_TESTS") == "1"
PROMISED_SECONDS = 120.0


def test_the_queue_flushed_and_away_and_a_worker_killed_lose_no_job_and_stop_no_payment(
    books: Books, own_valkey: Valkey, tmp_path: Path
) -> None:
    files, lines, away_seconds = (500, 4, 60.0) if LONG else (30, 4, 2.0)
    shop = Shop(books, own_valkey, tmp_path)
    with shop.at_work() as worker:
        jobs = shop.deposits(files, lines)
        shop.wait_for(jobs, 60.0, share=0.3)
        lost = shop.flush()
        left = files - shop.done(jobs)
        shop.take_the_queue_away()
        kill(worker)
        while_away = _payments(shop, away_seconds)
        shop.start("work")
        own_valkey.start()
        if not LONG:
            shop.let_time_pass()

        took = shop.wait_for(jobs, PROMISED_SECONDS)

    assert (left > 0, lost > 0, while_away > 0) == (True, True, True)
    _assert_all_is_well(shop, files * lines)
    _tell(shop, f"flushed {lost}, {left} left, away {away_seconds:g} s, done {took:.1f} s after")


def test_a_worker_that_is_stopped_in_a_transaction_holds_nobody_up_and_does_nothing_twice_when_it_goes_on(
    books: Books, own_valkey: Valkey, tmp_path: Path
) -> None:
    lines, stopped_seconds = (6_000, 90.0) if LONG else (1_600, 3.0)
    shop = Shop(books, own_valkey, tmp_path)
    with shop.at_work() as worker:
        jobs = shop.deposits(1, lines)
        assert wait_until(lambda: sum(shop.credited().values()) > 0, 30.0)
        shop.stop_in_a_transaction(worker)
        began, credited = time.monotonic(), sum(shop.credited().values())
        while_stopped = _payments(shop, 3.0)
        shop.start("work")
        if not LONG:
            shop.let_time_pass()
        by_another = shop.wait_for(jobs, PROMISED_SECONDS)
        time.sleep(max(0.0, began + stopped_seconds - time.monotonic()))
        signal_all(worker, signal.SIGCONT)
        more = shop.deposits(10, 4)
        shop.wait_for(more, PROMISED_SECONDS)
        assert worker.poll() is None

    assert (0 < credited < lines, while_stopped > 0) == (True, True)
    _assert_all_is_well(shop, lines + 40)
    _tell(shop, f"stopped after {credited} of {lines} lines, done by another {by_another:.1f} s after")


@pytest.mark.long
@pytest.mark.skipif(not LONG, reason="takes minutes")
def test_workers_killed_at_random_leave_every_job_done_and_once(
    books: Books, own_valkey: Valkey, tmp_path: Path
) -> None:
    shop = Shop(books, own_valkey, tmp_path)
    with shop.at_work() as first:
        worker, jobs = first, list[int]()
        for number in range(5):
            jobs += shop.deposits(40, 4)
            shop.wait_for(jobs, 60.0, share=(number + 0.3) / (number + 1))
            kill(worker)
            worker = shop.start("work")
        took = shop.wait_for(jobs, PROMISED_SECONDS)

    _assert_all_is_well(shop, 800)
    _tell(shop, f"killed 5 times, done {took:.1f} s after")


def _payments(shop: Shop, seconds: float) -> int:
    """Let time pass, and return how many payments were answered meanwhile."""
    before = len(shop.paid.seconds)
    time.sleep(seconds)
    return len(shop.paid.seconds) - before


def _assert_all_is_well(shop: Shop, deposits: int) -> None:
    """Each deposit is credited once, every payment was taken, and every law holds."""
    each = deposits // len(shop.wallets)
    assert shop.credited() == dict.fromkeys(shop.wallets, each)
    assert set(shop.paid.statuses) == {201}, shop.paid.statuses
    assert shop.books.faults() == {}


def _tell(shop: Shop, what: str) -> None:
    """Say what was seen: `pytest -rP` shows it."""
    p99 = 1000 * percentile(shop.paid.seconds, 0.99)
    paid = f"{sum(shop.paid.statuses.values())} payments {dict(shop.paid.statuses)}, p99 {p99:.0f} ms"
    sys.stdout.write(f"{what}; {paid}\n")
